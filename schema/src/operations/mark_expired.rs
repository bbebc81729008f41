//! Writes down that tokens were seen expired: from then on they stay so, whatever the clock does.

use serde_json::json;

use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::history::{Change, HistoryKind};
use crate::records::token_columns;
use crate::rights;
use crate::store::{Read, Row, params};
use crate::token::{TokenId, TokenRecord};

/// Which to look at.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// These tokens; `None`: all of the store.
    pub ids: Option<Vec<TokenId>>,
}

/// The tokens that were marked by this.
pub type Outcome = Vec<TokenId>;

/// Marks what is expired now and was not marked, each with a history entry. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    // Looking takes no write lock: most of the time there is nothing to mark.
    if due(&mut ctx.store.read().await?, ctx, &request).await?.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = ctx.store.write().await?;
    let due = due(&mut tx, ctx, &request).await?;
    for (token, user) in &due {
        let sql = "UPDATE tokens SET expired_at = ?2 WHERE id = ?1 AND expired_at IS NULL";
        tx.execute_one(sql, params![&token.id, ctx.now()]).await?;
        let details = json!({ "label": token.label, "expires_at": token.ends_at(), "last_used_at": token.last_used_at });
        Change::new(HistoryKind::Token, "expire")
            .tenant(token.tenant)
            .token(&token.id)
            .user(user)
            .details(details)
            .record(&mut tx, ctx)
            .await?;
    }
    tx.commit().await?;
    Ok(due.into_iter().map(|(token, _)| token.id).collect())
}

async fn due(
    tx: &mut Read,
    ctx: &Context,
    request: &Request,
) -> Result<Vec<(TokenRecord, String)>, StoreError> {
    const ALL: &str = concat!(
        "SELECT",
        token_columns!(),
        ", u.name FROM tokens k JOIN users u ON u.id = k.user_id WHERE k.revoked_at IS NULL \
         AND k.expired_at IS NULL AND (k.expires_at <= ?1 OR k.max_idle IS NOT NULL) ORDER BY k.created_at, k.id"
    );
    const ONE: &str = concat!(
        "SELECT",
        token_columns!(),
        ", u.name FROM tokens k JOIN users u ON u.id = k.user_id WHERE k.id = ?1"
    );
    let pair = |row: &mut Row| Ok((TokenRecord::from_row(row)?, row.take::<String>()?));
    let now = ctx.now();
    let mut tokens = Vec::new();
    match &request.ids {
        None => tokens = tx.list(ALL, params![now], pair).await?,
        Some(ids) => {
            for id in ids {
                tokens.extend(tx.list(ONE, params![id], pair).await?);
            }
        }
    }
    tokens.retain(|(token, _)| token.newly_expired(now));
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;
    use crate::token::TokenStatus;

    #[tokio::test]
    async fn a_clock_that_steps_back_revives_nothing() {
        let world = World::new().await;
        let (seen, unseen) =
            (world.mint("ann").await.unwrap().view.id, world.mint("bob").await.unwrap().view.id);
        world.pass(90 * 86_400);
        assert_eq!(
            run(&world.ctx, Request { ids: Some(vec![seen.clone()]) }).await.unwrap(),
            vec![seen.clone()]
        );
        world.pass(-1);
        assert_eq!(world.status(&seen).await, TokenStatus::Expired);
        assert_eq!(world.status(&unseen).await, TokenStatus::Active);
    }

    #[tokio::test]
    async fn an_expiry_is_written_once_with_its_history() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let all = Request::default();
        assert!(run(&world.ctx, all.clone()).await.unwrap().is_empty());
        world.pass(90 * 86_400);
        assert_eq!(run(&world.ctx, all.clone()).await.unwrap(), vec![id.clone()]);
        assert!(run(&world.ctx, all).await.unwrap().is_empty());
        let entries: Vec<_> =
            world.history().await.into_iter().filter(|entry| entry.action == "expire").collect();
        assert_eq!(
            (entries.len(), entries[0].token_id.as_ref(), entries[0].user.as_deref()),
            (1, Some(&id), Some("ann"))
        );
    }
}
