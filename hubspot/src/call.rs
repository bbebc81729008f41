//! What accompanies a call: until when, and what it has cost so far.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::admission::{Admission, Gate};

/// The deadline of a piece of work, and the count of what it asked of HubSpot. Clones count together.
#[derive(Debug, Clone)]
pub struct Call {
    /// Nothing waits, retries or reads beyond this instant.
    pub deadline: Instant,
    spent: Arc<Spent>,
    pub(crate) name: Arc<str>,
    pub(crate) gate: Option<Gate>,
}

#[derive(Debug, Default)]
struct Spent {
    calls: AtomicU32,
    waited_micros: AtomicU64,
}

impl Call {
    /// Work that must end at `deadline`.
    #[must_use]
    pub fn new(deadline: Instant) -> Self {
        Self { deadline, spent: Arc::default(), name: Arc::from(""), gate: None }
    }

    /// Work that must end within `time` from now.
    #[must_use]
    pub fn within(time: Duration) -> Self {
        Self::new(Instant::now() + time)
    }

    /// Work for somebody with this name: callers of different names take turns, however much each of them asks.
    #[must_use]
    pub fn named(self, name: &str) -> Self {
        Self { name: Arc::from(name), ..self }
    }

    /// Work that holds something from its first call on.
    #[must_use]
    pub fn admitted_by(self, admission: Arc<dyn Admission>) -> Self {
        Self { gate: Some(Gate::new(admission)), ..self }
    }

    /// The same work with an earlier end; the later of the two is ignored.
    #[must_use]
    pub fn no_later_than(&self, deadline: Instant) -> Self {
        Self { deadline: self.deadline.min(deadline), ..self.clone() }
    }

    /// Requests sent to HubSpot so far, retries included.
    #[must_use]
    pub fn calls(&self) -> u32 {
        self.spent.calls.load(Ordering::Relaxed)
    }

    /// Time spent waiting for a rate limit or before a retry, summed over parallel calls.
    #[must_use]
    pub fn waited(&self) -> Duration {
        Duration::from_micros(self.spent.waited_micros.load(Ordering::Relaxed))
    }

    pub(crate) fn count(&self) {
        self.spent.calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn add_wait(&self, since: Instant) {
        let micros = u64::try_from(since.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.spent.waited_micros.fetch_add(micros, Ordering::Relaxed);
    }
}
