//! What a data source shows: the owner's [`Definition`], and the [`StoredModel`] that discovery makes of it.
//!
//! The stored model holds names and types and no values. It is kept with a version, so that `$metadata`, rows and every
//! replica agree on it, and so that a page link can name the model it was made for.

mod columns;
mod definition;
mod discover;
mod drift;
mod edm;
mod fixed;
mod names;
mod navigation;
mod nearest;
mod objects;
mod pairs;
mod renew;
mod rows;
#[cfg(test)]
pub(crate) mod sample;
mod standard;
pub mod values;

use serde::{Deserialize, Serialize};

pub use definition::{Dates, Definition, DefinitionError, Labels, ObjectChoice};
pub use discover::{DiscoverError, discover};
pub use drift::drifted;
pub use edm::edm;
pub use navigation::{StoredNavigation, Way};
pub use objects::settle;
pub use renew::{Changes, NewTypes, edited, rediscover, refreshed};
pub use rows::{Converted, Nulled, record_row};
pub(crate) use rows::{history_rows, link_row, list_row, membership_row, owner_row, pipeline_row, stage_row};

/// The names of all standard objects that can be chosen, with what HubSpot's paths call them.
pub fn standard_objects() -> impl Iterator<Item = (&'static str, &'static str)> {
    standard::STANDARD.iter().map(|object| (object.name, object.path))
}

/// The form of the JSON of [`StoredModel`]; raised when an older program could not read a newer one.
const FORMAT: u32 = 1;

/// The entity sets of a data source, in the order they are listed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredModel {
    /// The form of this JSON.
    format: u32,
    /// The entity sets; the set at index `n` is the set with id `n` in [`edm`].
    pub sets: Vec<StoredSet>,
    /// What was chosen and is not shown, because the credential may not read it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
}

/// Entity sets that are not shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The name of the set, or of the choice that makes several.
    pub name: String,
    /// The scopes that reading it takes, as HubSpot names them: any of them, or all.
    pub scopes: Vec<String>,
    /// As they were when they were last shown: their columns stay in their places when they come back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sets: Vec<StoredSet>,
}

/// One entity set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredSet {
    /// Its name in the URL.
    pub name: String,
    /// Where its rows come from.
    pub origin: Origin,
    /// Its columns, the key first; rows are aligned to them.
    pub properties: Vec<StoredProperty>,
    /// Its ways to other sets; none in models of programs that had no such ways.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub navigation: Vec<StoredNavigation>,
    /// The name of its entity type; none: made of its origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_name: Option<String>,
    /// A sentence for people; none: made of its origin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Deleted records are rows as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

/// Where the rows of an entity set come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The records of a CRM object, as HubSpot's paths name it, keyed by `id`.
    Object(String),
    /// What properties of an object's records were and are, keyed by `id`.
    History {
        /// The object, as HubSpot's paths name it.
        object: String,
        /// HubSpot's names of the properties.
        properties: Vec<String>,
    },
    /// The portal's lists, keyed by `id`.
    Lists,
    /// Which records are on them, keyed by `id`.
    Memberships,
    /// The owners, keyed by `id`.
    Owners,
    /// The pipelines of these objects, keyed by `object_type` and `id`.
    Pipelines(Vec<String>),
    /// The stages of these objects' pipelines, keyed by `object_type` and `id`.
    Stages(Vec<String>),
    /// The associations from one object to another, keyed by `id`.
    Links {
        /// The object the links are read from.
        from: String,
        /// The object they lead to.
        to: String,
    },
}

/// One column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredProperty {
    /// Its name in OData.
    pub name: String,
    /// Its name at HubSpot.
    pub hubspot: String,
    /// HubSpot's word for its type; an open set.
    pub hubspot_type: String,
    /// How its values are read.
    pub kind: Kind,
    /// The name people know it by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// A sentence for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// How HubSpot's search treats it.
    #[serde(default)]
    pub search: Searching,
    /// Values and their labels, when the column shows labels instead of values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<(String, String)>,
    /// It tells whether the record was deleted, and no property is behind it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletion: bool,
    /// HubSpot no longer has the property: the column is empty.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub vanished: bool,
    /// HubSpot's word for the type that the property has now, when the column kept another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retyped: Option<String>,
}

/// How the text of a property is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A whole number: ids and positions.
    Integer,
    /// A decimal number.
    Number,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// Anything else.
    Text,
}

/// What HubSpot's search does with comparisons on a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Searching {
    /// Nothing we rely on: the filter stays with us.
    #[default]
    Never,
    /// Compares by the property's kind; text without regard to case.
    ByKind,
    /// Compares enumeration values exactly.
    Exact,
}

