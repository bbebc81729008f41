//! Everything a portal holds, without any rule of the API: tables of records, links, owners.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, VecDeque};

use super::history::Version;
use super::kind::Kind;
use super::links::Links;
use super::lists::List;
use super::log::{Event, Log};
use super::property::Properties;
use super::record::Record;
use super::reference::{Owner, Pipeline};
use crate::instant::iso;

/// A whole portal.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) tables: Vec<Table>,
    pub(crate) links: Links,
    pub(crate) owners: Vec<Owner>,
    pub(crate) lists: Vec<List>,
    /// Changes made so far: the clock of changes ticks by them.
    pub(crate) changes: i64,
    /// What happened since the portal was made.
    pub(crate) log: Log,
}

impl State {
    /// The place of the object type that a path segment means.
    pub(crate) fn resolve(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.kind.is_called(name))
    }

    /// Stores a row. `at` is the wall clock, which only the log and the index lag look at.
    pub(crate) fn put(&mut self, place: usize, record: Record, at: i64) {
        let id = record.id;
        let before = self.tables[place].records.get(&id).cloned();
        self.log.add(at, Event::Row { place, id, before, after: Some(record.clone()) });
        self.tables[place].put(record, at);
    }

    /// Forgets a row completely.
    pub(crate) fn remove(&mut self, place: usize, id: u64, at: i64) {
        let before = self.tables[place].records.get(&id).cloned();
        self.log.add(at, Event::Row { place, id, before, after: None });
        self.tables[place].remove(id, at);
    }

    /// Links two records; false when there is no such type.
    pub(crate) fn link(&mut self, from: (usize, u64), to: (usize, u64), type_id: u32, at: i64) -> bool {
        let made = self.links.add(from, to, type_id);
        if made {
            self.log.add(at, Event::Link { from, to, removed: false });
        }
        made
    }

    /// Takes every link between two records away.
    pub(crate) fn unlink(&mut self, from: (usize, u64), to: (usize, u64), at: i64) {
        self.links.remove(from, to);
        self.log.add(at, Event::Link { from, to, removed: true });
    }
}

/// One object type with its rows.
pub(crate) struct Table {
    pub(crate) kind: Kind,
    pub(crate) properties: Properties,
    pub(crate) pipelines: Vec<Pipeline>,
    pub(crate) records: BTreeMap<u64, Record>,
    /// Ids of records that were merged into others.
    pub(crate) merged: BTreeMap<u64, u64>,
    /// By record and property, the oldest first; only of what was changed.
    pub(super) history: HashMap<(u64, u16), Vec<Version>>,
    recent: VecDeque<Change>,
}

/// What a row was before a change, for a search index that lags behind.
struct Change {
    at: i64,
    id: u64,
    before: Option<Record>,
}

/// Changes remembered for the index lag; older ones count as indexed.
const REMEMBERED_CHANGES: usize = 10_000;

/// Where the value of a property is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Id,
    Created,
    Modified,
    Stored(u16),
}

impl Table {
    pub(crate) fn new(kind: Kind, properties: Properties) -> Table {
        Table {
            kind,
            properties,
            pipelines: Vec::new(),
            records: BTreeMap::new(),
            merged: BTreeMap::new(),
            history: HashMap::new(),
            recent: VecDeque::new(),
        }
    }

    /// Where a property is found, or `None` when there is none of that name.
    pub(crate) fn column(&self, name: &str) -> Option<Column> {
        let index = self.properties.find(name)?;
        Some(match name {
            "hs_object_id" => Column::Id,
            _ if name == self.kind.created => Column::Created,
            _ if name == self.kind.modified => Column::Modified,
            _ => Column::Stored(index),
        })
    }

    fn put(&mut self, record: Record, at: i64) {
        let id = record.id;
        let before = self.records.remove(&id);
        self.keep_history(before.as_ref(), &record);
        self.records.insert(id, record);
        self.remember(Change { at, id, before });
    }

    fn remove(&mut self, id: u64, at: i64) {
        let before = self.records.remove(&id);
        self.remember(Change { at, id, before });
    }

    fn remember(&mut self, change: Change) {
        if self.recent.len() == REMEMBERED_CHANGES {
            self.recent.pop_front();
        }
        self.recent.push_back(change);
    }

    /// The rows as an index knows them that has not seen changes of a record after `since` (of the wall clock) yet.
    pub(crate) fn records_at(&self, since: impl Fn(u64) -> i64) -> Vec<&Record> {
        let mut old: HashMap<u64, Option<&Record>> = HashMap::new();
        for change in self.recent.iter().filter(|change| change.at > since(change.id)) {
            old.entry(change.id).or_insert(change.before.as_ref());
        }
        let mut rows: Vec<&Record> = self.records.values().filter(|r| !old.contains_key(&r.id)).collect();
        rows.extend(old.into_values().flatten());
        rows.sort_unstable_by_key(|record| record.id);
        rows
    }
}

impl Record {
    /// The text of a column; `None` is null.
    pub(crate) fn text(&self, column: Column) -> Option<Cow<'_, str>> {
        match column {
            Column::Id => Some(Cow::Owned(self.id.to_string())),
            Column::Created => Some(Cow::Owned(iso(self.created))),
            Column::Modified => Some(Cow::Owned(iso(self.updated))),
            Column::Stored(index) => self.values.get(index).map(Cow::Borrowed),
        }
    }
}
