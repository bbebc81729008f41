//! Takes a user out of a group, or removes the group with its memberships and shares.

use serde_json::json;

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::GroupId;
use crate::lookup;
use crate::rights;
use crate::store::{Write, params};

/// Which group, and whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The group.
    pub group: String,
    /// The user to take out of it; none: remove the group.
    pub member: Option<String>,
}

/// Nothing to tell.
pub type Outcome = ();

/// Takes out or removes. For admins.
///
/// # Errors
/// When the group or the user is unknown.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let group = lookup::group_named(&mut tx, tenant, &request.group).await?;
    let group = group.ok_or_else(|| lookup::group_unknown(&request.group))?;
    let details = json!({ "group": request.group });
    match &request.member {
        None => {
            remove(&mut tx, group).await?;
            Change::new(HistoryKind::User, "remove_group").details(details).record(&mut tx, ctx).await?;
        }
        Some(member) => {
            let user = lookup::user_named(&mut tx, tenant, member).await?;
            let sql = "DELETE FROM group_members WHERE group_id = ?1 AND user_id = ?2";
            if tx.execute(sql, params![group, user.id]).await? > 0 {
                Change::new(HistoryKind::User, "leave")
                    .user(&user.name)
                    .details(details)
                    .record(&mut tx, ctx)
                    .await?;
            }
        }
    }
    Ok(tx.commit().await?)
}

async fn remove(tx: &mut Write, group: GroupId) -> Result<(), OperationError> {
    tx.execute("DELETE FROM group_shares WHERE group_id = ?1", params![group]).await?;
    tx.execute("DELETE FROM group_members WHERE group_id = ?1", params![group]).await?;
    Ok(tx.execute_one("DELETE FROM groups WHERE id = ?1", params![group]).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn an_unknown_group_is_not_found() {
        let world = World::new().await;
        let error = run(&world.ctx, Request { group: "sales".into(), member: None }).await.unwrap_err();
        assert_eq!(error.code, "GroupNotFound");
    }
}
