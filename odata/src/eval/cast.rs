//! `cast` (OData-URL 4.01, section 5.1.1.10.1): what cannot be cast is null. Numbers are rounded, points in time cut.

use jiff::tz::Offset;
use rust_decimal::prelude::{FromPrimitive as _, ToPrimitive as _};
use rust_decimal::{Decimal, RoundingStrategy};

use super::compare;
use crate::edm::{Primitive, Type, enum_number};
use crate::expr::Target;
use crate::url::literal;
use crate::value::Value;
use crate::write;

pub(super) fn cast(value: &Value, target: &Target) -> Value {
    let cast = match (&target.ty, value) {
        (_, Value::Null) => None,
        (Type::Enum(_), value) => enumeration(value, target),
        (Type::Primitive(to), value) => primitive(value, *to),
        (Type::Complex(_) | Type::Collection(_), _) => None,
    };
    cast.unwrap_or(Value::Null)
}

fn enumeration(value: &Value, target: &Target) -> Option<Value> {
    let text = match value {
        Value::String(text) | Value::Enum(text) => text.to_string(),
        Value::Int64(number) => number.to_string(),
        _ => return None,
    };
    let names = crate::edm::enum_members(&target.members, &text)?;
    let one = target.members.iter().any(|member| member.name == names);
    (one || target.is_flags).then(|| Value::Enum(names.into()))
}

fn primitive(value: &Value, to: Primitive) -> Option<Value> {
    match (value, to) {
        (_, Primitive::String) => text(value),
        (Value::String(text), _) => read(text, to),
        _ if to.is_numeric() => number(value, to),
        (Value::DateTimeOffset(time), Primitive::Date) => {
            Some(Value::Date(Offset::UTC.to_datetime(*time).date()))
        }
        (Value::DateTimeOffset(time), Primitive::TimeOfDay) => {
            Some(Value::TimeOfDay(Offset::UTC.to_datetime(*time).time()))
        }
        (Value::Date(date), Primitive::DateTimeOffset) => {
            Some(Value::DateTimeOffset(compare::midnight(*date)))
        }
        _ => (value.primitive() == Some(to)).then(|| value.clone()),
    }
}

/// As `/$value` would have it.
fn text(value: &Value) -> Option<Value> {
    String::from_utf8(write::raw_value(value)?).ok().map(Value::string)
}

fn read(text: &str, to: Primitive) -> Option<Value> {
    use Primitive as P;
    match to {
        P::Boolean => match text {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        },
        P::Date => literal::date(text).ok().map(Value::Date),
        P::TimeOfDay => literal::time_of_day(text).ok().map(Value::TimeOfDay),
        P::DateTimeOffset => literal::date_time_offset(text).ok().map(Value::DateTimeOffset),
        P::Duration => literal::duration(text).ok().map(Value::Duration),
        P::Guid => literal::guid(text).ok().map(Value::Guid),
        P::Binary => literal::binary(text).ok().map(|bytes| Value::Binary(bytes.into())),
        P::String => Some(Value::string(text)),
        _ => literal::number(text).ok().and_then(|value| number(&value, to)),
    }
}

fn number(value: &Value, to: Primitive) -> Option<Value> {
    if let Some((smallest, largest)) = to.integer_range() {
        let whole = match value {
            Value::Int64(number) => *number,
            value => {
                exact(value)?.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero).to_i64()?
            }
        };
        return (smallest..=largest).contains(&whole).then_some(Value::Int64(whole));
    }
    match to {
        Primitive::Decimal => exact(value).map(Value::Decimal),
        #[expect(clippy::cast_possible_truncation, reason = "rounding to a single is what was asked for")]
        Primitive::Single => compare::double(value).map(|number| Value::Double(f64::from(number as f32))),
        _ => compare::double(value).map(Value::Double),
    }
}

fn exact(value: &Value) -> Option<Decimal> {
    match value {
        Value::Double(number) => Decimal::from_f64(*number),
        other => compare::decimal(other),
    }
}

/// The number behind an enumeration's value, null for null.
pub(super) fn rank(value: &Value, members: &[crate::edm::EnumMember]) -> Value {
    match value {
        Value::Enum(text) => enum_number(members, text).map_or(Value::Null, Value::Int64),
        _ => Value::Null,
    }
}
