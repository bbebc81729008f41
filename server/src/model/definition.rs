//! What the owner of a data source chose: objects, their properties, a filter for each, and how enumerations show.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::nearest::nearest;
use super::standard::STANDARD;

/// The other things that can be chosen. Their columns are fixed.
pub(crate) const REFERENCE_OBJECTS: [&str; 3] = ["owners", "pipelines", "lists"];

/// The owner's choice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// In the order in which they are listed.
    pub objects: Vec<ObjectChoice>,
    /// How enumerations show.
    #[serde(default)]
    pub labels: Labels,
    /// How days show.
    #[serde(default, skip_serializing_if = "Dates::is_default")]
    pub dates: Dates,
}

/// One object of a data source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectChoice {
    /// The name of the entity set: HubSpot's plural name of a standard object (`contacts`), the internal name of a custom
    /// one (`vehicle`). As somebody writes it, a custom object may also be its type id (`2-123`), its qualified name or
    /// a label: [`super::settle`] makes the name of it.
    pub object: String,
    /// HubSpot's property names; `None` takes all that are neither hidden nor sensitive.
    #[serde(default)]
    pub properties: Option<Vec<String>>,
    /// An OData `$filter` that every row has to match.
    #[serde(default)]
    pub filter: Option<String>,
    /// Properties whose former values are shown as well, in an entity set of their own: `deals_history`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<String>,
    /// Deleted records are rows as well, told apart by a column `archived`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub archived: bool,
}

/// What a column of a day shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dates {
    /// The day.
    #[default]
    Date,
    /// Its first instant in UTC, for clients that know no days.
    DateTime,
}

impl Dates {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What a column of an enumeration shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Labels {
    /// The internal values, which joins and other systems use.
    #[default]
    Values,
    /// The labels that HubSpot's own pages show.
    Labels,
    /// The values, and the labels in a second column `<name>__label`.
    Both,
}

/// A definition that makes no data source.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    /// The text is not the JSON of a definition.
    #[error("the definition cannot be read: {0}")]
    Unreadable(String),
    /// Nothing is chosen.
    #[error("a data source needs at least one object, for example `contacts`")]
    Empty,
    /// An object that Feedgate does not offer.
    #[error("there is no object `{object}`{}", hint(nearest.as_deref()))]
    UnknownObject {
        /// As written.
        object: String,
        /// The name that was probably meant.
        nearest: Option<String>,
    },
    /// An object is chosen twice.
    #[error("the object `{0}` is chosen twice")]
    Twice(String),
    /// Properties were listed for an object whose columns are fixed.
    #[error("the columns of `{0}` are fixed: leave its properties out")]
    FixedColumns(String),
    /// A history or deleted rows were asked of what has none.
    #[error("`{0}` has neither a history nor deleted rows to show")]
    NoRecords(String),
}

pub(super) fn hint(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default()
}

impl Definition {
    /// Reads and checks a stored or written definition. Properties and filters are checked by discovery.
    ///
    /// # Errors
    /// When it is unreadable, empty, or names an object that cannot be chosen.
    pub fn from_json(text: &str) -> Result<Self, DefinitionError> {
        let definition: Self =
            serde_json::from_str(text).map_err(|error| DefinitionError::Unreadable(error.to_string()))?;
        definition.check()?;
        Ok(definition)
    }

    /// The text that is stored.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The filter the owner gave an object.
    #[must_use]
    pub fn filter(&self, object: &str) -> Option<&str> {
        let choice = self.objects.iter().find(|choice| choice.object == object)?;
        choice.filter.as_deref().filter(|text| !text.trim().is_empty())
    }

    /// Checks what can be checked without HubSpot.
    ///
    /// # Errors
    /// The first thing found wrong.
    pub fn check(&self) -> Result<(), DefinitionError> {
        if self.objects.is_empty() {
            return Err(DefinitionError::Empty);
        }
        let mut seen = HashSet::new();
        for choice in &self.objects {
            well_formed(&choice.object)?;
            if !seen.insert(choice.object.as_str()) {
                return Err(DefinitionError::Twice(choice.object.clone()));
            }
            if !REFERENCE_OBJECTS.contains(&choice.object.as_str()) {
                continue;
            }
            if choice.properties.is_some() {
                return Err(DefinitionError::FixedColumns(choice.object.clone()));
            }
            if choice.archived || !choice.history.is_empty() {
                return Err(DefinitionError::NoRecords(choice.object.clone()));
            }
        }
        Ok(())
    }
}

impl ObjectChoice {
    /// All of an object.
    #[must_use]
    pub fn all_of(object: impl Into<String>) -> Self {
        Self { object: object.into(), properties: None, filter: None, history: Vec::new(), archived: false }
    }
}

/// Whether a portal may have an object called so: which custom objects there are, only HubSpot knows.
fn well_formed(object: &str) -> Result<(), DefinitionError> {
    let word = object.starts_with(|c: char| c.is_ascii_alphabetic())
        && object.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if word || is_type_id(object) { Ok(()) } else { Err(unknown_object(object, [])) }
}

/// `2-123`
pub(super) fn is_type_id(object: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    object.split_once('-').is_some_and(|(kind, number)| digits(kind) && digits(number))
}

/// The refusal of a name that nothing has; `custom` are the portal's own objects.
pub(super) fn unknown_object<'a>(object: &str, custom: impl IntoIterator<Item = &'a str>) -> DefinitionError {
    let standard = STANDARD.iter().map(|object| object.name);
    let mut names = standard.chain(REFERENCE_OBJECTS).chain(custom);
    let nearest = nearest(object, &mut names).map(str::to_owned);
    DefinitionError::UnknownObject { object: object.to_owned(), nearest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_definition_survives_being_stored() {
        let text = r#"{"objects":[{"object":"contacts","properties":["email"],"filter":"email ne null"},{"object":"owners"}],"labels":"both"}"#;
        let definition = Definition::from_json(text).unwrap();
        assert_eq!(definition.filter("contacts"), Some("email ne null"));
        assert_eq!(definition.filter("owners"), None);
        assert_eq!(definition.labels, Labels::Both);
        assert_eq!(Definition::from_json(&definition.to_json()), Ok(definition));
    }

    fn refusal(text: &str) -> String {
        Definition::from_json(text).unwrap_err().to_string()
    }

    #[test]
    fn what_makes_no_data_source_is_refused_with_a_hint() {
        assert_eq!(
            refusal(r#"{"objects":[]}"#),
            "a data source needs at least one object, for example `contacts`"
        );
        assert_eq!(
            refusal(r#"{"objects":[{"object":"line items"}]}"#),
            "there is no object `line items`; did you mean `line_items`?"
        );
        assert_eq!(
            refusal(r#"{"objects":[{"object":"lists","archived":true}]}"#),
            "`lists` has neither a history nor deleted rows to show"
        );
        assert_eq!(
            refusal(r#"{"objects":[{"object":"deals"},{"object":"deals"}]}"#),
            "the object `deals` is chosen twice"
        );
        assert_eq!(
            refusal(r#"{"objects":[{"object":"owners","properties":["email"]}]}"#),
            "the columns of `owners` are fixed: leave its properties out"
        );
        assert!(refusal(r#"{"object":[]}"#).starts_with("the definition cannot be read"));
    }
}
