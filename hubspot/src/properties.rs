//! What an object's records can hold.

use serde::Deserialize;

use crate::budget::Kind;
use crate::exchange::{Question, segment};
use crate::wire::{self, Results};
use crate::{API_VERSION, Call, Client, Error};

/// A property of an object. What HubSpot leaves out is empty or false.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PropertyDefinition {
    /// Internal name.
    pub name: String,
    /// Name for people.
    #[serde(deserialize_with = "wire::or_default")]
    pub label: String,
    /// HubSpot's `type`: what values mean. `string`, `number`, `date`, `datetime`, `bool`, `enumeration`,
    /// `phone_number`, `json`, `object_coordinates`, or something newer.
    #[serde(rename = "type")]
    pub value_type: String,
    /// How HubSpot's forms show it; says nothing about values.
    #[serde(deserialize_with = "wire::or_default")]
    pub field_type: String,
    /// Internal name of its group.
    #[serde(deserialize_with = "wire::or_default")]
    pub group_name: String,
    /// Explanation for people.
    #[serde(deserialize_with = "wire::or_default")]
    pub description: String,
    /// Values of an enumeration; some have none here.
    #[serde(deserialize_with = "wire::or_default")]
    pub options: Vec<PropertyOption>,
    /// HubSpot computes it; it can change without the record's time of modification.
    #[serde(deserialize_with = "wire::or_default")]
    pub calculated: bool,
    /// The options are kept elsewhere (owners, for example).
    #[serde(deserialize_with = "wire::or_default")]
    pub external_options: bool,
    /// Kind of thing whose ids it holds, such as `OWNER`.
    pub referenced_object_type: Option<String>,
    /// No two records have the same value.
    #[serde(deserialize_with = "wire::or_default")]
    pub has_unique_value: bool,
    /// Not shown to HubSpot's users.
    #[serde(deserialize_with = "wire::or_default")]
    pub hidden: bool,
    /// Comes with HubSpot; false also when HubSpot does not say.
    #[serde(deserialize_with = "wire::or_default")]
    pub hubspot_defined: bool,
    /// An amount of money.
    #[serde(deserialize_with = "wire::or_default")]
    pub show_currency_symbol: bool,
    /// The property that holds the amount's currency.
    pub currency_property_name: Option<String>,
    /// `non_sensitive`, `sensitive` or `highly_sensitive`.
    pub data_sensitivity: Option<String>,
    /// Deleted.
    #[serde(deserialize_with = "wire::or_default")]
    pub archived: bool,
}

/// A value of an enumeration.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PropertyOption {
    /// What records hold.
    #[serde(deserialize_with = "wire::text")]
    pub value: String,
    /// What people see.
    #[serde(deserialize_with = "wire::or_default")]
    pub label: String,
    /// No longer offered.
    #[serde(deserialize_with = "wire::or_default")]
    pub hidden: bool,
}

/// How HubSpot protects the values of properties. Each kind is asked for by itself, and needs a scope of its own.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sensitivity {
    /// Nearly all properties.
    #[default]
    NonSensitive,
    /// Such as numbers of documents.
    Sensitive,
    /// Such as health data.
    HighlySensitive,
}

impl Sensitivity {
    /// HubSpot's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NonSensitive => "non_sensitive",
            Self::Sensitive => "sensitive",
            Self::HighlySensitive => "highly_sensitive",
        }
    }
}

impl Client {
    /// The properties of an object: present ones, without those HubSpot counts as sensitive.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn properties(&self, call: &Call, object: &str) -> Result<Vec<PropertyDefinition>, Error> {
        let path = format!("/crm/properties/{API_VERSION}/{}", segment(object)?);
        self.definitions(call, path).await
    }

    /// The properties of an object that are protected like this: the present ones, or the archived ones.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::ScopeMissing`] when the credential may not read such values.
    pub async fn properties_with(
        &self,
        call: &Call,
        object: &str,
        sensitivity: Sensitivity,
        archived: bool,
    ) -> Result<Vec<PropertyDefinition>, Error> {
        let (object, level) = (segment(object)?, sensitivity.as_str());
        let path =
            format!("/crm/properties/{API_VERSION}/{object}?dataSensitivity={level}&archived={archived}");
        self.definitions(call, path).await
    }

    async fn definitions(&self, call: &Call, path: String) -> Result<Vec<PropertyDefinition>, Error> {
        let answer: Results<PropertyDefinition> = self.ask(call, &Question::get(Kind::List, path)).await?;
        match answer.results.iter().find(|p| p.name.is_empty() || p.value_type.is_empty()) {
            Some(_) => Err(Error::malformed("a property without name or type")),
            None => Ok(answer.results),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    #[tokio::test]
    async fn a_definition_needs_only_name_and_type() {
        let answer = r#"{"results":[{"name":"hubspot_owner_id","label":"Owner","type":"enumeration","fieldType":"select",
            "options":[],"externalOptions":true,"referencedObjectType":"OWNER","hubspotDefined":true,"displayOrder":-1},
            {"name":"tier","type":"enumeration","label":null,"options":[{"label":"Gold","value":"g","displayOrder":0,
            "hidden":false,"description":null}],"modificationMetadata":{"archivable":true}}]}"#;
        let script = Script::of([Answer::json(200, answer)]).await;
        let found = script.client().properties(&soon(), "contacts").await.unwrap();
        assert!(found[0].external_options && found[0].hubspot_defined);
        assert_eq!(found[0].referenced_object_type.as_deref(), Some("OWNER"));
        let gold = PropertyOption { value: "g".to_owned(), label: "Gold".to_owned(), hidden: false };
        assert_eq!((found[1].value_type.as_str(), found[1].options.as_slice()), ("enumeration", &[gold][..]));
        assert!(!found[1].hubspot_defined);
    }

    #[tokio::test]
    async fn sensitive_and_archived_properties_are_asked_for_by_themselves() {
        let script = Script::of([Answer::json(200, r#"{"results":[]}"#)]).await;
        let client = script.client();
        client.properties_with(&soon(), "deals", Sensitivity::HighlySensitive, true).await.unwrap();
        let path = "/crm/properties/2026-09/deals?dataSensitivity=highly_sensitive&archived=true";
        assert_eq!(script.targets(), [path]);
    }

    #[tokio::test]
    async fn a_definition_without_type_cannot_be_used() {
        let script = Script::of([Answer::json(200, r#"{"results":[{"name":"a"}]}"#)]).await;
        assert!(matches!(script.client().properties(&soon(), "deals").await, Err(Error::Malformed { .. })));
    }
}
