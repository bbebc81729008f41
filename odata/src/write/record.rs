//! One entity: its members as part of a page or as an answer.

use super::context::segment;
use super::expanded::{Branch, Entity};
use super::json::{self, Style};
use super::{Shape, control};
use crate::edm::Type;
use crate::http::{Format, MetadataLevel};
use crate::url::Select;
use crate::value::Value;

/// How to write the entities of a [`Shape`]: everything that is the same for each is prepared.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub(super) shape: Shape<'a>,
    pub(super) style: Style<'a>,
    identity: Identity,
    columns: Vec<Column<'a>>,
    branches: Vec<Branch<'a>>,
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
    /// The part of it that is selected.
    part: Option<&'a Select>,
    /// `,"name":`
    prefix: Box<[u8]>,
}

impl<'a> Record<'a> {
    pub(super) fn new(shape: Shape<'a>) -> Self {
        let style = Style { model: shape.model, format: shape.format, omit_nulls: shape.omit_nulls };
        let count = shape.type_of_entities().properties.len();
        let all: Vec<usize> = (0..count).collect();
        let chosen = shape.select.unwrap_or(&all).iter();
        let columns = chosen.filter_map(|&index| Column::new(&shape, &style, index)).collect();
        let branches = shape.expand.iter().map(|expand| Branch::new(&shape, expand)).collect();
        Self { shape, style, identity: Identity::of(&shape), columns, branches }
    }

    /// The members of an entity, each with a comma before it. `id` is its id where the shape cannot know it.
    pub(super) fn members(&self, out: &mut Vec<u8>, entity: &Entity<'_>, id: Option<String>) {
        let row = entity.row;
        let needed = self.identity != Identity::Key || self.branches.iter().any(Branch::needs_id_above);
        let id = if needed { id.or_else(|| self.shape.entity_id(row)) } else { None };
        self.identify(out, id.as_deref().filter(|_| self.identity != Identity::Key));
        for column in &self.columns {
            let value = row.get(column.index).unwrap_or(&Value::Null);
            if self.shape.omit_nulls && value.is_null() {
                continue;
            }
            out.extend_from_slice(&column.prefix);
            self.style.part(out, column.ty, value, column.part);
        }
        if let (Identity::Full, Some(id)) = (self.identity, &id) {
            self.links(out, id);
        }
        for (branch, expanded) in self.branches.iter().zip(&entity.expanded) {
            branch.write(out, &self.style, expanded, id.as_deref());
        }
    }

    /// There is no edit link: nothing can be edited, and where to read it is said by the read link.
    fn identify(&self, out: &mut Vec<u8>, id: Option<&str>) {
        if self.identity == Identity::Full {
            let type_name =
                format!("#{}.{}", self.shape.model.namespace(), self.shape.type_of_entities().name);
            text_member(out, self.style.format, "type", &type_name);
        }
        if let Some(id) = id {
            text_member(out, self.style.format, "id", id);
        }
        if let (Identity::Full, Some(id)) = (self.identity, id) {
            text_member(out, self.style.format, "readLink", id);
        }
    }

    /// Where navigation properties lead to; of a selection, only those it names.
    fn links(&self, out: &mut Vec<u8>, id: &str) {
        for (index, way) in self.shape.type_of_entities().navigation.iter().enumerate() {
            let expanded = self.shape.expand.iter().any(|expand| expand.navigation == index);
            let selected = self.shape.select_navigation.contains(&index);
            if self.shape.select.is_some() && !selected && !expanded {
                continue;
            }
            for (what, end) in [("associationLink", "/$ref"), ("navigationLink", "")] {
                out.push(b',');
                control::about(out, self.style.format, &way.name, what);
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
            MetadataLevel::Minimal if !shape.type_of_entities().key.iter().all(written) => Self::Id,
            MetadataLevel::Minimal | MetadataLevel::None => Self::Key,
        }
    }
}

impl<'a> Column<'a> {
    fn new(shape: &Shape<'a>, style: &Style<'_>, index: usize) -> Option<Self> {
        let property = shape.type_of_entities().properties.get(index)?;
        let mut prefix = vec![b','];
        prefix.extend(control::member(style, &property.name, &property.ty));
        let nested = shape.nested.iter().find(|nested| nested.property == index);
        let part = nested.and_then(|nested| nested.options.select.as_ref());
        Some(Self { index, ty: &property.ty, part, prefix: prefix.into() })
    }
}

/// One entity as an answer.
pub fn entity(shape: &Shape<'_>, row: &[Value]) -> Vec<u8> {
    entity_with(shape, &Entity::of(row))
}

/// One entity as an answer, with what is expanded of it.
pub fn entity_with(shape: &Shape<'_>, entity: &Entity<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    context(&mut out, shape, &shape.entity_context());
    Record::new(*shape).members(&mut out, entity, None);
    json::open_object(&mut out, 0);
    out.push(b'}');
    out
}

/// `,"@odata.…":"…"`
pub(super) fn text_member(out: &mut Vec<u8>, format: Format, what: &str, text: &str) {
    out.push(b',');
    control::name(out, format, what);
    json::string(out, text);
}

/// `,"@odata.context":"…"` unless no metadata was asked for.
pub(super) fn context(out: &mut Vec<u8>, shape: &Shape<'_>, url: &str) {
    if shape.format.metadata != MetadataLevel::None {
        text_member(out, shape.format, "context", url);
    }
}

#[cfg(test)]
#[path = "record_tests.rs"]
mod tests;
