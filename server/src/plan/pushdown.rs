//! Which part of a filter HubSpot's search can decide.
//!
//! The rule for every line below: each row for which the expression is true must pass the test, whatever HubSpot's
//! comparison does with case, with texts that are no numbers, or with midnight in the portal's time zone. Where that
//! is not certain the test is widened, or not made.

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan as _};
use odata::Value;
use odata::expr::{CompareOp, Expr, Node};
use rust_decimal::Decimal;

use super::formula::{Formula, Is};
use crate::model::{Kind, OBJECT_ID, Searching, StoredProperty, StoredSet};

/// Longest text that is compared: HubSpot's texts can have 65,536 characters, but nothing says that its index keeps
/// the long ones whole.
const MAX_TEXT: usize = 200;

/// Digits that a comparison in floating point still tells apart.
const SAFE_DIGITS: usize = 15;

/// The superset of `filter` that the search can be asked for.
pub(super) fn formula(set: &StoredSet, filter: &Expr) -> Formula {
    match &filter.node {
        Node::And(operands) => Formula::all(operands.iter().map(|operand| formula(set, operand)).collect()),
        Node::Or(operands) => any(set, operands.iter().map(|operand| formula(set, operand)).collect()),
        Node::Literal(Value::Boolean(true)) => Formula::everything(),
        Node::Literal(_) => Formula::nothing(),
        Node::Property(index) => comparison(set, *index, CompareOp::Eq, &Value::Boolean(true)),
        Node::Compare(op, left, right) => match (&left.node, &right.node) {
            (Node::Property(index), Node::Literal(value)) => comparison(set, *index, *op, value),
            (Node::Literal(value), Node::Property(index)) => comparison(set, *index, op.mirrored(), value),
            _ => Formula::unknown(),
        },
        Node::In(needle, items) => one_of(set, needle, items),
        _ => Formula::unknown(),
    }
}

fn any(set: &StoredSet, operands: Vec<Formula>) -> Formula {
    Formula::any(operands, |name| {
        set.properties.iter().any(|p| p.hubspot == name && p.hubspot_type == "enumeration")
    })
}

fn one_of(set: &StoredSet, needle: &Expr, items: &[Expr]) -> Formula {
    let Node::Property(index) = needle.node else { return Formula::unknown() };
    let item = |item: &Expr| match item.as_literal() {
        Some(value) => comparison(set, index, CompareOp::Eq, value),
        None => Formula::unknown(),
    };
    any(set, items.iter().map(item).collect())
}

fn comparison(set: &StoredSet, index: usize, op: CompareOp, value: &Value) -> Formula {
    let Some(column) = set.properties.get(index) else { return Formula::unknown() };
    if value.is_null() {
        return with_null(column, index, op);
    }
    if column.search == Searching::Never {
        return Formula::unknown();
    }
    match (column.kind, value) {
        (Kind::Integer, _) if column.hubspot == OBJECT_ID => id(op, value),
        (Kind::DateTime, Value::DateTimeOffset(value)) => instant(&column.hubspot, op, *value),
        (Kind::Date, Value::Date(value)) => date(&column.hubspot, op, *value),
        (Kind::Number, Value::Decimal(value)) => number(&column.hubspot, op, *value),
        (Kind::Number, Value::Int64(value)) => number(&column.hubspot, op, Decimal::from(*value)),
        (Kind::Boolean, Value::Boolean(value)) if op == CompareOp::Eq => {
            // Whether a search for false also finds what was never set is not documented.
            Formula::test(&column.hubspot, Is::Equal(value.to_string()), *value)
        }
        (Kind::Text, Value::String(value)) if op == CompareOp::Eq => text(column, value),
        _ => Formula::unknown(),
    }
}

/// Null equals null and nothing else; it is neither less nor greater than anything. (`ge null` is `eq null`.)
fn with_null(column: &StoredProperty, index: usize, op: CompareOp) -> Formula {
    let is_key = index == 0;
    let searchable = column.search != Searching::Never;
    // What is no number is null for us and a value for HubSpot.
    let same_absence = column.kind == Kind::Text;
    match op {
        CompareOp::Gt | CompareOp::Lt => Formula::nothing(),
        CompareOp::Ne if is_key => Formula::everything(),
        CompareOp::Ne if searchable => Formula::test(&column.hubspot, Is::Present, same_absence),
        CompareOp::Eq | CompareOp::Ge | CompareOp::Le if is_key => Formula::nothing(),
        CompareOp::Eq | CompareOp::Ge | CompareOp::Le if searchable && same_absence => {
            Formula::test(&column.hubspot, Is::Absent, true)
        }
        CompareOp::Eq | CompareOp::Ne | CompareOp::Ge | CompareOp::Le => Formula::unknown(),
    }
}

