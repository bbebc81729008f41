//! References to entities: their ids and nothing else (OData JSON 4.0 section 12).

use super::Shape;
use super::context::metadata;
use super::json;
use super::record::{context, text_member};
use crate::http::Format;
use crate::value::Value;

/// A reference to one entity as an answer.
pub fn reference(shape: &Shape<'_>, row: &[Value]) -> Vec<u8> {
    let mut url = String::new();
    metadata(&mut url, shape.root);
    url.push_str("#$ref");
    let mut out = Vec::new();
    context(&mut out, shape, &url);
    id_member(&mut out, shape.format, shape.entity_id(row).as_deref());
    json::open_object(&mut out, 0);
    out.push(b'}');
    out
}

/// `<root>$metadata#Collection($ref)`
pub(super) fn references_context(shape: &Shape<'_>) -> String {
    let mut url = String::new();
    metadata(&mut url, shape.root);
    url.push_str("#Collection($ref)");
    url
}

/// `,"@odata.id":"…"`, whatever amount of metadata was asked for: it is all that a reference has.
pub(super) fn id_member(out: &mut Vec<u8>, format: Format, id: Option<&str>) {
    if let Some(id) = id {
        text_member(out, format, "id", id);
    }
}
