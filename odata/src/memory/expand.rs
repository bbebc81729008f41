//! Entities with what is expanded of them.

use std::cell::Cell;

use crate::error::{Error, ErrorKind};
use crate::service::{Window, Wish};
use crate::url::{Expand, Expanding, Options};
use crate::value::Value;
use crate::write::{Entity, Expanded};

use super::Data;
use super::related::Spot;

/// Entities in one answer, with all that are expanded: what some hundred megabytes of JSON hold.
const MAX_ENTITIES: usize = 200_000;

/// Makes the entities of one answer.
pub(super) struct Expander<'a> {
    data: &'a Data,
    wish: Wish,
    left: Cell<usize>,
}

impl<'a> Expander<'a> {
    pub(super) fn new(data: &'a Data, wish: Wish) -> Self {
        Self { data, wish, left: Cell::new(MAX_ENTITIES) }
    }

    /// The entities of a request. Each of them is what `$it` means below it.
    pub(super) fn entities(&self, spots: &[Spot], options: &Options) -> Result<Vec<Entity<'a>>, Error> {
        spots.iter().map(|&spot| self.entity(spot, None, options)).collect()
    }

    fn entity(&self, spot: Spot, root: Option<&'a [Value]>, options: &Options) -> Result<Entity<'a>, Error> {
        self.count()?;
        let row = self.data.row(spot).map(Vec::as_slice).unwrap_or_default();
        let root = root.or(Some(row));
        let expanded = options.expand.iter().map(|expand| self.expanded(spot, root, expand));
        Ok(Entity { row, expanded: expanded.collect::<Result<_, _>>()? })
    }

    fn expanded(
        &self,
        spot: Spot,
        root: Option<&'a [Value]>,
        expand: &Expand,
    ) -> Result<Expanded<'a>, Error> {
        let there = self.data.follow(spot, expand.navigation);
        let options = &expand.options;
        if !expand.step.collection && expand.kind != Expanding::Count {
            let entity = there.first().map(|&spot| self.entity(spot, root, options)).transpose()?;
            return Ok(Expanded::One(entity.map(Box::new)));
        }
        let matching = self.data.matching(there, root, options, &self.wish);
        let matching = matching.map_err(|error| error.about("$expand"))?;
        if expand.kind == Expanding::Count {
            return Ok(Expanded::Count(matching.len() as u64));
        }
        let (page, _) = Window::of(options, u64::MAX)?.cut(&matching);
        let entities = page.iter().map(|&spot| self.entity(spot, root, options));
        Ok(Expanded::Many {
            entities: entities.collect::<Result<_, _>>()?,
            count: options.count.then_some(matching.len() as u64),
            next_link: None,
        })
    }

    fn count(&self) -> Result<(), Error> {
        let too_many = || {
            let message = format!("The answer would have more than {MAX_ENTITIES} entities; expand less.");
            Error::new(ErrorKind::TooComplex, message).about("$expand")
        };
        self.left.set(self.left.get().checked_sub(1).ok_or_else(too_many)?);
        Ok(())
    }
}
