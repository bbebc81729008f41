//! HubSpot's answers as rows: aligned to the set's columns, typed, with what became null counted.

use std::collections::BTreeMap;
use std::sync::Arc;

use hubspot::{
    Association, List, Membership, Owner, Pipeline, PropertyVersion, Record, RecordHistory, Stage,
};
use odata::{Row, Value};

use super::values::{read, read_day_as_instant};
use super::{Kind, StoredProperty, StoredSet};

/// How many texts could not be read as their column's type and became null, by column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Nulled(BTreeMap<String, u64>);

impl Nulled {
    /// Counts the columns of a row that was sent.
    pub(crate) fn add(&mut self, set: &StoredSet, columns: &[usize]) {
        for column in columns.iter().filter_map(|index| set.properties.get(*index)) {
            *self.0.entry(column.name.clone()).or_default() += 1;
        }
    }

    /// All of them together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// Each column with its count, by name.
    pub fn by_column(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(column, count)| (column.as_str(), *count))
    }
}

/// A row, and the indices of those of its columns where a text became null.
#[derive(Debug, Clone, PartialEq)]
pub struct Converted {
    /// Aligned to the set's columns.
    pub row: Row,
    /// Nearly always empty.
    pub nulled: Vec<usize>,
}

impl Converted {
    fn empty(set: &StoredSet) -> Self {
        Self { row: vec![Value::Null; set.properties.len()], nulled: Vec::new() }
    }

    fn put(&mut self, index: usize, column: &StoredProperty, text: Option<&str>) {
        self.row[index] = if column.labels.is_empty() {
            let reading = match (column.kind, column.hubspot_type.as_str()) {
                (Kind::DateTime, "date") => read_day_as_instant(text),
                (kind, _) => read(kind, text),
            };
            self.nulled.extend(reading.nulled.then_some(index));
            reading.value
        } else {
            text.filter(|text| !text.is_empty()).map_or(Value::Null, |text| labels(column, text))
        };
    }
}

/// The row of a CRM record, of which the columns in `wanted` were read.
#[must_use]
pub fn record_row(set: &StoredSet, wanted: &[usize], record: &Record) -> Converted {
    let mut converted = Converted::empty(set);
    for index in wanted.iter().copied().filter(|index| *index > 0) {
        let Some(column) = set.properties.get(index) else { continue };
        if column.deletion {
            converted.row[index] = Value::Boolean(record.archived);
        } else if !column.vanished {
            converted.put(index, column, record.value(&column.hubspot));
        }
    }
    // The key; HubSpot's ids fit into 63 bits by far.
    converted.row[0] = i64::try_from(record.id).map_or(Value::Null, Value::Int64);
    converted
}

/// Each of the values as its label; a value without one stays, as people would see it in HubSpot.
fn labels(column: &StoredProperty, text: &str) -> Value {
    let label = |value: &str| {
        let known = column.labels.iter().find(|(known, _)| known == value);
        known.map_or_else(|| value.to_owned(), |(_, label)| label.clone())
    };
    Value::string(text.split(';').map(label).collect::<Vec<_>>().join(";"))
}

pub(crate) fn owner_row(set: &StoredSet, owner: &Owner) -> Converted {
    fixed(set, |column| match column {
        "id" => Some(owner.id.clone()),
        "email" => owner.email.clone(),
        "first_name" => owner.first_name.clone(),
        "last_name" => owner.last_name.clone(),
        "user_id" => owner.user_id.map(|id| id.to_string()),
        "type" => owner.kind.clone(),
        "archived" => Some(owner.archived.to_string()),
        "created_at" => owner.created_at.clone(),
        "updated_at" => owner.updated_at.clone(),
        "teams" => Some(teams(owner)),
        _ => None,
    })
}

fn teams(owner: &Owner) -> String {
    let primary = owner.teams.iter().filter(|team| team.primary);
    let others = owner.teams.iter().filter(|team| !team.primary);
    primary.chain(others).filter_map(|team| team.name.as_deref()).collect::<Vec<_>>().join("; ")
}

/// `object` is what people know the pipeline's object by.
pub(crate) fn pipeline_row(set: &StoredSet, object: &str, pipeline: &Pipeline) -> Converted {
    fixed(set, |column| match column {
        "object_type" => Some(object.to_owned()),
        "id" => Some(pipeline.id.clone()),
        "label" => Some(pipeline.label.clone()),
        "display_order" => Some(pipeline.display_order.to_string()),
        "archived" => Some(pipeline.archived.to_string()),
        "created_at" => pipeline.created_at.clone(),
        "updated_at" => pipeline.updated_at.clone(),
        _ => None,
    })
}

