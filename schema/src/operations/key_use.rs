//! Tells which secret keys the store needs: what is sealed and tagged with each. Changes nothing.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rekey;
use crate::context::Context;
use crate::error::OperationError;
use crate::rights;

/// All of the store.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// What needs which key.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Connections by the key that their credentials are sealed with.
    pub connections: BTreeMap<String, u64>,
    /// Living tokens by the key of their tags; those without a tag need none.
    pub tokens: BTreeMap<String, u64>,
}

/// Tells it to the operator.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let mut tx = ctx.store.read().await?;
    let connections = rekey::sealed_by(&mut tx).await?;
    Ok(Outcome { connections, tokens: rekey::tagged_by(&mut tx).await? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn every_key_in_use_is_named() {
        let world = World::new().await;
        world.mint("ann").await.unwrap();
        let used = run(&world.ctx, Request {}).await.unwrap();
        let one = BTreeMap::from([("k1".to_owned(), 1)]);
        assert_eq!((&used.connections, &used.tokens), (&one, &one));
        assert_eq!(run(&world.acting("ada").await, Request {}).await.unwrap_err().code, "NotAllowed");
    }
}
