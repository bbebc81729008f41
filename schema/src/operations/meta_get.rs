//! Reads one of the store's own notes, such as the public URL of the server.

use crate::context::Context;
use crate::error::OperationError;
use crate::store::params;

/// The name of the note that holds the server's public URL.
pub const PUBLIC_URL: &str = "public_url";

/// The name of the note that holds the version of the server that started last.
pub const SERVER_VERSION: &str = "server_version";

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name.
    pub name: &'static str,
}

/// Its text, if there is one.
pub type Outcome = Option<String>;

/// Reads it. Everybody may.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    let row = tx.query_optional("SELECT value FROM meta WHERE name = ?1", params![request.name]).await?;
    Ok(row.map(|mut row| row.take()).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::meta_set;
    use crate::testing::World;

    #[tokio::test]
    async fn the_last_text_is_read() {
        let world = World::empty().await;
        assert_eq!(run(&world.ctx, Request { name: PUBLIC_URL }).await.unwrap(), None);
        for value in ["http://one", "http://two"] {
            let request = meta_set::Request { name: PUBLIC_URL, value: value.into() };
            meta_set::run(&world.ctx, request).await.unwrap();
        }
        assert_eq!(
            run(&world.ctx, Request { name: PUBLIC_URL }).await.unwrap().as_deref(),
            Some("http://two")
        );
    }
}
