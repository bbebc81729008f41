//! How many requests are running, for the drain and for shedding.

use std::sync::Arc;

use tokio::sync::watch;

/// A count of running requests that can be waited for.
#[derive(Debug, Clone)]
pub struct InFlight(Arc<watch::Sender<usize>>);

impl Default for InFlight {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }
}

/// One running request; dropping it ends it.
#[derive(Debug)]
pub(crate) struct Running(InFlight);

impl InFlight {
    /// Counts one more.
    pub(crate) fn enter(&self) -> Running {
        self.0.send_modify(|count| *count += 1);
        Running(self.clone())
    }

    /// The number at this instant.
    #[must_use]
    pub fn count(&self) -> usize {
        *self.0.borrow()
    }

    /// Whether nothing runs.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.count() == 0
    }

    /// Returns when nothing runs.
    pub async fn none(&self) {
        // The sender lives in self, so waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.0.send_modify(|count| *count -= 1);
    }
}
