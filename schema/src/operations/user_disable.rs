//! Disables a user: from the next request on, none of the user's tokens is accepted. The tokens stay as they are.

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::records::UserRecord;
use crate::rights;
use crate::store::params;

/// Whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The user's name.
    pub name: String,
}

/// The user afterwards.
pub type Outcome = UserRecord;

/// Disables the user; one who is disabled stays so since then. For admins.
///
/// # Errors
/// When there is no such user.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let user = lookup::user_named(&mut tx, ctx.tenant_id()?, &request.name).await?;
    if user.disabled_at.is_none() {
        let sql = "UPDATE users SET disabled_at = ?2 WHERE id = ?1";
        tx.execute_one(sql, params![user.id, ctx.now()]).await?;
        Change::new(HistoryKind::User, "disable").user(&user.name).record(&mut tx, ctx).await?;
    }
    let user = lookup::user_by_id(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{token_list, user_enable};
    use crate::testing::World;

    #[tokio::test]
    async fn a_disabled_user_can_do_nothing_until_enabled() {
        let world = World::new().await;
        let ann = world.acting("ann").await;
        assert!(run(&world.ctx, Request { name: "Ann".into() }).await.unwrap().disabled_at.is_some());
        let error = token_list::run(&ann, token_list::Request::default()).await.unwrap_err();
        assert_eq!(error.code, "UserDisabled");
        assert_eq!(world.mint("ann").await.unwrap_err().code, "UserDisabled");
        user_enable::run(&world.ctx, user_enable::Request { name: "ann".into() }).await.unwrap();
        assert!(token_list::run(&ann, token_list::Request::default()).await.is_ok());
    }
}
