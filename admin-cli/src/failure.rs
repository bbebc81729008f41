//! Why a command ends without having done its work, and the one table of exit codes.

use feedgate::config::Faults;
use feedgate::model::{DefinitionError, DiscoverError};
use feedgate::powerbi::rotation::Trouble;
use schema::{KeysError, OperationError, OperationErrorKind, StoreError};
use serde_json::json;

use crate::output::{count, instant};

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

    /// The same with what follows from it: HubSpot's sentences end with a full stop, ours do not.
    pub(crate) fn and(self, consequence: &str) -> Failure {
        let message = format!("{}; {consequence}", self.message.trim_end_matches('.'));
        Failure { message, ..self }
    }

    /// The failure as programs read it: one sentence.
    pub(crate) fn json(&self) -> String {
        json!({"error": {"code": self.code, "message": one_line(&self.message)}}).to_string()
    }
}

/// Lists stand in lines of their own; in one line they are parted by semicolons.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    for part in text.lines().map(str::trim).filter(|part| !part.is_empty()) {
        // Behind a colon a list begins; brackets belong to what stands before them.
        let goes_on = line.is_empty() || line.ends_with(':') || part.starts_with('[');
        if !line.is_empty() {
            line.push_str(if goes_on { " " } else { "; " });
        }
        line.push_str(part);
    }
    line
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
        match &error {
            DefinitionError::UnknownObject { nearest, .. } => {
                let list = "; `feedgate-admin connection test NAME` shows which there are";
                let hint = if nearest.is_none() { list } else { "" };
                Failure::not_found("ObjectNotFound", format!("{error}{hint}"))
            }
            _ => Failure::usage("Definition", error.to_string()),
        }
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
        Failure::failed(code, hubspots(&error))
    }
}

/// What HubSpot's part in a failure means for a person who waits at a terminal.
fn hubspots(error: &hubspot::Error) -> String {
    use hubspot::Error;
    match error {
        Error::Throttled { retry_after } => {
            let seconds = usize::try_from(retry_after.as_secs()).unwrap_or(usize::MAX).max(1);
            format!(
                "HubSpot's limit of calls is used up at the moment, by all apps of the account together: try again in {}",
                count(seconds, "second")
            )
        }
        Error::DailyLimit { resets_at } => {
            let midnight = || "midnight in the time zone of the HubSpot account".to_owned();
            format!(
                "HubSpot's calls of the day are used up until {}",
                resets_at.map_or_else(midnight, instant)
            )
        }
        Error::NoRoom => "there was no room in memory for HubSpot's answer in time: try again".to_owned(),
        error => error.to_string(),
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
    fn programs_read_one_line_whatever_people_read() {
        let message = |text: &str| {
            let json = Failure::usage("Usage", text).json();
            let value: serde_json::Value = serde_json::from_str(&json).unwrap();
            value["error"]["message"].as_str().unwrap().to_owned()
        };
        assert_eq!(
            message("not provided:\n  --owner <NAME>\n  --to <USER>"),
            "not provided: --owner <NAME>; --to <USER>"
        );
        assert_eq!(
            message("no such value\n  [possible values: a, b]"),
            "no such value [possible values: a, b]"
        );
        assert_eq!(message("listen is wrong\nlog is wrong"), "listen is wrong; log is wrong");
    }

    #[test]
    fn an_object_that_is_not_there_is_not_found_as_a_property_is() {
        let of = |nearest: Option<&str>| {
            let nearest = nearest.map(str::to_owned);
            Failure::from(DefinitionError::UnknownObject { object: "foo".into(), nearest })
        };
        assert_eq!((of(None).exit as u8, of(None).code), (3, "ObjectNotFound"));
        assert!(of(None).message.contains("connection test"), "{:?}", of(None));
        assert!(of(Some("food")).message.ends_with("did you mean `food`?"), "{:?}", of(Some("food")));
    }

    #[test]
    fn hubspots_troubles_are_sentences_for_people() {
        let of = |error: hubspot::Error| Failure::from(error).message;
        let throttled = of(hubspot::Error::Throttled { retry_after: std::time::Duration::from_secs(10) });
        assert!(throttled.ends_with("try again in 10 seconds"), "{throttled}");
        let rejected = hubspot::Error::CredentialsRejected { message: "The token expired.".into() };
        assert_eq!(
            Failure::from(rejected).and("nothing was stored").message,
            "HubSpot rejects the credential: The token expired; nothing was stored"
        );
    }

    #[test]
    fn programs_read_code_and_sentence() {
        let failure = Failure::usage("Usage", "say \"what\"");
        assert_eq!(failure.json(), r#"{"error":{"code":"Usage","message":"say \"what\""}}"#);
    }
}
