//! The filters that the owner of a data source gave its objects.

use std::collections::BTreeSet;

use odata::edm::Model;
use odata::expr::Expr;
use odata::{Error, ErrorKind};

use crate::model::{Definition, Origin, StoredModel, StoredSet};

/// What the rows of each entity set have to match to be shown at all, however they are reached.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnFilters(Vec<(usize, Expr)>);

impl OwnFilters {
    /// Parses the filters of a definition.
    ///
    /// # Errors
    /// What is wrong with one of them, as for a client's `$filter`.
    pub fn read(stored: &StoredModel, model: &Model, definition: &Definition) -> Result<Self, Error> {
        let mut filters = Vec::new();
        for (index, set) in stored.sets.iter().enumerate() {
            let Some(text) = definition.filter(&set.name) else { continue };
            filters.push((index, own_filter(model, &set.name, text)?));
        }
        Ok(Self(filters))
    }

    /// The filter of one set, where no other set is read.
    #[must_use]
    pub fn only(set: usize, filter: Option<&Expr>) -> Self {
        Self(filter.map(|filter| (set, filter.clone())).into_iter().collect())
    }

    /// Canonical texts, which are the same for the same filters.
    pub(super) fn texts(&self) -> Vec<String> {
        self.0.iter().map(|(set, filter)| format!("{set} {filter}")).collect()
    }

    /// The filter of the set with this index in the stored model.
    #[must_use]
    pub fn of(&self, set: usize) -> Option<&Expr> {
        self.0.iter().find(|(index, _)| *index == set).map(|(_, filter)| filter)
    }
}

/// An end of a link that the data source may hide: the link is shown only with both of its ends.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownEnd {
    /// Index of the set that the records at this end are members of.
    pub set: usize,
    /// HubSpot's name of their object.
    pub object: String,
    /// Whether the links are read from this end.
    pub from: bool,
    /// Columns that decide, ascending.
    pub read: Vec<usize>,
    /// What the records have to match.
    pub own: Expr,
}

/// The ends of the links of a set that are not all shown; none for sets of something else.
pub(super) fn shown_ends(stored: &StoredModel, set: &StoredSet, own: &OwnFilters) -> Vec<ShownEnd> {
    let Origin::Links { from, to } = &set.origin else { return Vec::new() };
    let end = |(object, from): (&String, bool)| {
        let is_it = |set: &StoredSet| matches!(&set.origin, Origin::Object(own) if own == object);
        let index = stored.sets.iter().position(is_it)?;
        let filter = own.of(index)?;
        let mut read: BTreeSet<usize> = filter.properties();
        read.extend(0..stored.sets.get(index)?.key().len());
        let read = read.into_iter().collect();
        Some(ShownEnd { set: index, object: object.clone(), from, read, own: filter.clone() })
    };
    [(from, true), (to, false)].into_iter().filter_map(end).collect()
}

/// Parses the filter that the owner gave an object of the data source.
///
/// # Errors
/// What is wrong with it, as for a client's `$filter`; and `NotSupported` when it follows navigation properties, because
/// it is also evaluated on rows that are themselves reached by one.
pub fn own_filter(model: &Model, set: &str, text: &str) -> Result<Expr, Error> {
    let missing = || Error::new(ErrorKind::EntitySetNotFound, "The data source has no such table.");
    let filter = odata::url::parse_filter(model, model.set_id(set).ok_or_else(missing)?, text)?;
    if !filter.is_local() {
        return Err(Error::not_supported(
            "Following navigation properties in the filter of a data source is",
        ));
    }
    Ok(filter)
}
