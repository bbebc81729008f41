//! Rows of an object in the order of their ids, page by page.

use std::collections::HashMap;

use crate::budget::Kind;
use crate::exchange::{Question, encoded, segment};
use crate::wire::Results;
use crate::{API_VERSION, Call, Client, Error, LIST_PAGE, Record};

/// Addresses longer than this are avoided. HubSpot's edge was measured to refuse them at 16,200 characters, and one
/// report has it at 8 KB.
pub(crate) const LONGEST_URL: usize = 8_000;

/// What is read when only the ids matter. (Without any name HubSpot sends a default set.)
const ID_ONLY: &str = "hs_object_id";

/// Which page of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListRequest {
    /// The cursor of the page before; the first page has none. HubSpot documents it as the id of the next record.
    pub after: Option<String>,
    /// Rows, 1 to [`LIST_PAGE`].
    pub limit: u16,
    /// Internal names; as many as there are. A name that does not exist is ignored by HubSpot.
    pub properties: Vec<String>,
    /// Deleted rows, and only those.
    pub archived: bool,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPage {
    /// In the order HubSpot sent them.
    pub records: Vec<Record>,
    /// The cursor of the next page; `None` on the last. A page may be short, even empty, without being the last.
    pub after: Option<String>,
}

impl Client {
    /// One page of an object's rows, ascending by id.
    ///
    /// Property lists too long for an address (as known, or as HubSpot answers) are read in two steps, ids first and
    /// their properties by a batch; rows deleted between the two are left out. A page too large to be held is asked for
    /// again with half as many rows, until it fits: short pages are nothing unusual.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(&self, call: &Call, object: &str, request: &ListRequest) -> Result<ListPage, Error> {
        let mut limit = request.limit.clamp(1, LIST_PAGE);
        loop {
            let request = ListRequest { limit, ..request.clone() };
            match self.list_at_once(call, object, &request).await {
                Err(Error::TooLarge) if limit > 1 => limit = limit.div_ceil(2),
                outcome => return outcome,
            }
        }
    }

    async fn list_at_once(
        &self,
        call: &Call,
        object: &str,
        request: &ListRequest,
    ) -> Result<ListPage, Error> {
        let path = path(object, request, &request.properties)?;
        if self.portal.base.len() + path.len() <= LONGEST_URL {
            match self.page(call, path).await {
                // The limit is only known from measurements.
                Err(Error::Rejected { status: 414, .. }) => {}
                outcome => return outcome,
            }
        }
        self.list_ids_then_read(call, object, request).await
    }

    async fn page(&self, call: &Call, path: String) -> Result<ListPage, Error> {
        let mut answer: Results<Record> = self.ask(call, &Question::get(Kind::List, path)).await?;
        let after = answer.next();
        Ok(ListPage { records: answer.results, after })
    }

    async fn list_ids_then_read(
        &self,
        call: &Call,
        object: &str,
        request: &ListRequest,
    ) -> Result<ListPage, Error> {
        let page = self.page(call, path(object, request, &[ID_ONLY.to_owned()])?).await?;
        let ids: Vec<u64> = page.records.iter().map(|record| record.id).collect();
        let read = self.batch_read_among(call, object, &ids, &request.properties, request.archived).await?;
        let mut by_id: HashMap<u64, Record> = read.into_iter().map(|record| (record.id, record)).collect();
        Ok(ListPage { records: ids.iter().filter_map(|id| by_id.remove(id)).collect(), after: page.after })
    }
}

