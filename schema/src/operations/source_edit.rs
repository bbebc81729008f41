//! Changes a data source: its name, what it shows, with whom it is shared. Its URL stays.

use serde_json::{Map, Value, json};

use super::source_share::{self, Grantee};
use super::source_show::{self, SourceView};
use super::source_update_model::Drift;
use super::{source_create, source_unshare, source_update_model};
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::name;
use crate::records::DataSourceRecord;
use crate::store::{Write, params};

/// Which, and what to change; what is `None` stays.
#[derive(Debug, Clone)]
pub struct Request {
    /// The data source.
    pub id: DataSourceId,
    /// What it was made from: when another edit or refresh came between, nothing is changed.
    pub based_on: Basis,
    /// What people call it.
    pub name: Option<String>,
    /// What it shows: a JSON object that this crate stores and does not read.
    pub definition: Option<String>,
    /// The model of it, as JSON.
    pub model: Option<String>,
    /// Whether columns are no longer shown: links to further pages of older versions then end.
    pub withdraws: bool,
    /// What the model brings that people have to be told.
    pub drift: Vec<Drift>,
    /// With whom it is shared: with these and nobody else.
    pub shared_with: Option<Vec<Grantee>>,
    /// Change nothing, only tell what would be.
    pub dry_run: bool,
}

/// The state an edit begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Basis {
    /// The data source's version.
    pub version: i64,
    /// The version of its model.
    pub model_version: Option<i64>,
}

impl Basis {
    /// The state in which a data source was seen.
    #[must_use]
    pub fn of(view: &SourceView) -> Basis {
        Basis { version: view.version, model_version: view.model_version }
    }
}

/// What was changed, or would be.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The data source afterwards.
    pub view: SourceView,
    /// What was different before, by name; empty when nothing is.
    pub before: Map<String, Value>,
    /// The same afterwards.
    pub after: Map<String, Value>,
}

fn overtaken(name: &str) -> OperationError {
    let message = format!("somebody else has changed {name} at the same time: look at it and try again");
    OperationError::refused("DataSourceChanged", message)
}

/// Changes it. For its owner and for admins.
///
/// # Errors
/// When there is no such data source, it is not the actor's, it was changed meanwhile, or a text is no JSON.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    request.name.as_deref().map(|name| name::check_text("data source's name", name)).transpose()?;
    let mut tx = ctx.store.write().await?;
    let source = source_show::changeable(&mut tx, ctx, &request.id).await?;
    let seen = source_show::view(&mut tx, source.tenant, &source.id).await?;
    let seen = seen.ok_or_else(|| source_show::unknown(&source.id))?;
    if Basis::of(&seen) != request.based_on {
        return Err(overtaken(&source.name));
    }
    let (mut before, mut after) = edit(&mut tx, ctx, &source, &seen, &request).await?;
    if let Some(grantees) = &request.shared_with {
        share_exactly(&mut tx, ctx, &source, &seen, grantees).await?;
    }
    let view = source_show::view(&mut tx, source.tenant, &source.id).await?;
    let view = view.ok_or_else(|| source_show::unknown(&source.id))?;
    if view.shared_with != seen.shared_with {
        before.insert("shared_with".to_owned(), json!(seen.shared_with));
        after.insert("shared_with".to_owned(), json!(view.shared_with));
    }
    if !request.dry_run {
        tx.commit().await?;
    }
    Ok(Outcome { view, before, after })
}

type Values = Map<String, Value>;

/// Writes what is different of the data source itself, with its history entry, and gives it before and afterwards.
async fn edit(
    tx: &mut Write,
    ctx: &Context,
    source: &DataSourceRecord,
    seen: &SourceView,
    request: &Request,
) -> Result<(Values, Values), OperationError> {
    let (mut before, mut after) = (Map::new(), Map::new());
    let mut note = |what: &str, old: Value, new: Value| {
        if old != new {
            before.insert(what.to_owned(), old);
            after.insert(what.to_owned(), new);
        }
    };
    if let Some(name) = &request.name {
        note("name", json!(seen.name), json!(name));
    }
    if let Some(definition) = &request.definition {
        note("definition", seen.definition.clone(), source_create::check_definition(definition)?);
    }
    if let Some(model) = &request.model {
        let version = source_update_model::write(tx, ctx, &source.id, model).await?;
        note("model_version", json!(seen.model_version), json!(version));
        if request.withdraws {
            let sql = "DELETE FROM data_source_models WHERE data_source_id = ?1 AND version < ?2";
            tx.execute(sql, params![&source.id, version]).await?;
        }
    }
    if before.is_empty() {
        return Ok((before, after));
    }
    let sql = "UPDATE data_sources SET name = ?2, definition = ?3, version = version + 1, updated_at = ?4 WHERE id = ?1";
    let name = request.name.as_ref().unwrap_or(&source.name);
    let definition = request.definition.as_ref().unwrap_or(&source.definition);
    tx.execute_one(sql, params![&source.id, name, definition, ctx.now()]).await?;
    Change::new(HistoryKind::Source, "edit")
        .data_source(&source.id)
        .user(&seen.owner)
        .details(json!({ "name": name, "before": before, "after": after }))
        .record(tx, ctx)
        .await?;
    source_update_model::record(tx, ctx, (&source.id, name), &request.drift).await?;
    Ok((before, after))
}

