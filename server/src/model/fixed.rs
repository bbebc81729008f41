//! The entity sets whose columns HubSpot does not define as properties: owners, pipelines, stages and links.

use super::{Kind, Origin, StoredProperty, StoredSet};

type Column = (&'static str, Kind, &'static str);

const OWNERS: &[Column] = &[
    ("id", Kind::Text, "What the owner properties of records hold"),
    ("email", Kind::Text, "E-mail address"),
    ("first_name", Kind::Text, "First name"),
    ("last_name", Kind::Text, "Last name"),
    ("user_id", Kind::Integer, "The user's id; absent for archived owners"),
    ("type", Kind::Text, "PERSON or QUEUE"),
    ("archived", Kind::Boolean, "Whether the owner was removed"),
    ("created_at", Kind::DateTime, "When the owner was created"),
    ("updated_at", Kind::DateTime, "When the owner was last changed"),
    ("teams", Kind::Text, "Names of the owner's teams, separated by semicolons, the primary one first"),
];

const PIPELINES: &[Column] = &[
    ("object_type", Kind::Text, "The object the pipeline is for"),
    ("id", Kind::Text, "What the pipeline property of records holds"),
    ("label", Kind::Text, "Name"),
    ("display_order", Kind::Integer, "Position among the pipelines"),
    ("archived", Kind::Boolean, "Whether the pipeline was removed"),
    ("created_at", Kind::DateTime, "When the pipeline was created"),
    ("updated_at", Kind::DateTime, "When the pipeline was last changed"),
];

const STAGES: &[Column] = &[
    ("object_type", Kind::Text, "The object the stage is for"),
    ("id", Kind::Text, "What the stage property of records holds"),
    ("pipeline_id", Kind::Text, "The pipeline the stage belongs to"),
    ("label", Kind::Text, "Name"),
    ("display_order", Kind::Integer, "Position in the pipeline"),
    ("is_closed", Kind::Boolean, "Whether records in this stage are closed"),
    ("probability", Kind::Number, "Probability of winning, 0 to 1 (deals)"),
    ("ticket_state", Kind::Text, "OPEN or CLOSED (tickets)"),
    ("archived", Kind::Boolean, "Whether the stage was removed"),
    ("created_at", Kind::DateTime, "When the stage was created"),
    ("updated_at", Kind::DateTime, "When the stage was last changed"),
];

/// The pairs of objects that get a link set, and the names of its two id columns.
const LINKS: [(&str, &str, &str, &str); 6] = [
    ("contacts", "companies", "contact_id", "company_id"),
    ("contacts", "deals", "contact_id", "deal_id"),
    ("companies", "deals", "company_id", "deal_id"),
    ("tickets", "contacts", "ticket_id", "contact_id"),
    ("tickets", "companies", "ticket_id", "company_id"),
    ("deals", "line_items", "deal_id", "line_item_id"),
];

pub(super) fn owners() -> StoredSet {
    set("owners".to_owned(), Origin::Owners, columns(OWNERS))
}

pub(super) fn pipelines(objects: &[String]) -> [StoredSet; 2] {
    [
        set("pipelines".to_owned(), Origin::Pipelines(objects.to_vec()), columns(PIPELINES)),
        set("pipeline_stages".to_owned(), Origin::Stages(objects.to_vec()), columns(STAGES)),
    ]
}

/// The link sets between those of these objects that have one.
pub(super) fn links(objects: &[&str]) -> Vec<StoredSet> {
    let both = |(from, to, ..): &&(&str, &str, &str, &str)| objects.contains(from) && objects.contains(to);
    LINKS.iter().filter(both).map(|(from, to, from_id, to_id)| link(from, to, from_id, to_id)).collect()
}

fn link(from: &str, to: &str, from_id: &'static str, to_id: &'static str) -> StoredSet {
    let properties = columns(&[
        ("id", Kind::Text, "Both ids and the type: one value for each link"),
        (from_id, Kind::Integer, "The `id` of the first record"),
        (to_id, Kind::Integer, "The `id` of the second record"),
        ("type_id", Kind::Integer, "The association type's id, unique within its category"),
        (
            "category",
            Kind::Text,
            "Who defined the type: HUBSPOT_DEFINED, USER_DEFINED, INTEGRATOR_DEFINED or WORK",
        ),
        ("label", Kind::Text, "The label of the association type, if it has one"),
    ]);
    let origin = Origin::Links { from: from.to_owned(), to: to.to_owned() };
    set(format!("{from}_{to}"), origin, properties)
}

fn set(name: String, origin: Origin, properties: Vec<StoredProperty>) -> StoredSet {
    StoredSet { name, origin, properties, navigation: Vec::new() }
}

fn columns(columns: &[Column]) -> Vec<StoredProperty> {
    let column = |(name, kind, description): &Column| StoredProperty {
        description: Some((*description).to_owned()),
        ..StoredProperty::plain(name, *kind)
    };
    columns.iter().map(column).collect()
}
