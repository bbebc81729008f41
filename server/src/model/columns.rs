//! The columns of a CRM object, from HubSpot's property definitions.

use std::collections::BTreeSet;

use hubspot::PropertyDefinition;

use super::definition::{Dates, Labels, ObjectChoice, REFERENCE_OBJECTS};
use super::discover::DiscoverError;
use super::nearest::nearest;
use super::objects::PortalObject;
use super::{Definition, Kind, OBJECT_ID, Origin, Searching, StoredProperty, StoredSet, names};

/// Properties that tell when a record came and changed: always shown, because incremental refresh needs them. Contacts
/// have `lastmodifieddate`, all others `hs_lastmodifieddate`; some have `createdate`, some `hs_createdate`, some both.
const TIMES: [&str; 4] = ["createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"];

/// Properties HubSpot documents as not searchable.
const UNSEARCHABLE: [&str; 3] = ["hs_body_preview", "hs_body_preview_html", "hs_email_html"];

/// How values show, the same for all objects of a data source.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    pub(super) labels: Labels,
    pub(super) dates: Dates,
}

impl From<&Definition> for Manner {
    fn from(definition: &Definition) -> Self {
        Self { labels: definition.labels, dates: definition.dates }
    }
}

/// The entity set of a CRM object: the key, the times, then what was listed or everything by name.
pub(super) fn object_set(
    choice: &ObjectChoice,
    object: &PortalObject,
    found: &[PropertyDefinition],
    manner: Manner,
) -> Result<StoredSet, DiscoverError> {
    debug_assert!(!REFERENCE_OBJECTS.contains(&choice.object.as_str()));
    let mut properties = vec![key()];
    for definition in chosen(choice, found)? {
        properties.extend(columns(definition, manner));
    }
    properties.extend(choice.archived.then(deletion));
    make_distinct(&mut properties);
    Ok(StoredSet {
        type_name: Some(object.entity.clone()),
        description: Some(format!("The {} of the HubSpot account.", object.many)),
        archived: choice.archived,
        ..StoredSet::new(object.name.clone(), Origin::Object(object.path.clone()), properties)
    })
}

/// The column by which deleted rows are told apart.
fn deletion() -> StoredProperty {
    StoredProperty {
        label: Some("Deleted".to_owned()),
        description: Some("Whether the record was deleted; HubSpot keeps it for 90 days".to_owned()),
        deletion: true,
        ..StoredProperty::plain("archived", Kind::Boolean)
    }
}

/// The properties whose history is asked for.
pub(super) fn with_history(
    choice: &ObjectChoice,
    found: &[PropertyDefinition],
) -> Result<Vec<String>, DiscoverError> {
    let mut properties = Vec::new();
    for name in &choice.history {
        if !found.iter().any(|property| property.name == *name && !property.archived) {
            return Err(unknown(&choice.object, name, found));
        }
        if !properties.contains(name) {
            properties.push(name.clone());
        }
    }
    Ok(properties)
}

fn key() -> StoredProperty {
    StoredProperty {
        hubspot: OBJECT_ID.to_owned(),
        label: Some("Record ID".to_owned()),
        description: Some("The record's id, which link tables name".to_owned()),
        search: Searching::ByKind,
        ..StoredProperty::plain("id", Kind::Integer)
    }
}

fn chosen<'a>(
    choice: &ObjectChoice,
    found: &'a [PropertyDefinition],
) -> Result<Vec<&'a PropertyDefinition>, DiscoverError> {
    let Some(listed) = &choice.properties else { return Ok(by_name(found.iter().filter(|p| is_offered(p)))) };
    let times = by_name(found.iter().filter(|p| TIMES.contains(&p.name.as_str()) && !p.archived));
    let mut chosen: Vec<&PropertyDefinition> =
        times.into_iter().filter(|time| !listed.contains(&time.name)).collect();
    for name in listed {
        match found.iter().find(|property| property.name == *name && !property.archived) {
            Some(property) if chosen.iter().all(|other| other.name != *name) => chosen.push(property),
            // Listed twice, or the key, which is always there.
            Some(_) => {}
            None if name == "id" => {}
            None => return Err(unknown(&choice.object, name, found)),
        }
    }
    Ok(chosen)
}

/// The times first, the others in alphabetical order: HubSpot's own order is not documented, and columns must not
/// change places from one discovery to the next.
fn by_name<'a>(properties: impl Iterator<Item = &'a PropertyDefinition>) -> Vec<&'a PropertyDefinition> {
    let mut sorted: Vec<_> = properties.collect();
    let rank = |name: &str| TIMES.iter().position(|time| *time == name).unwrap_or(TIMES.len());
    sorted.sort_by(|a, b| rank(&a.name).cmp(&rank(&b.name)).then_with(|| a.name.cmp(&b.name)));
    sorted
}

