//! `source create`: asks HubSpot which properties there are, and stores the choice with the model of it.

use feedgate::model::{Definition, ObjectChoice, StoredModel, discover, edm, settle};
use feedgate::plan;
use hubspot::Call;
use schema::Context;
use schema::operations::source_create;

use super::{client, described};
use crate::args::CreateSource;
use crate::failure::Failure;
use crate::output::Answer;
use crate::portal::PATIENCE;
use crate::print;
use crate::session::Session;

pub(super) async fn run(session: &Session, request: CreateSource) -> Result<Answer, Failure> {
    let definition = definition(&request)?;
    let ctx = session.context().await?;
    let (name, owner, connection) = (request.name, request.owner, request.connection);
    let prepared = prepare(session, &ctx, (name, owner, connection), &definition).await?;
    let source = source_create::run(&ctx, prepared).await?;
    described(&ctx, source.id.as_str()).await
}

/// A data source of this name, owner and connection, checked against the portal and not yet stored.
pub(super) async fn prepare(
    session: &Session,
    ctx: &Context,
    (name, owner, connection): (String, String, String),
    definition: &Definition,
) -> Result<source_create::Request, Failure> {
    let client = client(session, ctx, &connection).await?;
    print::progress("Asking HubSpot which properties there are …");
    let call = Call::within(PATIENCE);
    let definition = settle(&client, &call, definition, None).await?;
    let model = discover(&client, &call, &definition).await?;
    check_filters(&definition, &model)?;
    for left in &model.left_out {
        let scopes = left.scopes.join(", ");
        print::note(&format!(
            "{} are left out: the connection's credential lacks the scope {scopes}.",
            left.name
        ));
    }
    let (definition, model) = (definition.to_json(), Some(model.to_json()));
    Ok(source_create::Request { name, owner, connection, definition, model })
}

/// The choice as it was typed.
fn definition(request: &CreateSource) -> Result<Definition, Failure> {
    let chosen = |object: &str| request.objects.iter().any(|choice| choice.object == object);
    let histories = request.histories.iter().map(|history| ("history", &history.object));
    let archived = request.archived.iter().map(|object| ("choice of deleted records", object));
    let filters = request.filters.iter().map(|filter| ("filter", &filter.object));
    for (what, object) in filters.chain(histories).chain(archived) {
        if !chosen(object) {
            let message = format!("the {what} is for {object}, which is not chosen: add --object {object}");
            return Err(Failure::usage("Definition", message));
        }
    }
    for filter in &request.filters {
        if request.filters.iter().filter(|other| other.object == filter.object).count() > 1 {
            let message = format!("there are two filters for {}: join them with and", filter.object);
            return Err(Failure::usage("Definition", message));
        }
    }
    let filter = |object: &str| request.filters.iter().find(|filter| filter.object == object);
    let choice = |choice: &crate::args::values::ObjectArg| ObjectChoice {
        object: choice.object.clone(),
        properties: choice.properties.clone(),
        filter: filter(&choice.object).map(|filter| filter.filter.clone()),
        history: request
            .histories
            .iter()
            .filter(|history| history.object == choice.object)
            .flat_map(|history| history.properties.clone())
            .collect(),
        archived: request.archived.contains(&choice.object),
    };
    let objects = request.objects.iter().map(choice).collect();
    let definition = Definition { objects, labels: request.labels.into(), dates: request.dates.into() };
    definition.check()?;
    Ok(definition)
}

/// A filter that cannot be read would turn every request of the feed into an error: better now than then.
pub(super) fn check_filters(definition: &Definition, model: &StoredModel) -> Result<(), Failure> {
    let built = edm(model).map_err(|error| Failure::failed("Model", error.to_string()))?;
    for choice in &definition.objects {
        let Some(filter) = definition.filter(&choice.object) else { continue };
        // It is checked when the credential may read the object.
        if model.missing_scopes(&choice.object).is_some() {
            continue;
        }
        plan::own_filter(&built, &choice.object, filter).map_err(|error| {
            Failure::usage("Filter", format!("the filter for {}: {error}", choice.object))
        })?;
    }
    Ok(())
}
