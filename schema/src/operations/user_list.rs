//! Lists the tenant's users.

use serde::Serialize;

use crate::context::Context;
use crate::error::OperationError;
use crate::records::{UserRecord, user_columns};
use crate::rights;
use crate::store::{Row, params};

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The users by name; removed ones are not among them.
pub type Outcome = Vec<UserView>;

/// A user, as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct UserView {
    /// The user.
    #[serde(flatten)]
    pub user: UserRecord,
    /// Who answers for a service user.
    pub owner: Option<String>,
}

/// Lists them: all for admins, themselves and the service users they answer for for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        user_columns!(),
        ", o.name FROM users u LEFT JOIN users o ON o.id = u.owner_id \
         WHERE u.tenant_id = ?1 AND u.removed_at IS NULL ORDER BY u.name_key"
    );
    let view = |row: &mut Row| Ok(UserView { user: UserRecord::from_row(row)?, owner: row.take()? });
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let mut users = tx.list(SQL, params![tenant], view).await?;
    users.retain(|view| {
        standing.owns(view.user.id) || view.user.owner.is_some_and(|owner| standing.owns(owner))
    });
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
            assert_eq!(users.iter().map(|view| view.user.name.as_str()).collect::<Vec<_>>(), expected);
        }
    }

    #[tokio::test]
    async fn a_service_user_is_shown_with_its_owner_and_to_its_owner() {
        let world = World::new().await;
        world.service("nightly", "bob").await;
        for actor in ["ada", "bob"] {
            let users = run(&world.acting(actor).await, Request {}).await.unwrap();
            let nightly = users.iter().find(|view| view.user.name == "nightly").unwrap();
            let json = serde_json::to_value(nightly).unwrap();
            assert_eq!((&json["role"], &json["owner"]), (&"service".into(), &"bob".into()));
        }
        assert_eq!(run(&world.acting("ann").await, Request {}).await.unwrap().len(), 1);
    }
}
