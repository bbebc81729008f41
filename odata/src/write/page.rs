//! One page of a collection, row by row.

use super::expanded::Entity;
use super::json::{self, open_object};
use super::record::{Record, context};
use super::reference::{id_member, references_context};
use super::{Shape, control};
use crate::value::Value;

/// Room for what follows the last row and for the count: a link of 2 KiB is what clients allow by default.
const RESERVE: usize = 4 * 1024;

/// Writes a page: `@odata.context`, `@odata.count`, `value`, `@odata.nextLink`, in this order.
///
/// ```
/// use odata::edm::{EntitySet, EntityType, Model, Primitive, Property};
/// use odata::{http::Format, write::{PageWriter, Shape}, Value};
///
/// let mut builder = Model::builder("Crm", "Feed");
/// let id = Property::new("id", Primitive::Int64).required();
/// let contact = builder.entity_type(EntityType::new("contact").property(id).keyed_by(&["id"]));
/// let set = builder.entity_set(EntitySet::new("contacts", contact));
/// let model = builder.build()?;
///
/// let mut page = PageWriter::new(Shape::new(&model, set, "https://host/", Format::default()));
/// page.push(&[Value::Int64(1)]);
/// let body = page.finish(Some(7), None);
/// assert_eq!(
///     std::str::from_utf8(&body)?,
///     r##"{"@odata.context":"https://host/$metadata#contacts","@odata.count":7,"value":[{"id":1}]}"##
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct PageWriter<'a> {
    record: Record<'a>,
    out: Vec<u8>,
    /// Where the count goes once it is known: behind the context, before `value`.
    count_at: usize,
    rows: usize,
    references: bool,
}

impl<'a> PageWriter<'a> {
    /// A page without rows.
    pub fn new(shape: Shape<'a>) -> Self {
        Self::with_context(shape, &shape.collection_context(), false)
    }

    /// A page that holds nothing of its entities but their ids (`/$ref`).
    pub fn references(shape: Shape<'a>) -> Self {
        Self::with_context(shape, &references_context(&shape), true)
    }

    fn with_context(shape: Shape<'a>, url: &str, references: bool) -> Self {
        let mut out = Vec::with_capacity(RESERVE);
        context(&mut out, &shape, url);
        let count_at = out.len();
        out.extend_from_slice(b",\"value\":[");
        Self { record: Record::new(shape), out, count_at, rows: 0, references }
    }

    /// Appends a row, which is aligned to the properties of the entity type and holds its key.
    pub fn push(&mut self, row: &[Value]) {
        self.push_entity(&Entity::of(row));
    }

    /// Appends a row with what is expanded of it.
    pub fn push_entity(&mut self, entity: &Entity<'_>) {
        if self.rows > 0 {
            self.out.push(b',');
        }
        let start = self.out.len();
        if self.references {
            id_member(
                &mut self.out,
                self.record.style.format,
                self.record.shape.entity_id(entity.row).as_deref(),
            );
        } else {
            self.record.members(&mut self.out, entity, None);
        }
        open_object(&mut self.out, start);
        self.out.push(b'}');
        self.rows += 1;
    }

    /// Bytes written so far.
    pub fn len(&self) -> usize {
        self.out.len()
    }

    /// Whether no row was written.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Rows written so far.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Ends the page. `count` is the number of rows of all pages, `next_link` the absolute URL of the next page; both are
    /// written whatever amount of metadata was asked for.
    pub fn finish(mut self, count: Option<u64>, next_link: Option<&str>) -> Vec<u8> {
        self.out.push(b']');
        if let Some(url) = next_link {
            self.out.push(b',');
            control::name(&mut self.out, self.record.style.format, "nextLink");
            json::string(&mut self.out, url);
        }
        self.out.push(b'}');
        if let Some(count) = count {
            let mut member = vec![b','];
            control::name(&mut member, self.record.style.format, "count");
            self.record.style.count(&mut member, count);
            self.out.splice(self.count_at..self.count_at, member);
        }
        open_object(&mut self.out, 0);
        self.out
    }
}

#[cfg(test)]
#[path = "page_tests.rs"]
mod tests;
