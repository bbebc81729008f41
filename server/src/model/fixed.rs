//! The entity sets whose columns HubSpot does not define as properties: owners, pipelines, stages,
//! histories, lists and links.

use super::objects::PortalObject;
use super::{Kind, Origin, StoredProperty, StoredSet};

type Column<'a> = (&'a str, Kind, &'a str);

const OWNERS: &[Column<'static>] = &[
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

const PIPELINES: &[Column<'static>] = &[
    ("object_type", Kind::Text, "The object the pipeline is for"),
    ("id", Kind::Text, "What the pipeline property of records holds"),
    ("label", Kind::Text, "Name"),
    ("display_order", Kind::Integer, "Position among the pipelines"),
    ("archived", Kind::Boolean, "Whether the pipeline was removed"),
    ("created_at", Kind::DateTime, "When the pipeline was created"),
    ("updated_at", Kind::DateTime, "When the pipeline was last changed"),
];

const STAGES: &[Column<'static>] = &[
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

const HISTORY: &[Column<'static>] = &[
    ("id", Kind::Text, "Record, property and time: one value for each row"),
    ("record_id", Kind::Integer, "The `id` of the record"),
    ("property", Kind::Text, "HubSpot's internal name of the property"),
    ("value", Kind::Text, "The value from then on, as HubSpot keeps it; absent when it was cleared"),
    ("at", Kind::DateTime, "When it became that value"),
    ("source", Kind::Text, "What changed it: CRM_UI, IMPORT, API, AUTOMATION_PLATFORM and others"),
    ("source_id", Kind::Text, "Which of these"),
    ("user_id", Kind::Integer, "The user who changed it, if it was one"),
];

const LISTS: &[Column<'static>] = &[
    ("id", Kind::Text, "The list's id, which memberships name"),
    ("name", Kind::Text, "Name"),
    ("object_type", Kind::Text, "The object whose records it holds"),
    ("processing_type", Kind::Text, "MANUAL, DYNAMIC or SNAPSHOT"),
    ("size", Kind::Integer, "How many records HubSpot says it holds"),
    ("created_at", Kind::DateTime, "When the list was created"),
    ("updated_at", Kind::DateTime, "When the list was last changed"),
];

const MEMBERSHIPS: &[Column<'static>] = &[
    ("id", Kind::Text, "List and record: one value for each membership"),
    ("list_id", Kind::Text, "The `id` of the list"),
    ("record_id", Kind::Integer, "The `id` of the record"),
    ("object_type", Kind::Text, "The object that the record is one of"),
    ("added_at", Kind::DateTime, "Since when the record is on the list"),
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

pub(super) fn lists() -> [StoredSet; 2] {
    let of = |name: &str, origin, columns_of, type_name: &str, words: &str| StoredSet {
        type_name: Some(type_name.to_owned()),
        description: Some(words.to_owned()),
        ..set(name.to_owned(), origin, columns(columns_of))
    };
    [
        of("lists", Origin::Lists, LISTS, "List", "The lists (segments) of the HubSpot account."),
        of(
            "list_memberships",
            Origin::Memberships,
            MEMBERSHIPS,
            "ListMembership",
            "Which records are on which lists: a row for each.",
        ),
    ]
}

/// What these properties of an object were and are.
pub(super) fn history(object: &PortalObject, properties: Vec<String>) -> StoredSet {
    StoredSet {
        type_name: Some(format!("{}History", object.entity)),
        description: Some(format!(
            "What {} of {} was and is: a row for each value.",
            properties.join(", "),
            object.many
        )),
        ..set(
            format!("{}_history", object.name),
            Origin::History { object: object.path.clone(), properties },
            columns(HISTORY),
        )
    }
}

/// The links from one object to another, which may be itself.
pub(super) fn link(from: &PortalObject, to: &PortalObject) -> StoredSet {
    let (from_id, to_id) = match from.one == to.one {
        true => (format!("from_{}_id", from.one), format!("to_{}_id", to.one)),
        false => (format!("{}_id", from.one), format!("{}_id", to.one)),
    };
    let properties = columns(&[
        ("id", Kind::Text, "Both ids and the type: one value for each link"),
        (&from_id, Kind::Integer, "The `id` of the first record"),
        (&to_id, Kind::Integer, "The `id` of the second record"),
        ("type_id", Kind::Integer, "The association type's id, unique within its category"),
        (
            "category",
            Kind::Text,
            "Who defined the type: HUBSPOT_DEFINED, USER_DEFINED, INTEGRATOR_DEFINED or WORK",
        ),
        ("label", Kind::Text, "The label of the association type, if it has one"),
    ]);
    let origin = Origin::Links { from: from.path.clone(), to: to.path.clone() };
    let words = "a row for each pair and association type.";
    StoredSet {
        type_name: Some(format!("{}{}Link", from.entity, to.entity)),
        description: Some(format!("Which {} are associated with which {}: {words}", from.many, to.many)),
        ..set(format!("{}_{}", from.name, to.name), origin, properties)
    }
}

fn set(name: String, origin: Origin, properties: Vec<StoredProperty>) -> StoredSet {
    StoredSet::new(name, origin, properties)
}

fn columns(columns: &[Column<'_>]) -> Vec<StoredProperty> {
    let column = |(name, kind, description): &Column<'_>| StoredProperty {
        description: Some((*description).to_owned()),
        ..StoredProperty::plain(name, *kind)
    };
    columns.iter().map(column).collect()
}
