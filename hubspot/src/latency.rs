//! How long HubSpot takes for an answer, lately: what decides how many calls fill the rate limit.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Before anything was measured: what HubSpot typically takes.
const TYPICAL_MS: u64 = 300;

/// A sliding mean in milliseconds.
#[derive(Debug)]
pub(crate) struct Latency(AtomicU64);

impl Default for Latency {
    fn default() -> Self {
        Self(AtomicU64::new(TYPICAL_MS))
    }
}

impl Latency {
    /// An answer took so long; it counts for an eighth. Of two at the same time one may be lost, which does no harm.
    pub(crate) fn observe(&self, took: Duration) {
        let took = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).min(60_000);
        self.0.store((self.milliseconds() * 7 + took) / 8, Ordering::Relaxed);
    }

    pub(crate) fn milliseconds(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_follows_what_is_seen() {
        let latency = Latency::default();
        assert_eq!(latency.milliseconds(), TYPICAL_MS);
        (0..40).for_each(|_| latency.observe(Duration::from_millis(800)));
        assert!((700..=800).contains(&latency.milliseconds()));
        (0..60).for_each(|_| latency.observe(Duration::ZERO));
        assert!(latency.milliseconds() < 10);
    }
}
