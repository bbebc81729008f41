//! CSDL XML 4.0, valid against the OASIS schemas.

use super::annotation::{self, Annotation, Constant};
use super::{VERSION, VOCABULARIES, constraints, entity_type_name, scale};
use crate::edm::{
    Binding, ComplexType, EntitySet, EntityType, EnumType, Model, NavigationProperty, Property, Scale,
    Singleton, Type,
};

/// The `$metadata` document as XML.
pub fn xml(model: &Model) -> String {
    let mut xml = Xml { out: r#"<?xml version="1.0" encoding="utf-8"?>"#.to_owned() };
    let namespace = ("xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx");
    xml.element("edmx:Edmx", &[namespace, ("Version", VERSION)], |xml| {
        for (namespace, url) in VOCABULARIES {
            xml.element("edmx:Reference", &[("Uri", url)], |xml| {
                xml.element("edmx:Include", &[("Namespace", namespace)], |_| {});
            });
        }
        xml.element("edmx:DataServices", &[], |xml| schema(xml, model));
    });
    xml.out.push('\n');
    xml.out
}

fn schema(xml: &mut Xml, model: &Model) {
    let namespace = ("xmlns", "http://docs.oasis-open.org/odata/ns/edm");
    xml.element("Schema", &[namespace, ("Namespace", model.namespace())], |xml| {
        for enum_type in model.enum_types() {
            enumeration(xml, enum_type);
        }
        for complex_type in model.complex_types() {
            complex(xml, model, complex_type);
        }
        for entity_type in model.entity_types() {
            entity(xml, model, entity_type);
        }
        container(xml, model);
    });
}

fn enumeration(xml: &mut Xml, enum_type: &EnumType) {
    let underlying = enum_type.underlying.to_string();
    let is_flags = if enum_type.is_flags { "true" } else { "false" };
    let attributes =
        [("Name", enum_type.name.as_str()), ("UnderlyingType", &underlying), ("IsFlags", is_flags)];
    xml.element("EnumType", &attributes, |xml| {
        for member in &enum_type.members {
            xml.element("Member", &[("Name", &member.name), ("Value", &member.value.to_string())], |_| {});
        }
    });
}

fn complex(xml: &mut Xml, model: &Model, complex_type: &ComplexType) {
    xml.element("ComplexType", &[("Name", &complex_type.name)], |xml| {
        for part in &complex_type.properties {
            property(xml, model, part);
        }
    });
}

fn entity(xml: &mut Xml, model: &Model, entity_type: &EntityType) {
    xml.element("EntityType", &[("Name", &entity_type.name)], |xml| {
        xml.element("Key", &[], |xml| {
            for &index in &entity_type.key {
                xml.element("PropertyRef", &[("Name", &entity_type.properties[index].name)], |_| {});
            }
        });
        for part in &entity_type.properties {
            property(xml, model, part);
        }
        for way in &entity_type.navigation {
            navigation(xml, model, entity_type, way);
        }
    });
}

fn property(xml: &mut Xml, model: &Model, property: &Property) {
    let mut attributes = vec![("Name", property.name.clone()), ("Type", model.type_name(&property.ty))];
    // Of a collection it is said whether items may be null; there is no default for that (CSDL 4.0 section 6.2.1).
    if !property.nullable || matches!(property.ty, Type::Collection(_)) {
        attributes.push(("Nullable", property.nullable.to_string()));
    }
    let facets = property.facets;
    let scale = scale(&property.ty, facets).map(|scale| match scale {
        Scale::Fixed(digits) => digits.to_string(),
        Scale::Variable => "variable".to_owned(),
    });
    attributes.extend(facets.max_length.map(|length| ("MaxLength", length.to_string())));
    attributes.extend(facets.precision.map(|precision| ("Precision", precision.to_string())));
    attributes.extend(scale.map(|scale| ("Scale", scale)));
    let attributes: Vec<_> = attributes.iter().map(|(name, value)| (*name, value.as_str())).collect();
    xml.element("Property", &attributes, |xml| {
        annotations(xml, &annotation::texts(&property.label, &property.description));
    });
}

fn navigation(xml: &mut Xml, model: &Model, entity_type: &EntityType, way: &NavigationProperty) {
    let target = entity_type_name(model, model.entity_type(way.target));
    let ty = if way.collection { format!("Collection({target})") } else { target };
    let mut attributes = vec![("Name", way.name.as_str()), ("Type", ty.as_str())];
    if !way.collection && !way.nullable {
        attributes.push(("Nullable", "false"));
    }
    attributes.extend(way.partner.as_deref().map(|partner| ("Partner", partner)));
    xml.element("NavigationProperty", &attributes, |xml| {
        for (here, there) in constraints(model, entity_type, way) {
            let attributes = [("Property", here), ("ReferencedProperty", there)];
            xml.element("ReferentialConstraint", &attributes, |_| {});
        }
        annotations(xml, &annotation::texts(&way.label, &way.description));
    });
}

fn container(xml: &mut Xml, model: &Model) {
    xml.element("EntityContainer", &[("Name", model.container())], |xml| {
        for set in model.entity_sets() {
            entity_set(xml, model, set);
        }
        for one in model.singletons() {
            singleton(xml, model, one);
        }
        annotations(xml, &annotation::of_container(model));
    });
}

fn entity_set(xml: &mut Xml, model: &Model, set: &EntitySet) {
    let entity_type = model.entity_type(set.entity_type);
    let attributes = [("Name", set.name.as_str()), ("EntityType", &entity_type_name(model, entity_type))];
    xml.element("EntitySet", &attributes, |xml| {
        bindings(xml, model, &set.bindings);
        annotations(xml, &annotation::of_set(set, entity_type));
    });
}

fn singleton(xml: &mut Xml, model: &Model, one: &Singleton) {
    let entity_type = entity_type_name(model, model.entity_type(one.entity_type));
    xml.element("Singleton", &[("Name", &one.name), ("Type", &entity_type)], |xml| {
        bindings(xml, model, &one.bindings);
        annotations(xml, &annotation::texts(&one.description, &None));
    });
}

fn bindings(xml: &mut Xml, model: &Model, bindings: &[Binding]) {
    for binding in bindings {
        let attributes = [("Path", binding.path.as_str()), ("Target", &model.set(binding.target).name)];
        xml.element("NavigationPropertyBinding", &attributes, |_| {});
    }
}

fn annotations(xml: &mut Xml, annotations: &[Annotation<'_>]) {
    for annotation in annotations {
        annotated(xml, "Annotation", ("Term", annotation.term), &annotation.value);
    }
}

/// An element with a constant: as an attribute where CSDL has one, else as its content.
fn annotated(xml: &mut Xml, element: &str, name: (&str, &str), value: &Constant<'_>) {
    let content = match value {
        Constant::Boolean(value) => {
            return xml.element(element, &[name, ("Bool", if *value { "true" } else { "false" })], |_| {});
        }
        Constant::Text(text) => return xml.element(element, &[name, ("String", text)], |_| {}),
        other => other,
    };
    xml.element(element, &[name], |xml| match content {
        Constant::Enum(ty, member) => xml.text("EnumMember", &format!("{ty}/{member}")),
        Constant::Texts(texts) => collection(xml, "String", texts),
        Constant::PropertyPaths(paths) => collection(xml, "PropertyPath", paths),
        Constant::Record(members) => xml.element("Record", &[], |xml| {
            for (member, value) in members {
                annotated(xml, "PropertyValue", ("Property", member), value);
            }
        }),
        Constant::Boolean(_) | Constant::Text(_) => {}
    });
}

fn collection(xml: &mut Xml, element: &str, items: &[&str]) {
    xml.element("Collection", &[], |xml| {
        for item in items {
            xml.text(element, item);
        }
    });
}

/// Elements without blanks between them; everything that is not markup is escaped.
struct Xml {
    out: String,
}

impl Xml {
    fn element(&mut self, name: &str, attributes: &[(&str, &str)], content: impl FnOnce(&mut Self)) {
        self.out.push('<');
        self.out.push_str(name);
        for (name, value) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.out.push_str("=\"");
            self.escaped(value);
            self.out.push('"');
        }
        let before = self.out.len();
        self.out.push('>');
        content(self);
        if self.out.len() == before + 1 {
            self.out.truncate(before);
            self.out.push_str("/>");
        } else {
            self.close(name);
        }
    }

    fn text(&mut self, name: &str, text: &str) {
        self.element(name, &[], |xml| xml.escaped(text));
    }

    fn close(&mut self, name: &str) {
        self.out.push_str("</");
        self.out.push_str(name);
        self.out.push('>');
    }

    /// Characters XML 1.0 cannot carry (section 2.2) are dropped; white space of attributes is kept by references.
    fn escaped(&mut self, text: &str) {
        for character in text.chars() {
            match character {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#9;"),
                '\n' => self.out.push_str("&#10;"),
                '\r' => self.out.push_str("&#13;"),
                '\0'..' ' | '\u{fffe}' | '\u{ffff}' => {}
                other => self.out.push(other),
            }
        }
    }
}

#[cfg(test)]
#[path = "xml_tests.rs"]
mod tests;
