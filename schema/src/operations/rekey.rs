//! Seals every credential under the active key, so that an older key can be taken out of the configuration.
//! Tags of tokens cannot be made anew without the tokens: each is renewed when its token is used next.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use crate::TenantId;
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::history::{Change, HistoryKind};
use crate::keys;
use crate::lookup::{self, CREDENTIAL_PURPOSE};
use crate::operations::notice_target_add::PURPOSE as WEBHOOK_PURPOSE;
use crate::operations::powerbi_connect::{self, PURPOSE as POWERBI_PURPOSE};
use crate::records::{ConnectionRecord, connection_columns};
use crate::rights;
use crate::store::{Read, Row, Write, params};

/// All of the store.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// What was sealed, and which keys are still needed.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The key that seals.
    pub active_key: String,
    /// The connections, webhooks by their address, and `Power BI of TENANT`, that were sealed anew.
    pub resealed: Vec<String>,
    /// Those whose credentials or signing secrets do not open, and why.
    pub unopened: BTreeMap<String, String>,
    /// What is sealed, webhooks and the connections with Power BI included, by the key it is sealed with now.
    pub connections: BTreeMap<String, u64>,
    /// Living tokens by the key of their tags now; those without a tag need none.
    pub tokens: BTreeMap<String, u64>,
}

/// Seals them in one transaction; those under the active key stay as they are. For the operator.
///
/// # Errors
/// When no key is configured or the store cannot be written.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let active_key = ctx.keys()?.active_id().to_owned();
    let mut tx = ctx.store.write().await?;
    let (mut resealed, mut unopened) = (Vec::new(), BTreeMap::new());
    for connection in connections(&mut tx).await? {
        if keys::sealed_with(connection.credential.expose()) == Some(active_key.as_str()) {
            continue;
        }
        match lookup::open_credential(ctx.keys()?, &connection) {
            Ok(credential) => {
                reseal(&mut tx, ctx, &connection, &credential).await?;
                resealed.push(connection.name);
            }
            Err(problem) => {
                unopened.insert(connection.name, problem.to_string());
            }
        }
    }
    reseal_others(&mut tx, ctx, &mut resealed, &mut unopened).await?;
    let outcome = Outcome {
        active_key,
        resealed,
        unopened,
        connections: sealed_by(&mut tx).await?,
        tokens: tagged_by(&mut tx).await?,
    };
    tx.commit().await?;
    Ok(outcome)
}

/// What is sealed beside the credentials of connections.
struct Sealed {
    /// For people.
    name: String,
    purpose: &'static str,
    tenant: TenantId,
    /// What the seal is bound to beside purpose and tenant.
    place: String,
    secret: String,
    /// Stores `?2` in row `?1`.
    update: &'static str,
    row: i64,
}

/// The signing secrets of webhooks, each named by its address, and the client secrets for Power BI, by their tenant.
async fn others(tx: &mut Read) -> Result<Vec<Sealed>, StoreError> {
    const WEBHOOKS: &str = "SELECT id, tenant_id, address, secret FROM notice_targets \
         WHERE removed_at IS NULL AND secret IS NOT NULL ORDER BY id";
    const PRINCIPALS: &str = "SELECT t.id, t.name, p.directory, p.client_id, p.secret FROM powerbi_connections p \
         JOIN tenants t ON t.id = p.tenant_id ORDER BY t.id";
    let webhook = |row: &mut Row| {
        let (id, tenant, address): (i64, i64, String) = (row.take()?, row.take()?, row.take()?);
        Ok(Sealed {
            name: address.clone(),
            purpose: WEBHOOK_PURPOSE,
            tenant: TenantId(tenant),
            place: address,
            secret: row.take()?,
            update: "UPDATE notice_targets SET secret = ?2 WHERE id = ?1",
            row: id,
        })
    };
    let principal = |row: &mut Row| {
        let (tenant, name): (i64, String) = (row.take()?, row.take()?);
        let (directory, client): (String, String) = (row.take()?, row.take()?);
        Ok(Sealed {
            name: format!("Power BI of {name}"),
            purpose: POWERBI_PURPOSE,
            tenant: TenantId(tenant),
            place: powerbi_connect::row(&directory, &client),
            secret: row.take()?,
            update: "UPDATE powerbi_connections SET secret = ?2 WHERE tenant_id = ?1",
            row: tenant,
        })
    };
    let mut all = tx.list(WEBHOOKS, params![], webhook).await?;
    all.extend(tx.list(PRINCIPALS, params![], principal).await?);
    Ok(all)
}

async fn reseal_others(
    tx: &mut Write,
    ctx: &Context,
    resealed: &mut Vec<String>,
    unopened: &mut BTreeMap<String, String>,
) -> Result<(), OperationError> {
    let keys = ctx.keys()?;
    for other in others(tx).await? {
        if keys::sealed_with(&other.secret) == Some(keys.active_id()) {
            continue;
        }
        let plain = match keys.open(other.purpose, other.tenant, &other.place, &other.secret) {
            Ok(plain) => plain,
            Err(problem) => {
                unopened.insert(other.name, problem.to_string());
                continue;
            }
        };
        let sealed = keys
            .seal(other.purpose, other.tenant, &other.place, &plain, &*ctx.random)
            .map_err(|error| OperationError::invalid("KeysUnusable", error.to_string()))?;
        tx.execute_one(other.update, params![other.row, sealed]).await?;
        resealed.push(other.name);
    }
    Ok(())
}

