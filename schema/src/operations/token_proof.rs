//! Proves that a whole token is what it says: one of the tenant's, with the right secret, and working.

use super::token_show::{self, TokenView};
use crate::context::Context;
use crate::error::OperationError;
use crate::hashing::Verdict;
use crate::lookup;
use crate::token::PlainToken;

/// The whole token.
#[derive(Debug, Clone)]
pub struct Request {
    /// As somebody gave it.
    pub token: PlainToken,
}

/// The token, which works.
pub type Outcome = TokenView;

fn other_secret() -> OperationError {
    let message = "this is not the token: its id exists, its secret is another; nothing was done with it";
    OperationError::refused("TokenSecretWrong", message)
}

fn not_working(token: &TokenView) -> OperationError {
    let message = format!(
        "the token {} (\"{}\") is {}: make a new one with `feedgate-admin token create`",
        token.id, token.label, token.status
    );
    OperationError::refused("TokenNotWorking", message)
}

/// Proves it, to the token's user and to admins.
///
/// # Errors
/// When there is no such token, it is not the actor's to see, its secret is another, or it does not work any more.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let view = token_show::run(ctx, token_show::Request { id: request.token.id() }).await?;
    let found = lookup::credential(&ctx.store, &view.id).await?;
    let record = found.as_ref().map(|credential| &credential.token);
    match ctx.hasher.verify(&request.token, record, ctx.keys()?).await? {
        Verdict::Match { .. } if view.status.authenticates() => Ok(view),
        Verdict::Match { .. } => Err(not_working(&view)),
        Verdict::Mismatch => Err(other_secret()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::token_revoke;
    use crate::testing::World;

    #[tokio::test]
    async fn only_the_right_secret_of_a_working_token_is_proof() {
        let world = World::new().await;
        let (token, other) = (world.mint("ann").await.unwrap(), world.mint("ann").await.unwrap().token);
        let prove = async |token: &PlainToken| run(&world.ctx, Request { token: token.clone() }).await;
        assert_eq!(prove(&token.token).await.unwrap().id, token.view.id);
        let forged = token.token.with_the_secret_of(&other);
        assert_eq!(prove(&forged).await.unwrap_err().code, "TokenSecretWrong");
        let bob = world.acting("bob").await;
        let hidden = run(&bob, Request { token: token.token.clone() }).await.unwrap_err();
        assert_eq!(hidden.code, "TokenNotFound");
        let revoke = token_revoke::Request { id: token.view.id.clone(), reason: None };
        token_revoke::run(&world.ctx, revoke).await.unwrap();
        assert_eq!(prove(&token.token).await.unwrap_err().code, "TokenNotWorking");
    }
}
