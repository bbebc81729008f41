//! The one error of this crate: what is wrong with a request, said to the person who wrote it.
//!
//! It knows nothing of status codes; whoever serves the model maps [`ErrorKind`] to them.

use std::fmt;

/// A request that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What sort of mistake it is.
    pub kind: ErrorKind,
    /// A sentence for a person, with a hint where there is one.
    pub message: String,
    /// The query option or header it is about, e.g. `$filter`.
    pub target: Option<String>,
    /// Where in the decoded option, in characters from its beginning.
    pub position: Option<usize>,
}

/// The sorts of mistakes, as far as a caller could act differently on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The text does not follow the grammar.
    Syntax,
    /// The text follows the grammar, but the types do not fit together.
    Type,
    /// An expression names a property that does not exist.
    UnknownProperty,
    /// A path or `$select` names a property that does not exist.
    PropertyNotFound,
    /// The path begins with a name that is none.
    EntitySetNotFound,
    /// There is no entity with this key.
    EntityNotFound,
    /// Understood, but not built.
    NotSupported,
    /// None of the formats the client accepts can be written.
    NotAcceptable,
    /// A value does not fit into its type: a literal, or the outcome of a calculation.
    Overflow,
    /// The request is larger or deeper than a service should follow.
    TooComplex,
}

impl Error {
    /// An error of that kind, about nothing in particular.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), target: None, position: None }
    }

    /// Malformed text.
    pub fn syntax(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Syntax, message)
    }

    /// Types that do not fit.
    pub fn of_type(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Type, message)
    }

    /// `what` names it, with its verb: "geographic functions are", "$apply is".
    pub fn not_supported(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotSupported, format!("{what} not supported by this service."))
    }

    /// The same error, at a character of the decoded option, unless it already knows a place.
    #[must_use]
    pub fn at(mut self, position: usize) -> Self {
        self.position.get_or_insert(position);
        self
    }

    /// The same error about this option or header, unless it already knows one.
    #[must_use]
    pub fn about(mut self, target: impl Into<String>) -> Self {
        self.target.get_or_insert_with(|| target.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match (&self.target, self.position) {
            (Some(target), Some(position)) => write!(f, " (at character {position} of {target})"),
            (None, Some(position)) => write!(f, " (at character {position})"),
            (_, None) => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
