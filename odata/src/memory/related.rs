//! From one entity to others.

use crate::edm::{SetId, SingletonId, Step};
use crate::error::Error;
use crate::eval::Related;
use crate::value::{Row, Value};

use super::{Data, Way, keys};

/// One entity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    /// A row of a set.
    Row(SetId, usize),
    /// A singleton.
    Single(SingletonId),
}

impl Data {
    /// The row of an entity.
    pub(super) fn row(&self, spot: Spot) -> Option<&Row> {
        match spot {
            Spot::Row(set, index) => self.tables.get(set.0)?.rows.get(index),
            Spot::Single(id) => self.singles.get(id.0)?.row.as_ref(),
        }
    }

    /// The entity of a set with that key.
    pub(super) fn find(&self, set: SetId, key: &[&Value]) -> Option<Spot> {
        self.tables.get(set.0)?.keys.find(key).map(|index| Spot::Row(set, index))
    }

    /// The entities that a navigation property leads to.
    pub(super) fn follow(&self, spot: Spot, navigation: usize) -> Vec<Spot> {
        let (ways, index) = match spot {
            Spot::Row(set, index) => (self.tables.get(set.0).map(|table| &table.ways), index),
            Spot::Single(id) => (self.singles.get(id.0).map(|single| &single.ways), 0),
        };
        let way: Option<&Way> = ways.and_then(|ways| ways.get(navigation));
        let (target, links) = way.map_or((None, None), |way| (way.target, way.links.get(index)));
        let links = links.map(Vec::as_slice).unwrap_or_default();
        target.map(|set| links.iter().map(|&index| Spot::Row(set, index)).collect()).unwrap_or_default()
    }

    /// The entity a row is of: the member of the step's set with its key, or a singleton.
    fn spot(&self, step: &Step, row: &[Value]) -> Option<Spot> {
        if let Some(set) = step.set {
            let key = &self.tables.get(set.0)?.key;
            return self.find(set, &keys::of(key, row));
        }
        let same = |own: &Option<Row>| own.as_ref().is_some_and(|own| own.as_slice() == row);
        let single = self.singles.iter().position(|single| single.kind == step.from && same(&single.row));
        single.map(|index| Spot::Single(SingletonId(index)))
    }
}

impl Related for Data {
    fn related<'a>(&'a self, step: &Step, row: &[Value]) -> Result<Vec<&'a [Value]>, Error> {
        let unknown = || Error::not_supported("Following navigation from an entity of no known set is");
        let spot = self.spot(step, row).ok_or_else(unknown)?;
        let there = self.follow(spot, step.navigation);
        Ok(there.into_iter().filter_map(|spot| self.row(spot)).map(Vec::as_slice).collect())
    }
}
