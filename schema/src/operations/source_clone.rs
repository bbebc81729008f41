//! Makes a copy of a data source with a URL of its own. The copy is shared with nobody.

use serde_json::json;

use super::source_show::{self, SourceView};
use super::{source_create, source_update_model};
use crate::context::{Actor, Context};
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::lookup;
use crate::name;
use crate::store::params;

/// What to copy.
#[derive(Debug, Clone)]
pub struct Request {
    /// The data source.
    pub id: DataSourceId,
    /// What people call the copy.
    pub name: String,
}

/// The copy.
pub type Outcome = SourceView;

/// Copies it, for everybody who may read it. The copy is the acting user's; the operator's copy stays with the owner.
///
/// # Errors
/// When there is no such data source, the actor may not read it, or the copy's owner is disabled.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    name::check_text("data source's name", &request.name)?;
    let id = DataSourceId::generate(&*ctx.random);
    let mut tx = ctx.store.write().await?;
    let (source, _) = source_show::readable(&mut tx, ctx, &request.id).await?;
    let owner = match ctx.actor {
        Actor::User { id, .. } => id,
        Actor::Operator { .. } | Actor::System { .. } => source.owner,
    };
    let owner = lookup::user_by_id(&mut tx, owner).await?;
    if owner.disabled_at.is_some() {
        return Err(source_create::owner_disabled(&owner.name));
    }
    let row = params![
        &id,
        source.tenant,
        &request.name,
        owner.id,
        &source.connection,
        &source.definition,
        ctx.now()
    ];
    tx.execute_one(source_create::INSERT, row).await?;
    let current =
        "SELECT model FROM data_source_models WHERE data_source_id = ?1 ORDER BY version DESC LIMIT 1";
    if let Some(mut row) = tx.query_optional(current, params![&source.id]).await? {
        source_update_model::insert(&mut tx, ctx, &id, &row.take::<String>()?).await?;
    }
    let details = json!({ "name": request.name, "cloned_from": source.id, "cloned_name": source.name });
    Change::new(HistoryKind::Source, "clone")
        .data_source(&id)
        .user(&owner.name)
        .details(details)
        .record(&mut tx, ctx)
        .await?;
    let view = source_show::view(&mut tx, source.tenant, &id).await?;
    tx.commit().await?;
    view.ok_or_else(|| source_show::unknown(&id))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::source_share::{self, Grantee};
    use crate::testing::World;

    #[tokio::test]
    async fn a_copy_shows_the_same_under_another_url_and_is_shared_with_nobody() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let share = source_share::Request { id: id.clone(), with: Grantee::User("bob".into()) };
        source_share::run(&world.ctx, share).await.unwrap();
        let model = source_update_model::Request {
            id: id.clone(),
            model: "7".into(),
            based_on: None,
            drift: Vec::new(),
        };
        source_update_model::run(&world.ctx, model).await.unwrap();
        let request = Request { id: id.clone(), name: "Sales of Bob".into() };
        let copy = run(&world.acting("bob").await, request.clone()).await.unwrap();
        let original = source_show::run(&world.ctx, source_show::Request { id: id.clone() }).await.unwrap();
        assert_ne!(copy.id, id);
        assert_eq!((&copy.definition, &copy.connection), (&original.definition, &original.connection));
        assert_eq!((copy.owner.as_str(), copy.shared_with.len(), copy.model_version), ("bob", 0, Some(1)));
        assert_eq!(run(&world.ctx, request).await.unwrap().owner, "ann", "the operator owns nothing");
        let entries = world.history().await;
        let entry = entries.iter().find(|entry| entry.data_source.as_ref() == Some(&copy.id)).unwrap();
        assert_eq!((entry.action.as_str(), &entry.details["cloned_from"]), ("clone", &json!(id)));
    }

    #[tokio::test]
    async fn who_may_not_read_it_cannot_copy_it() {
        let world = World::new().await;
        let request = Request { id: world.source("ann", "sales").await, name: "mine".into() };
        let error = run(&world.acting("bob").await, request).await.unwrap_err();
        assert_eq!(error.code, "DataSourceNotFound");
    }
}
