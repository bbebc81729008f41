//! A short text that is the same for the same query, however it is encoded in a URL.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use odata::expr::Expr;
use odata::url::{Options, Part, ResourcePath};
use sha2::{Digest as _, Sha256};

use super::own::OwnFilters;

/// 96 bits: this guards against mistakes, the page link's own authentication against intent.
const BYTES: usize = 12;

pub(super) fn of_query(set: &str, path: &ResourcePath, options: &Options) -> String {
    let mut parts = vec![set.to_owned(), text(options.filter.as_ref())];
    parts.push(format!("{:?}", options.select.as_ref().map(|select| &select.properties)));
    parts.push(format!("{:?} {:?} {}", options.top, options.skip, options.count));
    parts.extend(options.orderby.iter().map(|by| format!("{} {}", by.expr, by.descending)));
    // What is rarer is told apart by what the parser made of it.
    if !path.steps.is_empty() || path.part != Part::Entities {
        parts.push(format!("path {path:?}"));
    }
    if !options.expand.is_empty() {
        parts.push(format!("expand {:?}", options.expand));
    }
    parts.extend(options.search.iter().map(|search| format!("search {}", search.term)));
    digest(&parts)
}

pub(super) fn of_filters(own: &OwnFilters) -> String {
    digest(&own.texts())
}

fn digest(parts: &[String]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        // Each part with its length, so that no two lists of parts run into the same text.
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    URL_SAFE_NO_PAD.encode(&digest.finalize()[..BYTES])
}

fn text(expr: Option<&Expr>) -> String {
    expr.map(ToString::to_string).unwrap_or_default()
}
