//! Writes one of the store's own notes.

use crate::context::Context;
use crate::error::OperationError;
use crate::rights;
use crate::store::params;

/// Which, and its text.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name.
    pub name: &'static str,
    /// Its text.
    pub value: String,
}

/// Nothing to tell.
pub type Outcome = ();

/// Writes it. For the service itself; no history.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "INSERT INTO meta (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    rights::operator(ctx)?;
    let mut tx = ctx.store.write().await?;
    tx.execute_one(SQL, params![request.name, request.value]).await?;
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_user_writes_no_notes() {
        let world = World::new().await;
        let request = Request { name: "public_url", value: "http://evil".into() };
        assert_eq!(run(&world.acting("ada").await, request).await.unwrap_err().code, "NotAllowed");
    }
}
