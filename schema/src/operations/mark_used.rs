//! Writes when tokens were last used, many at a time.

use jiff::Timestamp;

use crate::context::Context;
use crate::error::OperationError;
use crate::rights;
use crate::store::params;
use crate::token::TokenId;

/// What was used.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The uses, in any order; several of one token count as the last.
    pub uses: Vec<Use>,
}

/// One use of one token.
#[derive(Debug, Clone)]
pub struct Use {
    /// The token.
    pub token: TokenId,
    /// When.
    pub at: Timestamp,
    /// From where.
    pub address: Option<String>,
}

/// Nothing to tell.
pub type Outcome = ();

/// Writes them in one transaction; an earlier use never overwrites a later one. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "UPDATE tokens SET last_used_at = ?2, last_used_address = ?3 \
                       WHERE id = ?1 AND (last_used_at IS NULL OR last_used_at < ?2)";
    rights::operator(ctx)?;
    if request.uses.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    for Use { token, at, address } in request.uses {
        tx.execute(SQL, params![&token, at, address]).await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::token_show;
    use crate::testing::{World, start};

    #[tokio::test]
    async fn the_latest_use_stays() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let at = |seconds| start().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
        let used = |seconds, address: &str| Use {
            token: id.clone(),
            at: at(seconds),
            address: Some(address.into()),
        };
        let uses = vec![used(5, "10.0.0.5"), used(9, "10.0.0.9"), used(7, "10.0.0.7")];
        run(&world.ctx, Request { uses }).await.unwrap();
        let view = token_show::run(&world.ctx, token_show::Request { id: id.clone() }).await.unwrap();
        assert_eq!((view.last_used_at, view.last_used_address.as_deref()), (Some(at(9)), Some("10.0.0.9")));
    }
}
