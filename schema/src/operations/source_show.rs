//! Shows one data source.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::{DataSourceId, TenantId, UserId};
use crate::lookup;
use crate::records::{self, DataSourceRecord};
use crate::rights::{self, Standing};
use crate::store::{Read, Row, params};

/// Which.
#[derive(Debug, Clone)]
pub struct Request {
    /// The data source.
    pub id: DataSourceId,
}

/// The data source, as it is shown.
pub type Outcome = SourceView;

/// What everybody who may read a data source sees of it.
#[derive(Debug, Clone, Serialize)]
pub struct SourceView {
    /// The last part of its URL.
    pub id: DataSourceId,
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// The connection it reads through.
    pub connection: String,
    /// What it shows.
    pub definition: Value,
    /// Who else may read it: names of users, and `group:NAME`.
    pub shared_with: Vec<String>,
    /// Grows with each edit.
    pub version: i64,
    /// The current version of its model.
    pub model_version: Option<i64>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    #[serde(skip)]
    pub(crate) owner_id: UserId,
}

pub(super) fn unknown(id: &DataSourceId) -> OperationError {
    let message = format!("there is no data source {id}: `feedgate-admin source list` shows them");
    OperationError::not_found("DataSourceNotFound", message)
}

fn not_owner(source: &DataSourceRecord) -> OperationError {
    let message = format!("only the owner of {} or an admin of the tenant may change it", source.name);
    OperationError::refused("NotAllowed", message)
}

/// Shows it to everybody who may read it.
///
/// # Errors
/// When there is no such data source, or the actor may not read it.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    readable(&mut tx, ctx, &request.id).await?;
    view(&mut tx, ctx.tenant_id()?, &request.id).await?.ok_or_else(|| unknown(&request.id))
}

/// The data source, when the actor may read it.
pub(super) async fn readable(
    tx: &mut Read,
    ctx: &Context,
    id: &DataSourceId,
) -> Result<(DataSourceRecord, Standing), OperationError> {
    let (tenant, standing) = (ctx.tenant_id()?, rights::standing(tx, ctx).await?);
    let source = lookup::data_source_by_id(tx, tenant, id).await?.ok_or_else(|| unknown(id))?;
    if let Standing::Own(user) = &standing
        && !super::source_list::may_read(tx, tenant, user.id, id).await?
    {
        return Err(unknown(id));
    }
    Ok((source, standing))
}

/// The data source, when the actor may change it.
pub(super) async fn changeable(
    tx: &mut Read,
    ctx: &Context,
    id: &DataSourceId,
) -> Result<DataSourceRecord, OperationError> {
    let (source, standing) = readable(tx, ctx, id).await?;
    if standing.owns(source.owner) { Ok(source) } else { Err(not_owner(&source)) }
}

/// How the data source `id` is shown; `None` when it does not exist.
pub(super) async fn view(
    tx: &mut Read,
    tenant: TenantId,
    id: &DataSourceId,
) -> Result<Option<SourceView>, StoreError> {
    Ok(views(tx, tenant, Some(id)).await?.into_iter().next())
}

/// How the tenant's data sources are shown, or one of them.
pub(super) async fn views(
    tx: &mut Read,
    tenant: TenantId,
    id: Option<&DataSourceId>,
) -> Result<Vec<SourceView>, StoreError> {
    const SQL: &str = "SELECT d.id, d.name, u.name, c.name, d.definition, d.version, \
         (SELECT MAX(m.version) FROM data_source_models m WHERE m.data_source_id = d.id), \
         d.created_at, d.updated_at, d.owner_id \
         FROM data_sources d JOIN users u ON u.id = d.owner_id JOIN connections c ON c.id = d.connection_id \
         WHERE d.tenant_id = ?1 AND d.deleted_at IS NULL AND (?2 IS NULL OR d.id = ?2) ORDER BY d.name, d.id";
    const SHARES: &str = "SELECT s.data_source_id, u.name FROM user_shares s JOIN users u ON u.id = s.user_id \
         WHERE u.tenant_id = ?1 AND (?2 IS NULL OR s.data_source_id = ?2) \
         UNION ALL SELECT s.data_source_id, 'group:' || g.name FROM group_shares s JOIN groups g ON g.id = s.group_id \
         WHERE g.tenant_id = ?1 AND (?2 IS NULL OR s.data_source_id = ?2) ORDER BY 1, 2";
    let mut views = tx.list(SQL, params![tenant, id], SourceView::from_row).await?;
    let share = |row: &mut Row| Ok((row.take::<String>()?, row.take::<String>()?));
    for (source, grantee) in tx.list(SHARES, params![tenant, id], share).await? {
        if let Some(view) = views.iter_mut().find(|view| view.id.as_str() == source) {
            view.shared_with.push(grantee);
        }
    }
    Ok(views)
}

impl SourceView {
    fn from_row(row: &mut Row) -> Result<SourceView, StoreError> {
        Ok(SourceView {
            id: DataSourceId::stored(row.take()?),
            name: row.take()?,
            owner: row.take()?,
            connection: row.take()?,
            definition: records::json(&row.take::<String>()?)?,
            shared_with: Vec::new(),
            version: row.take()?,
            model_version: row.take()?,
            created_at: row.take()?,
            updated_at: row.take()?,
            owner_id: UserId(row.take()?),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_data_source_of_another_looks_like_none() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let show = async |actor: &str| run(&world.acting(actor).await, Request { id: id.clone() }).await;
        assert!(show("ann").await.is_ok() && show("ada").await.is_ok());
        assert_eq!(show("bob").await.unwrap_err(), unknown(&id));
    }
}
