//! Canonical text of an expression: lower-case operators, parentheses only where precedence asks for them.

use std::fmt;

use super::{Collection, CompareOp, Expr, Lambda, Node};
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
            Node::Literal(_) | Node::Property(_) | Node::Call(..) | Node::In(..) | Node::Path(_) => {
                Binding::Primary
            }
            Node::Lambda(_) | Node::Count(_) | Node::Cast(..) | Node::Case(_) | Node::List(_) => {
                Binding::Primary
            }
            Node::Has(..) | Node::Matches(..) => Binding::Primary,
            Node::Exists(_) => Binding::Equality,
            Node::Rank(operand, _) => operand.binding(),
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
                // A minus before a number would become part of it. Further parentheses would cost depth.
                let literal = matches!(operand.node, Node::Literal(_));
                if literal {
                    write!(f, "({})", self.part(operand))
                } else {
                    self.operand(f, operand, Binding::Unary)
                }
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
            Node::Path(path) => f.write_str(&path.text),
            Node::Exists(path) => write!(f, "{} ne null", path.text),
            Node::Lambda(lambda) => self.lambda(f, lambda),
            Node::Count(collection) => {
                self.collection(f, collection)?;
                f.write_str("/$count")
            }
            Node::Has(operand, members) => {
                self.operand(f, operand, Binding::Primary)?;
                write!(f, " has {}", self.part(members))
            }
            Node::Rank(operand, _) => write!(f, "{}", self.part(operand)),
            Node::Cast(operand, target) => write!(f, "cast({},{})", self.part(operand), target.name),
            Node::Matches(text, pattern) => {
                write!(f, "matchespattern({},'{}')", self.part(text), pattern.text().replace('\'', "''"))
            }
            Node::Case(branches) => self.case(f, branches),
            Node::List(items) => self.items(f, "[", items, "]"),
        }
    }
}

impl<'a> Displayed<'a> {
    fn part(&self, expr: &'a Expr) -> Self {
        Self { expr, names: self.names }
    }

    fn property(&self, f: &mut fmt::Formatter<'_>, index: usize) -> fmt::Result {
        match self.names.and_then(|names| names.properties.get(index)) {
            Some(property) => f.write_str(&property.name),
            None => write!(f, "{{{index}}}"),
        }
    }

    fn operand(&self, f: &mut fmt::Formatter<'_>, operand: &'a Expr, at_least: Binding) -> fmt::Result {
        let displayed = self.part(operand);
        if operand.binding() < at_least { write!(f, "({displayed})") } else { write!(f, "{displayed}") }
    }

    /// All infix operators associate to the left: the right side must bind more tightly than the operator itself.
    fn infix(
        &self,
        f: &mut fmt::Formatter<'_>,
        left: &'a Expr,
        operator: &str,
        right: &'a Expr,
    ) -> fmt::Result {
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
        operands: &'a [Expr],
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

    fn list(&self, f: &mut fmt::Formatter<'_>, items: &'a [Expr]) -> fmt::Result {
        self.items(f, "(", items, ")")
    }

    fn items(&self, f: &mut fmt::Formatter<'_>, open: &str, items: &'a [Expr], close: &str) -> fmt::Result {
        f.write_str(open)?;
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                f.write_str(",")?;
            }
            write!(f, "{}", self.part(item))?;
        }
        f.write_str(close)
    }

    fn lambda(&self, f: &mut fmt::Formatter<'_>, lambda: &'a Lambda) -> fmt::Result {
        self.collection(f, &lambda.collection)?;
        f.write_str(if lambda.all { "/all(" } else { "/any(" })?;
        if let Some((variable, predicate)) = &lambda.predicate {
            write!(f, "{variable}:{}", self.part(predicate))?;
        }
        f.write_str(")")
    }

    fn collection(&self, f: &mut fmt::Formatter<'_>, collection: &'a Collection) -> fmt::Result {
        f.write_str(&collection.text)?;
        match &collection.filter {
            Some(filter) => write!(f, "/$filter({})", self.part(filter)),
            None => Ok(()),
        }
    }

    fn case(&self, f: &mut fmt::Formatter<'_>, branches: &'a [(Expr, Expr)]) -> fmt::Result {
        f.write_str("case(")?;
        for (index, (condition, value)) in branches.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{}:{}", self.part(condition), self.part(value))?;
        }
        f.write_str(")")
    }
}
