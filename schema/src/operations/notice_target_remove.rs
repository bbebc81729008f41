//! Removes a place where notices go. What was not delivered there yet is not tried any more.

use serde_json::json;

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::operations::notice_target_list;
use crate::rights;
use crate::store::params;

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its number, or its address.
    pub target: String,
}

/// What was removed.
pub type Outcome = notice_target_list::Target;

/// Removes it. For admins.
///
/// # Errors
/// When there is none.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let targets = notice_target_list::targets(&mut tx, tenant).await?;
    let wanted = request.target.trim();
    let found =
        targets.into_iter().find(|target| target.id.to_string() == wanted || target.address == wanted);
    let Some(target) = found else {
        let message =
            format!("no notices go to \"{wanted}\": `feedgate-admin notice list` shows where they go");
        return Err(OperationError::not_found("NoticeTargetNotFound", message));
    };
    tx.execute_one("UPDATE notice_targets SET removed_at = ?2 WHERE id = ?1", params![target.id, ctx.now()])
        .await?;
    let give_up = "UPDATE deliveries SET dead_at = ?2, error = 'the target was removed' \
                   WHERE target_id = ?1 AND delivered_at IS NULL AND dead_at IS NULL";
    tx.execute(give_up, params![target.id, ctx.now()]).await?;
    let details = json!({ "channel": target.channel, "address": target.address });
    Change::new(HistoryKind::Tenant, "notice_target_remove").details(details).record(&mut tx, ctx).await?;
    tx.commit().await?;
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::notice_target_add;
    use crate::testing::World;

    #[tokio::test]
    async fn a_place_is_removed_by_its_number_or_its_address() {
        let world = World::new().await;
        for address in ["a@example.org", "b@example.org"] {
            let request = notice_target_add::Request::Email { address: address.into() };
            notice_target_add::run(&world.ctx, request).await.unwrap();
        }
        run(&world.ctx, Request { target: "1".into() }).await.unwrap();
        run(&world.ctx, Request { target: "b@example.org".into() }).await.unwrap();
        let error = run(&world.ctx, Request { target: "1".into() }).await.unwrap_err();
        assert_eq!(error.code, "NoticeTargetNotFound");
    }
}
