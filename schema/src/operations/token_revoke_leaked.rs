//! Revokes a token that was found where it should not be. Whoever holds it has proven what is needed: neither its id
//! nor its user has to be known.

use super::token_revoke;
use super::token_show::TokenView;
use crate::context::Context;
use crate::error::OperationError;
use crate::hashing::Verdict;
use crate::lookup;
use crate::rights;
use crate::token::PlainToken;

/// The whole token.
#[derive(Debug, Clone)]
pub struct Request {
    /// As it was found.
    pub token: PlainToken,
}

/// The token afterwards.
pub type Outcome = TokenView;

/// Why it is revoked.
const REASON: &str = "leaked";

/// One answer, whether there is no such token or its secret is another: it must not tell which ids exist.
#[must_use]
pub fn nothing_to_revoke() -> OperationError {
    OperationError::not_found("NothingToRevoke", "there is nothing to revoke: this is no token of ours")
}

/// Revokes it, in whatever state it is; a revoked one stays as it is. For the operator, of any tenant when the context
/// has none, and for every user of its tenant.
///
/// # Errors
/// When it is no token of the store, or of the context's tenant.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::standing(&mut ctx.store.read().await?, ctx).await?;
    let found = lookup::credential(&ctx.store, &request.token.id()).await?;
    let record = found.as_ref().map(|credential| &credential.token);
    // Before the lock, as hashing takes long: the secret of a row never changes.
    let verdict = ctx.hasher.verify(&request.token, record, ctx.keys()?).await?;
    let (Some(found), Verdict::Match { .. }) = (found, verdict) else { return Err(nothing_to_revoke()) };
    if ctx.tenant.is_some_and(|tenant| tenant != found.tenant.id) {
        return Err(nothing_to_revoke());
    }
    let mut tx = ctx.store.write().await?;
    rights::standing(&mut tx, ctx).await?;
    let token = token_revoke::by_id(&mut tx, &found.token.id).await?;
    if token.revoked_at.is_none() {
        token_revoke::revoke(&mut tx, ctx, &token, &found.user, Some(REASON)).await?;
    }
    let token = token_revoke::by_id(&mut tx, &token.id).await?;
    tx.commit().await?;
    Ok(TokenView::of(&token, &found.user.name, ctx.now()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::TenantId;
    use crate::operations::user_disable;
    use crate::random::SeededRandom;
    use crate::testing::World;
    use crate::token::TokenStatus;

    #[tokio::test]
    async fn whoever_holds_the_token_can_have_it_revoked() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().token;
        let view = run(&world.acting("bob").await, Request { token: token.clone() }).await.unwrap();
        assert_eq!((view.status, view.revoke_reason.as_deref()), (TokenStatus::Revoked, Some("leaked")));
        assert_eq!(world.status(&token.id()).await, TokenStatus::Revoked);
        let entry = world.history().await.pop().unwrap();
        assert_eq!(
            (entry.action.as_str(), entry.reason.as_deref(), entry.actor.as_str()),
            ("revoke", Some("leaked"), "bob")
        );
        assert_eq!((entry.user.as_deref(), entry.token_id), (Some("ann"), Some(token.id())));
        let count = world.actions().await.len();
        assert!(run(&world.ctx, Request { token }).await.is_ok(), "once more changes nothing");
        assert_eq!(world.actions().await.len(), count);
    }

    #[tokio::test]
    async fn an_expired_token_is_revoked_too_and_of_any_tenant_when_none_is_named() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().token;
        world.pass(100 * 86_400);
        let whole = Context { tenant: None, ..world.ctx.clone() };
        assert_eq!(run(&whole, Request { token }).await.unwrap().status, TokenStatus::Revoked);
        assert_eq!(world.history().await.pop().unwrap().action, "revoke", "the tenant's history has it");
    }

    #[tokio::test]
    async fn an_unknown_a_wrong_and_a_foreign_token_are_answered_alike() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().token;
        let unknown = PlainToken::generate(&SeededRandom::new(5));
        let wrong = token.with_the_secret_of(&unknown);
        assert_eq!(wrong.id(), token.id());
        for wrong in [unknown, wrong] {
            assert_eq!(run(&world.ctx, Request { token: wrong }).await.unwrap_err(), nothing_to_revoke());
        }
        let elsewhere = Context { tenant: Some(TenantId(99)), ..world.ctx.clone() };
        let foreign = run(&elsewhere, Request { token: token.clone() }).await.unwrap_err();
        assert_eq!(foreign, nothing_to_revoke());
        assert_eq!(world.status(&token.id()).await, TokenStatus::Active);
    }

    #[tokio::test]
    async fn a_disabled_user_can_do_nothing() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().token;
        let bob = world.acting("bob").await;
        user_disable::run(&world.ctx, user_disable::Request { name: "bob".into() }).await.unwrap();
        assert_eq!(run(&bob, Request { token }).await.unwrap_err().code, "UserDisabled");
    }
}
