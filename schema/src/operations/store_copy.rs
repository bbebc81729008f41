//! Copies a store into another, empty one: from a file into PostgreSQL when one machine is not enough, or back. Both have the
//! same tables at the same version, so that a copy is a copy row by row, in one transaction, with the rows counted.

use serde::Serialize;

use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::rights;
use crate::store::{Cell, Read, Row, SqlValue, Store, Write, params};

/// Where to.
#[derive(Debug, Clone)]
pub struct Request {
    /// An empty store.
    pub to: Store,
}

/// How many rows each table has.
pub type Outcome = Vec<Copied>;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Copied {
    /// Its name.
    pub table: &'static str,
    /// Its rows, counted in the copy.
    pub rows: u64,
}

/// Rows that are held at once.
const BATCH: u32 = 1_000;

/// A table and how it is copied.
struct Table {
    name: &'static str,
    /// Its columns: `i`nteger, `t`ext, `b`lob, `f`lag. A reference into the same table (`l`) is written when all rows are there.
    columns: &'static str,
    select: &'static str,
    insert: &'static str,
    count: &'static str,
}

macro_rules! tables {
    ($($name:literal ($columns:literal) by $key:literal: $kinds:literal -> $places:literal),+ $(,)?) => {
        &[$(Table {
            name: $name,
            columns: $kinds,
            select: concat!("SELECT ", $columns, " FROM ", $name, " ORDER BY ", $key, " LIMIT ?1 OFFSET ?2"),
            insert: concat!("INSERT INTO ", $name, " (", $columns, ") VALUES (", $places, ")"),
            count: concat!("SELECT COUNT(*) FROM ", $name),
        }),+]
    };
}

/// All tables, those that others refer to first.
const TABLES: &[Table] = tables![
    "meta" ("name, value") by "name": "tt" -> "?1, ?2",
    "tenants" ("id, name, name_key, created_at, suspended_at") by "id": "ittii" -> "?1, ?2, ?3, ?4, ?5",
    "policies" ("tenant_id, max_lifetime, max_active_tokens, max_idle, rate_token, rate_user, rate_tenant, concurrent, \
        allow_addresses") by "tenant_id": "iiiiiiiit" -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9",
    "users" ("id, tenant_id, name, name_key, email, role, owner_id, created_at, disabled_at, removed_at") by "id":
        "iittttliii" -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10",
    "groups" ("id, tenant_id, name, name_key, created_at") by "id": "iitti" -> "?1, ?2, ?3, ?4, ?5",
    "group_members" ("group_id, user_id") by "group_id, user_id": "ii" -> "?1, ?2",
    "connections" ("id, tenant_id, name, name_key, kind, credential, portal_id, status, status_message, version, \
        created_at, updated_at, removed_at, reconnect, renewal, renewal_until, daily_share") by "id": "tittttittiiiiitii"
        -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17",
    "tokens" ("id, tenant_id, user_id, label, hash, tag, tag_key, scope, created_at, expires_at, max_idle, idle_grace, \
        expired_at, retiring_at, rotated_to, revoked_at, revoke_reason, last_used_at, last_used_address") by "id":
        "tiittbttiiiiiiLitit"
        -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19",
    "data_sources" ("id, tenant_id, name, owner_id, connection_id, definition, version, created_at, updated_at, deleted_at")
        by "id": "titittiiii" -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10",
    "data_source_models" ("data_source_id, version, model, created_at") by "data_source_id, version": "titi"
        -> "?1, ?2, ?3, ?4",
    "user_shares" ("data_source_id, user_id") by "data_source_id, user_id": "ti" -> "?1, ?2",
    "group_shares" ("data_source_id, group_id") by "data_source_id, group_id": "ti" -> "?1, ?2",
    "history" ("id, at, kind, action, actor, tenant_id, token_id, user_name, data_source_id, outcome, reason, request_id, \
        details") by "id": "iitttittttttt" -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13",
    "requests" ("id, at, request_id, tenant_id, token_id, user_name, data_source_id, entity_set, query, address, client, \
        status, error_code, row_count, byte_count, duration, upstream_calls, nulled_values, more, chain") by "id":
        "iititttttttitiiiiifi"
        -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20",
    "refusals" ("token_id, reason, address, data_source_id, minute, tenant_id, refused, first_at, last_at, \
        last_request_id, client") by "token_id, reason, address, data_source_id, minute": "ttttiiiiitt"
        -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11",
    "notice_targets" ("id, tenant_id, channel, address, secret, created_at, removed_at") by "id": "iitttii"
        -> "?1, ?2, ?3, ?4, ?5, ?6, ?7",
    "notices" ("id, tenant_id, at, kind, severity, token_id, user_name, data_source_id, details") by "id": "tiitttttt"
        -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9",
    "deliveries" ("notice_id, channel, address, target_id, attempts, due_at, lease, leased_until, delivered_at, dead_at, \
        error") by "notice_id, channel, address": "tttiiitiiit" -> "?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11",
    "refresh_states" ("token_id, data_source_id, tenant_id, state, since") by "token_id, data_source_id": "ttiti"
        -> "?1, ?2, ?3, ?4, ?5",
    "powerbi_connections" ("tenant_id, directory, client_id, secret, created_at") by "tenant_id": "ittti"
        -> "?1, ?2, ?3, ?4, ?5",
    "powerbi_holders" ("tenant_id, gateway_id, datasource_id, token_id, put_at") by
        "tenant_id, gateway_id, datasource_id": "ittti" -> "?1, ?2, ?3, ?4, ?5",
];

