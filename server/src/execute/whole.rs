//! Rows of which only what decides their order was read, read whole.

use odata::eval;

use super::matching::Matched;
use super::reader::{Candidate, candidate};
use super::{Context, ExecuteError, anew, key};
use crate::model::{OBJECT_ID, StoredSet};
use crate::plan::{Plan, Source};

/// Reads records by their ids, with all columns that a page shows.
pub(super) struct Whole<'a> {
    context: &'a Context<'a>,
    plan: &'a Plan,
    set: &'a StoredSet,
    object: &'a str,
    properties: Vec<String>,
    /// The columns that decide whether a row comes, and where.
    decides: Vec<usize>,
    evaluation: eval::Context,
}

impl<'a> Whole<'a> {
    /// None where there is nothing more to read, or no way to read it by ids.
    pub(super) fn of(
        context: &'a Context<'a>,
        plan: &'a Plan,
        set: &'a StoredSet,
        now: jiff::Timestamp,
    ) -> Option<Self> {
        let (Source::List { object } | Source::Search { object, .. } | Source::Ids { object, .. }) =
            &plan.source
        else {
            return None;
        };
        let decides = plan.columns_to_order(context.model);
        if plan.read.iter().all(|column| decides.contains(column)) {
            return None;
        }
        let mut properties = vec![OBJECT_ID.to_owned()];
        for column in plan.read.iter().filter_map(|index| set.properties.get(*index)) {
            if !properties.contains(&column.hubspot) {
                properties.push(column.hubspot.clone());
            }
        }
        let evaluation = eval::Context { now };
        Some(Self { context, plan, set, object, properties, decides, evaluation })
    }

    /// The same rows with all their values, in the same order. A row that is gone, or that does not match or belongs
    /// elsewhere by now, was changed while it was read, and is left out.
    pub(super) async fn read(&self, rows: &[Matched]) -> Result<Vec<Matched>, ExecuteError> {
        let found = anew::records(self.context, self.object, rows, &self.properties).await?;
        let mut read = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(record) = found.get(&key::first_id(Some(&row.candidate.key))) else { continue };
            let whole = candidate(self.set, &self.plan.read, record);
            if self.still_fits(row, &whole)? {
                read.push(Matched { candidate: whole, ..row.clone() });
            }
        }
        Ok(read)
    }

    /// Whether a row matches still and has the values that it was ordered by. What was read of related rows is not read
    /// again: where it decided, the row has to be what it was.
    fn still_fits(&self, row: &Matched, whole: &Candidate) -> Result<bool, odata::Error> {
        let (before, values) = (&row.candidate.converted.row, &whole.converted.row);
        let same = self.decides.iter().all(|column| before.get(*column) == values.get(*column));
        if same || !self.plan.branches.is_empty() {
            return Ok(same);
        }
        if let Some(filter) = &self.plan.filter
            && !eval::matches(filter, values, &self.evaluation)?
        {
            return Ok(false);
        }
        let order = eval::sort_keys(&self.plan.order, values, &self.evaluation)?;
        Ok(eval::compare_keys(&self.plan.order, &order, &row.order).is_eq())
    }
}
