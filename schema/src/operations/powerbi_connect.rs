//! Connects a tenant with Power BI by a service principal. Its secret is sealed for its directory and client before it
//! reaches the store, so that neither can be exchanged to have it sent elsewhere.

use serde_json::json;

use super::powerbi_show::{self, PowerBiView};
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::TenantId;
use crate::keys::KeysError;
use crate::lookup;
use crate::rights;
use crate::secret::Secret;
use crate::store::params;

/// What the secret is sealed for.
pub(super) const PURPOSE: &str = "powerbi";

/// Longer than any id or domain of a directory.
const LONGEST: usize = 253;

/// Which service principal.
#[derive(Debug, Clone)]
pub struct Request {
    /// Id or domain of the directory (tenant) in Microsoft Entra.
    pub directory: String,
    /// The application's client id.
    pub client_id: String,
    /// The application's client secret.
    pub secret: Secret,
}

/// The connection afterwards.
pub type Outcome = PowerBiView;

fn invalid(message: impl Into<String>) -> OperationError {
    OperationError::invalid("PowerBiInvalid", message)
}

/// Connects it, or replaces the service principal there was. For admins.
///
/// # Errors
/// When directory or client have not the form of such, the secret is empty, or no key is configured.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "INSERT INTO powerbi_connections (tenant_id, directory, client_id, secret, created_at) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (tenant_id) DO UPDATE SET directory = excluded.directory, \
         client_id = excluded.client_id, secret = excluded.secret, created_at = excluded.created_at";
    check(&request)?;
    let tenant = ctx.tenant_id()?;
    let sealed = seal(ctx, tenant, &request)?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    lookup::tenant_by_id(&mut tx, tenant).await?;
    let replaced = powerbi_show::find(&mut tx, tenant).await?.is_some();
    let row = params![tenant, &request.directory, &request.client_id, sealed, ctx.now()];
    tx.execute_one(SQL, row).await?;
    let Request { directory, client_id, .. } = &request;
    let details = json!({ "directory": directory, "client_id": client_id, "replaced": replaced });
    Change::new(HistoryKind::Connection, "powerbi_connect").details(details).record(&mut tx, ctx).await?;
    let connected = powerbi_show::found(&mut tx, tenant).await?;
    tx.commit().await?;
    Ok(connected.view)
}

/// Whether directory and client have the form of such: they become part of addresses, and nobody may choose another by
/// them.
///
/// # Errors
/// When they have not, or the secret is empty.
pub fn check(request: &Request) -> Result<(), OperationError> {
    let plain = |text: &str, further: &[u8]| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || further.contains(&byte);
        !text.is_empty() && text.len() <= LONGEST && text.bytes().all(fits)
    };
    if !plain(&request.directory, b"-.") || request.directory.starts_with('.') {
        return Err(invalid(
            "the directory is no tenant of Microsoft Entra: give its id, such as \
             00000000-0000-0000-0000-000000000000, or its domain",
        ));
    }
    if !plain(&request.client_id, b"-") {
        return Err(invalid(
            "the client id is none: give the application (client) id of the app registration",
        ));
    }
    if request.secret.expose().trim().is_empty() {
        return Err(invalid("the client secret is empty: pass it on standard input"));
    }
    Ok(())
}

fn seal(ctx: &Context, tenant: TenantId, request: &Request) -> Result<String, OperationError> {
    let failed = |error: KeysError| OperationError::invalid("KeysUnusable", error.to_string());
    let row = row(&request.directory, &request.client_id);
    ctx.keys()?.seal(PURPOSE, tenant, &row, &request.secret, &*ctx.random).map_err(failed)
}

/// What stands for the row where the secret is sealed.
pub(super) fn row(directory: &str, client_id: &str) -> String {
    format!("{directory} {client_id}")
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::operations::powerbi_principal;
    use crate::testing::World;

    pub(in crate::operations) fn request(client: &str) -> Request {
        let secret = Secret::new("s3cret~of-the-app".into());
        Request { directory: "acme.onmicrosoft.com".into(), client_id: client.into(), secret }
    }

    #[tokio::test]
    async fn the_secret_is_stored_sealed_and_opens_for_its_own_client_only() {
        let world = World::new().await;
        let view = run(&world.ctx, request("0a1b")).await.unwrap();
        assert_eq!((view.directory.as_str(), view.client_id.as_str()), ("acme.onmicrosoft.com", "0a1b"));
        for file in std::fs::read_dir(world.directory.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(6).any(|window| window == b"s3cret"));
        }
        let open = async || powerbi_principal::run(&world.ctx, powerbi_principal::Request {}).await;
        assert_eq!(open().await.unwrap().secret.expose(), "s3cret~of-the-app");
        let mut tx = world.ctx.store.write().await.unwrap();
        tx.execute("UPDATE powerbi_connections SET directory = 'evil.example'", params![]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(open().await.unwrap_err().code, "KeysUnusable");
    }

    #[tokio::test]
    async fn a_second_one_takes_the_place_of_the_first_and_history_tells_without_the_secret() {
        let world = World::new().await;
        run(&world.ctx, request("first")).await.unwrap();
        let ada = world.acting("ada").await;
        assert_eq!(run(&ada, request("second")).await.unwrap().client_id, "second");
        let entry = world.history().await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("powerbi_connect", "ada"));
        assert_eq!(entry.details["replaced"], true);
        assert!(!entry.details.to_string().contains("s3cret"), "{}", entry.details);
    }

    #[tokio::test]
    async fn what_is_none_is_refused_and_an_analyst_connects_nothing() {
        let world = World::new().await;
        for directory in ["", "a/b", "../b", "a b", "a?x", ".", "a%2fb"] {
            let request = Request { directory: directory.into(), ..request("app") };
            assert_eq!(run(&world.ctx, request).await.unwrap_err().code, "PowerBiInvalid", "{directory}");
        }
        assert_eq!(run(&world.ctx, request("a&b")).await.unwrap_err().code, "PowerBiInvalid");
        let empty = Request { secret: Secret::new(" ".into()), ..request("app") };
        assert_eq!(run(&world.ctx, empty).await.unwrap_err().code, "PowerBiInvalid");
        let ann = world.acting("ann").await;
        assert_eq!(run(&ann, request("app")).await.unwrap_err().code, "NotAllowed");
    }
}