pub(crate) fn stage_row(set: &StoredSet, object: &str, pipeline: &Pipeline, stage: &Stage) -> Converted {
    let metadata = |name: &str| stage.metadata.get(name).cloned();
    fixed(set, |column| match column {
        "object_type" => Some(object.to_owned()),
        "id" => Some(stage.id.clone()),
        "pipeline_id" => Some(pipeline.id.clone()),
        "label" => Some(stage.label.clone()),
        "display_order" => Some(stage.display_order.to_string()),
        "is_closed" => metadata("isClosed"),
        "probability" => metadata("probability"),
        "ticket_state" => metadata("ticketState"),
        "archived" => Some(stage.archived.to_string()),
        "created_at" => stage.created_at.clone(),
        "updated_at" => stage.updated_at.clone(),
        _ => None,
    })
}

/// `object` is what people know the list's object by.
pub(crate) fn list_row(set: &StoredSet, object: &str, list: &List) -> Converted {
    fixed(set, |column| match column {
        "id" => Some(list.list_id.clone()),
        "name" => Some(list.name.clone()),
        "object_type" => Some(object.to_owned()),
        "processing_type" => list.processing_type.clone(),
        "size" => list.size().map(|size| size.to_string()),
        "created_at" => list.created_at.clone(),
        "updated_at" => list.updated_at.clone(),
        _ => None,
    })
}

pub(crate) fn membership_row(set: &StoredSet, object: &str, list: &List, member: &Membership) -> Converted {
    fixed(set, |column| match column {
        "id" => Some(format!("{}-{}", list.list_id, member.record_id)),
        "list_id" => Some(list.list_id.clone()),
        "record_id" => Some(member.record_id.to_string()),
        "object_type" => Some(object.to_owned()),
        "added_at" => member.membership_timestamp.clone(),
        _ => None,
    })
}

/// The rows of one record's history: for each property what it was, from the beginning on. Of those that became a value
/// at the same time, the later ones have a number in their key.
pub(crate) fn history_rows(set: &StoredSet, properties: &[String], record: &RecordHistory) -> Vec<Converted> {
    let mut rows = Vec::new();
    for property in properties {
        let (mut last, mut number) = (None, 1);
        // HubSpot sends the present value first.
        for version in record.properties.get(property).into_iter().flatten().rev() {
            number = if last == Some(&version.timestamp) { number + 1 } else { 1 };
            last = Some(&version.timestamp);
            rows.push(version_row(set, record.id, (property, number), version));
        }
    }
    rows
}

fn version_row(
    set: &StoredSet,
    record: u64,
    (property, number): (&str, u32),
    version: &PropertyVersion,
) -> Converted {
    let at = version.timestamp.as_str();
    let time =
        at.parse::<jiff::Timestamp>().map_or_else(|_| at.to_owned(), |at| at.as_millisecond().to_string());
    let again = if number > 1 { format!("-{number}") } else { String::new() };
    fixed(set, |column| match column {
        "id" => Some(format!("{record}-{property}-{time}{again}")),
        "record_id" => Some(record.to_string()),
        "property" => Some(property.to_owned()),
        "value" => version.value.clone(),
        "at" => Some(at.to_owned()),
        "source" => version.source_type.clone(),
        "source_id" => version.source_id.clone(),
        "user_id" => version.updated_by_user_id.map(|id| id.to_string()),
        _ => None,
    })
}

fn fixed(set: &StoredSet, text: impl Fn(&str) -> Option<String>) -> Converted {
    let mut converted = Converted::empty(set);
    for (index, column) in set.properties.iter().enumerate() {
        converted.put(index, column, text(&column.hubspot).as_deref());
    }
    converted
}

/// The row of a link. Its columns are always these six, in this order.
#[must_use]
pub(crate) fn link_row(link: &Association) -> Converted {
    let id = |id: u64| i64::try_from(id).map_or(Value::Null, Value::Int64);
    let row = vec![
        Value::string(link_id(link)),
        id(link.from),
        id(link.to),
        Value::Int64(link.type_id.into()),
        Value::string(link.category.as_str()),
        link.label
            .as_deref()
            .filter(|label| !label.is_empty())
            .map_or(Value::Null, |label| Value::String(Arc::from(label))),
    ];
    Converted { row, nulled: Vec::new() }
}

/// `{from}-{to}-{initial of the category}{type id}`: type ids are unique within a category only.
fn link_id(link: &Association) -> String {
    let initial = link.category.chars().next().unwrap_or('_');
    format!("{}-{}-{initial}{}", link.from, link.to, link.type_id)
}
