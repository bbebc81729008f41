//! Where candidate rows come from: one reader for each source, all with the same two promises. Rows come in strictly
//! ascending natural order, and no row that exists throughout is passed over. A reader that cannot keep them says so.

mod deleted;
mod history;
mod ids;
mod links;
mod list;
mod members;
mod narrow;
mod question;
mod recent;
mod search;
mod small;

use hubspot::{Density, Record};

use super::key::{self, NaturalKey};
use super::position::Cursor;
use super::{Context, ExecuteError};
use crate::model::{Converted, OBJECT_ID, StoredProperty, StoredSet, record_row};
use crate::plan::{Plan, Source};

use deleted::DeletedReader;
use history::HistoryReader;
use ids::IdsReader;
use links::LinksReader;
use list::ListReader;
use members::MembersReader;
pub(super) use question::{Question, is_refusal, total};
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
    /// The list can be entered again at any of these.
    pub(super) at_ids: bool,
    /// About as many bytes as these make in an answer.
    pub(super) bytes: u64,
}

/// Reads the candidates of a plan from a cursor on. Those up to the cursor's key may come again and are to be dropped.
pub(super) struct Reader<'a> {
    context: Context<'a>,
    shape: Shape<'a>,
    source: Reading<'a>,
    listing: bool,
    /// Rows above this id are listed rather than searched.
    settled: Option<u64>,
}

