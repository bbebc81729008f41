//! Which columns a data source has after HubSpot was asked again.
//!
//! A refresh takes nothing away: a column that HubSpot no longer has stays as an empty one, because a report that names
//! it would break without. An edit takes away what its owner no longer chooses, and nothing else.

use hubspot::{Call, Client};
use serde::Serialize;

use super::{
    Definition, DiscoverError, Searching, StoredModel, StoredProperty, StoredSet, discover, navigation,
};

/// What became of the columns, each as `set/column`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// New ones.
    pub added: Vec<String>,
    /// Those that HubSpot no longer has: they stay, and are empty.
    pub vanished: Vec<String>,
    /// Those that are no longer shown.
    pub removed: Vec<String>,
}

/// Asks HubSpot again. A listed property that is gone is no mistake when `before` shows it.
///
/// # Errors
/// As [`discover`].
pub async fn rediscover(
    client: &Client,
    call: &Call,
    definition: &Definition,
    before: Option<&StoredModel>,
) -> Result<StoredModel, DiscoverError> {
    let mut definition = definition.clone();
    loop {
        match discover(client, call, &definition).await {
            Err(DiscoverError::UnknownProperty { object, property, .. })
                if shows(before, &object, &property) =>
            {
                forget(&mut definition, &object, &property);
            }
            other => return other,
        }
    }
}

fn shows(before: Option<&StoredModel>, object: &str, property: &str) -> bool {
    let set = before.and_then(|before| before.set(object));
    set.is_some_and(|(_, set)| set.properties.iter().any(|column| column.hubspot == property))
}

fn forget(definition: &mut Definition, object: &str, property: &str) {
    for choice in definition.objects.iter_mut().filter(|choice| choice.object == object) {
        if let Some(listed) = &mut choice.properties {
            listed.retain(|name| name != property);
        }
    }
}

/// The model after a refresh: the columns of before in their places, as they are now; behind them those that are new.
#[must_use]
pub fn refreshed(before: StoredModel, mut found: StoredModel) -> (StoredModel, Changes) {
    let mut changes = Changes::default();
    for old in before.sets {
        match found.sets.iter_mut().find(|set| set.name == old.name) {
            Some(set) => refresh_set(old, set, &mut changes),
            None => found.sets.push(old),
        }
    }
    (connected(found), changes)
}

fn refresh_set(old: StoredSet, set: &mut StoredSet, changes: &mut Changes) {
    let mut fresh = std::mem::take(&mut set.properties);
    for column in old.properties {
        match fresh.iter().position(|property| property.name == column.name) {
            Some(index) => set.properties.push(fresh.remove(index)),
            None => {
                changes.vanished.push(path(set, &column));
                set.properties.push(emptied(column));
            }
        }
    }
    changes.added.extend(fresh.iter().map(|property| path(set, property)));
    set.properties.extend(fresh);
}

/// The model after its owner chose `now` instead of `then`: what HubSpot has of it in the order of the choice, and
/// behind it those chosen columns that HubSpot no longer has.
#[must_use]
pub fn edited(
    before: &StoredModel,
    (then, now): (&Definition, &Definition),
    mut found: StoredModel,
) -> (StoredModel, Changes) {
    let mut changes = Changes::default();
    for set in &mut found.sets {
        let fresh: Vec<String> = set.properties.iter().map(|column| path(set, column)).collect();
        let old = before.set(&set.name).map(|(_, old)| old.properties.as_slice()).unwrap_or_default();
        let known: Vec<String> = old.iter().map(|column| path(set, column)).collect();
        changes.added.extend(fresh.iter().filter(|path| !known.contains(path)).cloned());
        let gone = old.iter().filter(|column| !fresh.contains(&path(set, column)));
        let (vanished, removed): (Vec<_>, Vec<_>) =
            gone.partition(|column| still_chosen(set, column, then, now));
        changes.vanished.extend(vanished.iter().map(|column| path(set, column)));
        changes.removed.extend(removed.iter().map(|column| path(set, column)));
        set.properties.extend(vanished.into_iter().cloned().map(emptied));
    }
    for old in before.sets.iter().filter(|old| found.set(&old.name).is_none()) {
        changes.removed.extend(old.properties.iter().map(|column| path(old, column)));
    }
    (connected(found), changes)
}

/// Whether it is HubSpot, and not the owner, that took away a column that was not found.
fn still_chosen(set: &StoredSet, column: &StoredProperty, then: &Definition, now: &Definition) -> bool {
    let choice =
        |definition: &Definition| definition.objects.iter().find(|choice| choice.object == set.name).cloned();
    let relabelled = then.labels != now.labels && !column.labels.is_empty();
    let found = set.properties.iter().any(|other| other.hubspot == column.hubspot);
    match (choice(then).map(|choice| choice.properties), choice(now).map(|choice| choice.properties)) {
        _ if relabelled || found => false,
        (_, Some(Some(listed))) => listed.contains(&column.hubspot),
        (Some(None), Some(None)) => true,
        _ => false,
    }
}

