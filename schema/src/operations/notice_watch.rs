//! Looks for what people must be told, and writes it down: tokens that end, refreshes that begin to fail or work again,
//! connections that HubSpot refuses, properties that vanished, tokens that a policy shortened.
//!
//! Every process may look as often as it likes, several at the same time: an occasion has one id, and is written down
//! once.

mod changes;
mod expiry;
mod refreshes;
#[cfg(test)]
mod tests;

use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::TenantId;
use crate::operations::notice_raise;
use crate::rights;
use crate::store::{Read, Row, params};

/// What to look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Request {
    /// Everything.
    #[default]
    All,
    /// Only refreshes: one has just failed.
    Refreshes,
}

/// How many notices were written down.
pub type Outcome = u64;

/// Looks. For the service itself.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let mut raised = 0;
    // Not in the head of the loop: the reader would be held while others are waited for.
    let tenants = tenants(&mut ctx.store.read().await?).await?;
    for tenant in tenants {
        raised += refreshes::look(ctx, tenant).await?;
        if request == Request::All {
            let mut occasions = expiry::occasions(&mut ctx.store.read().await?, tenant, ctx.now()).await?;
            occasions.extend(changes::occasions(&mut ctx.store.read().await?, tenant, ctx.now()).await?);
            raised += write(ctx, &occasions).await?;
        }
    }
    Ok(raised)
}

/// Writes down those that are new.
async fn write(ctx: &Context, occasions: &[notice_raise::Occasion]) -> Result<u64, StoreError> {
    let mut new = Vec::new();
    {
        // Looking takes no write lock: most of the time nothing is new.
        let mut tx = ctx.store.read().await?;
        for occasion in occasions {
            let known = "SELECT 1 FROM notices WHERE id = ?1";
            if tx.query_optional(known, params![&occasion.id]).await?.is_none() {
                new.push(occasion);
            }
        }
    }
    if new.is_empty() {
        return Ok(0);
    }
    let mut tx = ctx.store.write().await?;
    let mut raised = 0;
    for occasion in new {
        raised += u64::from(notice_raise::raise(&mut tx, occasion, ctx.now()).await?);
    }
    tx.commit().await?;
    Ok(raised)
}

/// Those that are served: who suspended a tenant knows that its refreshes fail.
async fn tenants(tx: &mut Read) -> Result<Vec<TenantId>, StoreError> {
    let id = |row: &mut Row| row.take().map(TenantId);
    tx.list("SELECT id FROM tenants WHERE suspended_at IS NULL ORDER BY id", params![], id).await
}
