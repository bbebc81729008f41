//! Paths and what can be asked of the collections they lead to.

use std::sync::Arc;

use super::Expr;
use crate::edm::Step;

/// Where a path begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Start {
    /// The row the expression is about.
    Row,
    /// `$it` in the options of an expanded property: the entity of the request that is expanded.
    Root,
    /// The variable of an enclosing lambda; the outermost is 0.
    Variable(usize),
}

/// A way to one value or one entity: over single-valued navigation, to a property, into complex values.
///
/// The items of a collection of values are rows of one value: its property is 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Where it begins.
    pub start: Start,
    /// The single-valued navigation it follows; where there is no entity, the value is null.
    pub steps: Vec<Step>,
    /// The property of the last entity; `None` where the path ends at the entity itself.
    pub property: Option<usize>,
    /// The members of complex values it goes down to, by name.
    pub members: Vec<Arc<str>>,
    /// The path as it is written.
    pub text: Arc<str>,
}

/// Related entities, or the items of a collection-valued property.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// The property that holds the items, or the entity that `step` goes on from.
    pub path: Path,
    /// The collection-valued navigation at the end; `None` for the items of a property.
    pub step: Option<Step>,
    /// Which of its members count (`/$filter(…)`, `/$count($filter=…)`): a condition on the innermost variable.
    pub filter: Option<Box<Expr>>,
    /// The path with the navigation property, as it is written.
    pub text: Arc<str>,
}

/// `any` and `all`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lambda {
    /// Whether all members have to fulfil the condition, or any one.
    pub all: bool,
    /// Whose members.
    pub collection: Collection,
    /// The name of the variable and the condition on it; `any()` has neither and asks for any member at all.
    pub predicate: Option<(Arc<str>, Box<Expr>)>,
}
