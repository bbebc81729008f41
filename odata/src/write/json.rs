//! Values as JSON (OData JSON 4.0 section 7): what the declared type says, as numbers, strings, objects and arrays.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use jiff::tz::Offset;

use super::{control, text};
use crate::edm::{ComplexType, Model, Primitive, Type};
use crate::http::{Format, MetadataLevel};
use crate::url::Select;
use crate::value::Value;

/// What writing a value depends on beside its type.
#[derive(Debug, Clone, Copy)]
pub(super) struct Style<'a> {
    pub(super) model: &'a Model,
    pub(super) format: Format,
    pub(super) omit_nulls: bool,
}

/// Text in quotes, escaped where JSON demands it (RFC 8259 section 7) and nowhere else.
pub(super) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut copied = 0;
    for (index, &byte) in bytes.iter().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[copied..index]);
        escaped(out, byte);
        copied = index + 1;
    }
    out.extend_from_slice(&bytes[copied..]);
    out.push(b'"');
}

fn escaped(out: &mut Vec<u8>, byte: u8) {
    let short = match byte {
        b'"' | b'\\' => byte,
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        0x08 => b'b',
        0x0c => b'f',
        _ => {
            out.extend_from_slice(b"\\u00");
            return out.extend([byte >> 4, byte & 15].map(|digit| b"0123456789abcdef"[usize::from(digit)]));
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// `"name":`
pub(super) fn name(out: &mut Vec<u8>, name: &str) {
    string(out, name);
    out.push(b':');
}

impl Style<'_> {
    /// A value of a declared type, or what is selected of it.
    pub(super) fn part(&self, out: &mut Vec<u8>, ty: &Type, value: &Value, part: Option<&Select>) {
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
            Value::Int64(value) => self.number(out, ty, |out| text::integer(out, *value)),
            Value::Decimal(value) => self.number(out, ty, |out| text::display(out, value)),
            Value::Double(value) => double(out, ty, *value),
            Value::String(text) | Value::Enum(text) => string(out, text),
            Value::Complex(properties) => self.complex(out, ty, properties, part),
            Value::Collection(items) => self.collection(out, ty, items, part),
            other => {
                out.push(b'"');
                plain(out, other);
                out.push(b'"');
            }
        }
    }

    /// A number, or with `IEEE754Compatible=true` a string when its type holds more than a double can.
    fn number(&self, out: &mut Vec<u8>, ty: &Type, write: impl FnOnce(&mut Vec<u8>)) {
        let large = matches!(ty, Type::Primitive(Primitive::Int64 | Primitive::Decimal));
        let quote: &[u8] = if large && self.format.ieee754 { b"\"" } else { b"" };
        out.extend_from_slice(quote);
        write(out);
        out.extend_from_slice(quote);
    }

    /// A count, which is an `Edm.Int64`.
    pub(super) fn count(&self, out: &mut Vec<u8>, count: u64) {
        self.number(out, &Primitive::Int64.into(), |out| text::unsigned(out, count, 1));
    }

    fn collection(&self, out: &mut Vec<u8>, ty: &Type, items: &[Value], part: Option<&Select>) {
        let item_type = if let Type::Collection(item) = ty { item } else { ty };
        out.push(b'[');
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push(b',');
            }
            self.part(out, item_type, item, part);
        }
        out.push(b']');
    }

    fn complex(
        &self,
        out: &mut Vec<u8>,
        ty: &Type,
        properties: &[(std::sync::Arc<str>, Value)],
        part: Option<&Select>,
    ) {
        let Type::Complex(id) = ty else { return out.extend_from_slice(b"null") };
        let start = out.len();
        if self.format.metadata == MetadataLevel::Full {
            out.push(b',');
            control::name(out, self.format, "type");
            string(out, &control::type_fragment(self.model, self.format.version, ty));
        }
        self.complex_members(out, self.model.complex_type(*id), properties, part);
        open_object(out, start);
        out.push(b'}');
    }

    /// The declared properties in declared order, as far as they are selected, each with a comma before it.
    pub(super) fn complex_members(
        &self,
        out: &mut Vec<u8>,
        declared: &ComplexType,
        properties: &[(std::sync::Arc<str>, Value)],
        part: Option<&Select>,
    ) {
        for (index, property) in declared.properties.iter().enumerate() {
            let found = properties.iter().find(|(name, _)| **name == property.name);
            let value = found.map_or(&Value::Null, |(_, value)| value);
            let selected = part.is_none_or(|part| part.properties.contains(&index));
            if !selected || (self.omit_nulls && value.is_null()) {
                continue;
            }
            out.push(b',');
            out.extend_from_slice(&control::member(self, &property.name, &property.ty));
            let nested = part.and_then(|part| part.nested.iter().find(|nested| nested.property == index));
            self.part(out, &property.ty, value, nested.and_then(|nested| nested.options.select.as_ref()));
        }
    }
}

/// Opens the object whose members were written from `start` on, each with a comma before it: the first comma becomes
/// the brace.
pub(super) fn open_object(out: &mut Vec<u8>, start: usize) {
    match out.get_mut(start) {
        Some(comma) => *comma = b'{',
        None => out.push(b'{'),
    }
}

fn double(out: &mut Vec<u8>, ty: &Type, value: f64) {
    if !value.is_finite() {
        string(out, text::special_double(value));
    } else if *ty == Type::Primitive(Primitive::Single) {
        #[expect(clippy::cast_possible_truncation, reason = "an Edm.Single was widened when it was read")]
        let single = value as f32;
        text::double(out, single.to_string().parse().unwrap_or(value));
    } else {
        text::double(out, value);
    }
}

/// A primitive value without quotes, as it stands in a JSON string or in the body of `/$value`. Binary is base64url,
/// with the padding that .NET readers need.
pub(super) fn plain(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Boolean(value) => text::display(out, value),
        Value::Int64(value) => text::integer(out, *value),
        Value::Decimal(value) => text::display(out, value),
        Value::Double(value) if value.is_finite() => text::double(out, *value),
        Value::Double(value) => out.extend_from_slice(text::special_double(*value).as_bytes()),
        Value::String(text) | Value::Enum(text) => out.extend_from_slice(text.as_bytes()),
        Value::Date(value) => text::date(out, *value),
        Value::TimeOfDay(value) => text::time(out, *value),
        Value::DateTimeOffset(value) => text::date_time(out, Offset::UTC.to_datetime(*value)),
        Value::Duration(value) => text::display(out, value),
        Value::Guid(bytes) => text::guid(out, bytes),
        Value::Binary(bytes) => out.extend_from_slice(URL_SAFE.encode(bytes).as_bytes()),
        Value::Null | Value::Complex(_) | Value::Collection(_) => {}
    }
}
