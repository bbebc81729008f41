//! Ends a tenant's suspension.

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

/// Resumes it; one that is not suspended stays as it is. For the operator only.
///
/// # Errors
/// When there is no such tenant.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let mut tx = ctx.store.write().await?;
    if lookup::tenant_by_id(&mut tx, request.tenant).await?.suspended_at.is_some() {
        tx.execute_one("UPDATE tenants SET suspended_at = NULL WHERE id = ?1", params![request.tenant])
            .await?;
        Change::new(HistoryKind::Tenant, "resume").tenant(request.tenant).record(&mut tx, ctx).await?;
    }
    let tenant = lookup::tenant_by_id(&mut tx, request.tenant).await?;
    tx.commit().await?;
    Ok(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_unknown_tenant_is_not_found() {
        let world = World::new().await;
        let error = run(&world.ctx, Request { tenant: TenantId(99) }).await.unwrap_err();
        assert_eq!(error.code, "TenantNotFound");
    }
}
