//! `source explain`: how the server would answer a query. Asks HubSpot nothing.

use feedgate::model::{Definition, edm};
use feedgate::plan::{self, Abilities, OwnFilters};
use serde_json::json;

use super::found;
use super::refresh::current_model;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;

pub(super) async fn run(session: &Session, id: &str, query: &str) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = found(&ctx, id).await?;
    let stored = current_model(&ctx, &source).await?;
    let definition = Definition::from_json(&source.definition.to_string())?;
    let model = edm(&stored).map_err(|error| Failure::failed("Model", error.to_string()))?;
    let (path, options) = query.split_once('?').map_or((query, None), |(path, rest)| (path, Some(rest)));
    let request =
        odata::url::parse(&model, path.trim_start_matches('/'), options).map_err(|error| wrong(&error))?;
    let own = OwnFilters::read(&stored, &model, &definition).map_err(|error| wrong(&error))?;
    let plan = plan::plan_with(&stored, &model, &request, &own, Abilities::default())
        .map_err(|error| wrong(&error))?;
    let text = plan.to_string();
    let sentences: Vec<&str> = text.lines().collect();
    Answer::new(&json!({"data_source": source.id, "query": query, "plan": sentences}), text.as_str())
}

fn wrong(error: &odata::Error) -> Failure {
    use odata::ErrorKind::{EntitySetNotFound, NotSupported};
    match error.kind {
        EntitySetNotFound => Failure::not_found("EntitySetNotFound", error.to_string()),
        NotSupported => Failure::failed("NotSupported", error.to_string()),
        _ => Failure::usage("Query", error.to_string()),
    }
}
