//! Everything a portal holds, and the plain answer to any query over it.

use std::collections::{BTreeSet, HashMap};

use feedgate::execute::{Entity, Inline};
use feedgate::model::Way;
use feedgate::plan::Expansion;
use jiff::Timestamp;
use odata::edm::Step;
use odata::eval::{self, Related, Scope};
use odata::url::Options;
use odata::{Row, Value};

use super::feed::Feed;

/// All rows that the data source shows, and who belongs to whom.
pub(crate) struct Truth<'a> {
    feed: &'a Feed,
    /// What `now()` is.
    pub(crate) now: Timestamp,
    pub(crate) rows: Vec<Vec<Row>>,
    /// Who is linked to whom, by the set and its navigation property; the deleted as well.
    pub(crate) ends: HashMap<(usize, String), HashMap<i64, BTreeSet<i64>>>,
}

impl<'a> Truth<'a> {
    pub(crate) async fn of(feed: &'a Feed) -> Self {
        let mut rows = Vec::new();
        for (index, set) in feed.stored.sets.iter().enumerate() {
            let all = match feed.portal.portal().rows(&set.name) {
                Ok(_) => feed.truth(&set.name),
                Err(_) => feed.read(&set.name, "").await.unwrap().rows,
            };
            rows.push(all.into_iter().filter(|row| shown(feed, index, row)).collect());
        }
        let mut ends = HashMap::new();
        for (index, set) in feed.stored.sets.iter().enumerate() {
            for way in set.navigation.iter().filter(|way| way.way == Way::Associated) {
                let mut of: HashMap<i64, BTreeSet<i64>> = HashMap::new();
                for (from, to, _) in feed.portal.portal().links(&set.name, &way.target).unwrap() {
                    of.entry(from.cast_signed()).or_default().insert(to.cast_signed());
                }
                ends.insert((index, way.name.clone()), of);
            }
        }
        Self { feed, now: feed.now(), rows, ends }
    }

    pub(crate) fn set(&self, name: &str) -> &[Row] {
        &self.rows[self.feed.stored.set(name).unwrap().0]
    }

    /// What options make of some rows, which come in the order of their keys.
    pub(crate) fn answer(
        &'a self,
        rows: Vec<&'a [Value]>,
        options: &Options,
        root: Option<&'a [Value]>,
    ) -> Result<Vec<&'a [Value]>, odata::Error> {
        let context = eval::Context { now: self.now };
        let scope = |row: &'a [Value]| Scope { row, root, related: self };
        let mut keyed: Vec<(Vec<Value>, &[Value])> = Vec::new();
        for row in rows {
            let scope = scope(row);
            let filter = options.filter.as_ref();
            if filter.map_or(Ok(true), |filter| eval::matches_in(filter, &scope, &context))? {
                keyed.push((eval::sort_keys_in(&options.orderby, &scope, &context)?, row));
            }
        }
        keyed.sort_by(|a, b| eval::compare_keys(&options.orderby, &a.0, &b.0));
        Ok(keyed.into_iter().map(|(_, row)| row).collect())
    }

    /// What is expanded of a row, as the plan's expansions read it.
    pub(crate) fn expanded(
        &'a self,
        row: &[Value],
        options: &'a Options,
        plan: &[Expansion],
    ) -> Result<Vec<Inline>, odata::Error> {
        let inline = |(expand, plan): (&'a odata::url::Expand, &Expansion)| {
            let ends = self.answer(self.related(&expand.step, row)?, &expand.options, None)?;
            let count = plan.count.then_some(ends.len() as u64);
            let entity = |end: &[Value]| {
                let expanded = self.expanded(end, &expand.options, &plan.expand)?;
                Ok(Entity { row: masked(end, &plan.branch.read), expanded }.into())
            };
            let ends = window(ends, plan.skip, plan.top);
            let entities = ends.into_iter().map(entity).collect::<Result<_, odata::Error>>()?;
            Ok(Inline { entities, count })
        };
        options.expand.iter().zip(plan).map(inline).collect()
    }
}

pub(crate) fn window<T>(items: Vec<T>, skip: u64, top: Option<u64>) -> Vec<T> {
    let top = usize::try_from(top.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    items.into_iter().skip(usize::try_from(skip).unwrap()).take(top).collect()
}

/// Columns that a plan does not read are null.
pub(crate) fn masked(row: &[Value], read: &[usize]) -> Row {
    let value =
        |(index, value): (usize, &Value)| if read.contains(&index) { value.clone() } else { Value::Null };
    row.iter().enumerate().map(value).collect()
}

/// Whether the data source shows a row.
pub(crate) fn shown(feed: &Feed, set: usize, row: &Row) -> bool {
    let context = eval::Context { now: feed.now() };
    feed.own.of(set).is_none_or(|own| eval::matches(own, row, &context).unwrap())
}

impl Related for Truth<'_> {
    fn related<'a>(&'a self, step: &Step, row: &[Value]) -> Result<Vec<&'a [Value]>, odata::Error> {
        let (from, to) = (step.set.unwrap().0, step.target_set.unwrap().0);
        let name = &self.feed.model.way(step).name;
        let way = self.feed.stored.sets[from].navigation.iter().find(|way| way.name == *name).unwrap();
        let belongs = |end: &&Row| match (&way.way, &row[0]) {
            (Way::Named(column), _) => {
                let columns = &self.feed.stored.sets[from].properties;
                row[columns.iter().position(|known| known.name == *column).unwrap()] == end[0]
            }
            (Way::Associated, Value::Int64(id)) => {
                let ends = self.ends[&(from, name.clone())].get(id);
                matches!(&end[0], Value::Int64(end) if ends.is_some_and(|ends| ends.contains(end)))
            }
            _ => false,
        };
        Ok(self.rows[to].iter().filter(belongs).map(Vec::as_slice).collect())
    }
}
