//! Calculations. Whole numbers and decimals are exact or an error; doubles follow IEEE 754.

use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};

use super::compare::{decimal, double, midnight};
use crate::error::{Error, ErrorKind};
use crate::expr::ArithmeticOp::{self, Add, Div, DivBy, Mod, Mul, Sub};
use crate::value::Value;

pub(super) fn negate(operand: &Value) -> Result<Value, Error> {
    Ok(match operand {
        Value::Int64(value) => Value::Int64(value.checked_neg().ok_or_else(overflow)?),
        Value::Decimal(value) => Value::Decimal(-value),
        Value::Double(value) => Value::Double(-value),
        Value::Duration(value) => Value::Duration(value.checked_neg().ok_or_else(overflow)?),
        _ => Value::Null,
    })
}

/// The outcome; null if either side is.
pub(super) fn calculate(op: ArithmeticOp, left: &Value, right: &Value) -> Result<Value, Error> {
    if left.is_null() || right.is_null() {
        return Ok(Value::Null);
    }
    match (left, right) {
        (Value::Int64(left), Value::Int64(right)) if op != DivBy => {
            integers(op, *left, *right).map(Value::Int64).ok_or_else(|| failure(op, *right == 0))
        }
        (Value::Int64(_) | Value::Decimal(_), Value::Int64(_) | Value::Decimal(_)) => {
            let operands = decimal(left).zip(decimal(right));
            let zero = operands.is_some_and(|(_, right)| right.is_zero());
            let outcome = operands.and_then(|(left, right)| decimals(op, left, right));
            outcome.map(Value::Decimal).ok_or_else(|| failure(op, zero))
        }
        _ => match double(left).zip(double(right)) {
            Some((left, right)) => Ok(Value::Double(doubles(op, left, right))),
            None => times(op, left, right),
        },
    }
}

fn integers(op: ArithmeticOp, left: i64, right: i64) -> Option<i64> {
    match op {
        Add => left.checked_add(right),
        Sub => left.checked_sub(right),
        Mul => left.checked_mul(right),
        Div | DivBy => left.checked_div(right),
        Mod => left.checked_rem(right),
    }
}

fn decimals(op: ArithmeticOp, left: Decimal, right: Decimal) -> Option<Decimal> {
    match op {
        Add => left.checked_add(right),
        Sub => left.checked_sub(right),
        Mul => left.checked_mul(right),
        // 7 divby 2 is 3.5, not the 3.50 that the division happens to leave.
        Div | DivBy => left.checked_div(right).map(|quotient| quotient.normalize()),
        Mod => left.checked_rem(right),
    }
}

fn doubles(op: ArithmeticOp, left: f64, right: f64) -> f64 {
    match op {
        Add => left + right,
        Sub => left - right,
        Mul => left * right,
        Div | DivBy => left / right,
        Mod => left % right,
    }
}

/// Points in time and durations.
fn times(op: ArithmeticOp, left: &Value, right: &Value) -> Result<Value, Error> {
    let outcome = match (op, left, right) {
        (Add, Value::Duration(left), Value::Duration(right)) => left.checked_add(*right).map(Value::Duration),
        (Sub, Value::Duration(left), Value::Duration(right)) => left.checked_sub(*right).map(Value::Duration),
        (Add, time, Value::Duration(by)) => moved(time, *by),
        (Sub, time, Value::Duration(by)) => by.checked_neg().and_then(|by| moved(time, by)),
        (Mul, Value::Duration(length), number) | (Mul, number, Value::Duration(length)) => {
            factor(number).and_then(|factor| scaled(*length, |seconds| seconds.checked_mul(factor)))
        }
        (Div | DivBy, Value::Duration(length), number) => {
            factor(number).and_then(|factor| scaled(*length, |seconds| seconds.checked_div(factor)))
        }
        (Sub, left, right) => {
            point(left).zip(point(right)).map(|(left, right)| Value::Duration(left.duration_since(right)))
        }
        _ => None,
    };
    outcome.ok_or_else(overflow)
}

fn point(value: &Value) -> Option<Timestamp> {
    match value {
        Value::DateTimeOffset(time) => Some(*time),
        Value::Date(date) => Some(midnight(*date)),
        _ => None,
    }
}

fn moved(time: &Value, by: SignedDuration) -> Option<Value> {
    match time {
        Value::DateTimeOffset(time) => time.checked_add(by).ok().map(Value::DateTimeOffset),
        Value::Date(date) => date.checked_add(by).ok().map(Value::Date),
        _ => None,
    }
}

fn factor(number: &Value) -> Option<Decimal> {
    match number {
        Value::Double(value) => Decimal::from_f64(*value),
        other => decimal(other),
    }
}

/// A duration after its length in seconds was changed, to the nanosecond.
fn scaled(length: SignedDuration, change: impl FnOnce(Decimal) -> Option<Decimal>) -> Option<Value> {
    let seconds = change(seconds(length)?)?;
    let whole = seconds.trunc();
    let nanoseconds = ((seconds - whole) * Decimal::from(1_000_000_000)).trunc().to_i32()?;
    Some(Value::Duration(SignedDuration::new(whole.to_i64()?, nanoseconds)))
}

/// The length of a duration in seconds.
pub(super) fn seconds(length: SignedDuration) -> Option<Decimal> {
    Decimal::try_from_i128_with_scale(length.as_nanos(), 9).ok().map(|seconds| seconds.normalize())
}

fn failure(op: ArithmeticOp, zero: bool) -> Error {
    if zero && matches!(op, Div | DivBy | Mod) {
        Error::new(ErrorKind::Overflow, format!("`{}` by zero.", op.name()))
    } else {
        overflow()
    }
}

fn overflow() -> Error {
    Error::new(ErrorKind::Overflow, "The outcome of a calculation does not fit into its type.")
}
