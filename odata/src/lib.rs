//! OData V4 for a read-only service: the model, the grammar of URLs, evaluation, and the writers.
//!
//! Everything here is a pure function of its arguments: no I/O, no clock, no runtime. The way of a request through it is
//! [`url::parse`] (text to a typed request), [`eval`] (rows to answers), [`write`] (answers to bytes). [`service`] puts
//! them together over any source of rows, [`memory`] is one, and [`csdl::read`] reads the model of either from a file.

pub mod batch;
mod check;
pub mod csdl;
mod hint;

pub mod edm;
pub mod error;
pub mod eval;
pub mod expr;
pub mod http;
pub mod memory;
pub mod service;
pub mod url;
pub mod value;
pub mod write;

pub use error::{Error, ErrorKind};
pub use hint::nearest;
pub use value::{Row, Value};

/// The examples of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
