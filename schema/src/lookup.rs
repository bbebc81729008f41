//! The reads of the server at each request, and how names are found. Nothing is kept: what another process committed
//! is seen by the next call.

use crate::error::{OperationError, StoreError};
use crate::id::{ConnectionId, DataSourceId, GroupId, TenantId, UserId};
use crate::keys::{Keys, KeysError};
use crate::name;
use crate::policy::Policy;
use crate::records::{
    ConnectionRecord, DataSourceRecord, TenantRecord, UserRecord, connection_columns, data_source_columns,
    policy_columns, tenant_columns, token_columns, user_columns,
};
use crate::secret::Secret;
use crate::store::{Read, Store, params};
use crate::token::{TokenId, TokenRecord};

/// What a connection's credential is sealed for.
pub(crate) const CREDENTIAL_PURPOSE: &str = "connection";

/// Everything that decides about a presented token.
#[derive(Debug, Clone)]
pub struct Credential {
    /// The token.
    pub token: TokenRecord,
    /// Its user.
    pub user: UserRecord,
    /// Its tenant.
    pub tenant: TenantRecord,
    /// The tenant's policy.
    pub policy: Policy,
    /// When it was read by the clock of the store, where the store has one: [`crate::Clock::at`] makes of it the instant
    /// to judge by.
    pub read_at: Option<jiff::Timestamp>,
}

/// A data source somebody may read, and what is needed to read it.
#[derive(Debug, Clone)]
pub struct DataSourceAccess {
    /// The data source with its definition.
    pub source: DataSourceRecord,
    /// The connection it reads through.
    pub connection: ConnectionRecord,
    /// The current version of its model; none before the first was written.
    pub model_version: Option<i64>,
}

/// The token `id` with all that decides about it, in one read.
///
/// # Errors
/// When the store cannot be read: that says nothing about the token.
pub async fn credential(store: &Store, id: &TokenId) -> Result<Option<Credential>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        token_columns!(),
        ",",
        user_columns!(),
        ",",
        tenant_columns!(),
        ",",
        policy_columns!(),
        ", store_now() FROM tokens k JOIN users u ON u.id = k.user_id JOIN tenants t ON t.id = k.tenant_id \
         JOIN policies p ON p.tenant_id = t.id WHERE k.id = ?1"
    );
    let Some(mut row) = store.read().await?.query_optional(SQL, params![id]).await? else { return Ok(None) };
    Ok(Some(Credential {
        token: TokenRecord::from_row(&mut row)?,
        user: UserRecord::from_row(&mut row)?,
        tenant: TenantRecord::from_row(&mut row)?,
        policy: Policy::from_row(&mut row)?,
        read_at: row.take()?,
    }))
}

/// The data source `id`, when `user` of `tenant` may read it: as its owner, because it is shared with the user or one
/// of the user's groups, or as an admin of the tenant. Everything else (unknown, deleted, of another tenant) is `None`.
///
/// # Errors
/// When the store cannot be read.
pub async fn data_source_for(
    store: &Store,
    tenant: TenantId,
    user: UserId,
    id: &DataSourceId,
) -> Result<Option<DataSourceAccess>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        data_source_columns!(),
        ",",
        connection_columns!(),
        ", (SELECT MAX(m.version) FROM data_source_models m WHERE m.data_source_id = d.id) \
         FROM data_sources d JOIN connections c ON c.id = d.connection_id \
         JOIN users u ON u.id = ?3 AND u.tenant_id = d.tenant_id AND u.removed_at IS NULL \
         WHERE d.id = ?1 AND d.tenant_id = ?2 AND d.deleted_at IS NULL AND (d.owner_id = u.id OR u.role = 'admin' \
         OR EXISTS (SELECT 1 FROM user_shares s WHERE s.data_source_id = d.id AND s.user_id = u.id) \
         OR EXISTS (SELECT 1 FROM group_shares s JOIN group_members m ON m.group_id = s.group_id \
                    WHERE s.data_source_id = d.id AND m.user_id = u.id))"
    );
    let Some(mut row) = store.read().await?.query_optional(SQL, params![id, tenant, user]).await? else {
        return Ok(None);
    };
    Ok(Some(DataSourceAccess {
        source: DataSourceRecord::from_row(&mut row)?,
        connection: ConnectionRecord::from_row(&mut row)?,
        model_version: row.take()?,
    }))
}

/// As [`data_source_for`], for the user of a proven token and only within the token's scope.
///
/// # Errors
/// When the store cannot be read.
pub async fn data_source_for_token(
    store: &Store,
    credential: &Credential,
    id: &DataSourceId,
) -> Result<Option<DataSourceAccess>, StoreError> {
    if !credential.token.admits(id) {
        return Ok(None);
    }
    data_source_for(store, credential.tenant.id, credential.user.id, id).await
}

/// One version of a data source's model, as JSON. A version never changes: it may be kept.
///
/// # Errors
/// When the store cannot be read.
pub async fn data_source_model(
    store: &Store,
    id: &DataSourceId,
    version: i64,
) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT model FROM data_source_models WHERE data_source_id = ?1 AND version = ?2";
    let row = store.read().await?.query_optional(SQL, params![id, version]).await?;
    row.map(|mut row| row.take()).transpose()
}

/// A connection's credential, opened.
///
/// # Errors
/// When its key is not configured, or the row is not the one it was sealed for.
pub fn open_credential(keys: &Keys, connection: &ConnectionRecord) -> Result<Secret, KeysError> {
    keys.open(CREDENTIAL_PURPOSE, connection.tenant, connection.id.as_str(), connection.credential.expose())
}

