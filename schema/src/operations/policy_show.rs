//! Shows the tenant's policy.

use crate::context::Context;
use crate::error::OperationError;
use crate::lookup;
use crate::policy::Policy;
use crate::rights;

/// The context's tenant's.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The policy.
pub type Outcome = Policy;

/// Shows it to every user of the tenant.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    rights::standing(&mut tx, ctx).await?;
    let tenant = lookup::tenant_by_id(&mut tx, ctx.tenant_id()?).await?;
    Ok(lookup::policy_of(&mut tx, tenant.id).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_new_tenant_has_the_default_policy() {
        let world = World::new().await;
        assert_eq!(run(&world.acting("ann").await, Request {}).await.unwrap(), Policy::default());
    }
}
