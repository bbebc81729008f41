//! Which columns a data source has after HubSpot was asked again.
//!
//! A refresh takes nothing away: a column that HubSpot no longer has stays as an empty one, because a report that names
//! it would break without. An edit takes away what its owner no longer chooses, and nothing else.

use hubspot::{Call, Client};
use schema::operations::source_update_model::{Drift, DriftKind};
use serde::Serialize;

use super::discover::discover_after;
use super::{
    Definition, DiscoverError, Kind, LeftOut, Origin, Searching, StoredModel, StoredProperty, StoredSet,
    navigation,
};

/// What became of the columns, each as `set/column`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// New ones.
    pub added: Vec<String>,
    /// Those that HubSpot no longer has: they stay, and are empty.
    pub vanished: Vec<String>,
    /// Those that were empty and that HubSpot has again.
    pub returned: Vec<String>,
    /// Those that HubSpot gave another type: they keep theirs, and what does not fit into it is empty.
    pub retyped: Vec<String>,
    /// Those that are no longer shown.
    pub removed: Vec<String>,
    /// Entity sets that are no longer shown because the credential may not read them, with the scopes it lacks.
    pub left_out: Vec<String>,
    /// Entity sets that may be read again.
    pub readable: Vec<String>,
}

/// What becomes of a column to which HubSpot gave another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NewTypes {
    /// It keeps its type, because a report may rely on it.
    Keep,
    /// It gets the new one.
    Adopt,
}

impl Changes {
    /// What people have to be told of.
    #[must_use]
    pub fn drift(&self) -> Vec<Drift> {
        use DriftKind::{Returned, Retyped, Vanished};
        let of = |kind: DriftKind, columns: &[String]| -> Vec<Drift> {
            columns.iter().map(|column| Drift { kind, column: column.clone() }).collect()
        };
        [of(Vanished, &self.vanished), of(Returned, &self.returned), of(Retyped, &self.retyped)].concat()
    }