pub(crate) fn path(object: &str, request: &ListRequest, properties: &[String]) -> Result<String, Error> {
    let limit = request.limit.clamp(1, LIST_PAGE);
    let object = segment(object)?;
    let mut path = format!("/crm/objects/{API_VERSION}/{object}?limit={limit}&archived={}", request.archived);
    if let Some(after) = &request.after {
        path.push_str("&after=");
        path.push_str(&encoded(after));
    }
    if !properties.is_empty() {
        let names: Vec<String> = properties.iter().map(|name| encoded(name)).collect();
        path.push_str("&properties=");
        path.push_str(&names.join(","));
    }
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    fn row(id: u64) -> String {
        format!(r#"{{"id":"{id}","properties":{{"email":"{id}@a.example"}},"archived":false}}"#)
    }

    #[tokio::test]
    async fn a_page_is_asked_for_with_its_cursor_and_properties() {
        let page = format!(
            r#"{{"results":[{}],"paging":{{"next":{{"after":13,"link":"http://127.0.0.1:1/"}}}}}}"#,
            row(12)
        );
        let script = Script::of([Answer::json(200, &page)]).await;
        let request = ListRequest {
            after: Some("1=&2".to_owned()),
            limit: 500,
            properties: vec!["email".to_owned(), "a b".to_owned()],
            archived: true,
        };
        let page = script.client().list(&soon(), "contacts", &request).await.unwrap();
        assert_eq!(page.records[0].value("email"), Some("12@a.example"));
        assert_eq!(page.after.as_deref(), Some("13"));
        let asked =
            "/crm/objects/2026-09/contacts?limit=100&archived=true&after=1%3D%262&properties=email,a%20b";
        assert_eq!(script.targets(), [asked]);
    }

    #[tokio::test]
    async fn more_properties_than_an_address_holds_are_read_in_two_steps() {
        let ids = format!(
            r#"{{"results":[{},{},{}],"paging":{{"next":{{"after":"4"}}}}}}"#,
            row(1),
            row(2),
            row(3)
        );
        // In another order, and one was deleted in between.
        let rows = format!(
            r#"{{"status":"COMPLETE","results":[{},{}],"numErrors":1,
            "errors":[{{"category":"OBJECT_NOT_FOUND","context":{{"ids":["2"]}}}}]}}"#,
            row(3),
            row(1)
        );
        let script = Script::of([Answer::json(200, &ids), Answer::json(207, &rows)]).await;
        let properties: Vec<String> = (0..900).map(|n| format!("a_rather_long_property_name_{n}")).collect();
        let request = ListRequest {
            limit: 100,
            properties: properties.clone(),
            archived: true,
            ..ListRequest::default()
        };
        let page = script.client().list(&soon(), "0-1", &request).await.unwrap();
        assert_eq!(page.records.iter().map(|r| r.id).collect::<Vec<_>>(), [1, 3]);
        assert_eq!(page.after.as_deref(), Some("4"));
        let asked = script.asked();
        assert_eq!(
            asked[0].target,
            "/crm/objects/2026-09/0-1?limit=100&archived=true&properties=hs_object_id"
        );
        assert_eq!(asked[1].target, "/crm/objects/2026-09/0-1/batch/read?archived=true");
        let body: serde_json::Value = serde_json::from_str(&asked[1].body).unwrap();
        assert_eq!(body["inputs"], serde_json::json!([{"id":"1"},{"id":"2"},{"id":"3"}]));
        assert_eq!(body["properties"].as_array().unwrap().len(), properties.len());
    }

    #[tokio::test]
    async fn an_address_that_hubspot_finds_too_long_is_read_in_two_steps() {
        let html = Answer::bytes(414, b"<html><title>414 Request-URI Too Large</title></html>".to_vec());
        let ids = format!(r#"{{"results":[{}]}}"#, row(1));
        let script = Script::of([html, Answer::json(200, &ids), Answer::json(200, &ids)]).await;
        let request =
            ListRequest { limit: 100, properties: vec!["x".repeat(5_000)], ..ListRequest::default() };
        let page = script.client().list(&soon(), "deals", &request).await.unwrap();
        assert_eq!(page.records[0].id, 1);
        assert!(script.targets()[2].contains("/batch/read"), "{:?}", script.targets());
    }

    #[tokio::test]
    async fn a_page_too_large_to_be_held_is_asked_for_in_halves() {
        let large = || Answer::bytes(200, vec![b' '; 3_000]);
        let small = format!(r#"{{"results":[{}],"paging":{{"next":{{"after":"13"}}}}}}"#, row(12));
        let script = Script::of([large(), large(), Answer::json(200, &small)]).await;
        let settings = crate::Settings { max_answer_bytes: 2_000, ..script.settings() };
        let client = crate::Client::new(&settings, crate::AccessToken::new(crate::scripted::TOKEN)).unwrap();
        let request = ListRequest { limit: 100, properties: vec!["a".to_owned()], ..ListRequest::default() };
        let page = client.list(&soon(), "deals", &request).await.unwrap();
        assert_eq!((page.records.len(), page.after.as_deref()), (1, Some("13")));
        let limits: Vec<bool> = ["limit=100&", "limit=50&", "limit=25&"]
            .iter()
            .zip(script.targets())
            .map(|(limit, target)| target.contains(limit))
            .collect();
        assert_eq!(limits, [true; 3]);
    }

    #[tokio::test]
    async fn an_address_is_as_long_as_it_may_be_and_no_longer() {
        let script =
            Script::of([Answer::json(200, r#"{"results":[]}"#), Answer::json(200, r#"{"results":[]}"#)])
                .await;
        let request =
            |length| ListRequest { limit: 1, properties: vec!["x".repeat(length)], ..ListRequest::default() };
        let around = script.url.len() + path("deals", &request(0), &[String::new()]).unwrap().len();
        for length in [LONGEST_URL - around, LONGEST_URL - around + 1] {
            script.client().list(&soon(), "deals", &request(length)).await.unwrap();
        }
        let lengths: Vec<usize> =
            script.targets().iter().map(|target| script.url.len() + target.len()).collect();
        assert_eq!(lengths[0], LONGEST_URL);
        assert!(lengths[1] < 200, "{lengths:?}");
    }
}
