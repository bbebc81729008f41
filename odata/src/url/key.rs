//! Keys in parentheses: `(1)`, `(id=1)`, `(a='x',b=2)`.

use super::ast::{Argument, Ast, Node, SegmentKind};
use super::parser::Parser;
use super::{Aliases, Key};
use crate::check;
use crate::edm::{EntityType, Model, Property, Type, TypeId};
use crate::error::Error;

/// What stands before the parenthesis of a segment.
pub(super) fn segment_name(segment: &str) -> &str {
    segment.split('(').next().unwrap_or_default()
}

/// The values in the parenthesis of a segment, as the key of a type.
pub(super) fn key(model: &Model, id: TypeId, segment: &str, aliases: &Aliases) -> Result<Key, Error> {
    let entity_type = model.entity_type(id);
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
