//! Property definitions: all of a type in one answer, or one.

use serde::Serialize;

use super::Scene;
use super::answer::{Answer, Problem};
use super::request::Request;
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

/// One definition.
pub(super) fn get(scene: &Scene, name: &str) -> Result<Answer, Problem> {
    let properties = &scene.table.properties;
    let found = properties.find(name).and_then(|index| properties.get(index));
    let definition = found.ok_or_else(|| Problem::NotFound(format!("property {name} does not exist")))?;
    Ok(Answer::json(200, definition))
}
