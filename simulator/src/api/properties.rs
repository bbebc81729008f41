//! Property definitions: all of a type in one answer, or one.

use std::collections::BTreeSet;

use serde::Serialize;

use super::Scene;
use super::answer::{Answer, Problem};
use super::request::Request;
use crate::portal::kind::label;
use crate::portal::property::PropertyDefinition;

#[derive(Serialize)]
struct Body<'a> {
    results: Vec<&'a PropertyDefinition>,
}

/// All definitions; `archived=true` shows the archived ones only, and no sensitive ones exist.
pub(super) fn list(scene: &Scene, request: &Request) -> Answer {
    let archived = request.flag("archived");
    let sensitivity = request.parameter("dataSensitivity").unwrap_or_else(|| "non_sensitive".to_owned());
    let shown = |p: &&PropertyDefinition| p.is_archived() == archived && p.data_sensitivity == sensitivity;
    Answer::json(200, &Body { results: scene.table.properties.iter().filter(shown).collect() })
}

/// The groups that the properties stand in.
pub(super) fn groups(scene: &Scene) -> Answer {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Group<'a> {
        name: &'a str,
        label: String,
        display_order: i32,
        archived: bool,
    }
    #[derive(Serialize)]
    struct Groups<'a> {
        results: Vec<Group<'a>>,
    }
    let names: BTreeSet<&str> = scene.table.properties.iter().map(|p| p.group_name.as_str()).collect();
    let group = |name| Group { name, label: label(name), display_order: -1, archived: false };
    Answer::json(200, &Groups { results: names.into_iter().map(group).collect() })
}

/// One definition.
pub(super) fn get(scene: &Scene, name: &str) -> Result<Answer, Problem> {
    let properties = &scene.table.properties;
    let found = properties.find(name).and_then(|index| properties.get(index));
    let definition = found.ok_or_else(|| Problem::NotFound(format!("property {name} does not exist")))?;
    Ok(Answer::json(200, definition))
}
