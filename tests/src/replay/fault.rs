//! What stops the client.

use std::fmt;

use crate::wire::Answer;

/// Why a refresh ended without a table.
pub enum Fault {
    /// 401 or 403: the credential is gone until a person types it again.
    Discarded(Answer),
    /// Another refusal, after the repeats.
    Refused(Answer),
    /// The connection broke: a refresh fails, but no row is lost unnoticed.
    Broken(String),
    /// The service broke a rule: a fault of the product.
    Rule(String),
}

impl Fault {
    /// Nothing, if the rule was kept.
    pub(crate) fn unless(kept: bool, rule: impl FnOnce() -> String) -> Result<(), Fault> {
        if kept { Ok(()) } else { Err(Fault::Rule(rule())) }
    }

    /// The answer that refused, if it was one.
    #[must_use]
    pub fn answer(&self) -> Option<&Answer> {
        match self {
            Fault::Discarded(answer) | Fault::Refused(answer) => Some(answer),
            Fault::Broken(_) | Fault::Rule(_) => None,
        }
    }

    /// Status and `error.code`, if it was an answer that refused.
    #[must_use]
    pub fn refusal(&self) -> Option<(u16, String)> {
        self.answer().map(|answer| (answer.status, answer.code().unwrap_or_default()))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Discarded(answer) => write!(f, "the credential was discarded at {answer:?}"),
            Fault::Refused(answer) => write!(f, "refused with {answer:?}"),
            Fault::Broken(reason) => write!(f, "the connection broke: {reason}"),
            Fault::Rule(rule) => write!(f, "a rule of OData or Power Query was broken: {rule}"),
        }
    }
}
