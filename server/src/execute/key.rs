//! The natural order of an entity set: the values by which its rows come, ascending.

use std::sync::Arc;

use odata::{Row, Value};
use serde::{Deserialize, Serialize};

use crate::model::Origin;

/// The place of a row in the natural order. Two rows of a set never have the same.
pub(super) type NaturalKey = Vec<KeyPart>;

/// A part of a key; of one set, the same part is always of the same sort.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum KeyPart {
    /// Ids and types, in numerical order.
    Number(i64),
    /// Anything else, in the order of its characters.
    Text(Arc<str>),
}

/// The columns that make up the natural order. Links come by both ids and then by type, not by their textual key.
pub(super) fn columns(origin: &Origin) -> &'static [usize] {
    match origin {
        Origin::Object(_) | Origin::Owners | Origin::Lists => &[0],
        // By record, property, time, and then by the key.
        Origin::History { .. } => &[1, 2, 4, 0],
        Origin::Memberships => &[1, 2],
        Origin::Pipelines(_) | Origin::Stages(_) => &[0, 1],
        Origin::Links { .. } => &[1, 2, 4, 3],
    }
}

/// The natural key of a row; a part that is null (which no key is) counts as empty text.
pub(super) fn of(origin: &Origin, row: &Row) -> NaturalKey {
    let part = |index: &usize| match row.get(*index) {
        Some(Value::Int64(number)) => KeyPart::Number(*number),
        Some(Value::DateTimeOffset(at)) => KeyPart::Number(at.as_millisecond()),
        Some(Value::String(text)) => KeyPart::Text(Arc::clone(text)),
        _ => KeyPart::Text(Arc::from("")),
    };
    columns(origin).iter().map(part).collect()
}

/// The record id that a key begins with; 0 for none.
pub(super) fn first_id(key: Option<&NaturalKey>) -> u64 {
    match key.and_then(|key| key.first()) {
        Some(KeyPart::Number(id)) => u64::try_from(*id).unwrap_or(0),
        _ => 0,
    }
}
