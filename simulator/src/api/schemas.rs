//! Object schemas: custom ones in the list, any one by its name.

use serde::Serialize;

use super::Scene;
use super::answer::Answer;
use crate::portal::property::PropertyDefinition;
use crate::portal::state::{State, Table};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema<'a> {
    labels: Labels<'a>,
    required_properties: &'a [String],
    searchable_properties: &'a [String],
    primary_display_property: Option<&'a String>,
    secondary_display_properties: Vec<&'a String>,
    archived: bool,
    restorable: bool,
    meta_type: &'static str,
    id: &'a str,
    fully_qualified_name: &'a str,
    created_at: &'static str,
    updated_at: &'static str,
    object_type_id: &'a str,
    properties: Vec<&'a PropertyDefinition>,
    associations: Vec<Definition>,
    name: String,
}

#[derive(Serialize)]
struct Labels<'a> {
    singular: &'a str,
    plural: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Definition {
    from_object_type_id: String,
    to_object_type_id: String,
    name: String,
    cardinality: &'static str,
    inverse_cardinality: &'static str,
    id: String,
    created_at: Option<String>,
    updated_at: Option<String>,
}

/// The custom objects of the portal.
pub(super) fn list(state: &State) -> Answer {
    #[derive(Serialize)]
    struct Body<'a> {
        results: Vec<Schema<'a>>,
    }
    let custom = state.tables.iter().enumerate().filter(|(_, table)| table.kind.custom);
    Answer::json(200, &Body { results: custom.map(|(place, table)| schema(state, place, table)).collect() })
}

/// One object, standard or custom.
pub(super) fn get(scene: &Scene) -> Answer {
    Answer::json(200, &schema(scene.state, scene.place, scene.table))
}

fn schema<'a>(state: &'a State, place: usize, table: &'a Table) -> Schema<'a> {
    let kind = &table.kind;
    Schema {
        labels: Labels { singular: &kind.singular_label, plural: &kind.plural_label },
        required_properties: &kind.required,
        searchable_properties: &kind.searchable,
        primary_display_property: kind.display.first(),
        secondary_display_properties: kind.display.iter().skip(1).collect(),
        archived: false,
        restorable: true,
        meta_type: if kind.custom { "PORTAL_SPECIFIC" } else { "HUBSPOT" },
        id: kind.id.split_once('-').map_or(&*kind.id, |(_, number)| number),
        fully_qualified_name: &kind.qualified,
        created_at: "1970-01-01T00:00:00Z",
        updated_at: "1970-01-01T00:00:00Z",
        object_type_id: &kind.id,
        properties: table.properties.iter().filter(|p| !p.is_archived()).collect(),
        associations: associations(state, place),
        name: if kind.custom { kind.singular.clone() } else { kind.upper() },
    }
}

fn associations(state: &State, place: usize) -> Vec<Definition> {
    let both = (0..state.tables.len())
        .flat_map(|other| state.links.types(place, other).chain(state.links.types(other, place)));
    both.map(|t| Definition {
        from_object_type_id: state.tables[t.from].kind.id.clone(),
        to_object_type_id: state.tables[t.to].kind.id.clone(),
        name: format!("{}_TO_{}", state.tables[t.from].kind.upper(), state.tables[t.to].kind.upper()),
        cardinality: "ONE_TO_MANY",
        inverse_cardinality: "ONE_TO_MANY",
        id: t.id.to_string(),
        created_at: None,
        updated_at: None,
    })
    .collect()
}
