//! Shows one token.

use jiff::Timestamp;
use serde::Serialize;

use crate::context::Context;
use crate::duration::Span;
use crate::error::OperationError;
use crate::id::DataSourceId;
use crate::lookup;
use crate::records::{UserRecord, token_columns};
use crate::rights;
use crate::store::{Read, params};
use crate::token::{TokenId, TokenRecord, TokenStatus};

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token.
    pub id: TokenId,
}

/// The token, as it is shown.
pub type Outcome = TokenView;

/// What everybody who may see a token sees of it. Never anything of the secret.
#[derive(Debug, Clone, Serialize)]
pub struct TokenView {
    /// Its public part.
    pub id: TokenId,
    /// What its owner calls it.
    pub label: String,
    /// For whom it acts.
    pub user: String,
    /// Where it stands.
    pub status: TokenStatus,
    /// When it was made.
    pub created_at: Timestamp,
    /// From this instant on it is expired; none: never.
    pub expires_at: Option<Timestamp>,
    /// So long unused, it expires; none: never by this rule.
    pub max_idle: Span,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why it was revoked.
    pub revoke_reason: Option<String>,
    /// When it was last used, at most a minute late.
    pub last_used_at: Option<Timestamp>,
    /// From where it was last used.
    pub last_used_address: Option<String>,
    /// The only data sources it may read; none: all of its user's.
    pub data_sources: Option<Vec<DataSourceId>>,
    /// Its successor.
    pub rotated_to: Option<TokenId>,
}

impl TokenView {
    pub(crate) fn of(token: &TokenRecord, user: &str, now: Timestamp) -> TokenView {
        TokenView {
            id: token.id.clone(),
            label: token.label.clone(),
            user: user.to_owned(),
            status: token.status(now),
            created_at: token.created_at,
            expires_at: token.expires_at,
            max_idle: Span(token.max_idle),
            revoked_at: token.revoked_at,
            revoke_reason: token.revoke_reason.clone(),
            last_used_at: token.last_used_at,
            last_used_address: token.last_used_address.clone(),
            data_sources: token.scope.clone(),
            rotated_to: token.rotated_to.clone(),
        }
    }
}

fn unknown(id: &TokenId) -> OperationError {
    let message = format!("there is no token {id}: `feedgate-admin token list` shows them");
    OperationError::not_found("TokenNotFound", message)
}

/// Shows it to its user and to admins.
///
/// # Errors
/// When there is no such token, or it is not the actor's to see.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    let (token, user) = find(&mut tx, ctx, &request.id).await?;
    Ok(TokenView::of(&token, &user.name, ctx.now()))
}

/// The token and its user, when it is the actor's to see and change.
pub(super) async fn find(
    tx: &mut Read,
    ctx: &Context,
    id: &TokenId,
) -> Result<(TokenRecord, UserRecord), OperationError> {
    const SQL: &str =
        concat!("SELECT", token_columns!(), "FROM tokens k WHERE k.id = ?1 AND k.tenant_id = ?2");
    let standing = rights::standing(tx, ctx).await?;
    let row = tx.query_optional(SQL, params![id, ctx.tenant_id()?]).await?;
    let token = TokenRecord::from_row(&mut row.ok_or_else(|| unknown(id))?)?;
    if !standing.owns(token.user) {
        return Err(unknown(id));
    }
    let user = lookup::user_by_id(tx, token.user).await?;
    Ok((token, user))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn anothers_token_looks_like_none() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let show = async |actor: &str| run(&world.acting(actor).await, Request { id: id.clone() }).await;
        assert_eq!(show("ann").await.unwrap().user, "ann");
        assert!(show("ada").await.is_ok());
        let error = show("bob").await.unwrap_err();
        let nobodys = TokenId::parse("0000000000000000").unwrap();
        assert_eq!(error, unknown(&id));
        assert_eq!(run(&world.ctx, Request { id: nobodys.clone() }).await.unwrap_err(), unknown(&nobodys));
    }

    #[tokio::test]
    async fn the_json_has_the_published_names() {
        let world = World::new().await;
        let view = world.mint("ann").await.unwrap().view;
        let json = serde_json::to_value(&view).unwrap();
        for name in
            ["id", "label", "user", "status", "created_at", "expires_at", "revoked_at", "last_used_at"]
        {
            assert!(json.get(name).is_some(), "{name}");
        }
        assert_eq!(json["status"], "active");
        assert_eq!(json["expires_at"], "2026-04-01T00:00:00Z");
        assert!(json.get("data_sources").is_some() && json.get("rotated_to").is_some());
    }
}
