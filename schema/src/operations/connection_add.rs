//! Adds a connection to a HubSpot portal. Its credential is sealed for its own row before it reaches the store.

use serde_json::json;

use super::connection_edit;
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::ConnectionId;
use crate::keys::KeysError;
use crate::lookup::{self, CREDENTIAL_PURPOSE};
use crate::name;
use crate::records::{ConnectionKind, ConnectionRecord};
use crate::rights;
use crate::secret::Secret;
use crate::store::params;

/// What to add.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name, unique in the tenant.
    pub name: String,
    /// How it proves itself.
    pub kind: ConnectionKind,
    /// The credential.
    pub credential: Secret,
    /// The portal, if it is known.
    pub portal_id: Option<i64>,
    /// Per cent of the portal's daily calls up to which feeds are read; none: the service's setting.
    pub daily_share: Option<u32>,
}

/// The new connection.
pub type Outcome = ConnectionRecord;

fn exists(name: &str) -> OperationError {
    let message = format!(
        "there is a connection \"{name}\" already: choose another name, or change its credential with \
         `feedgate-admin connection replace-credential`"
    );
    OperationError::refused("ConnectionExists", message)
}

fn empty() -> OperationError {
    OperationError::invalid(
        "CredentialMissing",
        "the credential is empty: pass the access token on standard input",
    )
}

/// Adds it. For admins.
///
/// # Errors
/// When the name is taken, no key is configured, the credential is empty or the share is none.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "INSERT INTO connections (id, tenant_id, name, name_key, kind, credential, portal_id, status, \
                       version, created_at, updated_at, daily_share) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'unknown', \
                       1, ?8, ?8, ?9)";
    name::check("connection's name", &request.name)?;
    connection_edit::check(request.daily_share)?;
    let (tenant, key) = (ctx.tenant_id()?, name::key(&request.name));
    let id = ConnectionId::generate(&*ctx.random);
    let sealed = seal(ctx, &id, &request.credential)?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    lookup::tenant_by_id(&mut tx, tenant).await?;
    let taken = "SELECT 1 FROM connections WHERE tenant_id = ?1 AND name_key = ?2 AND removed_at IS NULL";
    if tx.query_optional(taken, params![tenant, &key]).await?.is_some() {
        return Err(exists(&request.name));
    }
    let kind = request.kind.as_str();
    let (portal, share) = (request.portal_id, request.daily_share);
    let row = params![&id, tenant, &request.name, key, kind, sealed, portal, ctx.now(), share];
    tx.execute_one(SQL, row).await?;
    let mut details = json!({ "connection": request.name, "kind": kind });
    if let Some(share) = share {
        details["daily_share"] = share.into();
    }
    Change::new(HistoryKind::Connection, "create").details(details).record(&mut tx, ctx).await?;
    let connection = lookup::connection_by_id(&mut tx, &id).await?;
    tx.commit().await?;
    Ok(connection)
}

/// Seals a credential for the connection `id`.
pub(super) fn seal(ctx: &Context, id: &ConnectionId, credential: &Secret) -> Result<String, OperationError> {
    if credential.expose().trim().is_empty() {
        return Err(empty());
    }
    let failed = |error: KeysError| OperationError::invalid("KeysUnusable", error.to_string());
    let (keys, tenant) = (ctx.keys()?, ctx.tenant_id()?);
    keys.seal(CREDENTIAL_PURPOSE, tenant, id.as_str(), credential, &*ctx.random).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::connection_list;
    use crate::testing::World;

    fn request(name: &str, credential: &str) -> Request {
        let credential = Secret::new(credential.into());
        Request {
            name: name.into(),
            kind: ConnectionKind::Token,
            credential,
            portal_id: Some(1),
            daily_share: None,
        }
    }

    #[tokio::test]
    async fn a_credential_is_stored_sealed_and_opens_in_its_row_only() {
        let world = World::new().await;
        let one = run(&world.ctx, request("one", "pat-one")).await.unwrap();
        let two = run(&world.ctx, request("two", "pat-two")).await.unwrap();
        assert!(!one.credential.expose().contains("pat-one"));
        let keys = world.ctx.keys().unwrap();
        assert_eq!(lookup::open_credential(keys, &one).unwrap().expose(), "pat-one");
        let swapped = ConnectionRecord { credential: two.credential.clone(), ..one };
        assert_eq!(lookup::open_credential(keys, &swapped).unwrap_err(), KeysError::NotOurs);
    }

    #[tokio::test]
    async fn neither_the_file_nor_the_debug_output_shows_a_credential() {
        let world = World::new().await;
        let connection = run(&world.ctx, request("one", "pat-na1-visible")).await.unwrap();
        assert!(!format!("{connection:?} {:?}", request("x", "pat-na1-visible")).contains("visible"));
        assert!(!serde_json::to_string(&connection).unwrap().contains("credential"));
        for file in std::fs::read_dir(world.directory.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(7).any(|window| window == b"visible"));
        }
    }

    #[tokio::test]
    async fn an_analyst_adds_no_connection_and_a_name_is_taken_once() {
        let world = World::new().await;
        let error = run(&world.acting("ann").await, request("mine", "pat")).await.unwrap_err();
        assert_eq!(error.code, "NotAllowed");
        assert_eq!(run(&world.ctx, request("PORTAL", "pat")).await.unwrap_err().code, "ConnectionExists");
        assert_eq!(run(&world.ctx, request("x", " \n")).await.unwrap_err().code, "CredentialMissing");
        assert_eq!(connection_list::run(&world.ctx, connection_list::Request {}).await.unwrap().len(), 1);
    }
}
