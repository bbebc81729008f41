//! The canonical functions. With a null among its arguments every one of them is null.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use rust_decimal::{Decimal, RoundingStrategy};

use super::{Context, arithmetic};
use crate::expr::Function;
use crate::value::Value;

/// Calls a function with arguments of the types the check made sure of.
pub(super) fn call(function: Function, arguments: &[Cow<'_, Value>], context: &Context) -> Value {
    let arguments: Vec<&Value> = arguments.iter().map(AsRef::as_ref).collect();
    match arguments[..] {
        [] => without_arguments(function, context),
        [Value::String(text)] => of_text(function, text),
        [Value::String(text), Value::String(other)] => of_texts(function, text, other),
        [Value::String(text), Value::Int64(start)] => substring(text, *start, i64::MAX),
        [Value::String(text), Value::Int64(start), Value::Int64(length)] => substring(text, *start, *length),
        [Value::Date(date)] => of_date(function, *date),
        [Value::TimeOfDay(time)] => of_time(function, *time),
        [Value::DateTimeOffset(time)] => of_date_time(function, Offset::UTC.to_datetime(*time)),
        [Value::Duration(length)] => arithmetic::seconds(*length).map_or(Value::Null, Value::Decimal),
        [Value::Int64(number)] => Value::Decimal(Decimal::from(*number)),
        [Value::Decimal(number)] => Value::Decimal(rounded(function, *number)),
        [Value::Double(number)] => Value::Double(rounded_double(function, *number)),
        _ => Value::Null,
    }
}

fn without_arguments(function: Function, context: &Context) -> Value {
    Value::DateTimeOffset(match function {
        Function::MinDateTime => Timestamp::MIN,
        Function::MaxDateTime => Timestamp::MAX,
        _ => context.now,
    })
}

fn of_text(function: Function, text: &str) -> Value {
    match function {
        Function::Length => count(text),
        Function::ToLower => Value::string(text.to_lowercase()),
        Function::ToUpper => Value::string(text.to_uppercase()),
        Function::Trim => Value::string(text.trim()),
        _ => Value::Null,
    }
}

fn of_texts(function: Function, text: &str, other: &str) -> Value {
    match function {
        Function::Contains => Value::Boolean(text.contains(other)),
        Function::StartsWith => Value::Boolean(text.starts_with(other)),
        Function::EndsWith => Value::Boolean(text.ends_with(other)),
        Function::IndexOf => text.find(other).map_or(Value::Int64(-1), |byte| count(&text[..byte])),
        Function::Concat => Value::string(format!("{text}{other}")),
        _ => Value::Null,
    }
}

/// Characters, not bytes.
fn count(text: &str) -> Value {
    Value::Int64(i64::try_from(text.chars().count()).unwrap_or(i64::MAX))
}

/// Zero-based; a negative start counts from the end (version 4.01), a negative length takes nothing.
fn substring(text: &str, start: i64, length: i64) -> Value {
    let start = if start < 0 {
        text.chars().count().saturating_sub(usize::try_from(start.unsigned_abs()).unwrap_or(usize::MAX))
    } else {
        usize::try_from(start).unwrap_or(usize::MAX)
    };
    let length = usize::try_from(length.max(0)).unwrap_or(usize::MAX);
    Value::string(text.chars().skip(start).take(length).collect::<String>())
}

fn of_date_time(function: Function, time: DateTime) -> Value {
    match function {
        Function::Date => Value::Date(time.date()),
        Function::Time => Value::TimeOfDay(time.time()),
        // Values are held in UTC.
        Function::TotalOffsetMinutes => Value::Int64(0),
        Function::Year | Function::Month | Function::Day => of_date(function, time.date()),
        _ => of_time(function, time.time()),
    }
}

fn of_date(function: Function, date: Date) -> Value {
    Value::Int64(match function {
        Function::Year => date.year().into(),
        Function::Month => date.month().into(),
        Function::Day => date.day().into(),
        _ => return Value::Null,
    })
}

fn of_time(function: Function, time: Time) -> Value {
    Value::Int64(match function {
        Function::Hour => time.hour().into(),
        Function::Minute => time.minute().into(),
        Function::Second => time.second().into(),
        Function::FractionalSeconds => {
            return Value::Decimal(Decimal::new(time.subsec_nanosecond().into(), 9).normalize());
        }
        _ => return Value::Null,
    })
}

/// Halves are rounded away from zero.
fn rounded(function: Function, number: Decimal) -> Decimal {
    match function {
        Function::Floor => number.floor(),
        Function::Ceiling => number.ceil(),
        _ => number.round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero),
    }
}

fn rounded_double(function: Function, number: f64) -> f64 {
    match function {
        Function::Floor => number.floor(),
        Function::Ceiling => number.ceil(),
        _ => number.round(),
    }
}