    /// Whether nothing happened.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Asks HubSpot again. A listed property that is gone is no mistake when `before` shows it.
///
/// # Errors
/// As [`super::discover`].
pub async fn rediscover(
    client: &Client,
    call: &Call,
    definition: &Definition,
    before: Option<&StoredModel>,
) -> Result<StoredModel, DiscoverError> {
    let mut definition = definition.clone();
    loop {
        match discover_after(client, call, &definition, before).await {
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
    let Some(before) = before else { return false };
    let column = |set: &StoredSet| set.properties.iter().any(|column| column.hubspot == property);
    let history = |set: &StoredSet| match &set.origin {
        Origin::History { properties, .. } => properties.iter().any(|name| name == property),
        _ => false,
    };
    before.set(object).is_some_and(|(_, set)| column(set))
        || before.set(&format!("{object}_history")).is_some_and(|(_, set)| history(set))
}

fn forget(definition: &mut Definition, object: &str, property: &str) {
    for choice in definition.objects.iter_mut().filter(|choice| choice.object == object) {
        if let Some(listed) = &mut choice.properties {
            listed.retain(|name| name != property);
        }
        choice.history.retain(|name| name != property);
    }
}

/// The model after a refresh: the columns of before in their places, as they are now; behind them those that are new.
#[must_use]
pub fn refreshed(before: StoredModel, mut found: StoredModel, types: NewTypes) -> (StoredModel, Changes) {
    let mut changes = Changes::default();
    let hidden = before.left_out.into_iter();
    let (known, hidden): (Vec<String>, Vec<Vec<StoredSet>>) =
        hidden.map(|left| (left.name, left.sets)).unzip();
    for old in before.sets {
        match found.sets.iter_mut().find(|set| set.name == old.name) {
            Some(set) => refresh_set(old, set, types, &mut changes),
            None => keep_unseen(old, &mut found),
        }
    }
    for old in hidden.into_iter().flatten() {
        match found.sets.iter_mut().find(|set| set.name == old.name) {
            Some(set) => refresh_set(old, set, types, &mut changes),
            None => leave_out(old, &mut found),
        }
    }
    for left in &found.left_out {
        let words = format!("{} ({})", left.name, left.scopes.join(", "));
        changes.left_out.extend((!known.contains(&left.name)).then_some(words));
    }
    let readable = known.into_iter().filter(|name| found.left_out.iter().all(|left| left.name != *name));
    changes.readable.extend(readable);
    (connected(found), changes)
}

/// A set that was not found is left out if what it is made of is, and stays otherwise.
fn keep_unseen(old: StoredSet, found: &mut StoredModel) {
    if owner_of(&old, &found.left_out).is_some() {
        leave_out(old, found);
    } else {
        found.sets.push(old);
    }
}

fn leave_out(old: StoredSet, found: &mut StoredModel) {
    if let Some(index) = owner_of(&old, &found.left_out)
        && let Some(left) = found.left_out.get_mut(index)
    {
        left.sets.push(old);
    }
}

/// Which of the choices that are left out a set belongs to.
fn owner_of(set: &StoredSet, left_out: &[LeftOut]) -> Option<usize> {
    let is = |left: &LeftOut, path: &str| {
        let known =
            left.sets.iter().any(|set| matches!(&set.origin, Origin::Object(object) if object == path));
        known || super::standard::standard(&left.name).is_some_and(|object| object.path == path)
    };
    left_out.iter().position(|left| match &set.origin {
        Origin::Object(_) => left.name == set.name,
        Origin::History { object, .. } => is(left, object),
        Origin::Links { from, to } => is(left, from) || is(left, to),
        Origin::Owners => left.name == "owners",
        Origin::Pipelines(_) | Origin::Stages(_) => left.name == "pipelines",
        Origin::Lists | Origin::Memberships => left.name == "lists",
    })
}

fn refresh_set(old: StoredSet, set: &mut StoredSet, types: NewTypes, changes: &mut Changes) {
    // The name of a type is part of what reports and caches know; a label in HubSpot is not.
    set.type_name = old.type_name.or_else(|| set.type_name.take());
    if let (Origin::History { properties: known, .. }, Origin::History { properties, .. }) =
        (&old.origin, &mut set.origin)
    {
        let lost = known.iter().filter(|name| !properties.contains(name)).cloned().collect::<Vec<_>>();
        properties.extend(lost);
    }
    let mut fresh = std::mem::take(&mut set.properties);
    for column in old.properties {
        match fresh.iter().position(|property| property.name == column.name) {
            Some(index) => {
                let now = fresh.remove(index);
                let kept = carried(&path(set, &column), column, now, types, changes);
                set.properties.push(kept);
            }
            None => {
                changes.vanished.extend((!column.vanished).then(|| path(set, &column)));
                set.properties.push(emptied(column));
            }
        }
    }
    changes.added.extend(fresh.iter().map(|property| path(set, property)));
    set.properties.extend(fresh);
}

/// The column of a property that HubSpot still has, as it is now, but of the type it was.
fn carried(
    path: &str,
    old: StoredProperty,
    now: StoredProperty,
    types: NewTypes,
    changes: &mut Changes,
) -> StoredProperty {
    changes.returned.extend(old.vanished.then(|| path.to_owned()));
    if types == NewTypes::Adopt || Kind::of(&old.hubspot_type) == Kind::of(&now.hubspot_type) {
        return now;
    }
    changes.retyped.extend((old.retyped.as_ref() != Some(&now.hubspot_type)).then(|| path.to_owned()));
    StoredProperty {
        // HubSpot would compare by the type that it has there.
        search: Searching::Never,
        retyped: Some(now.hubspot_type),
        label: now.label,
        description: now.description,
        vanished: false,
        ..old
    }
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
        let Some((_, old)) = before.set(&set.name) else {
            changes.added.extend(set.properties.iter().map(|column| path(set, column)));
            continue;
        };
        edit_set(old, set, (then, now), &mut changes);
    }
    let unseen: Vec<&StoredSet> = before.sets.iter().filter(|old| found.set(&old.name).is_none()).collect();
    for old in unseen {
        match owner_of(old, &found.left_out) {
            Some(_) => leave_out(old.clone(), &mut found),
            None => changes.removed.extend(old.properties.iter().map(|column| path(old, column))),
        }
    }
    for left in &found.left_out {
        let known = before.left_out.iter().any(|known| known.name == left.name);
        let words = format!("{} ({})", left.name, left.scopes.join(", "));
        changes.left_out.extend((!known).then_some(words));
    }
    (connected(found), changes)
}

fn edit_set(
    old: &StoredSet,
    set: &mut StoredSet,
    definitions: (&Definition, &Definition),
    changes: &mut Changes,
) {
    set.type_name = old.type_name.clone().or_else(|| set.type_name.take());
    let mut fresh = Vec::new();
    for column in std::mem::take(&mut set.properties) {
        let path = path(set, &column);
        match old.properties.iter().find(|known| known.name == column.name) {
            Some(known) => fresh.push(carried(&path, known.clone(), column, NewTypes::Keep, changes)),
            None => {
                changes.added.push(path);
                fresh.push(column);
            }
        }
    }
    set.properties = fresh;
    let gone =
        old.properties.iter().filter(|column| set.properties.iter().all(|now| now.name != column.name));
    let (vanished, removed): (Vec<_>, Vec<_>) =
        gone.partition(|column| still_chosen(set, column, definitions.0, definitions.1));
    let newly = vanished.iter().filter(|column| !column.vanished);
    changes.vanished.extend(newly.map(|column| path(set, column)));
    changes.removed.extend(removed.iter().map(|column| path(set, column)));
    set.properties.extend(vanished.into_iter().cloned().map(emptied));
}

/// Whether it is HubSpot, and not the owner, that took away a column that was not found.
fn still_chosen(set: &StoredSet, column: &StoredProperty, then: &Definition, now: &Definition) -> bool {
    let choice =
        |definition: &Definition| definition.objects.iter().find(|choice| choice.object == set.name).cloned();
    let relabelled = then.labels != now.labels && !column.labels.is_empty();
    let found = set.properties.iter().any(|other| other.hubspot == column.hubspot);
    match (choice(then).map(|choice| choice.properties), choice(now).map(|choice| choice.properties)) {
        _ if relabelled || found || column.deletion => false,
        (_, Some(Some(listed))) => listed.contains(&column.hubspot),
        (Some(None), Some(None)) => true,
        _ => false,
    }
}

/// A column without a property behind it. HubSpot would refuse a search that names it.
fn emptied(column: StoredProperty) -> StoredProperty {
    StoredProperty { search: Searching::Never, vanished: true, ..column }
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
        let (after, changes) = refreshed(model(&["id", "b", "d"]), model(&["id", "a", "d"]), NewTypes::Keep);
        assert_eq!(names(&after), ["id", "b", "d", "a"]);
        assert_eq!(after.sets[0].properties[1].search, Searching::Never);
        let (added, vanished) = (vec!["contacts/a".into()], vec!["contacts/b".into()]);
        assert_eq!(changes, Changes { added, vanished, ..Changes::default() });
    }

    #[test]
    fn an_unchanged_portal_changes_nothing() {
        let before = model(&["id", "b"]);
        let after = refreshed(before.clone(), model(&["id", "b"]), NewTypes::Keep);
        assert_eq!(after, (before, Changes::default()));
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