fn is_offered(property: &PropertyDefinition) -> bool {
    let sensitive = property.data_sensitivity.as_deref().is_some_and(|level| level != "non_sensitive");
    !property.archived && !sensitive && (!property.hidden || TIMES.contains(&property.name.as_str()))
}

/// People write labels ("First name") as well as slips of internal names.
fn unknown(object: &str, property: &str, found: &[PropertyDefinition]) -> DiscoverError {
    let known = || found.iter().filter(|known| !known.archived);
    let labelled = known().find(|known| known.label.eq_ignore_ascii_case(property));
    let mut names = known().map(|known| known.name.as_str());
    let nearest = labelled.map(|known| known.name.as_str()).or_else(|| nearest(property, &mut names));
    DiscoverError::UnknownProperty {
        object: object.to_owned(),
        property: property.to_owned(),
        nearest: nearest.map(str::to_owned),
    }
}

/// The column of a property, or two when its labels get their own.
fn columns(property: &PropertyDefinition, manner: Manner) -> Vec<StoredProperty> {
    let labels = manner.labels;
    let values = shown_as(column(property), manner.dates);
    if labels == Labels::Values || property.options.is_empty() || values.kind != Kind::Text {
        return vec![values];
    }
    let mut labelled = StoredProperty {
        search: Searching::Never,
        labels: property.options.iter().map(|option| (option.value.clone(), option.label.clone())).collect(),
        ..values.clone()
    };
    if labels == Labels::Labels {
        return vec![labelled];
    }
    labelled.name = names::identifier(&format!("{}__label", property.name), |_| false);
    vec![values, labelled]
}

/// A day can show as its first instant. HubSpot compares days as days, so its search is not asked about such a column.
fn shown_as(column: StoredProperty, dates: Dates) -> StoredProperty {
    if dates == Dates::DateTime && column.kind == Kind::Date {
        return StoredProperty { kind: Kind::DateTime, search: Searching::Never, ..column };
    }
    column
}

fn column(property: &PropertyDefinition) -> StoredProperty {
    let is_id = property.name == OBJECT_ID;
    StoredProperty {
        name: names::identifier(&property.name, |name| name == "id"),
        hubspot: property.name.clone(),
        hubspot_type: property.value_type.clone(),
        kind: if is_id { Kind::Integer } else { Kind::of(&property.value_type) },
        label: Some(property.label.clone()).filter(|label| !label.is_empty()),
        description: Some(property.description.clone()).filter(|text| !text.is_empty()),
        search: searching(property),
        ..StoredProperty::plain(&property.name, Kind::Text)
    }
}

/// Several values in one text (check boxes) are matched one by one, and telephone numbers without their country.
fn searching(property: &PropertyDefinition) -> Searching {
    let field = property.field_type.as_str();
    let name = property.name.as_str();
    if UNSEARCHABLE.contains(&name) || field == "phonenumber" || field == "checkbox" {
        return Searching::Never;
    }
    match property.value_type.as_str() {
        "number" | "date" | "datetime" | "bool" | "string" => Searching::ByKind,
        "enumeration" if matches!(field, "select" | "radio" | "booleancheckbox") => Searching::Exact,
        "enumeration" => Searching::ByKind,
        _ => Searching::Never,
    }
}