/// Ends the shares that are not among `wanted` and adds those that are missing.
async fn share_exactly(
    tx: &mut Write,
    ctx: &Context,
    source: &DataSourceRecord,
    seen: &SourceView,
    wanted: &[Grantee],
) -> Result<(), OperationError> {
    let alike = |one: &Grantee, other: &Grantee| name::key(&one.to_string()) == name::key(&other.to_string());
    let shared: Vec<Grantee> = seen.shared_with.iter().filter_map(|text| text.parse().ok()).collect();
    for grantee in shared.iter().filter(|shared| !wanted.iter().any(|wanted| alike(wanted, shared))) {
        source_unshare::unshare(tx, ctx, source, grantee).await?;
    }
    for grantee in wanted {
        source_share::share(tx, ctx, source, grantee).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup;
    use crate::testing::World;

    async fn request(world: &World, id: &DataSourceId) -> Request {
        let view = source_show::run(&world.ctx, source_show::Request { id: id.clone() }).await.unwrap();
        Request {
            id: id.clone(),
            based_on: Basis::of(&view),
            name: None,
            definition: None,
            model: None,
            withdraws: false,
            drift: Vec::new(),
            shared_with: None,
            dry_run: false,
        }
    }

    #[tokio::test]
    async fn an_edit_has_before_and_after_in_the_history_and_the_id_stays() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        world.pass(60);
        let wish = Request { name: Some("Sales EU".into()), ..request(&world, &id).await };
        let outcome = run(&world.acting("ann").await, wish).await.unwrap();
        assert_eq!(
            (outcome.view.name.as_str(), outcome.view.version, &outcome.view.id),
            ("Sales EU", 2, &id)
        );
        assert!(outcome.view.updated_at > outcome.view.created_at);
        let entry = world.history().await.pop().unwrap();
        assert_eq!(
            (entry.action.as_str(), entry.data_source, entry.actor.as_str()),
            ("edit", Some(id), "ann")
        );
        assert_eq!(entry.details["before"], json!({"name": "sales"}));
        assert_eq!(entry.details["after"], json!({"name": "Sales EU"}));
    }

    #[tokio::test]
    async fn another_choice_writes_another_model_and_may_withdraw_the_older_ones() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let stored = async |version| lookup::data_source_model(&world.ctx.store, &id, version).await.unwrap();
        for (version, withdraws) in [(1, false), (2, false), (3, true)] {
            let definition = Some(format!(r#"{{"objects":[{version}]}}"#));
            let model = Some(version.to_string());
            let wish = Request { definition, model, withdraws, ..request(&world, &id).await };
            assert_eq!(run(&world.ctx, wish).await.unwrap().view.model_version, Some(version));
            assert_eq!(stored(1).await.is_some(), !withdraws, "{version}");
        }
        assert_eq!(stored(3).await.as_deref(), Some("3"));
    }

    #[tokio::test]
    async fn an_edit_of_what_another_has_changed_is_refused() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let first = Request { name: Some("one".into()), ..request(&world, &id).await };
        let second = Request { name: Some("two".into()), ..first.clone() };
        run(&world.ctx, first).await.unwrap();
        assert_eq!(run(&world.ctx, second).await.unwrap_err().code, "DataSourceChanged");
    }

    #[tokio::test]
    async fn what_is_the_same_is_no_change_and_a_dry_run_is_none_either() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let before = world.actions().await;
        let same = Request { name: Some("sales".into()), ..request(&world, &id).await };
        let outcome = run(&world.ctx, same).await.unwrap();
        assert!(outcome.after.is_empty() && outcome.view.version == 1);
        let shared_with = Some(vec![Grantee::User("bob".into())]);
        let dry =
            Request { name: Some("x".into()), shared_with, dry_run: true, ..request(&world, &id).await };
        let outcome = run(&world.ctx, dry).await.unwrap();
        assert_eq!(outcome.after.keys().collect::<Vec<_>>(), ["name", "shared_with"]);
        assert_eq!(request(&world, &id).await.based_on.version, 1);
        assert_eq!(world.actions().await, before);
    }

    #[tokio::test]
    async fn shares_become_exactly_those_that_are_wanted() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        for (wanted, actions) in [(vec!["bob", "ada"], 2), (vec!["ADA"], 1), (vec![], 1), (vec![], 0)] {
            let count = world.actions().await.len();
            let grantees = wanted.iter().map(|name| Grantee::User((*name).to_owned())).collect();
            let wish = Request { shared_with: Some(grantees), ..request(&world, &id).await };
            let shared = run(&world.ctx, wish).await.unwrap().view.shared_with;
            assert_eq!(shared.len(), wanted.len());
            assert_eq!(world.actions().await.len() - count, actions, "{wanted:?}");
        }
    }

    #[tokio::test]
    async fn only_the_owner_and_admins_edit_and_nonsense_is_refused() {
        let world = World::new().await;
        let id = world.source("ann", "sales").await;
        let wish = Request { name: Some("x".into()), ..request(&world, &id).await };
        assert_eq!(
            run(&world.acting("bob").await, wish.clone()).await.unwrap_err().code,
            "DataSourceNotFound"
        );
        let share =
            Request { shared_with: Some(vec![Grantee::User("bob".into())]), ..request(&world, &id).await };
        run(&world.ctx, share).await.unwrap();
        assert_eq!(run(&world.acting("bob").await, wish.clone()).await.unwrap_err().code, "NotAllowed");
        for (name, definition, code) in
            [(Some(" x"), None, "NameInvalid"), (None, Some("[]"), "DefinitionInvalid")]
        {
            let (name, definition) = (name.map(str::to_owned), definition.map(str::to_owned));
            let wish = Request { name, definition, ..wish.clone() };
            assert_eq!(run(&world.ctx, wish).await.unwrap_err().code, code);
        }
        assert!(run(&world.acting("ada").await, wish).await.is_ok());
    }
}
