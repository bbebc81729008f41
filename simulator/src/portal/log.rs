//! What happened to rows and links, in order: the truth for a reader who read while they changed.

use std::collections::VecDeque;

use serde::Serialize;

use super::record::Record;
use super::state::State;
use super::{Portal, Row, row};
use crate::instant::iso;

/// Changes kept; the oldest go first. A test that reads the log asks for it after each of its reads.
const MAX_ENTRIES: usize = 50_000;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LoggedKind {
    /// A row was created, changed, archived, brought back or forgotten: `before` and `after` tell.
    Row,
    /// A link was made.
    Link,
    /// Every link between two records was taken away.
    Unlink,
}

/// One change, as it is read.
#[derive(Debug, Clone, Serialize)]
pub struct LoggedChange {
    /// 1, 2, 3, …
    pub seq: u64,
    /// When, by the portal's clock, RFC 3339.
    pub at: String,
    /// What.
    pub kind: LoggedKind,
    /// The plural name of the object type.
    pub object: String,
    /// The record.
    pub id: String,
    /// Of a link: the other end's object type and record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<(String, String)>,
    /// The row until then; null when there was none.
    pub before: Option<Row>,
    /// The row since then; null when it is gone without a trace.
    pub after: Option<Row>,
}

/// The ring of changes.
#[derive(Default)]
pub(crate) struct Log {
    entries: VecDeque<Entry>,
    last: u64,
}

struct Entry {
    seq: u64,
    at: i64,
    event: Event,
}

/// A change, by the places of the object types.
pub(crate) enum Event {
    Row { place: usize, id: u64, before: Option<Record>, after: Option<Record> },
    Link { from: (usize, u64), to: (usize, u64), removed: bool },
}

impl Log {
    /// Adds a change and numbers it.
    pub(crate) fn add(&mut self, at: i64, event: Event) {
        self.last += 1;
        self.entries.push_back(Entry { seq: self.last, at, event });
        if self.entries.len() > MAX_ENTRIES {
            self.entries.pop_front();
        }
    }
}

impl Portal {
    /// The number of the last change.
    pub fn last_change(&self) -> u64 {
        self.world.read().log.last
    }

    /// The changes after the one numbered `seq` (0: all that are kept).
    pub fn changes(&self, seq: u64) -> Vec<LoggedChange> {
        let state = self.world.read();
        let from = state.log.entries.partition_point(|entry| entry.seq <= seq);
        state.log.entries.iter().skip(from).map(|entry| entry.read(&state)).collect()
    }
}

impl Entry {
    fn read(&self, state: &State) -> LoggedChange {
        let name = |place: usize| state.tables[place].kind.plural.clone();
        let seq = self.seq;
        let at = iso(self.at);
        match &self.event {
            Event::Row { place, id, before, after } => {
                let shown = |record: &Option<Record>| record.as_ref().map(|r| row(&state.tables[*place], r));
                let (before, after) = (shown(before), shown(after));
                let (object, id, kind) = (name(*place), id.to_string(), LoggedKind::Row);
                LoggedChange { seq, at, kind, object, id, to: None, before, after }
            }
            Event::Link { from, to, removed } => LoggedChange {
                seq,
                at,
                kind: if *removed { LoggedKind::Unlink } else { LoggedKind::Link },
                object: name(from.0),
                id: from.1.to_string(),
                to: Some((name(to.0), to.1.to_string())),
                before: None,
                after: None,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::testing::Bench;

    #[test]
    fn rows_merges_and_links_are_logged_with_what_was_before() {
        let bench = Bench::empty();
        let (one, two) = (bench.add("contacts", &[("email", "a@x")]), bench.add("contacts", &[]));
        let company = bench.add("companies", &[]);
        let link = json!({"id": one.to_string(), "properties": {"email": "b@x"},
            "associations": [{"to": "companies", "id": company.to_string()}]});
        bench.control("POST", "/__sim/objects/contacts", &link.to_string());
        bench.portal.merge("contacts", one, two).unwrap();
        bench.portal.archive("contacts", two).unwrap();
        let (_, log) = bench.control("GET", "/__sim/changes?since=3", "");
        let told: Vec<String> = log
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| {
                let email =
                    |side: &str| entry[side]["properties"]["email"].as_str().unwrap_or("-").to_owned();
                format!(
                    "{} {} {}>{}",
                    entry["kind"].as_str().unwrap(),
                    entry["id"],
                    email("before"),
                    email("after")
                )
            })
            .collect();
        let (one, two) = (format!("\"{one}\""), format!("\"{two}\""));
        assert_eq!(
            told,
            [
                format!("row {one} a@x>b@x"),
                format!("link {one} ->-"),
                format!("link {two} ->-"),
                format!("unlink {one} ->-"),
                format!("row {one} b@x>-"),
                format!("row {two} ->-"),
                format!("row {two} ->-"),
            ]
        );
        assert_eq!(log[6]["after"]["archived"], true);
        assert_eq!(log[4]["after"], json!(null));
        assert_eq!(bench.portal.last_change(), 10);
    }
}
