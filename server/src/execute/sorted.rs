//! Sorted pages. HubSpot cannot sort as OData wants it, so everything is read for each page, and of what comes after
//! the last row sent the first rows in order are kept: memory is bounded by the page, whatever the size of the table.

use std::cmp::Ordering;
use std::time::Duration;

use odata::url::OrderBy;
use odata::{Value, eval};
use tokio::time::Instant;

use super::fetch::Fetcher;
use super::fresh::Fresh;
use super::key::NaturalKey;
use super::matching::{Matched, Matching};
use super::page::{Filling, Sink};
use super::position::{Cursor, SortedCursor};
use super::reader::{self, Question};
use super::saved::Saved;
use super::{Context, ExecuteError};
use crate::plan::{Ends, Plan, Source};

/// What is left for writing the answer when reading ends.
const RESERVE: Duration = Duration::from_secs(2);

/// Values held at most, some 24 MB and their texts: a page of a wide table has fewer rows, and one that leaves many
/// out (`$skip`) may do nothing else.
const MOST_VALUES: u64 = 1_000_000;

/// The time of a list call that no portal undercuts for long: 190 calls in ten seconds.
const LEAST_PER_CALL: Duration = Duration::from_millis(52);

/// Batches after which the speed of this read is known well enough to judge by it.
const MEASURED_AFTER: u64 = 20;

/// Fills a page with the next rows in order. Returns where to go on, if there is more.
pub(super) async fn fill<S: Sink>(
    context: &Context<'_>,
    plan: &Plan,
    filling: &mut Filling<'_, S>,
) -> Result<Option<Cursor>, ExecuteError> {
    if filling.is_full() {
        return Ok(None);
    }
    let mut pace = Pace::new(context, plan).await?;
    let mut held = Held::new(plan, filling);
    let mut fetcher = Fetcher::new(*context);
    let start = Cursor::default();
    let mut matching = Matching::new(context, plan, &start, &plan.read, filling.position.now)?;
    loop {
        let portion = matching.next(&mut fetcher, u64::MAX).await?;
        pace.check(portion.seen, portion.end)?;
        for row in portion.rows {
            held.take(row);
        }
        if portion.end {
            return held.send(&mut fetcher, filling).await;
        }
    }
}

/// The first rows after the last one sent.
struct Held<'a> {
    order: &'a [OrderBy],
    after: Option<(Vec<Value>, NaturalKey)>,
    fresh: Fresh,
    rows: Vec<Matched>,
    most: usize,
    /// Rows had to be given up: there is more than one page.
    more: bool,
}

impl<'a> Held<'a> {
    fn new<S: Sink>(plan: &'a Plan, filling: &Filling<'_, S>) -> Self {
        let position = &filling.position;
        let sorted = position.cursor.sorted.as_ref();
        // Twice as many are held between two cuts.
        let most = (MOST_VALUES / 2 / plan.read.len().max(1) as u64).max(1);
        Self {
            order: &plan.order,
            after: sorted.map(|after| (after.values.iter().map(Value::from).collect(), after.key.clone())),
            fresh: sorted.map_or_else(|| Fresh::at(position.now), |after| after.fresh.clone()),
            rows: Vec::new(),
            most: usize::try_from(filling.wanted().clamp(1, most)).unwrap_or(usize::MAX),
            more: false,
        }
    }

    fn take(&mut self, row: Matched) {
        match &self.after {
            None => self.fresh.saw(&row.candidate),
            Some((values, key)) => {
                let is_sent = compare(self.order, place(&row), (values, key)).is_le();
                if is_sent || !self.fresh.allows(&row.candidate) {
                    return;
                }
            }
        }
        self.rows.push(row);
        // Cutting back only at twice the size makes the sorting cheap per row.
        if self.rows.len() >= self.most.saturating_mul(2) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        let order = self.order;
        self.rows.sort_by(|a, b| compare(order, place(a), place(b)));
        self.more |= self.rows.len() > self.most;
        self.rows.truncate(self.most);
    }

