//! All records of an object, in ascending order of their ids.
//!
//! HubSpot's cursor is documented as the id of the next record, so that changes elsewhere neither skip nor repeat rows.
//! A short or empty page means nothing: the list ends where HubSpot sends no further cursor.

use hubspot::{LIST_PAGE, ListPage, ListRequest};

use super::{Records, TRIES, ascend, settle};
use crate::execute::{Context, ExecuteError};

pub(super) struct ListReader {
    object: String,
    request: ListRequest,
    /// The last id read by this reader.
    last: u64,
    end: bool,
}

impl ListReader {
    pub(super) fn new(object: &str, properties: Vec<String>, after: Option<String>) -> Self {
        let request = ListRequest { after, limit: LIST_PAGE, properties, archived: false };
        Self { object: object.to_owned(), request, last: 0, end: false }
    }

    /// HubSpot's cursor of the page that comes next.
    pub(super) fn after(&self) -> Option<String> {
        self.request.after.clone()
    }

    pub(super) async fn next(&mut self, context: &Context<'_>) -> Result<Records, ExecuteError> {
        if self.end {
            return Ok(Records { records: Vec::new(), end: true });
        }
        let mut tries = 1;
        let page = loop {
            let page = context.client.list(context.call, &self.object, &self.request).await?;
            match self.contradiction(&page) {
                None => break page,
                Some(why) if tries == TRIES => return Err(ExecuteError::changed(why)),
                Some(_) => settle(context, tries).await,
            }
            tries += 1;
        };
        Ok(self.accept(page))
    }

    fn contradiction(&self, page: &ListPage) -> Option<String> {
        let object = &self.object;
        if !ascend(&page.records, self.last) {
            return Some(format!("the list of {object} does not ascend after id {}", self.last));
        }
        if page.after.is_some() && page.after == self.request.after {
            return Some(format!("the list of {object} leads to the same page again"));
        }
        None
    }

    fn accept(&mut self, page: ListPage) -> Records {
        self.last = page.records.last().map_or(self.last, |record| record.id);
        self.end = page.after.is_none();
        self.request.after = page.after.or_else(|| self.request.after.take());
        Records { records: page.records, end: self.end }
    }
}
