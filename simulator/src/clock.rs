//! The one place where the simulator reads the wall clock.
//!
//! Only what a real server would stamp depends on it: the journal, the rate budgets, the index lag, the life of OAuth
//! tokens and the `startedAt` of a batch. The rows never do: they come from the seed and `Settings::now` alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

/// Tells the time; cloned freely. It can be put forward, so that nobody has to wait for a token to expire.
#[derive(Clone)]
pub(crate) struct Clock {
    source: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    fn new(source: impl Fn() -> Timestamp + Send + Sync + 'static) -> Clock {
        Clock { source: Arc::new(source), ahead_ms: Arc::default() }
    }

    /// The wall clock of the machine.
    pub(crate) fn system() -> Clock {
        #[expect(
            clippy::disallowed_methods,
            reason = "the simulator plays a remote server, whose clock is its own; it is injected from here"
        )]
        Clock::new(Timestamp::now)
    }

    /// Begins at an instant and goes with tokio's clock, which tests pause: whoever waits in it waits for nothing.
    pub(crate) fn beginning_at(begin: Timestamp) -> Clock {
        let began = tokio::time::Instant::now();
        Clock::new(move || begin.checked_add(began.elapsed()).unwrap_or(Timestamp::MAX))
    }

    /// A clock that the caller moves, in milliseconds since 1970.
    #[cfg(test)]
    pub(crate) fn manual(ms: Arc<AtomicI64>) -> Clock {
        Clock::new(move || Timestamp::from_millisecond(ms.load(Ordering::SeqCst)).unwrap_or_default())
    }

    /// Puts it forward.
    pub(crate) fn advance(&self, ms: i64) {
        self.ahead_ms.fetch_add(ms, Ordering::SeqCst);
    }

    /// Now, in milliseconds since 1970: HubSpot's resolution.
    pub(crate) fn now_ms(&self) -> i64 {
        (self.source)().as_millisecond() + self.ahead_ms.load(Ordering::SeqCst)
    }
}
