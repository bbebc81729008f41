//! A handle on a running portal's rows, to read the truth and to change it, past the API.

pub(crate) mod further;
pub(crate) mod history;
pub(crate) mod kind;
pub(crate) mod links;
pub(crate) mod lists;
pub(crate) mod log;
mod merge;
pub(crate) mod property;
pub(crate) mod record;
pub(crate) mod reference;
pub(crate) mod state;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::catalogue;
use crate::instant::{iso, parse};
use crate::portal::kind::Kind;
use crate::portal::property::PropertyDefinition;
use crate::portal::record::{Record, Values};
use crate::portal::state::{State, Table};
use crate::world::World;

/// The truth behind the API. Cheap to clone; every call sees and makes changes at once.
#[derive(Clone)]
pub struct Portal {
    pub(crate) world: Arc<World>,
}

/// A row as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Row {
    /// The record's id, a text in JSON.
    #[serde(serialize_with = "as_text")]
    pub id: u64,
    /// Every property that was ever set, the always-returned ones included.
    pub properties: BTreeMap<String, String>,
    /// Creation.
    pub created_at: String,
    /// Last change.
    pub updated_at: String,
    /// Deleted rows are kept, as archived.
    pub archived: bool,
    /// When it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archived_at: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn as_text<S: serde::Serializer>(id: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(id)
}

/// A change of one row. Without an id, or with one that does not exist, the row is created.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Change {
    /// The row; absent: a new one with the next id.
    #[serde(default)]
    pub id: Option<String>,
    /// Values to set; null takes one away ("" is a value of its own). Creation and change instants may be set here too.
    #[serde(default)]
    pub properties: BTreeMap<String, Option<String>>,
    /// Archive (delete) or bring back.
    #[serde(default)]
    pub archived: Option<bool>,
    /// Creation; absent: unchanged, or the portal's next instant.
    #[serde(default)]
    pub created_at: Option<String>,
    /// Last change; absent: the portal's next instant.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// Forget the row completely, as after the 90 days of the recycling bin.
    #[serde(default)]
    pub removed: bool,
    /// Links to add.
    #[serde(default)]
    pub associations: Vec<NewLink>,
}

/// A link to another record.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewLink {
    /// The other object type.
    pub to: String,
    /// The other record.
    pub id: String,
    /// The types, in the direction from this record; empty: the unlabelled one.
    #[serde(default)]
    pub type_ids: Vec<u32>,
    /// Take every link between the two away instead.
    #[serde(default)]
    pub removed: bool,
}

/// A link as it is stored: from, to, type ids.
pub type StoredLink = (u64, u64, Vec<u32>);

/// Why a change was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortalError {
    /// No object type of that name.
    #[error("there is no object type {0:?}")]
    UnknownObject(String),
    /// No property of that name.
    #[error("there is no property {0:?}")]
    UnknownProperty(String),
    /// An id that is not a number, or an instant that is none.
    #[error("{0:?} is not valid here")]
    Invalid(String),
    /// No association type of that id between the two object types.
    #[error("there is no association type {0}")]
    UnknownLinkType(String),
}

impl Portal {
    /// The plural names of all object types.
    pub fn objects(&self) -> Vec<String> {
        self.world.read().tables.iter().map(|table| table.kind.plural.clone()).collect()
    }

