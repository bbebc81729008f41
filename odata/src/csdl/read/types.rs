//! Enumeration, complex and entity types, each with everything it has from its base types.

use super::annotation::Annotations;
use super::tree::Element;
use super::{Id, ReadError, Reader};
use crate::edm::{
    Builder, ComplexId, ComplexType, EntityType, EnumId, EnumMember, EnumType, Primitive, TypeId,
};

/// A type and the types it derives from, outermost first, each with its qualified name.
pub(super) type Descent<'a> = Vec<(String, &'a Element)>;

/// The types of the model, in the order of the document.
#[derive(Debug, Default)]
pub(super) struct Types {
    enums: Vec<EnumType>,
    complexes: Vec<ComplexType>,
    pub(super) entities: Vec<EntityType>,
}

impl Types {
    pub(super) fn add_to(self, builder: &mut Builder) {
        for enum_type in self.enums {
            builder.enum_type(enum_type);
        }
        for complex_type in self.complexes {
            builder.complex_type(complex_type);
        }
        for entity_type in self.entities {
            builder.entity_type(entity_type);
        }
    }
}

impl<'a> Reader<'a> {
    /// Reads all types. Their ids are given out first, because types refer to each other in any order.
    pub(super) fn types(&mut self) -> Result<Types, ReadError> {
        let mut types = Types::default();
        let (enums, complexes, entities) =
            (self.declared("EnumType")?, self.declared("ComplexType")?, self.entities()?);
        self.number(&enums, |index| Id::Enum(EnumId(index)));
        self.number(&complexes, |index| Id::Complex(ComplexId(index)));
        self.number(&entities, |index| Id::Entity(TypeId(index)));
        for descent in &enums {
            types.enums.extend(descent.last().map(|(_, element)| enumeration(element)).transpose()?);
        }
        for descent in &complexes {
            types.complexes.push(self.complex(descent)?);
        }
        for descent in &entities {
            types.entities.push(self.entity(descent)?);
        }
        for (index, descent) in entities.iter().enumerate() {
            let navigation = self.navigation(descent, &types.entities, index)?;
            types.entities[index].navigation = navigation;
        }
        self.mend_partners(&entities, &mut types.entities);
        Ok(types)
    }

    fn declared(&self, kind: &str) -> Result<Vec<Descent<'a>>, ReadError> {
        self.names.types_of(kind).map(|(name, element)| self.names.line_of_descent(name, element)).collect()
    }

    /// The entity types that can be served: those with a key, all of which is properties of their own.
    fn entities(&mut self) -> Result<Vec<Descent<'a>>, ReadError> {
        let mut served = Vec::new();
        for descent in self.declared("EntityType")? {
            let Some((_, element)) = descent.last() else { continue };
            let mut parts = key(&descent).into_iter().flat_map(|key| key.named("PropertyRef")).peekable();
            if parts.peek().is_none() {
                self.leave_out(element, "is not served: it has no key.");
            } else if parts.any(|part| part.attribute("Name").is_some_and(|name| name.contains('/'))) {
                self.leave_out(element, "is not served: its key lies inside of a complex property.");
            } else {
                served.push(descent);
            }
        }
        Ok(served)
    }

    fn number(&mut self, types: &[Descent<'a>], id: impl Fn(usize) -> Id) {
        let names = types.iter().filter_map(|descent| descent.last());
        self.ids.extend(names.enumerate().map(|(index, (name, _))| (name.clone(), id(index))));
    }

    fn complex(&mut self, descent: &Descent<'a>) -> Result<ComplexType, ReadError> {
        let mut complex_type = ComplexType { name: self.own_name(descent)?, properties: Vec::new() };
        for (owner, element) in descent {
            for property in element.named("Property") {
                complex_type.properties.extend(self.property(owner, property)?);
            }
            for way in element.named("NavigationProperty") {
                self.leave_out(way, "is not served: only entity types have navigation properties here.");
            }
        }
        Ok(complex_type)
    }

    fn entity(&mut self, descent: &Descent<'a>) -> Result<EntityType, ReadError> {
        let mut entity_type = EntityType::new(self.own_name(descent)?);
        for (owner, element) in descent {
            for property in element.named("Property") {
                entity_type.properties.extend(self.property(owner, property)?);
            }
        }
        self.key(descent, &mut entity_type)?;
        self.report_extras(descent)?;
        Ok(entity_type)
    }

    fn own_name(&self, descent: &Descent<'a>) -> Result<String, ReadError> {
        descent.last().map_or(Ok(String::new()), |(_, element)| element.required("Name").map(str::to_owned))
    }

    /// What clients would otherwise expect of a type.
    fn report_extras(&mut self, descent: &Descent<'a>) -> Result<(), ReadError> {
        let Some((_, element)) = descent.last() else { return Ok(()) };
        if let Some(base) = element.attribute("BaseType") {
            let reason = format!("is served as a type of its own; no set of `{base}` holds it.");
            self.leave_out(element, reason);
        }
        for (attribute, reason) in [
            ("OpenType", "is served as a closed type."),
            ("HasStream", "is served without its media stream."),
        ] {
            if element.flag(attribute, false)? {
                self.leave_out(element, reason);
            }
        }
        Ok(())
    }

    fn key(&mut self, descent: &Descent<'a>, entity_type: &mut EntityType) -> Result<(), ReadError> {
        for part in key(descent).into_iter().flat_map(|key| key.named("PropertyRef")) {
            let name = part.required("Name")?;
            let nowhere = || part.error(format!("The key `{name}` is no property that is served."));
            let index = entity_type.property_index(name).ok_or_else(nowhere)?;
            let property = &mut entity_type.properties[index];
            if property.nullable {
                property.nullable = false;
                self.leave_out(part, "is never null, although the property does not say so: it is the key.");
            }
            entity_type.key.push(index);
        }
        Ok(())
    }

    /// The names and sentences for people of an element.
    pub(super) fn annotations(&self, element: &'a Element, target: &str) -> Annotations<'a> {
        Annotations::of(self.names, element, target)
    }
}

/// The key of the outermost type that has one.
fn key<'a>(descent: &Descent<'a>) -> Option<&'a Element> {
    descent.iter().find_map(|(_, element)| element.named("Key").next())
}

fn enumeration(element: &Element) -> Result<EnumType, ReadError> {
    let underlying = element.attribute("UnderlyingType").unwrap_or("Edm.Int32");
    let whole = Primitive::ALL.into_iter().filter(|primitive| primitive.is_integer());
    let found = whole.into_iter().find(|primitive| primitive.to_string() == underlying);
    let underlying =
        found.ok_or_else(|| element.error(format!("An enumeration cannot be made of `{underlying}`.")))?;
    let mut members: Vec<EnumMember> = Vec::new();
    for member in element.named("Member") {
        // Members without a value count on from the one before (CSDL 4.0 section 10.2.2).
        let next = members.last().map_or(Some(0), |last| last.value.checked_add(1));
        let value =
            member.number("Value")?.or(next).ok_or_else(|| member.error("Its value is too large."))?;
        members.push(EnumMember { name: member.required("Name")?.to_owned(), value });
    }
    let name = element.required("Name")?.to_owned();
    Ok(EnumType { name, underlying, is_flags: element.flag("IsFlags", false)?, members })
}
