//! Sorted pages. HubSpot cannot sort as OData wants it, so every page reads all candidates, but of them only what decides
//! their order; of what comes after the last row sent the first rows in order are kept, and only those are read whole, by
//! their ids. Memory is bounded by the page, whatever the size of the table.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use odata::url::OrderBy;
use odata::{Value, eval};

use super::fetch::Fetcher;
use super::fresh::Fresh;
use super::key::{self, NaturalKey};
use super::matching::{Matched, Matching};
use super::page::{Filling, Sink};
use super::position::{Cursor, SortedCursor};
use super::saved::Saved;
use super::whole::Whole;
use super::{Context, ExecuteError, time};
use crate::model::StoredSet;
use crate::plan::Plan;

/// Values held at most, some 24 MB and their texts: a page that leaves many out (`$skip`) may do nothing else.
const MOST_VALUES: u64 = 1_000_000;

/// Rows read whole at once: four calls together.
const PORTION: usize = 400;

/// Calls that all pages of a sorted query may take: 4 % of the smallest day that HubSpot grants. Every page reads all
/// candidates again, so that a large table would use up a day by being sorted.
const MOST_CALLS: u64 = 10_000;

/// Fills a page with the next rows in order. Returns where to go on, if there is more.
pub(super) async fn fill<S: Sink>(
    context: &Context<'_>,
    plan: &Plan,
    set: &StoredSet,
    filling: &mut Filling<'_, S>,
) -> Result<Option<Cursor>, ExecuteError> {
    if filling.is_full() {
        return Ok(None);
    }
    let mut time = time::Watch::new(context, plan, "$orderby").await?;
    let context = Context { page_until: time.until, ..*context };
    let whole = Whole::of(&context, plan, set, filling.position.now);
    let columns = if whole.is_some() { plan.columns_to_order(context.model) } else { plan.read.clone() };
    let mut held = Held::new(plan, &columns, filling);
    let mut fetcher = Fetcher::new(context);
    let mut matching = Matching::new(&context, plan, &Cursor::default(), &columns, filling.position.now)?;
    loop {
        let portion = matching.next(&mut fetcher, u64::MAX).await.map_err(|error| time.late(error))?;
        time.check(portion.seen, portion.end)?;
        for row in portion.rows {
            held.take(row);
        }
        if portion.end {
            break;
        }
    }
    let calls = u64::from(context.call.calls());
    let left = held.seen;
    let (sent, cursor) = held.send(whole.as_ref(), &mut fetcher, filling).await?;
    let left = left.saturating_sub(sent).min(filling.position.top.unwrap_or(u64::MAX));
    if cursor.is_some() && calls.saturating_mul(left.div_ceil(sent.max(1))) > MOST_CALLS {
        return Err(time::refusal("$orderby"));
    }
    Ok(cursor)
}

/// The first rows after the last one sent.
struct Held<'a> {
    order: &'a [OrderBy],
    after: Option<(Vec<Value>, NaturalKey)>,
    fresh: Fresh,
    rows: Vec<Matched>,
    most: usize,
    /// Rows that come after the last one sent.
    seen: u64,
    /// Rows had to be given up: there is more than one page.
    more: bool,
}

impl<'a> Held<'a> {
    fn new<S: Sink>(plan: &'a Plan, columns: &[usize], filling: &Filling<'_, S>) -> Self {
        let position = &filling.position;
        let sorted = position.cursor.sorted.as_ref();
        // Twice as many are held between two cuts.
        let most = (MOST_VALUES / 2 / columns.len().max(1) as u64).max(1);
        Self {
            order: &plan.order,
            after: sorted.map(|after| (after.values.iter().map(Value::from).collect(), after.key.clone())),
            fresh: sorted.map_or_else(|| Fresh::at(position.now), |after| after.fresh.clone()),
            rows: Vec::new(),
            most: usize::try_from(filling.wanted().clamp(1, most)).unwrap_or(usize::MAX),
            seen: 0,
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
        self.seen += 1;
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

    /// Sends rows; says how many were dealt with, and where to go on.
    async fn send<S: Sink>(
        mut self,
        whole: Option<&Whole<'_>>,
        fetcher: &mut Fetcher<'_>,
        filling: &mut Filling<'_, S>,
    ) -> Result<(u64, Option<Cursor>), ExecuteError> {
        self.cut();
        let mut rows = std::mem::take(&mut self.rows);
        // What is left out need not be read whole.
        let left_out = usize::try_from(filling.position.skip).unwrap_or(usize::MAX).min(rows.len());
        let mut taken = filling.send(fetcher, &rows[..left_out], false).await?;
        while taken < rows.len() && !filling.is_full() {
            let portion = taken..rows.len().min(taken + PORTION);
            match Self::send_portion(&rows[portion], whole, fetcher, filling).await {
                Ok(0) => break,
                Ok(more) => taken += more,
                Err(error) if error.is_passing() && taken > left_out => break,
                Err(error) => return Err(error),
            }
        }
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
        let cursor = last.map(|last| Cursor { sorted: Some(cursor(last)), ..Cursor::default() });
        Ok((taken as u64, cursor))
    }

    /// How many of these rows were dealt with before the page was full.
    async fn send_portion<S: Sink>(
        rows: &[Matched],
        whole: Option<&Whole<'_>>,
        fetcher: &mut Fetcher<'_>,
        filling: &mut Filling<'_, S>,
    ) -> Result<usize, ExecuteError> {
        let Some(whole) = whole else { return filling.send(fetcher, rows, false).await };
        let read = whole.read(rows).await?;
        let sent = filling.send(fetcher, &read, false).await?;
        if sent == read.len() {
            return Ok(rows.len());
        }
        // Up to the last one that was sent; those in between are gone.
        let last = sent.checked_sub(1).map(|last| &read[last].candidate.key);
        let place = last.and_then(|last| rows.iter().position(|row| row.candidate.key == *last));
        Ok(place.map_or(0, |place| place + 1))
    }
}

fn place(row: &Matched) -> (&[Value], &NaturalKey) {
    (&row.order, &row.candidate.key)
}

/// By the order's values, and the natural key between equals: a total order, without which pages could not go on.
fn compare(order: &[OrderBy], a: (&[Value], &NaturalKey), b: (&[Value], &NaturalKey)) -> Ordering {
    eval::compare_keys(order, a.0, b.0).then_with(|| a.1.cmp(b.1))
}

/// The ids of rows.
pub(super) fn ids(rows: &[Matched]) -> BTreeSet<u64> {
    rows.iter().map(|row| key::first_id(Some(&row.candidate.key))).collect()
}
