//! The filters that the owner of a data source gave its objects.

use odata::edm::Model;
use odata::expr::Expr;
use odata::{Error, ErrorKind};

use crate::model::{Definition, StoredModel};

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
