//! Writes a notice down, with a delivery for each place it goes to; an occasion that is written down already changes
//! nothing.

use jiff::Timestamp;
use serde_json::Value;

use crate::error::StoreError;
use crate::id::{DataSourceId, TenantId};
use crate::notice::{Channel, NoticeKind, Severity};
use crate::operations::notice_target_list;
use crate::store::{Write, params};
use crate::token::TokenId;

/// A notice to be.
#[derive(Debug, Clone)]
pub(super) struct Occasion {
    pub(super) id: String,
    pub(super) tenant: TenantId,
    pub(super) kind: NoticeKind,
    pub(super) severity: Severity,
    pub(super) token: Option<TokenId>,
    pub(super) user: Option<String>,
    pub(super) data_source: Option<DataSourceId>,
    pub(super) details: Value,
}

/// Writes it down; says whether it was new.
pub(super) async fn raise(tx: &mut Write, occasion: &Occasion, now: Timestamp) -> Result<bool, StoreError> {
    const SQL: &str = "INSERT INTO notices (id, tenant_id, at, kind, severity, token_id, user_name, data_source_id, \
         details) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING";
    let Occasion { id, tenant, kind, severity, token, user, data_source, details } = occasion;
    let row = params![
        id,
        *tenant,
        now,
        kind.as_str(),
        severity.as_str(),
        token.as_ref(),
        user.as_ref(),
        data_source.as_ref(),
        details.to_string(),
    ];
    if tx.execute(SQL, row).await? == 0 {
        return Ok(false);
    }
    for target in notice_target_list::targets(tx, *tenant).await? {
        deliver(tx, id, target.channel, &target.address, Some(target.id), now).await?;
    }
    if *kind != NoticeKind::Test
        && let Some(user) = user
        && let Some(address) = mailbox(tx, *tenant, user).await?
    {
        deliver(tx, id, Channel::Email, &address, None, now).await?;
    }
    Ok(true)
}

async fn deliver(
    tx: &mut Write,
    id: &str,
    channel: Channel,
    address: &str,
    target: Option<i64>,
    now: Timestamp,
) -> Result<(), StoreError> {
    // A user's own address may be one of the tenant's: once is enough.
    const SQL: &str = "INSERT INTO deliveries (notice_id, channel, address, target_id, attempts, due_at) \
         VALUES (?1, ?2, ?3, ?4, 0, ?5) ON CONFLICT (notice_id, channel, address) DO NOTHING";
    tx.execute(SQL, params![id, channel.as_str(), address, target, now]).await.map(drop)
}

/// The user's address, or that of the person who answers for a service user without one.
async fn mailbox(tx: &mut Write, tenant: TenantId, user: &str) -> Result<Option<String>, StoreError> {
    const SQL: &str = "SELECT COALESCE(u.email, o.email) FROM users u LEFT JOIN users o ON o.id = u.owner_id \
         AND o.removed_at IS NULL WHERE u.tenant_id = ?1 AND u.name = ?2 AND u.removed_at IS NULL";
    match tx.query_optional(SQL, params![tenant, user]).await? {
        Some(mut row) => row.take(),
        None => Ok(None),
    }
}
