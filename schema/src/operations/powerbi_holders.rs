//! Tells which token was last put into which data source of Power BI.

use jiff::Timestamp;

use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::rights;
use crate::store::{Row, params};
use crate::token::TokenId;

/// Nothing to choose.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// What is known to be held, by place.
pub type Outcome = Vec<Holder>;

/// A data source of Power BI and the token in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Id of the gateway.
    pub gateway_id: String,
    /// Id of the data source at the gateway.
    pub datasource_id: String,
    /// The token.
    pub token_id: TokenId,
    /// Since when.
    pub put_at: Timestamp,
}

/// Tells it. For admins.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "SELECT gateway_id, datasource_id, token_id, put_at FROM powerbi_holders \
                       WHERE tenant_id = ?1 ORDER BY gateway_id, datasource_id";
    let mut tx = ctx.store.read().await?;
    rights::manage(&mut tx, ctx).await?;
    Ok(tx.list(SQL, params![ctx.tenant_id()?], holder).await?)
}

fn holder(row: &mut Row) -> Result<Holder, StoreError> {
    Ok(Holder {
        gateway_id: row.take()?,
        datasource_id: row.take()?,
        token_id: TokenId::stored(row.take()?),
        put_at: row.take()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_analyst_does_not_learn_what_is_held() {
        let world = World::new().await;
        assert!(run(&world.acting("ada").await, Request {}).await.unwrap().is_empty());
        assert_eq!(run(&world.acting("ann").await, Request {}).await.unwrap_err().code, "NotAllowed");
    }
}
