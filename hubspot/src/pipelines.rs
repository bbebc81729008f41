//! The pipelines of an object, and their stages.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::budget::Kind;
use crate::exchange::{Question, segment};
use crate::wire::{self, Results};
use crate::{API_VERSION, Call, Client, Error};

/// A pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pipeline {
    /// What `pipeline` or `hs_pipeline` holds; unique within its object.
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// Name for people.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub label: String,
    /// Place in HubSpot's order.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub display_order: i64,
    /// In the order sent.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub stages: Vec<Stage>,
    /// RFC 3339, as sent.
    #[serde(default)]
    pub created_at: Option<String>,
    /// RFC 3339, as sent.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// Deleted.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub archived: bool,
}

/// A stage of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stage {
    /// What `dealstage` or `hs_pipeline_stage` holds.
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// Name for people.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub label: String,
    /// Place in the pipeline.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub display_order: i64,
    /// `isClosed` and `probability` for deals, `ticketState` for tickets; values are text.
    #[serde(default, deserialize_with = "metadata")]
    pub metadata: BTreeMap<String, String>,
    /// RFC 3339, as sent.
    #[serde(default)]
    pub created_at: Option<String>,
    /// RFC 3339, as sent.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// Deleted.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub archived: bool,
}

fn metadata<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    struct Entry(#[serde(deserialize_with = "wire::optional_text")] Option<String>);

    let read = Option::<BTreeMap<String, Entry>>::deserialize(from)?.unwrap_or_default();
    Ok(read.into_iter().filter_map(|(name, entry)| Some((name, entry.0?))).collect())
}

impl Client {
    /// The pipelines of an object with their stages.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn pipelines(&self, call: &Call, object: &str) -> Result<Vec<Pipeline>, Error> {
        let path = format!("/crm/pipelines/{API_VERSION}/{}", segment(object)?);
        let answer: Results<Pipeline> = self.ask(call, &Question::get(Kind::List, path)).await?;
        Ok(answer.results)
    }
}

#[cfg(test)]
mod tests {
    use crate::scripted::{Answer, Script, soon};

    #[tokio::test]
    async fn stages_come_with_their_metadata_as_text() {
        let answer = r#"{"results":[{"id":"default","label":"Sales","displayOrder":0,"archived":false,"stages":[{"id":"won",
            "label":"Won","displayOrder":5,"metadata":{"isClosed":"true","probability":"1.0","odd":null,"count":3}},{"id":7}]}]}"#;
        let script = Script::of([Answer::json(200, answer)]).await;
        let pipelines = script.client().pipelines(&soon(), "deals").await.unwrap();
        let [won, bare] = pipelines[0].stages.as_slice() else { panic!() };
        let metadata: Vec<_> =
            won.metadata.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(metadata, [("count", "3"), ("isClosed", "true"), ("probability", "1.0")]);
        assert_eq!((bare.id.as_str(), bare.label.as_str()), ("7", ""));
    }
}
