//! The objects a portal has defined itself.

use serde::Deserialize;

use crate::budget::Kind;
use crate::exchange::Question;
use crate::wire::{self, Results};
use crate::{API_VERSION, Call, Client, Error, PropertyDefinition};

/// A custom object. What HubSpot leaves out is empty or false.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ObjectSchema {
    /// Number of the schema.
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// `2-<number>`: what every call takes as the object's name.
    pub object_type_id: String,
    /// `p<portal>_<name>`
    #[serde(deserialize_with = "wire::or_default")]
    pub fully_qualified_name: String,
    /// Internal name; a standard object may have the same.
    pub name: String,
    /// Names for people.
    #[serde(deserialize_with = "wire::or_default")]
    pub labels: ObjectLabels,
    /// The property that stands for a record.
    pub primary_display_property: Option<String>,
    /// Further ones beside it.
    #[serde(deserialize_with = "wire::or_default")]
    pub secondary_display_properties: Vec<String>,
    /// Those a search's full text looks into.
    #[serde(deserialize_with = "wire::or_default")]
    pub searchable_properties: Vec<String>,
    /// Those every record has.
    #[serde(deserialize_with = "wire::or_default")]
    pub required_properties: Vec<String>,
    /// `PORTAL_SPECIFIC`, or `HUBSPOT` for a standard object.
    pub meta_type: Option<String>,
    /// RFC 3339, as sent.
    pub created_at: Option<String>,
    /// RFC 3339, as sent.
    pub updated_at: Option<String>,
    /// What its records can hold.
    #[serde(deserialize_with = "wire::or_default")]
    pub properties: Vec<PropertyDefinition>,
    /// What its records can belong to.
    #[serde(deserialize_with = "wire::or_default")]
    pub associations: Vec<AssociationDefinition>,
    /// Deleted.
    #[serde(deserialize_with = "wire::or_default")]
    pub archived: bool,
}

/// Names of an object for people.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ObjectLabels {
    /// For one.
    pub singular: Option<String>,
    /// For many.
    pub plural: Option<String>,
}

/// Two objects whose records can belong together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct AssociationDefinition {
    /// Number of the definition.
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// One end.
    pub from_object_type_id: String,
    /// The other.
    pub to_object_type_id: String,
    /// Internal name.
    pub name: Option<String>,
}

impl Client {
    /// The custom objects of the portal.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn schemas(&self, call: &Call) -> Result<Vec<ObjectSchema>, Error> {
        let path = format!("/crm-object-schemas/{API_VERSION}/schemas");
        let answer: Results<ObjectSchema> = self.ask(call, &Question::get(Kind::List, path)).await?;
        match answer.results.iter().find(|schema| schema.object_type_id.is_empty() || schema.name.is_empty())
        {
            Some(_) => Err(Error::malformed("a custom object without name or type id")),
            None => Ok(answer.results),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scripted::{Answer, Script, soon};

    #[tokio::test]
    async fn a_custom_object_is_read_with_its_properties() {
        let answer = r#"{"results":[{"id":"3604285","objectTypeId":"2-3604285","fullyQualifiedName":"p20858235_car","name":"car",
            "labels":{"singular":"Car","plural":"Cars"},"primaryDisplayProperty":"VIN","properties":[{"name":"VIN","type":"string"}],
            "associations":[{"id":"39","fromObjectTypeId":"2-3604285","toObjectTypeId":"0-1","name":"car_to_contact","createdAt":null}],
            "metaType":"PORTAL_SPECIFIC"}]}"#;
        let script = Script::of([Answer::json(200, answer)]).await;
        let schemas = script.client().schemas(&soon()).await.unwrap();
        assert_eq!(schemas[0].object_type_id, "2-3604285");
        assert_eq!(schemas[0].labels.plural.as_deref(), Some("Cars"));
        assert_eq!(schemas[0].properties[0].name, "VIN");
        assert_eq!(schemas[0].associations[0].to_object_type_id, "0-1");
        assert_eq!(script.targets(), ["/crm-object-schemas/2026-09/schemas"]);
    }
}
