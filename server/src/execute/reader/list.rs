//! All records of an object, in ascending order of their ids.
//!
//! HubSpot's cursor is documented as the id of the next record, so that changes elsewhere neither skip nor repeat rows.
//! Where a portal was found to take any id as a cursor, several cursors read at once ([`hubspot::Client::range`]); else
//! one does, page by page. A short or empty page means nothing: the list ends where HubSpot sends no further cursor.

use hubspot::{Density, LIST_PAGE, RangePage, RangeRequest};
use tokio::time::Instant;

use super::Records;
use super::question::is_refusal;
use crate::execute::{Context, ExecuteError};

/// Rows read while it is not known yet whether several cursors can: a little more than is worth finding it out.
const TO_FIND_OUT: usize = 400;

/// Rows of a batch at most: a page of 5,000 rows and a quarter that a filter may take away.
const MOST: u64 = 6_250;

/// Values of a batch: a page of 4 MiB has about 150,000, at 27 bytes for a name and a null. As HubSpot's texts they take some
/// 100 bytes each, 20 MB, and as much again at the worst while several cursors finish. Of a wide table there are fewer rows.
const MOST_VALUES: u64 = 200_000;

pub(super) struct ListReader {
    object: String,
    properties: Vec<String>,
    after: Option<String>,
    density: Option<Density>,
    /// The last id read by this reader.
    last: u64,
    /// Rows up to there come again.
    again: bool,
    end: bool,
}

impl ListReader {
    pub(super) fn new(
        object: &str,
        properties: Vec<String>,
        after: Option<String>,
        density: Option<Density>,
    ) -> Self {
        let object = object.to_owned();
        Self { object, properties, after, density, last: 0, again: false, end: false }
    }

    /// From a record on; from the beginning for 0.
    pub(super) fn from_record(object: &str, properties: Vec<String>, id: u64) -> Self {
        Self::new(object, properties, (id > 0).then(|| id.to_string()), None)
    }

    /// HubSpot's cursor of the page that comes next.
    pub(super) fn after(&self) -> Option<String> {
        self.after.clone()
    }

    /// How far ids lie apart.
    pub(super) fn density(&self) -> Option<Density> {
        self.density
    }

    /// The next records, about so many.
    pub(super) async fn next(&mut self, context: &Context<'_>, wanted: u64) -> Result<Records, ExecuteError> {
        if self.end {
            return Ok(Records { records: Vec::new(), end: true, at_ids: false });
        }
        let mut page = self.read(context, wanted).await;
        while page.as_ref().is_err_and(is_refusal) && self.retreat() {
            page = self.read(context, wanted).await;
        }
        let page = page.map_err(|error| match error {
            ExecuteError::Hubspot(hubspot::Error::Inconsistent { message }) => {
                ExecuteError::changed(format!("the list of {}: {message}", self.object))
            }
            other => other,
        })?;
        self.accept(page)
    }

    async fn read(&self, context: &Context<'_>, wanted: u64) -> Result<RangePage, ExecuteError> {
        let page = usize::from(LIST_PAGE);
        let most = MOST.min(MOST_VALUES / self.properties.len().max(1) as u64);
        let wanted = usize::try_from(wanted.min(most)).unwrap_or(page).max(page);
        let most = match context.client.reads_in_parallel() {
            Some(true) => wanted,
            // Behind a row in the middle of it, all of it would have to be read again.
            Some(false) => page,
            None if wanted > page => TO_FIND_OUT,
            None => page,
        };
        // However late it is, a page is a step.
        let late = Instant::now() >= context.page_until;
        let (most, stop_at) = if late { (page, None) } else { (most, Some(context.page_until)) };
        let request = RangeRequest {
            after: self.after.clone(),
            to: None,
            properties: self.properties.clone(),
            archived: false,
            most,
            stop_at,
            density: self.density,
        };
        Ok(context.client.range(context.call, &self.object, &request).await?)
    }

    /// Goes back to a cursor that HubSpot takes more surely than the one it has refused: where only the ids of records are
    /// cursors, that is the last record; and when this one is gone, the beginning.
    fn retreat(&mut self) -> bool {
        let record = (self.last > 0).then(|| self.last.to_string());
        let safer = if record == self.after { None } else { record };
        let refused = std::mem::replace(&mut self.after, safer);
        (self.density, self.again) = (None, true);
        refused.is_some()
    }

    fn accept(&mut self, mut page: RangePage) -> Result<Records, ExecuteError> {
        let goes_back = page.records.first().is_some_and(|first| first.id <= self.last && self.last > 0);
        if goes_back && !self.again {
            return Err(ExecuteError::changed(format!("the list of {} goes back", self.object)));
        }
        page.records.retain(|record| record.id > self.last);
        if let Some(last) = page.records.last() {
            (self.last, self.again) = (last.id, false);
        }
        self.end = page.after.is_none();
        self.density = page.density.or(self.density);
        self.after = page.after.or_else(|| self.after.take());
        Ok(Records { records: page.records, end: self.end, at_ids: page.parallel })
    }
}
