//! Gives data sources to another owner. Their URLs stay, and who had them goes on reading them through a share, so that
//! no refresh notices.

use serde::Serialize;
use serde_json::json;

use super::source_show;
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::lookup;
use crate::records::{DataSourceRecord, UserRecord, data_source_columns};
use crate::rights;
use crate::store::{Read, Write, params};

/// What to give, and to whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// What.
    pub what: What,
    /// The name of the new owner.
    pub to: String,
}

/// Which data sources.
#[derive(Debug, Clone)]
pub enum What {
    /// This one.
    One(DataSourceId),
    /// All of the user of this name.
    AllOf(String),
}

/// The data sources that have another owner now, by name.
pub type Outcome = Vec<Transferred>;

/// A data source with another owner.
#[derive(Debug, Clone, Serialize)]
pub struct Transferred {
    /// Its id, as before.
    pub id: DataSourceId,
    /// Its name.
    pub name: String,
    /// Who had it, and still reads it.
    pub from: String,
    /// Who has it.
    pub to: String,
}

fn disabled(user: &UserRecord) -> OperationError {
    let message = format!("the user {} is disabled: choose another owner, or enable them first", user.name);
    OperationError::refused("UserDisabled", message)
}

/// Gives them away: for their owner and for admins. What the new owner has already stays as it is.
///
/// # Errors
/// When a data source or a user is unknown, it is not the actor's to give, or the new owner is disabled.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    let sources = find(&mut tx, ctx, &request.what).await?;
    let to = lookup::user_named(&mut tx, ctx.tenant_id()?, &request.to).await?;
    if to.disabled_at.is_some() {
        return Err(disabled(&to));
    }
    let mut transferred = Vec::new();
    for source in sources.iter().filter(|source| source.owner != to.id) {
        transferred.push(transfer(&mut tx, ctx, source, &to).await?);
    }
    tx.commit().await?;
    Ok(transferred)
}

async fn find(tx: &mut Read, ctx: &Context, what: &What) -> Result<Vec<DataSourceRecord>, OperationError> {
    match what {
        What::One(id) => Ok(vec![source_show::changeable(tx, ctx, id).await?]),
        What::AllOf(name) => {
            let standing = rights::standing(tx, ctx).await?;
            let user = lookup::user_named(tx, ctx.tenant_id()?, name).await?;
            standing.act_for(&user)?;
            Ok(owned(tx, &user).await?)
        }
    }
}

async fn owned(tx: &mut Read, user: &UserRecord) -> Result<Vec<DataSourceRecord>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        data_source_columns!(),
        "FROM data_sources d WHERE d.owner_id = ?1 AND d.deleted_at IS NULL ORDER BY d.name, d.id"
    );
    tx.list(SQL, params![user.id], DataSourceRecord::from_row).await
}

async fn transfer(
    tx: &mut Write,
    ctx: &Context,
    source: &DataSourceRecord,
    to: &UserRecord,
) -> Result<Transferred, OperationError> {
    let from = lookup::user_by_id(tx, source.owner).await?;
    let sql = "UPDATE data_sources SET owner_id = ?2, updated_at = ?3 WHERE id = ?1";
    tx.execute_one(sql, params![&source.id, to.id, ctx.now()]).await?;
    let sql = "INSERT INTO user_shares (data_source_id, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
    tx.execute(sql, params![&source.id, from.id]).await?;
    // An owner needs no share of their own, and would keep it beyond the next transfer.
    tx.execute(
        "DELETE FROM user_shares WHERE data_source_id = ?1 AND user_id = ?2",
        params![&source.id, to.id],
    )
    .await?;
    Change::new(HistoryKind::Source, "transfer")
        .data_source(&source.id)
        .user(&to.name)
        .details(json!({ "name": source.name, "from": from.name, "to": to.name }))
        .record(tx, ctx)
        .await?;
    let (id, name) = (source.id.clone(), source.name.clone());
    Ok(Transferred { id, name, from: from.name, to: to.name.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::{source_list, user_disable, user_remove};
    use crate::testing::World;

    fn one(id: &DataSourceId, to: &str) -> Request {
        Request { what: What::One(id.clone()), to: to.into() }
    }

    async fn reads(world: &World, user: &str, id: &DataSourceId) -> bool {
        let (store, tenant) = (&world.ctx.store, world.ctx.tenant.unwrap());
        let user = lookup::user(store, tenant, user).await.unwrap().id;
        lookup::data_source_for(store, tenant, user, id).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn the_url_stays_and_who_had_it_still_reads_it() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let moved = run(&world.acting("ann").await, one(&id, "Bob")).await.unwrap();
        assert_eq!((moved.len(), moved[0].from.as_str(), moved[0].to.as_str()), (1, "ann", "bob"));
        let view = source_show::run(&world.ctx, source_show::Request { id: id.clone() }).await.unwrap();
        assert_eq!((view.owner.as_str(), &view.shared_with[..]), ("bob", &["ann".to_owned()][..]));
        assert!(reads(&world, "ann", &id).await);
        let entry = world.history().await.pop().unwrap();
        assert_eq!((entry.action.as_str(), entry.actor.as_str()), ("transfer", "ann"));
        assert_eq!((&entry.details["from"], &entry.details["to"]), (&"ann".into(), &"bob".into()));
        assert_eq!(run(&world.acting("ann").await, one(&id, "ann")).await.unwrap_err().code, "NotAllowed");
        run(&world.acting("bob").await, one(&id, "ann")).await.unwrap();
        let view = source_show::run(&world.ctx, source_show::Request { id: id.clone() }).await.unwrap();
        assert_eq!((view.owner.as_str(), &view.shared_with[..]), ("ann", &["bob".to_owned()][..]));
    }

    #[tokio::test]
    async fn all_of_a_leaver_go_in_one_step_and_the_leaver_can_be_removed() {
        let world = World::new().await;
        let (one, two) = (world.source("ann", "one").await, world.source("ann", "two").await);
        world.source("bob", "his").await;
        user_disable::run(&world.ctx, user_disable::Request { name: "ann".into() }).await.unwrap();
        let request = Request { what: What::AllOf("Ann".into()), to: "ada".into() };
        assert_eq!(run(&world.acting("bob").await, request.clone()).await.unwrap_err().code, "NotAllowed");
        let moved = run(&world.ctx, request.clone()).await.unwrap();
        assert_eq!(moved.iter().map(|source| &source.id).collect::<Vec<_>>(), [&one, &two]);
        assert!(run(&world.ctx, request).await.unwrap().is_empty());
        user_remove::run(&world.ctx, user_remove::Request { name: "ann".into() }).await.unwrap();
        let all = source_list::run(&world.ctx, source_list::Request::default()).await.unwrap();
        assert_eq!(all.iter().filter(|source| source.owner == "ada").count(), 2);
    }

    #[tokio::test]
    async fn nobody_gives_what_is_not_theirs_nor_to_nobody() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        assert_eq!(
            run(&world.acting("bob").await, one(&id, "bob")).await.unwrap_err().code,
            "DataSourceNotFound"
        );
        assert_eq!(run(&world.ctx, one(&id, "eve")).await.unwrap_err().code, "UserNotFound");
        user_disable::run(&world.ctx, user_disable::Request { name: "bob".into() }).await.unwrap();
        assert_eq!(run(&world.ctx, one(&id, "bob")).await.unwrap_err().code, "UserDisabled");
        let before = world.actions().await;
        assert!(run(&world.ctx, one(&id, "ann")).await.unwrap().is_empty());
        assert_eq!(world.actions().await, before);
    }
}
