//! Ends a tenant's connection with Power BI. Its secret is gone from the store; the tokens in Power BI stay there.

use serde_json::json;

use super::powerbi_show::{self, PowerBiView};
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::rights;
use crate::store::params;

/// Nothing to choose.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// What there was.
pub type Outcome = PowerBiView;

/// Ends it. For admins.
///
/// # Errors
/// When the tenant is not connected.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let view = powerbi_show::found(&mut tx, tenant).await?.view;
    tx.execute_one("DELETE FROM powerbi_connections WHERE tenant_id = ?1", params![tenant]).await?;
    // Nobody can keep them right from now on.
    tx.execute("DELETE FROM powerbi_holders WHERE tenant_id = ?1", params![tenant]).await?;
    let details = json!({ "directory": view.directory, "client_id": view.client_id });
    Change::new(HistoryKind::Connection, "powerbi_disconnect").details(details).record(&mut tx, ctx).await?;
    tx.commit().await?;
    Ok(view)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::powerbi_connect::{self, tests::request};
    use crate::operations::powerbi_holders;
    use crate::operations::powerbi_record::{self, tests::put};
    use crate::testing::World;

    #[tokio::test]
    async fn nothing_is_left_of_it_but_its_history() {
        let world = World::new().await;
        powerbi_connect::run(&world.ctx, request("app")).await.unwrap();
        let token = world.mint("ann").await.unwrap().view.id;
        powerbi_record::run(&world.ctx, put(&token, "d1", None)).await.unwrap();
        assert_eq!(run(&world.acting("ann").await, Request {}).await.unwrap_err().code, "NotAllowed");
        assert_eq!(run(&world.ctx, Request {}).await.unwrap().client_id, "app");
        assert_eq!(run(&world.ctx, Request {}).await.unwrap_err().code, "PowerBiNotConnected");
        assert!(powerbi_holders::run(&world.ctx, powerbi_holders::Request {}).await.unwrap().is_empty());
        let last = world.actions().await.pop();
        assert_eq!(last.as_deref(), Some("connection powerbi_disconnect"));
    }
}
