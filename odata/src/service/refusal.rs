//! Errors as answers: one table of status and code.

use crate::error::{Error, ErrorKind};

/// Why a request does not get what it asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status.
    pub status: u16,
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub message: String,
    /// The option or field it is about.
    pub target: Option<String>,
    /// For 405: the methods there are.
    pub allow: Option<&'static str>,
}

/// The answer to an error of this crate.
pub fn refusal(error: &Error) -> Refusal {
    let (status, code) = match error.kind {
        ErrorKind::Syntax | ErrorKind::TooComplex => (400, "QuerySyntax"),
        ErrorKind::Type | ErrorKind::Overflow => (400, "QueryType"),
        ErrorKind::UnknownProperty => (400, "UnknownProperty"),
        // A wrong name in an option is the query's fault, in the path it is a resource that is not there.
        ErrorKind::PropertyNotFound if error.target.as_deref().is_some_and(|name| name.starts_with('$')) => {
            (400, "PropertyNotFound")
        }
        ErrorKind::PropertyNotFound => (404, "PropertyNotFound"),
        ErrorKind::EntitySetNotFound => (404, "EntitySetNotFound"),
        ErrorKind::EntityNotFound => (404, "EntityNotFound"),
        ErrorKind::NotAcceptable => (406, "NotAcceptable"),
        ErrorKind::NotSupported => (501, "NotSupported"),
    };
    Refusal { status, code, message: error.to_string(), target: error.target.clone(), allow: None }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        refusal(&error)
    }
}

/// A version that is not spoken is nothing the client could read the answer in.
pub(super) fn of_version(error: Error) -> Refusal {
    refusal(&Error { kind: ErrorKind::NotAcceptable, ..error })
}

/// 405 for everything that would change something.
pub(super) fn read_only() -> Refusal {
    Refusal {
        status: 405,
        code: "MethodNotAllowed",
        message: "This service is read-only; use GET.".to_owned(),
        target: None,
        allow: Some("GET, HEAD"),
    }
}

/// 405 for what cannot be had by GET.
pub(super) fn only_by_post(what: &str) -> Refusal {
    Refusal {
        message: format!("`{what}` is sent by POST."),
        target: Some(what.to_owned()),
        allow: Some("POST"),
        ..read_only()
    }
}
