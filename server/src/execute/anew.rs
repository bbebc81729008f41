//! Rows that HubSpot's index found, read anew by their ids before they are sorted.
//!
//! The index shows a row as it was some moments ago. Sorted by such values it would stand at a place that is not its own:
//! when the index has caught up by the next page, it comes twice or never. What a record itself says does not lag.

use std::collections::HashMap;

use hubspot::Record;
use odata::eval;

use super::matching::Matched;
use super::reader::candidate;
use super::sorted::ids;
use super::{Context, ExecuteError, key};
use crate::model::StoredSet;
use crate::plan::{Plan, Source};

/// Reads what a sorted search found.
pub(super) struct Anew<'a> {
    context: Context<'a>,
    plan: &'a Plan,
    set: &'a StoredSet,
    object: &'a str,
    columns: &'a [usize],
    properties: Vec<String>,
    evaluation: eval::Context,
}

impl<'a> Anew<'a> {
    /// None where the rows do not come from the index, or their order is that of their ids.
    pub(super) fn of(
        context: &Context<'a>,
        plan: &'a Plan,
        columns: &'a [usize],
        now: jiff::Timestamp,
    ) -> Option<Self> {
        let Source::Search { object, .. } = &plan.source else { return None };
        let set = context.model.sets.get(plan.set).filter(|_| !plan.order.is_empty())?;
        let (properties, evaluation) = (set.asked(columns), eval::Context { now });
        Some(Self { context: *context, plan, set, object, columns, properties, evaluation })
    }

    /// Those that match by what their records say, with their values.
    pub(super) async fn read(&self, rows: Vec<Matched>) -> Result<Vec<Matched>, ExecuteError> {
        let found = records(&self.context, self.object, &rows, &self.properties).await?;
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(record) = found.get(&key::first_id(Some(&row.candidate.key))) else { continue };
            let candidate = candidate(self.set, self.columns, record);
            let matches = match &self.plan.filter {
                Some(filter) => eval::matches(filter, &candidate.converted.row, &self.evaluation)?,
                None => true,
            };
            if matches {
                read.push(Matched { candidate, ..row });
            }
        }
        Ok(read)
    }
}

/// The living records of rows, by their ids.
pub(super) async fn records(
    context: &Context<'_>,
    object: &str,
    rows: &[Matched],
    properties: &[String],
) -> Result<HashMap<u64, Record>, ExecuteError> {
    let ids: Vec<u64> = ids(rows).into_iter().collect();
    let found = context.client.batch_read(context.call, object, &ids, properties).await?;
    Ok(found.into_iter().filter(|record| !record.archived).map(|record| (record.id, record)).collect())
}
