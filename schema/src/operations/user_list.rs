//! Lists the tenant's users.

use crate::context::Context;
use crate::error::OperationError;
use crate::records::{UserRecord, user_columns};
use crate::rights;
use crate::store::params;

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The users by name; removed ones are not among them.
pub type Outcome = Vec<UserRecord>;

/// Lists them: all for admins, themselves for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        user_columns!(),
        "FROM users u WHERE u.tenant_id = ?1 AND u.removed_at IS NULL ORDER BY u.name_key"
    );
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let mut users = tx.list(SQL, params![tenant], UserRecord::from_row).await?;
    users.retain(|user| standing.owns(user.id));
    Ok(users)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_admin_sees_all_and_an_analyst_themselves() {
        let world = World::new().await;
        for (actor, expected) in [("ada", vec!["ada", "ann", "bob"]), ("bob", vec!["bob"])] {
            let users = run(&world.acting(actor).await, Request {}).await.unwrap();
            assert_eq!(users.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), expected);
        }
    }
}
