//! What an expression yields for a row, which rows match, and how they are ordered.
//!
//! Null follows OData-URL 4.0, section 5.1.1: `eq` and `ne` compare with it like with a value, `gt` and `lt` are false,
//! `ge` and `le` are true only between two nulls; `and`, `or` and `not` have three values; a function or calculation
//! with a null in it is null. Texts compare by code point. Related rows are asked of a [`Related`], which has them
//! already: nothing is fetched while an expression is evaluated.

mod arithmetic;
mod cast;
mod compare;
mod function;
mod items;
mod order;
mod path;
mod scope;

use std::borrow::Cow;

use jiff::Timestamp;

pub use items::{items, selected};
pub use order::{compare_keys, compare_rows, sort_keys, sort_keys_in};
pub(crate) use path::member;
pub use scope::{Related, Scope, Unrelated};

use crate::error::Error;
use crate::expr::{CompareOp, Expr, Node};
use crate::value::Value;

/// What an expression may read besides the row.
#[derive(Debug, Clone, Copy)]
pub struct Context {
    /// What `now()` is, for all rows of a request.
    pub now: Timestamp,
}

/// Evaluates an expression for a row of the type it was checked against.
///
/// # Errors
/// [`Overflow`](crate::ErrorKind::Overflow): a calculation leaves the range of its type, or divides by zero.
/// [`NotSupported`](crate::ErrorKind::NotSupported): it follows navigation; use [`evaluate_in`].
pub fn evaluate(expr: &Expr, row: &[Value], context: &Context) -> Result<Value, Error> {
    evaluate_in(expr, &Scope::of(row), context)
}

/// Whether the row is one that a filter lets through: only if the outcome is true; null is not.
///
/// # Errors
/// As [`evaluate`].
pub fn matches(expr: &Expr, row: &[Value], context: &Context) -> Result<bool, Error> {
    matches_in(expr, &Scope::of(row), context)
}

/// Evaluates an expression for a row and what is related to it.
///
/// # Errors
/// As [`evaluate`], and what [`Related`] refuses.
pub fn evaluate_in(expr: &Expr, scope: &Scope<'_>, context: &Context) -> Result<Value, Error> {
    Evaluator { scope: *scope, variables: &[], context }.value(expr).map(Cow::into_owned)
}

/// As [`matches`], with what is related to the row.
///
/// # Errors
/// As [`evaluate_in`].
pub fn matches_in(expr: &Expr, scope: &Scope<'_>, context: &Context) -> Result<bool, Error> {
    let evaluator = Evaluator { scope: *scope, variables: &[], context };
    evaluator.value(expr).map(|value| *value == Value::Boolean(true))
}

/// A scope with the variables of the lambdas that are open.
#[derive(Clone, Copy)]
struct Evaluator<'a, 'v> {
    scope: Scope<'a>,
    variables: &'v [&'a [Value]],
    context: &'a Context,
}

impl<'a> Evaluator<'a, '_> {
    fn value(&self, expr: &'a Expr) -> Result<Cow<'a, Value>, Error> {
        match &expr.node {
            Node::Literal(value) => Ok(Cow::Borrowed(value)),
            Node::Property(index) => Ok(Cow::Borrowed(self.scope.row.get(*index).unwrap_or(&Value::Null))),
            Node::Path(path) => Ok(Cow::Borrowed(self.at(path)?.unwrap_or(&Value::Null))),
            _ => self.outcome(expr).map(Cow::Owned),
        }
    }

    fn outcome(&self, expr: &'a Expr) -> Result<Value, Error> {
        match &expr.node {
            Node::Literal(_) | Node::Property(_) | Node::Path(_) => self.value(expr).map(Cow::into_owned),
            Node::Not(operand) => Ok(match *self.value(operand)? {
                Value::Boolean(value) => Value::Boolean(!value),
                _ => Value::Null,
            }),
            Node::And(operands) => self.chain(operands, false),
            Node::Or(operands) => self.chain(operands, true),
            Node::Compare(op, left, right) => {
                Ok(Value::Boolean(compare::holds(*op, &*self.value(left)?, &*self.value(right)?)))
            }
            Node::In(needle, items) => self.any_equal(needle, items).map(Value::Boolean),
            Node::Negate(operand) => arithmetic::negate(&*self.value(operand)?),
            Node::Arithmetic(op, left, right) => {
                arithmetic::calculate(*op, &*self.value(left)?, &*self.value(right)?)
            }
            Node::Call(function, arguments) => {
                Ok(function::call(*function, &self.values(arguments)?, self.context))
            }
            _ => self.further(expr),
        }
    }

    /// What only later versions and wider models need.
    fn further(&self, expr: &'a Expr) -> Result<Value, Error> {
        Ok(match &expr.node {
            Node::Exists(path) => Value::Boolean(self.entity(path)?.is_some()),
            Node::Lambda(lambda) => Value::Boolean(self.lambda(lambda)?),
            Node::Count(collection) => Value::Int64(self.count(collection)?),
            Node::Has(operand, members) => match (&*self.value(operand)?, &*self.value(members)?) {
                (Value::Int64(all), Value::Int64(some)) => Value::Boolean(all & some == *some),
                _ => Value::Null,
            },
            Node::Rank(operand, members) => cast::rank(&*self.value(operand)?, members),
            Node::Cast(operand, target) => cast::cast(&*self.value(operand)?, target),
            Node::Matches(text, pattern) => match &*self.value(text)? {
                Value::String(text) => Value::Boolean(pattern.matches(text)),
                _ => Value::Null,
            },
            Node::Case(branches) => self.case(branches)?,
            Node::List(items) => {
                Value::Collection(self.values(items)?.into_iter().map(Cow::into_owned).collect())
            }
            _ => Value::Null,
        })
    }

    fn values(&self, exprs: &'a [Expr]) -> Result<Vec<Cow<'a, Value>>, Error> {
        exprs.iter().map(|expr| self.value(expr)).collect()
    }

    /// `and` and `or` with three values: the deciding one wins over null, null over the other.
    fn chain(&self, operands: &'a [Expr], deciding: bool) -> Result<Value, Error> {
        let mut undecided = Value::Boolean(!deciding);
        for operand in operands {
            match *self.value(operand)? {
                Value::Boolean(value) if value == deciding => return Ok(Value::Boolean(deciding)),
                Value::Boolean(_) => {}
                _ => undecided = Value::Null,
            }
        }
        Ok(undecided)
    }

    fn any_equal(&self, needle: &'a Expr, items: &'a [Expr]) -> Result<bool, Error> {
        let needle = self.value(needle)?;
        for item in items {
            if compare::holds(CompareOp::Eq, &needle, &*self.value(item)?) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn case(&self, branches: &'a [(Expr, Expr)]) -> Result<Value, Error> {
        for (condition, value) in branches {
            if *self.value(condition)? == Value::Boolean(true) {
                return self.value(value).map(Cow::into_owned);
            }
        }
        Ok(Value::Null)
    }
}
