//! One page of a collection, row by row.

use super::json::{self, open_object};
use super::record::{Record, context};
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
}

impl<'a> PageWriter<'a> {
    /// A page without rows.
    pub fn new(shape: Shape<'a>) -> Self {
        let mut out = Vec::with_capacity(RESERVE);
        context(&mut out, &shape, &shape.collection_context());
        let count_at = out.len();
        out.extend_from_slice(b",\"value\":[");
        Self { record: Record::new(shape), out, count_at, rows: 0 }
    }

    /// Appends a row, which is aligned to the properties of the entity type and holds its key.
    pub fn push(&mut self, row: &[Value]) {
        if self.rows > 0 {
            self.out.push(b',');
        }
        let start = self.out.len();
        self.record.members(&mut self.out, row);
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
            control::name(&mut self.out, "nextLink");
            json::string(&mut self.out, url);
        }
        self.out.push(b'}');
        if let Some(count) = count {
            let mut member = vec![b','];
            control::name(&mut member, "count");
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
