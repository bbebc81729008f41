//! Shows by which service principal the tenant is connected with Power BI, without its secret.

use jiff::Timestamp;
use serde::Serialize;

use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::TenantId;
use crate::rights;
use crate::secret::Secret;
use crate::store::{Read, Row, params};

/// Nothing to choose.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The connection, as it is shown.
pub type Outcome = PowerBiView;

/// What admins see of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PowerBiView {
    /// The directory (tenant) in Microsoft Entra.
    pub directory: String,
    /// The application's client id.
    pub client_id: String,
    /// Since when.
    pub connected_at: Timestamp,
}

/// The row: what is shown, and the sealed secret.
pub(super) struct Connected {
    pub(super) view: PowerBiView,
    pub(super) sealed: Secret,
}

fn not_connected() -> OperationError {
    OperationError::not_found(
        "PowerBiNotConnected",
        "the tenant is not connected with Power BI: `feedgate-admin powerbi connect` connects it",
    )
}

/// Shows it. For admins.
///
/// # Errors
/// When the tenant is not connected.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    rights::manage(&mut tx, ctx).await?;
    Ok(found(&mut tx, ctx.tenant_id()?).await?.view)
}

/// The row, which must exist.
pub(super) async fn found(tx: &mut Read, tenant: TenantId) -> Result<Connected, OperationError> {
    find(tx, tenant).await?.ok_or_else(not_connected)
}

/// The row, if there is one.
pub(super) async fn find(tx: &mut Read, tenant: TenantId) -> Result<Option<Connected>, StoreError> {
    const SQL: &str =
        "SELECT directory, client_id, created_at, secret FROM powerbi_connections WHERE tenant_id = ?1";
    let row = tx.query_optional(SQL, params![tenant]).await?;
    row.map(|mut row| connected(&mut row)).transpose()
}

fn connected(row: &mut Row) -> Result<Connected, StoreError> {
    let view = PowerBiView { directory: row.take()?, client_id: row.take()?, connected_at: row.take()? };
    Ok(Connected { view, sealed: Secret::new(row.take()?) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::powerbi_connect::{self, tests::request};
    use crate::testing::World;

    #[tokio::test]
    async fn admins_see_it_once_it_is_there() {
        let world = World::new().await;
        let ada = world.acting("ada").await;
        assert_eq!(run(&ada, Request {}).await.unwrap_err(), not_connected());
        let connected = powerbi_connect::run(&world.ctx, request("app")).await.unwrap();
        assert_eq!(run(&ada, Request {}).await.unwrap(), connected);
        assert_eq!(run(&world.acting("ann").await, Request {}).await.unwrap_err().code, "NotAllowed");
    }
}
