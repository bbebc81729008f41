//! The path: which resource of the model it leads to.

use super::ast::{Argument, Ast, Node, SegmentKind};
use super::decode::percent;
use super::parser::Parser;
use super::{Aliases, Key, Resource};
use crate::check;
use crate::edm::{EntityType, Model, Property, SetId, Type};
use crate::error::{Error, ErrorKind};
use crate::hint::hint;

/// Finds the resource. A single slash at the end is ignored; an empty segment elsewhere leads nowhere.
pub(super) fn resource(model: &Model, path: &str, aliases: &Aliases) -> Result<Resource, Error> {
    let path = path.strip_suffix('/').unwrap_or(path);
    if path.is_empty() {
        return Ok(Resource::ServiceDocument);
    }
    let segments = split(path).into_iter().map(|raw| percent(raw, false)).collect::<Result<Vec<_>, _>>()?;
    let (first, rest) = (segments[0].as_str(), &segments[1..]);
    match (first, rest) {
        ("$metadata", []) => Ok(Resource::Metadata),
        ("$batch", []) => Ok(Resource::Batch),
        ("$metadata" | "$batch", _) => Err(not_found(format!("There is nothing below `{first}`."))),
        ("$entity" | "$all", _) => Err(Error::not_supported(format_args!("`{first}` is"))),
        _ if first.starts_with("$crossjoin(") => Err(Error::not_supported("`$crossjoin` is")),
        _ => below_root(model, first, rest, aliases),
    }
}

/// Cuts at slashes that are not inside the quotes of a key.
fn split(path: &str) -> Vec<&str> {
    let (mut segments, mut start) = (Vec::new(), 0);
    let (mut in_key, mut in_text) = (false, false);
    for (index, c) in path.char_indices() {
        let encoded = path.get(index..index + 3).filter(|_| c == '%').unwrap_or_default();
        match (c, encoded) {
            ('/', _) if !in_text => {
                segments.push(&path[start..index]);
                (start, in_key) = (index + 1, false);
            }
            ('(', _) | ('%', "%28") if !in_text => in_key = true,
            (')', _) | ('%', "%29") if !in_text => in_key = false,
            ('\'', _) | ('%', "%27") if in_key => in_text = !in_text,
            _ => {}
        }
    }
    segments.push(&path[start..]);
    segments
}

fn not_found(message: String) -> Error {
    Error::new(ErrorKind::EntitySetNotFound, message)
}

fn below_root(model: &Model, first: &str, rest: &[String], aliases: &Aliases) -> Result<Resource, Error> {
    let (name, parenthesis) = first.split_at(first.find('(').unwrap_or(first.len()));
    let Some(set) = model.set_id(name) else { return Err(unknown_set(model, name)) };
    if parenthesis.is_empty() {
        return below_set(model, set, rest);
    }
    let key = key(model, set, first, aliases)?;
    below_entity(model, set, key, rest)
}

fn unknown_set(model: &Model, name: &str) -> Error {
    if model.singleton(name).is_some() {
        return Error::not_supported(format_args!("The singleton `{name}` is"));
    }
    if name.is_empty() {
        return not_found("The path has an empty segment; is there a slash too many?".to_owned());
    }
    let hint = hint(name, model.entity_sets().iter().map(|set| set.name.as_str()));
    not_found(format!("There is no entity set `{name}`.{hint}"))
}

fn below_set(model: &Model, set: SetId, rest: &[String]) -> Result<Resource, Error> {
    let name = &model.set(set).name;
    let Some((segment, below)) = rest.split_first() else { return Ok(Resource::EntitySet { set }) };
    match segment.as_str() {
        "$count" if below.is_empty() => Ok(Resource::Count { set }),
        "" => Err(not_found(format!("There is an empty segment after `{name}`."))),
        segment if segment.starts_with('$') => Err(unbuilt(segment)),
        segment if is_property(model.type_of_set(set), segment) => Err(property_not_found(format!(
            "`{name}` is a collection; name one of its entities first: {name}(key)/{segment}."
        ))),
        _ => {
            Err(Error::not_supported(format_args!("A key, type or function as a segment after `{name}` is")))
        }
    }
}

fn is_property(entity_type: &EntityType, name: &str) -> bool {
    entity_type.property_index(name).is_some() || entity_type.navigation_index(name).is_some()
}

/// Segments that the grammar knows are not built; others do not exist.
fn unbuilt(segment: &str) -> Error {
    const KNOWN: [&str; 6] = ["$ref", "$each", "$query", "$value", "$count", "$filter("];
    if KNOWN.iter().any(|known| segment.starts_with(known)) {
        Error::not_supported(format_args!("The path segment `{segment}` is"))
    } else {
        property_not_found(format!("There is no path segment `{segment}`."))
    }
}

