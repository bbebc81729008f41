//! Lists tokens.

use std::time::Duration;

use super::token_show::TokenView;
use crate::clock::later;
use crate::context::Context;
use crate::error::OperationError;
use crate::id::UserId;
use crate::lookup;
use crate::records::token_columns;
use crate::rights;
use crate::store::{Row, params};
use crate::token::{TokenRecord, TokenStatus};

/// Which to list.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only those of this user.
    pub user: Option<String>,
    /// Only those in this state.
    pub status: Option<TokenStatus>,
    /// Only those that still work and stop doing so within this time.
    pub expiring_within: Option<Duration>,
}

/// The tokens, in the order of their creation.
pub type Outcome = Vec<TokenView>;

/// Lists them: the tenant's for admins, their own for everybody else.
///
/// # Errors
/// When the user is unknown or not the actor's to see.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        token_columns!(),
        ", u.name FROM tokens k JOIN users u ON u.id = k.user_id \
         WHERE k.tenant_id = ?1 AND (?2 IS NULL OR k.user_id = ?2) ORDER BY k.created_at, k.id"
    );
    let (tenant, now) = (ctx.tenant_id()?, ctx.now());
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let mut only: Option<UserId> = standing.only().map(|user| user.id);
    if let Some(name) = &request.user {
        let user = lookup::user_named(&mut tx, tenant, name).await?;
        standing.act_for(&user)?;
        only = Some(user.id);
    }
    let pair = |row: &mut Row| Ok((TokenRecord::from_row(row)?, row.take::<String>()?));
    let mut tokens = tx.list(SQL, params![tenant, only], pair).await?;
    tokens.retain(|(token, _)| {
        let status = token.status(now);
        let expiring =
            |within| status.authenticates() && token.ends_at().is_some_and(|end| end <= later(now, within));
        request.status.is_none_or(|wanted| wanted == status) && request.expiring_within.is_none_or(expiring)
    });
    Ok(tokens.iter().map(|(token, user)| TokenView::of(token, user, now)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::token_revoke;
    use crate::testing::World;

    async fn count(ctx: &Context, request: Request) -> usize {
        run(ctx, request).await.unwrap().len()
    }

    #[tokio::test]
    async fn the_filters_narrow_the_list() {
        let world = World::new().await;
        let first = world.mint("ann").await.unwrap().view.id;
        world.mint("ann").await.unwrap();
        world.mint("bob").await.unwrap();
        token_revoke::run(&world.ctx, token_revoke::Request { id: first, reason: None }).await.unwrap();
        let ctx = &world.ctx;
        assert_eq!(count(ctx, Request::default()).await, 3);
        assert_eq!(count(ctx, Request { user: Some("Ann".into()), ..Request::default() }).await, 2);
        assert_eq!(count(ctx, Request { status: Some(TokenStatus::Revoked), ..Request::default() }).await, 1);
        let expiring = |days: u64| Request {
            expiring_within: Some(Duration::from_secs(days * 86_400)),
            ..Request::default()
        };
        assert_eq!(count(ctx, expiring(89)).await, 0);
        assert_eq!(count(ctx, expiring(90)).await, 2);
    }

    #[tokio::test]
    async fn an_analyst_sees_their_own() {
        let world = World::new().await;
        world.mint("ann").await.unwrap();
        world.mint("bob").await.unwrap();
        let ann = world.acting("ann").await;
        assert_eq!(count(&ann, Request::default()).await, 1);
        let error = run(&ann, Request { user: Some("bob".into()), ..Request::default() }).await.unwrap_err();
        assert_eq!(error.code, "NotAllowed");
    }
}
