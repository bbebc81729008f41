//! How many rows a query has: by HubSpot's own count where that is exact, else by reading them. Never an estimate.

use super::fetch::Fetcher;
use super::matching::Matching;
use super::position::{Cursor, Position};
use super::reader::{self, Question};
use super::time::Watch;
use super::{Context, ExecuteError};
use crate::plan::{Counting, Plan, Source};

/// The number of rows that match, whatever `$top` and `$skip` say.
///
/// # Errors
/// `NotSupported` naming `$count` when reading takes longer than a request may.
pub async fn count(context: &Context<'_>, plan: &Plan) -> Result<u64, ExecuteError> {
    of_query(context, plan, context.now).await
}

async fn of_query(context: &Context<'_>, plan: &Plan, now: jiff::Timestamp) -> Result<u64, ExecuteError> {
    if let Some(count) = by_index(context, plan).await? {
        return Ok(count);
    }
    by_reading(context, plan, now).await
}

/// HubSpot's own count, where it is one of exactly these rows.
async fn by_index(context: &Context<'_>, plan: &Plan) -> Result<Option<u64>, ExecuteError> {
    let counted = match (plan.count, &plan.source) {
        (Counting::ByIndex, Source::Search { object, formula, words }) => {
            let question = Question { formula, words: words.as_deref() };
            reader::total(context, object, Some(question)).await
        }
        (Counting::ByIndex, Source::List { object }) => reader::total(context, object, None).await,
        _ => return Ok(None),
    };
    match counted {
        // Exactly what a search can reach: that may be where HubSpot stopped counting.
        Ok(count) if count == hubspot::SEARCH_REACH => Ok(None),
        Ok(count) => Ok(Some(count)),
        Err(error) if reader::is_refusal(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// What `$count=true` adds to a page: counted with the first one, and the same on all.
pub(super) async fn of_chain(
    context: &Context<'_>,
    plan: &Plan,
    position: &Position,
) -> Result<Option<u64>, ExecuteError> {
    match position.count {
        Some(count) => Ok(Some(count)),
        None if plan.counted => of_query(context, plan, position.now).await.map(Some),
        None => Ok(None),
    }
}

async fn by_reading(context: &Context<'_>, plan: &Plan, now: jiff::Timestamp) -> Result<u64, ExecuteError> {
    // The order does not matter, and what it needs need not be read.
    let mut plan = Plan { order: Vec::new(), ..plan.clone() };
    if plan.distant.is_none() {
        plan.branches.clear();
    }
    let plan = &plan;
    let columns = plan.columns_to_decide(context.model);
    let mut time = Watch::new(context, plan, "$count").await?;
    let context = Context { page_until: time.until, ..*context };
    let mut fetcher = Fetcher::new(context);
    let mut matching = Matching::new(&context, plan, &Cursor::default(), &columns, now)?;
    let mut count = 0;
    loop {
        let portion = matching.next(&mut fetcher, u64::MAX).await.map_err(|error| time.late(error))?;
        count += portion.rows.len() as u64;
        if portion.end {
            return Ok(count);
        }
        time.check(portion.seen, portion.end)?;
    }
}
