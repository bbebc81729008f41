//! `/__sim/…`: the calls that look behind the API and change what is there. No token, no budget, no journal.
//!
//! | call | takes | answers |
//! |---|---|---|
//! | `GET journal?since=N` | | list of [`JournalEntry`](crate::JournalEntry) with `seq` above N |
//! | `GET`, `POST`, `DELETE faults` | one [`Fault`](crate::Fault) or a list | the faults in force |
//! | `GET objects/{type}` | | list of [`Row`](crate::Row), archived ones too |
//! | `POST objects/{type}` | one [`Change`](crate::Change) or a list | the rows as they are then |
//! | `GET associations/{from}/{to}` | | list of `{from, to, typeIds}` |
//! | `GET properties/{type}` | | list of definitions, archived ones too |
//! | `POST properties/{type}` | `{name, type, fieldType, …}`, or `{name, archived}` | the definition |
//! | `DELETE properties/{type}/{name}` | | 204; archives it |
//! | `POST merge/{type}` | `{from, into}` | 204 |
//! | `POST lists/{type}` | `{name, members}` | `{listId}` |
//! | `POST clock` | `{advance_ms}` | 204; puts the portal's clock forward |
//! | `GET changes?since=N` | | list of [`LoggedChange`](crate::LoggedChange) with `seq` above N |
//! | `GET`, `POST`, `DELETE churn` | [`Churn`](crate::Churn) | how rows change while the portal is read; null: not at all |
//! | `GET`, `POST`, `DELETE quirks` | some of [`Quirks`](crate::Quirks) by name; the others stay | the quirks in force |
//! | `GET`, `POST settings` | `{budgets, quirks, latency_ms, latency_jitter_ms, granted_scopes, access_token, utc_offset_minutes}`, each optional; a null token is revoked | the settings in force |

mod behaviour;

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::request::Request;
use crate::portal::property::{PropertyDefinition, PropertyOption};
use crate::portal::{self, Change, Portal, PortalError};

/// Answers a control call.
pub(crate) fn answer(portal: &Portal, request: &Request) -> Answer {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
    let world = &portal.world;
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["journal"]) => {
            let since = request.parameter("since").and_then(|text| text.parse().ok()).unwrap_or(0);
            Answer::json(200, &world.journal().since(since))
        }
        ("GET", ["faults"]) => Answer::json(200, &world.faults().list()),
        ("POST", ["faults"]) => with_body(request, |faults: OneOrMany<_>| {
            faults.into_vec().into_iter().for_each(|fault| world.faults().add(fault));
            Ok(Answer::json(200, &world.faults().list()))
        }),
        ("DELETE", ["faults"]) => {
            world.faults().clear();
            Answer::empty(204)
        }
        ("GET", ["objects", object]) => outcome(portal.rows(object).map(|rows| Answer::json(200, &rows))),
        ("POST", ["objects", object]) => with_body(request, |changes| change(portal, object, changes)),
        ("GET", ["associations", from, to]) => {
            outcome(portal.links(from, to).map(|links| links_answer(&links)))
        }
        ("GET", ["properties", object]) => {
            outcome(portal.properties(object).map(|all| Answer::json(200, &all)))
        }
        ("POST", ["properties", object]) => {
            with_body(request, |new: NewProperty| put_property(portal, object, new))
        }
        ("DELETE", ["properties", object, name]) => {
            outcome(portal.archive_property(object, name, true).map(|()| Answer::empty(204)))
        }
        ("POST", ["merge", object]) => with_body(request, |merge: Merge| {
            let (from, into) = (portal::number(&merge.from)?, portal::number(&merge.into)?);
            portal.merge(object, from, into).map(|()| Answer::empty(204))
        }),
        ("POST", ["lists", object]) => with_body(request, |new: NewList| {
            let members: Result<Vec<u64>, _> = new.members.iter().map(|id| portal::number(id)).collect();
            let id = portal.add_list(&new.name, object, &members?)?;
            Ok(Answer::json(200, &serde_json::json!({ "listId": id.to_string() })))
        }),
        ("POST", ["clock"]) => with_body(request, |clock: Advance| {
            world.clock.advance(clock.advance_ms);
            Ok(Answer::empty(204))
        }),
        ("GET", ["changes"]) => {
            let since = request.parameter("since").and_then(|text| text.parse().ok()).unwrap_or(0);
            Answer::json(200, &portal.changes(since))
        }
        (_, ["settings" | "quirks" | "churn"]) => behaviour::answer(portal, request, path[0]),
        _ => refuse(404, "no such control call"),
    }
}