/// A label column can meet a property of its name: the later one gets a number.
fn make_distinct(properties: &mut [StoredProperty]) {
    let mut taken = BTreeSet::new();
    for property in properties {
        let base = property.name.clone();
        let mut number = 2;
        while !taken.insert(property.name.clone()) {
            property.name = format!("{base}_{number}");
            number += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StoredModel;
    use crate::model::sample::{contacts, definitions, object};

    fn names(set: &StoredSet) -> Vec<&str> {
        set.properties.iter().map(|property| property.name.as_str()).collect()
    }

    fn discovered(properties: Option<&[&str]>, labels: Labels) -> Result<StoredSet, String> {
        shown(&contacts(properties), Manner { labels, dates: Dates::Date })
    }

    fn shown(choice: &ObjectChoice, manner: Manner) -> Result<StoredSet, String> {
        object_set(choice, &object("contacts"), &definitions(), manner).map_err(|error| error.to_string())
    }

    #[test]
    fn without_a_list_everything_is_taken_that_is_neither_hidden_nor_sensitive_nor_archived() {
        let set = discovered(None, Labels::Values).unwrap();
        assert_eq!(
            names(&set),
            [
                "id",
                "createdate",
                "lastmodifieddate",
                "birthday",
                "email",
                "hs_object_id",
                "hubspot_owner_id",
                "lifecyclestage",
                "phone",
                "score",
                "topics",
                "vip"
            ]
        );
    }

    #[test]
    fn a_list_is_kept_in_its_order_after_the_key_and_the_times() {
        let set = discovered(Some(&["vip", "secretive", "vip", "id", "email"]), Labels::Values).unwrap();
        assert_eq!(names(&set), ["id", "createdate", "lastmodifieddate", "vip", "secretive", "email"]);
    }

    #[test]
    fn an_unknown_property_is_refused_with_the_name_that_was_meant() {
        let refusal = |name| discovered(Some(&[name]), Labels::Values).unwrap_err();
        assert_eq!(refusal("emial"), "`contacts` has no property `emial`; did you mean `email`?");
        assert_eq!(refusal("discontinued"), "`contacts` has no property `discontinued`");
        assert_eq!(refusal("zebra"), "`contacts` has no property `zebra`");
    }

    #[test]
    fn labels_replace_values_or_stand_beside_them() {
        let both = discovered(Some(&["lifecyclestage"]), Labels::Both).unwrap();
        assert_eq!(names(&both)[3..], ["lifecyclestage", "lifecyclestage__label"]);
        assert_eq!(both.properties[3].search, Searching::Exact);
        assert_eq!(both.properties[4].search, Searching::Never);
        let labels = discovered(Some(&["lifecyclestage"]), Labels::Labels).unwrap();
        assert_eq!(names(&labels)[3..], ["lifecyclestage"]);
        assert_eq!(labels.properties[3].labels[0], ("lead".to_owned(), "Lead".to_owned()));
    }

    #[test]
    fn a_property_called_like_the_key_or_like_a_label_column_gets_another_name() {
        let of = |name: &str| PropertyDefinition {
            name: name.to_owned(),
            value_type: "string".to_owned(),
            ..PropertyDefinition::default()
        };
        let mut definitions = definitions();
        definitions.extend([of("id"), of("lifecyclestage__label")]);
        let choice = contacts(Some(&["id", "lifecyclestage", "lifecyclestage__label"]));
        let manner = Manner { labels: Labels::Both, dates: Dates::Date };
        let set = object_set(&choice, &object("contacts"), &definitions, manner).unwrap();
        assert_eq!(
            names(&set)[3..],
            ["_x0069_d", "lifecyclestage", "lifecyclestage__label", "lifecyclestage__label_2"]
        );
    }

    #[test]
    fn deleted_rows_bring_a_column_that_no_property_is_behind() {
        let mut choice = ObjectChoice { archived: true, ..contacts(Some(&["email"])) };
        let set = shown(&choice, Manner::default()).unwrap();
        assert_eq!(names(&set)[3..], ["email", "archived"]);
        assert!(set.archived && !set.is_searchable());
        assert!(!set.asked(&[0, 1, 2, 3, 4]).contains(&"archived".to_owned()));
        choice.archived = false;
        assert!(shown(&choice, Manner::default()).unwrap().is_searchable());
    }

    #[test]
    fn days_can_show_as_instants_which_hubspot_is_then_not_asked_about() {
        let manner = Manner { labels: Labels::Values, dates: Dates::DateTime };
        let set = shown(&contacts(Some(&["birthday"])), manner).unwrap();
        let column = &set.properties[3];
        assert_eq!((column.kind, column.search), (Kind::DateTime, Searching::Never));
        assert_eq!(column.hubspot_type, "date");
        assert_eq!(set.properties[1].search, Searching::ByKind);
    }

    #[test]
    fn a_history_is_of_properties_that_exist() {
        let of = |names: &[&str]| ObjectChoice {
            history: names.iter().map(|name| (*name).to_owned()).collect(),
            ..contacts(None)
        };
        assert_eq!(
            with_history(&of(&["email", "score", "email"]), &definitions()).unwrap(),
            ["email", "score"]
        );
        let refusal = with_history(&of(&["emial"]), &definitions()).unwrap_err().to_string();
        assert_eq!(refusal, "`contacts` has no property `emial`; did you mean `email`?");
    }

    #[test]
    fn types_follow_hubspots_type_alone() {
        let set = discovered(None, Labels::Values).unwrap();
        let kind = |name: &str| set.properties.iter().find(|p| p.name == name).map(|p| p.kind);
        assert_eq!(kind("id"), Some(Kind::Integer));
        assert_eq!(kind("hs_object_id"), Some(Kind::Integer));
        assert_eq!(kind("score"), Some(Kind::Number));
        assert_eq!(kind("createdate"), Some(Kind::DateTime));
        assert_eq!(kind("birthday"), Some(Kind::Date));
        assert_eq!(kind("vip"), Some(Kind::Boolean));
        assert_eq!(kind("lifecyclestage"), Some(Kind::Text));
    }

    #[test]
    fn a_model_survives_being_stored_and_is_a_valid_edm_model() {
        let model = crate::model::sample::model();
        assert_eq!(StoredModel::from_json(&model.to_json()).unwrap(), model);
        let edm = crate::model::edm(&model).unwrap();
        let sets: Vec<&str> = edm.entity_sets().iter().map(|set| set.name.as_str()).collect();
        assert_eq!(
            sets,
            ["contacts", "companies", "owners", "pipelines", "pipeline_stages", "contacts_companies"]
        );
        assert!(StoredModel::from_json(r#"{"format":99,"sets":[]}"#).is_err());
    }
}
