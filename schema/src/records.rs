//! The rows, as the operations give them out. Each type knows its columns; the statements that read it begin with
//! them (see the macros at the end).

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::duration::{Rate, Span};
use crate::error::StoreError;
use crate::id::{ConnectionId, DataSourceId, GroupId, TenantId, UserId};
use crate::keys::Tag;
use crate::policy::Policy;
use crate::secret::Secret;
use crate::store::Row;
use crate::token::{TokenId, TokenRecord};

/// A tenant.
#[derive(Debug, Clone, Serialize)]
pub struct TenantRecord {
    /// Its row.
    pub id: TenantId,
    /// Its name, unique in the store.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// Since when its credentials are refused.
    pub suspended_at: Option<Timestamp>,
}

/// What a user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Owns and reads data sources.
    Analyst,
    /// Also sees and changes the tenant's.
    Admin,
    /// No person, but refreshes that outlive one.
    Service,
}

/// A user.
#[derive(Debug, Clone, Serialize)]
pub struct UserRecord {
    /// Its row.
    pub id: UserId,
    /// Its tenant.
    #[serde(skip)]
    pub tenant: TenantId,
    /// The name in credentials, unique in the tenant without regard to ASCII case.
    pub name: String,
    /// Where notices go.
    pub email: Option<String>,
    /// What it may do.
    pub role: Role,
    /// Who answers for a service user.
    #[serde(skip)]
    pub owner: Option<UserId>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Since when its credentials are refused.
    pub disabled_at: Option<Timestamp>,
    /// Since when it is gone; its rows stay for the history.
    #[serde(skip)]
    pub removed_at: Option<Timestamp>,
}

/// A group of users.
#[derive(Debug, Clone)]
pub struct GroupRecord {
    /// Its row.
    pub id: GroupId,
    /// Its name, unique in the tenant without regard to ASCII case.
    pub name: String,
    /// When it was created.
    pub created_at: Timestamp,
}

/// How a connection proves itself to HubSpot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionKind {
    /// A service key or the access token of a private app.
    Token,
    /// OAuth.
    OAuth,
}

/// What was last learned about a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionStatus {
    /// Nothing yet.
    Unknown,
    /// HubSpot accepted its credential.
    Working,
    /// HubSpot refused its credential.
    Rejected,
    /// HubSpot no longer takes its refresh token: somebody has to connect the portal again.
    Reconnect,
}

/// A connection to one HubSpot portal.
#[derive(Debug, Clone, Serialize)]
pub struct ConnectionRecord {
    /// Its row.
    pub id: ConnectionId,
    /// Its tenant.
    #[serde(skip)]
    pub tenant: TenantId,
    /// Its name, unique in the tenant without regard to ASCII case.
    pub name: String,
    /// How it proves itself.
    pub kind: ConnectionKind,
    /// The sealed credential: see [`crate::lookup::open_credential`].
    #[serde(skip)]
    pub credential: Secret,
    /// The portal, once known.
    pub portal_id: Option<i64>,
    /// What was last learned about it.
    pub status: ConnectionStatus,
    /// What HubSpot said.
    pub status_message: Option<String>,
    /// Grows with each change of the credential: what was opened for an older one is no longer true.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Per cent of the portal's daily calls up to which feeds are read; none: the service's setting.
    pub daily_share: Option<u32>,
}

/// A data source. Its definition is JSON that this crate stores and does not read.
#[derive(Debug, Clone, Serialize)]
pub struct DataSourceRecord {
    /// The last part of its URL.
    pub id: DataSourceId,
    /// Its tenant.
    #[serde(skip)]
    pub tenant: TenantId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    #[serde(skip)]
    pub owner: UserId,
    /// The connection it reads through.
    #[serde(skip)]
    pub connection: ConnectionId,
    /// What it shows, as JSON.
    #[serde(skip)]
    pub definition: String,
    /// Grows with each edit.
    pub version: i64,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Role {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Analyst => "analyst",
            Role::Admin => "admin",
            Role::Service => "service",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Role> {
        [Role::Analyst, Role::Admin, Role::Service].into_iter().find(|role| role.as_str() == text)
    }
}

impl ConnectionKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionKind::Token => "token",
            ConnectionKind::OAuth => "oauth",
        }
    }

    fn parse(text: &str) -> Option<ConnectionKind> {
        [ConnectionKind::Token, ConnectionKind::OAuth].into_iter().find(|kind| kind.as_str() == text)
    }
}

impl ConnectionStatus {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ConnectionStatus::Unknown => "unknown",
            ConnectionStatus::Working => "working",
            ConnectionStatus::Rejected => "rejected",
            ConnectionStatus::Reconnect => "reconnect",
        }
    }

    fn parse(text: &str) -> Option<ConnectionStatus> {
        use ConnectionStatus::{Reconnect, Rejected, Unknown, Working};
        let all = [Unknown, Working, Rejected, Reconnect];
        all.into_iter().find(|status| status.as_str() == text)
    }
}

/// The columns of [`TenantRecord`], of a table named `t`.
macro_rules! tenant_columns {
    () => {
        " t.id, t.name, t.created_at, t.suspended_at "
    };
}

/// The columns of [`Policy`], of a table named `p`.
macro_rules! policy_columns {
    () => {
        " p.max_lifetime, p.max_active_tokens, p.max_idle, p.rate_token, p.rate_user, p.rate_tenant, p.concurrent, \
         p.allow_addresses "
    };
}

