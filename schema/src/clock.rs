//! The time, injected. Everything that asks for the time takes a [`Clock`], so that tests can stand at the very
//! instant a token expires. A clock ticks in milliseconds, the store's own resolution: what was written and what was
//! read back are equal.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// Tells the time.
pub trait Clock: Send + Sync {
    /// The present instant, in whole milliseconds.
    fn now(&self) -> Timestamp;

    /// The instant of a read in which the store told its own time, if it has one: what was read is judged by it. Only
    /// the clock of such a store ([`crate::Store::clock`]) takes it over; every other shows its own time.
    fn at(&self, _read: Option<Timestamp>) -> Timestamp {
        self.now()
    }
}

/// The clock of the machine.
#[derive(Debug, Default, Clone, Copy)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the wall clock is read")]
    fn now(&self) -> Timestamp {
        whole_milliseconds(Timestamp::now())
    }
}

/// A clock that stands still until it is moved, also backwards.
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl TestClock {
    /// A clock that shows `at`.
    #[must_use]
    pub fn at(at: Timestamp) -> TestClock {
        TestClock(AtomicI64::new(at.as_millisecond()))
    }

    /// Shows `at` from now on.
    pub fn set(&self, at: Timestamp) {
        self.0.store(at.as_millisecond(), Ordering::SeqCst);
    }

    /// Moves by `by`, backwards when it is negative.
    pub fn advance(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(by, Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        from_milliseconds(self.0.load(Ordering::SeqCst))
    }
}

/// Cuts what is below a millisecond.
pub(crate) fn whole_milliseconds(at: Timestamp) -> Timestamp {
    from_milliseconds(at.as_millisecond())
}

/// Milliseconds since 1970; what lies outside of the calendar is moved to its end.
pub(crate) fn from_milliseconds(milliseconds: i64) -> Timestamp {
    let end = if milliseconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(milliseconds).unwrap_or(end)
}

/// `at + by`, moved to the calendar's end instead of beyond it.
pub(crate) fn later(at: Timestamp, by: std::time::Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| at.checked_add(by).ok()).unwrap_or(Timestamp::MAX)
}

/// `at - by`, moved to the calendar's beginning instead of before it.
pub(crate) fn earlier(at: Timestamp, by: std::time::Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| at.checked_sub(by).ok()).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_clock_stands_still_and_moves_both_ways() {
        let start: Timestamp = "2026-01-01T00:00:00.1239Z".parse().unwrap();
        let clock = TestClock::at(start);
        assert_eq!(clock.now().to_string(), "2026-01-01T00:00:00.123Z");
        clock.advance(SignedDuration::from_secs(2));
        clock.advance(SignedDuration::from_secs(-1));
        assert_eq!(clock.now().to_string(), "2026-01-01T00:00:01.123Z");
    }

    #[test]
    fn time_beyond_the_calendar_stops_at_its_end() {
        let far = std::time::Duration::from_secs(u64::MAX);
        assert_eq!(later(Timestamp::UNIX_EPOCH, far), Timestamp::MAX);
        assert_eq!(earlier(Timestamp::UNIX_EPOCH, far), Timestamp::MIN);
    }
}
