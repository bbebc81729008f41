//! The entities a path leads to.

use crate::edm::SetId;
use crate::url::{PathStart, ResourcePath};
use crate::value::Value;

use super::Data;
use super::related::Spot;

/// What is at the end of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Found {
    /// Any number of entities.
    Several(Vec<Spot>),
    /// The one that was meant.
    One(Spot),
    /// A navigation property that leads to nothing.
    Nothing,
    /// Something on the way does not exist.
    Missing,
}

impl Data {
    /// Goes along a path.
    pub(super) fn at(&self, path: &ResourcePath) -> Found {
        let mut found = self.start(&path.start);
        for step in &path.steps {
            let Found::One(spot) = found else { return Found::Missing };
            let there = self.follow(spot, step.step.navigation);
            found = match (&step.key, step.step.collection) {
                (Some(key), _) => {
                    let key: Vec<&Value> = key.iter().collect();
                    let meant = step.step.target_set.and_then(|set| self.find(set, &key));
                    meant.filter(|spot| there.contains(spot)).map_or(Found::Missing, Found::One)
                }
                (None, true) => Found::Several(there),
                (None, false) => there.first().map_or(Found::Nothing, |spot| Found::One(*spot)),
            };
        }
        found
    }

    fn start(&self, start: &PathStart) -> Found {
        match start {
            PathStart::Set(set) => Found::Several(self.all(*set)),
            PathStart::Entity(set, key) => {
                self.find(*set, &key.iter().collect::<Vec<_>>()).map_or(Found::Missing, Found::One)
            }
            PathStart::Singleton(id) => {
                let spot = Spot::Single(*id);
                self.row(spot).map_or(Found::Missing, |_| Found::One(spot))
            }
        }
    }

    fn all(&self, set: SetId) -> Vec<Spot> {
        let rows = self.tables.get(set.0).map_or(0, |table| table.rows.len());
        (0..rows).map(|index| Spot::Row(set, index)).collect()
    }
}
