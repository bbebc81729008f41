//! Deletes a data source. Its URL is never given to another one.

use serde_json::json;

use super::source_show;
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::store::params;

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// The data source.
    pub id: DataSourceId,
}

/// Nothing to tell.
pub type Outcome = ();

/// Deletes it. For its owner and for admins.
///
/// # Errors
/// When there is no such data source, or it is not the actor's.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    let source = source_show::changeable(&mut tx, ctx, &request.id).await?;
    tx.execute_one("UPDATE data_sources SET deleted_at = ?2 WHERE id = ?1", params![&source.id, ctx.now()])
        .await?;
    tx.execute("DELETE FROM user_shares WHERE data_source_id = ?1", params![&source.id]).await?;
    tx.execute("DELETE FROM group_shares WHERE data_source_id = ?1", params![&source.id]).await?;
    let details = json!({ "name": source.name });
    Change::new(HistoryKind::Source, "delete")
        .data_source(&source.id)
        .details(details)
        .record(&mut tx, ctx)
        .await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn what_was_deleted_is_not_found_again() {
        let world = World::new().await;
        let request = Request { id: world.source("ann", "sales").await };
        assert_eq!(
            run(&world.acting("bob").await, request.clone()).await.unwrap_err().code,
            "DataSourceNotFound"
        );
        run(&world.acting("ann").await, request.clone()).await.unwrap();
        assert_eq!(run(&world.ctx, request).await.unwrap_err().code, "DataSourceNotFound");
    }
}