/// A column without a property behind it. HubSpot would refuse a search that names it.
fn emptied(column: StoredProperty) -> StoredProperty {
    StoredProperty { search: Searching::Never, ..column }
}

fn path(set: &StoredSet, column: &StoredProperty) -> String {
    format!("{}/{}", set.name, column.name)
}

/// Columns that stayed may have the names of ways, and ways may have lost their columns.
fn connected(mut model: StoredModel) -> StoredModel {
    navigation::connect(&mut model.sets);
    model
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn model(columns: &[&str]) -> StoredModel {
        let column = |name: &&str| json!({"name": name, "hubspot": name, "hubspot_type": "string", "kind": "text", "search": "by_kind"});
        let columns: Vec<_> = columns.iter().map(column).collect();
        let sets = json!([{"name": "contacts", "origin": {"object": "contacts"}, "properties": columns}]);
        StoredModel::from_json(&json!({"format": 1, "sets": sets}).to_string()).unwrap()
    }

    fn names(model: &StoredModel) -> Vec<&str> {
        model.sets[0].properties.iter().map(|column| column.name.as_str()).collect()
    }

    fn choosing(properties: Option<&[&str]>) -> Definition {
        let definition = json!({"objects": [{"object": "contacts", "properties": properties}]});
        Definition::from_json(&definition.to_string()).unwrap()
    }

    #[test]
    fn a_refresh_keeps_columns_in_their_places_and_puts_new_ones_last() {
        let (after, changes) = refreshed(model(&["id", "b", "d"]), model(&["id", "a", "d"]));
        assert_eq!(names(&after), ["id", "b", "d", "a"]);
        assert_eq!(after.sets[0].properties[1].search, Searching::Never);
        let (added, vanished) = (vec!["contacts/a".into()], vec!["contacts/b".into()]);
        assert_eq!(changes, Changes { added, vanished, removed: Vec::new() });
    }

    #[test]
    fn an_unchanged_portal_changes_nothing() {
        let before = model(&["id", "b"]);
        assert_eq!(refreshed(before.clone(), model(&["id", "b"])), (before, Changes::default()));
    }

    #[track_caller]
    fn edit(
        then: Option<&[&str]>,
        now: Option<&[&str]>,
        found: &[&str],
        expected: (&[&str], &[&str], &[&str]),
    ) {
        let before = model(&["id", "a", "b", "gone"]);
        let (after, changes) = edited(&before, (&choosing(then), &choosing(now)), model(found));
        let paths = |names: &[&str]| names.iter().map(|name| format!("contacts/{name}")).collect::<Vec<_>>();
        assert_eq!(names(&after), expected.0);
        assert_eq!((changes.vanished, changes.removed), (paths(expected.1), paths(expected.2)));
    }

    #[test]
    fn an_edit_takes_away_what_is_no_longer_chosen() {
        let all = Some(&["a", "b", "gone"][..]);
        edit(all, Some(&["a", "c"]), &["id", "a", "c"], (&["id", "a", "c"], &[], &["b", "gone"]));
        edit(None, Some(&["a"]), &["id", "a"], (&["id", "a"], &[], &["b", "gone"]));
        edit(all, None, &["id", "a", "z"], (&["id", "a", "z"], &[], &["b", "gone"]));
    }

    #[test]
    fn an_edit_keeps_what_only_hubspot_took_away() {
        let all = Some(&["a", "b", "gone"][..]);
        edit(all, Some(&["b", "gone"]), &["id", "b"], (&["id", "b", "gone"], &["gone"], &["a"]));
        edit(None, None, &["id", "a", "b"], (&["id", "a", "b", "gone"], &["gone"], &[]));
    }

    #[test]
    fn an_object_that_is_no_longer_chosen_goes_with_its_columns() {
        let mut before = model(&["id", "a"]);
        before.sets.push(StoredSet { name: "deals".into(), ..before.sets[0].clone() });
        let definition = choosing(None);
        let (after, changes) = edited(&before, (&definition, &definition), model(&["id", "a"]));
        assert_eq!((after.sets.len(), changes.removed), (1, vec!["deals/id".into(), "deals/a".into()]));
    }

    #[test]
    fn labels_that_are_no_longer_wanted_go() {
        let mut before = model(&["id", "stage", "stage__label"]);
        before.sets[0].properties[2].hubspot = "stage".into();
        before.sets[0].properties[2].labels = vec![("a".into(), "A".into())];
        let both = Definition { labels: super::super::Labels::Both, ..choosing(None) };
        let (after, changes) = edited(&before, (&both, &choosing(None)), model(&["id", "stage"]));
        assert_eq!(
            (names(&after), changes.removed),
            (vec!["id", "stage"], vec!["contacts/stage__label".into()])
        );
    }
}
