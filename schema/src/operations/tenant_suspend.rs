//! Suspends a tenant: from the next request on, none of its credentials is accepted. Nothing is lost by it.

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::TenantId;
use crate::lookup;
use crate::records::TenantRecord;
use crate::rights;
use crate::store::params;

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// The tenant.
    pub tenant: TenantId,
}

/// The tenant afterwards.
pub type Outcome = TenantRecord;

/// Suspends it; one that is suspended stays as it is. For the operator only.
///
/// # Errors
/// When there is no such tenant.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let mut tx = ctx.store.write().await?;
    if lookup::tenant_by_id(&mut tx, request.tenant).await?.suspended_at.is_none() {
        let sql = "UPDATE tenants SET suspended_at = ?2 WHERE id = ?1";
        tx.execute_one(sql, params![request.tenant, ctx.now()]).await?;
        Change::new(HistoryKind::Tenant, "suspend").tenant(request.tenant).record(&mut tx, ctx).await?;
    }
    let tenant = lookup::tenant_by_id(&mut tx, request.tenant).await?;
    tx.commit().await?;
    Ok(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::tenant_resume;
    use crate::testing::{World, start};

    #[tokio::test]
    async fn a_suspension_keeps_its_first_instant_and_ends() {
        let world = World::new().await;
        let tenant = world.ctx.tenant.unwrap();
        for _ in 0..2 {
            let suspended = run(&world.ctx, Request { tenant }).await.unwrap();
            assert_eq!(suspended.suspended_at, Some(start()));
            world.pass(1);
        }
        let resumed = tenant_resume::run(&world.ctx, tenant_resume::Request { tenant }).await.unwrap();
        assert_eq!(resumed.suspended_at, None);
        let actions = world.actions().await;
        assert_eq!(actions.iter().filter(|action| *action == "tenant suspend").count(), 1);
        assert_eq!(actions.last().unwrap(), "tenant resume");
    }
}