/// Ids are whole numbers above zero, and every record has one.
fn id(op: CompareOp, value: &Value) -> Formula {
    let Some((floor, ceiling)) = whole(value) else { return Formula::unknown() };
    let test = |is: fn(String) -> Is, bound: i64| Formula::test(OBJECT_ID, is(bound.to_string()), true);
    match op {
        CompareOp::Eq if floor != ceiling || floor <= 0 => Formula::nothing(),
        CompareOp::Eq => test(Is::Equal, floor),
        CompareOp::Ne => Formula::unknown(),
        CompareOp::Gt if floor <= 0 => Formula::everything(),
        CompareOp::Ge if ceiling <= 0 => Formula::everything(),
        CompareOp::Gt => test(Is::Above, floor),
        CompareOp::Ge => test(Is::AtLeast, ceiling),
        CompareOp::Lt if ceiling <= 0 => Formula::nothing(),
        CompareOp::Le if floor <= 0 => Formula::nothing(),
        CompareOp::Lt => test(Is::Below, ceiling),
        CompareOp::Le => test(Is::AtMost, floor),
    }
}

/// The whole numbers next to a value, below and above.
pub(super) fn whole(value: &Value) -> Option<(i64, i64)> {
    match value {
        Value::Int64(value) => Some((*value, *value)),
        Value::Decimal(value) => Some((value.floor().try_into().ok()?, value.ceil().try_into().ok()?)),
        _ => None,
    }
}

/// HubSpot compares milliseconds, and rows hold whole milliseconds: a bound between two of them moves to the next.
fn instant(property: &str, op: CompareOp, value: Timestamp) -> Formula {
    let floor = value.as_nanosecond().div_euclid(1_000_000);
    let ceiling = -(-value.as_nanosecond()).div_euclid(1_000_000);
    match op {
        CompareOp::Eq => time(property, Is::Equal, floor, floor == ceiling),
        CompareOp::Ne => Formula::unknown(),
        CompareOp::Gt => from_time(property, Is::Above, floor, true),
        CompareOp::Ge => from_time(property, Is::AtLeast, ceiling, true),
        CompareOp::Lt => time(property, Is::Below, ceiling, true),
        CompareOp::Le => time(property, Is::AtMost, floor, true),
    }
}

/// Dates are searched as midnight UTC. A value that is not at midnight, or in the portal's time zone, is at most a day
/// away from it.
fn date(property: &str, op: CompareOp, value: Date) -> Formula {
    let midnight = |days: i64| {
        let day = value.checked_add(days.days()).ok()?;
        Some(jiff::tz::Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok()?.as_nanosecond() / 1_000_000)
    };
    let (Some(before), Some(after)) = (midnight(-1), midnight(1)) else { return Formula::unknown() };
    match op {
        CompareOp::Eq if before > 0 => {
            Formula::test(property, Is::Between(before.to_string(), after.to_string()), false)
        }
        CompareOp::Eq | CompareOp::Lt | CompareOp::Le => time(property, Is::AtMost, after, false),
        CompareOp::Gt | CompareOp::Ge => from_time(property, Is::AtLeast, before, false),
        CompareOp::Ne => Formula::unknown(),
    }
}

/// HubSpot's search fails at the epoch itself, so no bound is ever put there: an upper one moves to just above it, a
/// lower one becomes "has a value".
fn time(property: &str, is: fn(String) -> Is, millis: i128, exact: bool) -> Formula {
    if millis > 0 {
        Formula::test(property, is(millis.to_string()), exact)
    } else {
        Formula::test(property, Is::AtMost("1".to_owned()), false)
    }
}

fn from_time(property: &str, is: fn(String) -> Is, millis: i128, exact: bool) -> Formula {
    if millis > 0 { time(property, is, millis, exact) } else { Formula::test(property, Is::Present, false) }
}

/// Whether HubSpot compares as decimals or in floating point is unknown: bounds include themselves, and numbers that
/// floating point would round stay here.
fn number(property: &str, op: CompareOp, value: Decimal) -> Formula {
    let value = value.normalize();
    let text = value.to_string();
    if text.bytes().filter(u8::is_ascii_digit).count() > SAFE_DIGITS {
        return Formula::unknown();
    }
    match op {
        CompareOp::Eq => Formula::test(property, Is::Equal(text), false),
        CompareOp::Ne => Formula::unknown(),
        CompareOp::Gt | CompareOp::Ge => Formula::test(property, Is::AtLeast(text), false),
        CompareOp::Lt | CompareOp::Le => Formula::test(property, Is::AtMost(text), false),
    }
}

/// Text in a search is compared without regard to case, an enumeration's values exactly.
fn text(column: &StoredProperty, value: &str) -> Formula {
    let plain = !value.is_empty()
        && value.chars().count() <= MAX_TEXT
        && value.trim() == value
        && !value.chars().any(char::is_control);
    // Several values of one enumeration are joined by semicolons; how those are searched for is another matter.
    let several = column.hubspot_type == "enumeration" && value.contains(';');
    if !plain || several {
        return Formula::unknown();
    }
    Formula::test(&column.hubspot, Is::Equal(value.to_owned()), column.search == Searching::Exact)
}
