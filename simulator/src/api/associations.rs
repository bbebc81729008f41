//! Associations of many records at once, of one record, and the labels between two types.

use std::collections::{BTreeMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Deserializer, Serialize};

use super::answer::{Answer, Problem};
use super::batch::{BatchBody, BatchError, Troubles};
use super::request::{Request, decode};
use super::rows::Paging;
use super::{Scene, whole};
use crate::portal::links::{Link, LinkType};
use crate::portal::state::Table;

/// Inputs of a batch read (since February 2025).
const MAX_INPUTS: usize = 1_000;

/// Links that list and get show of one record.
const MAX_EMBEDDED: usize = 100;

/// One record of a batch.
#[derive(Deserialize)]
pub(super) struct Input {
    #[serde(deserialize_with = "text_or_number")]
    pub(super) id: String,
    #[serde(default)]
    pub(super) after: Option<String>,
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    match serde_json::Value::deserialize(deserializer)? {
        serde_json::Value::String(text) => Ok(text),
        serde_json::Value::Number(number) => Ok(number.to_string()),
        _ => Err(serde::de::Error::custom("id must be a text")),
    }
}

#[derive(Deserialize)]
pub(super) struct Body {
    pub(super) inputs: Vec<Input>,
}

#[derive(Serialize)]
struct From {
    from: Id,
    to: Vec<To>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

#[derive(Serialize)]
pub(super) struct Id {
    pub(super) id: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct To {
    to_object_id: u64,
    association_types: Vec<Type>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Type {
    category: &'static str,
    type_id: u32,
    label: Option<String>,
}

impl Type {
    fn new(link_type: &LinkType) -> Type {
        Type { category: link_type.category, type_id: link_type.id, label: link_type.label.clone() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NoLinks {
    status: &'static str,
    category: &'static str,
    sub_category: &'static str,
    message: String,
    context: NoneContext,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct NoneContext {
    from_object_id: [String; 1],
    from_object_type: [String; 1],
    to_object_type: [String; 1],
}

/// Reads the associations of up to 1,000 records. Records without any are errors of a 207, not empty results.
pub(super) fn batch(
    scene: &Scene,
    (to, other): (usize, &Table),
    request: &Request,
) -> Result<Answer, Problem> {
    let body: Body = serde_json::from_slice(&request.body)
        .map_err(|e| Problem::Invalid(format!("Invalid input JSON: {e}")))?;
    if body.inputs.len() > MAX_INPUTS {
        return Err(Problem::Invalid(format!("The maximum number of inputs is {MAX_INPUTS}")));
    }
    let (mut results, mut errors, mut seen) = (Vec::new(), Vec::new(), HashSet::new());
    let mut troubles = Troubles::of(scene);
    for input in body.inputs.iter().filter(|input| seen.insert(input.id.clone())) {
        if troubles.swallow(&input.id) {
            continue;
        }
        let links = links(scene, to, other, &input.id);
        if links.is_empty() {
            errors.push(BatchError::Missing(nothing(scene, other, &input.id)));
            continue;
        }
        let cursor = input.after.as_deref().filter(|_| !scene.quirks.association_after_ignored);
        let (page, after) = page(&links, cursor, scene.world.settings.association_page)?;
        let paging = after.map(|after| {
            let link = format!("https://api.hubapi.com{}?after={after}", request.path);
            Paging::text(after, Some(link))
        });
        let to = page.iter().map(|link| shown(scene, to, link)).collect();
        results.push(From { from: Id { id: input.id.clone() }, to, paging });
    }
    results.reverse(); // not in the order of the inputs
    errors.extend(troubles.failed.map(BatchError::Failed));
    Ok(BatchBody::answer(scene, results, errors))
}

/// The associations of one record (v4 only).
pub(super) fn one(
    scene: &Scene,
    id: &str,
    (to, other): (usize, &Table),
    request: &Request,
) -> Result<Answer, Problem> {
    #[derive(Serialize)]
    struct Page {
        results: Vec<To>,
        #[serde(skip_serializing_if = "Option::is_none")]
        paging: Option<Paging>,
    }
    let limit = whole(request.parameter("limit"), "limit", 500, 500)?;
    let links = links(scene, to, other, id);
    let (page, after) = page(&links, request.parameter("after").as_deref(), limit)?;
    let results = page.iter().map(|link| shown(scene, to, link)).collect();
    let link = |after: &str| format!("https://api.hubapi.com{}?after={after}", request.path);
    let paging = after.map(|after| Paging::text(after.clone(), Some(link(&after))));
    Ok(Answer::json(200, &Page { results, paging }))
}

/// The types between two object types.
pub(super) fn labels(scene: &Scene, to: usize) -> Answer {
    #[derive(Serialize)]
    struct Labels {
        results: Vec<Type>,
    }
    let results = scene.state.links.types(scene.place, to).map(Type::new).collect();
    Answer::json(200, &Labels { results })
}

/// The `associations` of a row in list and get, by the name of the other type.
pub(super) type Embedded = BTreeMap<String, EmbeddedPage>;

/// The first links of a row to one other type.
#[derive(Serialize)]
pub(super) struct EmbeddedPage {
    results: Vec<EmbeddedLink>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

#[derive(Serialize)]
pub(super) struct EmbeddedLink {
    id: String,
    r#type: String,
}

/// The links of a row to the named types; unknown names, and types without a link, are left out.
pub(super) fn embedded(scene: &Scene, id: u64, names: &[String]) -> Option<Embedded> {
    let page = |name: &String| {
        let place = scene.state.resolve(name)?;
        let other = &scene.state.tables[place];
        let links = links(scene, place, other, &id.to_string());
        let shown = &links[..links.len().min(MAX_EMBEDDED)];
        let last = shown.last()?;
        let results = shown.iter().flat_map(|link| named(scene, place, other, link)).collect();
        let paging = (links.len() > shown.len()).then(|| Paging::text(cursor(last.to), None));
        Some((other.kind.plural.replace('_', " "), EmbeddedPage { results, paging }))
    };
    let all: Embedded = names.iter().filter_map(page).collect();
    (!all.is_empty()).then_some(all)
}

/// One entry for each type of a link: `contact_to_company`, or with `_unlabeled` beside a labelled one.
pub(super) fn named(scene: &Scene, to: usize, other: &Table, link: &Link) -> Vec<EmbeddedLink> {
    let pair = format!("{}_to_{}", scene.table.kind.singular, other.kind.singular);
    let has_labels = scene.state.links.types(scene.place, to).any(|t| t.label.as_deref() == Some("Primary"));
    let name = |id: &u32| match scene.state.links.find(scene.place, to, *id)?.label.as_deref() {
        None if has_labels => Some(format!("{pair}_unlabeled")),
        None | Some("Primary") => Some(pair.clone()),
        Some(label) => Some(label.to_lowercase().replace(' ', "_")),
    };
    link.types
        .iter()
        .filter_map(name)
        .map(|r#type| EmbeddedLink { id: link.to.to_string(), r#type })
        .collect()
}

/// Links between living records.
pub(super) fn links<'a>(scene: &Scene<'a>, to: usize, other: &Table, id: &str) -> Vec<&'a Link> {
    let Ok(id) = id.parse::<u64>() else { return Vec::new() };
    if scene.table.records.get(&id).is_none_or(|record| record.archived.is_some()) {
        return Vec::new();
    }
    let lives = |link: &&Link| other.records.get(&link.to).is_some_and(|record| record.archived.is_none());
    scene.state.links.of(scene.place, to, id).iter().filter(lives).collect()
}

/// The links behind a cursor, and the cursor behind them.
pub(super) fn page<'a>(
    links: &[&'a Link],
    after: Option<&str>,
    limit: usize,
) -> Result<(Vec<&'a Link>, Option<String>), Problem> {
    let from = match after.filter(|text| !text.is_empty()) {
        None => 0,
        Some(text) => {
            let last =
                read_cursor(text).ok_or_else(|| Problem::Invalid(format!("Invalid cursor: {text}")))?;
            links.partition_point(|link| link.to <= last)
        }
    };
    let rest = &links[from..];
    let page = rest[..limit.min(rest.len())].to_vec();
    let more = rest.len() > page.len();
    let after = page.last().filter(|_| more).map(|link| cursor(link.to));
    Ok((page, after))
}

/// `0-2-7502` in base64, percent-encoded, as recorded: the last id that was sent is inside.
fn cursor(last: u64) -> String {
    STANDARD.encode(format!("0-2-{last}")).replace('=', "%3D").replace('+', "%2B").replace('/', "%2F")
}

fn read_cursor(text: &str) -> Option<u64> {
    let bytes = STANDARD.decode(decode(text, false)).ok()?;
    String::from_utf8(bytes).ok()?.rsplit('-').next()?.parse().ok()
}

fn shown(scene: &Scene, to: usize, link: &Link) -> To {
    let find = |id: &u32| scene.state.links.find(scene.place, to, *id).map(Type::new);
    let mut association_types: Vec<Type> = link.types.iter().filter_map(find).collect();
    association_types.sort_by_key(|t| std::cmp::Reverse(t.type_id));
    To { to_object_id: link.to, association_types }
}

pub(super) fn nothing(scene: &Scene, other: &Table, id: &str) -> NoLinks {
    let (from, to) = (&scene.table.kind.singular, &other.kind.singular);
    NoLinks {
        status: "error",
        category: "OBJECT_NOT_FOUND",
        sub_category: "crm.associations.NO_ASSOCIATIONS_FOUND",
        message: format!("No {to} is associated with {from} {id}."),
        context: NoneContext {
            from_object_id: [id.to_owned()],
            from_object_type: [from.clone()],
            to_object_type: [to.clone()],
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::Bench;
    use super::*;
    use crate::settings::Settings;

    const PATH: &str = "/crm/associations/2026-09/contact/company/batch/read";

    /// A company, a contact linked to it by these types, and a contact without links.
    fn linked(type_ids: &[u32]) -> (Bench, u64, u64, u64) {
        let bench = Bench::empty();
        let company = bench.add("companies", &[]);
        let body =
            json!({"associations": [{"to": "companies", "id": company.to_string(), "typeIds": type_ids}]});
        let (_, rows) = bench.control("POST", "/__sim/objects/contacts", &body.to_string());
        let contact = rows[0]["id"].as_str().unwrap().parse().unwrap();
        let alone = bench.add("contacts", &[]);
        (bench, contact, company, alone)
    }

    fn read(bench: &Bench, ids: &[u64]) -> (u16, Value) {
        let inputs: Vec<Value> = ids.iter().map(|id| json!({"id": id.to_string()})).collect();
        bench.post(PATH, &json!({ "inputs": inputs }))
    }

    #[test]
    fn the_cursor_looks_as_recorded_and_is_read_encoded_or_not() {
        assert_eq!(cursor(7502), "MC0yLTc1MDI%3D");
        assert_eq!(read_cursor("MC0yLTc1MDI%3D"), Some(7502));
        assert_eq!(read_cursor("MC0yLTc1MDI="), Some(7502));
        assert_eq!(read_cursor("100"), None);
    }

    #[test]
    fn one_link_carries_all_its_types() {
        let (bench, contact, company, _) = linked(&[279, 1, 37]);
        let (status, answer) = read(&bench, &[contact]);
        assert_eq!(status, 200);
        assert_eq!(
            answer["results"],
            json!([{"from": {"id": contact.to_string()}, "to": [{"toObjectId": company, "associationTypes": [
                {"category": "HUBSPOT_DEFINED", "typeId": 279, "label": null},
                {"category": "USER_DEFINED", "typeId": 37, "label": "Billing contact"},
                {"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"}]}]}])
        );
        let (_, reverse) = bench.post(
            "/crm/v4/associations/0-2/contacts/batch/read",
            &json!({"inputs": [{"id": company.to_string()}]}),
        );
        assert_eq!(reverse["results"][0]["to"][0]["associationTypes"][0]["typeId"], 280);
    }

    #[test]
    fn records_without_links_are_errors_of_a_207() {
        let (bench, contact, _, alone) = linked(&[279]);
        let (status, answer) = read(&bench, &[alone, contact]);
        assert_eq!((status, answer["results"].as_array().unwrap().len()), (207, 1));
        assert_eq!(
            answer["errors"],
            json!([{"status": "error", "category": "OBJECT_NOT_FOUND",
                "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
                "message": format!("No company is associated with contact {alone}."),
                "context": {"fromObjectId": [alone.to_string()], "fromObjectType": ["contact"], "toObjectType": ["company"]}}])
        );
    }

    #[test]
    fn links_to_archived_records_are_gone() {
        let (bench, contact, company, _) = linked(&[279]);
        bench.portal.archive("companies", company).unwrap();
        assert_eq!(read(&bench, &[contact]).0, 207);
    }

    #[test]
    fn each_record_is_paged_by_its_own_cursor() {
        let bench = Bench::with(Settings { association_page: 2, ..Settings::small(0) });
        let companies: Vec<u64> = (0..5).map(|_| bench.add("companies", &[])).collect();
        let links: Vec<Value> =
            companies.iter().map(|id| json!({"to": "companies", "id": id.to_string()})).collect();
        let (_, rows) =
            bench.control("POST", "/__sim/objects/contacts", &json!({ "associations": links }).to_string());
        let (mut seen, mut after) = (Vec::new(), Value::Null);
        loop {
            let (_, answer) = bench.post(PATH, &json!({"inputs": [{"id": rows[0]["id"], "after": after}]}));
            let result = &answer["results"][0];
            seen.extend(result["to"].as_array().unwrap().iter().map(|to| to["toObjectId"].as_u64().unwrap()));
            after = result["paging"]["next"]["after"].clone();
            if after.is_null() {
                break;
            }
        }
        assert_eq!(seen, companies);
    }

    #[test]
    fn a_thousand_inputs_are_read_and_one_more_is_refused() {
        let bench = Bench::empty();
        let ids: Vec<u64> = (1..=1_001).collect();
        assert_eq!([read(&bench, &ids[..1_000]).0, read(&bench, &ids).0], [207, 400]);
    }

    #[test]
    fn labels_are_those_of_the_direction() {
        let bench = Bench::empty();
        let (_, answer) = bench.get("/crm/associations/2026-09/deals/companies/labels");
        assert_eq!(
            answer["results"],
            json!([{"category": "HUBSPOT_DEFINED", "typeId": 341, "label": null},
                {"category": "HUBSPOT_DEFINED", "typeId": 5, "label": "Primary"}])
        );
    }

    #[test]
    fn a_row_carries_at_most_a_hundred_links() {
        let bench = Bench::empty();
        let company = bench.add("companies", &[]);
        for _ in 0..101 {
            let body = json!({"associations": [{"to": "companies", "id": company.to_string()}]});
            bench.control("POST", "/__sim/objects/contacts", &body.to_string());
        }
        let (_, answer) = bench.get(&format!("/crm/v3/objects/companies/{company}?associations=contacts"));
        let page = &answer["associations"]["contacts"];
        assert_eq!(page["results"].as_array().unwrap().len(), 100);
        assert!(page["paging"]["next"]["after"].is_string());
    }

    #[test]
    fn a_row_can_carry_its_links() {
        let (bench, contact, company, _) = linked(&[279, 1]);
        let (_, answer) =
            bench.get(&format!("/crm/v3/objects/contacts/{contact}?associations=companies,deals,nonsense"));
        let id = company.to_string();
        let expected = json!({"companies": {"results": [{"id": id, "type": "contact_to_company"}, {"id": id, "type": "contact_to_company_unlabeled"}]}});
        assert_eq!(answer["associations"], expected);
    }
}
