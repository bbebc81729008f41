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
    /// What is sealed, by its key: credentials of connections, signing secrets of webhooks, client secrets for Power BI.
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
    use crate::Secret;
    use crate::operations::notice_target_add;
    use crate::testing::World;

    #[tokio::test]
    async fn every_key_in_use_is_named() {
        let world = World::new().await;
        world.mint("ann").await.unwrap();
        let webhook = notice_target_add::Request::Webhook {
            url: "https://hooks.example/x".to_owned(),
            secret: Secret::new("whsec_MfKQ9r8GKYqrTwjU".into()),
        };
        notice_target_add::run(&world.ctx, webhook).await.unwrap();
        let used = run(&world.ctx, Request {}).await.unwrap();
        let of_k1 = |count| BTreeMap::from([("k1".to_owned(), count)]);
        assert_eq!((used.connections, used.tokens), (of_k1(2), of_k1(1)), "the portal's and the webhook's");
        assert_eq!(run(&world.acting("ada").await, Request {}).await.unwrap_err().code, "NotAllowed");
    }
}
