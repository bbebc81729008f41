//! Lists the tenants.

use crate::context::Context;
use crate::error::OperationError;
use crate::records::{TenantRecord, tenant_columns};
use crate::rights;
use crate::store::params;

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The tenants, in the order of their creation.
pub type Outcome = Vec<TenantRecord>;

/// Lists them. For the operator only.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = concat!("SELECT", tenant_columns!(), "FROM tenants t ORDER BY t.id");
    rights::operator(ctx)?;
    Ok(ctx.store.read().await?.list(SQL, params![], TenantRecord::from_row).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn the_tenants_are_listed() {
        let world = World::new().await;
        let tenants = run(&world.ctx, Request {}).await.unwrap();
        assert_eq!(tenants.iter().map(|tenant| tenant.name.as_str()).collect::<Vec<_>>(), ["acme"]);
    }
}
