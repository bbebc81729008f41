//! Removes a connection that no data source uses. Its credential is wiped from the row.

use serde_json::json;

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::rights;
use crate::store::{Row, params};

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection's name.
    pub name: String,
}

/// Nothing to tell.
pub type Outcome = ();

fn in_use(name: &str, sources: &[String]) -> OperationError {
    let sources = sources.join(", ");
    let message = format!("the connection \"{name}\" is used by data sources ({sources}): delete them first");
    OperationError::refused("ConnectionInUse", message)
}

/// Removes it. For admins.
///
/// # Errors
/// When there is no such connection, or data sources use it.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let connection = lookup::connection_named(&mut tx, ctx.tenant_id()?, &request.name).await?;
    let users =
        "SELECT id FROM data_sources WHERE connection_id = ?1 AND deleted_at IS NULL ORDER BY id LIMIT 10";
    let sources: Vec<String> = tx.list(users, params![&connection.id], Row::take).await?;
    if !sources.is_empty() {
        return Err(in_use(&connection.name, &sources));
    }
    let sql = "UPDATE connections SET removed_at = ?2, credential = '', version = version + 1 WHERE id = ?1";
    tx.execute_one(sql, params![&connection.id, ctx.now()]).await?;
    let details = json!({ "connection": connection.name });
    Change::new(HistoryKind::Connection, "remove").details(details).record(&mut tx, ctx).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::source_delete;
    use crate::testing::World;

    #[tokio::test]
    async fn a_connection_in_use_stays() {
        let world = World::new().await;
        let source = world.source("ann", "sales").await;
        let request = Request { name: "portal".into() };
        let error = run(&world.ctx, request.clone()).await.unwrap_err();
        assert_eq!(error.code, "ConnectionInUse");
        source_delete::run(&world.ctx, source_delete::Request { id: source }).await.unwrap();
        run(&world.ctx, request.clone()).await.unwrap();
        assert_eq!(run(&world.ctx, request).await.unwrap_err().code, "ConnectionNotFound");
    }
}
