//! Rows with their values as written: a number keeps every digit.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::Fault;
use crate::edm::{EntityType, Property};

/// One value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A text.
    Text(String),
}

/// One row, by property name; annotations are left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Row(pub BTreeMap<String, Cell>);

impl Row {
    /// A value; null when it was not read.
    #[must_use]
    pub fn cell(&self, name: &str) -> &Cell {
        self.0.get(name).unwrap_or(&Cell::Null)
    }

    /// A text, if it is one.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.cell(name) {
            Cell::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The numeric key `id`.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn id(&self) -> u64 {
        match self.cell("id") {
            Cell::Number(number) => number.parse().expect("an id is a whole number"),
            other => panic!("the key is {other:?}"),
        }
    }

    /// The values of the key, as one text; nothing when they were not selected.
    pub(crate) fn key(&self, ty: &EntityType) -> Option<String> {
        ty.key.iter().map(|name| self.0.get(name).map(|cell| format!("{cell:?}"))).collect()
    }

    /// Checks that every expected property is there, of its type, and nothing else.
    pub(crate) fn check(&self, ty: &EntityType, expected: &[String], omits_nulls: bool) -> Result<(), Fault> {
        for name in expected {
            let property = ty.property(name).ok_or_else(|| Fault::Rule(format!("{name} is not declared")))?;
            match self.0.get(name) {
                Some(Cell::Null) if omits_nulls => {
                    return Err(Fault::Rule(format!("{name} is null, not left out")));
                }
                Some(cell) => check_cell(property, cell)?,
                None if omits_nulls && property.nullable => {}
                None => return Err(Fault::Rule(format!("{name} is missing in {self:?}"))),
            }
        }
        // Extra columns are allowed by OData only if they are declared; keys come along with any $select.
        for name in self.0.keys() {
            let known = expected.contains(name) || ty.key.contains(name);
            Fault::unless(known, || format!("{name} was not asked for"))?;
        }
        Ok(())
    }
}

/// Whether a value has the form of its declared type.
fn check_cell(property: &Property, cell: &Cell) -> Result<(), Fault> {
    let fits = match (property.ty.as_str(), cell) {
        (_, Cell::Null) => property.nullable,
        ("Edm.Int64" | "Edm.Int32", Cell::Number(number)) => number.parse::<i64>().is_ok(),
        ("Edm.Decimal", Cell::Number(number)) => is_plain_decimal(number),
        ("Edm.Boolean", Cell::Bool(_)) => true,
        ("Edm.String", Cell::Text(_)) => true,
        ("Edm.Date", Cell::Text(text)) => text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok(),
        ("Edm.DateTimeOffset", Cell::Text(text)) => {
            text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
        }
        _ => false,
    };
    Fault::unless(fits, || format!("{} of type {} holds {cell:?}", property.name, property.ty))
}

fn is_plain_decimal(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_map(RowVisitor)
    }
}

struct RowVisitor;

impl<'de> Visitor<'de> for RowVisitor {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Row::default();
        while let Some((name, raw)) = map.next_entry::<String, &'de RawValue>()? {
            if name.contains('@') {
                continue;
            }
            let cell = cell(raw.get())
                .ok_or_else(|| serde::de::Error::custom(format!("{name} is no plain value")))?;
            if row.0.insert(name.clone(), cell).is_some() {
                return Err(serde::de::Error::custom(format!("{name} comes twice in a row")));
            }
        }
        Ok(row)
    }
}

fn cell(raw: &str) -> Option<Cell> {
    match raw.as_bytes().first()? {
        b'n' => Some(Cell::Null),
        b't' => Some(Cell::Bool(true)),
        b'f' => Some(Cell::Bool(false)),
        b'"' => serde_json::from_str(raw).ok().map(Cell::Text),
        b'[' | b'{' => None,
        _ => Some(Cell::Number(raw.to_owned())),
    }
}
