//! What can go wrong. A [`StoreError`] is the store's trouble, never the caller's; an [`OperationError`] carries a
//! sentence that says what to do. Neither knows a status code or an exit code: whoever calls maps the kinds.

use std::fmt;

use crate::hashing::HashError;

/// The store could not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Away, locked by another process for too long, out of space: it may work later.
    #[error("the store is unavailable: {message}")]
    Unavailable {
        /// What the store said.
        message: String,
    },
    /// The file is no store, or what is in it cannot be read.
    #[error(
        "the store is damaged: {message}; restore the last backup: stop everything that uses the store, remove \
         the files NAME-wal and NAME-shm beside it, then put the copy in its place"
    )]
    Corrupt {
        /// What could not be read.
        message: String,
    },
    /// Written by a later version of Feedgate.
    #[error(
        "the store has schema version {found}, this Feedgate knows versions up to {known}: \
         run the newer Feedgate, or restore a backup made before the update"
    )]
    TooNew {
        /// The version in the store.
        found: i64,
        /// The last version this program knows.
        known: i64,
    },
    /// The address of the store cannot be used as it is.
    #[error("{message}")]
    Misconfigured {
        /// A sentence that says what to change.
        message: String,
    },
    /// A statement was refused or hit another number of rows than it must: a fault in Feedgate.
    #[error("a statement of the store failed: {message}")]
    Statement {
        /// What the store said.
        message: String,
    },
}

impl StoreError {
    pub(crate) fn unavailable(message: impl fmt::Display) -> StoreError {
        StoreError::Unavailable { message: message.to_string() }
    }

    pub(crate) fn corrupt(message: impl fmt::Display) -> StoreError {
        StoreError::Corrupt { message: message.to_string() }
    }

    pub(crate) fn misconfigured(message: impl fmt::Display) -> StoreError {
        StoreError::Misconfigured { message: message.to_string() }
    }
}

/// Why an operation was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct OperationError {
    /// What sort of failure it is.
    pub kind: OperationErrorKind,
    /// A stable name for programs, for example `TokenLimitReached`.
    pub code: &'static str,
    /// A sentence for a person: what is wrong and what to do.
    pub message: String,
}

/// The sorts of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OperationErrorKind {
    /// What was named does not exist, or not for this actor.
    NotFound,
    /// A rule forbids it: a limit, the policy, a right, a state.
    Refused,
    /// What was asked makes no sense as it is.
    Invalid,
    /// The store or the machine could not do it now.
    Store,
}

impl OperationError {
    /// Something that was named does not exist.
    pub fn not_found(code: &'static str, message: impl Into<String>) -> OperationError {
        OperationError { kind: OperationErrorKind::NotFound, code, message: message.into() }
    }

    /// A rule forbids it.
    pub fn refused(code: &'static str, message: impl Into<String>) -> OperationError {
        OperationError { kind: OperationErrorKind::Refused, code, message: message.into() }
    }

    /// The request makes no sense.
    pub fn invalid(code: &'static str, message: impl Into<String>) -> OperationError {
        OperationError { kind: OperationErrorKind::Invalid, code, message: message.into() }
    }
}

impl From<StoreError> for OperationError {
    fn from(error: StoreError) -> OperationError {
        let code = match error {
            StoreError::Unavailable { .. } => "StoreUnavailable",
            StoreError::Corrupt { .. } => "StoreCorrupt",
            StoreError::TooNew { .. } => "StoreTooNew",
            StoreError::Misconfigured { .. } => "StoreMisconfigured",
            StoreError::Statement { .. } => "StoreFailed",
        };
        OperationError { kind: OperationErrorKind::Store, code, message: error.to_string() }
    }
}

impl From<HashError> for OperationError {
    fn from(error: HashError) -> OperationError {
        let code = match error {
            HashError::Busy => "HashingBusy",
            HashError::Failed(_) => "HashingFailed",
        };
        OperationError { kind: OperationErrorKind::Store, code, message: error.to_string() }
    }
}
