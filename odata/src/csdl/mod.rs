//! The description of the service that clients read first (`$metadata`), as XML and as JSON.
//!
//! Both say the same: types, sets, and as annotations what people call things and what may be asked of them. Nothing
//! is claimed that the model does not say.

mod annotation;
mod json;
mod read;
#[cfg(test)]
mod sample;
mod xml;

pub use json::json;
pub use read::{Document, LeftOut, ReadError, read};
pub use xml::xml;

use crate::edm::{EntityType, Facets, Model, NavigationProperty, Primitive, Scale, Type};

/// The version of CSDL both documents are written in: clients that read 4.0 refuse a later one.
const VERSION: &str = "4.0";

/// The vocabularies the annotations are taken from: namespace and where OASIS publishes it.
const VOCABULARIES: [(&str, &str); 2] = [
    (
        "Org.OData.Core.V1",
        "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Core.V1.xml",
    ),
    (
        "Org.OData.Capabilities.V1",
        "https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml",
    ),
];

/// The scale to announce. A decimal without one would mean "no digits after the point" (CSDL 4.0 section 6.2.4), but
/// its values may have any number of them.
fn scale(ty: &Type, facets: Facets) -> Option<Scale> {
    let item = if let Type::Collection(item) = ty { item } else { ty };
    let decimal = matches!(item, Type::Primitive(Primitive::Decimal));
    facets.scale.or_else(|| decimal.then_some(Scale::Variable))
}

/// The name of an entity type with its namespace.
fn entity_type_name(model: &Model, entity_type: &EntityType) -> String {
    format!("{}.{}", model.namespace(), entity_type.name)
}

/// The properties on both sides of each referential constraint of a navigation property.
fn constraints<'a>(
    model: &'a Model,
    entity_type: &'a EntityType,
    way: &'a NavigationProperty,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let target = model.entity_type(way.target);
    way.constraints.iter().map(|constraint| {
        let here = &entity_type.properties[constraint.property];
        let there = &target.properties[constraint.referenced];
        (here.name.as_str(), there.name.as_str())
    })
}
