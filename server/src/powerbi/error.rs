//! What can go wrong between Feedgate and Power BI, each with a sentence that says what to do. No secret is in any of
//! them.

use std::time::Duration;

/// Longest text of theirs that is repeated.
const LONGEST: usize = 300;

/// Why Power BI did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Microsoft Entra does not let the service principal in.
    #[error("Microsoft Entra refuses the service principal: {advice} ({said})")]
    SignInRefused {
        /// What to do about it.
        advice: &'static str,
        /// In Microsoft's words.
        said: String,
    },
    /// Power BI does not take the service principal at all: a 401.
    #[error(
        "Power BI does not admit the service principal: an administrator of Power BI allows service principals to use \
         its APIs in the tenant settings, for a group that the service principal belongs to; such a change takes a \
         quarter of an hour ({said})"
    )]
    NotAdmitted {
        /// In Microsoft's words.
        said: String,
    },
    /// It may not do this: a 403.
    #[error(
        "the service principal may not do this in Power BI: make it a member of the workspace, and owner of the data \
         set with --take-over ({said})"
    )]
    Forbidden {
        /// In Microsoft's words.
        said: String,
    },
    /// There is no such thing, or not for the service principal: a 404.
    #[error("Power BI knows no such thing, or hides it from the service principal ({said})")]
    NotFound {
        /// In Microsoft's words.
        said: String,
    },
    /// Something runs already: a 409.
    #[error("something of the kind runs already ({said})")]
    Conflict {
        /// In Microsoft's words.
        said: String,
    },
    /// Too many calls, for longer than is waited.
    #[error("Power BI takes no more calls now: try again in {} s", .retry_after.as_secs())]
    Throttled {
        /// As Power BI asks.
        retry_after: Duration,
    },
    /// It does not like the request.
    #[error("Power BI refuses it with status {status}: {said}")]
    Rejected {
        /// The status code.
        status: u16,
        /// In Microsoft's words.
        said: String,
    },
    /// No answer, or one of the 500s.
    #[error("{message}; try again later")]
    Unavailable {
        /// What happened.
        message: String,
    },
    /// The answer is not what is documented.
    #[error("the answer of {whom} is not as documented: {what}")]
    Malformed {
        /// Who answered.
        whom: &'static str,
        /// What is wrong with it.
        what: String,
    },
    /// It cannot be called at all.
    #[error("Power BI cannot be called: {0}")]
    Configuration(String),
}

impl Error {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::SignInRefused { .. } => "PowerBiSignInRefused",
            Error::NotAdmitted { .. } => "PowerBiNotAdmitted",
            Error::Forbidden { .. } => "PowerBiForbidden",
            Error::NotFound { .. } => "PowerBiNotFound",
            Error::Conflict { .. } => "PowerBiConflict",
            Error::Throttled { .. } => "PowerBiThrottled",
            Error::Rejected { .. } => "PowerBiRejected",
            Error::Unavailable { .. } => "PowerBiUnavailable",
            Error::Malformed { .. } => "PowerBiMalformed",
            Error::Configuration(_) => "Configuration",
        }
    }

    /// Whether it is about one thing only, so that others can still be asked for.
    #[must_use]
    pub fn is_local(&self) -> bool {
        matches!(
            self,
            Error::Forbidden { .. }
                | Error::NotFound { .. }
                | Error::Conflict { .. }
                | Error::Rejected { .. }
        )
    }
}

/// One line of bearable length. Nobody knows what an answer repeats, so tokens are taken out while they are whole.
pub(super) fn shortened(text: &str) -> String {
    let text = without_tokens(text);
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

fn without_tokens(text: &str) -> String {
    let mut parts = text.split("fg_");
    let mut told = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        told.push_str("fg_…");
        told.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric()));
    }
    told
}
