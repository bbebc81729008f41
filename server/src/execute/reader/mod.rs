//! Where candidate rows come from: one reader for each source, all with the same two promises. Rows come in strictly
//! ascending natural order, and no row that exists throughout is passed over. A reader that cannot keep them says so.

mod ids;
mod links;
mod list;
mod search;
mod small;

use hubspot::Record;

use super::key::{self, NaturalKey};
use super::position::Cursor;
use super::{Context, ExecuteError};
use crate::model::{Converted, OBJECT_ID, StoredSet, record_row};
use crate::plan::{Plan, Source};

use ids::IdsReader;
use links::LinksReader;
use list::ListReader;
pub(super) use search::{Question, is_refusal, total};
use search::{Reply, SearchReader};
use small::SmallReader;
pub(super) use small::owners;

/// How often a contradictory answer is asked for again.
const TRIES: u32 = 4;

/// A row that may match.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    /// Its place in the natural order.
    pub(super) key: NaturalKey,
    /// When HubSpot says it was changed last, in milliseconds of the epoch.
    pub(super) updated: Option<i64>,
    /// Its values.
    pub(super) converted: Converted,
}

/// Some candidates.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) candidates: Vec<Candidate>,
    /// Nothing comes after these.
    pub(super) end: bool,
}

/// Reads the candidates of a plan from a cursor on. Those up to the cursor's key may come again and are to be dropped.
pub(super) struct Reader<'a> {
    context: Context<'a>,
    shape: Shape<'a>,
    source: Reading,
    listing: bool,
}

enum Reading {
    Nothing,
    List(ListReader),
    Search(SearchReader),
    Ids(IdsReader),
    Small(SmallReader),
    Links(LinksReader),
}

/// What a row looks like.
#[derive(Clone, Copy)]
struct Shape<'a> {
    set: &'a StoredSet,
    wanted: &'a [usize],
}

impl<'a> Reader<'a> {
    /// A reader for what comes after the cursor.
    pub(super) fn new(
        context: Context<'a>,
        plan: &'a Plan,
        cursor: &Cursor,
        wanted: &'a [usize],
    ) -> Result<Self, ExecuteError> {
        let set = context.model.sets.get(plan.set).ok_or(ExecuteError::PageExpired)?;
        let shape = Shape { set, wanted };
        let last = key::first_id(cursor.last.as_ref());
        let source = match &plan.source {
            Source::Nothing => Reading::Nothing,
            Source::List { object } => {
                Reading::List(ListReader::new(object, shape.properties(), cursor.after.clone()))
            }
            Source::Search { object, words: None, .. } if cursor.listing => {
                Reading::List(ListReader::new(object, shape.properties(), cursor.after.clone()))
            }
            Source::Search { object, formula, words } => {
                let question = Question { formula, words: words.as_deref() };
                Reading::Search(SearchReader::new(object, question, shape.properties(), last))
            }
            Source::Ids { object, ids } => {
                Reading::Ids(IdsReader::new(object, ids, shape.properties(), last))
            }
            Source::Owners | Source::Pipelines(_) | Source::Stages(_) => {
                Reading::Small(SmallReader::new(plan.source.clone()))
            }
            Source::Links { from, to, ends } => {
                Reading::Links(LinksReader::new(from, to, ends, cursor.after.clone(), last))
            }
        };
        Ok(Self { context, shape, source, listing: cursor.listing })
    }

    /// Where the next batch begins: the part of a cursor that the reader itself needs.
    pub(super) fn cursor(&self, last: Option<NaturalKey>) -> Cursor {
        let after = match &self.source {
            Reading::List(list) => list.after(),
            Reading::Links(links) => links.after(),
            Reading::Nothing | Reading::Search(_) | Reading::Ids(_) | Reading::Small(_) => None,
        };
        Cursor { last, after, listing: self.listing, sorted: None }
    }

    /// The next candidates; after a batch that is the end there are none.
    pub(super) async fn next(&mut self) -> Result<Batch, ExecuteError> {
        let (context, shape) = (self.context, self.shape);
        match &mut self.source {
            Reading::Nothing => Ok(Batch { candidates: Vec::new(), end: true }),
            Reading::List(list) => Ok(shape.batch(list.next(&context).await?)),
            Reading::Ids(ids) => Ok(shape.batch(ids.next(&context).await?)),
            Reading::Small(small) => small.next(&context, shape.set).await,
            Reading::Links(links) => links.next(&context, shape.set).await,
            Reading::Search(search) => match search.next(&context).await? {
                Reply::Proven(records) => Ok(shape.batch(records)),
                Reply::Unsound(why) => self.list_instead(&why),
            },
        }
    }

    /// The index contradicts itself for good: everything after the last proven record is listed. The empty batch lets
    /// the page end before that if its time is over.
    fn list_instead(&mut self, why: &str) -> Result<Batch, ExecuteError> {
        let Reading::Search(search) = &self.source else { return Err(ExecuteError::changed(why)) };
        // Only the index knows what a text is found in.
        if search.looks_for_words() {
            return Err(ExecuteError::changed(why));
        }
        tracing::warn!(object = search.object(), why, "search is given up for the list");
        self.source = Reading::List(search.as_list());
        self.listing = true;
        Ok(Batch::default())
    }
}

/// Records in ascending order of their ids.
struct Records {
    records: Vec<Record>,
    end: bool,
}

impl Shape<'_> {
    /// HubSpot's names of the wanted columns; never none, because HubSpot would then send a default set.
    fn properties(&self) -> Vec<String> {
        let mut names = vec![OBJECT_ID.to_owned()];
        for column in self.wanted.iter().filter_map(|index| self.set.properties.get(*index)) {
            if !names.contains(&column.hubspot) {
                names.push(column.hubspot.clone());
            }
        }
        names
    }

    fn batch(&self, records: Records) -> Batch {
        let Records { records, end } = records;
        Batch { candidates: records.into_iter().map(|record| self.candidate(&record)).collect(), end }
    }

    fn candidate(&self, record: &Record) -> Candidate {
        let converted = record_row(self.set, self.wanted, record);
        let updated = record.updated_at.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
        Candidate {
            key: key::of(&self.set.origin, &converted.row),
            updated: updated.map(jiff::Timestamp::as_millisecond),
            converted,
        }
    }
}

/// Whether ids ascend strictly, beginning above `above`.
fn ascend(records: &[Record], above: u64) -> bool {
    let mut last = above;
    records.iter().all(|record| std::mem::replace(&mut last, record.id) < record.id)
}

/// A moment for the portal to settle before a page is asked for again: longer each time, and within the deadline.
async fn settle(context: &Context<'_>, tries: u32) {
    // A quarter of a second is about what HubSpot takes for an answer.
    let pause = std::time::Duration::from_millis(250) * tries;
    let until = (tokio::time::Instant::now() + pause).min(context.call.deadline);
    tokio::time::sleep_until(until).await;
}