    async fn send<S: Sink>(
        mut self,
        fetcher: &mut Fetcher<'_>,
        filling: &mut Filling<'_, S>,
    ) -> Result<Option<Cursor>, ExecuteError> {
        self.cut();
        let mut rows = std::mem::take(&mut self.rows);
        let taken = filling.send(fetcher, &rows, false).await?;
        let more = self.more || taken < rows.len();
        rows.truncate(taken);
        for row in &rows {
            self.fresh.sent(&row.candidate.key);
        }
        let cursor = |last: Matched| SortedCursor {
            values: last.order.iter().map(Saved::from).collect(),
            key: last.candidate.key,
            fresh: self.fresh,
        };
        let last = rows.pop().filter(|_| more);
        Ok(last.map(|last| Cursor { sorted: Some(cursor(last)), ..Cursor::default() }))
    }
}

fn place(row: &Matched) -> (&[Value], &NaturalKey) {
    (&row.order, &row.candidate.key)
}

/// By the order's values, and the natural key between equals: a total order, without which pages could not go on.
fn compare(order: &[OrderBy], a: (&[Value], &NaturalKey), b: (&[Value], &NaturalKey)) -> Ordering {
    eval::compare_keys(order, a.0, b.0).then_with(|| a.1.cmp(b.1))
}

/// Sees to it that a read which cannot end in time is refused early, and one that can is never refused.
struct Pace {
    began: Instant,
    until: Instant,
    /// Rows to be read, as far as HubSpot's index knows.
    total: Option<u64>,
    rows: u64,
    batches: u64,
}

impl Pace {
    async fn new(context: &Context<'_>, plan: &Plan) -> Result<Self, ExecuteError> {
        let total = size(context, plan).await?;
        let until = context.call.deadline.checked_sub(RESERVE).unwrap_or(context.call.deadline);
        let pace = Self { began: Instant::now(), until, total, rows: 0, batches: 0 };
        // 200 rows a call: what the larger of HubSpot's pages hold.
        let least = LEAST_PER_CALL * u32::try_from(total.unwrap_or(0) / 200).unwrap_or(u32::MAX);
        if pace.began + least > until { Err(refusal()) } else { Ok(pace) }
    }

    fn check(&mut self, rows: u64, end: bool) -> Result<(), ExecuteError> {
        self.rows += rows;
        self.batches += 1;
        let now = Instant::now();
        if end {
            return Ok(());
        }
        if now >= self.until || (self.batches >= MEASURED_AFTER && self.is_hopeless(now)) {
            return Err(refusal());
        }
        Ok(())
    }

    /// At the speed so far, not even half of the rest can be read.
    fn is_hopeless(&self, now: Instant) -> bool {
        let Some(total) = self.total else { return false };
        let left = total.saturating_sub(self.rows) as f64;
        let speed = self.rows as f64 / (now - self.began).as_secs_f64().max(0.001);
        let readable = speed * (self.until - now).as_secs_f64();
        left > 2.0 * readable
    }
}

/// About how many rows there are to read; unknown where that costs nothing to find out by reading.
async fn size(context: &Context<'_>, plan: &Plan) -> Result<Option<u64>, ExecuteError> {
    let total = match &plan.source {
        Source::List { object } => reader::total(context, object, None).await,
        Source::Search { object, formula, words } => {
            let question = Question { formula, words: words.as_deref() };
            reader::total(context, object, Some(question)).await
        }
        Source::Links { from, ends: Ends::All, .. } => reader::total(context, from, None).await,
        _ => return Ok(None),
    };
    match total {
        Ok(total) => Ok(Some(total)),
        Err(error) if reader::is_refusal(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn refusal() -> ExecuteError {
    ExecuteError::NotSupported {
        option: "$orderby",
        message:
            "HubSpot cannot sort this, and reading all rows to sort them takes longer than a request may. \
                  Leave $orderby out, or filter by less."
                .to_owned(),
    }
}
