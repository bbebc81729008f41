//! `$orderby`: nulls come before everything ascending and after everything descending (OData 4.0, section 11.2.5.2).

use std::cmp::Ordering;

use super::{Context, Scope, compare, evaluate, evaluate_in};
use crate::error::Error;
use crate::url::OrderBy;
use crate::value::Value;

/// The values a row is sorted by. Calculate them once for each row, then sort with [`compare_keys`].
///
/// # Errors
/// As [`evaluate`].
pub fn sort_keys(orderby: &[OrderBy], row: &[Value], context: &Context) -> Result<Vec<Value>, Error> {
    orderby.iter().map(|criterion| evaluate(&criterion.expr, row, context)).collect()
}

/// As [`sort_keys`], with what is related to the row.
///
/// # Errors
/// As [`evaluate_in`].
pub fn sort_keys_in(orderby: &[OrderBy], scope: &Scope<'_>, context: &Context) -> Result<Vec<Value>, Error> {
    orderby.iter().map(|criterion| evaluate_in(&criterion.expr, scope, context)).collect()
}

/// The order of two rows by their [`sort_keys`]; a total order.
pub fn compare_keys(orderby: &[OrderBy], left: &[Value], right: &[Value]) -> Ordering {
    for (criterion, (left, right)) in orderby.iter().zip(left.iter().zip(right)) {
        let order = total(left, right);
        if order.is_ne() {
            return if criterion.descending { order.reverse() } else { order };
        }
    }
    Ordering::Equal
}

/// The order of two rows. A criterion that cannot be calculated counts as null; who wants to know takes [`sort_keys`].
pub fn compare_rows(orderby: &[OrderBy], left: &[Value], right: &[Value], context: &Context) -> Ordering {
    for criterion in orderby {
        let key = |row| evaluate(&criterion.expr, row, context).unwrap_or(Value::Null);
        let order = total(&key(left), &key(right));
        if order.is_ne() {
            return if criterion.descending { order.reverse() } else { order };
        }
    }
    Ordering::Equal
}

/// Null first, then NaN, then values.
fn total(left: &Value, right: &Value) -> Ordering {
    let rank = |value: &Value| match value {
        Value::Null => 0,
        Value::Double(number) if number.is_nan() => 1,
        _ => 2,
    };
    rank(left).cmp(&rank(right)).then_with(|| compare::order(left, right).unwrap_or(Ordering::Equal))
}