/// References into the same table, and how they are written.
const LINKS: [(&str, &str); 2] = [
    (
        "SELECT id, owner_id FROM users WHERE owner_id IS NOT NULL",
        "UPDATE users SET owner_id = ?2 WHERE id = ?1",
    ),
    (
        "SELECT id, rotated_to FROM tokens WHERE rotated_to IS NOT NULL",
        "UPDATE tokens SET rotated_to = ?2 WHERE id = ?1",
    ),
];

fn not_empty() -> OperationError {
    OperationError::refused(
        "StoreNotEmpty",
        "the store to copy into holds something already: name an empty one, nothing was written",
    )
}

/// Copies everything, or nothing. For the operator only; stop the servers of the source first: what they write during the copy
/// is not in it.
///
/// # Errors
/// When the other store is not empty or one of them fails.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let mut from = ctx.store.read().await?;
    let mut to = request.to.write().await?;
    for table in TABLES {
        if rows(&mut to, table).await? > 0 {
            return Err(not_empty());
        }
    }
    for table in TABLES {
        copy(&mut from, &mut to, table).await?;
    }
    link(&mut from, &mut to).await?;
    let mut copied = Vec::new();
    for table in TABLES {
        let (there, here) = (rows(&mut from, table).await?, rows(&mut to, table).await?);
        if there != here {
            let message = format!("{} has {there} rows and its copy {here}", table.name);
            return Err(StoreError::Statement { message }.into());
        }
        copied.push(Copied { table: table.name, rows: here });
    }
    to.continue_numbers().await?;
    to.commit().await?;
    Ok(copied)
}

async fn rows(tx: &mut Read, table: &Table) -> Result<u64, StoreError> {
    tx.query_one(table.count, params![]).await?.take()
}

async fn copy(from: &mut Read, to: &mut Write, table: &Table) -> Result<(), StoreError> {
    let mut done: u64 = 0;
    loop {
        let batch = from.query(table.select, params![BATCH, done]).await?;
        for row in &batch {
            to.execute_one(table.insert, values(row, table.columns)?).await?;
        }
        done += batch.len() as u64;
        if batch.len() < BATCH as usize {
            return Ok(());
        }
    }
}

async fn link(from: &mut Read, to: &mut Write) -> Result<(), StoreError> {
    let [(owners, own), (successors, succeed)] = LINKS;
    for row in from.query(owners, params![]).await? {
        to.execute_one(own, values(&row, "ii")?).await?;
    }
    for row in from.query(successors, params![]).await? {
        to.execute_one(succeed, values(&row, "tt")?).await?;
    }
    Ok(())
}

/// A row as parameters, with the types that its columns have in both dialects.
fn values(row: &Row, columns: &str) -> Result<Vec<SqlValue>, StoreError> {
    row.cells().iter().zip(columns.chars()).map(|(cell, column)| value(cell, column)).collect()
}

