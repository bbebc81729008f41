//! Records that HubSpot's index finds, in ascending order of their ids (docs/adr/0009).
//!
//! Each call asks for what comes after the last id, so that the 10,000 rows which a search can reach are never met. The
//! index lags and its answers can be torn, so records are only handed out when they are proven: either one answer counts
//! exactly the rows it sends, or a second question, about exactly the ids that were read, counts as many. Both ends of
//! that question are fixed, so that rows which are created or begin to match elsewhere cannot stand in for one that is
//! missing. What does not agree is read again in narrow windows of ids, each in one answer; when that does not help
//! either, the caller lists instead.

use hubspot::{Record, SEARCH_PAGE, SearchPage};

use super::list::ListReader;
use super::narrow::Narrow;
use super::question::{Asking, Part, Question, is_refusal};
use super::{Records, TRIES, ascend, settle};
use crate::execute::{Context, ExecuteError};

/// Pages that are read before they are proven together, at most: the proof is then a fifth of the calls.
const STRETCH: usize = 4;

pub(super) struct SearchReader {
    asking: Asking,
    /// Everything up to here was handed out.
    last: u64,
    /// The last record of it.
    record: u64,
    /// Records above this id are not asked for.
    upto: Option<u64>,
    stretch: usize,
    /// The index does not sort by id.
    unsorted: bool,
    narrow: Option<Narrow>,
    end: bool,
}

pub(super) enum Reply {
    Proven(Records),
    /// Why the index cannot be followed further.
    Unsound(String),
}

impl SearchReader {
    pub(super) fn new(
        object: &str,
        question: Question<'_>,
        properties: Vec<String>,
        last: u64,
        upto: Option<u64>,
    ) -> Self {
        Self {
            asking: Asking::new(object, question, properties),
            last,
            record: last,
            upto,
            stretch: 1,
            unsorted: false,
            narrow: None,
            end: upto.is_some_and(|upto| last >= upto),
        }
    }

    pub(super) fn looks_for_words(&self) -> bool {
        self.asking.words.is_some()
    }

    pub(super) fn object(&self) -> &str {
        &self.asking.object
    }

    /// A list of everything after the last proven record. It begins at that record, which the caller has: an id that no
    /// record has might be no cursor.
    pub(super) fn as_list(&self) -> ListReader {
        ListReader::from_record(self.object(), self.asking.properties.clone(), self.record)
    }

    /// The next records. `wanted` are asked for; there may be more, or fewer without being the last.
    pub(super) async fn next(&mut self, context: &Context<'_>, wanted: u64) -> Result<Reply, ExecuteError> {
        if self.end {
            return Ok(Reply::Proven(Records { records: Vec::new(), end: true, at_ids: false }));
        }
        let outcome = match &self.narrow {
            Some(_) => self.narrow_window(context).await,
            None => self.stretch(context, wanted).await,
        };
        match outcome {
            Ok(reply) => Ok(reply),
            Err(error) if is_refusal(&error) => Ok(Reply::Unsound("the search is refused".to_owned())),
            Err(error) => Err(error),
        }
    }

    /// Some pages, and the question that proves them.
    async fn stretch(&mut self, context: &Context<'_>, wanted: u64) -> Result<Reply, ExecuteError> {
        let pages = usize::try_from(wanted.div_ceil(u64::from(SEARCH_PAGE))).unwrap_or(STRETCH);
        let pages = pages.clamp(1, self.stretch);
        let mut read: Vec<Record> = Vec::new();
        let (mut whole, mut count, mut again) = (false, 0, false);
        while count < pages && !whole {
            let above = read.last().map_or(self.last, |record| record.id);
            let page = match self.asking.page(context, Part { above, upto: self.upto }).await {
                Ok(page) => page,
                // What was read can still be proven.
                Err(error) if error.is_passing() && !read.is_empty() => break,
                Err(error) => return Err(error),
            };
            // Empty pages come now and then, and are full the next time.
            if page.records.is_empty() && page.total > 0 && !std::mem::replace(&mut again, true) {
                continue;
            }
            if let Some(torn) = torn(&page, above) {
                self.unsorted |= !ascend(&page.records, above);
                return Ok(self.look_closer(page.records.iter().map(|record| record.id).max(), torn));
            }
            whole = is_whole(&page);
            read.extend(page.records);
            count += 1;
        }
        let reached = read.last().map_or(self.last, |record| record.id);
        let proves_itself = whole && count == 1;
        if !proves_itself {
            let part = Part { above: self.last, upto: Some(reached) };
            if self.asking.count(context, part).await? != read.len() as u64 {
                return Ok(self.look_closer(Some(reached), "the search counts other rows than it sent"));
            }
        }
        (self.last, self.record) = (reached, reached);
        self.end = whole;
        self.stretch = (self.stretch * 2).min(STRETCH);
        Ok(Reply::Proven(Records { records: read, end: whole, at_ids: false }))
    }

    /// Goes on in windows so narrow that one answer holds all of a window.
    fn look_closer(&mut self, reached: Option<u64>, why: &'static str) -> Reply {
        tracing::debug!(object = self.object(), why, after = self.last, "a search is read again");
        let end = reached.filter(|reached| *reached > self.last);
        self.narrow = Some(Narrow::new(self.last, end, self.upto));
        Reply::Proven(Records { records: Vec::new(), end: false, at_ids: false })
    }

    async fn narrow_window(&mut self, context: &Context<'_>) -> Result<Reply, ExecuteError> {
        let Some(narrow) = &mut self.narrow else { return Ok(Reply::Unsound("no window".to_owned())) };
        let mut tries = 1;
        loop {
            let part = narrow.part();
            let page = self.asking.page(context, part).await?;
            match narrow.judge(&page) {
                Ok(records) => {
                    self.last = part.upto.unwrap_or(u64::MAX);
                    self.record = records.last().map_or(self.record, |record| record.id);
                    self.end = part.upto == self.upto;
                    if narrow.is_through() && !self.unsorted {
                        self.narrow = None;
                        self.stretch = 1;
                    }
                    return Ok(Reply::Proven(Records { records, end: self.end, at_ids: false }));
                }
                // A smaller window is no repetition.
                Err(_) if narrow.part() != part => {}
                Err(why) if tries == TRIES => {
                    return Ok(Reply::Unsound(format!("{why} after id {}", self.last)));
                }
                Err(_) => {
                    settle(context, tries).await;
                    tries += 1;
                }
            }
        }
    }
}

/// What is wrong with a page, as far as it can tell itself. HubSpot sends short pages now and then: that alone means
/// nothing.
fn torn(page: &SearchPage, above: u64) -> Option<&'static str> {
    let rows = page.records.len() as u64;
    if !ascend(&page.records, above) {
        Some("the search's ids do not ascend")
    } else if rows > page.total || rows == 0 && page.total > 0 {
        Some("the search sent other rows than it counts")
    } else {
        None
    }
}

/// Whether a page is all that is left, by its own count.
pub(super) fn is_whole(page: &SearchPage) -> bool {
    page.records.len() as u64 == page.total && page.after.is_none()
}