/// Two records, of which the second is left.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    from: String,
    into: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance_ms: i64,
}

/// A list kept by hand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewList {
    name: String,
    members: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> OneOrMany<T> {
    fn into_vec(self) -> Vec<T> {
        match self {
            OneOrMany::Many(all) => all,
            OneOrMany::One(one) => vec![one],
        }
    }
}

/// Changes rows and answers with them as they are now.
fn change(portal: &Portal, object: &str, changes: OneOrMany<Change>) -> Result<Answer, PortalError> {
    let ids: Result<Vec<u64>, _> =
        changes.into_vec().iter().map(|change| portal.change(object, change)).collect();
    let rows: Result<Vec<_>, _> = ids?.into_iter().map(|id| portal.row(object, id)).collect();
    Ok(Answer::json(200, &rows?.into_iter().flatten().collect::<Vec<_>>()))
}

fn links_answer(links: &[crate::portal::StoredLink]) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Link<'a> {
        from: String,
        to: String,
        type_ids: &'a [u32],
    }
    let links = links.iter().map(|(from, to, types)| Link {
        from: from.to_string(),
        to: to.to_string(),
        type_ids: types,
    });
    Answer::json(200, &links.collect::<Vec<_>>())
}

/// A property to add; or, with `archived`, one to archive or bring back.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewProperty {
    name: String,
    #[serde(default)]
    label: Option<String>,
    #[serde(default)]
    r#type: Option<String>,
    #[serde(default)]
    field_type: Option<String>,
    #[serde(default)]
    group_name: Option<String>,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    options: Vec<PropertyOption>,
    #[serde(default)]
    hidden: bool,
    #[serde(default)]
    has_unique_value: bool,
    #[serde(default)]
    data_sensitivity: Option<String>,
    #[serde(default)]
    archived: Option<bool>,
}

