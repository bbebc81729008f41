//! Rows at the other ends of navigation properties, read for many rows at once: one set of association reads and one set
//! of reads by id for each navigation property, however many rows ask.

use std::collections::{BTreeSet, HashMap};
use std::pin::Pin;

use odata::edm::Step;
use odata::eval::{self, Related};
use odata::{Row, Value};

use super::reader::owners;
use super::{Context, ExecuteError};
use crate::model::{StoredSet, record_row};
use crate::plan::{Branch, Towards};

/// Related rows that are held at once for one navigation property: 100 reads by id, some five seconds of a portal's
/// budget.
const MOST_RELATED: usize = 10_000;

/// Values in these rows: some 12 MB and their texts. Of a wide table there may be fewer rows.
const MOST_VALUES: usize = 500_000;

/// Links to them, of all rows together: more is some 10 MB.
const MOST_LINKS: usize = 100_000;

/// A row that has more related rows than this is refused: it cannot be read in portions, so that it may have four times as
/// much as many rows together. That is 50 MB and their texts.
const MOST_OF_ONE: usize = 4;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Fetched(HashMap<Step, Ends>);

/// The other ends of one navigation property.
#[derive(Debug, Default)]
pub(super) struct Ends {
    /// Which of `rows` belong to the row with this id, in ascending order of their keys.
    of: HashMap<i64, Vec<usize>>,
    /// Each row once.
    pub(super) rows: Vec<Row>,
}

impl Ends {
    /// Places in [`Self::rows`] of what belongs to a row.
    pub(super) fn of(&self, row: &[Value]) -> &[usize] {
        id(row).and_then(|id| self.of.get(&id)).map_or(&[], Vec::as_slice)
    }

    /// Adds what was read at another place of the same way.
    fn merge(&mut self, other: Ends) {
        let shift = self.rows.len();
        self.rows.extend(other.rows);
        for (id, places) in other.of {
            self.of.entry(id).or_insert_with(|| places.into_iter().map(|place| place + shift).collect());
        }
    }
}

impl Related for Fetched {
    fn related<'a>(&'a self, step: &Step, row: &[Value]) -> Result<Vec<&'a [Value]>, odata::Error> {
        let missing = || odata::Error::not_supported("Following this navigation property here is");
        let ends = self.0.get(step).ok_or_else(missing)?;
        Ok(ends.of(row).iter().map(|place| ends.rows[*place].as_slice()).collect())
    }
}

/// Reads related rows. What every read needs again (the owners) is read once.
pub(super) struct Fetcher<'a> {
    context: Context<'a>,
    owners: Option<Vec<Row>>,
}

/// A future that goes down a tree.
pub(super) type Fetching<'f, T> = Pin<Box<dyn Future<Output = Result<T, ExecuteError>> + Send + 'f>>;

impl<'a> Fetcher<'a> {
    pub(super) fn new(context: Context<'a>) -> Self {
        Self { context, owners: None }
    }

