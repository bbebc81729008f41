//! What is known about the cursors of a portal.

use std::sync::{Mutex, PoisonError};

/// A row deleted at the wrong moment looks like a contradiction; so many are no accident.
const ACCIDENTS: u32 = 3;

/// Shared by all clones of a client.
#[derive(Debug, Default)]
pub(crate) struct Cursors(Mutex<Known>);

#[derive(Debug, Clone, Copy, Default)]
struct Known {
    verified: Option<bool>,
    contradictions: u32,
}

impl Cursors {
    pub(crate) fn verified(&self) -> Option<bool> {
        self.with(|known| known.verified)
    }

    pub(crate) fn decide(&self, verified: bool) {
        self.with(|known| *known = Known { verified: Some(verified), contradictions: 0 });
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
            known.contradictions += 1;
            if known.contradictions >= ACCIDENTS {
                tracing::warn!("the portal's cursors contradict each other: it is read by one cursor alone");
                known.verified = Some(false);
            }
        });
    }

    /// The data is whole after every statement, so a panic elsewhere does not spoil it.
    fn with<T>(&self, act: impl FnOnce(&mut Known) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
