//! What the properties of records were before, and since when.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

use crate::batch::{distinct, in_chunks};
use crate::budget::Kind;
use crate::exchange::{Question, encoded, segment};
use crate::list::LONGEST_URL;
use crate::wire::{self, BATCH_TRIES, BatchError, Id, Results};
use crate::{API_VERSION, Call, Client, Error, HISTORY_PAGE};

/// A value that a property had.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PropertyVersion {
    /// The value from then on; `None` or empty when it was cleared.
    #[serde(deserialize_with = "wire::optional_text")]
    pub value: Option<String>,
    /// Since when, RFC 3339 as sent.
    #[serde(deserialize_with = "wire::text")]
    pub timestamp: String,
    /// What changed it: `CRM_UI`, `IMPORT`, `API`, `AUTOMATION_PLATFORM` and others.
    pub source_type: Option<String>,
    /// Which of these.
    #[serde(deserialize_with = "wire::optional_text")]
    pub source_id: Option<String>,
    /// Name of the source for people.
    pub source_label: Option<String>,
    /// The user who changed it.
    #[serde(deserialize_with = "wire::optional_id")]
    pub updated_by_user_id: Option<u64>,
}

/// The history of a record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordHistory {
    /// `hs_object_id`.
    #[serde(deserialize_with = "wire::id")]
    pub id: u64,
    /// By internal property name, in the order HubSpot sent them: the present value first.
    #[serde(default, rename = "propertiesWithHistory", deserialize_with = "wire::or_default")]
    pub properties: BTreeMap<String, Vec<PropertyVersion>>,
    /// RFC 3339, as sent.
    #[serde(default)]
    pub created_at: Option<String>,
    /// RFC 3339, as sent.
    #[serde(default)]
    pub updated_at: Option<String>,
    /// Deleted, and still in the recycling bin.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub archived: bool,
}

/// Which page of histories.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HistoryRequest {
    /// As in [`ListRequest::after`](crate::ListRequest::after).
    pub after: Option<String>,
    /// Records, 1 to [`HISTORY_PAGE`].
    pub limit: u16,
    /// Internal names of the properties whose history is read.
    pub properties: Vec<String>,
    /// Deleted records, and only those.
    pub archived: bool,
}

/// A page of histories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryPage {
    /// In the order HubSpot sent them: ascending by id.
    pub records: Vec<RecordHistory>,
    /// The cursor of the next page; `None` on the last. A page may be short, even empty, without being the last.
    pub after: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    inputs: Vec<Id>,
    properties: [&'static str; 1],
    properties_with_history: &'a [String],
}

#[derive(Deserialize)]
struct Answer {
    results: Vec<RecordHistory>,
    #[serde(default, deserialize_with = "wire::or_default")]
    errors: Vec<BatchError>,
}

/// Without any name HubSpot would send a default set of present values beside the history.
const ID_ONLY: &str = "hs_object_id";

impl Client {
    /// One page of the histories of an object's records, ascending by id. With names too long for an address the ids
    /// are listed first.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list_history(
        &self,
        call: &Call,
        object: &str,
        request: &HistoryRequest,
    ) -> Result<HistoryPage, Error> {
        let path = path(object, request)?;
        if self.portal.base.len() + path.len() <= LONGEST_URL {
            let mut answer: Results<RecordHistory> = self.ask(call, &Question::get(Kind::List, path)).await?;
            let after = answer.next();
            return Ok(HistoryPage { records: answer.results, after });
        }
        let ids = crate::ListRequest {
            after: request.after.clone(),
            limit: request.limit.clamp(1, HISTORY_PAGE),
            properties: vec![ID_ONLY.to_owned()],
            archived: request.archived,
        };
        let page = self.list(call, object, &ids).await?;
        let ids: Vec<u64> = page.records.iter().map(|record| record.id).collect();
        let read = self.batch_history(call, object, &ids, &request.properties, request.archived).await?;
        let mut by_id: HashMap<u64, RecordHistory> =
            read.into_iter().map(|record| (record.id, record)).collect();
        Ok(HistoryPage { records: ids.iter().filter_map(|id| by_id.remove(id)).collect(), after: page.after })
    }

    /// The histories of the records with these ids, in no particular order. An id without a record is simply absent.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Malformed`] when HubSpot says nothing about an id, also when asked again.
    pub async fn batch_history(
        &self,
        call: &Call,
        object: &str,
        ids: &[u64],
        properties: &[String],
        archived: bool,
    ) -> Result<Vec<RecordHistory>, Error> {
        let path = format!("/crm/objects/{API_VERSION}/{}/batch/read?archived={archived}", segment(object)?);
        let ids = distinct(ids);
        let most = usize::from(HISTORY_PAGE);
        in_chunks(&ids, most, |chunk| self.history_chunk(call, &path, chunk, properties)).await
    }

    async fn history_chunk(
        &self,
        call: &Call,
        path: &str,
        ids: &[u64],
        names: &[String],
    ) -> Result<Vec<RecordHistory>, Error> {
        let (mut left, mut records) = (ids.to_vec(), Vec::with_capacity(ids.len()));
        for _ in 0..BATCH_TRIES {
            let inputs = left.iter().map(|id| Id { id: *id }).collect();
            let body = Body { inputs, properties: [ID_ONLY], properties_with_history: names };
            let question = Question::post(Kind::List, path.to_owned(), &body)?;
            let answer: Answer = self.ask(call, &question).await?;
            let found = answer.results.iter().map(|record| record.id).collect();
            left = wire::unanswered(left.iter().copied(), &found, answer.errors)?;
            records.extend(answer.results);
            if left.is_empty() {
                return Ok(records);
            }
        }
        Err(Error::malformed("a batch says nothing about some of its ids"))
    }
}

