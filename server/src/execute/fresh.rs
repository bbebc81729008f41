//! Keeps a row from being sent twice by a sorted read whose pages read everything anew.
//!
//! A row that changes between two pages can move behind the point where the next page goes on. Every row that was changed
//! since shortly before the first page is therefore only sent by a later page if it is as the first page saw it:
//! the few rows of which that has to be known are kept in the page link, with their times of change.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::key::{self, NaturalKey};
use super::reader::Candidate;

/// How far HubSpot's clock and ours may differ: rows changed this long before the first page count as fresh.
const MARGIN_MS: i64 = 60_000;

/// Fresh rows that a page link holds at most, some 6 KB. When more were changed, only the latest are fresh.
const MOST: usize = 300;

/// The rows changed since shortly before the first page, as the first page saw them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Fresh {
    /// Rows changed at this time (milliseconds of the epoch) or later are fresh.
    #[serde(rename = "s")]
    since: i64,
    /// Record id and time of change, of those not sent yet.
    #[serde(rename = "r")]
    rows: BTreeMap<u64, i64>,
}

impl Fresh {
    pub(super) fn at(first_page: jiff::Timestamp) -> Self {
        Self { since: first_page.as_millisecond().saturating_sub(MARGIN_MS), rows: BTreeMap::new() }
    }

    /// The first page saw this row.
    pub(super) fn saw(&mut self, candidate: &Candidate) {
        let Some(updated) = candidate.updated.filter(|updated| *updated >= self.since) else { return };
        self.rows.insert(key::first_id(Some(&candidate.key)), updated);
        if self.rows.len() > MOST {
            let earliest = self.rows.values().copied().min().unwrap_or(self.since);
            self.since = earliest.saturating_add(1);
            self.rows.retain(|_, updated| *updated > earliest);
        }
    }

    /// Whether a later page may send this row: it is not fresh, or unchanged since the first page.
    pub(super) fn allows(&self, candidate: &Candidate) -> bool {
        match candidate.updated.filter(|updated| *updated >= self.since) {
            Some(updated) => self.rows.get(&key::first_id(Some(&candidate.key))) == Some(&updated),
            None => true,
        }
    }

    /// The row was sent: if it comes again, it was changed.
    pub(super) fn sent(&mut self, key: &NaturalKey) {
        self.rows.remove(&key::first_id(Some(key)));
    }
}
