//! What options are asked of, and which fit there.

use super::resource::{Part, Resource, ResourcePath};
use crate::check::About;
use crate::edm::{Model, SingletonId, Type};

/// What options apply to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    pub(super) kind: Kind,
    /// What each row is.
    pub(super) about: Option<About<'a>>,
    /// The entity of the request, in the options of what is expanded below it.
    pub(super) root: Option<About<'a>>,
    /// The singleton that the row is, whose navigation has bindings of its own.
    pub(super) singleton: Option<SingletonId>,
}

/// The sorts of things that have options.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    ServiceDocument,
    Metadata,
    Batch,
    Entities,
    Entity,
    References,
    Reference,
    Count,
    Items,
    Complex,
    Value,
    Expanded,
    ExpandedReferences,
    ExpandedCount,
    SelectedItems,
    SelectedComplex,
}

impl Kind {
    /// How it is called, and the names of the options it takes. `/$count` ignores those that only shape a page (OData
    /// 4.01, section 11.2.10).
    pub(super) fn takes(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::ServiceDocument | Self::Metadata => ("the service document", &["format"]),
            Self::Batch => ("a batch", &["format"]),
            Self::Entities | Self::Count => (
                "a collection",
                &[
                    "filter",
                    "select",
                    "orderby",
                    "top",
                    "skip",
                    "count",
                    "expand",
                    "search",
                    "skiptoken",
                    "format",
                    "apply",
                    "compute",
                    "deltatoken",
                    "index",
                ],
            ),
            Self::Entity => ("a single entity", &["select", "expand", "compute", "format"]),
            Self::References => (
                "references",
                &["filter", "orderby", "top", "skip", "count", "search", "skiptoken", "format"],
            ),
            Self::Reference => ("a reference", &["format"]),
            Self::Items => (
                "a collection of values",
                &[
                    "filter",
                    "select",
                    "orderby",
                    "top",
                    "skip",
                    "count",
                    "skiptoken",
                    "format",
                    "compute",
                    "index",
                ],
            ),
            Self::Complex => ("a complex property", &["select", "expand", "compute", "format"]),
            Self::Value => ("a single property", &["format"]),
            Self::Expanded => (
                "an expanded property",
                &[
                    "filter", "select", "orderby", "top", "skip", "count", "expand", "search", "compute",
                    "levels", "apply",
                ],
            ),
            Self::ExpandedReferences => {
                ("expanded references", &["filter", "orderby", "top", "skip", "count", "search"])
            }
            Self::ExpandedCount => ("an expanded count", &["filter", "search"]),
            Self::SelectedItems => (
                "a selected collection",
                &["filter", "select", "orderby", "top", "skip", "count", "search", "compute"],
            ),
            Self::SelectedComplex => ("a selected property", &["select", "compute"]),
        }
    }
}

impl<'a> Target<'a> {
    pub(super) fn new(kind: Kind, about: Option<About<'a>>) -> Self {
        Self { kind, about, root: None, singleton: None }
    }

    pub(super) fn of(model: &'a Model, resource: &Resource) -> Self {
        let Some(path) = resource.path() else {
            return Self::new(
                match resource {
                    Resource::Metadata => Kind::Metadata,
                    Resource::Batch => Kind::Batch,
                    _ => Kind::ServiceDocument,
                },
                None,
            );
        };
        Self::of_path(model, &path)
    }

    fn of_path(model: &'a Model, path: &ResourcePath) -> Self {
        let id = path.entity_type(model);
        let about = About::Entity(id, path.set());
        let several = path.is_collection();
        let kind = match &path.part {
            Part::Entities if several => Kind::Entities,
            Part::Entities => Kind::Entity,
            Part::References if several => Kind::References,
            Part::References => Kind::Reference,
            Part::Count => Kind::Count,
            Part::Value(_) => Kind::Value,
            Part::Property(property) | Part::PropertyCount(property) => {
                let declared = property.declared(model, model.entity_type(id));
                return Self::of_property(declared.map(|declared| &declared.ty));
            }
        };
        let singleton = match path.start {
            super::PathStart::Singleton(id) if path.steps.is_empty() => Some(id),
            _ => None,
        };
        Self { singleton, ..Self::new(kind, Some(about)) }
    }

    fn of_property(ty: Option<&'a Type>) -> Self {
        match ty {
            Some(Type::Collection(item)) => Self::new(Kind::Items, Some(About::Item(item))),
            Some(ty @ Type::Complex(_)) => Self::new(Kind::Complex, Some(About::Item(ty))),
            _ => Self::new(Kind::Value, None),
        }
    }
}
