//! Tells which data sources a token reads: those of its user, within its scope.

use super::policy_set::{self, Reached};
use super::token_show;
use crate::context::Context;
use crate::error::OperationError;
use crate::token::TokenId;

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token.
    pub id: TokenId,
}

/// The data sources by name.
pub type Outcome = Vec<Reached>;

/// Tells it to the token's user and to admins.
///
/// # Errors
/// When there is no such token, or it is not the actor's to see.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    let (token, _) = token_show::find(&mut tx, ctx, &request.id).await?;
    policy_set::reached(&mut tx, &token).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::token_create;
    use crate::testing::World;

    #[tokio::test]
    async fn a_token_reads_what_its_user_may_within_its_scope() {
        let world = World::new().await;
        let sales = world.source("ann", "Sales").await;
        world.source("ann", "Deals").await;
        world.source("bob", "Tickets").await;
        let limited = token_create::Request {
            user: "ann".into(),
            label: "limited".into(),
            expires_in: None,
            data_sources: vec![sales],
        };
        let limited = token_create::run(&world.ctx, limited).await.unwrap().view.id;
        let whole = world.mint("ann").await.unwrap().view.id;
        let names = async |id| -> Vec<String> {
            let reached = run(&world.ctx, Request { id }).await.unwrap();
            reached.into_iter().map(|source| source.name).collect()
        };
        assert_eq!(names(limited).await, ["Sales"]);
        assert_eq!(names(whole.clone()).await, ["Deals", "Sales"]);
        let error = run(&world.acting("bob").await, Request { id: whole }).await.unwrap_err();
        assert_eq!(error.code, "TokenNotFound");
    }
}
