//! Notes what HubSpot said to a connection's credential, and which portal it belongs to.

use serde_json::json;

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::ConnectionId;
use crate::records::ConnectionStatus;
use crate::rights;
use crate::store::params;

/// What was learned.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection.
    pub connection: ConnectionId,
    /// The version of the credential that was used: news about an older one is not noted.
    pub version: i64,
    /// What it was.
    pub status: ConnectionStatus,
    /// What HubSpot said.
    pub message: Option<String>,
    /// The portal, if it was learned.
    pub portal_id: Option<i64>,
}

/// Whether anything changed.
pub type Outcome = bool;

/// Notes it, with a history entry when the status changed. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "UPDATE connections SET status = ?3, status_message = ?4, \
                       portal_id = COALESCE(?5, portal_id), updated_at = ?6, reconnect = ?7 \
                       WHERE id = ?1 AND version = ?2";
    rights::operator(ctx)?;
    let mut tx = ctx.store.write().await?;
    let before = "SELECT tenant_id, name, CASE WHEN reconnect = 1 THEN 'reconnect' ELSE status END \
                  FROM connections WHERE id = ?1 AND version = ?2";
    let Some(mut row) = tx.query_optional(before, params![&request.connection, request.version]).await?
    else {
        return Ok(false);
    };
    let (tenant, name, before): (i64, String, String) = (row.take()?, row.take()?, row.take()?);
    let status = request.status.as_str();
    // The column's own words are older than this state, which is kept beside them.
    let stored = match request.status {
        ConnectionStatus::Reconnect => ConnectionStatus::Rejected,
        status => status,
    };
    let row = params![
        &request.connection,
        request.version,
        stored.as_str(),
        request.message.as_ref(),
        request.portal_id,
        ctx.now(),
        i64::from(request.status == ConnectionStatus::Reconnect)
    ];
    tx.execute_one(SQL, row).await?;
    if before != status {
        Change::new(HistoryKind::Connection, "status")
            .tenant(crate::TenantId(tenant))
            .reason(request.message.as_deref())
            .details(json!({ "connection": name, "before": before, "after": status }))
            .record(&mut tx, ctx)
            .await?;
    }
    tx.commit().await?;
    Ok(before != status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::connection_list;
    use crate::testing::World;

    #[tokio::test]
    async fn only_a_change_is_history_and_old_news_is_dropped() {
        let world = World::new().await;
        let list = connection_list::run(&world.ctx, connection_list::Request {}).await.unwrap();
        let request = |version, status| Request {
            connection: list[0].id.clone(),
            version,
            status,
            message: Some("expired".into()),
            portal_id: Some(42),
        };
        assert!(run(&world.ctx, request(1, ConnectionStatus::Rejected)).await.unwrap());
        assert!(!run(&world.ctx, request(1, ConnectionStatus::Rejected)).await.unwrap());
        assert!(!run(&world.ctx, request(0, ConnectionStatus::Working)).await.unwrap());
        assert!(run(&world.ctx, request(1, ConnectionStatus::Reconnect)).await.unwrap());
        assert!(!run(&world.ctx, request(1, ConnectionStatus::Reconnect)).await.unwrap());
        let list = connection_list::run(&world.ctx, connection_list::Request {}).await.unwrap();
        assert_eq!(list[0].status, ConnectionStatus::Reconnect);
        assert!(run(&world.ctx, request(1, ConnectionStatus::Rejected)).await.unwrap());
        let list = connection_list::run(&world.ctx, connection_list::Request {}).await.unwrap();
        assert_eq!((list[0].status, list[0].portal_id), (ConnectionStatus::Rejected, Some(42)));
        assert_eq!(world.actions().await.iter().filter(|action| action.ends_with("status")).count(), 3);
    }
}
