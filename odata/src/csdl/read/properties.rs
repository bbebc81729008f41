//! Structural properties: types, facets, and what people call them.

use super::tree::Element;
use super::{Id, ReadError, Reader};
use crate::edm::{Facets, Primitive, Property, Scale, Type};

/// Built-in types whose values this crate cannot hold.
const UNSUPPORTED: [&str; 5] = ["Stream", "Untyped", "PrimitiveType", "ComplexType", "EntityType"];

/// What a type name leads to.
enum Found {
    /// A type that can be served, and the facets a type definition gives it.
    Type(Type, Facets),
    /// One that exists and cannot be served.
    Unsupported,
}

impl<'a> Reader<'a> {
    /// A property of the type `owner`; none when its type cannot be served.
    pub(super) fn property(
        &mut self,
        owner: &str,
        element: &'a Element,
    ) -> Result<Option<Property>, ReadError> {
        let name = element.required("Name")?;
        let text = element.required("Type")?;
        let (ty, defined) = match self.resolve(text, element)? {
            Found::Type(ty, defined) => (ty, defined),
            Found::Unsupported => {
                self.leave_out(element, format!("is not served: values of {text} are not supported."));
                return Ok(None);
            }
        };
        let annotations = self.annotations(element, &format!("{owner}/{name}"));
        Ok(Some(Property {
            nullable: element.flag("Nullable", true)?,
            facets: facets(element, &ty, defined)?,
            label: annotations.text("Org.OData.Core.V1.Description").map(str::to_owned),
            description: annotations.text("Org.OData.Core.V1.LongDescription").map(str::to_owned),
            ..Property::new(name, ty)
        }))
    }

    fn resolve(&self, text: &str, element: &Element) -> Result<Found, ReadError> {
        match text.strip_prefix("Collection(").and_then(|rest| rest.strip_suffix(')')) {
            None => self.resolve_single(text, element),
            Some(item) => Ok(match self.resolve_single(item, element)? {
                Found::Type(item, facets) => Found::Type(Type::Collection(Box::new(item)), facets),
                Found::Unsupported => Found::Unsupported,
            }),
        }
    }

    fn resolve_single(&self, name: &str, element: &Element) -> Result<Found, ReadError> {
        if let Some(built_in) = name.strip_prefix("Edm.") {
            return built_in_type(built_in, element);
        }
        match self.ids.get(&self.names.qualified(name)) {
            Some(Id::Enum(id)) => return Ok(Found::Type(Type::Enum(*id), Facets::default())),
            Some(Id::Complex(id)) => return Ok(Found::Type(Type::Complex(*id), Facets::default())),
            Some(Id::Entity(_)) | None => {}
        }
        match self.names.declaration(name) {
            Some(found) if found.name == "TypeDefinition" => definition(found),
            Some(_) => Err(element.error(format!(
                "`{name}` is an entity type; entities are reached by navigation properties."
            ))),
            None => Err(element.error(self.names.undeclared(name))),
        }
    }
}

fn built_in_type(name: &str, element: &Element) -> Result<Found, ReadError> {
    let known = Primitive::ALL.into_iter().find(|primitive| primitive.name() == name);
    match known {
        Some(primitive) => Ok(Found::Type(primitive.into(), Facets::default())),
        None if UNSUPPORTED.contains(&name) || name.starts_with("Geo") => Ok(Found::Unsupported),
        None => {
            let hint = crate::hint::hint(name, Primitive::ALL.into_iter().map(Primitive::name));
            Err(element.error(format!("There is no built-in type `Edm.{name}`.{hint}")))
        }
    }
}

/// A type definition stands for a built-in type, perhaps with facets.
fn definition(element: &Element) -> Result<Found, ReadError> {
    let underlying = element.required("UnderlyingType")?;
    let name = underlying.strip_prefix("Edm.").unwrap_or_default();
    match built_in_type(name, element)? {
        Found::Type(ty, none) => {
            let facets = given_facets(element, none)?;
            Ok(Found::Type(ty, facets))
        }
        Found::Unsupported => Ok(Found::Unsupported),
    }
}

/// The facets of a property. A decimal without a scale has no digits after the point; one of variable scale is the
/// model's default, which says nothing.
fn facets(element: &Element, ty: &Type, defined: Facets) -> Result<Facets, ReadError> {
    let mut facets = given_facets(element, defined)?;
    let item = if let Type::Collection(item) = ty { item } else { ty };
    if *item == Type::Primitive(Primitive::Decimal) {
        facets.scale = match facets.scale {
            None => Some(Scale::Fixed(0)),
            Some(Scale::Variable) => None,
            fixed => fixed,
        };
    }
    Ok(facets)
}

/// What the attributes say, and where they say nothing, what a type definition said.
fn given_facets(element: &Element, defined: Facets) -> Result<Facets, ReadError> {
    let max_length = match element.attribute("MaxLength") {
        Some("max") => None,
        _ => element.number("MaxLength")?.or(defined.max_length),
    };
    let scale = match element.attribute("Scale") {
        Some("variable" | "floating") => Some(Scale::Variable),
        _ => element.number("Scale")?.map(Scale::Fixed).or(defined.scale),
    };
    Ok(Facets { max_length, precision: element.number("Precision")?.or(defined.precision), scale })
}
