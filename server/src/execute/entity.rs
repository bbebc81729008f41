//! One entity by its key. The data source's own filter applies: what it leaves out does not exist.

use odata::eval;

use super::fetch::Fetcher;
use super::inline::{self, Entity};
use super::position::Cursor;
use super::reader::{Candidate, Reader};
use super::{Context, ExecuteError};
use crate::model::Converted;
use crate::plan::Plan;

/// The entity that the plan's key names.
///
/// # Errors
/// `EntityNotFound` when there is none, or when the data source's filter leaves it out.
pub async fn entity(context: &Context<'_>, plan: &Plan) -> Result<Converted, ExecuteError> {
    let set = context.model.sets.get(plan.set).ok_or(ExecuteError::PageExpired)?;
    let key = plan.key.as_deref().unwrap_or_default();
    let evaluation = eval::Context { now: context.now };
    let mut reader = Reader::new(*context, plan, &Cursor::default(), &plan.read)?;
    loop {
        let batch = reader.next(1).await?;
        let is_it = |candidate: &Candidate| {
            candidate.converted.row.get(..set.key().len()).is_some_and(|values| values == key)
        };
        if let Some(found) = batch.candidates.into_iter().find(is_it) {
            let shown = match &plan.filter {
                Some(filter) => eval::matches(filter, &found.converted.row, &evaluation)?,
                None => true,
            };
            return if shown { Ok(found.converted) } else { Err(ExecuteError::no_such_entity()) };
        }
        if batch.end {
            return Err(ExecuteError::no_such_entity());
        }
    }
}

/// An entity that was read, with what is expanded of it.
///
/// # Errors
/// When HubSpot does not answer, or when more is related to it than can be held.
pub async fn with_expanded(
    context: &Context<'_>,
    plan: &Plan,
    found: Converted,
) -> Result<Entity, ExecuteError> {
    let evaluation = eval::Context { now: context.now };
    let mut fetcher = Fetcher::new(*context);
    let expanded = inline::expand(&mut fetcher, &plan.expand, &[&found.row], &evaluation).await?;
    let expanded = expanded.ok_or_else(|| ExecuteError::crowded("$expand"))?;
    Ok(Entity { row: found.row, expanded: expanded.into_iter().next().unwrap_or_default() })
}
