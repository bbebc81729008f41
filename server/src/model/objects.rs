//! Which object of the portal a name means.
//!
//! A standard object is called by its plural name, and nothing else may take that name. A custom object's entity set is
//! called by the object's internal name (`vehicle`); where that name is taken, by its fully qualified name
//! (`p48213377_contacts`), which no standard object has. Both lead back to the one object. People may also write its type
//! id (`2-123`) or one of its labels.

use std::collections::HashSet;

use hubspot::{Call, Client, Error, ObjectSchema};

use super::definition::{DefinitionError, REFERENCE_OBJECTS, unknown_object};
use super::discover::DiscoverError;
use super::standard::{STANDARD, standard};
use super::{Definition, Origin, StoredModel, names};

/// Entity sets that are made beside the chosen ones.
const MADE: [&str; 2] = ["pipeline_stages", "list_memberships"];

/// Entity types of what is no CRM object.
const MADE_TYPES: [&str; 5] = ["Owner", "Pipeline", "PipelineStage", "List", "ListMembership"];

/// An object of the portal, as a data source shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PortalObject {
    /// The entity set.
    pub(super) name: String,
    /// What HubSpot's paths name.
    pub(super) path: String,
    /// One of them, as in the columns of link sets.
    pub(super) one: String,
    /// The entity type.
    pub(super) entity: String,
    /// Many of them, for people.
    pub(super) many: String,
    /// Whether its records may be in pipelines.
    pub(super) pipelines: bool,
}

/// The definition with every object called by the name of its entity set. `before` is what the data source showed until
/// now: a name keeps the meaning it has there.
///
/// # Errors
/// When an object does not exist or is chosen twice, or HubSpot does not answer.
pub async fn settle(
    client: &Client,
    call: &Call,
    definition: &Definition,
    before: Option<&StoredModel>,
) -> Result<Definition, DiscoverError> {
    settled(client, call, definition, before).await.map(|(definition, _)| definition)
}

/// The same, with the objects: HubSpot is only asked when something is chosen that it alone knows.
pub(super) async fn settled(
    client: &Client,
    call: &Call,
    definition: &Definition,
    before: Option<&StoredModel>,
) -> Result<(Definition, Vec<PortalObject>), DiscoverError> {
    definition.check()?;
    let (mut definition, mut objects) = (definition.clone(), Vec::new());
    let mut schemas: Option<Vec<ObjectSchema>> = None;
    for choice in &mut definition.objects {
        if REFERENCE_OBJECTS.contains(&choice.object.as_str()) {
            continue;
        }
        let known = known_type_id(before, &choice.object);
        let object = match standard(&choice.object) {
            Some(standard) if known.is_none() => PortalObject::from(standard),
            _ => {
                let schemas = match &mut schemas {
                    Some(schemas) => schemas,
                    none => none.insert(read(client, call, &choice.object).await?),
                };
                let name = known.unwrap_or_else(|| choice.object.clone());
                let custom = schemas.iter().map(|schema| schema.name.as_str());
                custom_object(&name, schemas).ok_or_else(|| unknown_object(&choice.object, custom))?
            }
        };
        choice.object.clone_from(&object.name);
        objects.push(object);
    }
    definition.check()?;
    distinguish(&mut objects, schemas.as_deref().unwrap_or_default());
    Ok((definition, objects))
}

/// A slip of a standard name must not look like a missing scope.
async fn read(client: &Client, call: &Call, name: &str) -> Result<Vec<ObjectSchema>, DiscoverError> {
    match client.schemas(call).await {
        Err(Error::ScopeMissing { scopes, message }) => match unknown_object(name, []) {
            slip @ DefinitionError::UnknownObject { nearest: Some(_), .. } => Err(slip.into()),
            _ => Err(Error::ScopeMissing { scopes, message }.into()),
        },
        answer => Ok(answer?),
    }
}

/// The custom object that an entity set was made of.
fn known_type_id(before: Option<&StoredModel>, name: &str) -> Option<String> {
    let (_, set) = before?.set(name)?;
    match &set.origin {
        Origin::Object(path) if path.starts_with("2-") => Some(path.clone()),
        _ => None,
    }
}

/// By id, then by name, then by label, which several may have: then it is nobody's.
fn custom_object(name: &str, schemas: &[ObjectSchema]) -> Option<PortalObject> {
    let same = |text: &str| text.eq_ignore_ascii_case(name);
    let label = |label: &Option<String>| label.as_deref().is_some_and(same);
    let ways: [&dyn Fn(&ObjectSchema) -> bool; 4] = [
        &|schema| schema.object_type_id == name,
        &|schema| same(&schema.fully_qualified_name) || set_name(schema) == name,
        &|schema| same(&schema.name),
        &|schema| label(&schema.labels.plural) || label(&schema.labels.singular),
    ];
    let mut found = ways.iter().map(|is| schemas.iter().filter(|schema| is(schema)).collect::<Vec<_>>());
    match found.find(|found| !found.is_empty())?.as_slice() {
        [schema] => Some(PortalObject::from(*schema)),
        _ => None,
    }
}

