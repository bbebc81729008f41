//! A model for tests: contacts with a column of every sort, owners, pipelines and links.

use hubspot::{PropertyDefinition, PropertyOption};

use super::columns::{Manner, object_set};
use super::objects::PortalObject;
use super::standard::standard;
use super::{ObjectChoice, StoredModel, fixed};

/// Property definitions as HubSpot sends them.
pub(crate) fn definitions() -> Vec<PropertyDefinition> {
    let of = |name: &str, value_type: &str, field_type: &str| PropertyDefinition {
        name: name.to_owned(),
        label: name.to_owned(),
        value_type: value_type.to_owned(),
        field_type: field_type.to_owned(),
        ..PropertyDefinition::default()
    };
    let option = |value: &str, label: &str| PropertyOption {
        value: value.to_owned(),
        label: label.to_owned(),
        hidden: false,
    };
    let stage = PropertyDefinition {
        options: vec![option("lead", "Lead"), option("customer", "Customer")],
        ..of("lifecyclestage", "enumeration", "radio")
    };
    vec![
        of("email", "string", "text"),
        of("phone", "string", "phonenumber"),
        of("score", "number", "number"),
        of("birthday", "date", "date"),
        of("vip", "bool", "booleancheckbox"),
        stage,
        of("topics", "enumeration", "checkbox"),
        of("hubspot_owner_id", "enumeration", "select"),
        of("createdate", "datetime", "date"),
        of("lastmodifieddate", "datetime", "date"),
        of("hs_object_id", "number", "number"),
        PropertyDefinition { hidden: true, ..of("secretive", "string", "text") },
        PropertyDefinition { archived: true, ..of("discontinued", "string", "text") },
        PropertyDefinition { data_sensitivity: Some("sensitive".to_owned()), ..of("iban", "string", "text") },
    ]
}

pub(crate) fn contacts(properties: Option<&[&str]>) -> ObjectChoice {
    let properties = properties.map(|names| names.iter().map(|name| (*name).to_owned()).collect());
    ObjectChoice { properties, ..ObjectChoice::all_of("contacts") }
}

/// A standard object.
pub(in crate::model) fn object(name: &str) -> PortalObject {
    PortalObject::from(standard(name).unwrap())
}

pub(crate) fn model() -> StoredModel {
    let manner = Manner::default();
    let companies = ObjectChoice { object: "companies".to_owned(), ..contacts(Some(&[])) };
    let mut sets = vec![object_set(&contacts(None), &object("contacts"), &definitions(), manner).unwrap()];
    sets.push(object_set(&companies, &object("companies"), &[], manner).unwrap());
    sets.push(fixed::owners());
    sets.extend(fixed::pipelines(&["deals".to_owned()]));
    sets.push(fixed::link(&object("contacts"), &object("companies")));
    StoredModel::new(sets)
}
