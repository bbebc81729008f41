//! `source explain`: how the server would answer a query, and what that costs at HubSpot. Asks HubSpot for nothing but how many
//! records there are and what the account may ask.

use feedgate::execute::{self, ExecuteError};
use feedgate::model::{Definition, StoredModel, edm};
use feedgate::plan::{self, Abilities, OwnFilters, Plan};
use hubspot::{Call, Client};
use serde_json::json;
use tokio::time::Instant;

use super::refresh::current_model;
use super::{client, found};
use crate::failure::Failure;
use crate::output::Answer;
use crate::portal::PATIENCE;
use crate::session::Session;

pub(super) async fn run(session: &Session, id: &str, query: &str) -> Result<Answer, Failure> {
    check_names(query)?;
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
    let told = plan.to_string();
    let mut sentences: Vec<String> = told.lines().map(str::to_owned).collect();
    let cost = match client(session, &ctx, &source.connection).await {
        Ok(client) => cost(session, &client, &stored, &plan).await.map_err(why_not),
        Err(failure) => Err(failure.message),
    };
    // The plan stands without it: a portal that is away is no reason not to tell it.
    let cost = cost.unwrap_or_else(|why| {
        vec![format!("How many records there are could not be asked: {}.", why.trim_end_matches('.'))]
    });
    let plan = sentences.clone();
    sentences.extend(cost.iter().cloned());
    let text = sentences.join("\n");
    Answer::new(&json!({"data_source": source.id, "query": query, "plan": plan, "cost": cost}), text.as_str())
}

/// Between double quotes a shell puts nothing in the place of `$filter`: the answer would be that for no filter.
fn check_names(query: &str) -> Result<(), Failure> {
    let options = query.split_once('?').map_or("", |(_, options)| options);
    if options.split('&').any(|option| option.starts_with('=')) {
        let message = "an option of the query has no name, as if a shell had replaced its $name: write the query between \
             single quotes, such as 'contacts?$filter=email ne null'";
        return Err(Failure::usage("Query", message));
    }
    Ok(())
}

/// What the plan costs with as many records as there are.
async fn cost(
    session: &Session,
    client: &Client,
    stored: &StoredModel,
    plan: &Plan,
) -> Result<Vec<String>, ExecuteError> {
    let call = Call::within(PATIENCE);
    // Its answer names the account's limit, which those of a search do not.
    client.account(&call).await?;
    let context = execute::Context {
        client,
        call: &call,
        page_until: Instant::now() + PATIENCE / 2,
        now: session.now(),
        model: stored,
        model_version: 0,
        max_page_size: None,
    };
    let counts = execute::estimate(&context, plan).await?;
    Ok(plan::sentences(plan, counts, &execute::grants(client)))
}

fn why_not(error: ExecuteError) -> String {
    match error {
        ExecuteError::Hubspot(error) => Failure::from(error).message,
        error => error.to_string(),
    }
}

fn wrong(error: &odata::Error) -> Failure {
    use odata::ErrorKind::{EntitySetNotFound, NotSupported};
    match error.kind {
        EntitySetNotFound => Failure::not_found("EntitySetNotFound", error.to_string()),
        NotSupported => Failure::failed("NotSupported", error.to_string()),
        _ => Failure::usage("Query", error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_whose_dollar_names_a_shell_took_is_refused_with_a_word_about_quoting() {
        for query in ["contacts?=email ne null", "contacts?$top=1&=email"] {
            let failure = check_names(query).unwrap_err();
            assert!(failure.exit as u8 == 2 && failure.message.contains("single quotes"), "{failure:?}");
        }
        for query in
            ["contacts", "contacts?$filter=email eq ''", "contacts?$top=1&$filter=a eq '=b'", "contacts?"]
        {
            check_names(query).unwrap();
        }
    }
}
