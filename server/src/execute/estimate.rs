//! How much there is to read, as HubSpot's index counts, and what the account's limits are.

use hubspot::Client;
use hubspot::budget::Kind;

use super::reader::{self, Question};
use super::{Context, ExecuteError};
use crate::plan::{Counts, Ends, Grant, Grants, Plan, Source};

/// How many records a plan's candidates are; unknown where that costs nothing to find out by reading.
pub(super) async fn candidates(context: &Context<'_>, plan: &Plan) -> Result<Counts, ExecuteError> {
    match &plan.source {
        Source::List { object } | Source::Links { from: object, ends: Ends::All, .. } => {
            Ok(Counts { all: total(context, object, None).await?, found: None })
        }
        Source::Search { object, formula, words } => {
            let question = Question { formula, words: words.as_deref() };
            Ok(Counts { all: None, found: total(context, object, Some(question)).await? })
        }
        _ => Ok(Counts::default()),
    }
}

/// The same with the size of the table, for people who ask what a query costs.
///
/// # Errors
/// When HubSpot does not answer.
pub async fn estimate(context: &Context<'_>, plan: &Plan) -> Result<Counts, ExecuteError> {
    let counts = candidates(context, plan).await?;
    match &plan.source {
        Source::Search { object, .. } => Ok(Counts { all: total(context, object, None).await?, ..counts }),
        _ => Ok(counts),
    }
}

async fn total(
    context: &Context<'_>,
    object: &str,
    question: Option<Question<'_>>,
) -> Result<Option<u64>, ExecuteError> {
    match reader::total(context, object, question).await {
        Ok(total) => Ok(Some(total)),
        Err(error) if reader::is_refusal(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The account's limits as far as they are known.
#[must_use]
pub fn grants(client: &Client) -> Grants {
    let of = |kind| {
        let terms = client.budgets().lane(kind).terms();
        Grant { calls: terms.limit, interval: terms.interval }
    };
    Grants { list: of(Kind::List), search: of(Kind::Search), associations: of(Kind::Associations) }
}