async fn connections(tx: &mut Read) -> Result<Vec<ConnectionRecord>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        connection_columns!(),
        "FROM connections c WHERE c.removed_at IS NULL ORDER BY c.tenant_id, c.name_key"
    );
    tx.list(SQL, params![], ConnectionRecord::from_row).await
}

/// The credential stays the same, and with it the connection's version: what a server has opened is still true.
async fn reseal(
    tx: &mut Write,
    ctx: &Context,
    connection: &ConnectionRecord,
    credential: &crate::Secret,
) -> Result<(), OperationError> {
    let (keys, row) = (ctx.keys()?, connection.id.as_str());
    let sealed = keys
        .seal(CREDENTIAL_PURPOSE, connection.tenant, row, credential, &*ctx.random)
        .map_err(|error| OperationError::invalid("KeysUnusable", error.to_string()))?;
    tx.execute_one("UPDATE connections SET credential = ?2 WHERE id = ?1", params![&connection.id, sealed])
        .await?;
    let before = keys::sealed_with(connection.credential.expose());
    let details = json!({ "connection": connection.name, "before": before, "after": keys.active_id() });
    Change::new(HistoryKind::Connection, "rekey")
        .tenant(connection.tenant)
        .details(details)
        .record(tx, ctx)
        .await?;
    Ok(())
}

pub(super) async fn sealed_by(tx: &mut Read) -> Result<BTreeMap<String, u64>, StoreError> {
    let mut counts = BTreeMap::new();
    let mut count = |sealed: &str| {
        let key = keys::sealed_with(sealed).unwrap_or("unknown");
        *counts.entry(key.to_owned()).or_default() += 1;
    };
    connections(tx).await?.iter().for_each(|connection| count(connection.credential.expose()));
    others(tx).await?.iter().for_each(|other| count(&other.secret));
    Ok(counts)
}

pub(super) async fn tagged_by(tx: &mut Read) -> Result<BTreeMap<String, u64>, StoreError> {
    const SQL: &str = "SELECT tag_key, COUNT(*) FROM tokens WHERE tag_key IS NOT NULL AND revoked_at IS NULL \
                       AND expired_at IS NULL GROUP BY tag_key";
    let pair = |row: &mut Row| Ok((row.take::<String>()?, row.take::<u64>()?));
    Ok(tx.list(SQL, params![], pair).await?.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::keys::Keys;
    use crate::operations::{connection_list, powerbi_principal};
    use crate::random::SeededRandom;
    use crate::testing::World;

    /// The world's context with a new active key, and the old one behind it or not.
    fn rotated(world: &World, keep: bool) -> Context {
        let new = Keys::generate("k2", &SeededRandom::new(2)).expose().to_owned();
        let old = Keys::generate("k1", &SeededRandom::new(1)).expose().to_owned();
        let keys = if keep { format!("{new},{old}") } else { new };
        Context { keys: Some(Arc::new(Keys::parse(&keys).unwrap())), ..world.ctx.clone() }
    }

    #[tokio::test]
    async fn credentials_move_to_the_active_key_once_and_still_open() {
        let world = World::new().await;
        world.mint("ann").await.unwrap();
        let ctx = rotated(&world, true);
        let outcome = run(&ctx, Request {}).await.unwrap();
        assert_eq!((outcome.active_key.as_str(), &outcome.resealed[..]), ("k2", &["portal".to_owned()][..]));
        assert_eq!(outcome.connections, BTreeMap::from([("k2".to_owned(), 1)]));
        assert_eq!(outcome.tokens, BTreeMap::from([("k1".to_owned(), 1)]));
        let entry = world.history().await.pop().unwrap();
        assert_eq!((entry.action.as_str(), &entry.details["after"]), ("rekey", &"k2".into()));
        let count = world.actions().await.len();
        assert!(run(&ctx, Request {}).await.unwrap().resealed.is_empty());
        assert_eq!(world.actions().await.len(), count);
        let alone = rotated(&world, false);
        let list = connection_list::run(&alone, connection_list::Request {}).await.unwrap();
        let opened = lookup::open_credential(alone.keys().unwrap(), &list[0]).unwrap();
        assert_eq!((opened.expose(), list[0].version), ("pat-na1-demo", 1));
    }

    #[tokio::test]
    async fn the_client_secret_for_power_bi_moves_as_well() {
        let world = World::new().await;
        powerbi_connect::run(&world.ctx, powerbi_connect::tests::request("app")).await.unwrap();
        let outcome = run(&rotated(&world, true), Request {}).await.unwrap();
        assert_eq!(outcome.resealed, ["portal", "Power BI of acme"]);
        assert_eq!(outcome.connections, BTreeMap::from([("k2".to_owned(), 2)]));
        let principal = powerbi_principal::Request {};
        let opened = powerbi_principal::run(&rotated(&world, false), principal).await.unwrap();
        assert_eq!(opened.secret.expose(), "s3cret~of-the-app");
    }

    #[tokio::test]
    async fn what_does_not_open_is_told_and_left_as_it_is() {
        let world = World::new().await;
        let outcome = run(&rotated(&world, false), Request {}).await.unwrap();
        assert!(outcome.resealed.is_empty() && outcome.unopened["portal"].contains("k1"), "{outcome:?}");
        assert_eq!(outcome.connections, BTreeMap::from([("k1".to_owned(), 1)]));
        assert_eq!(run(&world.acting("ada").await, Request {}).await.unwrap_err().code, "NotAllowed");
    }
}
