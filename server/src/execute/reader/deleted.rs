//! Living and deleted records together, in ascending order of their ids.
//!
//! HubSpot lists either the ones or the others. Both lists are read side by side, and only ids up to which both are known
//! are handed out. Of a record that is deleted between the two reads, the later news counts; it comes once.

use std::collections::{BTreeMap, BTreeSet};

use hubspot::{LIST_PAGE, ListRequest, Record};

use super::{Records, TRIES, ascend, settle};
use crate::execute::{Context, ExecuteError};

/// Inputs of a batch read that HubSpot takes in one call.
const BATCH: usize = 100;

/// Stands between the cursors of the two lists; HubSpot's cursors are numbers.
const BETWEEN: char = '~';

/// The cursor of a list that has no further page.
const ENDED: &str = "!";

pub(super) struct DeletedReader {
    object: String,
    properties: Vec<String>,
    source: Both,
}

enum Both {
    Listed {
        living: Side,
        deleted: Side,
    },
    /// Descending, so that the next ones are at the end.
    Known(Vec<u64>),
}

/// One of the two lists.
#[derive(Default)]
struct Side {
    archived: bool,
    /// The cursor of the page that `held` is from.
    here: Option<String>,
    /// The cursor of the page behind it.
    next: Option<String>,
    /// Read and not handed out, ascending.
    held: Vec<Record>,
    last: u64,
    end: bool,
}

impl DeletedReader {
    pub(super) fn new(
        object: &str,
        properties: Vec<String>,
        ids: Option<&BTreeSet<u64>>,
        after: Option<&str>,
        last: u64,
    ) -> Self {
        let (living, deleted) = after.and_then(|after| after.split_once(BETWEEN)).unwrap_or_default();
        let source = match ids {
            Some(ids) => Both::Known(ids.iter().rev().copied().filter(|id| *id > last).collect()),
            None => Both::Listed { living: Side::at(living, false), deleted: Side::at(deleted, true) },
        };
        Self { object: object.to_owned(), properties, source }
    }

    /// The cursors of both lists from which what comes next can be read.
    pub(super) fn after(&self) -> Option<String> {
        match &self.source {
            Both::Listed { living, deleted } => {
                Some(format!("{}{BETWEEN}{}", living.cursor(), deleted.cursor()))
            }
            Both::Known(_) => None,
        }
    }

    pub(super) async fn next(&mut self, context: &Context<'_>) -> Result<Records, ExecuteError> {
        let Self { object, properties, source } = self;
        match source {
            Both::Known(left) => {
                let ids = left.split_off(left.len().saturating_sub(BATCH));
                let records = known(context, object, properties, &ids).await?;
                Ok(Records { records, end: left.is_empty(), at_ids: false })
            }
            Both::Listed { living, deleted } => {
                living.fill(context, object, properties).await?;
                deleted.fill(context, object, properties).await?;
                let bound = living.reaches().min(deleted.reaches());
                let records = merged(living.take(bound), deleted.take(bound));
                let end = living.is_done() && deleted.is_done();
                Ok(Records { records, end, at_ids: false })
            }
        }
    }
}

impl Side {
    fn at(cursor: &str, archived: bool) -> Self {
        let next = Some(cursor).filter(|cursor| !cursor.is_empty()).map(str::to_owned);
        Self { archived, next, end: cursor == ENDED, ..Self::default() }
    }

    fn cursor(&self) -> &str {
        let cursor = if self.held.is_empty() { &self.next } else { &self.here };
        if self.is_done() { ENDED } else { cursor.as_deref().unwrap_or_default() }
    }

    /// Reads on until something is held. A short or empty page means nothing.
    async fn fill(
        &mut self,
        context: &Context<'_>,
        object: &str,
        properties: &[String],
    ) -> Result<(), ExecuteError> {
        let mut tries = 1;
        while self.held.is_empty() && !self.end {
            let request = ListRequest {
                after: self.next.clone(),
                limit: LIST_PAGE,
                properties: properties.to_vec(),
                archived: self.archived,
            };
            let page = context.client.list(context.call, object, &request).await?;
            let sound = ascend(&page.records, self.last) && (page.after.is_none() || page.after != self.next);
            if !sound && tries == TRIES {
                return Err(ExecuteError::changed(format!(
                    "the list of {object} does not ascend after {}",
                    self.last
                )));
            }
            if !sound {
                settle(context, tries).await;
                tries += 1;
                continue;
            }
            self.here = std::mem::replace(&mut self.next, page.after);
            self.end = self.next.is_none();
            self.last = page.records.last().map_or(self.last, |record| record.id);
            self.held = page.records;
        }
        Ok(())
    }

    /// Up to which id everything is held.
    fn reaches(&self) -> u64 {
        if self.end { u64::MAX } else { self.last }
    }

    fn take(&mut self, bound: u64) -> Vec<Record> {
        let rest = self.held.split_off(self.held.partition_point(|record| record.id <= bound));
        std::mem::replace(&mut self.held, rest)
    }

    fn is_done(&self) -> bool {
        self.end && self.held.is_empty()
    }
}

/// Each id once, ascending; what was read later wins.
fn merged(living: Vec<Record>, deleted: Vec<Record>) -> Vec<Record> {
    let all = living.into_iter().chain(deleted).map(|record| (record.id, record));
    all.collect::<BTreeMap<u64, Record>>().into_values().collect()
}

async fn known(
    context: &Context<'_>,
    object: &str,
    properties: &[String],
    ids: &[u64],
) -> Result<Vec<Record>, ExecuteError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (client, call) = (context.client, context.call);
    let wanted: BTreeSet<u64> = ids.iter().copied().collect();
    // A merged record may answer for another id.
    let of = |mut records: Vec<Record>, archived: bool| {
        records.retain(|record| wanted.contains(&record.id) && record.archived == archived);
        records
    };
    let living = of(client.batch_read(call, object, ids, properties).await?, false);
    let mut deleted = client.batch_read_archived(call, object, ids, properties).await?;
    for record in &mut deleted {
        record.archived = true;
    }
    Ok(merged(living, of(deleted, true)))
}
