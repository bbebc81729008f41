//! Reads answered requests in the order in which they were recorded, a page at a time.

use std::time::Duration;

use jiff::Timestamp;

use super::history_list::since;
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::rights;
use crate::store::{Row, params};

/// Which page.
#[derive(Debug, Clone)]
pub struct Request {
    /// Behind this id; 0: from the first.
    pub after: i64,
    /// Up to this id; none: up to the last there is now.
    pub until: Option<i64>,
    /// Not older than this.
    pub from: Option<Timestamp>,
    /// Not younger than this.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

/// A page.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The requests, by id.
    pub requests: Vec<Answered>,
    /// The id up to which the chain of pages goes.
    pub until: i64,
    /// Whether there are more behind the last.
    pub more: bool,
}

/// An answered request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// Its number, which grows.
    pub id: i64,
    /// When it was answered.
    pub at: Timestamp,
    /// Its id in the answer, the log and the history.
    pub request_id: String,
    /// The token.
    pub token_id: Option<String>,
    /// The token's label.
    pub label: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The data source.
    pub data_source: Option<String>,
    /// The entity set, or `$metadata` and the like.
    pub entity_set: Option<String>,
    /// The query without its literals.
    pub query: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
    /// Its `User-Agent`.
    pub client: Option<String>,
    /// The status of the answer.
    pub status: i64,
    /// The error's code.
    pub error_code: Option<String>,
    /// Rows in the answer.
    pub rows: i64,
    /// Bytes of the answer.
    pub bytes: i64,
    /// From arrival to answer.
    pub duration: Duration,
    /// Calls to HubSpot.
    pub upstream_calls: i64,
    /// Values that could not be read and were answered as null.
    pub nulled_values: i64,
}

/// Reads it: the tenant's for admins, their own for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const LAST: &str = "SELECT COALESCE(MAX(id), 0) FROM requests WHERE tenant_id = ?1";
    const SQL: &str = "SELECT r.id, r.at, r.request_id, r.token_id, k.label, r.user_name, r.data_source_id, r.entity_set, \
         r.query, r.address, r.client, r.status, r.error_code, r.row_count, r.byte_count, r.duration, \
         r.upstream_calls, r.nulled_values FROM requests r LEFT JOIN tokens k ON k.id = r.token_id \
         WHERE r.tenant_id = ?1 AND r.id > ?2 AND r.id <= ?3 AND r.at >= ?4 AND r.at <= ?5 \
         AND (?6 IS NULL OR r.user_name = ?6) ORDER BY r.id LIMIT ?7";
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let until = match request.until {
        Some(until) => until,
        None => tx.query_one(LAST, params![tenant]).await?.take()?,
    };
    let from = since(&standing, request.from);
    let to = request.to.unwrap_or(Timestamp::MAX);
    let only = standing.only().map(|user| &user.name);
    // One more than wanted tells whether there are more.
    let limit = request.limit.saturating_add(1);
    let row = params![tenant, request.after, until, from, to, only, limit];
    let mut requests = tx.list(SQL, row, Answered::from_row).await?;
    let more = requests.len() > usize::try_from(request.limit).unwrap_or(usize::MAX);
    if more {
        requests.pop();
    }
    Ok(Outcome { requests, until, more })
}

impl Answered {
    fn from_row(row: &mut Row) -> Result<Answered, StoreError> {
        Ok(Answered {
            id: row.take()?,
            at: row.take()?,
            request_id: row.take()?,
            token_id: row.take()?,
            label: row.take()?,
            user: row.take()?,
            data_source: row.take()?,
            entity_set: row.take()?,
            query: row.take()?,
            address: row.take()?,
            client: row.take()?,
            status: row.take()?,
            error_code: row.take()?,
            rows: row.take()?,
            bytes: row.take()?,
            duration: Duration::from_millis(row.take::<u64>()?),
            upstream_calls: row.take()?,
            nulled_values: row.take()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_requests::{self, tests::entry};
    use crate::testing::{World, start};

    #[tokio::test]
    async fn a_chain_of_pages_has_each_request_once_and_none_that_came_later() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let record = async |from: i64| {
            let entries = (from..from + 5).map(|at| entry(&world, at, &token, &source)).collect();
            record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();
        };
        record(0).await;
        let (mut after, mut until, mut read) = (0, None, Vec::new());
        loop {
            let request = Request { after, until, from: None, to: None, limit: 2 };
            let page = run(&world.ctx, request).await.unwrap();
            read.extend(page.requests.iter().map(|one| one.request_id.clone()));
            (after, until) = (page.requests.last().map_or(after, |one| one.id), Some(page.until));
            if !page.more {
                break;
            }
            record(100).await;
        }
        assert_eq!(read, ["r0", "r1", "r2", "r3", "r4"]);
        let from = Some(start() + jiff::SignedDuration::from_secs(3));
        let to = Some(start() + jiff::SignedDuration::from_secs(4));
        let request = Request { after: 0, until: None, from, to, limit: 9 };
        assert_eq!(run(&world.ctx, request.clone()).await.unwrap().requests.len(), 2);
        assert!(run(&world.acting("bob").await, request).await.unwrap().requests.is_empty());
    }
}
