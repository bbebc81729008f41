//! One page: candidates in, rows out, until the page is full, its time is over, or nothing is left.

use odata::Row;
use odata::eval;
use tokio::time::Instant;

use super::position::{Cursor, Position};
use super::reader::{Candidate, Reader};
use super::{Context, ExecuteError, count, sorted, target};
use crate::model::{Nulled, StoredSet};
use crate::plan::Plan;

/// Takes the rows of a page, one after the other.
pub trait Sink {
    /// Takes a row, and says whether there is room for another.
    ///
    /// # Errors
    /// When the row cannot be written.
    fn push(&mut self, row: &Row) -> Result<Flow, odata::Error>;
}

/// Whether a page goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// There is room for more.
    More,
    /// The row was taken; it is the last of this page.
    Full,
}

impl Sink for Vec<Row> {
    fn push(&mut self, row: &Row) -> Result<Flow, odata::Error> {
        Vec::push(self, row.clone());
        Ok(Flow::More)
    }
}

/// What became of a page, apart from its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Where the next page begins; none after the last one.
    pub next: Option<Position>,
    /// Rows given to the sink.
    pub rows: u64,
    /// The number of rows of the whole query, if it was asked for.
    pub count: Option<u64>,
    /// Texts in these rows that could not be read as their column's type.
    pub nulled: Nulled,
}

/// Reads the page that begins at `position`.
///
/// # Errors
/// When not one row could be proven in time, and for what no other attempt would mend.
pub async fn page<S: Sink>(
    context: &Context<'_>,
    plan: &Plan,
    mut position: Position,
    sink: &mut S,
) -> Result<Page, ExecuteError> {
    position.check(context, plan)?;
    let set = context.model.sets.get(plan.set).ok_or(ExecuteError::PageExpired)?;
    position.count = count::of_chain(context, plan, &position).await?;
    let mut filling = Filling::new(context, plan, set, position, sink);
    let cursor = if plan.order.is_empty() {
        natural(context, plan, &mut filling).await?
    } else {
        sorted::fill(context, plan, &mut filling).await?
    };
    Ok(filling.finish(cursor))
}

/// A page being filled.
pub(super) struct Filling<'a, S> {
    set: &'a StoredSet,
    filter: Option<&'a odata::expr::Expr>,
    evaluation: eval::Context,
    pub(super) position: Position,
    sink: &'a mut S,
    /// Rows this page still has room for.
    room: u64,
    rows: u64,
    nulled: Nulled,
    full: bool,
}

impl<'a, S: Sink> Filling<'a, S> {
    fn new(
        context: &Context<'_>,
        plan: &'a Plan,
        set: &'a StoredSet,
        position: Position,
        sink: &'a mut S,
    ) -> Self {
        // A sorted page reads the whole table: a small first one would only cost another such read.
        let pages = if plan.order.is_empty() { position.pages } else { position.pages.max(1) };
        let room = target::rows(pages, context.max_page_size);
        Self {
            set,
            filter: plan.filter.as_ref(),
            evaluation: eval::Context { now: position.now },
            position,
            sink,
            room,
            rows: 0,
            nulled: Nulled::default(),
            full: false,
        }
    }

    /// Rows that can still be sent in this page, or left out before that.
    pub(super) fn wanted(&self) -> u64 {
        self.room.min(self.position.top.unwrap_or(u64::MAX)).saturating_add(self.position.skip)
    }

    pub(super) fn matches(&self, row: &Row) -> Result<bool, ExecuteError> {
        match self.filter {
            Some(filter) => Ok(eval::matches(filter, row, &self.evaluation)?),
            None => Ok(true),
        }
    }

    pub(super) fn evaluation(&self) -> &eval::Context {
        &self.evaluation
    }

    /// Nothing more is wanted, in this page or in any.
    pub(super) fn is_full(&self) -> bool {
        self.full || self.room == 0 || self.position.top == Some(0)
    }

    /// Sends a row that matches, unless it is to be left out.
    pub(super) fn send(&mut self, candidate: &Candidate) -> Result<(), ExecuteError> {
        if self.position.skip > 0 {
            self.position.skip -= 1;
            return Ok(());
        }
        self.full = self.sink.push(&candidate.converted.row)? == Flow::Full;
        self.nulled.add(self.set, &candidate.converted.nulled);
        self.rows += 1;
        self.room -= 1;
        self.position.top = self.position.top.map(|top| top - 1);
        Ok(())
    }

    /// The page, with the link to the next one when the read stopped at a cursor.
    fn finish(self, cursor: Option<Cursor>) -> Page {
        let position = self.position;
        let count = position.count;
        let next = cursor.filter(|_| position.top != Some(0));
        let next = next.map(|cursor| position.after_page(self.rows, cursor));
        Page { next, rows: self.rows, count, nulled: self.nulled }
    }
}

/// Sends rows as they come. Returns where to go on, if there is more.
async fn natural<S: Sink>(
    context: &Context<'_>,
    plan: &Plan,
    filling: &mut Filling<'_, S>,
) -> Result<Option<Cursor>, ExecuteError> {
    let start = filling.position.cursor.clone();
    let mut last = start.last.clone();
    let mut reader = Reader::new(*context, plan, &start, &plan.read)?;
    while !filling.is_full() {
        let here = reader.cursor(last.clone());
        let progress = here != start;
        if progress && Instant::now() >= context.page_until {
            return Ok(Some(here));
        }
        let batch = match reader.next().await {
            Ok(batch) => batch,
            Err(error) if progress && error.is_passing() => return Ok(Some(here)),
            Err(error) => return Err(error),
        };
        let (mut all, end) = (true, batch.end);
        for candidate in batch.candidates {
            if filling.is_full() {
                all = false;
                break;
            }
            // Sent before: the cursor is in the middle of this batch.
            if last.as_ref().is_some_and(|last| candidate.key <= *last) {
                continue;
            }
            if filling.matches(&candidate.converted.row)? {
                filling.send(&candidate)?;
            }
            last = Some(candidate.key);
        }
        match (all, end) {
            (true, true) => return Ok(None),
            (true, false) => {}
            (false, _) => return Ok(Some(Cursor { last, ..here })),
        }
    }
    Ok(Some(reader.cursor(last)))
}
