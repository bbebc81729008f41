//! What is read at the other ends of navigation properties: a tree that is read level by level, each level for all rows
//! at once.

use std::collections::{BTreeMap, BTreeSet};

use odata::edm::{Model, Step};
use odata::expr::{Expr, Reads};
use odata::{Error, ErrorKind};

use super::own::OwnFilters;
use crate::model::{Origin, StoredModel, StoredNavigation, StoredSet, Way};

/// The other ends of a navigation property, as they are to be read.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// The navigation property, as expressions name it.
    pub step: Step,
    /// Index of the set they are members of, in the stored model.
    pub set: usize,
    /// How they are found.
    pub towards: Towards,
    /// Columns to read of them, ascending.
    pub read: Vec<usize>,
    /// What they have to match to be shown at all.
    pub own: Option<Expr>,
    /// What is read from them on.
    pub branches: Vec<Branch>,
}

/// How the other ends are found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Towards {
    /// By HubSpot's associations between two objects.
    Associated {
        /// The object they are read from.
        from: String,
        /// The object they lead to.
        to: String,
    },
    /// The owner whose id is in this column.
    Owner {
        /// Index of the column.
        column: usize,
    },
}

/// Makes branches of what expressions and expansions ask for.
#[derive(Clone, Copy)]
pub(super) struct Ways<'a> {
    pub(super) stored: &'a StoredModel,
    pub(super) model: &'a Model,
    pub(super) own: &'a OwnFilters,
}

impl Ways<'_> {
    /// What has to be read to evaluate expressions that read this.
    pub(super) fn branches(&self, reads: &Reads) -> Result<Vec<Branch>, Error> {
        let mut branches = self.tree(reads)?;
        // The same rows may be reached twice on the way, and are then the same rows: with all columns of either.
        let mut columns = BTreeMap::new();
        collect(&branches, &mut columns);
        spread(&mut branches, &columns);
        Ok(branches)
    }

    fn tree(&self, reads: &Reads) -> Result<Vec<Branch>, Error> {
        let branch = |(step, reads): (&Step, &Reads)| {
            let mut branch = self.branch(step, &reads.properties)?;
            branch.add(self.tree(reads)?);
            Ok(branch)
        };
        reads.related.iter().map(branch).collect()
    }

    /// The other ends of one navigation property, with these columns and those that decide whether they are shown.
    pub(super) fn branch(&self, step: &Step, columns: &BTreeSet<usize>) -> Result<Branch, Error> {
        let (from, way) = self.way(step)?;
        let (set, target) = self.stored.set(&way.target).ok_or_else(lost)?;
        let own = self.own.of(set).cloned();
        let mut read = columns.clone();
        read.extend(0..target.key().len());
        read.extend(own.iter().flat_map(Expr::properties));
        let read = read.into_iter().collect();
        Ok(Branch { step: *step, set, towards: towards(from, way, target)?, read, own, branches: Vec::new() })
    }

    /// The stored form of the navigation property that a step follows, with the set it starts in.
    fn way(&self, step: &Step) -> Result<(&StoredSet, &StoredNavigation), Error> {
        let from = step.set.and_then(|set| self.stored.sets.get(set.0)).ok_or_else(lost)?;
        let name = &self.model.way(step).name;
        let way = from.navigation.iter().find(|way| way.name == *name).ok_or_else(lost)?;
        Ok((from, way))
    }
}

impl Branch {
    /// Adds branches that go on from here, and reads what they need.
    pub(super) fn add(&mut self, branches: Vec<Branch>) {
        self.need(&branches);
        self.branches.extend(branches);
    }

    /// Reads what tells where others lead to that go on from here.
    pub(super) fn need<'b>(&mut self, others: impl IntoIterator<Item = &'b Branch>) {
        let columns: BTreeSet<usize> =
            self.read.iter().copied().chain(others.into_iter().filter_map(Branch::column)).collect();
        self.read = columns.into_iter().collect();
    }

    /// The column of a row that tells where this leads to, apart from its id.
    pub(super) fn column(&self) -> Option<usize> {
        match self.towards {
            Towards::Associated { .. } => None,
            Towards::Owner { column } => Some(column),
        }
    }
}

fn towards(from: &StoredSet, way: &StoredNavigation, target: &StoredSet) -> Result<Towards, Error> {
    match (&way.way, &from.origin, &target.origin) {
        (Way::Associated, Origin::Object(from), Origin::Object(to)) => {
            Ok(Towards::Associated { from: from.clone(), to: to.clone() })
        }
        (Way::Named(name), _, Origin::Owners) => {
            let column = from.properties.iter().position(|column| column.name == *name).ok_or_else(lost)?;
            Ok(Towards::Owner { column })
        }
        _ => Err(lost()),
    }
}

fn collect(branches: &[Branch], columns: &mut BTreeMap<Step, BTreeSet<usize>>) {
    for branch in branches {
        columns.entry(branch.step).or_default().extend(&branch.read);
        collect(&branch.branches, columns);
    }
}

fn spread(branches: &mut [Branch], columns: &BTreeMap<Step, BTreeSet<usize>>) {
    for branch in branches {
        branch.read = columns.get(&branch.step).into_iter().flatten().copied().collect();
        spread(&mut branch.branches, columns);
    }
}

/// A way that this program does not know, in a model that a later one stored.
fn lost() -> Error {
    Error::new(ErrorKind::NotSupported, "This version cannot follow the navigation property.")
}
