//! Lists data sources.

use super::source_show::{self, SourceView};
use crate::context::{Actor, Context};
use crate::error::{OperationError, StoreError};
use crate::id::{DataSourceId, TenantId, UserId};
use crate::name;
use crate::rights::{self, Standing};
use crate::store::{Read, Row, params};

/// Which to list.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Only those whose name, id or owner contains this, without regard to ASCII case.
    pub search: Option<String>,
    /// Only the actor's own, or only those shared with the actor.
    pub scope: Scope,
}

/// Whose data sources are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Scope {
    /// All that the actor may read.
    #[default]
    All,
    /// The actor's own.
    Mine,
    /// Those of others that are shared with the actor.
    Shared,
}

/// The data sources by name.
pub type Outcome = Vec<SourceView>;

fn nobody() -> OperationError {
    OperationError::invalid("UserMissing", "whose data sources? Name a user with --as")
}

/// Lists what the actor may read.
///
/// # Errors
/// When "mine" or "shared" is asked for by no user.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let user = match ctx.actor {
        Actor::User { id, .. } => Some(id),
        Actor::Operator { .. } | Actor::System { .. } => None,
    };
    if request.scope != Scope::All && user.is_none() {
        return Err(nobody());
    }
    let mut sources = source_show::views(&mut tx, tenant, None).await?;
    if let Standing::Own(user) = standing {
        let readable = readable(&mut tx, tenant, Some(user.id)).await?;
        sources.retain(|source| readable.iter().any(|readable| readable.id == source.id));
    }
    if request.scope == Scope::Shared {
        let granted = granted(&mut tx, tenant, user).await?;
        sources.retain(|source| Some(source.owner_id) != user && granted.contains(&source.id));
    }
    sources.retain(|source| {
        (request.scope != Scope::Mine || Some(source.owner_id) == user)
            && request.search.as_ref().is_none_or(|search| mentions(source, search))
    });
    Ok(sources)
}

fn mentions(source: &SourceView, search: &str) -> bool {
    let search = name::key(search);
    [source.name.as_str(), source.id.as_str(), &source.owner]
        .iter()
        .any(|text| name::key(text).contains(&search))
}

/// A data source by id and name.
pub(super) struct Named {
    pub(super) id: DataSourceId,
    pub(super) name: String,
}

/// What `user` may read, by the rule of [`crate::lookup::data_source_for`].
pub(super) async fn readable(
    tx: &mut Read,
    tenant: TenantId,
    user: Option<UserId>,
) -> Result<Vec<Named>, StoreError> {
    const SQL: &str = "SELECT d.id, d.name FROM data_sources d \
         JOIN users u ON u.id = ?2 AND u.tenant_id = d.tenant_id AND u.removed_at IS NULL \
         WHERE d.tenant_id = ?1 AND d.deleted_at IS NULL AND (d.owner_id = u.id OR u.role = 'admin' \
         OR EXISTS (SELECT 1 FROM user_shares s WHERE s.data_source_id = d.id AND s.user_id = u.id) \
         OR EXISTS (SELECT 1 FROM group_shares s JOIN group_members m ON m.group_id = s.group_id \
                    WHERE s.data_source_id = d.id AND m.user_id = u.id)) ORDER BY d.name, d.id";
    let named = |row: &mut Row| Ok(Named { id: DataSourceId::stored(row.take()?), name: row.take()? });
    tx.list(SQL, params![tenant, user], named).await
}

/// Whether `user` may read `id`.
pub(super) async fn may_read(
    tx: &mut Read,
    tenant: TenantId,
    user: UserId,
    id: &DataSourceId,
) -> Result<bool, StoreError> {
    Ok(readable(tx, tenant, Some(user)).await?.iter().any(|source| source.id == *id))
}

/// What is shared with `user` or one of the user's groups.
async fn granted(
    tx: &mut Read,
    tenant: TenantId,
    user: Option<UserId>,
) -> Result<Vec<DataSourceId>, StoreError> {
    const SQL: &str = "SELECT d.id FROM data_sources d WHERE d.tenant_id = ?1 AND d.deleted_at IS NULL AND ( \
         EXISTS (SELECT 1 FROM user_shares s WHERE s.data_source_id = d.id AND s.user_id = ?2) \
         OR EXISTS (SELECT 1 FROM group_shares s JOIN group_members m ON m.group_id = s.group_id \
                    WHERE s.data_source_id = d.id AND m.user_id = ?2))";
    tx.list(SQL, params![tenant, user], |row| row.take().map(DataSourceId::stored)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::source_share::{self, Grantee};
    use crate::testing::World;

    async fn names(ctx: &Context, scope: Scope, search: Option<&str>) -> Vec<String> {
        let request = Request { search: search.map(Into::into), scope };
        run(ctx, request).await.unwrap().into_iter().map(|source| source.name).collect()
    }

    #[tokio::test]
    async fn everybody_sees_what_they_may_read() {
        let world = World::new().await;
        world.source("ann", "Sales").await;
        let shared = world.source("ann", "Deals").await;
        world.source("bob", "Tickets").await;
        let request = source_share::Request { id: shared, with: Grantee::User("bob".into()) };
        source_share::run(&world.ctx, request).await.unwrap();
        let (ada, bob) = (world.acting("ada").await, world.acting("bob").await);
        assert_eq!(names(&world.ctx, Scope::All, None).await, ["Deals", "Sales", "Tickets"]);
        assert_eq!(names(&ada, Scope::All, None).await, ["Deals", "Sales", "Tickets"]);
        assert_eq!(names(&bob, Scope::All, None).await, ["Deals", "Tickets"]);
        assert_eq!(names(&bob, Scope::Mine, None).await, ["Tickets"]);
        assert_eq!(names(&bob, Scope::Shared, None).await, ["Deals"]);
        assert!(names(&ada, Scope::Shared, None).await.is_empty());
        assert_eq!(names(&world.ctx, Scope::All, Some("ANN")).await, ["Deals", "Sales"]);
        assert_eq!(names(&world.ctx, Scope::All, Some("tick")).await, ["Tickets"]);
        assert_eq!(
            run(&world.ctx, Request { scope: Scope::Mine, search: None }).await.unwrap_err().code,
            "UserMissing"
        );
    }
}
