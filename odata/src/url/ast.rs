//! What the grammar makes of a text, before any name is looked up.

use crate::value::Value;

/// A part of an expression and where it begins, in characters.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Ast {
    pub(crate) node: Node,
    pub(crate) at: usize,
    /// The longest way down; a leaf has 1.
    pub(crate) height: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Node {
    Literal(Value),
    /// `Namespace.Type'Member'`
    Enum {
        type_name: String,
        members: String,
    },
    /// `[…]`, and the right side of `in (…)`.
    List(Vec<Ast>),
    /// A JSON object; nothing takes one yet, so only its shape was checked.
    Object,
    /// At least one segment.
    Path(Vec<Segment>),
    Not(Box<Ast>),
    Negate(Box<Ast>),
    Binary(Binary, Box<Ast>, Box<Ast>),
    /// At least two operands of `and`.
    And(Vec<Ast>),
    /// At least two operands of `or`.
    Or(Vec<Ast>),
    /// `case(condition:value,…)`
    Case(Vec<(Ast, Ast)>),
}

/// Operators with exactly two sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Binary {
    Compare(crate::expr::CompareOp),
    Arithmetic(crate::expr::ArithmeticOp),
    In,
    Has,
}

/// A step of a path, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Segment {
    pub(crate) kind: SegmentKind,
    pub(crate) at: usize,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum SegmentKind {
    /// A property, a type, a lambda variable, or `$it`, `$this`, `$root`, `$count`.
    Name(String),
    /// `@name`: a parameter alias where the path begins with it, else an annotation.
    At(String),
    /// `name(…)`: a function or an entity by its key.
    Call { name: String, arguments: Vec<Argument> },
    /// `$filter(condition)`
    Filter(Box<Ast>),
    /// `$count($filter=condition)`
    Count(Box<Ast>),
    /// `any(variable:predicate)`, `all(…)`; `any()` has no variable.
    Lambda { all: bool, variable: Option<(String, Box<Ast>)> },
}

/// An argument, with its name where it was given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Argument {
    pub(crate) name: Option<String>,
    pub(crate) value: Ast,
}

impl Node {
    /// The parts it is directly made of.
    pub(crate) fn children(&self) -> Vec<&Ast> {
        match self {
            Self::Literal(_) | Self::Enum { .. } | Self::Object => Vec::new(),
            Self::List(items) | Self::And(items) | Self::Or(items) => items.iter().collect(),
            Self::Not(operand) | Self::Negate(operand) => vec![operand],
            Self::Binary(_, left, right) => vec![left, right],
            Self::Case(branches) => {
                branches.iter().flat_map(|(condition, value)| [condition, value]).collect()
            }
            Self::Path(segments) => segments.iter().flat_map(Segment::children).collect(),
        }
    }
}

impl Segment {
    fn children(&self) -> Vec<&Ast> {
        match &self.kind {
            SegmentKind::Name(_) | SegmentKind::At(_) => Vec::new(),
            SegmentKind::Filter(condition) | SegmentKind::Count(condition) => vec![condition],
            SegmentKind::Call { arguments, .. } => arguments.iter().map(|argument| &argument.value).collect(),
            SegmentKind::Lambda { variable, .. } => {
                variable.iter().map(|(_, predicate)| &**predicate).collect()
            }
        }
    }
}
