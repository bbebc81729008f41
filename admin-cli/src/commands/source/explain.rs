//! `source explain`: how the server would answer a query. Asks HubSpot nothing.

use feedgate::model::{Definition, edm};
use feedgate::plan::{self, Abilities};
use odata::edm::Model;
use odata::url::{Request, Resource};
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
    let own = match set(&model, &request) {
        Some(name) => definition.filter(name).map(|filter| plan::own_filter(&model, name, filter)),
        None => None,
    };
    let own = own.transpose().map_err(|error| wrong(&error))?;
    let plan = plan::plan(&stored, &model, &request, own.as_ref(), Abilities::default())
        .map_err(|error| wrong(&error))?;
    let text = plan.to_string();
    let sentences: Vec<&str> = text.lines().collect();
    Answer::new(&json!({"data_source": source.id, "query": query, "plan": sentences}), text.as_str())
}

/// The entity set that rows are read from.
fn set<'a>(model: &'a Model, request: &Request) -> Option<&'a str> {
    let (Resource::EntitySet { set }
    | Resource::Count { set }
    | Resource::Entity { set, .. }
    | Resource::Property { set, .. }
    | Resource::PropertyValue { set, .. }) = &request.resource
    else {
        return None;
    };
    Some(model.set(*set).name.as_str())
}

fn wrong(error: &odata::Error) -> Failure {
    use odata::ErrorKind::{EntitySetNotFound, NotSupported};
    match error.kind {
        EntitySetNotFound => Failure::not_found("EntitySetNotFound", error.to_string()),
        NotSupported => Failure::failed("NotSupported", error.to_string()),
        _ => Failure::usage("Query", error.to_string()),
    }
}
