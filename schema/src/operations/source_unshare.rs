//! Takes a data source back from a user or a group. The next request of them is refused.

use serde_json::json;

use super::source_share::{Found, Grantee, find};
use super::source_show;
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::records::DataSourceRecord;
use crate::store::{Write, params};

/// What to take back, and from whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The data source.
    pub id: DataSourceId,
    /// Who no longer reads it.
    pub with: Grantee,
}

/// Whether it was shared so before.
pub type Outcome = bool;

/// Takes it back. For its owner and for admins.
///
/// # Errors
/// When the data source, the user or the group is unknown, or the data source is not the actor's.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    let source = source_show::changeable(&mut tx, ctx, &request.id).await?;
    let ended = unshare(&mut tx, ctx, &source, &request.with).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Takes it back in a transaction that goes on; whether it was shared so before.
pub(super) async fn unshare(
    tx: &mut Write,
    ctx: &Context,
    source: &DataSourceRecord,
    with: &Grantee,
) -> Result<bool, OperationError> {
    let ended = match find(tx, ctx, with).await? {
        Found::User(user) => {
            let sql = "DELETE FROM user_shares WHERE data_source_id = ?1 AND user_id = ?2";
            tx.execute(sql, params![&source.id, user]).await?
        }
        Found::Group(group) => {
            let sql = "DELETE FROM group_shares WHERE data_source_id = ?1 AND group_id = ?2";
            tx.execute(sql, params![&source.id, group]).await?
        }
    };
    if ended > 0 {
        let details = json!({ "name": source.name, "with": with.to_string() });
        Change::new(HistoryKind::Source, "unshare")
            .data_source(&source.id)
            .details(details)
            .record(tx, ctx)
            .await?;
    }
    Ok(ended > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn taking_back_what_was_not_given_changes_nothing() {
        let world = World::new().await;
        let request = Request { id: world.source("ann", "sales").await, with: Grantee::User("bob".into()) };
        let before = world.actions().await;
        assert!(!run(&world.ctx, request).await.unwrap());
        assert_eq!(world.actions().await, before);
    }
}
