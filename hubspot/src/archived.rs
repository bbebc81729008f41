//! Records by themselves: deleted ones with the time of their deletion, and single ones by an id that may be old.

use serde::Deserialize;

use crate::budget::Kind;
use crate::exchange::{Question, encoded, segment};
use crate::wire::Results;
use crate::{API_VERSION, Call, Client, Error, ListRequest, Record, list};

/// A deleted record.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ArchivedRecord {
    /// The record as it was.
    #[serde(flatten)]
    pub record: Record,
    /// When it was deleted, RFC 3339 as sent. HubSpot forgets it ninety days later.
    #[serde(default)]
    pub archived_at: Option<String>,
}

/// A page of deleted records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArchivedPage {
    /// In the order HubSpot sent them: ascending by id.
    pub records: Vec<ArchivedRecord>,
    /// The cursor of the next page; `None` on the last.
    pub after: Option<String>,
}

impl Client {
    /// One page of an object's deleted rows, whatever [`ListRequest::archived`] says. Property lists too long for an
    /// address are not taken apart here: choose fewer.
    ///
    /// # Errors
    /// See [`Error`]. Some objects refuse: [`Error::Rejected`].
    pub async fn list_archived(
        &self,
        call: &Call,
        object: &str,
        request: &ListRequest,
    ) -> Result<ArchivedPage, Error> {
        let request = ListRequest { archived: true, ..request.clone() };
        let path = list::path(object, &request, &request.properties)?;
        let mut answer: Results<ArchivedRecord> = self.ask(call, &Question::get(Kind::List, path)).await?;
        let after = answer.next();
        Ok(ArchivedPage { records: answer.results, after })
    }

    /// The deleted records among these ids, in no particular order. Any other id is simply absent.
    ///
    /// # Errors
    /// As of [`Client::batch_read`].
    pub async fn batch_read_archived(
        &self,
        call: &Call,
        object: &str,
        ids: &[u64],
        properties: &[String],
    ) -> Result<Vec<Record>, Error> {
        self.batch_read_among(call, object, ids, properties, true).await
    }

    /// One record. The id of a record that was merged into another finds the other one: compare [`Record::id`].
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn record(
        &self,
        call: &Call,
        object: &str,
        id: u64,
        properties: &[String],
    ) -> Result<Option<Record>, Error> {
        let names: Vec<String> = properties.iter().map(|name| encoded(name)).collect();
        let object = segment(object)?;
        let path = format!("/crm/objects/{API_VERSION}/{object}/{id}?properties={}", names.join(","));
        match self.ask(call, &Question::get(Kind::List, path)).await {
            Ok(record) => Ok(Some(record)),
            Err(Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    #[tokio::test]
    async fn a_deleted_record_says_since_when() {
        let page = r#"{"results":[{"id":"9007199254740993","properties":{"email":null,"age":4},"archived":true,
            "archivedAt":"2026-10-01T00:00:00Z"},{"id":8}]}"#;
        let script = Script::of([Answer::json(200, page)]).await;
        let request = ListRequest { limit: 100, ..ListRequest::default() };
        let page = script.client().list_archived(&soon(), "contacts", &request).await.unwrap();
        assert_eq!(page.records[0].record.id, 9_007_199_254_740_993);
        assert_eq!(page.records[0].record.value("age"), Some("4"));
        assert_eq!(page.records[0].archived_at.as_deref(), Some("2026-10-01T00:00:00Z"));
        assert_eq!((page.records[1].archived_at.as_ref(), page.after), (None, None));
        assert!(script.targets()[0].contains("archived=true"));
    }

    #[tokio::test]
    async fn a_record_that_is_not_there_is_none() {
        let missing = r#"{"status":"error","category":"OBJECT_NOT_FOUND","message":"resource not found"}"#;
        let script =
            Script::of([Answer::json(404, missing), Answer::json(200, r#"{"id":"5","properties":{}}"#)])
                .await;
        let names = ["email".to_owned()];
        assert_eq!(script.client().record(&soon(), "contacts", 4, &names).await, Ok(None));
        assert_eq!(
            script.client().record(&soon(), "contacts", 4, &names).await.unwrap().map(|r| r.id),
            Some(5)
        );
        assert_eq!(script.targets()[0], "/crm/objects/2026-09/contacts/4?properties=email");
    }
}
