//! Why a plan could not be carried out.

use odata::{Error, ErrorKind};

/// What kept a page, a count or an entity from being read.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ExecuteError {
    /// HubSpot gave no answer.
    #[error(transparent)]
    Hubspot(#[from] hubspot::Error),
    /// The query asks for what does not exist or cannot be evaluated.
    #[error(transparent)]
    Odata(#[from] Error),
    /// HubSpot's answers contradict each other, also when asked again.
    #[error("the read could not be proven complete: {message}")]
    SourceChanged {
        /// What contradicts what, for the log.
        message: String,
    },
    /// The page link is not one of ours, or not for this query.
    #[error("the page link is not valid for this query")]
    SkipTokenInvalid,
    /// The page link is of a version of the data source that is gone.
    #[error("the data source has changed since the first page")]
    PageExpired,
    /// The option cannot be answered within the time a request has.
    #[error("{message}")]
    NotSupported {
        /// The query option: `$orderby`, `$count`.
        option: &'static str,
        /// A sentence for a person.
        message: String,
    },
}

impl ExecuteError {
    pub(super) fn changed(message: impl Into<String>) -> Self {
        Self::SourceChanged { message: message.into() }
    }

    /// What is related to one single row is more than can be held.
    pub(super) fn crowded(option: &'static str) -> Self {
        Self::NotSupported {
            option,
            message: "A row has more related rows than can be read at once. Select fewer columns of them, or read the \
                      link table and the other table by themselves."
                .to_owned(),
        }
    }

    /// Whether it only says that there is no such row.
    pub(crate) fn is_absence(&self) -> bool {
        matches!(self, Self::Odata(error) if error.kind == ErrorKind::EntityNotFound)
    }

    pub(crate) fn no_such_entity() -> Self {
        Self::Odata(Error::new(ErrorKind::EntityNotFound, "No row has this key."))
    }

    /// Whether the same read may succeed if it is tried again from here: what was read so far is then a page. If it goes on
    /// failing, the next page says so.
    pub(super) fn is_passing(&self) -> bool {
        use hubspot::Error as E;
        let passes = |error: &E| {
            matches!(
                error,
                E::Timeout
                    | E::NoRoom
                    | E::Throttled { .. }
                    | E::Unavailable { .. }
                    | E::Malformed { .. }
                    | E::Inconsistent { .. }
                    | E::TooLarge
            )
        };
        match self {
            Self::Hubspot(error) => passes(error),
            Self::SourceChanged { .. } => true,
            _ => false,
        }
    }
}
