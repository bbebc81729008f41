//! Copies the store into a new file while it is in use. The copy holds secrets hashed and sealed as the store does;
//! the keys that open them are not in it.

use std::path::PathBuf;

use crate::context::Context;
use crate::error::OperationError;
use crate::rights;

/// Where to.
#[derive(Debug, Clone)]
pub struct Request {
    /// The new file.
    pub file: PathBuf,
}

/// Nothing to tell.
pub type Outcome = ();

/// Copies it. For the operator only.
///
/// # Errors
/// When the file exists or cannot be written; then nothing is left of it. On PostgreSQL always: `pg_dump` does it.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    Ok(ctx.store.copy_to(&request.file).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::testing::{World, on_postgres};
    use crate::token::TokenStatus;

    #[tokio::test]
    async fn a_backup_is_a_store_that_works() {
        if on_postgres() {
            return;
        }
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().token;
        let file = world.directory.path().join("backup.db");
        run(&world.ctx, Request { file: file.clone() }).await.unwrap();
        let store = Store::open(&format!("sqlite:{}", file.display())).await.unwrap();
        let credential = crate::credential(&store, &token.id()).await.unwrap().unwrap();
        assert_eq!(credential.token.status(world.ctx.now()), TokenStatus::Active);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_backup_is_for_its_owner_alone_and_overwrites_nothing() {
        use std::os::unix::fs::PermissionsExt;
        if on_postgres() {
            return;
        }
        let world = World::new().await;
        let file = world.directory.path().join("backup.db");
        let request = Request { file: file.clone() };
        run(&world.ctx, request.clone()).await.unwrap();
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let before = std::fs::read(&file).unwrap();
        let error = run(&world.ctx, request).await.unwrap_err();
        assert!(error.message.contains("is not overwritten"), "{error}");
        assert_eq!(std::fs::read(&file).unwrap(), before);
    }

    #[tokio::test]
    async fn a_database_is_left_to_pg_dump() {
        if !on_postgres() {
            return;
        }
        let world = World::new().await;
        let file = world.directory.path().join("backup.db");
        let error = run(&world.ctx, Request { file: file.clone() }).await.unwrap_err();
        assert!(error.message.contains("pg_dump") && !file.exists(), "{error}");
    }
}
