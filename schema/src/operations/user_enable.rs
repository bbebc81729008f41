//! Enables a disabled user again.

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::records::UserRecord;
use crate::rights;
use crate::store::params;

/// Whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The user's name.
    pub name: String,
}

/// The user afterwards.
pub type Outcome = UserRecord;

/// Enables the user; one who is enabled stays so. For admins.
///
/// # Errors
/// When there is no such user.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let user = lookup::user_named(&mut tx, ctx.tenant_id()?, &request.name).await?;
    if user.disabled_at.is_some() {
        tx.execute_one("UPDATE users SET disabled_at = NULL WHERE id = ?1", params![user.id]).await?;
        Change::new(HistoryKind::User, "enable").user(&user.name).record(&mut tx, ctx).await?;
    }
    let user = lookup::user_by_id(&mut tx, user.id).await?;
    tx.commit().await?;
    Ok(user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn enabling_who_is_enabled_writes_no_history() {
        let world = World::new().await;
        let before = world.actions().await;
        run(&world.ctx, Request { name: "ann".into() }).await.unwrap();
        assert_eq!(world.actions().await, before);
    }
}