fn value(cell: &Cell, column: char) -> Result<SqlValue, StoreError> {
    Ok(match (column, cell) {
        ('l', _) => SqlValue::Integer(None),
        ('L', _) => SqlValue::Text(None),
        ('i', Cell::Null) => SqlValue::Integer(None),
        ('i', Cell::Integer(value)) => SqlValue::Integer(Some(*value)),
        ('t', Cell::Null) => SqlValue::Text(None),
        ('t', Cell::Text(value)) => SqlValue::Text(Some(value.clone())),
        ('b', Cell::Null) => SqlValue::Blob(None),
        ('b', Cell::Blob(value)) => SqlValue::Blob(Some(value.clone())),
        ('f', Cell::Integer(value)) => SqlValue::Boolean(Some(*value != 0)),
        ('f', Cell::Boolean(value)) => SqlValue::Boolean(Some(*value)),
        _ => return Err(StoreError::corrupt("a column holds a value of another type than it should")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_requests::{self, tests::entry};
    use crate::operations::{powerbi_connect, powerbi_record, token_create, token_rotate, user_edit};
    use crate::testing::{World, new_store, on_postgres, sqlite_store};
    use crate::token::TokenStatus;

    #[tokio::test]
    async fn a_copy_holds_the_same_and_goes_on() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap(), world.source("ann", "sales").await);
        let overlap = std::time::Duration::from_secs(60);
        let request = token_rotate::Request { id: token.view.id.clone(), overlap };
        token_rotate::run(&world.ctx, request).await.unwrap();
        // A service user that was there before its owner.
        world.service("robot", "ann").await;
        world.add_user("zoe", crate::Role::Analyst).await.unwrap();
        let owner = Some("zoe".to_owned());
        user_edit::run(&world.ctx, user_edit::Request { name: "robot".into(), owner, email: None })
            .await
            .unwrap();
        powerbi_connect::run(&world.ctx, powerbi_connect::tests::request("app")).await.unwrap();
        powerbi_record::run(&world.ctx, powerbi_record::tests::put(&token.view.id, "d1", None))
            .await
            .unwrap();
        let entries = vec![entry(&world, 1, &token.view.id, &source)];
        record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();

        // The other dialect first, then back.
        let folder = tempfile::tempdir().unwrap();
        let there = Store::open(&sqlite_store(&folder)).await.unwrap();
        let copied = run(&world.ctx, Request { to: there.clone() }).await.unwrap();
        let back = tempfile::tempdir().unwrap();
        let back = Store::open(&new_store(&back)).await.unwrap();
        let ctx = Context { store: there.clone(), ..world.ctx.clone() };
        assert_eq!(run(&ctx, Request { to: back.clone() }).await.unwrap(), copied);
        let full = [
            "users",
            "tokens",
            "history",
            "requests",
            "data_sources",
            "powerbi_connections",
            "powerbi_holders",
        ];
        for table in full {
            let rows = copied.iter().find(|copied| copied.table == table).unwrap().rows;
            assert!(rows > 0, "{table}");
        }
        let ctx = Context { store: back, ..world.ctx.clone() };
        let credential = crate::credential(&ctx.store, &token.view.id).await.unwrap().unwrap();
        assert_eq!(credential.token.status(ctx.now()), TokenStatus::Retiring);
        assert!(credential.token.rotated_to.is_some());
        let request = token_create::Request {
            user: "ann".into(),
            label: "after".into(),
            expires_in: None,
            data_sources: Vec::new(),
        };
        token_create::run(&ctx, request).await.unwrap();
    }

    #[tokio::test]
    async fn nothing_is_copied_into_a_store_that_holds_something() {
        let (world, other) = (World::new().await, World::new().await);
        let error = run(&world.ctx, Request { to: other.ctx.store.clone() }).await.unwrap_err();
        assert_eq!(error.code, "StoreNotEmpty");
    }

    #[tokio::test]
    async fn no_table_and_no_column_is_left_out() {
        if on_postgres() {
            return;
        }
        let world = World::empty().await;
        let mut tx = world.ctx.store.read().await.unwrap();
        let names = "SELECT m.name, (SELECT COUNT(*) FROM pragma_table_info(m.name)) FROM sqlite_schema m \
                     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> 'schema_migrations' ORDER BY m.name";
        let pair = |row: &mut Row| Ok((row.take::<String>()?, row.take::<i64>()?));
        let there = tx.list(names, params![], pair).await.unwrap();
        let mut here: Vec<(String, i64)> = TABLES
            .iter()
            .map(|table| (table.name.to_owned(), i64::try_from(table.columns.len()).unwrap()))
            .collect();
        here.sort();
        assert_eq!(here, there);
    }
}
