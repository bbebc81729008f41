//! Takes the lock on a connection's OAuth tokens. Whoever holds it is the only one who renews them, in whatever process.
//! It ends by itself, so that a holder that has died stops nobody for long.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::context::Context;
use crate::error::OperationError;
use crate::id::ConnectionId;
use crate::lookup;
use crate::records::ConnectionRecord;
use crate::rights;
use crate::store::params;

/// Which, and by whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection.
    pub connection: ConnectionId,
    /// The version of the credential that is to be renewed.
    pub version: i64,
    /// A name that no other holder has.
    pub holder: String,
    /// After which it ends by itself.
    pub lasts: Duration,
}

/// What became of it.
#[derive(Debug)]
pub enum Outcome {
    /// It is held; the connection as it is now.
    Held(Box<ConnectionRecord>),
    /// Somebody else holds it.
    Busy,
    /// The connection was removed, or has another credential.
    Gone,
}

/// Takes it if it is free. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "UPDATE connections SET renewal = ?3, renewal_until = ?4 WHERE id = ?1 AND version = ?2 \
                       AND removed_at IS NULL AND (renewal IS NULL OR renewal_until <= ?5)";
    const EXISTS: &str = "SELECT 1 FROM connections WHERE id = ?1 AND version = ?2 AND removed_at IS NULL";
    rights::operator(ctx)?;
    let until =
        SignedDuration::try_from(request.lasts).ok().and_then(|lasts| ctx.now().checked_add(lasts).ok());
    let until = until.unwrap_or(Timestamp::MAX);
    let mut tx = ctx.store.write().await?;
    let row = params![&request.connection, request.version, &request.holder, until, ctx.now()];
    if tx.execute(SQL, row).await? == 1 {
        let connection = lookup::connection_by_id(&mut tx, &request.connection).await?;
        tx.commit().await?;
        return Ok(Outcome::Held(Box::new(connection)));
    }
    let known = tx.query_optional(EXISTS, params![&request.connection, request.version]).await?;
    Ok(if known.is_some() { Outcome::Busy } else { Outcome::Gone })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::operations::{connection_list, connection_unlock};
    use crate::testing::World;

    pub(crate) async fn lock(world: &World, holder: &str, version: i64) -> Outcome {
        let list = connection_list::run(&world.ctx, connection_list::Request {}).await.unwrap();
        let (connection, holder) = (list[0].id.clone(), holder.to_owned());
        run(&world.ctx, Request { connection, version, holder, lasts: Duration::from_secs(40) })
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn one_holds_the_lock_until_it_is_given_back_or_ends() {
        let world = World::new().await;
        let Outcome::Held(connection) = lock(&world, "a", 1).await else { panic!() };
        assert!(matches!(lock(&world, "b", 1).await, Outcome::Busy));
        let unlock = |holder: &str| connection_unlock::Request {
            connection: connection.id.clone(),
            holder: holder.to_owned(),
        };
        connection_unlock::run(&world.ctx, unlock("b")).await.unwrap();
        assert!(matches!(lock(&world, "b", 1).await, Outcome::Busy), "only the holder gives it back");
        connection_unlock::run(&world.ctx, unlock("a")).await.unwrap();
        assert!(matches!(lock(&world, "b", 1).await, Outcome::Held(_)));
        world.pass(39);
        assert!(matches!(lock(&world, "a", 1).await, Outcome::Busy));
        world.pass(1);
        assert!(matches!(lock(&world, "a", 1).await, Outcome::Held(_)));
    }

    #[tokio::test]
    async fn a_credential_that_was_replaced_is_renewed_no_more() {
        let world = World::new().await;
        assert!(matches!(lock(&world, "a", 2).await, Outcome::Gone));
    }
}
