//! JSON as values of the declared types (OData JSON 4.0 section 7).

use std::sync::Arc;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive as _;
use serde_json::Value as Json;

use super::LoadError;
use crate::edm::{ComplexType, EnumType, Model, Primitive, Property, Type};
use crate::hint::hint;
use crate::url::literal;
use crate::value::Value;

/// The value of a property; `json` is none when the object does not have it.
pub(super) fn property(model: &Model, property: &Property, json: Option<&Json>) -> Result<Value, LoadError> {
    read(model, property, json).map_err(|error| error.within(&property.name))
}

fn read(model: &Model, property: &Property, json: Option<&Json>) -> Result<Value, LoadError> {
    match (&property.ty, json) {
        (Type::Collection(_), None) => Ok(Value::Collection(Arc::new([]))),
        (Type::Collection(item), Some(Json::Array(items))) => {
            let read = |(index, json)| {
                single(model, item, property.nullable, json)
                    .map_err(|error| error.within(format_args!("[{index}]")))
            };
            items
                .iter()
                .enumerate()
                .map(read)
                .collect::<Result<Vec<_>, _>>()
                .map(|items| Value::Collection(items.into()))
        }
        (Type::Collection(_), Some(_)) => Err(LoadError::new("It is a collection; write an array.")),
        (ty, json) => single(model, ty, property.nullable, json.unwrap_or(&Json::Null)),
    }
}

fn single(model: &Model, ty: &Type, nullable: bool, json: &Json) -> Result<Value, LoadError> {
    if json.is_null() {
        return if nullable {
            Ok(Value::Null)
        } else {
            Err(LoadError::new("It may not be null, and has no value."))
        };
    }
    let found = match ty {
        Type::Primitive(primitive) => primitive_value(*primitive, json),
        Type::Enum(id) => text(json).and_then(|text| members(model.enum_type(*id), &text)),
        Type::Complex(id) => return complex(model, model.complex_type(*id), json),
        Type::Collection(_) => None,
    };
    found.ok_or_else(|| LoadError::new(format!("{json} is no {}.", model.type_name(ty))))
}

/// What is missing is null; what is not declared is refused.
fn complex(model: &Model, declared: &ComplexType, json: &Json) -> Result<Value, LoadError> {
    let Json::Object(members) = json else { return Err(LoadError::new("It is complex; write an object.")) };
    let names = || declared.properties.iter().map(|property| property.name.as_str());
    if let Some(unknown) =
        members.keys().find(|name| !name.contains('@') && names().all(|own| own != name.as_str()))
    {
        let hint = hint(unknown, names());
        return Err(LoadError::new(format!("`{unknown}` is not a property of {}.{hint}", declared.name)));
    }
    let read =
        |own: &Property| Ok((Arc::from(own.name.as_str()), property(model, own, members.get(&own.name))?));
    declared.properties.iter().map(read).collect::<Result<Vec<_>, _>>().map(|all| Value::Complex(all.into()))
}

/// A text, or a number as the text of its digits.
fn text(json: &Json) -> Option<String> {
    match json {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn primitive_value(primitive: Primitive, json: &Json) -> Option<Value> {
    use Primitive as P;
    if let (P::Boolean, Json::Bool(value)) = (primitive, json) {
        return Some(Value::Boolean(*value));
    }
    if primitive.is_numeric() {
        return number(primitive, &text(json)?);
    }
    let Json::String(text) = json else { return None };
    match primitive {
        P::String => Some(Value::string(text.as_str())),
        P::Date => literal::date(text).ok().map(Value::Date),
        P::TimeOfDay => literal::time_of_day(text).ok().map(Value::TimeOfDay),
        P::DateTimeOffset => literal::date_time_offset(text).ok().map(Value::DateTimeOffset),
        P::Duration => literal::duration(text).ok().map(Value::Duration),
        P::Guid => literal::guid(text).ok().map(Value::Guid),
        P::Binary => literal::binary(text).ok().map(|bytes| Value::Binary(bytes.into())),
        _ => None,
    }
}

/// Digits as a number of that type; nothing is rounded but floating-point numbers.
fn number(primitive: Primitive, text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text).starts_with(|first: char| first.is_ascii_digit());
    let exact = || Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).ok();
    match (primitive.integer_range(), text) {
        (Some((least, most)), _) if digits => {
            let whole = text.parse().ok().or_else(|| exact().filter(Decimal::is_integer)?.to_i64())?;
            (least..=most).contains(&whole).then_some(Value::Int64(whole))
        }
        (None, "INF") if primitive.is_floating() => Some(Value::Double(f64::INFINITY)),
        (None, "-INF") if primitive.is_floating() => Some(Value::Double(f64::NEG_INFINITY)),
        (None, "NaN") if primitive.is_floating() => Some(Value::Double(f64::NAN)),
        (None, _) if primitive.is_floating() && digits => text.parse().ok().map(Value::Double),
        (None, _) if digits => exact().map(Value::Decimal),
        _ => None,
    }
}

/// Members by name or number; several only of flags.
fn members(enum_type: &EnumType, text: &str) -> Option<Value> {
    let known = |name: &str| {
        let number = name.parse::<i64>().ok();
        let member = enum_type.members.iter().find(|own| own.name == name || Some(own.value) == number);
        member.map(|member| member.name.as_str())
    };
    let names = text.split(',').map(|name| known(name.trim())).collect::<Option<Vec<_>>>()?;
    (enum_type.is_flags || names.len() == 1).then(|| Value::Enum(names.join(",").into()))
}