    /// Live rows of an object type.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn count(&self, object: &str) -> Result<usize, PortalError> {
        let state = self.world.read();
        Ok(table(&state, object)?.records.values().filter(|r| r.archived.is_none()).count())
    }

    /// Every row, archived ones too, in the order of their ids.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn rows(&self, object: &str) -> Result<Vec<Row>, PortalError> {
        let state = self.world.read();
        let table = table(&state, object)?;
        Ok(table.records.values().map(|record| row(table, record)).collect())
    }

    /// One row.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn row(&self, object: &str, id: u64) -> Result<Option<Row>, PortalError> {
        let state = self.world.read();
        let table = table(&state, object)?;
        Ok(table.records.get(&id).map(|record| row(table, record)))
    }

    /// Creates or changes a row and returns its id.
    ///
    /// # Errors
    /// When the change names something that does not exist.
    pub fn change(&self, object: &str, change: &Change) -> Result<u64, PortalError> {
        let at = self.world.clock.now_ms();
        let mut state = self.world.write();
        let place = state.resolve(object).ok_or_else(|| PortalError::UnknownObject(object.to_owned()))?;
        state.changes += 1;
        let now = self.world.settings.now.as_millisecond() + state.changes;
        let table = &mut state.tables[place];
        let id = match &change.id {
            Some(text) => number(text)?,
            None => table.records.last_key_value().map_or(1, |(id, _)| id + 1),
        };
        if change.removed {
            state.remove(place, id, at);
            return Ok(id);
        }
        let record = changed(table, table.records.get(&id), id, change, now)?;
        state.put(place, record, at);
        for link in &change.associations {
            link_in(&mut state, (place, id), link, at)?;
        }
        Ok(id)
    }

    /// Makes or removes a link, without touching the record otherwise.
    ///
    /// # Errors
    /// When it names something that does not exist.
    pub fn link(&self, object: &str, id: u64, link: &NewLink) -> Result<(), PortalError> {
        let at = self.world.clock.now_ms();
        let mut state = self.world.write();
        let place = state.resolve(object).ok_or_else(|| PortalError::UnknownObject(object.to_owned()))?;
        link_in(&mut state, (place, id), link, at)
    }

    /// Archives (deletes) a row; bringing it back is a change with `archived: Some(false)`.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn archive(&self, object: &str, id: u64) -> Result<(), PortalError> {
        let change = Change { id: Some(id.to_string()), archived: Some(true), ..Change::default() };
        self.change(object, &change).map(|_| ())
    }

    /// Every link from one object type to another.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn links(&self, from: &str, to: &str) -> Result<Vec<StoredLink>, PortalError> {
        let state = self.world.read();
        let place =
            |name: &str| state.resolve(name).ok_or_else(|| PortalError::UnknownObject(name.to_owned()));
        let (from, to) = (place(from)?, place(to)?);
        Ok(state.links.all(from, to).map(|(id, link)| (id, link.to, link.types.clone())).collect())
    }

    /// The property definitions of an object type, archived ones too.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn properties(&self, object: &str) -> Result<Vec<PropertyDefinition>, PortalError> {
        let state = self.world.read();
        Ok(table(&state, object)?.properties.iter().cloned().collect())
    }

    /// Adds a property, or replaces the definition of that name.
    ///
    /// # Errors
    /// When there is no such object type.
    pub fn put_property(&self, object: &str, definition: PropertyDefinition) -> Result<(), PortalError> {
        let mut state = self.world.write();
        table_mut(&mut state, object)?.properties.put(definition);
        Ok(())
    }

    /// Archives a property (or brings it back).
    ///
    /// # Errors
    /// When there is no such object type or property.
    pub fn archive_property(&self, object: &str, name: &str, archived: bool) -> Result<(), PortalError> {
        let mut state = self.world.write();
        let found = table_mut(&mut state, object)?.properties.archive(name, archived);
        if found { Ok(()) } else { Err(PortalError::UnknownProperty(name.to_owned())) }
    }

    /// Adds a custom object type `2-<number>` whose records are shown by the text property `display`.
    pub fn add_object(&self, number: u32, singular: &str, plural: &str, display: &str) {
        let kind =
            Kind::custom(self.world.settings.portal_id, &format!("2-{number}"), singular, plural, display);
        let mut properties = catalogue::properties(&kind);
        properties.put(PropertyDefinition::user_defined(
            display,
            "string",
            "text",
            &format!("{singular}information"),
        ));
        self.world.write().tables.push(Table::new(kind, properties));
    }
}