/// The entity set of a custom object.
fn set_name(schema: &ObjectSchema) -> String {
    let qualified = match schema.fully_qualified_name.as_str() {
        "" => format!("custom_{}", schema.object_type_id),
        name => name.to_owned(),
    };
    let name = if is_taken(&schema.name) { qualified } else { schema.name.clone() };
    names::identifier(&name, |_| false)
}

/// Names that are or may become those of other entity sets, whatever is chosen beside: an entity set must not change its
/// name because another object is chosen.
fn is_taken(name: &str) -> bool {
    let known =
        |name: &str| standard(name).is_some() || REFERENCE_OBJECTS.contains(&name) || MADE.contains(&name);
    let splits = name.match_indices('_').map(|(at, _)| (&name[..at], &name[at + 1..]));
    known(name) || name.ends_with("_history") || splits.into_iter().any(|(a, b)| known(a) && known(b))
}

/// Labels are not unique, and may be those of standard objects: such a type gets the object's number.
fn distinguish(objects: &mut [PortalObject], schemas: &[ObjectSchema]) {
    let own: HashSet<&str> = STANDARD.iter().map(|object| object.entity).chain(MADE_TYPES).collect();
    let entities: Vec<String> = schemas.iter().map(entity).collect();
    for object in objects.iter_mut().filter(|object| object.path.starts_with("2-")) {
        let shared = entities.iter().filter(|entity| **entity == object.entity).count() > 1;
        let made = object.entity.ends_with("Link") || object.entity.ends_with("History");
        if shared || made || own.contains(object.entity.as_str()) {
            object.entity = format!("{}_{}", object.entity, object.path.trim_start_matches("2-"));
        }
    }
}

/// The singular label without what cannot stand in a name, or the internal name.
fn entity(schema: &ObjectSchema) -> String {
    let label = schema.labels.singular.as_deref().map(camel);
    label
        .filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
        .unwrap_or_else(|| camel(&schema.name))
}

/// `service contract` as `ServiceContract`.
fn camel(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(|word| format!("{}{}", word[..1].to_ascii_uppercase(), &word[1..])).collect()
}

impl From<&super::standard::Standard> for PortalObject {
    fn from(object: &super::standard::Standard) -> Self {
        Self {
            name: object.name.to_owned(),
            path: object.path.to_owned(),
            one: object.one.to_owned(),
            entity: object.entity.to_owned(),
            many: object.name.replace('_', " "),
            pipelines: object.pipelines,
        }
    }
}

impl From<&ObjectSchema> for PortalObject {
    fn from(schema: &ObjectSchema) -> Self {
        let many = schema.labels.plural.clone().filter(|label| !label.is_empty());
        Self {
            name: set_name(schema),
            path: schema.object_type_id.clone(),
            one: names::identifier(&schema.name, |_| false),
            entity: entity(schema),
            many: many.unwrap_or_else(|| schema.name.clone()),
            pipelines: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use hubspot::ObjectLabels;

    use super::*;

    fn schema(id: &str, name: &str, singular: &str, plural: &str) -> ObjectSchema {
        ObjectSchema {
            object_type_id: id.to_owned(),
            fully_qualified_name: format!("p7_{name}"),
            name: name.to_owned(),
            labels: ObjectLabels { singular: Some(singular.to_owned()), plural: Some(plural.to_owned()) },
            ..ObjectSchema::default()
        }
    }

    fn schemas() -> Vec<ObjectSchema> {
        vec![
            schema("2-1", "vehicle", "Service vehicle", "Vehicles"),
            schema("2-2", "contacts", "Contact", "Old contacts"),
            schema("2-3", "deals_history", "Größe", "Vehicles"),
        ]
    }

    fn name_of(written: &str) -> Option<String> {
        custom_object(written, &schemas()).map(|object| object.name)
    }

    #[test]
    fn a_custom_object_is_found_by_every_name_it_has() {
        for written in ["vehicle", "2-1", "p7_vehicle", "Vehicle", "service vehicle"] {
            assert_eq!(name_of(written).as_deref(), Some("vehicle"), "{written}");
        }
        assert_eq!(name_of("Vehicles"), None, "two objects have this label");
        assert_eq!(name_of("2-9"), None);
    }

    #[test]
    fn a_name_that_is_taken_gives_way_to_the_qualified_one_and_leads_back() {
        for written in ["2-2", "p7_contacts", "old contacts"] {
            assert_eq!(name_of(written).as_deref(), Some("p7_contacts"), "{written}");
        }
        assert_eq!(name_of("2-3").as_deref(), Some("p7_deals_history"));
        for taken in
            ["contacts", "owners", "list_memberships", "x_history", "contacts_companies", "deals_line_items"]
        {
            assert!(is_taken(taken), "{taken}");
        }
        for free in ["vehicle", "contacts_archive", "deal", "order_line"] {
            assert!(!is_taken(free), "{free}");
        }
    }

    #[test]
    fn a_type_is_called_by_its_label_unless_that_is_another_ones() {
        let schemas = schemas();
        let mut objects: Vec<PortalObject> = schemas.iter().map(PortalObject::from).collect();
        distinguish(&mut objects, &schemas);
        let entities: Vec<&str> = objects.iter().map(|object| object.entity.as_str()).collect();
        assert_eq!(entities, ["ServiceVehicle", "Contact_2", "GrE"]);
    }
}
