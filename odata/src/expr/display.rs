//! Canonical text of an expression: lower-case operators, parentheses only where precedence asks for them.

use std::fmt;

use super::{CompareOp, Expr, Node};
use crate::edm::EntityType;

/// How tightly an expression binds; OData-URL 4.01, section 5.1.1.16, from loose to tight.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Or,
    And,
    Equality,
    Relational,
    Additive,
    Multiplicative,
    Unary,
    Primary,
}

/// An expression together with the names of its properties.
pub struct Displayed<'a> {
    expr: &'a Expr,
    names: Option<&'a EntityType>,
}

impl Expr {
    /// The canonical text, with the property names of that type; what the parser reads back as the same expression.
    pub fn display<'a>(&'a self, entity_type: &'a EntityType) -> Displayed<'a> {
        Displayed { expr: self, names: Some(entity_type) }
    }

    fn binding(&self) -> Binding {
        use super::ArithmeticOp::{Add, Sub};
        match &self.node {
            Node::Literal(_) | Node::Property(_) | Node::Call(..) | Node::In(..) => Binding::Primary,
            Node::Not(_) | Node::Negate(_) => Binding::Unary,
            Node::Arithmetic(Add | Sub, ..) => Binding::Additive,
            Node::Arithmetic(..) => Binding::Multiplicative,
            Node::Compare(CompareOp::Eq | CompareOp::Ne, ..) => Binding::Equality,
            Node::Compare(..) => Binding::Relational,
            Node::And(_) => Binding::And,
            Node::Or(_) => Binding::Or,
        }
    }
}

/// Canonical text with properties by index, `{3}`: for logs and plans that have no model at hand.
impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Displayed { expr: self, names: None }.fmt(f)
    }
}

impl fmt::Display for Displayed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.expr.node {
            Node::Literal(value) => write!(f, "{value}"),
            Node::Property(index) => self.property(f, *index),
            Node::Not(operand) => {
                f.write_str("not ")?;
                self.operand(f, operand, Binding::Unary)
            }
            Node::Negate(operand) => {
                f.write_str("-")?;
                self.operand(f, operand, Binding::Primary)
            }
            Node::And(operands) => self.chain(f, operands, " and ", Binding::Equality),
            Node::Or(operands) => self.chain(f, operands, " or ", Binding::And),
            Node::Compare(op, left, right) => self.infix(f, left, op.name(), right),
            Node::Arithmetic(op, left, right) => self.infix(f, left, op.name(), right),
            Node::In(needle, items) => {
                self.operand(f, needle, Binding::Primary)?;
                f.write_str(" in ")?;
                self.list(f, items)
            }
            Node::Call(function, arguments) => {
                f.write_str(function.name())?;
                self.list(f, arguments)
            }
        }
    }
}

impl Displayed<'_> {
    fn property(&self, f: &mut fmt::Formatter<'_>, index: usize) -> fmt::Result {
        match self.names.and_then(|names| names.properties.get(index)) {
            Some(property) => f.write_str(&property.name),
            None => write!(f, "{{{index}}}"),
        }
    }

    fn operand(&self, f: &mut fmt::Formatter<'_>, operand: &Expr, at_least: Binding) -> fmt::Result {
        let displayed = Displayed { expr: operand, names: self.names };
        if operand.binding() < at_least { write!(f, "({displayed})") } else { write!(f, "{displayed}") }
    }

    /// All infix operators associate to the left: the right side must bind more tightly than the operator itself.
    fn infix(&self, f: &mut fmt::Formatter<'_>, left: &Expr, operator: &str, right: &Expr) -> fmt::Result {
        let own = self.expr.binding();
        let tighter = match own {
            Binding::Equality => Binding::Relational,
            Binding::Relational => Binding::Additive,
            Binding::Additive => Binding::Multiplicative,
            _ => Binding::Unary,
        };
        self.operand(f, left, own)?;
        write!(f, " {operator} ")?;
        self.operand(f, right, tighter)
    }

    fn chain(
        &self,
        f: &mut fmt::Formatter<'_>,
        operands: &[Expr],
        joint: &str,
        at_least: Binding,
    ) -> fmt::Result {
        for (index, operand) in operands.iter().enumerate() {
            if index > 0 {
                f.write_str(joint)?;
            }
            self.operand(f, operand, at_least)?;
        }
        Ok(())
    }

    fn list(&self, f: &mut fmt::Formatter<'_>, items: &[Expr]) -> fmt::Result {
        f.write_str("(")?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}", Displayed { expr: item, names: self.names })?;
        }
        f.write_str(")")
    }
}
