//! Replaces a connection's credential. The next request reads with the new one.

use serde_json::json;

use super::connection_add::seal;
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::records::ConnectionRecord;
use crate::rights;
use crate::secret::Secret;
use crate::store::params;

/// Which, and the new credential.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection's name.
    pub name: String,
    /// The new credential.
    pub credential: Secret,
}

/// The connection afterwards.
pub type Outcome = ConnectionRecord;

/// Replaces it. For admins.
///
/// # Errors
/// When there is no such connection, no key is configured or the credential is empty.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "UPDATE connections SET credential = ?2, version = version + 1, status = 'unknown', \
                       status_message = NULL, updated_at = ?3 WHERE id = ?1";
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let connection = lookup::connection_named(&mut tx, ctx.tenant_id()?, &request.name).await?;
    let sealed = seal(ctx, &connection.id, &request.credential)?;
    tx.execute_one(SQL, params![&connection.id, sealed, ctx.now()]).await?;
    let details = json!({ "connection": connection.name });
    Change::new(HistoryKind::Connection, "replace_credential").details(details).record(&mut tx, ctx).await?;
    let connection = lookup::connection_by_id(&mut tx, &connection.id).await?;
    tx.commit().await?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn the_new_credential_opens_and_the_version_grows() {
        let world = World::new().await;
        let request = Request { name: "Portal".into(), credential: Secret::new("pat-new".into()) };
        let connection = run(&world.ctx, request).await.unwrap();
        assert_eq!(connection.version, 2);
        let opened = lookup::open_credential(world.ctx.keys().unwrap(), &connection).unwrap();
        assert_eq!(opened.expose(), "pat-new");
    }
}
