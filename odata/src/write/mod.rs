//! Answers as bytes: pages, entities, properties, the service document and errors, in the JSON format of version 4.0 or 4.01.
//!
//! Written straight into a buffer, in a fixed order of members, so that the same answer is the same bytes on every
//! replica. What it writes for whom is decided by [`Shape`]; status codes and headers are the caller's.

mod body;
mod context;
mod control;
mod expanded;
mod json;
mod object;
mod page;
mod property;
mod record;
mod reference;
#[cfg(test)]
mod sample;
mod text;
#[cfg(test)]
mod version_tests;

pub(crate) use object::Object;

pub use body::{Detail, error, service_document};
pub use expanded::{Entity, Expanded};
pub use page::PageWriter;
pub use property::{PropertyAnswer, property, property_at, raw_value};
pub use record::{entity, entity_with};
pub use reference::reference;

use crate::edm::{EntityType, Model, SetId, TypeId};
use crate::http::Format;
use crate::url::{Expand, NestedSelect, Options, ResourcePath, Select};

/// What an answer about entities looks like.
#[derive(Debug, Clone, Copy)]
pub struct Shape<'a> {
    /// The model the entities belong to.
    pub model: &'a Model,
    /// Their type.
    pub entity_type: TypeId,
    /// The set they are members of, where that is known.
    pub set: Option<SetId>,
    /// The path of the request, which names entities that are members of no known set.
    pub path: Option<&'a ResourcePath>,
    /// `$select`: indices of the properties to write, in the order to write them; `None` writes all.
    pub select: Option<&'a [usize]>,
    /// The properties of which only a part is written.
    pub nested: &'a [NestedSelect],
    /// Indices of the navigation properties that `$select` names; they are listed in the context URL.
    pub select_navigation: &'a [usize],
    /// `$expand`: what is written with each entity.
    pub expand: &'a [Expand],
    /// What was negotiated.
    pub format: Format,
    /// The absolute URL of the service, with or without the slash at its end.
    pub root: &'a str,
    /// Leave out what is null; must be acknowledged by `Preference-Applied: omit-values=nulls`.
    pub omit_nulls: bool,
}

impl<'a> Shape<'a> {
    /// Every property of the members of a set, with all nulls.
    pub fn new(model: &'a Model, set: SetId, root: &'a str, format: Format) -> Self {
        Self {
            model,
            entity_type: model.set(set).entity_type,
            set: Some(set),
            path: None,
            select: None,
            nested: &[],
            select_navigation: &[],
            expand: &[],
            format,
            root,
            omit_nulls: false,
        }
    }

    /// The same of whatever a path leads to.
    pub fn of_path(model: &'a Model, path: &'a ResourcePath, root: &'a str, format: Format) -> Self {
        let anywhere = Self::new(model, SetId(0), root, format);
        Self { entity_type: path.entity_type(model), set: path.set(), path: Some(path), ..anywhere }
    }

    /// The same, of what `$select` names; `*` is every property.
    #[must_use]
    pub fn selecting(self, select: Option<&'a Select>) -> Self {
        let Some(select) = select else { return self };
        let properties = (!select.all).then_some(select.properties.as_slice());
        Self { select: properties, nested: &select.nested, select_navigation: &select.navigation, ..self }
    }

    /// The same, with what `$expand` names.
    #[must_use]
    pub fn expanding(self, expand: &'a [Expand]) -> Self {
        Self { expand, ..self }
    }

    /// The same, with what the options select and expand.
    #[must_use]
    pub fn asking(self, options: &'a Options) -> Self {
        self.selecting(options.select.as_ref()).expanding(&options.expand)
    }

    /// The entities at the end of an expanded navigation property.
    fn expanded(self, expand: &'a Expand) -> Self {
        let step = &expand.step;
        let plain = Self {
            entity_type: step.target,
            set: step.target_set,
            path: None,
            select: None,
            nested: &[],
            select_navigation: &[],
            ..self
        };
        plain.asking(&expand.options)
    }

    fn type_of_entities(&self) -> &'a EntityType {
        self.model.entity_type(self.entity_type)
    }
}
