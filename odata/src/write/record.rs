//! One entity: its members as part of a page or as an answer, and one property of it.

use super::context::segment;
use super::json::{self, Style};
use super::{Shape, control};
use crate::edm::Type;
use crate::http::MetadataLevel;
use crate::value::Value;

/// How to write the entities of a [`Shape`]: everything that is the same for each is prepared.
#[derive(Debug)]
pub(super) struct Record<'a> {
    shape: Shape<'a>,
    pub(super) style: Style<'a>,
    identity: Identity,
    columns: Vec<Column<'a>>,
}

/// How much an entity says about which one it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Identity {
    /// The key is among its properties, or the client wants no metadata.
    Key,
    /// The key was not selected: the id must be written instead (OData JSON 4.0 section 4.5.1).
    Id,
    /// Everything.
    Full,
}

/// A property to write.
#[derive(Debug)]
struct Column<'a> {
    index: usize,
    ty: &'a Type,
    /// `,"name":`
    prefix: Box<[u8]>,
}

impl<'a> Record<'a> {
    pub(super) fn new(shape: Shape<'a>) -> Self {
        let style = Style { model: shape.model, format: shape.format, omit_nulls: shape.omit_nulls };
        let count = shape.entity_type().properties.len();
        let all: Vec<usize> = (0..count).collect();
        let chosen = shape.select.unwrap_or(&all).iter();
        let columns = chosen.filter_map(|&index| Column::new(&shape, &style, index)).collect();
        Self { shape, style, identity: Identity::of(&shape), columns }
    }

    /// The members of an entity, each with a comma before it.
    pub(super) fn members(&self, out: &mut Vec<u8>, row: &[Value]) {
        let id = if self.identity == Identity::Key { None } else { self.shape.entity_id(row) };
        self.identify(out, id.as_deref());
        for column in &self.columns {
            let value = row.get(column.index).unwrap_or(&Value::Null);
            if self.shape.omit_nulls && value.is_null() {
                continue;
            }
            out.extend_from_slice(&column.prefix);
            self.style.value(out, column.ty, value);
        }
        if let (Identity::Full, Some(id)) = (self.identity, &id) {
            self.links(out, id);
        }
    }

    /// There is no edit link: nothing can be edited, and where to read it is said by the read link.
    fn identify(&self, out: &mut Vec<u8>, id: Option<&str>) {
        if self.identity == Identity::Full {
            let type_name = format!("#{}.{}", self.shape.model.namespace(), self.shape.entity_type().name);
            text_member(out, "type", &type_name);
        }
        if let Some(id) = id {
            text_member(out, "id", id);
        }
        if let (Identity::Full, Some(id)) = (self.identity, id) {
            text_member(out, "readLink", id);
        }
    }

    /// Where navigation properties lead to; of a selection, only those it names.
    fn links(&self, out: &mut Vec<u8>, id: &str) {
        for (index, way) in self.shape.entity_type().navigation.iter().enumerate() {
            if self.shape.select.is_some() && !self.shape.select_navigation.contains(&index) {
                continue;
            }
            for (what, end) in [("associationLink", "/$ref"), ("navigationLink", "")] {
                out.push(b',');
                control::about(out, &way.name, what);
                json::string(out, &format!("{id}/{}{end}", segment(&way.name)));
            }
        }
    }
}

impl Identity {
    fn of(shape: &Shape<'_>) -> Self {
        let written = |index| shape.select.is_none_or(|select| select.contains(index));
        match shape.format.metadata {
            MetadataLevel::Full => Self::Full,
            MetadataLevel::Minimal if !shape.entity_type().key.iter().all(written) => Self::Id,
            MetadataLevel::Minimal | MetadataLevel::None => Self::Key,
        }
    }
}

impl<'a> Column<'a> {
    fn new(shape: &Shape<'a>, style: &Style<'_>, index: usize) -> Option<Self> {
        let property = shape.entity_type().properties.get(index)?;
        let mut prefix = vec![b','];
        prefix.extend(control::member(style, &property.name, &property.ty));
        Some(Self { index, ty: &property.ty, prefix: prefix.into() })
    }
}

/// One entity as an answer.
pub fn entity(shape: &Shape<'_>, row: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    context(&mut out, shape, &shape.entity_context());
    Record::new(*shape).members(&mut out, row);
    json::open_object(&mut out, 0);
    out.push(b'}');
    out
}

/// One property of an entity as an answer; nothing when it is null, which is answered by 204 No Content.
///
/// The row holds the key, too, which the context URL repeats.
pub fn property(shape: &Shape<'_>, row: &[Value], property: usize) -> Option<Vec<u8>> {
    let declared = shape.entity_type().properties.get(property)?;
    let value = row.get(property).filter(|value| !value.is_null())?;
    let style = Style { model: shape.model, format: shape.format, omit_nulls: shape.omit_nulls };
    let mut out = Vec::new();
    if let Some(url) = shape.property_context(row, property) {
        context(&mut out, shape, &url);
    }
    if shape.format.metadata == MetadataLevel::Full {
        own_type(&mut out, &style, &declared.ty);
    }
    match (&declared.ty, value) {
        (Type::Complex(id), Value::Complex(members)) => {
            style.complex_members(&mut out, shape.model.complex_type(*id), members);
        }
        _ => {
            out.extend_from_slice(b",\"value\":");
            style.value(&mut out, &declared.ty, value);
        }
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
        text_member(out, "type", &control::type_fragment(style.model, ty));
    }
}

/// `,"@odata.…":"…"`
fn text_member(out: &mut Vec<u8>, what: &str, text: &str) {
    out.push(b',');
    control::name(out, what);
    json::string(out, text);
}

/// `,"@odata.context":"…"` unless no metadata was asked for.
pub(super) fn context(out: &mut Vec<u8>, shape: &Shape<'_>, url: &str) {
    if shape.format.metadata != MetadataLevel::None {
        text_member(out, "context", url);
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
