//! Paths over navigation properties: `contacts(1)/companies`, `deals(2)/owner/email`.

use odata::Error;
use odata::url::{Key, PathStart, ResourcePath};

use super::branch::{Branch, Ways};

/// The way from one entity to the rows that are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Via {
    /// Index of the set of the entity it begins at.
    pub set: usize,
    /// Which entity.
    pub key: Key,
    /// Columns to read of it, ascending.
    pub read: Vec<usize>,
    /// What it has to match to be shown.
    pub own: Option<odata::expr::Expr>,
    /// The navigation properties, the last of which leads to the rows.
    pub steps: Vec<Leg>,
}

/// One navigation property on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Leg {
    /// What is read at its end.
    pub branch: Branch,
    /// Whether there may be several.
    pub collection: bool,
    /// The one that the path goes on from.
    pub key: Option<Key>,
}

/// How the end of a path is reached; nothing for a path without navigation.
pub(super) fn of(ways: &Ways<'_>, path: &ResourcePath) -> Result<Option<Via>, Error> {
    if path.steps.is_empty() {
        return Ok(None);
    }
    let PathStart::Entity(set, key) = &path.start else {
        return Err(Error::not_supported("Following a navigation property from here is"));
    };
    let mut steps = Vec::new();
    for step in &path.steps {
        let branch = ways.branch(&step.step, &Default::default())?;
        steps.push(Leg { branch, collection: step.step.collection, key: step.key.clone() });
    }
    for next in (1..steps.len()).rev() {
        let (before, after) = steps.split_at_mut(next);
        if let (Some(before), Some(after)) = (before.last_mut(), after.first()) {
            before.branch.need([&after.branch]);
        }
    }
    let stored = ways.stored.sets.get(set.0).ok_or_else(super::unknown_set)?;
    let own = ways.own.of(set.0).cloned();
    let mut read: std::collections::BTreeSet<usize> = (0..stored.key().len()).collect();
    read.extend(own.iter().flat_map(odata::expr::Expr::properties));
    read.extend(steps.first().and_then(|leg| leg.branch.column()));
    Ok(Some(Via { set: set.0, key: key.clone(), read: read.into_iter().collect(), own, steps }))
}