/// The tenant called `name`, or the only one there is.
///
/// # Errors
/// Not found, or several when none was named.
pub async fn tenant(store: &Store, name: Option<&str>) -> Result<TenantRecord, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        tenant_columns!(),
        "FROM tenants t WHERE ?1 IS NULL OR t.name_key = ?1 ORDER BY t.id LIMIT 2"
    );
    let key = name.map(name::key);
    let found = store.read().await?.list(SQL, params![key], TenantRecord::from_row).await?;
    match (<[TenantRecord; 1]>::try_from(found), name) {
        (Ok([tenant]), _) => Ok(tenant),
        (Err(_), Some(name)) => Err(tenant_unknown(name)),
        (Err(found), None) if found.is_empty() => Err(OperationError::not_found(
            "TenantNotFound",
            "the store has no tenant yet: create one with `feedgate-admin tenant create NAME`",
        )),
        (Err(_), None) => {
            Err(OperationError::invalid("TenantMissing", "several tenants exist: name one with --tenant"))
        }
    }
}

fn tenant_unknown(name: &str) -> OperationError {
    OperationError::not_found(
        "TenantNotFound",
        format!("there is no tenant \"{name}\": `feedgate-admin tenant list` shows them"),
    )
}

/// The user called `name` in `tenant`.
///
/// # Errors
/// Not found.
pub async fn user(store: &Store, tenant: TenantId, name: &str) -> Result<UserRecord, OperationError> {
    user_named(&mut store.read().await?, tenant, name).await
}

/// The connection called `name` in `tenant`.
///
/// # Errors
/// Not found.
pub async fn connection(
    store: &Store,
    tenant: TenantId,
    name: &str,
) -> Result<ConnectionRecord, OperationError> {
    connection_named(&mut store.read().await?, tenant, name).await
}

pub(crate) async fn user_named(
    tx: &mut Read,
    tenant: TenantId,
    name: &str,
) -> Result<UserRecord, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        user_columns!(),
        "FROM users u WHERE u.tenant_id = ?1 AND u.name_key = ?2 AND u.removed_at IS NULL"
    );
    let row = tx.query_optional(SQL, params![tenant, name::key(name)]).await?;
    let Some(mut row) = row else {
        let message = format!("there is no user \"{name}\": `feedgate-admin user list` shows them");
        return Err(OperationError::not_found("UserNotFound", message));
    };
    Ok(UserRecord::from_row(&mut row)?)
}

pub(crate) async fn user_by_id(tx: &mut Read, id: UserId) -> Result<UserRecord, StoreError> {
    const SQL: &str = concat!("SELECT", user_columns!(), "FROM users u WHERE u.id = ?1");
    UserRecord::from_row(&mut tx.query_one(SQL, params![id]).await?)
}

pub(crate) async fn tenant_by_id(tx: &mut Read, id: TenantId) -> Result<TenantRecord, OperationError> {
    const SQL: &str = concat!("SELECT", tenant_columns!(), "FROM tenants t WHERE t.id = ?1");
    match tx.query_optional(SQL, params![id]).await? {
        Some(mut row) => Ok(TenantRecord::from_row(&mut row)?),
        None => Err(tenant_unknown(&id.to_string())),
    }
}

pub(crate) async fn group_named(
    tx: &mut Read,
    tenant: TenantId,
    name: &str,
) -> Result<Option<GroupId>, StoreError> {
    const SQL: &str = "SELECT id FROM groups WHERE tenant_id = ?1 AND name_key = ?2";
    let row = tx.query_optional(SQL, params![tenant, name::key(name)]).await?;
    row.map(|mut row| row.take().map(GroupId)).transpose()
}

pub(crate) fn group_unknown(name: &str) -> OperationError {
    let message = format!("there is no group \"{name}\": `feedgate-admin user group list` shows them");
    OperationError::not_found("GroupNotFound", message)
}

pub(crate) async fn connection_named(
    tx: &mut Read,
    tenant: TenantId,
    name: &str,
) -> Result<ConnectionRecord, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        connection_columns!(),
        "FROM connections c WHERE c.tenant_id = ?1 AND c.name_key = ?2 AND c.removed_at IS NULL"
    );
    match tx.query_optional(SQL, params![tenant, name::key(name)]).await? {
        Some(mut row) => Ok(ConnectionRecord::from_row(&mut row)?),
        None => {
            let message =
                format!("there is no connection \"{name}\": `feedgate-admin connection list` shows them");
            Err(OperationError::not_found("ConnectionNotFound", message))
        }
    }
}

pub(crate) async fn connection_by_id(
    tx: &mut Read,
    id: &ConnectionId,
) -> Result<ConnectionRecord, StoreError> {
    const SQL: &str = concat!("SELECT", connection_columns!(), "FROM connections c WHERE c.id = ?1");
    ConnectionRecord::from_row(&mut tx.query_one(SQL, params![id]).await?)
}

pub(crate) async fn policy_of(tx: &mut Read, tenant: TenantId) -> Result<Policy, StoreError> {
    const SQL: &str = concat!("SELECT", policy_columns!(), "FROM policies p WHERE p.tenant_id = ?1");
    Policy::from_row(&mut tx.query_one(SQL, params![tenant]).await?)
}

pub(crate) async fn data_source_by_id(
    tx: &mut Read,
    tenant: TenantId,
    id: &DataSourceId,
) -> Result<Option<DataSourceRecord>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        data_source_columns!(),
        "FROM data_sources d WHERE d.id = ?1 AND d.tenant_id = ?2 AND d.deleted_at IS NULL"
    );
    let row = tx.query_optional(SQL, params![id, tenant]).await?;
    row.map(|mut row| DataSourceRecord::from_row(&mut row)).transpose()
}
