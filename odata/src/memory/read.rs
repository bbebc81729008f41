//! Answers requests: what matches, in which order, and how much of it on one page.

use crate::error::Error;
use crate::eval::{self, Context, Scope};
use crate::service::{One, Page, Source, Window, Wish};
use crate::url::{Options, ResourcePath};
use crate::value::Value;

use super::expand::Expander;
use super::paths::Found;
use super::related::Spot;
use super::{Data, search};

/// Rows of a page unless the client wishes for fewer.
pub const PAGE_ROWS: u64 = 1000;

impl Source for Data {
    fn page(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<Option<Page<'_>>, Error> {
        let Some(matching) = self.several(path, options, wish)? else { return Ok(None) };
        let size = wish.max_page_size.map_or(self.page_rows, |rows| rows.min(self.page_rows));
        let (spots, next) = Window::of(options, size)?.cut(&matching);
        Ok(Some(Page {
            entities: Expander::new(self, *wish).entities(spots, options)?,
            count: options.count.then_some(matching.len() as u64),
            next,
            size: Some(size),
        }))
    }

    fn count(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<Option<u64>, Error> {
        Ok(self.several(path, options, wish)?.map(|matching| matching.len() as u64))
    }

    fn one(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<One<'_>, Error> {
        Ok(match self.at(path) {
            Found::One(spot) => {
                let mut entities = Expander::new(self, *wish).entities(&[spot], options)?;
                entities.pop().map_or(One::Missing, One::Entity)
            }
            Found::Nothing => One::Nothing,
            Found::Several(_) | Found::Missing => One::Missing,
        })
    }
}

impl Data {
    /// The same rows, on pages of at most so many.
    #[must_use]
    pub fn paged_by(self, page_rows: u64) -> Self {
        Self { page_rows, ..self }
    }

    /// The entities at the end of a path that match, in the order that is asked for; none when the path breaks off.
    fn several(
        &self,
        path: &ResourcePath,
        options: &Options,
        wish: &Wish,
    ) -> Result<Option<Vec<Spot>>, Error> {
        match self.at(path) {
            Found::Several(spots) => self.matching(spots, None, options, wish).map(Some),
            Found::One(_) | Found::Nothing | Found::Missing => Ok(None),
        }
    }

    /// The entities that match, in the order that is asked for; equals stay in the order they were loaded. `root` is the
    /// entity that is expanded.
    pub(super) fn matching(
        &self,
        spots: Vec<Spot>,
        root: Option<&[Value]>,
        options: &Options,
        wish: &Wish,
    ) -> Result<Vec<Spot>, Error> {
        let context = Context { now: wish.now };
        let mut found = Vec::new();
        for spot in spots {
            let Some(row) = self.row(spot) else { continue };
            let scope = Scope { row, root, related: self };
            let matches =
                options.filter.as_ref().map_or(Ok(true), |filter| eval::matches_in(filter, &scope, &context));
            let matches = matches.map_err(|error| error.about("$filter"))?;
            if matches && options.search.as_ref().is_none_or(|search| search::holds(search, row)) {
                let keys = eval::sort_keys_in(&options.orderby, &scope, &context);
                found.push((keys.map_err(|error| error.about("$orderby"))?, spot));
            }
        }
        found.sort_by(|(left, _), (right, _)| eval::compare_keys(&options.orderby, left, right));
        Ok(found.into_iter().map(|(_, spot)| spot).collect())
    }
}
