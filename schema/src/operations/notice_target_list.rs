//! Lists the places where a tenant's notices go, and how delivery fares.

use jiff::Timestamp;
use serde::Serialize;

use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::TenantId;
use crate::notice::Channel;
use crate::rights;
use crate::store::{Read, Row, params};

/// Nothing to choose.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// A place.
#[derive(Debug, Clone, Serialize)]
pub struct Target {
    /// Its row.
    pub id: i64,
    /// How notices travel there.
    pub channel: Channel,
    /// Where it is.
    pub address: String,
    /// When it was added.
    pub created_at: Timestamp,
    /// Notices that were delivered.
    pub delivered: u64,
    /// Notices that are still tried.
    pub waiting: u64,
    /// Notices that were given up.
    pub dead: u64,
    /// What went wrong at the last attempt that did.
    pub last_error: Option<String>,
}

/// The places, in the order in which they were added.
pub type Outcome = Vec<Target>;

/// Lists them. For admins.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    rights::manage(&mut tx, ctx).await?;
    Ok(targets(&mut tx, ctx.tenant_id()?).await?)
}

pub(super) async fn targets(tx: &mut Read, tenant: TenantId) -> Result<Vec<Target>, StoreError> {
    const SQL: &str = "SELECT t.id, t.channel, t.address, t.created_at, \
         COALESCE(SUM(CASE WHEN d.delivered_at IS NOT NULL THEN 1 ELSE 0 END), 0), \
         COALESCE(SUM(CASE WHEN d.delivered_at IS NULL AND d.dead_at IS NULL AND d.notice_id IS NOT NULL \
                           THEN 1 ELSE 0 END), 0), \
         COALESCE(SUM(CASE WHEN d.dead_at IS NOT NULL THEN 1 ELSE 0 END), 0), \
         (SELECT e.error FROM deliveries e WHERE e.target_id = t.id AND e.error IS NOT NULL \
          ORDER BY e.due_at DESC LIMIT 1) \
         FROM notice_targets t LEFT JOIN deliveries d ON d.target_id = t.id \
         WHERE t.tenant_id = ?1 AND t.removed_at IS NULL \
         GROUP BY t.id, t.channel, t.address, t.created_at ORDER BY t.id";
    tx.list(SQL, params![tenant], target).await
}

fn target(row: &mut Row) -> Result<Target, StoreError> {
    Ok(Target {
        id: row.take()?,
        channel: row.take_as(Channel::parse)?,
        address: row.take()?,
        created_at: row.take()?,
        delivered: row.take()?,
        waiting: row.take()?,
        dead: row.take()?,
        last_error: row.take()?,
    })
}
