//! The one place where the simulator reads the wall clock.
//!
//! Only what a real server would stamp depends on it: the journal, the rate budgets, the index lag and the
//! `startedAt` of a batch. The rows never do: they come from the seed and `Settings::now` alone.

use std::sync::Arc;

use jiff::Timestamp;

/// Tells the time; cloned freely.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The wall clock of the machine.
    pub(crate) fn system() -> Clock {
        #[expect(
            clippy::disallowed_methods,
            reason = "the simulator plays a remote server, whose clock is its own; it is injected from here"
        )]
        Clock(Arc::new(Timestamp::now))
    }

    /// A clock that the caller moves, in milliseconds since 1970.
    #[cfg(test)]
    pub(crate) fn manual(ms: Arc<std::sync::atomic::AtomicI64>) -> Clock {
        Clock(Arc::new(move || {
            Timestamp::from_millisecond(ms.load(std::sync::atomic::Ordering::SeqCst)).unwrap_or_default()
        }))
    }

    /// Now, in milliseconds since 1970: HubSpot's resolution.
    pub(crate) fn now_ms(&self) -> i64 {
        (self.0)().as_millisecond()
    }
}
