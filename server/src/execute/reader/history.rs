//! What properties of records were and are, by record, property and time.

use std::collections::{BTreeSet, HashSet};

use hubspot::{HISTORY_PAGE, HistoryRequest, RecordHistory};
use odata::eval;

use super::{Batch, Candidate, TRIES, settle};
use crate::execute::{Context, ExecuteError, key};
use crate::model::{StoredSet, history_rows, record_row};
use crate::plan::Shown;

pub(super) struct HistoryReader {
    object: String,
    properties: Vec<String>,
    shown: Option<Shown>,
    records: Whose,
}

enum Whose {
    Listed {
        after: Option<String>,
        last: u64,
        end: bool,
    },
    /// Descending, so that the next ones are at the end.
    Known(Vec<u64>),
}

impl HistoryReader {
    pub(super) fn new(object: &str, properties: &[String], shown: Option<Shown>) -> Self {
        let records = Whose::Listed { after: None, last: 0, end: false };
        Self { object: object.to_owned(), properties: properties.to_vec(), shown, records }
    }

    /// Only of these records, if there are any named; from a cursor on, or from the record of the last row.
    pub(super) fn among(self, ids: Option<&BTreeSet<u64>>, after: Option<String>, last: u64) -> Self {
        let records = match ids {
            // The record of the last row may have further rows.
            Some(ids) => Whose::Known(ids.iter().rev().copied().filter(|id| *id >= last).collect()),
            None => Whose::Listed { after, last: 0, end: false },
        };
        Self { records, ..self }
    }

    /// The list's cursor of the records that come next.
    pub(super) fn after(&self) -> Option<String> {
        match &self.records {
            Whose::Listed { after, .. } => after.clone(),
            Whose::Known(_) => None,
        }
    }

    pub(super) async fn next(
        &mut self,
        context: &Context<'_>,
        set: &StoredSet,
    ) -> Result<Batch, ExecuteError> {
        let (mut records, end) = self.records(context).await?;
        self.hide(context, &mut records).await?;
        records.sort_by_key(|record| record.id);
        records.dedup_by_key(|record| record.id);
        let mut candidates: Vec<Candidate> = records
            .iter()
            .flat_map(|record| history_rows(set, &self.properties, record))
            .map(|converted| Candidate {
                key: key::of(&set.origin, &converted.row),
                updated: None,
                converted,
            })
            .collect();
        candidates.sort_by(|a, b| a.key.cmp(&b.key));
        candidates.dedup_by(|later, earlier| later.key == earlier.key);
        Ok(Batch { candidates, end, ..Batch::default() })
    }

    /// The next records, and whether they are the last.
    async fn records(&mut self, context: &Context<'_>) -> Result<(Vec<RecordHistory>, bool), ExecuteError> {
        let Self { object, properties, records, .. } = self;
        match records {
            Whose::Known(left) => {
                let ids = left.split_off(left.len().saturating_sub(HISTORY_PAGE.into()));
                let found = match ids.as_slice() {
                    [] => Vec::new(),
                    ids => context.client.batch_history(context.call, object, ids, properties, false).await?,
                };
                let wanted = |record: &RecordHistory| !record.archived && ids.contains(&record.id);
                Ok((found.into_iter().filter(wanted).collect(), left.is_empty()))
            }
            Whose::Listed { end: true, .. } => Ok((Vec::new(), true)),
            Whose::Listed { after, last, end } => {
                let found = page(context, object, properties, (after.as_ref(), *last)).await?;
                *last = found.records.last().map_or(*last, |record| record.id);
                *end = found.after.is_none();
                *after = found.after.or_else(|| after.take());
                Ok((found.records, *end))
            }
        }
    }

    /// Takes away records that the data source does not show.
    async fn hide(
        &self,
        context: &Context<'_>,
        records: &mut Vec<RecordHistory>,
    ) -> Result<(), ExecuteError> {
        let Some(shown) = &self.shown else { return Ok(()) };
        let set = context.model.sets.get(shown.set).ok_or(ExecuteError::PageExpired)?;
        let ids: Vec<u64> = records.iter().map(|record| record.id).collect();
        let evaluation = eval::Context { now: context.now };
        let mut kept = HashSet::new();
        let names = set.asked(&shown.read);
        if ids.is_empty() {
            return Ok(());
        }
        for record in context.client.batch_read(context.call, &self.object, &ids, &names).await? {
            let row = record_row(set, &shown.read, &record).row;
            if eval::matches(&shown.filter, &row, &evaluation)? {
                kept.insert(record.id);
            }
        }
        records.retain(|record| kept.contains(&record.id));
        Ok(())
    }
}

/// A page whose ids ascend and whose cursor leads on; asked for again when it is not.
async fn page(
    context: &Context<'_>,
    object: &str,
    properties: &[String],
    (after, last): (Option<&String>, u64),
) -> Result<hubspot::HistoryPage, ExecuteError> {
    let request = HistoryRequest {
        after: after.cloned(),
        limit: HISTORY_PAGE,
        properties: properties.to_vec(),
        archived: false,
    };
    for tries in 1..=TRIES {
        let page = context.client.list_history(context.call, object, &request).await?;
        let mut before = last;
        let ascends = page.records.iter().all(|record| std::mem::replace(&mut before, record.id) < record.id);
        if ascends && (page.after.is_none() || page.after.as_ref() != after) {
            return Ok(page);
        }
        settle(context, tries).await;
    }
    Err(ExecuteError::changed(format!("the histories of {object} do not ascend after id {last}")))
}