fn property_not_found(message: String) -> Error {
    Error::new(ErrorKind::PropertyNotFound, message)
}

fn below_entity(model: &Model, set: SetId, key: Key, rest: &[String]) -> Result<Resource, Error> {
    let entity_type = model.type_of_set(set);
    let Some((segment, below)) = rest.split_first() else { return Ok(Resource::Entity { set, key }) };
    let Some(property) = entity_type.property_index(segment) else {
        return Err(no_property(entity_type, segment));
    };
    let below: Vec<&str> = below.iter().map(String::as_str).collect();
    let plain = matches!(entity_type.properties[property].ty, Type::Primitive(_) | Type::Enum(_));
    match below[..] {
        [] => Ok(Resource::Property { set, key, property }),
        ["$value"] if plain => Ok(Resource::PropertyValue { set, key, property }),
        [next, ..] => Err(below_property(segment, plain, next)),
    }
}

/// What is below a property apart from its value; below a complex property or a collection nothing is built.
fn below_property(property: &str, plain: bool, next: &str) -> Error {
    let built_nowhere = matches!(next, "$count" | "$query") || next.contains('.') || !plain;
    if built_nowhere && next != "$value" {
        Error::not_supported(format_args!("`{next}` below the property `{property}` is"))
    } else {
        property_not_found(format!("There is no `{next}` below the property `{property}`."))
    }
}

fn no_property(entity_type: &EntityType, segment: &str) -> Error {
    let name = segment.split('(').next().unwrap_or_default();
    if entity_type.navigation_index(name).is_some() {
        return Error::not_supported(format_args!("Following the navigation property `{name}` in a path is"));
    }
    if segment.starts_with('$') {
        return unbuilt(segment);
    }
    if segment.contains('.') {
        return Error::not_supported(format_args!("The function, action or type `{segment}` is"));
    }
    let hint = hint(segment, entity_type.properties.iter().map(|property| property.name.as_str()));
    property_not_found(format!("`{segment}` is not a property of {}.{hint}", entity_type.name))
}

fn key(model: &Model, set: SetId, segment: &str, aliases: &Aliases) -> Result<Key, Error> {
    let entity_type = model.type_of_set(set);
    let arguments = key_arguments(segment).map_err(|mut error| {
        error.message = format!("The key in `{segment}` is malformed: {}", error.message);
        error
    })?;
    let key: Vec<&Property> = entity_type.key.iter().map(|index| &entity_type.properties[*index]).collect();
    match (&key[..], &arguments[..]) {
        ([property], [argument]) if argument.name.is_none() => {
            Ok(vec![key_value(model, property, &argument.value, aliases)?])
        }
        _ => named_key(model, entity_type, &key, &arguments, aliases),
    }
}

/// The parenthesis of a segment, read as the arguments of a call.
fn key_arguments(segment: &str) -> Result<Vec<Argument>, Error> {
    let mut parser = Parser::new(segment)?;
    let ast = parser.expression()?;
    parser.end()?;
    let malformed = || Error::syntax("expected Set(value) or Set(name=value,name=value).");
    let Node::Path(mut segments) = ast.node else { return Err(malformed()) };
    match (segments.pop().map(|segment| segment.kind), segments.is_empty()) {
        (Some(SegmentKind::Call { arguments, .. }), true) => Ok(arguments),
        _ => Err(malformed()),
    }
}

fn named_key(
    model: &Model,
    entity_type: &EntityType,
    key: &[&Property],
    arguments: &[Argument],
    aliases: &Aliases,
) -> Result<Key, Error> {
    let wanted = || {
        let pairs: Vec<String> = key.iter().map(|property| format!("{}=…", property.name)).collect();
        Error::syntax(format!("The key of {} is written ({}).", entity_type.name, pairs.join(",")))
    };
    if arguments.len() != key.len() {
        return Err(wanted());
    }
    let value = |property: &&Property| {
        let mut given = arguments.iter().filter(|argument| argument.name.as_ref() == Some(&property.name));
        match (given.next(), given.next()) {
            (Some(argument), None) => key_value(model, property, &argument.value, aliases),
            _ => Err(wanted()),
        }
    };
    key.iter().map(value).collect()
}

fn key_value(
    model: &Model,
    property: &Property,
    ast: &Ast,
    aliases: &Aliases,
) -> Result<crate::Value, Error> {
    let value = check::constant(model, ast, &property.ty, aliases)?;
    value.ok_or_else(|| {
        let ty = model.type_name(&property.ty);
        let quotes = match (&property.ty, &ast.node) {
            (Type::Primitive(crate::edm::Primitive::String), _) => " Write it in single quotes.",
            (_, Node::Literal(crate::Value::String(_))) => " Write it without quotes.",
            _ => "",
        };
        Error::of_type(format!("The key `{}` is {ty}, and this is not such a value.{quotes}", property.name))
    })
}
