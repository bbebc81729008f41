//! Revokes all tokens of a user.

use super::token_revoke;
use crate::context::Context;
use crate::error::OperationError;
use crate::lookup;
use crate::rights;
use crate::token::TokenId;

/// Whose, and why.
#[derive(Debug, Clone)]
pub struct Request {
    /// The user's name.
    pub user: String,
    /// Why: for the history.
    pub reason: Option<String>,
}

/// The tokens that were revoked by this.
pub type Outcome = Vec<TokenId>;

/// Revokes them. For the user and for admins.
///
/// # Errors
/// When there is no such user, or it is not the actor's to do.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let user = lookup::user_named(&mut tx, ctx.tenant_id()?, &request.user).await?;
    standing.act_for(&user)?;
    let revoked = token_revoke::revoke_all(&mut tx, ctx, &user, request.reason.as_deref()).await?;
    tx.commit().await?;
    Ok(revoked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use crate::token::TokenStatus;

    #[tokio::test]
    async fn all_of_one_user_and_none_of_another() {
        let world = World::new().await;
        let mut anns = Vec::new();
        for _ in 0..3 {
            anns.push(world.mint("ann").await.unwrap().view.id);
        }
        let bobs = world.mint("bob").await.unwrap().view.id;
        let request = Request { user: "ann".into(), reason: None };
        assert_eq!(run(&world.acting("bob").await, request.clone()).await.unwrap_err().code, "NotAllowed");
        assert_eq!(run(&world.ctx, request).await.unwrap().len(), 3);
        for id in &anns {
            assert_eq!(world.status(id).await, TokenStatus::Revoked);
        }
        assert_eq!(world.status(&bobs).await, TokenStatus::Active);
    }
}
