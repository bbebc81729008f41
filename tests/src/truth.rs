//! The truth, and what a feed must make of it: HubSpot's text converted a second time, by other code than the product's.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;

use crate::edm::EntityType;
use crate::replay::{Cell, Row};

/// A row as the portal stores it.
#[derive(Debug, Clone, Deserialize)]
pub struct Truth {
    /// The record's id.
    pub id: String,
    /// Every property that was ever set.
    pub properties: BTreeMap<String, String>,
    /// Whether it was deleted.
    pub archived: bool,
}

/// A value with its meaning, so that `1.50` equals `1.5` and an instant equals itself at another offset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A text.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number.
    Number(Decimal),
    /// True or false.
    Truth(bool),
    /// A day.
    Day(Date),
    /// An instant.
    Instant(Timestamp),
}

impl Truth {
    /// The id as a number.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id.parse().expect("HubSpot's ids are numbers")
    }

    /// A text that is not empty: `""` means no value.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name).map(String::as_str).filter(|text| !text.is_empty())
    }

    /// A number, if the text is one.
    #[must_use]
    pub fn number(&self, name: &str) -> Option<Decimal> {
        self.text(name).and_then(number)
    }

    /// An instant, if the text is one.
    #[must_use]
    pub fn instant(&self, name: &str) -> Option<Timestamp> {
        self.text(name).and_then(instant)
    }

    /// Compares every declared property of a row with this record.
    ///
    /// # Errors
    /// The first difference.
    pub fn equals(&self, row: &Row, ty: &EntityType) -> Result<(), String> {
        ty.properties.iter().try_for_each(|property| {
            let source = if property.name == "id" { "hs_object_id" } else { &property.name };
            same(&property.ty, row.cell(&property.name), self.text(source))
                .map_err(|difference| format!("record {}, property {}: {difference}", self.id, property.name))
        })
    }
}

/// Whether a cell of this EDM type says what HubSpot's text says.
///
/// # Errors
/// Both, when they differ.
pub fn same(ty: &str, cell: &Cell, text: Option<&str>) -> Result<(), String> {
    let expected = text.filter(|text| !text.is_empty()).and_then(|text| meaning(ty, text));
    let actual = match cell {
        Cell::Null => None,
        Cell::Bool(value) => Some(Meaning::Truth(*value)),
        Cell::Number(text) | Cell::Text(text) => meaning(ty, text),
    };
    let unreadable = actual.is_none() && *cell != Cell::Null;
    if actual == expected && !unreadable {
        Ok(())
    } else {
        Err(format!("HubSpot has {text:?}, the feed {cell:?}"))
    }
}

/// What a text means as a value of this type; nothing when it cannot be read as one.
#[must_use]
pub fn meaning(ty: &str, text: &str) -> Option<Meaning> {
    match ty {
        "Edm.String" => Some(Meaning::Text(text.to_owned())),
        "Edm.Int64" => text.parse().ok().map(Meaning::Integer),
        "Edm.Decimal" => number(text).map(Meaning::Number),
        "Edm.Boolean" => text.to_ascii_lowercase().parse().ok().map(Meaning::Truth),
        "Edm.Date" => day(text).map(Meaning::Day),
        "Edm.DateTimeOffset" => instant(text).map(Meaning::Instant),
        _ => None,
    }
}

fn number(text: &str) -> Option<Decimal> {
    let parsed = if text.contains(['e', 'E']) { Decimal::from_scientific(text) } else { text.parse() };
    parsed.ok().filter(|_| !text.contains('_')).map(|number| number.normalize())
}

fn day(text: &str) -> Option<Date> {
    match text.parse::<i64>() {
        Ok(_) => instant(text).map(utc_day),
        Err(_) => text.parse().ok().filter(|_| text.len() == 10).or_else(|| instant(text).map(utc_day)),
    }
}

fn utc_day(at: Timestamp) -> Date {
    at.to_zoned(jiff::tz::TimeZone::UTC).date()
}

fn instant(text: &str) -> Option<Timestamp> {
    let at = match text.parse::<i64>() {
        Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok()?,
        Err(_) if text.len() == 10 => format!("{text}T00:00:00Z").parse().ok()?,
        Err(_) => text.parse().ok()?,
    };
    Timestamp::from_millisecond(at.as_millisecond()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hubspots_texts_and_a_feeds_values_are_compared_by_meaning() {
        for (ty, cell, text, equal) in [
            ("Edm.Decimal", Cell::Number("1.5".into()), Some("1.50"), true),
            ("Edm.Decimal", Cell::Null, Some("N/A"), true),
            ("Edm.Decimal", Cell::Number("0".into()), Some("N/A"), false),
            ("Edm.String", Cell::Null, Some(""), true),
            ("Edm.String", Cell::Text("a".into()), Some("A"), false),
            ("Edm.Boolean", Cell::Bool(true), Some("true"), true),
            ("Edm.Date", Cell::Text("2024-01-31".into()), Some("1706659200000"), true),
            (
                "Edm.DateTimeOffset",
                Cell::Text("2024-01-31T00:00:00Z".into()),
                Some("2024-01-31T01:00:00+01:00"),
                true,
            ),
            ("Edm.DateTimeOffset", Cell::Text("2024-01-31T00:00:00Z".into()), None, false),
        ] {
            assert_eq!(same(ty, &cell, text).is_ok(), equal, "{ty} {cell:?} {text:?}");
        }
    }
}
