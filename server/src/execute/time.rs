//! Sees to it that a read of everything which cannot end in time is refused early, and one that can is never refused.

use std::time::Duration;

use tokio::time::Instant;

use super::{Context, ExecuteError, estimate};
use crate::plan::{Cost, Plan};

/// What is left for writing the answer when reading ends.
const RESERVE: Duration = Duration::from_secs(2);

/// Rows after which the speed of this read is known well enough to judge by it.
const MEASURED_AFTER: u64 = 2_000;

/// Watches a read of everything.
pub(super) struct Watch {
    option: &'static str,
    began: Instant,
    /// When reading has to be over.
    pub(super) until: Instant,
    /// Rows to be read, as far as HubSpot's index knows.
    total: Option<u64>,
    rows: u64,
    /// When the last of them came.
    latest: Instant,
}

impl Watch {
    /// Begins, unless the account's limits alone take longer than there is time.
    pub(super) async fn new(
        context: &Context<'_>,
        plan: &Plan,
        option: &'static str,
    ) -> Result<Self, ExecuteError> {
        let counts = estimate::candidates(context, plan).await?;
        let until = context.call.deadline.checked_sub(RESERVE).unwrap_or(context.call.deadline);
        let began = Instant::now();
        let least = Cost::of_reading(plan, counts)
            .map_or(Duration::ZERO, |cost| cost.least_time(&estimate::grants(context.client)));
        if began + least > until {
            return Err(refusal(option));
        }
        Ok(Self { option, began, until, total: counts.found.or(counts.all), rows: 0, latest: began })
    }

    /// So many more candidates were read.
    pub(super) fn check(&mut self, rows: u64, end: bool) -> Result<(), ExecuteError> {
        let now = Instant::now();
        if end {
            return Ok(());
        }
        if now >= self.until {
            // These may have come long after those before: what they took is no measure.
            return Err(self.late(hubspot::Error::Timeout.into()));
        }
        self.rows += rows;
        self.latest = now;
        if self.rows >= MEASURED_AFTER && self.is_hopeless(now) {
            return Err(refusal(self.option));
        }
        Ok(())
    }

    /// What a failure means: a read that did not end in time is one that takes too long, unless it stood still or waited for
    /// so long that it would have ended otherwise.
    pub(super) fn late(&self, error: ExecuteError) -> ExecuteError {
        match error {
            ExecuteError::Hubspot(hubspot::Error::Timeout) if self.is_too_much() => refusal(self.option),
            other => other,
        }
    }

    /// At the speed at which rows came while they did, all of them take longer than there was time.
    fn is_too_much(&self) -> bool {
        let Some(total) = self.total else { return self.rows >= MEASURED_AFTER };
        if self.rows == 0 {
            return false;
        }
        let per_row = (self.latest - self.began).as_secs_f64() / self.rows as f64;
        per_row * total as f64 > (self.until - self.began).as_secs_f64()
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

/// The option cannot be answered; Power Query then does without it.
pub(super) fn refusal(option: &'static str) -> ExecuteError {
    let message = if option == "$count" {
        "HubSpot cannot count the rows of this query, and reading them all takes longer than a request may. Leave \
         $count out, or filter by less."
    } else {
        "HubSpot cannot sort this, and reading all rows for each sorted page takes longer, or more of the day's calls, \
         than a request may. Leave $orderby out, or filter by less."
    };
    ExecuteError::NotSupported { option, message: message.to_owned() }
}
