//! Expressions after the check: names are property indices, literals have the type of what they meet.
//!
//! This is the form that is evaluated and that a planner takes apart. `and` and `or` hold any number of operands, so
//! that the long chains clients write for "one of these" stay one node. [`Display`](std::fmt::Display) gives the
//! canonical text without names; [`Expr::display`] with them.

mod display;
mod function;
mod path;
mod pattern;
mod reads;

use std::sync::Arc;

pub use display::Displayed;
pub use function::Function;
pub use path::{Collection, Lambda, Path, Start};
pub use pattern::Pattern;
pub use reads::Reads;

use crate::edm::{EnumMember, Primitive, Type};
use crate::value::Value;

/// A checked expression and its type.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// What it yields, apart from null; `None` for the literal `null`, which belongs to every type.
    pub ty: Option<Type>,
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// A constant.
    Literal(Value),
    /// The value of the property with this index.
    Property(usize),
    /// Logical negation; null stays null.
    Not(Box<Expr>),
    /// Arithmetic negation.
    Negate(Box<Expr>),
    /// All of at least two; no operand is itself an `And`.
    And(Vec<Expr>),
    /// Any of at least two; no operand is itself an `Or`.
    Or(Vec<Expr>),
    /// A comparison; of a constant and something else, the constant may stand on either side, as it was written.
    Compare(CompareOp, Box<Expr>, Box<Expr>),
    /// Equality with any of the items.
    In(Box<Expr>, Vec<Expr>),
    /// A calculation.
    Arithmetic(ArithmeticOp, Box<Expr>, Box<Expr>),
    /// A canonical function.
    Call(Function, Vec<Expr>),
    /// A value reached by a path longer than a property's name, or by another row's.
    Path(Path),
    /// Whether there is a single related entity: `company ne null`.
    Exists(Path),
    /// `any` or `all`
    Lambda(Box<Lambda>),
    /// How many members a collection has.
    Count(Box<Collection>),
    /// Whether an enumeration's value has all members of another.
    Has(Box<Expr>, Box<Expr>),
    /// The number behind an enumeration's value, by which it is ordered; written like the value itself.
    Rank(Box<Expr>, Arc<[EnumMember]>),
    /// A value as one of another type; null where it cannot be.
    Cast(Box<Expr>, Box<Target>),
    /// Whether a text has a part that matches: `matchespattern`.
    Matches(Box<Expr>, Pattern),
    /// The value behind the first condition that is true, else null.
    Case(Vec<(Expr, Expr)>),
    /// A collection of these items.
    List(Vec<Expr>),
}

/// The type a value is cast to.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// A built-in type or an enumeration.
    pub ty: Type,
    /// Its full name.
    pub name: Arc<str>,
    /// The members of an enumeration; none of any other type.
    pub members: Arc<[EnumMember]>,
    /// Whether a value of it may be several members at once.
    pub is_flags: bool,
}

/// The comparison operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named like the operators")]
pub enum CompareOp {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl CompareOp {
    /// The operator's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// The operator that says the same with its sides exchanged: `a gt b` is `b lt a`.
    #[must_use]
    pub fn mirrored(self) -> Self {
        match self {
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            Self::Eq | Self::Ne => self,
        }
    }
}

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named like the operators")]
pub enum ArithmeticOp {
    Add,
    Sub,
    Mul,
    /// Integer division when both sides are integers.
    Div,
    /// Division that never drops the fraction.
    DivBy,
    Mod,
}

impl ArithmeticOp {
    /// The operator's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::DivBy => "divby",
            Self::Mod => "mod",
        }
    }
}

impl Expr {
    /// An expression of a built-in type.
    pub fn new(node: Node, ty: Primitive) -> Self {
        Self { node, ty: Some(ty.into()) }
    }

    /// A constant of its widest type.
    pub fn literal(value: Value) -> Self {
        let ty = value.primitive().map(Type::Primitive);
        Self { node: Node::Literal(value), ty }
    }

    /// The conjunction of conditions; none of none.
    pub fn all(conditions: Vec<Self>) -> Option<Self> {
        let mut flat = Vec::new();
        for condition in conditions {
            match condition.node {
                Node::And(operands) => flat.extend(operands),
                node => flat.push(Self { node, ty: condition.ty }),
            }
        }
        if flat.len() < 2 { flat.pop() } else { Some(Self::new(Node::And(flat), Primitive::Boolean)) }
    }

    /// The constant, if it is one.
    pub fn as_literal(&self) -> Option<&Value> {
        match &self.node {
            Node::Literal(value) => Some(value),
            _ => None,
        }
    }

    /// The built-in type it yields, if any.
    pub fn primitive(&self) -> Option<Primitive> {
        self.ty.as_ref().and_then(Type::primitive)
    }

    /// The expressions it is made of, in the order they are written.
    pub fn operands(&self) -> Vec<&Expr> {
        match &self.node {
            Node::Literal(_) | Node::Property(_) | Node::Path(_) | Node::Exists(_) => Vec::new(),
            Node::Not(operand) | Node::Negate(operand) => vec![operand],
            Node::Rank(operand, _) | Node::Cast(operand, _) | Node::Matches(operand, _) => vec![operand],
            Node::And(operands) | Node::Or(operands) | Node::Call(_, operands) | Node::List(operands) => {
                operands.iter().collect()
            }
            Node::Compare(_, left, right) | Node::Arithmetic(_, left, right) | Node::Has(left, right) => {
                vec![left, right]
            }
            Node::In(needle, items) => std::iter::once(&**needle).chain(items).collect(),
            Node::Case(branches) => {
                branches.iter().flat_map(|(condition, value)| [condition, value]).collect()
            }
            Node::Count(collection) => collection.filter.iter().map(|filter| &**filter).collect(),
            Node::Lambda(lambda) => {
                let filter = lambda.collection.filter.iter().map(|filter| &**filter);
                filter.chain(lambda.predicate.iter().map(|(_, predicate)| &**predicate)).collect()
            }
        }
    }
}
