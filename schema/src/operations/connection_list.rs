//! Lists the tenant's connections, without their credentials.

use crate::context::Context;
use crate::error::OperationError;
use crate::records::{ConnectionRecord, connection_columns};
use crate::rights;
use crate::store::params;

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The connections by name.
pub type Outcome = Vec<ConnectionRecord>;

/// Lists them. Every user of the tenant may: a data source needs the name of one.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        connection_columns!(),
        "FROM connections c WHERE c.tenant_id = ?1 AND c.removed_at IS NULL ORDER BY c.name_key"
    );
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    rights::standing(&mut tx, ctx).await?;
    Ok(tx.list(SQL, params![tenant], ConnectionRecord::from_row).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_analyst_sees_the_names() {
        let world = World::new().await;
        let connections = run(&world.acting("ann").await, Request {}).await.unwrap();
        assert_eq!(connections[0].name, "portal");
    }
}
