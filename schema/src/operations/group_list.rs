//! Lists the tenant's groups with their members.

use serde::Serialize;

use crate::context::Context;
use crate::error::OperationError;
use crate::rights;
use crate::store::{Row, params};

/// All of them.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The groups by name.
pub type Outcome = Vec<Group>;

/// A group and who is in it.
#[derive(Debug, Clone, Serialize)]
pub struct Group {
    /// Its name.
    pub name: String,
    /// The names of its members.
    pub members: Vec<String>,
}

/// Lists them. Every user of the tenant may: whoever shares needs the names.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "SELECT g.name, u.name FROM groups g LEFT JOIN group_members m ON m.group_id = g.id \
                       LEFT JOIN users u ON u.id = m.user_id WHERE g.tenant_id = ?1 ORDER BY g.name_key, u.name_key";
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    rights::standing(&mut tx, ctx).await?;
    let pair = |row: &mut Row| Ok((row.take::<String>()?, row.take::<Option<String>>()?));
    let mut groups: Vec<Group> = Vec::new();
    for (name, member) in tx.list(SQL, params![tenant], pair).await? {
        if groups.last().is_none_or(|last| last.name != name) {
            groups.push(Group { name, members: Vec::new() });
        }
        if let Some(last) = groups.last_mut() {
            last.members.extend(member);
        }
    }
    Ok(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::group_add;
    use crate::testing::World;

    #[tokio::test]
    async fn an_empty_group_is_listed_too() {
        let world = World::new().await;
        let request = group_add::Request { group: "empty".into(), member: None };
        group_add::run(&world.ctx, request).await.unwrap();
        let groups = run(&world.acting("ann").await, Request {}).await.unwrap();
        assert_eq!((groups.len(), groups[0].members.len()), (1, 0));
    }
}
