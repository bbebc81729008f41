//! What happened to rows and links while a question was answered, and how far that reaches.

use std::collections::{HashMap, HashSet};

use feedgate::model::{StoredNavigation, Way};
use feedgate_tests::judge::Lives;
use hubspot_sim::LoggedKind;
use odata::{Row, Value};

use super::{Key, key};
use crate::feed::{Feed, whole};
use crate::truth::{Truth, shown};

/// A row of a set, by its key.
pub(super) type Place = (usize, Key);

pub(super) struct Meanwhile {
    /// The rows that changed, and all that they were.
    pub(super) rows: HashMap<Place, Lives<Row>>,
    /// The rows that were linked to others, or no longer.
    ends: HashSet<Place>,
    pub(super) changes: usize,
}

impl Meanwhile {
    /// The changes after the one numbered `first`.
    pub(super) fn since(feed: &Feed, first: u64) -> Meanwhile {
        let mut meanwhile = Meanwhile { rows: HashMap::new(), ends: HashSet::new(), changes: 0 };
        let place = |object: &str, id: &str| {
            let (set, _) = feed.stored.set(object)?;
            Some((set, (id.parse::<i64>().unwrap(), String::new())))
        };
        for change in feed.portal.portal().changes(first) {
            meanwhile.changes += 1;
            let from = place(&change.object, &change.id);
            if change.kind != LoggedKind::Row {
                let to = change.to.and_then(|(object, id)| place(&object, &id));
                meanwhile.ends.extend([from, to].into_iter().flatten());
                continue;
            }
            let Some(from) = from else { continue };
            let set = from.0;
            let living = |row: Option<hubspot_sim::Row>| {
                let row = whole(&feed.stored.sets[set], row.filter(|row| !row.archived)?);
                shown(feed, set, &row).then_some(row)
            };
            let lives = meanwhile.rows.entry(from).or_insert_with(|| {
                let row = living(change.before);
                Lives { always: row.is_some(), rows: row.into_iter().collect() }
            });
            let row = living(change.after);
            lives.always &= row.is_some();
            lives.rows.extend(row);
        }
        meanwhile
    }

    /// Whether a row was changed, linked or unlinked.
    pub(super) fn is_touched(&self, place: &Place) -> bool {
        self.rows.contains_key(place) || self.ends.contains(place)
    }

    /// The rows of which something changed that is so many steps away at most. No step: they themselves.
    pub(super) fn reach(&self, feed: &Feed, truth: &Truth<'_>, steps: usize) -> HashSet<Place> {
        let mut reached: HashSet<Place> = self.rows.keys().cloned().collect();
        for step in 0..steps {
            if step == 0 {
                reached.extend(self.ends.iter().cloned());
            }
            let mut more = Vec::new();
            for (set, rows) in truth.rows.iter().enumerate() {
                for way in &feed.stored.sets[set].navigation {
                    let touches =
                        |row: &&Row| leads(feed, truth, (set, way), row).any(|end| reached.contains(&end));
                    more.extend(rows.iter().filter(touches).map(|row| (set, key(row))));
                }
            }
            reached.extend(more);
        }
        reached
    }
}

/// Where a way leads from a row; also to what was deleted.
fn leads<'t>(
    feed: &'t Feed,
    truth: &'t Truth<'_>,
    (set, way): (usize, &'t StoredNavigation),
    row: &'t Row,
) -> impl Iterator<Item = Place> + 't {
    let target = feed.stored.set(&way.target).unwrap().0;
    let column =
        |name: &String| feed.stored.sets[set].properties.iter().position(|known| known.name == *name);
    let ids: Vec<i64> = match (&way.way, &row[0]) {
        (Way::Associated, Value::Int64(id)) => {
            truth.ends[&(set, way.name.clone())].get(id).into_iter().flatten().copied().collect()
        }
        (Way::Named(name), _) => match column(name).map(|column| &row[column]) {
            Some(Value::Int64(id)) => vec![*id],
            _ => Vec::new(),
        },
        _ => Vec::new(),
    };
    ids.into_iter().map(move |id| (target, (id, String::new())))
}