fn put_property(portal: &Portal, object: &str, new: NewProperty) -> Result<Answer, PortalError> {
    if let Some(archived) = new.archived {
        portal.archive_property(object, &new.name, archived)?;
        return Ok(Answer::empty(204));
    }
    let r#type = new.r#type.unwrap_or_else(|| "string".to_owned());
    let field_type = new.field_type.unwrap_or_else(|| "text".to_owned());
    let group = new.group_name.unwrap_or_else(|| "our_fields".to_owned());
    let mut definition = PropertyDefinition::user_defined(&new.name, &r#type, &field_type, &group);
    definition.label = new.label.unwrap_or(definition.label);
    definition.description = new.description.unwrap_or_default();
    definition.options = new.options;
    definition.hidden = new.hidden;
    definition.has_unique_value = new.has_unique_value;
    definition.data_sensitivity = new.data_sensitivity.unwrap_or(definition.data_sensitivity);
    let answer = Answer::json(200, &definition);
    portal.put_property(object, definition)?;
    Ok(answer)
}

fn with_body<T: serde::de::DeserializeOwned>(
    request: &Request,
    act: impl FnOnce(T) -> Result<Answer, PortalError>,
) -> Answer {
    match serde_json::from_slice(&request.body) {
        Ok(body) => outcome(act(body)),
        Err(error) => refuse(400, &error.to_string()),
    }
}

fn outcome(result: Result<Answer, PortalError>) -> Answer {
    result.unwrap_or_else(|error| match error {
        PortalError::UnknownObject(_) => refuse(404, &error.to_string()),
        _ => refuse(400, &error.to_string()),
    })
}

fn refuse(status: u16, message: &str) -> Answer {
    #[derive(Serialize)]
    struct Body<'a> {
        error: &'a str,
    }
    Answer::json(status, &Body { error: message })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::Bench;

    const OBJECTS: &str = "/__sim/objects/contacts";

    #[test]
    fn rows_are_created_changed_archived_and_removed() {
        let bench = Bench::empty();
        let (status, rows) = bench.control(
            "POST",
            OBJECTS,
            &json!([{"properties": {"email": "a@x.example", "vip": ""}}, {"id": "77"}]).to_string(),
        );
        assert_eq!((status, rows[1]["id"].as_str()), (200, Some("77")));
        assert_eq!(rows[0]["properties"]["vip"], "");
        let change = json!({"id": "77", "properties": {"email": "b@x.example"}, "createdAt": "2024-01-01T00:00:00.005Z", "archived": true});
        let (_, rows) = bench.control("POST", OBJECTS, &change.to_string());
        assert_eq!(rows[0]["createdAt"], "2024-01-01T00:00:00.005Z");
        assert_eq!(rows[0]["properties"]["createdate"], "2024-01-01T00:00:00.005Z");
        assert_eq!(rows[0]["archived"], true);
        bench.control("POST", OBJECTS, r#"{"id":"77","removed":true}"#);
        assert_eq!(bench.control("GET", OBJECTS, "").1.as_array().unwrap().len(), 1);
    }

    #[test]
    fn a_null_takes_a_value_away() {
        let bench = Bench::empty();
        let id = bench.add("contacts", &[("email", "a@x.example")]);
        let (_, rows) = bench.control(
            "POST",
            OBJECTS,
            &json!({"id": id.to_string(), "properties": {"email": null}}).to_string(),
        );
        assert!(rows[0]["properties"].get("email").is_none());
    }

    #[test]
    fn properties_come_and_go() {
        let bench = Bench::empty();
        let path = "/__sim/properties/contacts";
        let new = json!({"name": "shoe_size", "type": "number", "fieldType": "number", "label": "Shoe size"});
        assert_eq!(bench.control("POST", path, &new.to_string()).0, 200);
        bench.add("contacts", &[("shoe_size", "42.5")]);
        let listed = || {
            bench.get("/crm/v3/objects/contacts?properties=shoe_size").1["results"][0]["properties"]["shoe_size"].clone()
        };
        assert_eq!(listed(), "42.5");
        assert_eq!(bench.get("/crm/v3/properties/contacts/shoe_size").1["label"], "Shoe size");
        assert_eq!(bench.control("DELETE", "/__sim/properties/contacts/shoe_size", "").0, 204);
        assert!(listed().is_null());
        assert_eq!(bench.get("/crm/v3/properties/contacts/shoe_size").0, 404);
        let archived = bench.get("/crm/v3/properties/contacts?archived=true").1;
        assert_eq!(archived["results"][0]["name"], "shoe_size");
        assert_eq!(bench.control("POST", path, r#"{"name":"shoe_size","archived":false}"#).0, 204);
        assert_eq!(listed(), "42.5");
    }

    #[test]
    fn nonsense_is_refused_with_a_reason() {
        let bench = Bench::empty();
        for (method, path, body, status) in [
            ("GET", "/__sim/objects/dragons", "", 404),
            ("POST", OBJECTS, r#"{"properties":{"no_such_property":"x"}}"#, 400),
            ("POST", OBJECTS, r#"{"createdAt":"yesterday"}"#, 400),
            ("POST", "/__sim/faults", r#"{"mtach":{}}"#, 400),
            ("GET", "/__sim/nothing", "", 404),
        ] {
            let (got, answer) = bench.control(method, path, body);
            assert_eq!(got, status, "{path} {body}");
            assert!(answer["error"].is_string());
        }
    }

    #[test]
    fn a_custom_object_behaves_like_the_others() {
        let bench = Bench::empty();
        bench.portal.add_object(3_604_285, "boat", "boats", "hull_number");
        let id = bench.add("boats", &[("hull_number", "X1")]);
        let (_, answer) = bench.get("/crm/objects/2026-09/2-3604285?properties=hull_number");
        assert_eq!(answer["results"][0]["id"], id.to_string());
        assert!(answer["results"][0]["properties"]["hs_createdate"].is_string());
        let (_, schemas) = bench.get("/crm-object-schemas/2026-09/schemas");
        assert_eq!(schemas["results"][1]["fullyQualifiedName"], "p48213377_boat");
        assert_eq!(schemas["results"][1]["metaType"], "PORTAL_SPECIFIC");
    }
}
