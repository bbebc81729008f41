//! What an expression yields for a row, which rows match, and how they are ordered.
//!
//! Null follows OData-URL 4.0, section 5.1.1: `eq` and `ne` compare with it like with a value, `gt` and `lt` are false,
//! `ge` and `le` are true only between two nulls; `and`, `or` and `not` have three values; a function or calculation
//! with a null in it is null. Texts compare by code point.

mod arithmetic;
mod compare;
mod function;
mod order;

use std::borrow::Cow;

use jiff::Timestamp;

pub use order::{compare_keys, compare_rows, sort_keys};

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
pub fn evaluate(expr: &Expr, row: &[Value], context: &Context) -> Result<Value, Error> {
    value(expr, row, context).map(Cow::into_owned)
}

/// Whether the row is one that a filter lets through: only if the outcome is true; null is not.
///
/// # Errors
/// As [`evaluate`].
pub fn matches(expr: &Expr, row: &[Value], context: &Context) -> Result<bool, Error> {
    value(expr, row, context).map(|value| *value == Value::Boolean(true))
}

fn value<'a>(expr: &'a Expr, row: &'a [Value], context: &Context) -> Result<Cow<'a, Value>, Error> {
    let owned = match &expr.node {
        Node::Literal(value) => return Ok(Cow::Borrowed(value)),
        Node::Property(index) => return Ok(Cow::Borrowed(row.get(*index).unwrap_or(&Value::Null))),
        Node::Not(operand) => match *value(operand, row, context)? {
            Value::Boolean(value) => Value::Boolean(!value),
            _ => Value::Null,
        },
        Node::And(operands) => chain(operands, false, row, context)?,
        Node::Or(operands) => chain(operands, true, row, context)?,
        Node::Compare(op, left, right) => {
            let (left, right) = (value(left, row, context)?, value(right, row, context)?);
            Value::Boolean(compare::holds(*op, &left, &right))
        }
        Node::In(needle, items) => {
            let needle = value(needle, row, context)?;
            Value::Boolean(any_equal(&needle, items, row, context)?)
        }
        Node::Negate(operand) => arithmetic::negate(&*value(operand, row, context)?)?,
        Node::Arithmetic(op, left, right) => {
            arithmetic::calculate(*op, &*value(left, row, context)?, &*value(right, row, context)?)?
        }
        Node::Call(function, arguments) => {
            let arguments = arguments
                .iter()
                .map(|argument| value(argument, row, context))
                .collect::<Result<Vec<_>, _>>()?;
            function::call(*function, &arguments, context)
        }
    };
    Ok(Cow::Owned(owned))
}

/// `and` and `or` with three values: the deciding one wins over null, null over the other.
fn chain(operands: &[Expr], deciding: bool, row: &[Value], context: &Context) -> Result<Value, Error> {
    let mut undecided = Value::Boolean(!deciding);
    for operand in operands {
        match *value(operand, row, context)? {
            Value::Boolean(value) if value == deciding => return Ok(Value::Boolean(deciding)),
            Value::Boolean(_) => {}
            _ => undecided = Value::Null,
        }
    }
    Ok(undecided)
}

fn any_equal(needle: &Value, items: &[Expr], row: &[Value], context: &Context) -> Result<bool, Error> {
    for item in items {
        if compare::holds(CompareOp::Eq, needle, &*value(item, row, context)?) {
            return Ok(true);
        }
    }
    Ok(false)
}
