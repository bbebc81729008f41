//! Takes deliveries that are due, under a lease: nobody else delivers them until it ends.

use std::time::Duration;

use jiff::Timestamp;

use crate::clock::later;
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::TenantId;
use crate::notice::{Channel, Notice, notice_columns};
use crate::operations::notice_target_add::PURPOSE;
use crate::random;
use crate::rights;
use crate::secret::Secret;
use crate::store::{Read, Row, params};

/// What this process can deliver.
#[derive(Debug, Clone)]
pub struct Request {
    /// The channels it has.
    pub channels: Vec<Channel>,
    /// At most so many.
    pub limit: u32,
    /// How long the lease holds: longer than delivering takes.
    pub lease: Duration,
}

/// A delivery to make.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// What to tell.
    pub notice: Notice,
    /// The tenant's name.
    pub tenant_name: String,
    /// How.
    pub channel: Channel,
    /// Where to.
    pub address: String,
    /// What to sign with, for a webhook; an error when it does not open.
    pub secret: Option<Result<Secret, String>>,
    /// How often it was tried before.
    pub attempts: u32,
    /// Names the lease when the outcome is settled.
    pub lease: String,
}

/// The deliveries, oldest first.
pub type Outcome = Vec<Claimed>;

struct Due {
    notice: Notice,
    tenant_name: String,
    channel: Channel,
    address: String,
    attempts: u32,
    secret: Option<String>,
}

/// Takes them. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    // Looking takes no write lock: most of the time nothing is due.
    if due(&mut ctx.store.read().await?, ctx.now(), &request).await?.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = ctx.store.write().await?;
    let now = ctx.now();
    let lease: String = random::bytes::<16>(&*ctx.random).iter().map(|byte| format!("{byte:02x}")).collect();
    let mut claimed = Vec::new();
    for due in due(&mut tx, now, &request).await? {
        let sql = "UPDATE deliveries SET lease = ?4, leased_until = ?5, attempts = attempts + 1 \
                   WHERE notice_id = ?1 AND channel = ?2 AND address = ?3";
        let (until, channel) = (later(now, request.lease), due.channel.as_str());
        tx.execute_one(sql, params![&due.notice.id, channel, &due.address, &lease, until]).await?;
        let opened = due.secret.map(|sealed| open(ctx, due.notice.tenant, &due.address, &sealed));
        claimed.push(Claimed {
            notice: due.notice,
            tenant_name: due.tenant_name,
            channel: due.channel,
            address: due.address,
            secret: opened,
            attempts: due.attempts,
            lease: lease.clone(),
        });
    }
    tx.commit().await?;
    Ok(claimed)
}

fn open(ctx: &Context, tenant: TenantId, address: &str, sealed: &str) -> Result<Secret, String> {
    let keys = ctx.keys().map_err(|error| error.message)?;
    keys.open(PURPOSE, tenant, address, sealed).map_err(|error| error.to_string())
}

async fn due(tx: &mut Read, now: Timestamp, request: &Request) -> Result<Vec<Due>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        notice_columns!(),
        ", t.name, d.channel, d.address, d.attempts, \
         (SELECT x.secret FROM notice_targets x WHERE x.id = d.target_id) \
         FROM deliveries d JOIN notices n ON n.id = d.notice_id JOIN tenants t ON t.id = n.tenant_id \
         WHERE d.delivered_at IS NULL AND d.dead_at IS NULL AND d.due_at <= ?1 \
         AND (d.leased_until IS NULL OR d.leased_until <= ?1) AND (d.channel = ?2 OR d.channel = ?3) \
         ORDER BY d.due_at, d.notice_id LIMIT ?4"
    );
    let mut channels = request.channels.iter().map(|channel| channel.as_str());
    let (Some(first), second) = (channels.next(), channels.next()) else { return Ok(Vec::new()) };
    tx.list(SQL, params![now, first, second.unwrap_or(first), request.limit], read).await
}

fn read(row: &mut Row) -> Result<Due, StoreError> {
    Ok(Due {
        notice: Notice::from_row(row)?,
        tenant_name: row.take()?,
        channel: row.take_as(Channel::parse)?,
        address: row.take()?,
        attempts: row.take()?,
        secret: row.take()?,
    })
}
