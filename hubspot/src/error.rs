//! What can go wrong between us and HubSpot, without a word of HTTP for our own callers.
//!
//! Each variant is a different thing to do: give the portal another credential, wait, or mend our own request. The
//! messages are HubSpot's sentences, shortened; they hold neither tokens nor addresses.

use std::time::Duration;

use jiff::Timestamp;

/// Why a call to HubSpot brought no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// HubSpot does not accept the portal's credential.
    #[error("HubSpot rejects the credential: {message}")]
    CredentialsRejected {
        /// HubSpot's sentence.
        message: String,
    },
    /// The credential is good but was not given what this call needs.
    #[error("the credential lacks a scope ({}): {message}", scopes.join(", "))]
    ScopeMissing {
        /// Any of these would do; empty when HubSpot did not name them.
        scopes: Vec<String>,
        /// HubSpot's sentence.
        message: String,
    },
    /// The portal's calls for this day are used up.
    #[error("HubSpot's daily limit is used up")]
    DailyLimit {
        /// Midnight in the portal's time zone, when the client knows it (see [`Client::account`](crate::Client::account)).
        resets_at: Option<Timestamp>,
    },
    /// HubSpot's rate limit would make us wait beyond the deadline.
    #[error("HubSpot's rate limit leaves no room for {} ms", retry_after.as_millis())]
    Throttled {
        /// When a new attempt is worth its while.
        retry_after: Duration,
    },
    /// HubSpot cannot be reached or answers with server errors, after the retries.
    #[error("HubSpot is unavailable: {message}")]
    Unavailable {
        /// The pause HubSpot asks for, if it does.
        retry_after: Option<Duration>,
        /// What happened last.
        message: String,
    },
    /// The work was not admitted by its own side in time ([`Admission`](crate::Admission)): HubSpot was not asked.
    #[error("there is no room for HubSpot's answer")]
    NoRoom,
    /// The deadline passed, or HubSpot fell silent.
    #[error("HubSpot took too long")]
    Timeout,
    /// What the call names does not exist.
    #[error("HubSpot has no such thing: {message}")]
    NotFound {
        /// HubSpot's sentence.
        message: String,
    },
    /// HubSpot refuses the request as such: our own fault.
    #[error("HubSpot refuses the request ({status}): {message}")]
    Rejected {
        /// The status of the answer; 207 for an error inside a batch.
        status: u16,
        /// HubSpot's word for the kind of error.
        category: Option<String>,
        /// HubSpot's sentence.
        message: String,
    },
    /// The answer is longer than we are willing to hold.
    #[error("HubSpot's answer is too large")]
    TooLarge,
    /// The answer is not what HubSpot documents.
    #[error("HubSpot's answer cannot be understood: {message}")]
    Malformed {
        /// What was expected.
        message: String,
    },
    /// Answers contradict each other, also when asked again: rows out of order, or a cursor that leads nowhere.
    #[error("HubSpot's answers contradict each other: {message}")]
    Inconsistent {
        /// What contradicts what; it holds ids and no values.
        message: String,
    },
    /// The settings do not make a client: no call was made.
    #[error("the HubSpot client cannot be set up: {message}")]
    Configuration {
        /// What is wrong, for the operator.
        message: String,
    },
}

impl Error {
    /// One word for logs and metrics, which must not hold HubSpot's sentences: they may quote a value.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::CredentialsRejected { .. } => "credentials_rejected",
            Self::ScopeMissing { .. } => "scope_missing",
            Self::DailyLimit { .. } => "daily_limit",
            Self::Throttled { .. } => "throttled",
            Self::Unavailable { .. } => "unavailable",
            Self::NoRoom => "no_room",
            Self::Timeout => "timeout",
            Self::NotFound { .. } => "not_found",
            Self::Rejected { .. } => "rejected",
            Self::TooLarge => "too_large",
            Self::Malformed { .. } => "malformed",
            Self::Inconsistent { .. } => "inconsistent",
            Self::Configuration { .. } => "configuration",
        }
    }

    pub(crate) fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed { message: message.into() }
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::Configuration { message: message.into() }
    }
}
