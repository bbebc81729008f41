//! What the HTTP headers of an OData request mean: `Accept` and `$format`, `Prefer`, `OData-MaxVersion`.
//!
//! Pure functions over text: no header map and no response type. Everything real clients send is understood; only what
//! cannot be answered at all is refused.

mod grammar;
mod negotiate;
mod prefer;
mod version;

pub(crate) use grammar::parameter;
pub use negotiate::{Format, MetadataFormat, MetadataLevel, negotiate, negotiate_metadata};
pub use prefer::{Honoured, Preferences, preferences};
pub use version::{Version, negotiate_version};

/// The `Content-Type` of `/$count` and of `/$value` of everything but binary: text whatever `Accept` says, because
/// clients send the `Accept` of their data requests along and still read a bare number.
pub const TEXT_CONTENT_TYPE: &str = "text/plain;charset=utf-8";

/// The `Content-Type` of `/$value` of a binary property.
pub const BINARY_CONTENT_TYPE: &str = "application/octet-stream";
