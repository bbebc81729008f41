//! Creates a data source.

use serde_json::json;

use super::source_show::{self, SourceView};
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::lookup;
use crate::name;
use crate::rights;
use crate::store::params;

/// What to create.
#[derive(Debug, Clone)]
pub struct Request {
    /// What people call it.
    pub name: String,
    /// Whose it is.
    pub owner: String,
    /// The connection it reads through.
    pub connection: String,
    /// What it shows: a JSON object that this crate stores and does not read.
    pub definition: String,
    /// The first version of its model, as JSON, when it is known already.
    pub model: Option<String>,
}

/// The new data source.
pub type Outcome = SourceView;

/// A row: id, tenant, name, owner, connection, definition, now.
pub(super) const INSERT: &str = "INSERT INTO data_sources (id, tenant_id, name, owner_id, connection_id, definition, \
     version, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?7)";

pub(super) fn owner_disabled(name: &str) -> OperationError {
    let message = format!("the user {name} is disabled: choose another owner, or enable them first");
    OperationError::refused("UserDisabled", message)
}

fn not_json(what: &str, problem: &str) -> OperationError {
    OperationError::invalid(
        "DefinitionInvalid",
        format!("the {what} of a data source must be JSON: {problem}"),
    )
}

/// Creates it: for oneself, or as an admin for anybody of the tenant.
///
/// # Errors
/// When the owner or the connection is unknown, or a text is no JSON.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    name::check_text("data source's name", &request.name)?;
    let definition = check_definition(&request.definition)?;
    let (tenant, id) = (ctx.tenant_id()?, DataSourceId::generate(&*ctx.random));
    let mut tx = ctx.store.write().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let owner = lookup::user_named(&mut tx, tenant, &request.owner).await?;
    standing.act_for(&owner)?;
    if owner.disabled_at.is_some() {
        return Err(owner_disabled(&owner.name));
    }
    let connection = lookup::connection_named(&mut tx, tenant, &request.connection).await?;
    let row = params![&id, tenant, &request.name, owner.id, &connection.id, &request.definition, ctx.now()];
    tx.execute_one(INSERT, row).await?;
    if let Some(model) = &request.model {
        super::source_update_model::insert(&mut tx, ctx, &id, model).await?;
    }
    let details = json!({ "name": request.name, "connection": connection.name, "definition": definition });
    Change::new(HistoryKind::Source, "create")
        .data_source(&id)
        .user(&owner.name)
        .details(details)
        .record(&mut tx, ctx)
        .await?;
    let view = source_show::view(&mut tx, tenant, &id).await?;
    tx.commit().await?;
    view.ok_or_else(|| source_show::unknown(&id))
}

/// Reads a text that must be a JSON object.
pub(super) fn check_definition(text: &str) -> Result<serde_json::Value, OperationError> {
    let value = check_json("definition", text)?;
    if value.is_object() { Ok(value) } else { Err(not_json("definition", "it is no object")) }
}

/// Reads a text that must be JSON.
pub(super) fn check_json(what: &str, text: &str) -> Result<serde_json::Value, OperationError> {
    serde_json::from_str(text).map_err(|error| not_json(what, &error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    fn request(owner: &str, connection: &str, definition: &str) -> Request {
        Request {
            name: "Sales: daily".into(),
            owner: owner.into(),
            connection: connection.into(),
            definition: definition.into(),
            model: Some(r#"{"sets":[]}"#.into()),
        }
    }

    #[tokio::test]
    async fn a_data_source_is_created_with_its_model() {
        let world = World::new().await;
        let view =
            run(&world.acting("ann").await, request("ann", "portal", r#"{"objects":[]}"#)).await.unwrap();
        assert_eq!(
            (view.owner.as_str(), view.connection.as_str(), view.model_version),
            ("ann", "portal", Some(1))
        );
        let model = lookup::data_source_model(&world.ctx.store, &view.id, 1).await.unwrap();
        assert_eq!(model.as_deref(), Some(r#"{"sets":[]}"#));
    }

    #[tokio::test]
    async fn what_does_not_exist_or_is_no_json_is_refused() {
        let world = World::new().await;
        for (owner, connection, definition, code) in [
            ("eve", "portal", "{}", "UserNotFound"),
            ("ann", "other", "{}", "ConnectionNotFound"),
            ("ann", "portal", "[]", "DefinitionInvalid"),
            ("ann", "portal", "{", "DefinitionInvalid"),
        ] {
            let error = run(&world.ctx, request(owner, connection, definition)).await.unwrap_err();
            assert_eq!(error.code, code);
        }
        let error = run(&world.acting("ann").await, request("bob", "portal", "{}")).await.unwrap_err();
        assert_eq!(error.code, "NotAllowed");
    }
}
