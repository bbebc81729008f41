//! `source refresh`: asks HubSpot again which properties there are. New ones become new columns; one that is gone stays
//! as an empty column, because a report that names it would break without.

use feedgate::model::{Definition, DiscoverError, Searching, StoredModel, StoredSet, discover};
use hubspot::{Call, Client};
use schema::Context;
use schema::operations::{source_show, source_update_model};
use serde::Serialize;

use super::client;
use crate::commands::ids;
use crate::failure::Failure;
use crate::output::{Answer, count};
use crate::portal::PATIENCE;
use crate::print;
use crate::session::Session;

/// What became of the columns.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
struct Changes {
    /// `set/column`.
    added: Vec<String>,
    /// `set/column` of those that HubSpot no longer has.
    vanished: Vec<String>,
}

#[derive(Serialize)]
struct Refreshed<'a> {
    id: &'a str,
    model_version: i64,
    #[serde(flatten)]
    changes: &'a Changes,
}

pub(super) async fn run(session: &Session, id: &str) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = source_show::run(&ctx, source_show::Request { id: ids::data_source(id)? }).await?;
    let definition = Definition::from_json(&source.definition.to_string())?;
    let before = stored_model(&ctx, &source).await?;
    let client = client(session, &ctx, &source.connection).await?;
    print::progress("Asking HubSpot which properties there are …");
    let found = discovered(&client, definition).await?;
    let (model, changes) = match before {
        Some(before) => merged(before, found),
        None => (found, Changes::default()),
    };
    let request = source_update_model::Request { id: source.id, model: model.to_json() };
    let model_version = source_update_model::run(&ctx, request).await?;
    Answer::new(&Refreshed { id, model_version, changes: &changes }, told(&source.name, &changes))
}

/// The current version of a data source's model.
pub(super) async fn stored_model(
    ctx: &Context,
    source: &source_show::SourceView,
) -> Result<Option<StoredModel>, Failure> {
    let Some(version) = source.model_version else { return Ok(None) };
    let text = schema::data_source_model(&ctx.store, &source.id, version).await?;
    let unreadable = |error: feedgate::model::ModelReadError| Failure::failed("Model", error.to_string());
    text.map(|text| StoredModel::from_json(&text).map_err(unreadable)).transpose()
}

/// What there is now. A listed property that is gone is left out of the question.
async fn discovered(client: &Client, mut definition: Definition) -> Result<StoredModel, Failure> {
    let call = Call::within(PATIENCE);
    loop {
        match discover(client, &call, &definition).await {
            Err(DiscoverError::UnknownProperty { object, property, .. }) => {
                forget(&mut definition, &object, &property);
            }
            other => return Ok(other?),
        }
    }
}

fn forget(definition: &mut Definition, object: &str, property: &str) {
    for choice in definition.objects.iter_mut().filter(|choice| choice.object == object) {
        if let Some(listed) = &mut choice.properties {
            listed.retain(|name| name != property);
        }
    }
}

/// The columns of before in their places, as they are now; behind them those that are new.
fn merged(before: StoredModel, mut found: StoredModel) -> (StoredModel, Changes) {
    let mut changes = Changes::default();
    for old in before.sets {
        match found.sets.iter_mut().find(|set| set.name == old.name) {
            Some(set) => merge_set(old, set, &mut changes),
            None => found.sets.push(old),
        }
    }
    (found, changes)
}

fn merge_set(old: StoredSet, set: &mut StoredSet, changes: &mut Changes) {
    let mut fresh = std::mem::take(&mut set.properties);
    for mut column in old.properties {
        match fresh.iter().position(|property| property.name == column.name) {
            Some(index) => set.properties.push(fresh.remove(index)),
            None => {
                changes.vanished.push(format!("{}/{}", set.name, column.name));
                // HubSpot would refuse a search that names it.
                column.search = Searching::Never;
                set.properties.push(column);
            }
        }
    }
    changes.added.extend(fresh.iter().map(|property| format!("{}/{}", set.name, property.name)));
    set.properties.extend(fresh);
}

fn told(name: &str, changes: &Changes) -> String {
    let list = |what: &str, columns: &[String]| match columns {
        [] => String::new(),
        columns => format!(" {} {what}: {}.", count(columns.len(), "column"), columns.join(", ")),
    };
    let added = list("added", &changes.added);
    let vanished = list("no longer at HubSpot and stay empty", &changes.vanished);
    if added.is_empty() && vanished.is_empty() {
        return format!("The data source {name} has the columns it had.");
    }
    format!("The data source {name} was refreshed.{added}{vanished}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model(columns: &[&str]) -> StoredModel {
        let column = |name: &&str| {
            json!({"name": name, "hubspot": name, "hubspot_type": "string", "kind": "text",
            "search": "by_kind"})
        };
        let columns: Vec<_> = columns.iter().map(column).collect();
        let sets = json!([{"name": "contacts", "origin": {"object": "contacts"}, "properties": columns}]);
        StoredModel::from_json(&json!({"format": 1, "sets": sets}).to_string()).unwrap()
    }

    #[test]
    fn columns_keep_their_places_and_new_ones_come_last() {
        let (merged, changes) = merged(model(&["id", "b", "d"]), model(&["id", "a", "d"]));
        let names: Vec<&str> = merged.sets[0].properties.iter().map(|column| column.name.as_str()).collect();
        assert_eq!(names, ["id", "b", "d", "a"]);
        assert_eq!(merged.sets[0].properties[1].search, Searching::Never);
        let expected = Changes { added: vec!["contacts/a".into()], vanished: vec!["contacts/b".into()] };
        assert_eq!(changes, expected);
    }

    #[test]
    fn an_unchanged_portal_changes_nothing() {
        let before = model(&["id", "b"]);
        let (after, changes) = merged(before.clone(), model(&["id", "b"]));
        assert_eq!((after, changes), (before, Changes::default()));
        assert_eq!(told("Sales", &Changes::default()), "The data source Sales has the columns it had.");
    }
}
