//! Values as they are read, compared and written. No text form but the URL's literal is decided here.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use rust_decimal::Decimal;

use crate::edm::Primitive;

/// One value. All whole-number types are [`Value::Int64`], `Edm.Single` is [`Value::Double`].
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// No value; it belongs to every type.
    Null,
    /// `Edm.Boolean`
    Boolean(bool),
    /// `Edm.Byte` to `Edm.Int64`
    Int64(i64),
    /// `Edm.Decimal`; equal whatever the number of trailing zeros
    Decimal(Decimal),
    /// `Edm.Single` and `Edm.Double`
    Double(f64),
    /// `Edm.String`
    String(Arc<str>),
    /// `Edm.Date`
    Date(Date),
    /// `Edm.TimeOfDay`
    TimeOfDay(Time),
    /// `Edm.DateTimeOffset`, always in UTC: the offset it was written with is not kept
    DateTimeOffset(Timestamp),
    /// `Edm.Duration`
    Duration(SignedDuration),
    /// `Edm.Guid`
    Guid([u8; 16]),
    /// `Edm.Binary`
    Binary(Arc<[u8]>),
    /// Member name, or names joined by commas
    Enum(Arc<str>),
    /// Properties by name
    Complex(Arc<[(Arc<str>, Value)]>),
    /// Items
    Collection(Arc<[Value]>),
}

/// The values of an entity, aligned to its type's properties; one that was not read is [`Value::Null`].
pub type Row = Vec<Value>;

impl Value {
    /// Text.
    pub fn string(text: impl Into<Arc<str>>) -> Self {
        Self::String(text.into())
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The widest built-in type of such a value; none for null, enumerations and structures.
    pub fn primitive(&self) -> Option<Primitive> {
        match self {
            Self::Boolean(_) => Some(Primitive::Boolean),
            Self::Int64(_) => Some(Primitive::Int64),
            Self::Decimal(_) => Some(Primitive::Decimal),
            Self::Double(_) => Some(Primitive::Double),
            Self::String(_) => Some(Primitive::String),
            Self::Date(_) => Some(Primitive::Date),
            Self::TimeOfDay(_) => Some(Primitive::TimeOfDay),
            Self::DateTimeOffset(_) => Some(Primitive::DateTimeOffset),
            Self::Duration(_) => Some(Primitive::Duration),
            Self::Guid(_) => Some(Primitive::Guid),
            Self::Binary(_) => Some(Primitive::Binary),
            Self::Null | Self::Enum(_) | Self::Complex(_) | Self::Collection(_) => None,
        }
    }
}

/// The value as a literal of the URL grammar, from which the same value is read again: text in quotes, decimals with a
/// point, doubles with an exponent. An enumeration member lacks its type's name, which a value does not know.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Int64(value) => write!(f, "{value}"),
            // A decimal can be a negative zero; no literal can.
            Self::Decimal(value) if value.is_zero() => f.write_str("0.0"),
            Self::Decimal(value) if value.scale() == 0 => write!(f, "{value}.0"),
            Self::Decimal(value) => write!(f, "{value}"),
            Self::Double(value) => double(f, *value),
            Self::String(text) | Self::Enum(text) => write!(f, "'{}'", text.replace('\'', "''")),
            Self::Date(value) => date(f, *value),
            Self::TimeOfDay(value) => write!(f, "{value}"),
            Self::DateTimeOffset(value) => date_time(f, Offset::UTC.to_datetime(*value)),
            Self::Duration(value) => write!(f, "duration'{value}'"),
            Self::Guid(bytes) => guid(f, bytes),
            Self::Binary(bytes) => write!(f, "binary'{}'", URL_SAFE.encode(bytes)),
            Self::Complex(properties) => {
                list(f, "{", properties.iter().map(|(name, value)| format!("\"{name}\":{value}")), "}")
            }
            Self::Collection(items) => list(f, "[", items.iter().map(ToString::to_string), "]"),
        }
    }
}

fn double(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    if value.is_nan() {
        f.write_str("NaN")
    } else if value.is_infinite() {
        f.write_str(if value > 0.0 { "INF" } else { "-INF" })
    } else {
        write!(f, "{value:e}")
    }
}

/// Years before 1 are written as the grammar wants them, `-0044`, not with six digits as ISO 8601 has it.
fn date(f: &mut fmt::Formatter<'_>, value: Date) -> fmt::Result {
    let sign = if value.year() < 0 { "-" } else { "" };
    write!(f, "{sign}{:04}-{:02}-{:02}", value.year().unsigned_abs(), value.month(), value.day())
}

fn date_time(f: &mut fmt::Formatter<'_>, value: DateTime) -> fmt::Result {
    date(f, value.date())?;
    write!(f, "T{}Z", value.time())
}

fn guid(f: &mut fmt::Formatter<'_>, bytes: &[u8; 16]) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            f.write_str("-")?;
        }
        write!(f, "{byte:02x}")?;
    }
    Ok(())
}

fn list(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    items: impl Iterator<Item = String>,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (index, item) in items.enumerate() {
        if index > 0 {
            f.write_str(",")?;
        }
        f.write_str(&item)?;
    }
    f.write_str(close)
}
