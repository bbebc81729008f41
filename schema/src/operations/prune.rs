//! Removes what the history no longer has to keep.

use std::time::Duration;

use crate::clock::earlier;
use crate::context::Context;
use crate::error::OperationError;
use crate::rights;
use crate::store::params;

/// Rows removed in one transaction: the write lock is free again after a few milliseconds.
const BATCH: u32 = 2_000;

/// How long to keep what.
#[derive(Debug, Clone)]
pub struct Request {
    /// Changes, and notices.
    pub changes: Duration,
    /// Requests and refusals.
    pub requests: Duration,
}

impl Default for Request {
    /// 400 days of changes (a year and the time to look back on it), 90 of requests.
    fn default() -> Request {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        Request { changes: days(400), requests: days(90) }
    }
}

/// How many rows were removed.
pub type Outcome = u64;

/// Removes them, in batches. For the operator and the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const HISTORY: &str =
        "DELETE FROM history WHERE id IN (SELECT id FROM history WHERE at < ?1 ORDER BY id LIMIT ?2)";
    const REQUESTS: &str =
        "DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE at < ?1 ORDER BY id LIMIT ?2)";
    const REFUSALS: &str = "DELETE FROM refusals WHERE (token_id, reason, address, data_source_id, minute) IN \
         (SELECT token_id, reason, address, data_source_id, minute FROM refusals WHERE minute < ?1 LIMIT ?2)";
    const DELIVERIES: &str = "DELETE FROM deliveries WHERE notice_id IN \
         (SELECT id FROM notices WHERE at < ?1 ORDER BY at LIMIT ?2)";
    const NOTICES: &str = "DELETE FROM notices WHERE id IN (SELECT n.id FROM notices n WHERE n.at < ?1 \
         AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.notice_id = n.id) ORDER BY n.at LIMIT ?2)";
    rights::operator(ctx)?;
    let now = ctx.now();
    let mut removed = 0;
    for (sql, age) in [
        (HISTORY, request.changes),
        (REQUESTS, request.requests),
        (REFUSALS, request.requests),
        (DELIVERIES, request.changes),
        (NOTICES, request.changes),
    ] {
        loop {
            let mut tx = ctx.store.write().await?;
            let count = tx.execute(sql, params![earlier(now, age), BATCH]).await?;
            tx.commit().await?;
            removed += count;
            if count < u64::from(BATCH) {
                break;
            }
        }
    }
    Ok(removed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_requests::{self, tests::entry};
    use crate::operations::{record_refusals, request_list};
    use crate::testing::{World, start};

    #[tokio::test]
    async fn what_is_old_goes_and_what_is_young_stays() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let entries = vec![entry(&world, 0, &token, &source), entry(&world, 100 * 86_400, &token, &source)];
        record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();
        let refusal = record_refusals::Refusal {
            token: Some(token),
            tenant: world.ctx.tenant,
            reason: "WrongSecret",
            address: "10.0.0.1".into(),
            at: start(),
            count: 1,
            request_id: None,
            data_source: None,
            client: None,
        };
        record_refusals::run(&world.ctx, record_refusals::Request { refusals: vec![refusal] }).await.unwrap();
        let changes = world.history().await.len() - 1;
        world.pass(101 * 86_400);
        assert_eq!(run(&world.ctx, Request::default()).await.unwrap(), 2);
        assert_eq!(request_list::run(&world.ctx, request_list::Request::default()).await.unwrap().len(), 1);
        assert_eq!(world.history().await.len(), changes);
        world.pass(300 * 86_400);
        run(&world.ctx, Request::default()).await.unwrap();
        assert!(world.history().await.is_empty());
    }
}
