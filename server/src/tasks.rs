//! Tasks that must not be lost: started here, waited for at shutdown.
//!
//! Work that has to happen although the client hung up (recording, last use) runs in such a task, because hyper
//! drops the future of a request whose client is gone.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, watch};

/// Starts tasks, tells them to stop, and waits for them.
#[derive(Clone, Debug)]
pub struct Tasks {
    running: Arc<watch::Sender<usize>>,
    stop: Arc<watch::Sender<bool>>,
    now: Arc<Notify>,
}

impl Default for Tasks {
    fn default() -> Self {
        Self {
            running: Arc::new(watch::Sender::new(0)),
            stop: Arc::new(watch::Sender::new(false)),
            now: Arc::new(Notify::new()),
        }
    }
}

impl Tasks {
    /// Starts a task that is waited for at shutdown.
    pub fn spawn<F>(&self, task: F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let counted = Counted::new(self.running.clone());
        #[expect(clippy::disallowed_methods, reason = "the one place that starts tasks")]
        tokio::spawn(async move {
            task.await;
            drop(counted);
        });
    }

    /// Asks every task to finish.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether [`Self::stop`] was called.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Returns when [`Self::stop`] was called.
    pub async fn stopping(&self) {
        // The sender lives in self, so waiting cannot fail.
        let _ = self.stop.subscribe().wait_for(|stop| *stop).await;
    }

    /// Waits until every task has ended, at most `limit`; says whether they did.
    pub async fn finished(&self, limit: Duration) -> bool {
        tokio::time::timeout(limit, self.running.subscribe().wait_for(|running| *running == 0)).await.is_ok()
    }

    /// A second signal: whoever drains stops waiting.
    pub fn hurry(&self) {
        self.now.notify_waiters();
    }

    /// Returns when [`Self::hurry`] is called.
    pub async fn hurried(&self) {
        self.now.notified().await;
    }
}

/// Counts one running task, also when it panics.
struct Counted(Arc<watch::Sender<usize>>);

impl Counted {
    fn new(running: Arc<watch::Sender<usize>>) -> Self {
        running.send_modify(|count| *count += 1);
        Self(running)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn stopping_waits_for_what_was_started() {
        let tasks = Tasks::default();
        let inner = tasks.clone();
        tasks.spawn(async move {
            inner.stopping().await;
            tokio::time::sleep(Duration::from_secs(3)).await;
        });
        tasks.stop();
        assert!(!tasks.finished(Duration::from_secs(1)).await);
        assert!(tasks.finished(Duration::from_secs(3)).await);
    }

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_no_longer_waited_for() {
        let tasks = Tasks::default();
        tasks.spawn(async { panic!("on purpose") });
        assert!(tasks.finished(Duration::from_secs(1)).await);
    }
}
