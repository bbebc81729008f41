//! Replaces a connection's credential. The next request reads with the new one.

use serde_json::json;

use super::connection_add::seal;
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::records::{ConnectionKind, ConnectionRecord};
use crate::rights;
use crate::secret::Secret;
use crate::store::params;

/// Which, and the new credential.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection's name.
    pub name: String,
    /// How it proves itself.
    pub kind: ConnectionKind,
    /// The new credential.
    pub credential: Secret,
    /// The portal the credential belongs to, if it was asked.
    pub portal_id: Option<i64>,
}

/// The connection afterwards.
pub type Outcome = ConnectionRecord;

/// Rows of another portal in the same reports would be another company's.
fn other_portal(name: &str, old: i64, new: i64) -> OperationError {
    let message = format!(
        "the credential belongs to portal {new}, the connection {name} to portal {old}: \
         add another connection for it; nothing was stored"
    );
    OperationError::refused("PortalDiffers", message)
}

/// Replaces it. For admins.
///
/// # Errors
/// When there is no such connection, no key is configured, the credential is empty or belongs to another portal.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "UPDATE connections SET credential = ?2, version = version + 1, status = 'unknown', \
                       status_message = NULL, updated_at = ?3, kind = ?4, reconnect = 0, renewal = NULL, \
                       renewal_until = NULL WHERE id = ?1";
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let connection = lookup::connection_named(&mut tx, ctx.tenant_id()?, &request.name).await?;
    if let (Some(old), Some(new)) = (connection.portal_id, request.portal_id)
        && old != new
    {
        return Err(other_portal(&connection.name, old, new));
    }
    let sealed = seal(ctx, &connection.id, &request.credential)?;
    tx.execute_one(SQL, params![&connection.id, sealed, ctx.now(), request.kind.as_str()]).await?;
    let details = json!({ "connection": connection.name, "kind": request.kind.as_str() });
    Change::new(HistoryKind::Connection, "replace_credential").details(details).record(&mut tx, ctx).await?;
    let connection = lookup::connection_by_id(&mut tx, &connection.id).await?;
    tx.commit().await?;
    Ok(connection)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::connection_status;
    use crate::records::ConnectionStatus;
    use crate::testing::World;

    fn request(credential: &str, portal_id: Option<i64>) -> Request {
        let credential = Secret::new(credential.into());
        Request { name: "Portal".into(), kind: ConnectionKind::Token, credential, portal_id }
    }

    #[tokio::test]
    async fn a_credential_of_another_portal_is_refused() {
        let world = World::new().await;
        let connection = run(&world.ctx, request("pat-one", None)).await.unwrap();
        let learned = connection_status::Request {
            connection: connection.id,
            version: connection.version,
            status: ConnectionStatus::Working,
            message: None,
            portal_id: Some(42),
        };
        connection_status::run(&world.ctx, learned).await.unwrap();
        let error = run(&world.ctx, request("pat-two", Some(43))).await.unwrap_err();
        assert_eq!(error.code, "PortalDiffers");
        for portal in [Some(42), None] {
            assert!(run(&world.ctx, request("pat-two", portal)).await.is_ok());
        }
    }

    #[tokio::test]
    async fn the_new_credential_opens_and_the_version_grows() {
        let world = World::new().await;
        let connection = run(&world.ctx, request("pat-new", None)).await.unwrap();
        assert_eq!(connection.version, 2);
        let opened = lookup::open_credential(world.ctx.keys().unwrap(), &connection).unwrap();
        assert_eq!(opened.expose(), "pat-new");
    }
}
