//! The time of the database. All replicas read it there, so that a token expires for all of them at the same instant,
//! whatever their machines' clocks show. A decision about a token takes the time from the statement that read it; what
//! happens between two statements is counted on from the last one by the machine's steady clock.

use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;

use crate::clock::{Clock, from_milliseconds};

/// The time last heard, and when.
#[derive(Debug, Default)]
pub(in crate::store) struct DatabaseClock(Mutex<Option<(Instant, i64)>>);

impl DatabaseClock {
    /// The database said what time it is now, in milliseconds since 1970.
    pub(super) fn hear(&self, milliseconds: i64) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), milliseconds));
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        // Always heard: opening the store asks for it first.
        let heard = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, milliseconds) = heard.unwrap_or_else(|| (Instant::now(), 0));
        let since = i64::try_from(at.elapsed().as_millis()).unwrap_or(i64::MAX);
        from_milliseconds(milliseconds.saturating_add(since))
    }

    fn at(&self, read: Option<Timestamp>) -> Timestamp {
        let Some(read) = read else { return self.now() };
        self.hear(read.as_millisecond());
        read
    }
}
