//! The associations between two objects, in the order of both ids, category and type.
//!
//! The records they are read from are listed by id, or known; for each portion of them all links are read.

use std::collections::BTreeSet;

use hubspot::{Association, Density};
use odata::eval;

use super::list::ListReader;
use super::{Batch, Candidate, Records};
use crate::execute::fetch::Fetcher;
use crate::execute::{Context, ExecuteError, key};
use crate::model::{StoredSet, link_row};
use crate::plan::{Ends, ShownEnd};

/// Records whose links are read together, at first and later: HubSpot takes 1,000, the first page should come soon.
const PORTIONS: [usize; 2] = [200, 1_000];

pub(super) struct LinksReader {
    from: String,
    to: String,
    records: FromRecords,
    /// Links of records before this one were sent.
    first: u64,
    portion: usize,
    /// The list of records can be entered again at each of them.
    at_ids: bool,
    /// The ends that the data source may hide.
    shown: Vec<ShownEnd>,
}

enum FromRecords {
    Listed(ListReader),
    /// Descending, so that the next ones are at the end.
    Known(Vec<u64>),
    /// Those that have links to these, which is not known yet.
    LinkedTo(Vec<u64>),
}

impl LinksReader {
    pub(super) fn new(from: &str, to: &str, ends: &Ends, list: ListReader, first: u64) -> Self {
        let records = match ends {
            Ends::All => FromRecords::Listed(list),
            Ends::From(ids) => FromRecords::Known(ids.iter().rev().copied().collect()),
            Ends::To(ids) => FromRecords::LinkedTo(ids.iter().copied().collect()),
        };
        let (from, to) = (from.to_owned(), to.to_owned());
        Self { from, to, records, first, portion: PORTIONS[0], at_ids: false, shown: Vec::new() }
    }

    /// The same, without links to what the data source does not show.
    pub(super) fn showing(self, shown: Vec<ShownEnd>) -> Self {
        Self { shown, ..self }
    }

    /// The list's cursor of the records that come next.
    pub(super) fn after(&self) -> Option<String> {
        match &self.records {
            FromRecords::Listed(list) => list.after(),
            FromRecords::Known(_) | FromRecords::LinkedTo(_) => None,
        }
    }

    /// How far the ids of the records lie apart.
    pub(super) fn density(&self) -> Option<Density> {
        match &self.records {
            FromRecords::Listed(list) => list.density(),
            FromRecords::Known(_) | FromRecords::LinkedTo(_) => None,
        }
    }

    pub(super) async fn next(
        &mut self,
        context: &Context<'_>,
        set: &StoredSet,
    ) -> Result<Batch, ExecuteError> {
        self.find(context).await?;
        let (mut ids, end) = self.portion(context).await?;
        ids.retain(|id| *id >= self.first);
        let mut links = match ids.as_slice() {
            [] => Vec::new(),
            ids => context.client.associations(context.call, &self.from, &self.to, ids).await?,
        };
        self.hide(context, &mut links).await?;
        links.sort_by(|a, b| place(a).cmp(&place(b)));
        links.dedup_by(|later, earlier| place(later) == place(earlier));
        let candidate = |link: &Association| {
            let converted = link_row(link);
            Candidate { key: key::of(&set.origin, &converted.row), updated: None, converted }
        };
        let candidates = links.iter().map(candidate).collect();
        Ok(Batch { candidates, end, at_ids: self.at_ids, bytes: 0 })
    }

    /// Takes away the links of which an end is not shown. That takes one set of reads by id for each end that is
    /// filtered.
    async fn hide(&self, context: &Context<'_>, links: &mut Vec<Association>) -> Result<(), ExecuteError> {
        let fetcher = Fetcher::new(*context);
        let evaluation = eval::Context { now: context.now };
        for end in &self.shown {
            let of = |link: &Association| if end.from { link.from } else { link.to };
            let set = context.model.sets.get(end.set).ok_or(ExecuteError::PageExpired)?;
            let ids: BTreeSet<u64> = links.iter().map(of).collect();
            let records = fetcher.records(set, &end.read, &end.object, &ids).await?;
            let mut shown = BTreeSet::new();
            for (id, row) in &records {
                if eval::matches(&end.own, row, &evaluation)? {
                    shown.insert(*id);
                }
            }
            links.retain(|link| shown.contains(&of(link)));
        }
        Ok(())
    }

    /// Finds the records that have links to those that are known. Their links are then read from their own side all the
    /// same, because the types of an association have other numbers when it is seen from the other side.
    async fn find(&mut self, context: &Context<'_>) -> Result<(), ExecuteError> {
        let FromRecords::LinkedTo(ids) = &self.records else { return Ok(()) };
        let links = context.client.associations(context.call, &self.to, &self.from, ids).await?;
        let from: BTreeSet<u64> = links.iter().map(|link| link.to).collect();
        self.records = FromRecords::Known(from.into_iter().rev().collect());
        Ok(())
    }

    /// The next records, and whether they are the last.
    async fn portion(&mut self, context: &Context<'_>) -> Result<(Vec<u64>, bool), ExecuteError> {
        let size = std::mem::replace(&mut self.portion, PORTIONS[1]);
        match &mut self.records {
            FromRecords::Known(left) => {
                let ids = left.split_off(left.len().saturating_sub(size));
                Ok((ids, left.is_empty()))
            }
            FromRecords::LinkedTo(_) => Ok((Vec::new(), false)),
            FromRecords::Listed(list) => {
                let mut ids = Vec::with_capacity(size);
                self.at_ids = true;
                loop {
                    let wanted = size.saturating_sub(ids.len()) as u64;
                    let Records { records, end, at_ids } = list.next(context, wanted).await?;
                    self.at_ids &= at_ids;
                    ids.extend(records.iter().map(|record| record.id));
                    if end || ids.len() >= size {
                        return Ok((ids, end));
                    }
                }
            }
        }
    }
}

fn place(link: &Association) -> (u64, u64, &str, u32) {
    (link.from, link.to, &link.category, link.type_id)
}
