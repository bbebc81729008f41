//! Candidates that match: read, filtered by what stands in the row itself, and then, in larger portions, by what is
//! related to it.

use odata::Value;
use odata::eval::{self, Scope, Unrelated};
use tokio::time::Instant;

use super::anew::Anew;
use super::fetch::{Fetched, Fetcher};
use super::key::{self, NaturalKey};
use super::pace::Pace;
use super::position::Cursor;
use super::reader::{Candidate, Reader};
use super::{Context, ExecuteError};
use crate::plan::Plan;

/// Rows whose related rows are read together: what HubSpot takes in one call for associations.
const TOGETHER: u64 = 1_000;

/// A row that matches.
#[derive(Debug, Clone)]
pub(super) struct Matched {
    pub(super) candidate: Candidate,
    /// The values it is ordered by.
    pub(super) order: Vec<Value>,
    /// From where a read goes on behind it.
    pub(super) behind: Cursor,
}

/// Some of the rows that match.
pub(super) struct Portion {
    pub(super) rows: Vec<Matched>,
    /// From where a read goes on behind everything that was looked at.
    pub(super) behind: Cursor,
    /// Candidates that were looked at.
    pub(super) seen: u64,
    /// Nothing comes after these.
    pub(super) end: bool,
}

/// Reads what matches a plan, from a cursor on.
pub(super) struct Matching<'a> {
    plan: &'a Plan,
    reader: Reader<'a>,
    /// Sorted rows of a search.
    anew: Option<Anew<'a>>,
    context: Context<'a>,
    evaluation: eval::Context,
    last: Option<NaturalKey>,
    pace: Pace,
}

impl<'a> Matching<'a> {
    pub(super) fn new(
        context: &Context<'a>,
        plan: &'a Plan,
        cursor: &Cursor,
        columns: &'a [usize],
        now: jiff::Timestamp,
    ) -> Result<Self, ExecuteError> {
        let reader = Reader::new(*context, plan, cursor, columns)?;
        let evaluation = eval::Context { now };
        Ok(Self {
            plan,
            reader,
            anew: Anew::of(context, plan, columns, now),
            context: *context,
            evaluation,
            last: cursor.last.clone(),
            pace: cursor.pace.unwrap_or_default(),
        })
    }

    /// The next portion, of some `wanted` rows when what is related to them has to be read. A portion may be empty
    /// without being the end.
    pub(super) async fn next(
        &mut self,
        fetcher: &mut Fetcher<'a>,
        wanted: u64,
    ) -> Result<Portion, ExecuteError> {
        let wanted = if self.plan.follows() { wanted.min(TOGETHER) } else { wanted };
        let mut portion = self.batch(wanted).await?;
        let together = if self.plan.follows() { wanted } else { 0 };
        while !portion.end
            && (portion.rows.len() as u64) < together
            && Instant::now() < self.context.page_until
        {
            let left = together - portion.rows.len() as u64;
            match self.batch(left).await {
                Ok(more) => {
                    portion.rows.extend(more.rows);
                    portion.seen += more.seen;
                    (portion.behind, portion.end) = (more.behind, more.end);
                }
                // What was read so far is a portion; the trouble comes again if it does not pass.
                Err(error) if error.is_passing() && !portion.rows.is_empty() => break,
                Err(error) => return Err(error),
            }
        }
        if let Some(anew) = &self.anew {
            portion.rows = anew.read(portion.rows).await?;
        }
        self.decide(fetcher, &mut portion.rows).await?;
        Ok(portion)
    }

    /// The next candidates, of which those stay that match as far as the row itself can tell.
    async fn batch(&mut self, wanted: u64) -> Result<Portion, ExecuteError> {
        let here = self.reader.cursor(self.last.clone());
        let batch = self.reader.next(self.pace.candidates(wanted)).await?;
        let seen = batch.candidates.len() as u64;
        let mut rows = Vec::new();
        for candidate in batch.candidates {
            // Sent before: the cursor is in the middle of this batch.
            if self.last.as_ref().is_some_and(|last| candidate.key <= *last) {
                continue;
            }
            self.last = Some(candidate.key.clone());
            let matches = match &self.plan.filter {
                Some(filter) => eval::matches(filter, &candidate.converted.row, &self.evaluation)?,
                None => true,
            };
            if matches {
                let behind = self.behind(here.clone(), batch.at_ids);
                rows.push(Matched { candidate, order: Vec::new(), behind });
            }
        }
        self.pace.learn(seen, rows.len() as u64, batch.bytes);
        self.pace.density = self.reader.density();
        let pace = Some(self.pace);
        rows.iter_mut().for_each(|row| row.behind.pace = pace);
        let behind = self.behind(self.reader.cursor(None), batch.at_ids && seen > 0);
        Ok(Portion { rows, behind: Cursor { pace, ..behind }, seen, end: batch.end })
    }

    /// The cursor behind the last candidate: its own id, where ids are cursors.
    fn behind(&self, reader: Cursor, at_ids: bool) -> Cursor {
        let own = || key::first_id(self.last.as_ref()).to_string();
        let after = if at_ids { Some(own()) } else { reader.after };
        Cursor { last: self.last.clone(), after, ..reader }
    }

    /// Keeps what matches by what is related to it, and finds what rows are ordered by.
    async fn decide(&self, fetcher: &mut Fetcher<'a>, rows: &mut Vec<Matched>) -> Result<(), ExecuteError> {
        if self.plan.branches.is_empty() {
            return self.judge(rows, None);
        }
        let mut left = std::mem::take(rows);
        let mut size = left.len();
        while !left.is_empty() {
            let chunk: Vec<&[Value]> =
                left.iter().take(size).map(|row| row.candidate.converted.row.as_slice()).collect();
            let Some(fetched) = fetcher.fetch(&self.plan.branches, &chunk).await? else {
                if size == 1 {
                    return Err(ExecuteError::crowded(self.plan.follower()));
                }
                size = size.min(left.len()).div_ceil(4);
                continue;
            };
            let rest = left.split_off(size.min(left.len()));
            self.judge(&mut left, Some(&fetched))?;
            rows.append(&mut left);
            left = rest;
        }
        Ok(())
    }

    fn judge(&self, rows: &mut Vec<Matched>, fetched: Option<&Fetched>) -> Result<(), ExecuteError> {
        let mut kept = Vec::with_capacity(rows.len());
        for mut row in rows.drain(..) {
            let scope = Scope::with(
                &row.candidate.converted.row,
                match fetched {
                    Some(fetched) => fetched,
                    None => &Unrelated,
                },
            );
            let matches = match &self.plan.distant {
                Some(filter) => eval::matches_in(filter, &scope, &self.evaluation)?,
                None => true,
            };
            if matches {
                row.order = eval::sort_keys_in(&self.plan.order, &scope, &self.evaluation)?;
                kept.push(row);
            }
        }
        *rows = kept;
        Ok(())
    }
}
