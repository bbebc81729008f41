//! Tells people: looks for what they must know, and delivers it by webhook and mail.
//!
//! Promise: every notice that is written down is delivered at least once or ends on the list of the dead, in normal
//! running exactly once, however many processes run on one store. What is told follows from the store; the sentences
//! are written here, when they are sent or shown.

#[cfg(test)]
mod examples;
mod mail;
mod task;
pub mod text;
mod webhook;

pub use mail::{MailSettings, Sender};
pub(crate) use task::start;

/// Why a notice did not arrive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Undelivered {
    /// What went wrong; holds no secret.
    pub(crate) reason: String,
    /// Whether another attempt can help.
    pub(crate) retry: bool,
}

impl Undelivered {
    fn passing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: true }
    }

    fn lasting(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), retry: false }
    }
}
