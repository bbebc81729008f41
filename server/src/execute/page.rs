//! One page: candidates in, rows out, until the page is full, its time is over, or nothing is left.

use odata::Row;
use odata::eval;
use tokio::time::Instant;

use super::fetch::Fetcher;
use super::inline::{self, Entity, Inline};
use super::matching::{Matched, Matching};
use super::position::{Cursor, Position};
use super::target::{self, Target};
use super::{Context, ExecuteError, count, sorted};
use crate::model::{Nulled, StoredSet};
use crate::plan::Plan;

/// Takes the rows of a page, one after the other.
pub trait Sink {
    /// Takes a row, and says whether there is room for another.
    ///
    /// # Errors
    /// When the row cannot be written.
    fn push(&mut self, entity: Entity) -> Result<Flow, odata::Error>;
}

/// Whether a page goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flow {
    /// There is room for more.
    More,
    /// What was read already has room; more is not worth reading.
    Enough,
    /// The row was taken; it is the last of this page.
    Full,
}

impl Sink for Vec<Entity> {
    fn push(&mut self, entity: Entity) -> Result<Flow, odata::Error> {
        Vec::push(self, entity);
        Ok(Flow::More)
    }
}

/// The rows without what is expanded of them.
impl Sink for Vec<Row> {
    fn push(&mut self, entity: Entity) -> Result<Flow, odata::Error> {
        Vec::push(self, entity.row);
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
        sorted::fill(context, plan, set, &mut filling).await?
    };
    Ok(filling.finish(cursor))
}

/// A page being filled.
pub(super) struct Filling<'a, S> {
    set: &'a StoredSet,
    plan: &'a Plan,
    evaluation: eval::Context,
    pub(super) position: Position,
    sink: &'a mut S,
    target: Target,
    rows: u64,
    nulled: Nulled,
    flow: Flow,
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
        let target = target::rows(pages, context.max_page_size);
        let evaluation = eval::Context { now: position.now };
        let (rows, nulled, flow) = (0, Nulled::default(), Flow::More);
        Self { set, plan, evaluation, position, sink, target, rows, nulled, flow }
    }

    /// Rows to read for this page, with those that are left out before it.
    pub(super) fn wanted(&self) -> u64 {
        self.left(self.target.aim).saturating_add(self.position.skip)
    }

    /// Rows that can still be sent in this page.
    fn most(&self) -> u64 {
        self.left(self.target.most)
    }

    /// Rows until there are `rows` in this page, as far as any are wanted.
    fn left(&self, rows: u64) -> u64 {
        rows.saturating_sub(self.rows).min(self.position.top.unwrap_or(u64::MAX))
    }

    /// Nothing more is wanted, in this page or in any.
    pub(super) fn is_full(&self) -> bool {
        self.flow == Flow::Full || self.most() == 0
    }

    /// Nothing more is worth reading for this page.
    fn is_enough(&self) -> bool {
        self.is_full() || self.flow == Flow::Enough || self.rows >= self.target.enough
    }

    /// Sends rows that match, in order, with what is expanded of them, unless they are to be left out. Says how many were
    /// sent or left out before the page was full. A failure that may pass ends a page that `may_end`.
    pub(super) async fn send(
        &mut self,
        fetcher: &mut Fetcher<'_>,
        rows: &[Matched],
        may_end: bool,
    ) -> Result<usize, ExecuteError> {
        let left_out = usize::try_from(self.position.skip).unwrap_or(usize::MAX).min(rows.len());
        self.position.skip -= left_out as u64;
        let (mut taken, mut size) = (left_out, rows.len());
        while taken < rows.len() && !self.is_full() {
            let most = usize::try_from(self.most()).unwrap_or(usize::MAX).min(size);
            let chunk = &rows[taken..rows.len().min(taken.saturating_add(most))];
            match self.expanded(fetcher, chunk).await {
                Ok(Some(expanded)) => taken += self.push_all(chunk, expanded)?,
                Ok(None) if chunk.len() == 1 => return Err(ExecuteError::crowded("$expand")),
                Ok(None) => size = chunk.len().div_ceil(4),
                Err(error) if error.is_passing() && (may_end || taken > left_out) => self.flow = Flow::Full,
                Err(error) => return Err(error),
            }
        }
        Ok(taken)
    }

    /// What is expanded of each row.
    async fn expanded(
        &self,
        fetcher: &mut Fetcher<'_>,
        rows: &[Matched],
    ) -> Result<Option<Vec<Vec<Inline>>>, ExecuteError> {
        let rows: Vec<&[odata::Value]> =
            rows.iter().map(|row| row.candidate.converted.row.as_slice()).collect();
        inline::expand(fetcher, &self.plan.expand, &rows, &self.evaluation).await
    }

    /// How many rows the page had room for.
    fn push_all(&mut self, rows: &[Matched], expanded: Vec<Vec<Inline>>) -> Result<usize, ExecuteError> {
        let mut taken = 0;
        for (row, expanded) in rows.iter().zip(expanded) {
            if self.is_full() {
                break;
            }
            let converted = &row.candidate.converted;
            self.flow = self.sink.push(Entity { row: converted.row.clone(), expanded })?;
            self.nulled.add(self.set, &converted.nulled);
            self.rows += 1;
            self.position.top = self.position.top.map(|top| top - 1);
            taken += 1;
        }
        Ok(taken)
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
    let mut fetcher = Fetcher::new(*context);
    let mut matching = Matching::new(context, plan, &start, &plan.read, filling.position.now)?;
    let mut behind = start.clone();
    while !filling.is_enough() {
        let progress = behind.is_beyond(&start);
        if progress && Instant::now() >= context.page_until {
            return Ok(Some(behind));
        }
        let portion = match matching.next(&mut fetcher, filling.wanted()).await {
            Ok(portion) => portion,
            Err(error) if progress && error.is_passing() => return Ok(Some(behind)),
            Err(error) => return Err(error),
        };
        let taken = filling.send(&mut fetcher, &portion.rows, progress).await?;
        if taken < portion.rows.len() {
            let last = taken.checked_sub(1).and_then(|last| portion.rows.get(last));
            return Ok(Some(last.map_or(behind, |last| last.behind.clone())));
        }
        if portion.end {
            return Ok(None);
        }
        behind = portion.behind;
    }
    Ok(Some(behind))
}