    pub(super) fn context(&self) -> &Context<'a> {
        &self.context
    }

    /// Everything that the branches lead to from these rows; nothing when it is too much to be held at once, so that it
    /// has to be read for fewer rows.
    pub(super) async fn fetch(
        &mut self,
        branches: &[Branch],
        rows: &[&[Value]],
    ) -> Result<Option<Fetched>, ExecuteError> {
        let mut fetched = Fetched::default();
        let whole = self.fetch_into(&mut fetched, branches, rows).await?;
        Ok(whole.then_some(fetched))
    }

    fn fetch_into<'f>(
        &'f mut self,
        fetched: &'f mut Fetched,
        branches: &'f [Branch],
        rows: &'f [&'f [Value]],
    ) -> Fetching<'f, bool> {
        Box::pin(async move {
            for branch in branches {
                let Some(ends) = self.ends(branch, rows).await? else { return Ok(false) };
                let next: Vec<&[Value]> = ends.rows.iter().map(Vec::as_slice).collect();
                if !branch.branches.is_empty() && !self.fetch_into(fetched, &branch.branches, &next).await? {
                    return Ok(false);
                }
                drop(next);
                fetched.0.entry(branch.step).or_default().merge(ends);
            }
            Ok(true)
        })
    }

    /// The other ends of one branch, without what is behind them.
    pub(super) async fn ends(
        &mut self,
        branch: &Branch,
        rows: &[&[Value]],
    ) -> Result<Option<Ends>, ExecuteError> {
        let set = self.context.model.sets.get(branch.set).ok_or(ExecuteError::PageExpired)?;
        let mut ends = match &branch.towards {
            Towards::Owner { column } => self.owners_of(set, *column, rows).await?,
            Towards::Associated { from, to } => {
                let links = self.links(from, to, rows).await?;
                let wanted: BTreeSet<u64> = links.values().flatten().copied().collect();
                let alone = if rows.len() == 1 { MOST_OF_ONE } else { 1 };
                let most = (alone * MOST_RELATED).min(alone * MOST_VALUES / branch.read.len().max(1));
                if wanted.len() > most || links.values().map(BTreeSet::len).sum::<usize>() > MOST_LINKS {
                    return Ok(None);
                }
                let found = self.records(set, &branch.read, to, &wanted).await?;
                placed(&links, found)
            }
        };
        self.hide(branch, &mut ends)?;
        Ok(Some(ends))
    }

    async fn links(
        &self,
        from: &str,
        to: &str,
        rows: &[&[Value]],
    ) -> Result<HashMap<i64, BTreeSet<u64>>, ExecuteError> {
        let ids: BTreeSet<u64> =
            rows.iter().filter_map(|row| id(row)).filter_map(|id| u64::try_from(id).ok()).collect();
        let ids: Vec<u64> = ids.into_iter().collect();
        let mut links: HashMap<i64, BTreeSet<u64>> = HashMap::new();
        if ids.is_empty() {
            return Ok(links);
        }
        for link in self.context.client.associations(self.context.call, from, to, &ids).await? {
            if let Ok(from) = i64::try_from(link.from) {
                links.entry(from).or_default().insert(link.to);
            }
        }
        Ok(links)
    }

    /// The ids of the records that are associated with one.
    pub(super) async fn linked(
        &self,
        from: &str,
        to: &str,
        row: &[Value],
    ) -> Result<BTreeSet<u64>, ExecuteError> {
        Ok(self.links(from, to, &[row]).await?.into_values().flatten().collect())
    }

    /// Those of the records that exist. A merged record may answer for another id.
    pub(super) async fn records(
        &self,
        set: &StoredSet,
        read: &[usize],
        object: &str,
        wanted: &BTreeSet<u64>,
    ) -> Result<HashMap<u64, Row>, ExecuteError> {
        let ids: Vec<u64> = wanted.iter().copied().collect();
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let properties = set.asked(read);
        let records = self.context.client.batch_read(self.context.call, object, &ids, &properties).await?;
        let live = records.iter().filter(|record| !record.archived && wanted.contains(&record.id));
        Ok(live.map(|record| (record.id, record_row(set, read, record).row)).collect())
    }

    async fn owners_of(
        &mut self,
        set: &StoredSet,
        column: usize,
        rows: &[&[Value]],
    ) -> Result<Ends, ExecuteError> {
        let owners = match self.owners.take() {
            Some(owners) => owners,
            None => owners(&self.context, set).await?.into_iter().map(|owner| owner.row).collect(),
        };
        let mut place = HashMap::new();
        for (index, owner) in owners.iter().enumerate() {
            // Of an owner that was archived between the two calls, the row that is not archived.
            place.entry(text(owner.first()).unwrap_or_default()).or_insert(index);
        }
        let mut of = HashMap::new();
        for row in rows {
            let owner = text(row.get(column)).and_then(|owner| place.get(owner));
            if let (Some(id), Some(owner)) = (id(row), owner) {
                of.insert(id, vec![*owner]);
            }
        }
        drop(place);
        let rows = owners.clone();
        self.owners = Some(owners);
        Ok(Ends { of, rows })
    }

    /// Takes away what the data source does not show.
    fn hide(&self, branch: &Branch, ends: &mut Ends) -> Result<(), ExecuteError> {
        let Some(own) = &branch.own else { return Ok(()) };
        let evaluation = eval::Context { now: self.context.now };
        let shown: Result<Vec<bool>, odata::Error> =
            ends.rows.iter().map(|row| eval::matches(own, row, &evaluation)).collect();
        let shown = shown?;
        for places in ends.of.values_mut() {
            places.retain(|place| shown[*place]);
        }
        Ok(())
    }
}

/// The rows in ascending order of their ids, and which belong to whom.
fn placed(links: &HashMap<i64, BTreeSet<u64>>, found: HashMap<u64, Row>) -> Ends {
    let mut found: Vec<(u64, Row)> = found.into_iter().collect();
    found.sort_unstable_by_key(|(id, _)| *id);
    let place: HashMap<u64, usize> = found.iter().enumerate().map(|(place, (id, _))| (*id, place)).collect();
    let places = |ids: &BTreeSet<u64>| ids.iter().filter_map(|id| place.get(id).copied()).collect();
    let of = links.iter().map(|(id, ids)| (*id, places(ids))).collect();
    Ends { of, rows: found.into_iter().map(|(_, row)| row).collect() }
}

/// The id of a record; what has navigation properties has it in its first column.
fn id(row: &[Value]) -> Option<i64> {
    match row.first() {
        Some(Value::Int64(id)) => Some(*id),
        _ => None,
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}
