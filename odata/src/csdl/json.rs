//! CSDL JSON. It has the same content as the XML, except that its defaults differ: nothing is nullable unless it says so.

use super::annotation::{self, Annotation, Constant};
use super::{VERSION, VOCABULARIES, constraints, entity_type_name, scale};
use crate::edm::{
    Binding, ComplexType, EntitySet, EntityType, EnumType, Model, NavigationProperty, Primitive, Property,
    Scale, Singleton, Type,
};
use crate::write::Object;

/// The `$metadata` document as JSON.
pub fn json(model: &Model) -> Vec<u8> {
    Object::document(|document| {
        document.text("$Version", VERSION);
        document.text("$EntityContainer", &format!("{}.{}", model.namespace(), model.container()));
        document.object("$Reference", |references| {
            for (namespace, url) in VOCABULARIES {
                references.object(url, |reference| {
                    reference
                        .objects("$Include", [namespace], |include, name| include.text("$Namespace", name));
                });
            }
        });
        document.object(model.namespace(), |schema| types(schema, model));
    })
}

fn types(schema: &mut Object<'_>, model: &Model) {
    for enum_type in model.enum_types() {
        schema.object(&enum_type.name, |object| enumeration(object, enum_type));
    }
    for complex_type in model.complex_types() {
        schema.object(&complex_type.name, |object| complex(object, model, complex_type));
    }
    for entity_type in model.entity_types() {
        schema.object(&entity_type.name, |object| entity(object, model, entity_type));
    }
    schema.object(model.container(), |object| container(object, model));
}

fn enumeration(object: &mut Object<'_>, enum_type: &EnumType) {
    object.text("$Kind", "EnumType");
    object.text("$UnderlyingType", &enum_type.underlying.to_string());
    if enum_type.is_flags {
        object.boolean("$IsFlags", true);
    }
    for member in &enum_type.members {
        object.number(&member.name, member.value);
    }
}

fn complex(object: &mut Object<'_>, model: &Model, complex_type: &ComplexType) {
    object.text("$Kind", "ComplexType");
    for part in &complex_type.properties {
        object.object(&part.name, |object| property(object, model, part));
    }
}

fn entity(object: &mut Object<'_>, model: &Model, entity_type: &EntityType) {
    object.text("$Kind", "EntityType");
    object.texts("$Key", entity_type.key.iter().map(|&index| entity_type.properties[index].name.as_str()));
    for part in &entity_type.properties {
        object.object(&part.name, |object| property(object, model, part));
    }
    for way in &entity_type.navigation {
        object.object(&way.name, |object| navigation(object, model, entity_type, way));
    }
}

fn property(object: &mut Object<'_>, model: &Model, property: &Property) {
    let (item, collection) = match &property.ty {
        Type::Collection(item) => (item.as_ref(), true),
        single => (single, false),
    };
    if *item != Type::Primitive(Primitive::String) {
        object.text("$Type", &model.type_name(item));
    }
    flag(object, "$Collection", collection);
    flag(object, "$Nullable", property.nullable);
    let facets = property.facets;
    for (name, value) in
        [("$MaxLength", facets.max_length.map(i64::from)), ("$Precision", facets.precision.map(i64::from))]
    {
        if let Some(value) = value {
            object.number(name, value);
        }
    }
    match scale(&property.ty, facets) {
        Some(Scale::Fixed(digits)) => object.number("$Scale", digits.into()),
        Some(Scale::Variable) => object.text("$Scale", "variable"),
        None => {}
    }
    annotations(object, &annotation::texts(&property.label, &property.description));
}

fn navigation(object: &mut Object<'_>, model: &Model, entity_type: &EntityType, way: &NavigationProperty) {
    object.text("$Kind", "NavigationProperty");
    object.text("$Type", &entity_type_name(model, model.entity_type(way.target)));
    flag(object, "$Collection", way.collection);
    flag(object, "$Nullable", way.nullable && !way.collection);
    if let Some(partner) = &way.partner {
        object.text("$Partner", partner);
    }
    if !way.constraints.is_empty() {
        object.object("$ReferentialConstraint", |object| {
            for (here, there) in constraints(model, entity_type, way) {
                object.text(here, there);
            }
        });
    }
    annotations(object, &annotation::texts(&way.label, &way.description));
}

fn container(object: &mut Object<'_>, model: &Model) {
    object.text("$Kind", "EntityContainer");
    for set in model.entity_sets() {
        object.object(&set.name, |object| entity_set(object, model, set));
    }
    for one in model.singletons() {
        object.object(&one.name, |object| singleton(object, model, one));
    }
    annotations(object, &annotation::of_container(model));
}

fn entity_set(object: &mut Object<'_>, model: &Model, set: &EntitySet) {
    let entity_type = model.entity_type(set.entity_type);
    object.boolean("$Collection", true);
    object.text("$Type", &entity_type_name(model, entity_type));
    bindings(object, model, &set.bindings);
    annotations(object, &annotation::of_set(set, entity_type));
}

fn singleton(object: &mut Object<'_>, model: &Model, one: &Singleton) {
    object.text("$Type", &entity_type_name(model, model.entity_type(one.entity_type)));
    bindings(object, model, &one.bindings);
    annotations(object, &annotation::texts(&one.description, &None));
}

fn bindings(object: &mut Object<'_>, model: &Model, bindings: &[Binding]) {
    if !bindings.is_empty() {
        object.object("$NavigationPropertyBinding", |object| {
            for binding in bindings {
                object.text(&binding.path, &model.set(binding.target).name);
            }
        });
    }
}

fn flag(object: &mut Object<'_>, name: &str, value: bool) {
    if value {
        object.boolean(name, true);
    }
}

fn annotations(object: &mut Object<'_>, annotations: &[Annotation<'_>]) {
    for annotation in annotations {
        constant(object, &format!("@{}", annotation.term), &annotation.value);
    }
}

fn constant(object: &mut Object<'_>, name: &str, value: &Constant<'_>) {
    match value {
        Constant::Boolean(value) => object.boolean(name, *value),
        Constant::Text(text) | Constant::Enum(_, text) => object.text(name, text),
        Constant::Texts(texts) | Constant::PropertyPaths(texts) => object.texts(name, texts.iter().copied()),
        Constant::Record(members) => object.object(name, |object| {
            for (member, value) in members {
                constant(object, member, value);
            }
        }),
    }
}

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
