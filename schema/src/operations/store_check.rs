//! Tries whether the store can be written: takes the write lock and gives it back. Changes nothing.

use serde::Serialize;

use crate::context::Context;
use crate::error::OperationError;
use crate::rights;

/// The whole store.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// What the store is.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The version of its tables.
    pub version: i64,
}

/// Tries it. For the operator.
///
/// # Errors
/// When the store cannot be read, or cannot be written.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let version = ctx.store.version().await?;
    let mut tx = ctx.store.write().await?;
    // A row that is there afterwards as it was before: only a write that is tried says whether there is room for one.
    let sql = "UPDATE meta SET value = value WHERE name = 'public_url'";
    tx.execute(sql, crate::store::params![]).await?;
    tx.commit().await?;
    Ok(Outcome { version })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_store_that_can_be_written_says_so_and_stays_as_it_was() {
        let world = World::new().await;
        let before = world.actions().await;
        assert!(run(&world.ctx, Request {}).await.unwrap().version >= 1);
        assert_eq!(world.actions().await, before);
    }
}
