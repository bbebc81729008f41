//! The feeds: from an HTTP request to an OData answer, and back.
//!
//! [`query`] is the pipeline; the others are its stages: [`headers`] (what the client asks beside the URL),
//! [`body`] (what it sends), [`batch`] (many requests in one), [`documents`] (service document and `$metadata`), [`rows`] (tables, counts, single entities), [`written`] (their bodies),
//! [`links`] (URLs).

mod batch;
mod body;
mod documents;
mod headers;
mod links;
mod place;
pub(crate) mod query;
mod rows;
mod shape;
mod written;

pub(crate) use body::MAX_BODY;
