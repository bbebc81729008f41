//! Gives back the lock on a connection's OAuth tokens.

use crate::context::Context;
use crate::error::OperationError;
use crate::id::ConnectionId;
use crate::rights;
use crate::store::params;

/// Which, and by whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The connection.
    pub connection: ConnectionId,
    /// The holder's name.
    pub holder: String,
}

/// Nothing to tell.
pub type Outcome = ();

/// Gives it back, if the holder still has it. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str =
        "UPDATE connections SET renewal = NULL, renewal_until = NULL WHERE id = ?1 AND renewal = ?2";
    rights::operator(ctx)?;
    let mut tx = ctx.store.write().await?;
    tx.execute(SQL, params![&request.connection, &request.holder]).await?;
    Ok(tx.commit().await?)
}
