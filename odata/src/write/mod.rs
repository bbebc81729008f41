//! Answers as bytes: pages, entities, properties, the service document and errors, in the JSON format of version 4.0.
//!
//! Written straight into a buffer, in a fixed order of members, so that the same answer is the same bytes on every
//! replica. What it writes for whom is decided by [`Shape`]; status codes and headers are the caller's.

mod body;
mod context;
mod control;
mod json;
mod object;
mod page;
mod record;
#[cfg(test)]
mod sample;
mod text;

pub(crate) use object::Object;

pub use body::{Detail, error, service_document};
pub use page::PageWriter;
pub use record::{entity, property, raw_value};

use crate::edm::{EntityType, Model, SetId};
use crate::http::Format;
use crate::url::Select;

/// What an answer about members of an entity set looks like.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a> {
    /// The model the set belongs to.
    pub model: &'a Model,
    /// The set the entities are members of.
    pub set: SetId,
    /// `$select`: indices of the properties to write, in the order to write them; `None` writes all.
    pub select: Option<&'a [usize]>,
    /// Indices of the navigation properties that `$select` names; they are listed in the context URL.
    pub select_navigation: &'a [usize],
    /// What was negotiated.
    pub format: Format,
    /// The absolute URL of the service, with or without the slash at its end.
    pub root: &'a str,
    /// Leave out what is null; must be acknowledged by `Preference-Applied: omit-values=nulls`.
    pub omit_nulls: bool,
}

impl<'a> Shape<'a> {
    /// Every property of a set, with all nulls.
    pub fn new(model: &'a Model, set: SetId, root: &'a str, format: Format) -> Self {
        Self { model, set, select: None, select_navigation: &[], format, root, omit_nulls: false }
    }

    /// The same, of what `$select` names; `*` is every property.
    #[must_use]
    pub fn selecting(self, select: Option<&'a Select>) -> Self {
        let Some(select) = select else { return self };
        let properties = (!select.all).then_some(select.properties.as_slice());
        Self { select: properties, select_navigation: &select.navigation, ..self }
    }

    fn entity_type(&self) -> &'a EntityType {
        self.model.type_of_set(self.set)
    }
}
