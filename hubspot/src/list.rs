//! Rows of an object in the order of their ids, page by page.

use std::collections::HashMap;

use crate::budget::Kind;
use crate::exchange::{Question, encoded, segment};
use crate::wire::Results;
use crate::{API_VERSION, Call, Client, Error, LIST_PAGE, Record};

/// Addresses longer than this are avoided. HubSpot's edge was measured to refuse them at 16,200 characters, and one
/// report has it at 8 KB.
const LONGEST_URL: usize = 8_000;

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
    /// Property lists too long for an address are read in two steps, ids first and their properties by a batch; rows
    /// deleted between the two are left out.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn list(&self, call: &Call, object: &str, request: &ListRequest) -> Result<ListPage, Error> {
        let path = path(object, request, &request.properties)?;
        if self.portal.base.len() + path.len() <= LONGEST_URL {
            return self.page(call, path).await;
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

fn path(object: &str, request: &ListRequest, properties: &[String]) -> Result<String, Error> {
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
