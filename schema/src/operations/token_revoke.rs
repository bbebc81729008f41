//! Revokes a token: the next request with it is refused, by every process that serves the store.

use serde_json::json;

use super::token_show::{self, TokenView};
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::history::{Change, HistoryKind};
use crate::records::{UserRecord, token_columns};
use crate::store::{Read, Write, params};
use crate::token::{TokenId, TokenRecord};

/// Which, and why.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token.
    pub id: TokenId,
    /// Why: for the history.
    pub reason: Option<String>,
}

/// The token afterwards.
pub type Outcome = TokenView;

/// Revokes it; a revoked one stays as it is. For its user and for admins.
///
/// # Errors
/// When there is no such token, or it is not the actor's.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    let (token, user) = token_show::find(&mut tx, ctx, &request.id).await?;
    if token.revoked_at.is_none() {
        revoke(&mut tx, ctx, &token, &user, request.reason.as_deref()).await?;
    }
    let (token, user) = token_show::find(&mut tx, ctx, &request.id).await?;
    tx.commit().await?;
    Ok(TokenView::of(&token, &user.name, ctx.now()))
}

/// Revokes every token of `user` that is not revoked, also expired ones, and gives them.
pub(super) async fn revoke_all(
    tx: &mut Write,
    ctx: &Context,
    user: &UserRecord,
    reason: Option<&str>,
) -> Result<Vec<TokenId>, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        token_columns!(),
        "FROM tokens k WHERE k.user_id = ?1 AND k.revoked_at IS NULL ORDER BY k.created_at, k.id"
    );
    let tokens = tx.list(SQL, params![user.id], TokenRecord::from_row).await?;
    for token in &tokens {
        revoke(tx, ctx, token, user, reason).await?;
    }
    Ok(tokens.into_iter().map(|token| token.id).collect())
}

/// The row, as it is now.
pub(super) async fn by_id(tx: &mut Read, id: &TokenId) -> Result<TokenRecord, StoreError> {
    const SQL: &str = concat!("SELECT", token_columns!(), "FROM tokens k WHERE k.id = ?1");
    TokenRecord::from_row(&mut tx.query_one(SQL, params![id]).await?)
}

/// Revokes a token that is not revoked.
pub(super) async fn revoke(
    tx: &mut Write,
    ctx: &Context,
    token: &TokenRecord,
    user: &UserRecord,
    reason: Option<&str>,
) -> Result<(), OperationError> {
    let sql = "UPDATE tokens SET revoked_at = ?2, revoke_reason = ?3 WHERE id = ?1 AND revoked_at IS NULL";
    tx.execute_one(sql, params![&token.id, ctx.now(), reason]).await?;
    Change::new(HistoryKind::Token, "revoke")
        .token(&token.id)
        .user(&user.name)
        .reason(reason)
        .tenant(token.tenant)
        .details(json!({ "label": token.label, "last_used_at": token.last_used_at }))
        .record(tx, ctx)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::testing::{World, start};
    use crate::token::TokenStatus;

    #[tokio::test]
    async fn a_revocation_by_another_store_is_seen_by_the_next_read() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        assert_eq!(world.status(&id).await, TokenStatus::Active);
        let other = Context { store: Store::open(&world.address()).await.unwrap(), ..world.ctx.clone() };
        run(&other, Request { id: id.clone(), reason: None }).await.unwrap();
        assert_eq!(world.status(&id).await, TokenStatus::Revoked);
    }

    #[tokio::test]
    async fn a_token_is_revoked_once_with_its_first_reason() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        for reason in ["leaked", "again"] {
            let view =
                run(&world.ctx, Request { id: id.clone(), reason: Some(reason.into()) }).await.unwrap();
            assert_eq!((view.revoked_at, view.revoke_reason.as_deref()), (Some(start()), Some("leaked")));
            world.pass(1);
        }
        let revocations: Vec<_> =
            world.history().await.into_iter().filter(|entry| entry.action == "revoke").collect();
        assert_eq!(revocations.len(), 1);
        assert_eq!(revocations[0].token_id, Some(id));
        assert_eq!(revocations[0].actor, "operator:root");
    }

    #[tokio::test]
    async fn nobody_revokes_anothers_token_but_an_admin() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let request = Request { id, reason: None };
        let error = run(&world.acting("bob").await, request.clone()).await.unwrap_err();
        assert_eq!(error.code, "TokenNotFound");
        assert!(run(&world.acting("ada").await, request).await.is_ok());
    }
}
