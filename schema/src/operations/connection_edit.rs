//! Changes a connection: which share of the portal's daily calls its feeds may take. The next request keeps to it.

use serde_json::json;

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::records::ConnectionRecord;
use crate::rights;
use crate::store::params;

/// Which, and what it is to be.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection's name.
    pub name: String,
    /// Per cent of the portal's daily calls up to which feeds are read; none: the service's setting.
    pub daily_share: Option<u32>,
}

/// The connection afterwards.
pub type Outcome = ConnectionRecord;

/// Refuses what is no share.
pub(super) fn check(daily_share: Option<u32>) -> Result<(), OperationError> {
    if daily_share.is_none_or(|share| (1..=100).contains(&share)) {
        return Ok(());
    }
    let message =
        "the daily share is a number of per cent from 1 to 100, or default for the service's setting";
    Err(OperationError::invalid("DailyShareInvalid", message))
}

/// Changes it, with the values before and afterwards in the history. For admins.
///
/// # Errors
/// When there is no such connection, or the share is none.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "UPDATE connections SET daily_share = ?2, updated_at = ?3 WHERE id = ?1";
    check(request.daily_share)?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let before = lookup::connection_named(&mut tx, ctx.tenant_id()?, &request.name).await?;
    if before.daily_share == request.daily_share {
        return Ok(before);
    }
    tx.execute_one(SQL, params![&before.id, request.daily_share, ctx.now()]).await?;
    let after = lookup::connection_by_id(&mut tx, &before.id).await?;
    let details = json!({
        "connection": before.name,
        "before": { "daily_share": before.daily_share },
        "after": { "daily_share": after.daily_share },
    });
    Change::new(HistoryKind::Connection, "edit").details(details).record(&mut tx, ctx).await?;
    tx.commit().await?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    fn request(daily_share: Option<u32>) -> Request {
        Request { name: "Portal".into(), daily_share }
    }

    #[tokio::test]
    async fn a_share_is_set_taken_back_and_told_with_what_it_was_before() {
        let world = World::new().await;
        let connection = run(&world.ctx, request(Some(60))).await.unwrap();
        assert_eq!((connection.daily_share, connection.version), (Some(60), 1));
        let count = world.history().await.len();
        run(&world.ctx, request(Some(60))).await.unwrap();
        assert_eq!(world.history().await.len(), count, "nothing changed, nothing to tell");
        assert_eq!(run(&world.ctx, request(None)).await.unwrap().daily_share, None);
        let entries = world.history().await;
        let details = &entries[count].details;
        assert_eq!(details["before"]["daily_share"], 60);
        assert!(details["after"]["daily_share"].is_null());
    }

    #[tokio::test]
    async fn only_admins_set_shares_of_1_to_100_of_connections_that_exist() {
        let world = World::new().await;
        assert_eq!(run(&world.acting("ann").await, request(Some(5))).await.unwrap_err().code, "NotAllowed");
        for share in [0, 101] {
            assert_eq!(run(&world.ctx, request(Some(share))).await.unwrap_err().code, "DailyShareInvalid");
        }
        let other = Request { name: "other".into(), daily_share: None };
        assert_eq!(run(&world.ctx, other).await.unwrap_err().code, "ConnectionNotFound");
    }
}
