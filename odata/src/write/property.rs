//! One property of an entity as an answer.

use super::json::{self, Style};
use super::record::{context, text_member};
use super::{Shape, control};
use crate::edm::Type;
use crate::http::MetadataLevel;
use crate::url::{PropertyPath, Select};
use crate::value::Value;

/// The value of a property, and how much of it is wanted.
#[derive(Debug, Clone, Copy)]
pub struct PropertyAnswer<'a> {
    /// Which property.
    pub path: &'a PropertyPath,
    /// Its value; of a collection the items that are wanted, in their order.
    pub value: &'a Value,
    /// The part of complex values that is wanted.
    pub select: Option<&'a Select>,
    /// How many items there are, for `$count=true`.
    pub count: Option<u64>,
    /// The absolute URL of the next page of items.
    pub next_link: Option<&'a str>,
}

impl<'a> PropertyAnswer<'a> {
    /// The whole value.
    pub fn of(path: &'a PropertyPath, value: &'a Value) -> Self {
        Self { path, value, select: None, count: None, next_link: None }
    }
}

/// One property of an entity as an answer; nothing when it is null, which is answered by 204 No Content.
///
/// The row holds the key, too, which the context URL repeats.
pub fn property(shape: &Shape<'_>, row: &[Value], property: usize) -> Option<Vec<u8>> {
    let path = PropertyPath::of(property);
    property_at(shape, row, &PropertyAnswer::of(&path, row.get(property)?))
}

/// As [`property`], for any property and with options.
pub fn property_at(shape: &Shape<'_>, row: &[Value], answer: &PropertyAnswer<'_>) -> Option<Vec<u8>> {
    let declared = answer.path.declared(shape.model, shape.type_of_entities())?;
    if answer.value.is_null() {
        return None;
    }
    let style = Style { model: shape.model, format: shape.format, omit_nulls: shape.omit_nulls };
    let mut out = Vec::new();
    if let Some(url) = shape.property_context(row, answer.path) {
        context(&mut out, shape, &url);
    }
    if shape.format.metadata == MetadataLevel::Full {
        own_type(&mut out, &style, &declared.ty);
    }
    if let Some(count) = answer.count {
        out.push(b',');
        control::name(&mut out, shape.format, "count");
        style.count(&mut out, count);
    }
    match (&declared.ty, answer.value) {
        (Type::Complex(id), Value::Complex(members)) => {
            style.complex_members(&mut out, shape.model.complex_type(*id), members, answer.select);
        }
        (ty, value) => {
            out.extend_from_slice(b",\"value\":");
            style.part(&mut out, ty, value, answer.select);
        }
    }
    if let Some(url) = answer.next_link {
        text_member(&mut out, shape.format, "nextLink", url);
    }
    json::open_object(&mut out, 0);
    out.push(b'}');
    Some(out)
}

/// The body of `/$value`: text without quotes, or the bytes of a binary. Nothing for null (204 No Content) and for what
/// has no such form (complex values and collections).
pub fn raw_value(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::Null | Value::Complex(_) | Value::Collection(_) => None,
        Value::Binary(bytes) => Some(bytes.to_vec()),
        other => {
            let mut out = Vec::new();
            json::plain(&mut out, other);
            Some(out)
        }
    }
}

fn own_type(out: &mut Vec<u8>, style: &Style<'_>, ty: &Type) {
    if control::needs_type(ty) || matches!(ty, Type::Complex(_)) {
        let name = control::type_fragment(style.model, style.format.version, ty);
        text_member(out, style.format, "type", &name);
    }
}
