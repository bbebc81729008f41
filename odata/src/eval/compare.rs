//! The order of values.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::expr::CompareOp;
use crate::value::Value;

/// Whether a comparison is true.
pub(super) fn holds(op: CompareOp, left: &Value, right: &Value) -> bool {
    use CompareOp::{Eq, Ge, Gt, Le, Lt, Ne};
    match (left.is_null(), right.is_null()) {
        (true, true) => return matches!(op, Eq | Ge | Le),
        (true, false) | (false, true) => return op == Ne,
        (false, false) => {}
    }
    let order = order(left, right);
    match op {
        Eq => equal(left, right),
        Ne => !equal(left, right),
        Gt => order == Some(Ordering::Greater),
        Ge => order.is_some_and(Ordering::is_ge),
        Lt => order == Some(Ordering::Less),
        Le => order.is_some_and(Ordering::is_le),
    }
}

/// Whether two values that are not null are the same; collections and complex values are if all their parts are.
fn equal(left: &Value, right: &Value) -> bool {
    let same = |(left, right): (&Value, &Value)| holds(CompareOp::Eq, left, right);
    match (left, right) {
        (Value::Collection(left), Value::Collection(right)) => {
            left.len() == right.len() && left.iter().zip(right.iter()).all(same)
        }
        (Value::Complex(left), Value::Complex(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| {
                    let found = right.iter().find(|(known, _)| known == name);
                    found.is_some_and(|(_, other)| same((value, other)))
                })
        }
        _ => order(left, right) == Some(Ordering::Equal),
    }
}

/// The order of two values that are not null; none with a NaN, or between sorts the check does not let meet.
pub(super) fn order(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Boolean(left), Value::Boolean(right)) => Some(left.cmp(right)),
        (Value::Int64(left), Value::Int64(right)) => Some(left.cmp(right)),
        (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::Date(right)) => Some(left.cmp(right)),
        (Value::TimeOfDay(left), Value::TimeOfDay(right)) => Some(left.cmp(right)),
        (Value::DateTimeOffset(left), Value::DateTimeOffset(right)) => Some(left.cmp(right)),
        (Value::Date(left), Value::DateTimeOffset(right)) => Some(midnight(*left).cmp(right)),
        (Value::DateTimeOffset(left), Value::Date(right)) => Some(left.cmp(&midnight(*right))),
        (Value::Duration(left), Value::Duration(right)) => Some(left.cmp(right)),
        (Value::Guid(left), Value::Guid(right)) => Some(left.cmp(right)),
        (Value::Binary(left), Value::Binary(right)) => Some(left.cmp(right)),
        (Value::Enum(left), Value::Enum(right)) => Some(left.cmp(right)),
        _ => numbers(left, right),
    }
}

/// The beginning of a day in UTC.
pub(super) fn midnight(date: Date) -> Timestamp {
    Offset::UTC.to_timestamp(date.to_datetime(Time::midnight())).unwrap_or(Timestamp::MAX)
}

/// With a double on either side both become doubles, else both are exact.
fn numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (left, right) {
        (Value::Double(_), _) | (_, Value::Double(_)) => double(left)?.partial_cmp(&double(right)?),
        _ => Some(decimal(left)?.cmp(&decimal(right)?)),
    }
}

/// A whole number or decimal as a decimal.
pub(super) fn decimal(value: &Value) -> Option<Decimal> {
    match value {
        Value::Int64(value) => Some(Decimal::from(*value)),
        Value::Decimal(value) => Some(*value),
        _ => None,
    }
}

/// Any number as the nearest double.
pub(super) fn double(value: &Value) -> Option<f64> {
    match value {
        Value::Double(value) => Some(*value),
        Value::Int64(value) => value.to_f64(),
        Value::Decimal(value) => value.to_f64(),
        _ => None,
    }
}
