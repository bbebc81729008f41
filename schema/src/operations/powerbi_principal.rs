//! Opens the secret of the tenant's service principal, for the one call that signs in with it.

use super::powerbi_connect::{PURPOSE, row};
use super::powerbi_show;
use crate::context::Context;
use crate::error::OperationError;
use crate::keys::KeysError;
use crate::rights;
use crate::secret::Secret;

/// Nothing to choose.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The service principal.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The directory (tenant) in Microsoft Entra.
    pub directory: String,
    /// The application's client id.
    pub client_id: String,
    /// The application's client secret.
    pub secret: Secret,
}

/// Opens it. For admins.
///
/// # Errors
/// When the tenant is not connected, or the secret does not open with the configured keys.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    rights::manage(&mut tx, ctx).await?;
    let connected = powerbi_show::found(&mut tx, tenant).await?;
    let (directory, client_id) = (connected.view.directory, connected.view.client_id);
    let failed = |error: KeysError| {
        let message = format!("the client secret for Power BI cannot be opened: {error}");
        OperationError::invalid("KeysUnusable", message)
    };
    let place = row(&directory, &client_id);
    let secret = ctx.keys()?.open(PURPOSE, tenant, &place, connected.sealed.expose()).map_err(failed)?;
    Ok(Outcome { directory, client_id, secret })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::powerbi_connect::{self, tests::request};
    use crate::testing::World;

    #[tokio::test]
    async fn the_secret_is_for_admins_and_is_not_printed() {
        let world = World::new().await;
        powerbi_connect::run(&world.ctx, request("app")).await.unwrap();
        let opened = run(&world.acting("ada").await, Request {}).await.unwrap();
        assert!(!format!("{opened:?}").contains("s3cret"));
        assert_eq!(run(&world.acting("ann").await, Request {}).await.unwrap_err().code, "NotAllowed");
    }
}
