//! The calls of a day, which all apps of an account share.
//!
//! HubSpot counts them, and says in its headers how many are left: that holds over restarts and for all replicas, without
//! anything being kept here. A share of them is left to others: from there on nothing is asked, except for one call a
//! minute that finds out whether a new day has begun.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use super::Refusal;

/// After the day's calls were found to be spent, calls are refused here for so long before one is risked again: the limit
/// falls at midnight, or earlier when the portal buys more, and errors must stay below 5 % of a day's calls.
pub(super) const PAUSE: Duration = Duration::from_secs(60);

/// What is known about the day.
#[derive(Debug)]
pub(super) struct Day {
    /// Per cent of the day's calls that all apps together may have made while we still ask.
    share: AtomicU32,
    known: Mutex<Known>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    /// Calls granted, and those left, as HubSpot said last.
    count: Option<(u64, u64)>,
    spent: Option<Spent>,
}

#[derive(Debug, Clone, Copy)]
struct Spent {
    until: Instant,
    resets_at: Option<Timestamp>,
}

impl Day {
    pub(super) fn new(share: u32) -> Self {
        Self { share: AtomicU32::new(share.clamp(1, 100)), known: Mutex::default() }
    }

    /// Keeps to another share from now on, by what is known about the day already.
    pub(super) fn keep_to(&self, share: u32) {
        let share = share.clamp(1, 100);
        if self.share.swap(share, Ordering::Relaxed) == share {
            return;
        }
        let Known { count: Some((granted, left)), spent } = *self.lock() else { return };
        self.learn(granted, left, spent.and_then(|spent| spent.resets_at));
    }

    /// Refuses while the day is known to be spent.
    pub(super) fn check(&self) -> Result<(), Refusal> {
        match self.lock().spent {
            Some(spent) if Instant::now() < spent.until => Err(Refusal::Daily { resets_at: spent.resets_at }),
            _ => Ok(()),
        }
    }

    /// Takes over what the headers of an answer say. Returns whether our share is spent.
    pub(super) fn learn(&self, granted: u64, left: u64, resets_at: Option<Timestamp>) -> bool {
        let reserve = granted.saturating_mul(u64::from(100 - self.share.load(Ordering::Relaxed))) / 100;
        let mut known = self.lock();
        known.count = Some((granted, left));
        // Without a reserve it is for HubSpot to say no.
        let spent = reserve > 0 && left <= reserve;
        known.spent = spent.then(|| Spent { until: Instant::now() + PAUSE, resets_at });
        spent
    }

    /// HubSpot said that nothing is left.
    pub(super) fn refused(&self, resets_at: Option<Timestamp>) {
        self.lock().spent = Some(Spent { until: Instant::now() + PAUSE, resets_at });
    }

    /// Calls of the day, and those that are left of them; nothing before HubSpot has said so.
    pub(super) fn count(&self) -> Option<(u64, u64)> {
        self.lock().count
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_share_of_the_day_is_left_to_others_and_one_call_a_minute_looks_for_a_new_day() {
        let day = Day::new(90);
        assert_eq!((day.check(), day.count()), (Ok(()), None));
        assert!(!day.learn(1_000, 101, None));
        assert_eq!(day.check(), Ok(()));
        let midnight = "2026-11-21T00:00:00Z".parse().ok();
        assert!(day.learn(1_000, 100, midnight));
        assert_eq!(day.check(), Err(Refusal::Daily { resets_at: midnight }));
        tokio::time::advance(PAUSE).await;
        assert_eq!(day.check(), Ok(()));
        assert!(day.learn(1_000, 99, midnight));
        assert!(day.check().is_err());
        assert!(!day.learn(1_000, 999, midnight));
        assert_eq!((day.check(), day.count()), (Ok(()), Some((1_000, 999))));
    }

    #[tokio::test(start_paused = true)]
    async fn another_share_holds_at_once() {
        let day = Day::new(100);
        day.keep_to(60);
        assert_eq!(day.check(), Ok(()), "nothing is known yet");
        assert!(!day.learn(1_000, 500, None));
        day.keep_to(50);
        assert_eq!(day.check(), Err(Refusal::Daily { resets_at: None }));
        day.keep_to(51);
        assert_eq!(day.check(), Ok(()));
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_reserve_hubspot_decides_when_the_day_is_over() {
        let day = Day::new(100);
        assert!(!day.learn(1_000, 0, None));
        assert_eq!(day.check(), Ok(()));
        day.refused(None);
        assert_eq!(day.check(), Err(Refusal::Daily { resets_at: None }));
    }
}
