//! Sums up refused credentials: for each token, reason, address and data source how often, since when and when last.

use jiff::Timestamp;
use serde::Serialize;

use super::history_list::since;
use crate::context::{Actor, Context};
use crate::error::{OperationError, StoreError};
use crate::id::DataSourceId;
use crate::rights;
use crate::store::{Row, params};
use crate::token::TokenId;

/// Which refusals.
#[derive(Debug, Clone)]
pub struct Request {
    /// Not older than this.
    pub since: Timestamp,
}

/// The sums, in no particular order.
pub type Outcome = Vec<Refused>;

/// The refusals of one sort.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// The token, when it exists.
    pub token_id: Option<TokenId>,
    /// Why, exactly.
    pub reason: String,
    /// From where: an address, or the network of one.
    pub address: String,
    /// The data source that was asked for, when it exists.
    pub data_source: Option<DataSourceId>,
    /// How many.
    pub count: u64,
    /// The first.
    pub first_at: Timestamp,
    /// The last.
    pub last_at: Timestamp,
    /// The `User-Agent` of one of them.
    pub client: Option<String>,
}

/// Sums them up: those of the tenant's tokens and data sources for admins, of their own tokens for everybody else. Those
/// that named neither an existing token nor an existing data source belong to nobody and are the operator's to see.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const KNOWN: &str = "SELECT r.token_id, r.reason, r.address, r.data_source_id, CAST(SUM(r.refused) AS BIGINT), \
         MIN(r.first_at), MAX(r.last_at), MAX(r.client) \
         FROM refusals r JOIN tokens k ON k.id = r.token_id \
         WHERE k.tenant_id = ?1 AND r.minute >= ?2 AND (?3 IS NULL OR k.user_id = ?3) \
         GROUP BY r.token_id, r.reason, r.address, r.data_source_id";
    const UNKNOWN: &str = "SELECT '', r.reason, r.address, r.data_source_id, CAST(SUM(r.refused) AS BIGINT), \
         MIN(r.first_at), MAX(r.last_at), MAX(r.client) FROM refusals r \
         WHERE r.token_id = '' AND r.minute >= ?1 AND (r.tenant_id = ?2 OR (r.tenant_id IS NULL AND ?3 = 1)) \
         GROUP BY r.reason, r.address, r.data_source_id";
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let since = since(&standing, Some(request.since));
    let only = standing.only().map(|user| user.id);
    let mut sums = tx.list(KNOWN, params![ctx.tenant_id()?, since, only], Refused::from_row).await?;
    if only.is_none() {
        let operator = i64::from(!matches!(ctx.actor, Actor::User { .. }));
        let row = params![since, ctx.tenant_id()?, operator];
        sums.extend(tx.list(UNKNOWN, row, Refused::from_row).await?);
    }
    Ok(sums)
}

impl Refused {
    fn from_row(row: &mut Row) -> Result<Refused, StoreError> {
        let token: String = row.take()?;
        Ok(Refused {
            token_id: (!token.is_empty()).then(|| TokenId::stored(token)),
            reason: row.take()?,
            address: row.take()?,
            data_source: Some(row.take::<String>()?).filter(|id| !id.is_empty()).map(DataSourceId::stored),
            count: row.take()?,
            first_at: row.take()?,
            last_at: row.take()?,
            client: row.take()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_refusals::{self, Refusal};
    use crate::testing::{World, start};

    #[tokio::test]
    async fn refusals_are_summed_up_and_those_of_no_token_are_the_operators() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().view.id;
        let refusal = |token: Option<&TokenId>, seconds| Refusal {
            token: token.cloned(),
            tenant: None,
            reason: if token.is_some() { "TokenRevoked" } else { "unknown_token" },
            address: "203.0.113.7".into(),
            at: start().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap(),
            count: 2,
            request_id: None,
            data_source: None,
            client: None,
        };
        let refusals = vec![refusal(Some(&token), 0), refusal(Some(&token), 120), refusal(None, 0)];
        record_refusals::run(&world.ctx, record_refusals::Request { refusals }).await.unwrap();
        let request = Request { since: start() };
        let all = run(&world.ctx, request.clone()).await.unwrap();
        assert_eq!(all.len(), 2);
        let own = run(&world.acting("ann").await, request.clone()).await.unwrap();
        assert_eq!((own.len(), own[0].count), (1, 4));
        assert_eq!(own[0].last_at.duration_since(own[0].first_at).as_secs(), 120);
        assert_eq!(run(&world.acting("ada").await, request.clone()).await.unwrap(), own);
        assert!(run(&world.acting("bob").await, request).await.unwrap().is_empty());
    }
}
