//! Follows a path over navigation properties to the rows it leads to.

use std::collections::BTreeSet;

use odata::{Row, Value, eval};

use super::fetch::Fetcher;
use super::{Context, ExecuteError};
use crate::model::Origin;
use crate::plan::{Leg, Plan, Source, Towards, Via};

/// The plan with its source found; nothing when single-valued navigation at the end of the path leads nowhere.
///
/// # Errors
/// `EntityNotFound` when an entity on the way does not exist, is not shown by the data source, or is not related to the one
/// before it.
pub async fn reach(context: &Context<'_>, plan: Plan) -> Result<Option<Plan>, ExecuteError> {
    let Some(via) = &plan.via else { return Ok(Some(plan)) };
    let Some((last, before)) = via.steps.split_last() else { return Ok(Some(plan)) };
    let mut fetcher = Fetcher::new(*context);
    let mut row = first(&fetcher, via).await?;
    for leg in before {
        row = next(&mut fetcher, leg, &row).await?;
    }
    let (source, key) = match &last.branch.towards {
        Towards::Owner { column } => match row.get(*column) {
            None | Some(Value::Null) => return Ok(None),
            Some(owner) => (Source::Owners, Some(vec![owner.clone()])),
        },
        Towards::Associated { from, to } => {
            let ids = fetcher.linked(from, to, &row).await?;
            let ids = among(ids, last.key.as_deref())?;
            let source =
                if ids.is_empty() { Source::Nothing } else { Source::Ids { object: to.clone(), ids } };
            (source, last.key.clone())
        }
    };
    Ok(Some(Plan { source, key, ..plan }))
}

/// The entity that the path begins at. Only records of objects have navigation properties.
async fn first(fetcher: &Fetcher<'_>, via: &Via) -> Result<Row, ExecuteError> {
    let context = fetcher.context();
    let set = context.model.sets.get(via.set).ok_or(ExecuteError::PageExpired)?;
    let (Origin::Object(object), Some(id)) = (&set.origin, record_id(&via.key)) else {
        return Err(ExecuteError::no_such_entity());
    };
    let found = fetcher.records(set, &via.read, object, &BTreeSet::from([id])).await?;
    let row = found.into_values().next().ok_or_else(ExecuteError::no_such_entity)?;
    let evaluation = eval::Context { now: context.now };
    let shown = via.own.as_ref().map_or(Ok(true), |own| eval::matches(own, &row, &evaluation))?;
    if shown { Ok(row) } else { Err(ExecuteError::no_such_entity()) }
}

/// The one entity in the middle of a path.
async fn next(fetcher: &mut Fetcher<'_>, leg: &Leg, row: &Row) -> Result<Row, ExecuteError> {
    let ends = fetcher.ends(&leg.branch, &[row]).await?;
    let ends = ends.ok_or_else(|| ExecuteError::crowded("$expand"))?;
    let mut rows = ends.of(row).iter().filter_map(|place| ends.rows.get(*place));
    let wanted = |row: &&Row| leg.key.as_ref().is_none_or(|key| row.starts_with(key));
    rows.find(wanted).cloned().ok_or_else(ExecuteError::no_such_entity)
}

fn among(ids: BTreeSet<u64>, key: Option<&[Value]>) -> Result<BTreeSet<u64>, ExecuteError> {
    let Some(key) = key else { return Ok(ids) };
    let id = record_id(key).filter(|id| ids.contains(id)).ok_or_else(ExecuteError::no_such_entity)?;
    Ok(BTreeSet::from([id]))
}

fn record_id(key: &[Value]) -> Option<u64> {
    match key.first() {
        Some(Value::Int64(id)) => u64::try_from(*id).ok().filter(|id| *id > 0),
        _ => None,
    }
}
