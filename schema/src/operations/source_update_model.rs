//! Writes a new version of a data source's model. Older versions stay: a page in progress may name one.

use serde_json::json;

use super::{source_create, source_show};
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::store::{Read, Write, params};

/// Which, and the model.
#[derive(Debug, Clone)]
pub struct Request {
    /// The data source.
    pub id: DataSourceId,
    /// The model, as JSON: names and types, no values.
    pub model: String,
}

/// The current version afterwards.
pub type Outcome = i64;

/// Writes it, unless it is the current one. For its owner, for admins and for the service itself.
///
/// # Errors
/// When there is no such data source, it is not the actor's, or the text is no JSON.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    let source = source_show::changeable(&mut tx, ctx, &request.id).await?;
    let before = current(&mut tx, &source.id).await?.map(|(version, _)| version);
    let version = write(&mut tx, ctx, &source.id, &request.model).await?;
    if before == Some(version) {
        return Ok(version);
    }
    let details = json!({ "name": source.name, "model_version": version });
    Change::new(HistoryKind::Source, "refresh_model")
        .data_source(&source.id)
        .details(details)
        .record(&mut tx, ctx)
        .await?;
    tx.commit().await?;
    Ok(version)
}

/// Writes the next version unless it is the current one, and gives the version.
pub(super) async fn write(
    tx: &mut Write,
    ctx: &Context,
    id: &DataSourceId,
    model: &str,
) -> Result<i64, OperationError> {
    match current(tx, id).await? {
        Some((version, current)) if current == model => Ok(version),
        _ => insert(tx, ctx, id, model).await,
    }
}

async fn current(tx: &mut Read, id: &DataSourceId) -> Result<Option<(i64, String)>, StoreError> {
    const SQL: &str = "SELECT version, model FROM data_source_models WHERE data_source_id = ?1 \
                       ORDER BY version DESC LIMIT 1";
    let row = tx.query_optional(SQL, params![id]).await?;
    row.map(|mut row| Ok((row.take()?, row.take()?))).transpose()
}

/// Writes the next version and gives its number.
pub(super) async fn insert(
    tx: &mut Write,
    ctx: &Context,
    id: &DataSourceId,
    model: &str,
) -> Result<i64, OperationError> {
    const SQL: &str = "INSERT INTO data_source_models (data_source_id, version, model, created_at) \
         SELECT ?1, COALESCE(MAX(version), 0) + 1, ?2, ?3 FROM data_source_models WHERE data_source_id = ?1 \
         RETURNING version";
    source_create::check_json("model", model)?;
    Ok(tx.query_one(SQL, params![id, model, ctx.now()]).await?.take()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;
    use crate::testing::World;

    #[tokio::test]
    async fn versions_are_counted_and_kept_and_the_same_model_is_no_new_one() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let write = async |model: &str| {
            run(&world.ctx, Request { id: id.clone(), model: model.into() }).await.unwrap()
        };
        assert_eq!((write("1").await, write("2").await, write("2").await, write("1").await), (1, 2, 2, 3));
        for (version, model) in [(1, Some("1")), (2, Some("2")), (3, Some("1")), (4, None)] {
            let stored = lookup::data_source_model(&world.ctx.store, &id, version).await.unwrap();
            assert_eq!(stored.as_deref(), model);
        }
        let (tenant, ann) = (world.ctx.tenant.unwrap(), "ann");
        let ann = lookup::user(&world.ctx.store, tenant, ann).await.unwrap().id;
        let access = lookup::data_source_for(&world.ctx.store, tenant, ann, &id).await.unwrap().unwrap();
        assert_eq!(access.model_version, Some(3));
        assert_eq!(access.connection.name, "portal");
    }
}
