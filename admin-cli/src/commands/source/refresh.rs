//! `source refresh`: asks HubSpot again which properties there are. New ones become new columns; one that is gone stays
//! as an empty column, because a report that names it would break without.

use feedgate::model::{Changes, Definition, NewTypes, StoredModel, rediscover, refreshed};
use hubspot::Call;
use schema::Context;
use schema::operations::{source_show, source_update_model};
use serde::Serialize;

use super::view::told;
use super::{client, found};
use crate::failure::Failure;
use crate::output::Answer;
use crate::portal::PATIENCE;
use crate::print;
use crate::session::Session;

#[derive(Serialize)]
struct Refreshed<'a> {
    id: &'a str,
    model_version: i64,
    #[serde(flatten)]
    changes: &'a Changes,
}

pub(super) async fn run(session: &Session, id: &str, adopt_types: bool) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = found(&ctx, id).await?;
    let definition = Definition::from_json(&source.definition.to_string())?;
    let before = stored_model(&ctx, &source).await?;
    let client = client(session, &ctx, &source.connection).await?;
    print::progress("Asking HubSpot which properties there are …");
    let portal = rediscover(&client, &Call::within(PATIENCE), &definition, before.as_ref()).await?;
    let types = if adopt_types { NewTypes::Adopt } else { NewTypes::Keep };
    let (model, changes) = match before {
        Some(before) => refreshed(before, portal, types),
        None => (portal, Changes::default()),
    };
    let request = source_update_model::Request {
        id: source.id,
        model: model.to_json(),
        based_on: None,
        drift: changes.drift(),
    };
    let model_version = source_update_model::run(&ctx, request).await?;
    let text = match told(&changes).as_str() {
        "" => format!("The data source {} has the columns it had.", source.name),
        told => format!("The data source {} was refreshed.{told}", source.name),
    };
    Answer::new(&Refreshed { id, model_version, changes: &changes }, text)
}

/// The current version of a data source's model.
pub(super) async fn stored_model(
    ctx: &Context,
    source: &source_show::SourceView,
) -> Result<Option<StoredModel>, Failure> {
    let Some(version) = source.model_version else { return Ok(None) };
    let text = schema::data_source_model(&ctx.store, &source.id, version).await?;
    let unreadable = |error: feedgate::model::ModelReadError| Failure::failed("Model", error.to_string());
    text.map(|text| StoredModel::from_json(&text).map_err(unreadable)).transpose()
}

/// The model that feeds are read with.
///
/// # Errors
/// When there is none yet.
pub(super) async fn current_model(
    ctx: &Context,
    source: &source_show::SourceView,
) -> Result<StoredModel, Failure> {
    let missing =
        || Failure::failed("Model", "the data source has no model yet: run `feedgate-admin source refresh`");
    stored_model(ctx, source).await?.ok_or_else(missing)
}
