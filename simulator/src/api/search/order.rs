//! The one sort of a search. Without one: by creation, oldest first. Records without a value come last either way.

use std::cmp::Ordering;

use serde_json::Value;

use super::super::Scene;
use super::super::answer::Problem;
use super::filter::{Cell, Nature, cell, column, compare};
use crate::portal::record::Record;
use crate::portal::state::Column;

/// What to sort by.
pub(super) enum Sort {
    Creation,
    Ids { descending: bool, as_text: bool },
    Property { column: Column, nature: Nature, descending: bool },
}

impl Sort {
    /// Reads `[{"propertyName": …, "direction": …}]`, `["name"]` or `["-name"]`.
    pub(super) fn compile(scene: &Scene, sorts: &[Value]) -> Result<Sort, Problem> {
        let (name, descending) = match sorts {
            [] => return Ok(Sort::Creation),
            [Value::String(text)] => match text.strip_prefix('-') {
                Some(name) => (name, true),
                None => (text.as_str(), false),
            },
            [Value::Object(rule)] => {
                let text = |key: &str| rule.get(key).and_then(Value::as_str);
                let name = text("propertyName").ok_or(Problem::BadSearch)?;
                (name, text("direction").is_some_and(|d| d.to_uppercase().starts_with("DESC")))
            }
            [_] => return Err(Problem::BadSearch),
            _ => return Err(Problem::Invalid("Only one sort is allowed".to_owned())),
        };
        let (column, nature) = column(scene, name)?;
        Ok(match column {
            Column::Id => Sort::Ids { descending, as_text: scene.quirks.text_sorted_ids },
            _ => Sort::Property { column, nature, descending },
        })
    }

    /// Sorts records that come in the order of their ids.
    pub(super) fn apply(&self, records: &mut [&Record]) {
        match self {
            Sort::Creation => records.sort_by_key(|record| (record.created, record.id)),
            Sort::Ids { descending, as_text } => {
                if *as_text {
                    records.sort_by_cached_key(|record| record.id.to_string());
                }
                if *descending {
                    records.reverse();
                }
            }
            Sort::Property { column, nature, descending } => sort_by(records, *column, *nature, *descending),
        }
    }
}

fn sort_by(records: &mut [&Record], column: Column, nature: Nature, descending: bool) {
    let mut keyed: Vec<(Option<Cell>, &Record)> =
        records.iter().map(|r| (cell(r, column, nature), *r)).collect();
    keyed.sort_by(|(a, _), (b, _)| match (a, b) {
        (Some(a), Some(b)) => {
            let order = compare(a, b).unwrap_or(Ordering::Equal);
            if descending { order.reverse() } else { order }
        }
        (a, b) => b.is_some().cmp(&a.is_some()),
    });
    for (place, (_, record)) in records.iter_mut().zip(keyed) {
        *place = record;
    }
}
