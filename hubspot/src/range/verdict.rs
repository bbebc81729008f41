//! What is known about the cursors of a portal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// A row deleted at the wrong moment looks like a contradiction; so many in [`MEMORY`] are no accident.
const ACCIDENTS: usize = 3;

/// So long an accident counts, and a portal that was found to contradict itself is read by one cursor, before it is looked at
/// again: a probe costs two calls, one cursor five times the time of several.
const MEMORY: Duration = Duration::from_secs(3_600);

/// Shared by all clones of a client.
#[derive(Debug, Default)]
pub(crate) struct Cursors(Mutex<Known>);

#[derive(Debug, Clone, Default)]
struct Known {
    verified: Option<bool>,
    /// When it was found to contradict itself.
    distrusted: Option<Instant>,
    accidents: Vec<Instant>,
}

impl Cursors {
    pub(crate) fn verified(&self) -> Option<bool> {
        self.with(|known| {
            if known.distrusted.is_some_and(|since| since.elapsed() >= MEMORY) {
                *known = Known::default();
            }
            known.verified
        })
    }

    pub(crate) fn decide(&self, verified: bool) {
        self.with(|known| *known = Known { verified: Some(verified), ..Known::default() });
    }

    /// A probe has an outcome. One that failed is repeated before it is believed.
    pub(super) fn probed(&self, verified: bool) {
        if verified {
            return self.decide(true);
        }
        self.contradicted();
    }

    /// Two readings of the same rows differed.
    pub(super) fn contradicted(&self) {
        self.with(|known| {
            known.accidents.retain(|at| at.elapsed() < MEMORY);
            known.accidents.push(Instant::now());
            if known.accidents.len() >= ACCIDENTS {
                tracing::warn!(
                    "the portal's cursors contradict each other: it is read by one cursor for an hour"
                );
                (known.verified, known.distrusted) = (Some(false), Some(Instant::now()));
            }
        });
    }

    /// The data is whole after every statement, so a panic elsewhere does not spoil it.
    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_portal_that_contradicted_itself_is_looked_at_again_after_an_hour() {
        let cursors = Cursors::default();
        cursors.decide(true);
        for _ in 0..ACCIDENTS {
            assert_eq!(cursors.verified(), Some(true));
            cursors.contradicted();
        }
        assert_eq!(cursors.verified(), Some(false));
        tokio::time::advance(MEMORY).await;
        assert_eq!(cursors.verified(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn accidents_that_lie_far_apart_are_accidents() {
        let cursors = Cursors::default();
        cursors.decide(true);
        for _ in 0..3 * ACCIDENTS {
            cursors.contradicted();
            tokio::time::advance(MEMORY / 2).await;
        }
        assert_eq!(cursors.verified(), Some(true));
    }
}