fn path(object: &str, request: &HistoryRequest) -> Result<String, Error> {
    let limit = request.limit.clamp(1, HISTORY_PAGE);
    let names: Vec<String> = request.properties.iter().map(|name| encoded(name)).collect();
    let after =
        request.after.as_deref().map(|after| format!("&after={}", encoded(after))).unwrap_or_default();
    Ok(format!(
        "/crm/objects/{API_VERSION}/{}?limit={limit}&archived={}{after}&properties={ID_ONLY}&propertiesWithHistory={}",
        segment(object)?,
        request.archived,
        names.join(",")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    const ROW: &str = r#"{"id":"7","properties":{"hs_object_id":"7"},"propertiesWithHistory":{"dealstage":[
        {"value":"closedwon","timestamp":"2026-02-01T00:00:00Z","sourceType":"CRM_UI","sourceId":"userId:1","updatedByUserId":1},
        {"value":"","timestamp":"2026-01-01T00:00:00Z"},{"value":null,"timestamp":"2025-12-01T00:00:00Z"}],"amount":[]},
        "createdAt":"2025-12-01T00:00:00Z","updatedAt":"2026-02-01T00:00:00Z","archived":false}"#;

    #[tokio::test]
    async fn fifty_histories_are_a_page() {
        let page = format!(r#"{{"results":[{ROW}],"paging":{{"next":{{"after":"8"}}}}}}"#);
        let script = Script::of([Answer::json(200, &page)]).await;
        let request = HistoryRequest {
            limit: 100,
            properties: vec!["dealstage".to_owned(), "amount".to_owned()],
            ..HistoryRequest::default()
        };
        let page = script.client().list_history(&soon(), "deals", &request).await.unwrap();
        assert_eq!(page.after.as_deref(), Some("8"));
        let stages = &page.records[0].properties["dealstage"];
        let values: Vec<Option<&str>> = stages.iter().map(|version| version.value.as_deref()).collect();
        assert_eq!(values, [Some("closedwon"), Some(""), None]);
        assert_eq!(stages[0].source_type.as_deref(), Some("CRM_UI"));
        assert_eq!((stages[0].updated_by_user_id, stages[1].updated_by_user_id), (Some(1), None));
        assert!(page.records[0].properties["amount"].is_empty());
        let path = "/crm/objects/2026-09/deals?limit=50&archived=false&properties=hs_object_id";
        assert_eq!(script.targets(), [format!("{path}&propertiesWithHistory=dealstage,amount")]);
    }

    #[tokio::test]
    async fn a_version_without_a_time_is_no_history() {
        let page =
            r#"{"results":[{"id":"7","propertiesWithHistory":{"a":[{"value":"x","timestamp":null}]}}]}"#;
        let script = Script::of([Answer::json(200, page)]).await;
        let outcome = script.client().list_history(&soon(), "deals", &HistoryRequest::default()).await;
        assert!(matches!(outcome, Err(Error::Malformed { .. })), "{outcome:?}");
    }

    #[tokio::test]
    async fn histories_of_many_records_are_read_fifty_at_a_time() {
        let gone = r#"{"results":[],"errors":[{"category":"OBJECT_NOT_FOUND"}]}"#;
        let script = Script::of((0..3).map(|_| Answer::json(207, gone))).await;
        let ids: Vec<u64> = (0..120).collect();
        let names = ["dealstage".to_owned()];
        assert_eq!(script.client().batch_history(&soon(), "deals", &ids, &names, true).await, Ok(Vec::new()));
        let mut sizes: Vec<usize> =
            script.asked().iter().map(|asked| asked.body.matches("\"id\"").count()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [20, 50, 50]);
        assert!(script.targets()[0].ends_with("/deals/batch/read?archived=true"));
    }
}
