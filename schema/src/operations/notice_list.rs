//! Lists notices with the state of their deliveries.

use jiff::Timestamp;
use serde::Serialize;

use super::history_list::since;
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::notice::{Channel, Notice, notice_columns};
use crate::rights;
use crate::store::{Row, params};

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

impl Default for Request {
    /// The last hundred.
    fn default() -> Request {
        Request { since: None, limit: 100 }
    }
}

/// A notice and where it went.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    /// The notice.
    #[serde(flatten)]
    pub notice: Notice,
    /// Where it goes.
    pub deliveries: Vec<Delivery>,
}

/// One way to one place.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// How.
    pub channel: Channel,
    /// Where to.
    pub address: String,
    /// How often it was tried.
    pub attempts: u32,
    /// When it arrived.
    pub delivered_at: Option<Timestamp>,
    /// When it was given up.
    pub dead_at: Option<Timestamp>,
    /// When it is tried next, while it is.
    pub due_at: Timestamp,
    /// What went wrong last.
    pub error: Option<String>,
}

/// The notices, newest first.
pub type Outcome = Vec<Told>;

/// Lists them: the tenant's for admins, what concerns themselves for everybody else (without other people's addresses).
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        notice_columns!(),
        "FROM notices n WHERE n.tenant_id = ?1 AND n.at >= ?2 AND (?3 IS NULL OR n.user_name = ?3) \
         ORDER BY n.at DESC, n.id LIMIT ?4"
    );
    const DELIVERIES: &str = "SELECT channel, address, attempts, delivered_at, dead_at, due_at, error \
         FROM deliveries WHERE notice_id = ?1 ORDER BY channel, address";
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let (only, since) = (standing.only(), since(&standing, request.since));
    let row = params![ctx.tenant_id()?, since, only.map(|user| &user.name), request.limit];
    let mut told = Vec::new();
    for notice in tx.list(SQL, row, Notice::from_row).await? {
        let mut deliveries = tx.list(DELIVERIES, params![&notice.id], delivery).await?;
        if let Some(user) = only {
            deliveries.retain(|delivery| user.email.as_deref() == Some(delivery.address.as_str()));
        }
        told.push(Told { notice, deliveries });
    }
    Ok(told)
}

fn delivery(row: &mut Row) -> Result<Delivery, StoreError> {
    Ok(Delivery {
        channel: row.take_as(Channel::parse)?,
        address: row.take()?,
        attempts: row.take()?,
        delivered_at: row.take()?,
        dead_at: row.take()?,
        due_at: row.take()?,
        error: row.take()?,
    })
}
