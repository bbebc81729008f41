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
    /// The version that it was made from; when another is current by now, nothing is written. None: whatever is.
    pub based_on: Option<i64>,
    /// What it brings that people have to be told: each once, because the next model knows it.
    pub drift: Vec<Drift>,
}

/// What HubSpot did to a property that a data source shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Drift {
    /// What.
    pub kind: DriftKind,
    /// Entity set and column, `contacts/score`.
    pub column: String,
}

/// What can happen to a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DriftKind {
    /// It was deleted: the column is empty.
    Vanished,
    /// It is there again.
    Returned,
    /// It has another type: what does not fit into the column's is empty.
    Retyped,
}

impl DriftKind {
    fn action(self) -> &'static str {
        match self {
            DriftKind::Vanished => "property_vanished",
            DriftKind::Returned => "property_returned",
            DriftKind::Retyped => "property_retyped",
        }
    }
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
    if let (Some(known), Some(current)) = (request.based_on, before)
        && known != current
    {
        return Ok(current);
    }
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
    record(&mut tx, ctx, (&source.id, &source.name), &request.drift).await?;
    tx.commit().await?;
    Ok(version)
}

/// Writes down what happened to properties.
pub(super) async fn record(
    tx: &mut Write,
    ctx: &Context,
    (id, name): (&DataSourceId, &str),
    drift: &[Drift],
) -> Result<(), OperationError> {
    for drift in drift {
        let details = json!({ "name": name, "column": drift.column });
        Change::new(HistoryKind::Source, drift.kind.action())
            .data_source(id)
            .details(details)
            .record(tx, ctx)
            .await?;
    }
    Ok(())
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
            let (model, drift) = (model.into(), Vec::new());
            run(&world.ctx, Request { id: id.clone(), model, based_on: None, drift }).await.unwrap()
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

    #[tokio::test]
    async fn drift_is_told_once_and_a_model_that_was_overtaken_is_not_written() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let write = async |model: &str, based_on: Option<i64>| {
            let drift = vec![Drift { kind: DriftKind::Vanished, column: "contacts/score".into() }];
            let request = Request { id: id.clone(), model: model.into(), based_on, drift };
            run(&world.ctx, request).await.unwrap()
        };
        assert_eq!(
            (write("1", None).await, write("1", Some(1)).await),
            (1, 1),
            "the same model tells nothing"
        );
        assert_eq!((write("2", Some(1)).await, write("3", Some(1)).await), (2, 2));
        let actions = world.actions().await;
        assert_eq!(actions.iter().filter(|action| *action == "source property_vanished").count(), 2);
        assert_eq!(world.history().await.pop().unwrap().details["column"], "contacts/score");
        let stored = lookup::data_source_model(&world.ctx.store, &id, 2).await.unwrap();
        assert_eq!(stored.as_deref(), Some("2"));
    }
}