/// Makes or removes the links of a change.
fn link_in(state: &mut State, from: (usize, u64), link: &NewLink, at: i64) -> Result<(), PortalError> {
    let to = state.resolve(&link.to).ok_or_else(|| PortalError::UnknownObject(link.to.clone()))?;
    let to = (to, number(&link.id)?);
    if link.removed {
        state.unlink(from, to, at);
        return Ok(());
    }
    let plain = state.links.types(from.0, to.0).find(|t| t.label.is_none()).map(|t| t.id);
    let types = if link.type_ids.is_empty() { plain.into_iter().collect() } else { link.type_ids.clone() };
    for type_id in &types {
        if !state.link(from, to, *type_id, at) {
            return Err(PortalError::UnknownLinkType(type_id.to_string()));
        }
    }
    if types.is_empty() { Err(PortalError::UnknownLinkType(format!("to {}", link.to))) } else { Ok(()) }
}

/// The row with a change applied.
fn changed(
    table: &Table,
    old: Option<&Record>,
    id: u64,
    change: &Change,
    now: i64,
) -> Result<Record, PortalError> {
    let mut record = old.cloned().unwrap_or_else(|| Record {
        id,
        created: now,
        updated: now,
        archived: None,
        values: Values::default(),
    });
    record.updated = now;
    for (name, value) in &change.properties {
        match table.column(name).ok_or_else(|| PortalError::UnknownProperty(name.clone()))? {
            state::Column::Id => return Err(PortalError::Invalid(name.clone())),
            state::Column::Created => record.created = instant(value.as_deref().unwrap_or_default())?,
            state::Column::Modified => record.updated = instant(value.as_deref().unwrap_or_default())?,
            state::Column::Stored(index) => record.values = record.values.with(index, value.as_deref()),
        }
    }
    if let Some(text) = &change.created_at {
        record.created = instant(text)?;
    }
    if let Some(text) = &change.updated_at {
        record.updated = instant(text)?;
    }
    match change.archived {
        Some(true) => record.archived = Some(record.archived.unwrap_or(now)),
        Some(false) => record.archived = None,
        None => {}
    }
    Ok(record)
}

fn row(table: &Table, record: &Record) -> Row {
    let stored = record
        .values
        .iter()
        .filter_map(|(index, text)| Some((&table.properties.get(index)?.name, text.to_owned())));
    let special = ["hs_object_id", &table.kind.created, &table.kind.modified];
    let special = special
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), record.text(table.column(name)?)?.into_owned())));
    Row {
        id: record.id,
        properties: stored.map(|(name, text)| (name.clone(), text)).chain(special).collect(),
        created_at: iso(record.created),
        updated_at: iso(record.updated),
        archived: record.archived.is_some(),
        archived_at: record.archived.map(iso),
    }
}

fn table<'a>(state: &'a State, object: &str) -> Result<&'a Table, PortalError> {
    let place = state.resolve(object).ok_or_else(|| PortalError::UnknownObject(object.to_owned()))?;
    Ok(&state.tables[place])
}

fn table_mut<'a>(state: &'a mut State, object: &str) -> Result<&'a mut Table, PortalError> {
    let place = state.resolve(object).ok_or_else(|| PortalError::UnknownObject(object.to_owned()))?;
    Ok(&mut state.tables[place])
}

pub(crate) fn number(text: &str) -> Result<u64, PortalError> {
    text.parse().map_err(|_| PortalError::Invalid(text.to_owned()))
}

fn instant(text: &str) -> Result<i64, PortalError> {
    let ms = parse(text).ok_or_else(|| PortalError::Invalid(text.to_owned()))?;
    // Out of what a timestamp can hold, it could not be written again.
    Timestamp::from_millisecond(ms).map(|_| ms).map_err(|_| PortalError::Invalid(text.to_owned()))
}
