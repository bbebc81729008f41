//! Why a command ends without having done its work, and the one table of exit codes.

use feedgate::config::Faults;
use feedgate::model::{DefinitionError, DiscoverError};
use feedgate::powerbi::rotation::Trouble;
use schema::{KeysError, OperationError, OperationErrorKind, StoreError};
use serde_json::json;

/// The exit codes that are not 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// It could not be done.
    Failed = 1,
    /// It was asked for wrongly, or the configuration does not admit it.
    Usage = 2,
    /// What was named does not exist.
    NotFound = 3,
    /// A limit, the policy, a right or a state forbids it.
    Refused = 4,
    /// The store is away.
    Store = 5,
}

/// A command that was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// How the process ends.
    pub(crate) exit: Exit,
    /// A stable name for programs.
    pub(crate) code: &'static str,
    /// A sentence for a person.
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(exit: Exit, code: &'static str, message: impl Into<String>) -> Failure {
        Failure { exit, code, message: message.into() }
    }

    /// Wrong usage or configuration.
    pub(crate) fn usage(code: &'static str, message: impl Into<String>) -> Failure {
        Failure::new(Exit::Usage, code, message)
    }

    /// It could not be done.
    pub(crate) fn failed(code: &'static str, message: impl Into<String>) -> Failure {
        Failure::new(Exit::Failed, code, message)
    }

    /// What was named does not exist.
    pub(crate) fn not_found(code: &'static str, message: impl Into<String>) -> Failure {
        Failure::new(Exit::NotFound, code, message)
    }

    /// The failure as programs read it.
    pub(crate) fn json(&self) -> String {
        json!({"error": {"code": self.code, "message": self.message}}).to_string()
    }
}

impl From<OperationError> for Failure {
    fn from(error: OperationError) -> Failure {
        let exit = match error.kind {
            OperationErrorKind::Invalid => Exit::Usage,
            OperationErrorKind::NotFound => Exit::NotFound,
            OperationErrorKind::Refused => Exit::Refused,
            // The address of the store is configuration; everything else of it may work later or after a repair.
            OperationErrorKind::Store if error.code == "StoreMisconfigured" => Exit::Usage,
            OperationErrorKind::Store => Exit::Store,
        };
        Failure { exit, code: error.code, message: error.message }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        OperationError::from(error).into()
    }
}

impl From<Faults> for Failure {
    fn from(faults: Faults) -> Failure {
        Failure::usage("Configuration", faults.to_string())
    }
}

impl From<KeysError> for Failure {
    fn from(error: KeysError) -> Failure {
        Failure::usage("Keys", format!("the credential cannot be opened: {error}"))
    }
}

impl From<DefinitionError> for Failure {
    fn from(error: DefinitionError) -> Failure {
        Failure::usage("Definition", error.to_string())
    }
}

impl From<DiscoverError> for Failure {
    fn from(error: DiscoverError) -> Failure {
        match error {
            DiscoverError::Hubspot(error) => error.into(),
            DiscoverError::Definition(error) => error.into(),
            error @ DiscoverError::UnknownProperty { .. } => {
                Failure::not_found("PropertyNotFound", error.to_string())
            }
            error @ (DiscoverError::NotEnabled(_) | DiscoverError::NoDeletedRows(_)) => {
                Failure::usage("Definition", error.to_string())
            }
        }
    }
}

impl From<feedgate::powerbi::Error> for Failure {
    fn from(error: feedgate::powerbi::Error) -> Failure {
        let exit = match error {
            feedgate::powerbi::Error::Configuration(_) => Exit::Usage,
            _ => Exit::Failed,
        };
        Failure::new(exit, error.code(), error.to_string())
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Failure {
        match trouble {
            Trouble::PowerBi(error) => error.into(),
            Trouble::Operation(error) => error.into(),
        }
    }
}

impl From<hubspot::Error> for Failure {
    fn from(error: hubspot::Error) -> Failure {
        use hubspot::Error;
        let code = match &error {
            Error::CredentialsRejected { .. } => "SourceCredentialsRejected",
            Error::ScopeMissing { .. } => "SourceScopeMissing",
            Error::DailyLimit { .. } => "SourceDailyLimit",
            Error::Throttled { .. } => "SourceThrottled",
            Error::NoRoom => "Overloaded",
            Error::Timeout => "SourceTimeout",
            Error::Inconsistent { .. } => "SourceChanged",
            Error::Configuration { .. } => return Failure::usage("Configuration", error.to_string()),
            Error::Unavailable { .. }
            | Error::NotFound { .. }
            | Error::Rejected { .. }
            | Error::TooLarge
            | Error::Malformed { .. } => "SourceUnavailable",
        };
        Failure::failed(code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_refusal_has_its_exit_code() {
        let of = |error: OperationError| Failure::from(error).exit as u8;
        assert_eq!(of(OperationError::invalid("A", "a")), 2);
        assert_eq!(of(OperationError::not_found("A", "a")), 3);
        assert_eq!(of(OperationError::refused("A", "a")), 4);
        let store = |error: StoreError| Failure::from(error).exit as u8;
        assert_eq!(store(StoreError::Unavailable { message: "locked".into() }), 5);
        assert_eq!(store(StoreError::Misconfigured { message: "what?".into() }), 2);
    }

    #[test]
    fn programs_read_code_and_sentence() {
        let failure = Failure::usage("Usage", "say \"what\"");
        assert_eq!(failure.json(), r#"{"error":{"code":"Usage","message":"say \"what\""}}"#);
    }
}
