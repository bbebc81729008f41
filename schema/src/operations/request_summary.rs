//! Sums up answered requests: for each token and data source what was answered, how often, and when last.

use jiff::Timestamp;
use serde::Serialize;

use super::history_list::since;
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::DataSourceId;
use crate::rights;
use crate::store::{Row, params};
use crate::token::TokenId;

/// Which requests.
#[derive(Debug, Clone)]
pub struct Request {
    /// Not older than this.
    pub since: Timestamp,
}

/// The sums, in no particular order.
pub type Outcome = Vec<Answered>;

/// The answers of one sort to one token on one data source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The token.
    pub token_id: TokenId,
    /// The user.
    pub user: Option<String>,
    /// The data source, as it stood in the URL: it may not exist.
    pub data_source: DataSourceId,
    /// The error's code; none: what was asked for.
    pub error_code: Option<String>,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_at: Timestamp,
    /// The last.
    pub last_at: Timestamp,
    /// From where the last came.
    pub address: Option<String>,
    /// The `User-Agent` of the last.
    pub client: Option<String>,
}

/// Sums them up: the tenant's for admins, their own for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "SELECT r.token_id, r.user_name, r.data_source_id, r.error_code, g.answered, g.first_at, g.last_at, \
         r.address, r.client FROM (SELECT MAX(id) AS last_id, COUNT(*) AS answered, MIN(at) AS first_at, \
         MAX(at) AS last_at FROM requests WHERE tenant_id = ?1 AND at >= ?2 AND token_id IS NOT NULL \
         AND data_source_id IS NOT NULL AND (?3 IS NULL OR user_name = ?3) \
         GROUP BY token_id, data_source_id, error_code) g JOIN requests r ON r.id = g.last_id";
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let since = since(&standing, Some(request.since));
    let only = standing.only().map(|user| &user.name);
    Ok(tx.list(SQL, params![ctx.tenant_id()?, since, only], Answered::from_row).await?)
}

impl Answered {
    fn from_row(row: &mut Row) -> Result<Answered, StoreError> {
        Ok(Answered {
            token_id: TokenId::stored(row.take()?),
            user: row.take()?,
            data_source: DataSourceId::stored(row.take()?),
            error_code: row.take()?,
            count: row.take()?,
            first_at: row.take()?,
            last_at: row.take()?,
            address: row.take()?,
            client: row.take()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_requests::{self, RequestEntry, tests::entry};
    use crate::testing::{World, start};

    #[tokio::test]
    async fn answers_are_summed_up_by_sort_and_only_for_whom_they_concern() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let refused = |seconds| RequestEntry {
            status: 404,
            error_code: Some("DataSourceNotFound".into()),
            address: Some(format!("10.0.0.{seconds}")),
            ..entry(&world, seconds, &token, &source)
        };
        let entries = vec![entry(&world, 1, &token, &source), refused(2), refused(5)];
        record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();
        let request = Request { since: start() };
        let mut sums = run(&world.ctx, request.clone()).await.unwrap();
        sums.sort_by_key(|sum| sum.first_at);
        assert_eq!(sums.len(), 2);
        assert_eq!((sums[0].error_code.as_deref(), sums[0].count), (None, 1));
        assert_eq!((sums[1].error_code.as_deref(), sums[1].count), (Some("DataSourceNotFound"), 2));
        assert_eq!(sums[1].last_at.duration_since(sums[1].first_at).as_secs(), 3);
        assert_eq!(sums[1].address.as_deref(), Some("10.0.0.5"));
        assert!(run(&world.acting("bob").await, request.clone()).await.unwrap().is_empty());
        assert_eq!(run(&world.acting("ann").await, request).await.unwrap().len(), 2);
    }
}
