//! Records whose ids are known, in ascending order. One that is archived or never was is not among them.

use std::collections::BTreeSet;

use super::Records;
use crate::execute::{Context, ExecuteError};

/// Records read at once: HubSpot takes 100 in one call, and four calls are made together.
const BATCHES: std::ops::RangeInclusive<u64> = 100..=400;

pub(super) struct IdsReader {
    object: String,
    /// Descending, so that the next ones are at the end.
    left: Vec<u64>,
    properties: Vec<String>,
}

impl IdsReader {
    pub(super) fn new(object: &str, ids: &BTreeSet<u64>, properties: Vec<String>, last: u64) -> Self {
        let left = ids.iter().rev().copied().filter(|id| *id > last).collect();
        Self { object: object.to_owned(), left, properties }
    }

    pub(super) async fn next(&mut self, context: &Context<'_>, wanted: u64) -> Result<Records, ExecuteError> {
        let size = usize::try_from(wanted.clamp(*BATCHES.start(), *BATCHES.end())).unwrap_or(usize::MAX);
        let mut ids = self.left.split_off(self.left.len().saturating_sub(size));
        ids.reverse();
        let mut records = match ids.as_slice() {
            [] => Vec::new(),
            ids => context.client.batch_read(context.call, &self.object, ids, &self.properties).await?,
        };
        // Answers come in any order, and a merged record may answer for another id.
        records.retain(|record| !record.archived && ids.binary_search(&record.id).is_ok());
        records.sort_by_key(|record| record.id);
        records.dedup_by_key(|record| record.id);
        Ok(Records { records, end: self.left.is_empty(), at_ids: false })
    }
}
