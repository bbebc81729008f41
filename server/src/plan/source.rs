//! Where candidates come from: known ids first, then what HubSpot's index narrows, else everything.

use std::collections::BTreeSet;

use odata::Value;
use odata::expr::Expr;
use odata::url::Key;

use super::{Abilities, Ends, OwnFilters, Shown, Source, normal, pushdown};
use crate::model::{OBJECT_ID, Origin, StoredModel, StoredSet};

pub(super) fn of(set: &StoredSet, key: Option<&Key>, filter: Option<&Expr>, abilities: Abilities) -> Source {
    match &set.origin {
        Origin::Owners => Source::Owners,
        Origin::Pipelines(objects) => Source::Pipelines(objects.clone()),
        Origin::Stages(objects) => Source::Stages(objects.clone()),
        Origin::Links { from, to } => {
            Source::Links { from: from.clone(), to: to.clone(), ends: ends(key, filter) }
        }
        Origin::History { object, properties } => Source::History {
            object: object.clone(),
            properties: properties.clone(),
            ids: named(key, filter, 1),
            shown: None,
        },
        Origin::Lists => Source::Lists,
        Origin::Memberships => Source::Memberships { lists: lists(key, filter) },
        Origin::Object(object) if set.archived => {
            Source::WithDeleted { object: object.clone(), ids: wanted_ids(set, key, filter) }
        }
        Origin::Object(object) => match wanted_ids(set, key, filter) {
            Some(ids) if ids.is_empty() => Source::Nothing,
            Some(ids) => Source::Ids { object: object.clone(), ids },
            None => records(set, object, filter, abilities),
        },
    }
}

/// A history is of records that the data source shows.
pub(super) fn shown(source: Source, stored: &StoredModel, own: &OwnFilters) -> Source {
    let Source::History { object, properties, ids, .. } = source else { return source };
    let is = |set: &StoredSet| matches!(&set.origin, Origin::Object(path) if *path == object);
    let set = stored.sets.iter().position(is);
    let shown = set.and_then(|set| own.of(set).map(|filter| (set, filter))).map(|(set, filter)| {
        let filter = normal::empty_is_null(filter.clone());
        Shown { set, read: filter.properties().into_iter().collect(), filter }
    });
    Source::History { object, properties, ids, shown }
}

/// The records that a key or a filter names: a textual key begins with the id, and a column has it.
fn named(key: Option<&Key>, filter: Option<&Expr>, column: usize) -> Option<BTreeSet<u64>> {
    if let Some(key) = key {
        return Some(key.first().and_then(normal::link_id).into_iter().collect());
    }
    let filter = filter?;
    let ids = normal::ids(filter, &[column], normal::number_id);
    ids.or_else(|| normal::ids(filter, &[0], normal::link_id))
}

/// The lists that a key or a filter names.
fn lists(key: Option<&Key>, filter: Option<&Expr>) -> Option<BTreeSet<u64>> {
    let by_column = || normal::ids(filter?, &[1], normal::link_id);
    if key.is_some() { named(key, filter, 0) } else { by_column().or_else(|| named(None, filter, 0)) }
}

fn records(set: &StoredSet, object: &str, filter: Option<&Expr>, abilities: Abilities) -> Source {
    let object = object.to_owned();
    match filter.map(|filter| pushdown::formula(set, filter)) {
        Some(formula) if formula.is_nothing() => Source::Nothing,
        Some(formula) if abilities.search && !formula.is_everything() => {
            Source::Search { object, formula, words: None }
        }
        _ => Source::List { object },
    }
}

/// The ids of the only records that are asked for, if they are named.
fn wanted_ids(set: &StoredSet, key: Option<&Key>, filter: Option<&Expr>) -> Option<BTreeSet<u64>> {
    let Some(key) = key else {
        let columns: Vec<usize> =
            (0..set.properties.len()).filter(|index| set.properties[*index].hubspot == OBJECT_ID).collect();
        return filter.and_then(|filter| normal::ids(filter, &columns, normal::number_id));
    };
    match key.first() {
        Some(Value::Int64(id)) => Some(u64::try_from(*id).ok().filter(|id| *id > 0).into_iter().collect()),
        _ => Some(BTreeSet::new()),
    }
}

/// Records at the other end of links that are asked one by one rather than by listing everything.
const MOST_ENDS: usize = 100;

/// The records that a key or a filter names as ends of links: best those they are read from. The textual key begins
/// with that record's id.
fn ends(key: Option<&Key>, filter: Option<&Expr>) -> Ends {
    if let Some(key) = key {
        return Ends::From(key.first().and_then(normal::link_id).into_iter().collect());
    }
    let Some(filter) = filter else { return Ends::All };
    let from = normal::ids(filter, &[1], normal::number_id);
    if let Some(ids) = from.or_else(|| normal::ids(filter, &[0], normal::link_id)) {
        return Ends::From(ids);
    }
    match normal::ids(filter, &[2], normal::number_id) {
        Some(ids) if ids.len() <= MOST_ENDS => Ends::To(ids),
        _ => Ends::All,
    }
}