/// The columns of [`UserRecord`], of a table named `u`.
macro_rules! user_columns {
    () => {
        " u.id, u.tenant_id, u.name, u.email, u.role, u.owner_id, u.created_at, u.disabled_at, u.removed_at "
    };
}

/// The columns of [`ConnectionRecord`], of a table named `c`.
macro_rules! connection_columns {
    () => {
        " c.id, c.tenant_id, c.name, c.kind, c.credential, c.portal_id, \
         CASE WHEN c.reconnect = 1 THEN 'reconnect' ELSE c.status END, c.status_message, c.version, \
         c.created_at, c.updated_at, c.daily_share "
    };
}

/// The columns of [`DataSourceRecord`], of a table named `d`.
macro_rules! data_source_columns {
    () => {
        " d.id, d.tenant_id, d.name, d.owner_id, d.connection_id, d.definition, d.version, d.created_at, \
         d.updated_at "
    };
}

/// The columns of [`TokenRecord`], of a table named `k`.
macro_rules! token_columns {
    () => {
        " k.id, k.tenant_id, k.user_id, k.label, k.hash, k.tag, k.tag_key, k.scope, k.created_at, k.expires_at, \
         k.max_idle, k.idle_grace, k.expired_at, k.retiring_at, k.rotated_to, k.revoked_at, k.revoke_reason, \
         k.last_used_at, k.last_used_address "
    };
}

pub(crate) use {
    connection_columns, data_source_columns, policy_columns, tenant_columns, token_columns, user_columns,
};

impl TenantRecord {
    pub(crate) fn from_row(row: &mut Row) -> Result<TenantRecord, StoreError> {
        Ok(TenantRecord {
            id: TenantId(row.take()?),
            name: row.take()?,
            created_at: row.take()?,
            suspended_at: row.take()?,
        })
    }
}

impl Policy {
    pub(crate) fn from_row(row: &mut Row) -> Result<Policy, StoreError> {
        Ok(Policy {
            max_lifetime: Span(seconds(row)?),
            max_active_tokens: row.take()?,
            max_idle: Span(seconds(row)?),
            rate_token: Rate { per_minute: row.take()? },
            rate_user: Rate { per_minute: row.take()? },
            rate_tenant: Rate { per_minute: row.take()? },
            concurrent: row.take()?,
            allow_addresses: json(&row.take::<String>()?)?,
        })
    }
}

impl UserRecord {
    pub(crate) fn from_row(row: &mut Row) -> Result<UserRecord, StoreError> {
        Ok(UserRecord {
            id: UserId(row.take()?),
            tenant: TenantId(row.take()?),
            name: row.take()?,
            email: row.take()?,
            role: row.take_as(Role::parse)?,
            owner: row.take::<Option<i64>>()?.map(UserId),
            created_at: row.take()?,
            disabled_at: row.take()?,
            removed_at: row.take()?,
        })
    }
}

impl ConnectionRecord {
    pub(crate) fn from_row(row: &mut Row) -> Result<ConnectionRecord, StoreError> {
        Ok(ConnectionRecord {
            id: ConnectionId::stored(row.take()?),
            tenant: TenantId(row.take()?),
            name: row.take()?,
            kind: row.take_as(ConnectionKind::parse)?,
            credential: Secret::new(row.take()?),
            portal_id: row.take()?,
            status: row.take_as(ConnectionStatus::parse)?,
            status_message: row.take()?,
            version: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
            daily_share: row.take()?,
        })
    }
}

impl DataSourceRecord {
    pub(crate) fn from_row(row: &mut Row) -> Result<DataSourceRecord, StoreError> {
        Ok(DataSourceRecord {
            id: DataSourceId::stored(row.take()?),
            tenant: TenantId(row.take()?),
            name: row.take()?,
            owner: UserId(row.take()?),
            connection: ConnectionId::stored(row.take()?),
            definition: row.take()?,
            version: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
        })
    }
}

impl TokenRecord {
    pub(crate) fn from_row(row: &mut Row) -> Result<TokenRecord, StoreError> {
        Ok(TokenRecord {
            id: TokenId::stored(row.take()?),
            tenant: TenantId(row.take()?),
            user: UserId(row.take()?),
            label: row.take()?,
            hash: Secret::new(row.take()?),
            tag: tag(row.take()?, row.take()?)?,
            scope: row.take::<Option<String>>()?.map(|text| scope(&text)).transpose()?,
            created_at: row.take()?,
            expires_at: row.take()?,
            max_idle: seconds(row)?,
            idle_grace: row.take()?,
            expired_at: row.take()?,
            retiring_at: row.take()?,
            rotated_to: row.take::<Option<String>>()?.map(TokenId::stored),
            revoked_at: row.take()?,
            revoke_reason: row.take()?,
            last_used_at: row.take()?,
            last_used_address: row.take()?,
        })
    }
}

fn seconds(row: &mut Row) -> Result<Option<Duration>, StoreError> {
    Ok(row.take::<Option<u64>>()?.map(Duration::from_secs))
}

fn tag(tag: Option<Vec<u8>>, key_id: Option<String>) -> Result<Option<Tag>, StoreError> {
    let (Some(tag), Some(key_id)) = (tag, key_id) else { return Ok(None) };
    let tag = tag.try_into().map_err(|_| StoreError::corrupt("a token's tag has not 32 bytes"))?;
    Ok(Some(Tag { key_id, tag }))
}

fn scope(text: &str) -> Result<Vec<DataSourceId>, StoreError> {
    Ok(json::<Vec<String>>(text)?.into_iter().map(DataSourceId::stored).collect())
}

/// Reads a JSON column.
pub(crate) fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(format_args!("a JSON column: {error}")))
}
