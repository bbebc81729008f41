//! Creates a group, or puts a user into one.

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::GroupId;
use crate::lookup;
use crate::name;
use crate::rights;
use crate::store::{Write, params};
use serde_json::json;

/// Which group, and whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The group; it is created when there is none of this name.
    pub group: String,
    /// The user to put into it; none: only create it.
    pub member: Option<String>,
}

/// The group.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// Its row.
    pub group: GroupId,
    /// Whether it is new.
    pub created: bool,
}

/// Creates and adds; what is there already stays. For admins.
///
/// # Errors
/// When the name cannot be used or the user is unknown.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    name::check("group's name", &request.group)?;
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let known = lookup::group_named(&mut tx, tenant, &request.group).await?;
    let group = match known {
        Some(group) => group,
        None => create(&mut tx, ctx, &request.group).await?,
    };
    if let Some(member) = &request.member {
        let user = lookup::user_named(&mut tx, tenant, member).await?;
        let sql = "INSERT INTO group_members (group_id, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        if tx.execute(sql, params![group, user.id]).await? > 0 {
            let details = json!({ "group": request.group });
            Change::new(HistoryKind::User, "join")
                .user(&user.name)
                .details(details)
                .record(&mut tx, ctx)
                .await?;
        }
    }
    tx.commit().await?;
    Ok(Outcome { group, created: known.is_none() })
}

async fn create(tx: &mut Write, ctx: &Context, name: &str) -> Result<GroupId, OperationError> {
    let sql =
        "INSERT INTO groups (tenant_id, name, name_key, created_at) VALUES (?1, ?2, ?3, ?4) RETURNING id";
    let row = params![ctx.tenant_id()?, name, name::key(name), ctx.now()];
    let id = GroupId(tx.query_one(sql, row).await?.take()?);
    let details = json!({ "group": name });
    Change::new(HistoryKind::User, "create_group").details(details).record(tx, ctx).await?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{group_list, group_remove};
    use crate::testing::World;

    fn request(member: Option<&str>) -> Request {
        Request { group: "Sales".into(), member: member.map(Into::into) }
    }

    #[tokio::test]
    async fn a_group_is_created_filled_and_emptied() {
        let world = World::new().await;
        assert!(run(&world.ctx, request(None)).await.unwrap().created);
        for member in ["ann", "ANN", "bob"] {
            assert!(!run(&world.ctx, request(Some(member))).await.unwrap().created);
        }
        let remove = group_remove::Request { group: "sales".into(), member: Some("ann".into()) };
        group_remove::run(&world.ctx, remove).await.unwrap();
        let groups = group_list::run(&world.ctx, group_list::Request {}).await.unwrap();
        assert_eq!((groups[0].name.as_str(), &groups[0].members[..]), ("Sales", &["bob".to_owned()][..]));
        group_remove::run(&world.ctx, group_remove::Request { group: "sales".into(), member: None })
            .await
            .unwrap();
        assert!(group_list::run(&world.ctx, group_list::Request {}).await.unwrap().is_empty());
    }
}
