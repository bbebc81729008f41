//! Shares a data source with a user or a group, for reading.

use std::fmt;
use std::str::FromStr;

use serde_json::json;

use super::source_show;
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::{DataSourceId, GroupId, UserId};
use crate::lookup;
use crate::records::DataSourceRecord;
use crate::store::{Read, Write, params};

/// What to share, and with whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The data source.
    pub id: DataSourceId,
    /// Who may read it from now on.
    pub with: Grantee,
}

/// A user, or a group: written `NAME` or `group:NAME`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grantee {
    /// A user's name.
    User(String),
    /// A group's name.
    Group(String),
}

/// Whether it was not shared so before.
pub type Outcome = bool;

/// Shares it. For its owner and for admins.
///
/// # Errors
/// When the data source, the user or the group is unknown, or the data source is not the actor's to share.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    let source = source_show::changeable(&mut tx, ctx, &request.id).await?;
    let added = share(&mut tx, ctx, &source, &request.with).await?;
    tx.commit().await?;
    Ok(added)
}

/// Shares it in a transaction that goes on; whether it was not shared so before.
pub(super) async fn share(
    tx: &mut Write,
    ctx: &Context,
    source: &DataSourceRecord,
    with: &Grantee,
) -> Result<bool, OperationError> {
    let added = match find(tx, ctx, with).await? {
        Found::User(user) => {
            let sql =
                "INSERT INTO user_shares (data_source_id, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            tx.execute(sql, params![&source.id, user]).await?
        }
        Found::Group(group) => {
            let sql =
                "INSERT INTO group_shares (data_source_id, group_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
            tx.execute(sql, params![&source.id, group]).await?
        }
    };
    if added > 0 {
        let details = json!({ "name": source.name, "with": with.to_string() });
        Change::new(HistoryKind::Source, "share")
            .data_source(&source.id)
            .details(details)
            .record(tx, ctx)
            .await?;
    }
    Ok(added > 0)
}

/// A grantee's row.
pub(super) enum Found {
    User(UserId),
    Group(GroupId),
}

pub(super) async fn find(tx: &mut Read, ctx: &Context, grantee: &Grantee) -> Result<Found, OperationError> {
    let tenant = ctx.tenant_id()?;
    match grantee {
        Grantee::User(name) => Ok(Found::User(lookup::user_named(tx, tenant, name).await?.id)),
        Grantee::Group(name) => {
            let group = lookup::group_named(tx, tenant, name).await?;
            Ok(Found::Group(group.ok_or_else(|| lookup::group_unknown(name))?))
        }
    }
}

impl FromStr for Grantee {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Grantee, Self::Err> {
        Ok(match text.strip_prefix("group:") {
            Some(group) => Grantee::Group(group.to_owned()),
            None => Grantee::User(text.to_owned()),
        })
    }
}

impl fmt::Display for Grantee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Grantee::User(name) => f.write_str(name),
            Grantee::Group(name) => write!(f, "group:{name}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{group_add, group_remove, source_delete, source_unshare};
    use crate::records::Role;
    use crate::testing::World;

    async fn reads(world: &World, user: &str, id: &DataSourceId) -> bool {
        let (store, tenant) = (&world.ctx.store, world.ctx.tenant.unwrap());
        let user = lookup::user(store, tenant, user).await.unwrap().id;
        lookup::data_source_for(store, tenant, user, id).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn who_it_is_shared_with_reads_it_until_it_is_taken_back() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        assert!(reads(&world, "ann", &id).await && reads(&world, "ada", &id).await);
        assert!(!reads(&world, "bob", &id).await);
        let with = Grantee::User("bob".into());
        let share = Request { id: id.clone(), with: with.clone() };
        assert!(run(&world.ctx, share.clone()).await.unwrap());
        assert!(!run(&world.ctx, share).await.unwrap(), "already shared");
        assert!(reads(&world, "bob", &id).await);
        let unshare = source_unshare::Request { id: id.clone(), with };
        assert!(source_unshare::run(&world.ctx, unshare).await.unwrap());
        assert!(!reads(&world, "bob", &id).await);
    }

    #[tokio::test]
    async fn a_group_shares_with_its_members_of_the_moment() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let member =
            |member: Option<&str>| group_add::Request { group: "g".into(), member: member.map(Into::into) };
        group_add::run(&world.ctx, member(None)).await.unwrap();
        run(&world.ctx, Request { id: id.clone(), with: "group:G".parse().unwrap() }).await.unwrap();
        assert!(!reads(&world, "bob", &id).await);
        group_add::run(&world.ctx, member(Some("bob"))).await.unwrap();
        assert!(reads(&world, "bob", &id).await);
        let view = source_show::run(&world.ctx, source_show::Request { id: id.clone() }).await.unwrap();
        assert_eq!(view.shared_with, ["group:g"]);
        let remove = group_remove::Request { group: "g".into(), member: None };
        group_remove::run(&world.ctx, remove).await.unwrap();
        assert!(!reads(&world, "bob", &id).await);
    }

    #[tokio::test]
    async fn who_only_reads_cannot_share_and_a_deleted_source_is_nobodys() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let request = |with: &str| Request { id: id.clone(), with: Grantee::User(with.into()) };
        run(&world.ctx, request("bob")).await.unwrap();
        world.add_user("eve", Role::Analyst).await.unwrap();
        let error = run(&world.acting("bob").await, request("eve")).await.unwrap_err();
        assert_eq!(error.code, "NotAllowed");
        let error = run(&world.acting("eve").await, request("eve")).await.unwrap_err();
        assert_eq!(error.code, "DataSourceNotFound");
        source_delete::run(&world.ctx, source_delete::Request { id: id.clone() }).await.unwrap();
        for user in ["ann", "ada", "bob"] {
            assert!(!reads(&world, user, &id).await, "{user}");
        }
    }
}
