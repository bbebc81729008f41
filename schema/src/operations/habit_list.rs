//! Lists the refreshes that run by themselves: which token they use, what they read, and when.

use jiff::Timestamp;

use crate::clock::from_milliseconds;
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::habit::{self, Busy, Habit};
use crate::id::{DataSourceId, TenantId};
use crate::rights;
use crate::store::{Read, Row, params};
use crate::token::TokenId;

/// Which.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only of this token.
    pub token: Option<TokenId>,
    /// Only of this data source.
    pub data_source: Option<DataSourceId>,
}

/// The habits, by token and data source.
pub type Outcome = Vec<Habit>;

/// Lists them: the tenant's for admins, their own for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let user = standing.only().map(|user| user.name.clone());
    Ok(habits(&mut tx, ctx.tenant_id()?, &request, user.as_deref(), ctx.now()).await?)
}

/// The habits of a tenant as seen at `now`.
pub(super) async fn habits(
    tx: &mut Read,
    tenant: TenantId,
    request: &Request,
    user: Option<&str>,
    now: Timestamp,
) -> Result<Vec<Habit>, StoreError> {
    const SQL: &str = "SELECT r.token_id, r.data_source_id, r.at / 600000, CAST(SUM(r.row_count) AS BIGINT) FROM requests r \
         WHERE r.tenant_id = ?1 AND r.at >= ?2 AND r.status < 400 AND r.token_id IS NOT NULL \
         AND r.data_source_id IS NOT NULL AND (?3 IS NULL OR r.token_id = ?3) \
         AND (?4 IS NULL OR r.data_source_id = ?4) AND (?5 IS NULL OR r.user_name = ?5) \
         GROUP BY r.token_id, r.data_source_id, r.at / 600000";
    let since =
        from_milliseconds(now.as_millisecond() - i64::try_from(habit::LOOK_BACK.as_millis()).unwrap_or(0));
    let (token, source) = (request.token.as_ref(), request.data_source.as_ref());
    let busy = tx.list(SQL, params![tenant, since, token, source, user], busy).await?;
    Ok(habit::recognise(busy, now))
}

fn busy(row: &mut Row) -> Result<Busy, StoreError> {
    Ok(Busy {
        token: TokenId::stored(row.take()?),
        data_source: DataSourceId::stored(row.take()?),
        bucket: row.take()?,
        rows: row.take()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_requests::{self, RequestEntry, tests::entry};
    use crate::testing::World;

    #[tokio::test]
    async fn a_nightly_refresh_is_the_habit_of_its_user() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let night = |day: i64| entry(&world, day * 86_400 + 3 * 3_600, &token, &source);
        let refused = RequestEntry { status: 502, ..night(4) };
        let entries = vec![night(0), night(1), night(2), night(3), refused];
        record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();
        world.pass(5 * 86_400);
        for (actor, expected) in [("ann", 1), ("ada", 1), ("bob", 0)] {
            let habits = run(&world.acting(actor).await, Request::default()).await.unwrap();
            assert_eq!(habits.len(), expected, "{actor}");
        }
        let habits = run(&world.ctx, Request { token: Some(token), ..Request::default() }).await.unwrap();
        assert_eq!(habits[0].schedule.hours(), "03:00 UTC");
    }
}