/// The record's id as HubSpot's search and lists name it.
pub(crate) const OBJECT_ID: &str = "hs_object_id";

impl StoredModel {
    pub(crate) fn new(mut sets: Vec<StoredSet>) -> Self {
        navigation::connect(&mut sets);
        Self { format: FORMAT, sets, left_out: Vec::new() }
    }

    /// Reads a stored model.
    ///
    /// # Errors
    /// When the text is not one, or was written by a newer program.
    pub fn from_json(text: &str) -> Result<Self, ModelReadError> {
        let model: Self = serde_json::from_str(text).map_err(|error| ModelReadError(error.to_string()))?;
        if model.format > FORMAT {
            return Err(ModelReadError(format!("its format {} is newer than {FORMAT}", model.format)));
        }
        Ok(model)
    }

    /// The text that is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The entity set of that name, with its index.
    #[must_use]
    pub fn set(&self, name: &str) -> Option<(usize, &StoredSet)> {
        self.sets.iter().enumerate().find(|(_, set)| set.name == name)
    }

    /// The scopes that an entity set of that name takes, if it was chosen and is not shown for want of them.
    #[must_use]
    pub fn missing_scopes(&self, name: &str) -> Option<&[String]> {
        let is = |left: &&LeftOut| left.name == name || left.sets.iter().any(|set| set.name == name);
        self.left_out.iter().find(is).map(|left| left.scopes.as_slice())
    }

    /// What people know the object of a list by, which HubSpot names by its type id.
    #[must_use]
    pub fn list_object<'a>(&'a self, type_id: &'a str) -> &'a str {
        match standard::of_type(type_id) {
            Some(object) => object.name,
            None => self.object_name(type_id),
        }
    }

    /// What people know an object by that HubSpot's paths name so.
    #[must_use]
    pub fn object_name<'a>(&'a self, path: &'a str) -> &'a str {
        let is = |set: &&StoredSet| matches!(&set.origin, Origin::Object(object) if object == path);
        self.sets.iter().find(is).map_or(path, |set| set.name.as_str())
    }
}

/// The objects of which HubSpot documents which properties its full text looks at.
const SEARCHABLE: [&str; 4] = ["contacts", "companies", "deals", "tickets"];

impl StoredSet {
    /// A set without ways and words.
    pub(crate) fn new(name: String, origin: Origin, properties: Vec<StoredProperty>) -> Self {
        Self {
            name,
            origin,
            properties,
            navigation: Vec::new(),
            type_name: None,
            description: None,
            archived: false,
        }
    }

    /// Whether HubSpot has a full text of its rows. It has none of deleted ones.
    #[must_use]
    pub fn is_searchable(&self) -> bool {
        let known = |object: &String| SEARCHABLE.contains(&object.as_str());
        !self.archived && matches!(&self.origin, Origin::Object(object) if known(object))
    }

    /// HubSpot's names of what these columns need; never none, because HubSpot would then send a default set.
    #[must_use]
    pub fn asked(&self, columns: &[usize]) -> Vec<String> {
        let mut names = vec![OBJECT_ID.to_owned()];
        for column in columns.iter().filter_map(|index| self.properties.get(*index)) {
            if !column.deletion && !column.vanished && !names.contains(&column.hubspot) {
                names.push(column.hubspot.clone());
            }
        }
        names
    }

    /// The names of the key properties, which are the first columns.
    #[must_use]
    pub fn key(&self) -> &'static [&'static str] {
        match self.origin {
            Origin::Pipelines(_) | Origin::Stages(_) => &["object_type", "id"],
            _ => &["id"],
        }
    }
}

/// A stored model that this program cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the stored model cannot be read: {0}")]
pub struct ModelReadError(String);

impl StoredProperty {
    /// A column that has the same name at HubSpot and no words about it.
    pub(crate) fn plain(name: &str, kind: Kind) -> Self {
        Self {
            name: name.to_owned(),
            hubspot: name.to_owned(),
            hubspot_type: kind.hubspot_type().to_owned(),
            kind,
            label: None,
            description: None,
            search: Searching::Never,
            labels: Vec::new(),
            deletion: false,
            vanished: false,
            retyped: None,
        }
    }
}

impl Kind {
    /// By HubSpot's `type` only: `fieldType` says how a value is edited, not what it is.
    #[must_use]
    pub fn of(hubspot_type: &str) -> Self {
        match hubspot_type {
            "number" => Self::Number,
            "bool" => Self::Boolean,
            "date" => Self::Date,
            "datetime" => Self::DateTime,
            _ => Self::Text,
        }
    }

    fn hubspot_type(self) -> &'static str {
        match self {
            Self::Integer | Self::Number => "number",
            Self::Boolean => "bool",
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Text => "string",
        }
    }
}