enum Reading<'a> {
    Nothing,
    List(ListReader),
    /// A search of which it is not known yet how far it is to be trusted.
    Unsettled(&'a str, Question<'a>),
    Search(SearchReader),
    Ids(IdsReader),
    Small(SmallReader),
    Links(LinksReader),
    WithDeleted(DeletedReader),
    History(HistoryReader),
    Members(MembersReader),
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
        let density = cursor.pace.and_then(|pace| pace.density);
        let list = |object: &str| ListReader::new(object, shape.properties(), cursor.after.clone(), density);
        let source = match &plan.source {
            Source::Nothing => Reading::Nothing,
            Source::List { object } => Reading::List(list(object)),
            Source::Search { object, words: None, .. } if cursor.listing => Reading::List(list(object)),
            Source::Search { object, formula, words } => {
                let question = Question { formula, words: words.as_deref() };
                // Only the index knows what a text is found in. And what a chain began with, it goes on with.
                let is_settled = words.is_some() || cursor.settled.is_some() || cursor.last.is_some();
                if is_settled {
                    let properties = shape.properties();
                    Reading::Search(SearchReader::new(object, question, properties, last, cursor.settled))
                } else {
                    Reading::Unsettled(object, question)
                }
            }
            Source::Ids { object, ids } => {
                Reading::Ids(IdsReader::new(object, ids, shape.properties(), last))
            }
            Source::WithDeleted { object, ids } => {
                let after = cursor.after.as_deref();
                Reading::WithDeleted(DeletedReader::new(
                    object,
                    shape.properties(),
                    ids.as_ref(),
                    after,
                    last,
                ))
            }
            Source::History { object, properties, ids, shown } => {
                let reader = HistoryReader::new(object, properties, shown.clone());
                Reading::History(reader.among(ids.as_ref(), cursor.after.clone(), last))
            }
            Source::Memberships { lists } => {
                Reading::Members(MembersReader::new(lists.clone(), cursor.after.as_deref()))
            }
            Source::Owners | Source::Pipelines(_) | Source::Stages(_) | Source::Lists => {
                Reading::Small(SmallReader::new(plan.source.clone()))
            }
            Source::Links { from, to, ends } => {
                let records =
                    ListReader::new(from, vec![OBJECT_ID.to_owned()], cursor.after.clone(), density);
                let shown = plan.shown.clone();
                Reading::Links(LinksReader::new(from, to, ends, records, last).showing(shown))
            }
        };
        Ok(Self { context, shape, source, listing: cursor.listing, settled: cursor.settled })
    }

    /// Where the next batch begins: the part of a cursor that the reader itself needs.
    pub(super) fn cursor(&self, last: Option<NaturalKey>) -> Cursor {
        let after = match &self.source {
            Reading::List(list) => list.after(),
            Reading::Links(links) => links.after(),
            Reading::WithDeleted(records) => records.after(),
            Reading::History(history) => history.after(),
            Reading::Members(members) => members.after(),
            _ => None,
        };
        Cursor { last, after, listing: self.listing, settled: self.settled, ..Cursor::default() }
    }

    /// How far the ids of a list lie apart.
    pub(super) fn density(&self) -> Option<Density> {
        match &self.source {
            Reading::List(list) => list.density(),
            Reading::Links(links) => links.density(),
            _ => None,
        }
    }

    /// The next candidates, some `wanted`; after a batch that is the end there are none. A batch may be empty without being
    /// the end, so that a page can end when its time is over.
    pub(super) async fn next(&mut self, wanted: u64) -> Result<Batch, ExecuteError> {
        let (context, shape) = (self.context, self.shape);
        match &mut self.source {
            Reading::Nothing => Ok(Batch { end: true, ..Batch::default() }),
            Reading::List(list) => Ok(shape.batch(list.next(&context, wanted).await?)),
            Reading::Ids(ids) => Ok(shape.batch(ids.next(&context, wanted).await?)),
            Reading::Small(small) => small.next(&context, shape.set).await,
            Reading::Links(links) => links.next(&context, shape.set).await,
            Reading::WithDeleted(records) => Ok(shape.batch(records.next(&context).await?)),
            Reading::History(history) => history.next(&context, shape.set).await,
            Reading::Members(members) => members.next(&context, shape.set).await,
            Reading::Unsettled(object, question) => {
                let (object, question) = (*object, *question);
                self.settled = recent::settled(&context, object).await?;
                let search = SearchReader::new(object, question, shape.properties(), 0, self.settled);
                self.source = Reading::Search(search);
                Ok(Batch::default())
            }
            Reading::Search(search) => match search.next(&context, wanted).await? {
                Reply::Proven(Records { records, end: true, .. }) if self.settled.is_some() => {
                    self.list_recent(records)
                }
                Reply::Proven(records) => Ok(shape.batch(records)),
                Reply::Unsound(why) => self.list_instead(&why),
            },
        }
    }

    /// The last records of a search: those that came after are listed, because the index may not know them yet.
    fn list_recent(&mut self, records: Vec<Record>) -> Result<Batch, ExecuteError> {
        let Reading::Search(search) = &self.source else { return Err(ExecuteError::changed("no search")) };
        let list = ListReader::from_record(
            search.object(),
            self.shape.properties(),
            self.settled.unwrap_or_default(),
        );
        self.source = Reading::List(list);
        self.listing = true;
        Ok(self.shape.batch(Records { records, end: false, at_ids: false }))
    }

    /// The index contradicts itself for good: everything after the last proven record is listed.
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
    /// Each of these ids is a cursor of the list.
    at_ids: bool,
}

impl Shape<'_> {
    fn properties(&self) -> Vec<String> {
        self.set.asked(self.wanted)
    }

    fn batch(&self, records: Records) -> Batch {
        let Records { records, end, at_ids } = records;
        let bytes = records.iter().map(|record| self.bytes(record)).sum();
        let candidates = records.iter().map(|record| candidate(self.set, self.wanted, record)).collect();
        Batch { candidates, end, at_ids, bytes }
    }

    /// About what a record makes in an answer: names, values, quotes and commas.
    fn bytes(&self, record: &Record) -> u64 {
        let columns = self.wanted.iter().filter_map(|index| self.set.properties.get(*index));
        let column = |column: &StoredProperty| {
            column.name.len() + record.value(&column.hubspot).map_or(4, |value| value.len() + 2) + 4
        };
        columns.map(column).sum::<usize>() as u64
    }
}

/// A record with the values of some columns.
pub(super) fn candidate(set: &StoredSet, wanted: &[usize], record: &Record) -> Candidate {
    let converted = record_row(set, wanted, record);
    let updated = record.updated_at.as_deref().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    Candidate {
        key: key::of(&set.origin, &converted.row),
        updated: updated.map(jiff::Timestamp::as_millisecond),
        converted,
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
