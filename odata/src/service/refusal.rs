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

/// 405: the service is read-only, and what is sent by POST is sent by nothing else.
pub(super) fn method(allow: &'static str) -> Refusal {
    Refusal {
        status: 405,
        code: "MethodNotAllowed",
        message: format!("This service is read-only, and this path is asked with {allow}."),
        target: None,
        allow: Some(allow),
    }
}

/// 415: a body of a sort that is not read.
pub(super) fn media_type() -> Refusal {
    let message = "The body of $query is query options as text/plain in UTF-8.".to_owned();
    Refusal { status: 415, code: "UnsupportedMediaType", message, target: None, allow: None }
}

/// 424: a request of a batch needs another one that has failed.
pub(super) fn dependency() -> Refusal {
    let message = "A request that this one depends on has failed.".to_owned();
    Refusal { status: 424, code: "FailedDependency", message, target: None, allow: None }
}
