//! A value that outlives the request: the order's values of the last row sent, inside a page link.

use std::str::FromStr;
use std::sync::Arc;

use odata::Value;
use serde::{Deserialize, Serialize};

/// A value in a form that is read back as the same value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Saved {
    /// Null, and what cannot be ordered by.
    #[serde(rename = "n")]
    Null,
    #[serde(rename = "b")]
    Boolean(bool),
    #[serde(rename = "i")]
    Integer(i64),
    #[serde(rename = "f")]
    Float(u64),
    #[serde(rename = "s")]
    Text(Arc<str>),
    #[serde(rename = "e")]
    Enum(Arc<str>),
    #[serde(rename = "m")]
    Decimal(String),
    #[serde(rename = "d")]
    Date(jiff::civil::Date),
    #[serde(rename = "o")]
    TimeOfDay(jiff::civil::Time),
    #[serde(rename = "t")]
    Instant(jiff::Timestamp),
    #[serde(rename = "u")]
    Duration(jiff::SignedDuration),
    #[serde(rename = "g")]
    Guid([u8; 16]),
    #[serde(rename = "x")]
    Binary(Vec<u8>),
}

impl From<&Value> for Saved {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null | Value::Complex(_) | Value::Collection(_) => Self::Null,
            Value::Boolean(value) => Self::Boolean(*value),
            Value::Int64(value) => Self::Integer(*value),
            Value::Decimal(value) => Self::Decimal(value.to_string()),
            Value::Double(value) => Self::Float(value.to_bits()),
            Value::String(text) => Self::Text(Arc::clone(text)),
            Value::Enum(text) => Self::Enum(Arc::clone(text)),
            Value::Date(value) => Self::Date(*value),
            Value::TimeOfDay(value) => Self::TimeOfDay(*value),
            Value::DateTimeOffset(value) => Self::Instant(*value),
            Value::Duration(value) => Self::Duration(*value),
            Value::Guid(bytes) => Self::Guid(*bytes),
            Value::Binary(bytes) => Self::Binary(bytes.to_vec()),
        }
    }
}

impl From<&Saved> for Value {
    fn from(saved: &Saved) -> Self {
        match saved {
            Saved::Null => Self::Null,
            Saved::Boolean(value) => Self::Boolean(*value),
            Saved::Integer(value) => Self::Int64(*value),
            Saved::Float(bits) => Self::Double(f64::from_bits(*bits)),
            Saved::Text(text) => Self::String(Arc::clone(text)),
            Saved::Enum(text) => Self::Enum(Arc::clone(text)),
            // Written by us from a decimal, inside an authenticated link.
            Saved::Decimal(text) => rust_decimal::Decimal::from_str(text).map_or(Self::Null, Self::Decimal),
            Saved::Date(value) => Self::Date(*value),
            Saved::TimeOfDay(value) => Self::TimeOfDay(*value),
            Saved::Instant(value) => Self::DateTimeOffset(*value),
            Saved::Duration(value) => Self::Duration(*value),
            Saved::Guid(bytes) => Self::Guid(*bytes),
            Saved::Binary(bytes) => Self::Binary(Arc::from(bytes.as_slice())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_one_can_sort_by_comes_back_as_it_was() {
        let values = [
            Value::Null,
            Value::Boolean(true),
            Value::Int64(-9_007_199_254_740_993),
            Value::Decimal("-0.10".parse().unwrap()),
            Value::Double(-0.1),
            Value::string("größe '"),
            Value::Date("2024-02-29".parse().unwrap()),
            Value::TimeOfDay("10:11:12.5".parse().unwrap()),
            Value::DateTimeOffset("2024-02-29T10:11:12.345Z".parse().unwrap()),
            Value::Duration(jiff::SignedDuration::from_millis(-1500)),
            Value::Guid([7; 16]),
            Value::Binary(Arc::from([1_u8, 2].as_slice())),
        ];
        for value in values {
            let text = serde_json::to_string(&Saved::from(&value)).unwrap();
            let back: Saved = serde_json::from_str(&text).unwrap();
            assert_eq!(Value::from(&back), value, "{text}");
        }
    }
}
