//! Every call the API received, for tests that look at traffic. Bounded: the oldest entries go first.

use std::collections::VecDeque;

use serde::Serialize;

/// Entries kept; an hour of a busy test.
const MAX_ENTRIES: usize = 200_000;

/// Bytes of request bodies kept in all entries together.
const MAX_BODY_BYTES: usize = 256 << 20;

/// One received call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// 1, 2, 3, … in the order of the answers.
    pub seq: u64,
    /// When it arrived, RFC 3339 with milliseconds.
    pub at: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// As sent, without the query.
    pub path: String,
    /// As sent, without the question mark.
    pub query: String,
    /// The request's body as text.
    pub body: String,
    /// Of the answer; 0 when the client gave up before one.
    pub status: u16,
    /// Bytes of the answer's body that were sent.
    pub bytes: u64,
}

/// The ring of entries.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: VecDeque<JournalEntry>,
    last: u64,
    body_bytes: usize,
}

impl Journal {
    /// Adds an entry and numbers it.
    pub(crate) fn add(&mut self, mut entry: JournalEntry) {
        self.last += 1;
        entry.seq = self.last;
        self.body_bytes += entry.body.len();
        self.entries.push_back(entry);
        while self.entries.len() > MAX_ENTRIES || self.body_bytes > MAX_BODY_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.body_bytes -= oldest.body.len();
        }
    }

    /// The entries after `seq`.
    pub(crate) fn since(&self, seq: u64) -> Vec<JournalEntry> {
        let from = self.entries.partition_point(|entry| entry.seq <= seq);
        self.entries.iter().skip(from).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(body: usize) -> JournalEntry {
        JournalEntry {
            seq: 0,
            at: String::new(),
            method: "GET".to_owned(),
            path: "/".to_owned(),
            query: String::new(),
            body: "x".repeat(body),
            status: 200,
            bytes: 0,
        }
    }

    #[test]
    fn entries_are_numbered_and_asked_for_by_number() {
        let mut journal = Journal::default();
        (0..5).for_each(|_| journal.add(entry(1)));
        assert_eq!(journal.since(3).iter().map(|e| e.seq).collect::<Vec<_>>(), [4, 5]);
        assert_eq!(journal.since(0).len(), 5);
        assert!(journal.since(9).is_empty());
    }

    #[test]
    fn the_oldest_entries_go_when_the_ring_is_full() {
        let mut journal = Journal::default();
        (0..MAX_ENTRIES + 10).for_each(|_| journal.add(entry(0)));
        let kept = journal.since(0);
        assert_eq!((kept.len(), kept[0].seq), (MAX_ENTRIES, 11));
    }
}
