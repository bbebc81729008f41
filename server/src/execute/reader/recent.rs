//! Where HubSpot's index stops being trusted for rows that were created lately.
//!
//! The index learns of a record some moments after it was made. Ids grow with time, so everything above the id of a record
//! that is old enough is read through the list, which does not lag. (Of a record that existed before and was changed just
//! now, only the index could say that it matches: nothing reads HubSpot by time of change without it.)

use std::time::Duration;

use super::question::{is_refusal, latest};
use crate::execute::{Context, ExecuteError};

/// Records older than this are in the index: twice what the most careful of other connectors waits for. Nothing is
/// documented but "a few moments".
const LAG: Duration = Duration::from_secs(600);

/// Pages looked through for one that is old enough: a portal that made a thousand records in the last ten minutes is read
/// by list from the thousandth on.
const MOST_PAGES: u32 = 5;

/// The id up to which the index is asked; none when it does not say.
pub(super) async fn settled(context: &Context<'_>, object: &str) -> Result<Option<u64>, ExecuteError> {
    let old = context.now.as_millisecond().saturating_sub(i64::try_from(LAG.as_millis()).unwrap_or(i64::MAX));
    let mut below = None;
    for _ in 0..MOST_PAGES {
        let page = match latest(context, object, below).await {
            Ok(page) => page,
            Err(error) if is_refusal(&error) => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_old = |created: &str| {
            created.parse::<jiff::Timestamp>().is_ok_and(|created| created.as_millisecond() <= old)
        };
        let mut settled =
            page.records.iter().filter(|record| record.created_at.as_deref().is_some_and(is_old));
        if let Some(highest) = settled.by_ref().map(|record| record.id).max() {
            return Ok(Some(highest));
        }
        let Some(lowest) = page.records.iter().map(|record| record.id).min() else {
            // Nothing older: all of it is read by list.
            return Ok(Some(below.map_or(0, |below: u64| below.saturating_sub(1))));
        };
        below = Some(lowest);
    }
    Ok(below)
}
