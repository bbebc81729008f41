//! What the owner of a data source chose: objects, their properties, a filter for each, and how enumerations show.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::nearest::nearest;

/// The CRM objects that can be chosen, with the name of their entity type.
pub(crate) const CRM_OBJECTS: [(&str, &str); 6] = [
    ("contacts", "Contact"),
    ("companies", "Company"),
    ("deals", "Deal"),
    ("tickets", "Ticket"),
    ("products", "Product"),
    ("line_items", "LineItem"),
];

/// The other things that can be chosen. Their columns are fixed.
pub(crate) const REFERENCE_OBJECTS: [&str; 2] = ["owners", "pipelines"];

/// The owner's choice.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// In the order in which they are listed.
    pub objects: Vec<ObjectChoice>,
    /// How enumerations show.
    #[serde(default)]
    pub labels: Labels,
}

/// One object of a data source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectChoice {
    /// HubSpot's plural name: `contacts`.
    pub object: String,
    /// HubSpot's property names; `None` takes all that are neither hidden nor sensitive.
    #[serde(default)]
    pub properties: Option<Vec<String>>,
    /// An OData `$filter` that every row has to match.
    #[serde(default)]
    pub filter: Option<String>,
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
            known(&choice.object)?;
            if !seen.insert(choice.object.as_str()) {
                return Err(DefinitionError::Twice(choice.object.clone()));
            }
            if choice.properties.is_some() && REFERENCE_OBJECTS.contains(&choice.object.as_str()) {
                return Err(DefinitionError::FixedColumns(choice.object.clone()));
            }
        }
        Ok(())
    }
}

fn known(object: &str) -> Result<(), DefinitionError> {
    let mut names = CRM_OBJECTS.iter().map(|(name, _)| *name).chain(REFERENCE_OBJECTS);
    if names.clone().any(|name| name == object) {
        return Ok(());
    }
    let nearest = nearest(object, &mut names).map(str::to_owned);
    Err(DefinitionError::UnknownObject { object: object.to_owned(), nearest })
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
            refusal(r#"{"objects":[{"object":"contact"}]}"#),
            "there is no object `contact`; did you mean `contacts`?"
        );
        assert_eq!(refusal(r#"{"objects":[{"object":"zebras"}]}"#), "there is no object `zebras`");
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
