//! Literals take the type of what they meet, where nothing is lost by it.

use jiff::civil::Time;
use jiff::tz::Offset;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;

use crate::edm::{EnumType, Model, Primitive, Type, enum_members};
use crate::error::{Error, ErrorKind};
use crate::url::Aliases;
use crate::url::ast::{Ast, Node, SegmentKind};
use crate::url::literal;
use crate::value::Value;

/// The same value as one of that type, if there is one.
pub(super) fn promoted(value: &Value, to: Primitive) -> Option<Value> {
    use Primitive as P;
    match (value, to) {
        (Value::Int64(_), _) if to.is_integer() => within(value.clone(), to),
        (Value::Int64(value), P::Decimal) => Some(Value::Decimal(Decimal::from(*value))),
        (Value::Int64(value), P::Double | P::Single) => value.to_string().parse().ok().map(Value::Double),
        (Value::Decimal(value), P::Double | P::Single) => value.to_string().parse().ok().map(Value::Double),
        (Value::Decimal(value), _) if to.is_integer() && value.is_integer() => {
            value.to_i64().and_then(|value| within(Value::Int64(value), to))
        }
        // The shortest text that means the double: 1.1e0 is the decimal 1.1, not the binary fraction next to it.
        (Value::Double(value), P::Decimal) => {
            Decimal::from_str_exact(&value.to_string()).ok().map(Value::Decimal)
        }
        (Value::Double(value), _) if to.is_integer() => {
            let value = Value::Decimal(Decimal::from_str_exact(&value.to_string()).ok()?);
            promoted(&value, to)
        }
        (Value::Double(_), P::Single) => Some(value.clone()),
        (Value::Date(date), P::DateTimeOffset) => {
            Offset::UTC.to_timestamp(date.to_datetime(Time::midnight())).ok().map(Value::DateTimeOffset)
        }
        (Value::DateTimeOffset(time), P::Date) => {
            let time = Offset::UTC.to_datetime(*time);
            (time.time() == Time::midnight()).then(|| Value::Date(time.date()))
        }
        // Version 4.01 lets the prefix of a duration be left out.
        (Value::String(text), P::Duration) => literal::duration(text).ok().map(Value::Duration),
        _ => (value.primitive() == Some(to)).then(|| value.clone()),
    }
}

fn within(value: Value, to: Primitive) -> Option<Value> {
    let (smallest, largest) = to.integer_range()?;
    matches!(value, Value::Int64(number) if (smallest..=largest).contains(&number)).then_some(value)
}

/// The members named by an enumeration literal, by name or number, if the type has them all; several, and numbers that
/// are no member's, only of flags.
pub(super) fn members(enum_type: &EnumType, text: &str) -> Option<Value> {
    let names = enum_members(&enum_type.members, text)?;
    let one = enum_type.members.iter().any(|member| member.name == names);
    (enum_type.is_flags || one).then(|| Value::Enum(names.into()))
}

/// The value of a key: a literal, or an alias for one, of exactly the declared type. `None` when it is of another.
///
/// # Errors
/// A number of the right sort that is out of range.
pub(crate) fn constant(
    model: &Model,
    ast: &Ast,
    ty: &Type,
    aliases: &Aliases,
) -> Result<Option<Value>, Error> {
    let literal = match &ast.node {
        Node::Path(segments) => match &segments[..] {
            [segment] => match &segment.kind {
                SegmentKind::At(name) => aliases.get(name).map(|ast| &ast.node),
                _ => None,
            },
            _ => None,
        },
        node => Some(node),
    };
    Ok(match (literal, ty) {
        (Some(Node::Literal(value)), Type::Primitive(to)) => key_value(value, *to)?,
        (Some(Node::Literal(Value::String(text))), Type::Enum(id)) => members(model.enum_type(*id), text),
        (Some(Node::Enum { members: text, .. }), Type::Enum(id)) => members(model.enum_type(*id), text),
        _ => None,
    })
}

fn key_value(value: &Value, to: Primitive) -> Result<Option<Value>, Error> {
    let whole_number = match value {
        Value::Int64(_) => true,
        Value::Decimal(value) => value.scale() == 0,
        _ => false,
    };
    if !to.is_integer() {
        return Ok(match value {
            Value::Date(_) | Value::DateTimeOffset(_) if value.primitive() != Some(to) => None,
            value => promoted(value, to),
        });
    }
    match promoted(value, to) {
        None if whole_number => {
            Err(Error::new(ErrorKind::Overflow, format!("The key {value} is out of the range of {to}.")))
        }
        promoted => Ok(promoted.filter(|_| whole_number)),
    }
}
