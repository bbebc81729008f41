//! What `$expand` puts into rows: level by level, each level for all rows of a portion at once.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use odata::eval::{self, Scope, Unrelated};
use odata::{Row, Value};

use super::ExecuteError;
use super::fetch::{Ends, Fetched, Fetcher, Fetching};
use crate::plan::Expansion;

/// A row with what is expanded of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Entity {
    /// Its values.
    pub row: Row,
    /// What is expanded, in the order of the plan's expansions.
    pub expanded: Vec<Inline>,
}

/// The other ends of one expanded navigation property.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Inline {
    /// In their order; at most one of single-valued navigation. Rows that several others lead to are held once.
    pub entities: Vec<Arc<Entity>>,
    /// How many there are without `$top` and `$skip`, if that was asked.
    pub count: Option<u64>,
}

/// For each row, what each expansion leads to; nothing when it is too much to be held at once.
pub(super) fn expand<'f>(
    fetcher: &'f mut Fetcher<'_>,
    expansions: &'f [Expansion],
    rows: &'f [&'f [Value]],
    evaluation: &'f eval::Context,
) -> Fetching<'f, Option<Vec<Vec<Inline>>>> {
    Box::pin(async move {
        let mut expanded: Vec<Vec<Inline>> = rows.iter().map(|_| Vec::new()).collect();
        for expansion in expansions {
            let Some(level) = Level::read(fetcher, expansion, rows, evaluation).await? else {
                return Ok(None);
            };
            let Some(entities) = level.entities(fetcher, expansion, evaluation).await? else {
                return Ok(None);
            };
            for (into, (places, count)) in expanded.iter_mut().zip(level.chosen) {
                let entities = places.iter().filter_map(|place| entities.get(place).cloned()).collect();
                into.push(Inline { entities, count });
            }
        }
        Ok(Some(expanded))
    })
}

/// The other ends of one expansion, and which of them each row shows.
struct Level {
    ends: Ends,
    chosen: Vec<(Vec<usize>, Option<u64>)>,
}

impl Level {
    async fn read(
        fetcher: &mut Fetcher<'_>,
        expansion: &Expansion,
        rows: &[&[Value]],
        evaluation: &eval::Context,
    ) -> Result<Option<Self>, ExecuteError> {
        let Some(ends) = fetcher.ends(&expansion.branch, rows).await? else { return Ok(None) };
        let others: Vec<&[Value]> = ends.rows.iter().map(Vec::as_slice).collect();
        let Some(fetched) = fetcher.fetch(&expansion.branch.branches, &others).await? else {
            return Ok(None);
        };
        drop(others);
        let order = Order::of(expansion, &ends, &fetched, evaluation)?;
        let chosen = rows.iter().map(|row| order.choose(expansion, ends.of(row))).collect();
        Ok(Some(Self { ends, chosen }))
    }

    /// Those that are shown anywhere, each once, with what is expanded of them.
    async fn entities(
        &self,
        fetcher: &mut Fetcher<'_>,
        expansion: &Expansion,
        evaluation: &eval::Context,
    ) -> Result<Option<HashMap<usize, Arc<Entity>>>, ExecuteError> {
        let places: BTreeSet<usize> = self.chosen.iter().flat_map(|(places, _)| places).copied().collect();
        let rows: Vec<&[Value]> = places.iter().map(|place| self.ends.rows[*place].as_slice()).collect();
        let Some(expanded) = expand(fetcher, &expansion.expand, &rows, evaluation).await? else {
            return Ok(None);
        };
        let entity = |(place, expanded): (&usize, Vec<Inline>)| {
            (*place, Arc::new(Entity { row: self.ends.rows[*place].clone(), expanded }))
        };
        Ok(Some(places.iter().zip(expanded).map(entity).collect()))
    }
}

/// What decides which of the other ends are shown, and in which order.
struct Order {
    matches: Vec<bool>,
    values: Vec<Vec<Value>>,
}

impl Order {
    fn of(
        expansion: &Expansion,
        ends: &Ends,
        fetched: &Fetched,
        evaluation: &eval::Context,
    ) -> Result<Self, odata::Error> {
        let mut order = Self { matches: Vec::new(), values: Vec::new() };
        for row in &ends.rows {
            let local = expansion.branch.branches.is_empty();
            let scope = Scope::with(row, if local { &Unrelated } else { fetched });
            order.matches.push(match &expansion.filter {
                Some(filter) => eval::matches_in(filter, &scope, evaluation)?,
                None => true,
            });
            order.values.push(eval::sort_keys_in(&expansion.order, &scope, evaluation)?);
        }
        Ok(order)
    }

    fn choose(&self, expansion: &Expansion, places: &[usize]) -> (Vec<usize>, Option<u64>) {
        let mut places: Vec<usize> = places.iter().copied().filter(|place| self.matches[*place]).collect();
        // Stable: equals stay in the order of their keys.
        places.sort_by(|a, b| eval::compare_keys(&expansion.order, &self.values[*a], &self.values[*b]));
        let count = expansion.count.then_some(places.len() as u64);
        let skip = usize::try_from(expansion.skip).unwrap_or(usize::MAX);
        let top = usize::try_from(expansion.top.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        (places.into_iter().skip(skip).take(top).collect(), count)
    }
}
