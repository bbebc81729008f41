//! Keeps the renewed OAuth tokens of a connection, and gives the lock on them back. The credential is the same one to
//! people: its version does not grow, and clients that were opened with it go on.

use crate::context::Context;
use crate::error::OperationError;
use crate::id::ConnectionId;
use crate::keys::KeysError;
use crate::lookup::{self, CREDENTIAL_PURPOSE};
use crate::rights;
use crate::secret::Secret;
use crate::store::params;

/// Which, by whom, and what.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection.
    pub connection: ConnectionId,
    /// The version of the credential that was renewed.
    pub version: i64,
    /// The holder of the lock.
    pub holder: String,
    /// The tokens, with the app that they belong to.
    pub credential: Secret,
}

/// Nothing to tell.
pub type Outcome = ();

fn lost() -> OperationError {
    OperationError::refused("LockLost", "somebody else renews the tokens by now, or they were replaced")
}

/// Keeps them. For the service itself.
///
/// # Errors
/// When the lock is no longer held, the credential was replaced, or the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "UPDATE connections SET credential = ?4, renewal = NULL, renewal_until = NULL, reconnect = 0, \
                       status = 'working', status_message = NULL, updated_at = ?5 \
                       WHERE id = ?1 AND version = ?2 AND renewal = ?3 AND removed_at IS NULL";
    rights::operator(ctx)?;
    let mut tx = ctx.store.write().await?;
    let connection = lookup::connection_by_id(&mut tx, &request.connection).await?;
    let failed = |error: KeysError| OperationError::invalid("KeysUnusable", error.to_string());
    let (keys, row) = (ctx.keys()?, connection.id.as_str());
    let sealed = keys
        .seal(CREDENTIAL_PURPOSE, connection.tenant, row, &request.credential, &*ctx.random)
        .map_err(failed)?;
    let row = params![&request.connection, request.version, &request.holder, sealed, ctx.now()];
    if tx.execute(SQL, row).await? != 1 {
        return Err(lost());
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::super::connection_lock::Outcome as Lock;
    use super::super::connection_lock::tests::lock;
    use super::*;
    use crate::operations::connection_list;
    use crate::testing::World;

    #[tokio::test]
    async fn only_the_holder_keeps_what_it_renewed() {
        let world = World::new().await;
        let Lock::Held(connection) = lock(&world, "a", 1).await else { panic!() };
        let request = |holder: &str, version| Request {
            connection: connection.id.clone(),
            version,
            holder: holder.to_owned(),
            credential: Secret::new(format!("tokens of {holder}")),
        };
        for (holder, version) in [("b", 1), ("a", 2)] {
            assert_eq!(run(&world.ctx, request(holder, version)).await.unwrap_err().code, "LockLost");
        }
        run(&world.ctx, request("a", 1)).await.unwrap();
        let list = connection_list::run(&world.ctx, connection_list::Request {}).await.unwrap();
        let kept = lookup::open_credential(world.ctx.keys().unwrap(), &list[0]).unwrap();
        assert_eq!((kept.expose(), list[0].version), ("tokens of a", 1));
        assert!(matches!(lock(&world, "b", 1).await, Lock::Held(_)), "the lock was given back");
    }
}
