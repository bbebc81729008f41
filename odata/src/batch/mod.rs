//! `$batch`: many requests in one, as `multipart/mixed` (OData 4.0 part 1 section 11.7) or as JSON (OData JSON 4.01
//! section 19), and their answers.
//!
//! Parsed and written only: who serves it answers each [`Item`] by itself, asks [`Progress`] which of them still are to
//! be answered after one has failed, and gives the answers to [`Answers`].

mod address;
mod compose;
mod json;
mod multipart;
mod progress;
mod write;

pub use address::{Address, address};
pub use progress::{Progress, Verdict};
pub use write::{Answers, Response};

use crate::error::{Error, ErrorKind};
use crate::http::parameter;

/// How much of a batch is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Requests, also those in change sets.
    pub requests: usize,
    /// Bytes of the body.
    pub bytes: usize,
}

impl Default for Limits {
    /// 100 requests, more than any known client puts into one batch; 1 MiB, room for as many with URLs of 10 KiB.
    fn default() -> Self {
        Self { requests: 100, bytes: 1024 * 1024 }
    }
}

/// How a batch is written, and so its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// `multipart/mixed`
    Multipart,
    /// `application/json`
    Json,
}

/// Many requests, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// How it was written.
    pub format: Format,
    /// What is to be answered.
    pub items: Vec<Item>,
}

/// What is answered as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// A request by itself.
    Request(Request),
    /// Changes that are all made or none (a change set, an atomicity group).
    Group {
        /// Its name, in JSON.
        id: Option<String>,
        /// Its requests.
        requests: Vec<Request>,
    },
}

/// A request in a batch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// `Content-ID`, or `id` in JSON, where each request has one.
    pub id: Option<String>,
    /// In capitals.
    pub method: String,
    /// As it was sent; [`address`] finds what it means.
    pub url: String,
    /// Names in lower case, and values.
    pub headers: Vec<(String, String)>,
    /// Empty where there is none; of a JSON batch JSON, unless its `Content-Type` says that it is text.
    pub body: Vec<u8>,
    /// The requests and groups that have to succeed before.
    pub depends_on: Vec<String>,
    /// Whether it is only to be answered under a condition (`if` in JSON), which nothing here evaluates.
    pub conditional: bool,
}

impl Request {
    /// The value of a header, its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a batch by the `Content-Type` it came with.
///
/// # Errors
/// Malformed, of an unknown media type (`NotAcceptable`), or beyond the limits (`TooComplex`).
///
/// ```
/// use odata::batch::{Item, Limits, parse};
///
/// let body = "--b\r\nContent-Type: application/http\r\n\r\nGET contacts?$top=1 HTTP/1.1\r\n\r\n\r\n--b--";
/// let batch = parse("multipart/mixed;boundary=b", body.as_bytes(), &Limits::default())?;
/// let [Item::Request(request)] = &batch.items[..] else { panic!("one request") };
/// assert_eq!((request.method.as_str(), request.url.as_str()), ("GET", "contacts?$top=1"));
/// # Ok::<(), odata::Error>(())
/// ```
pub fn parse(content_type: &str, body: &[u8], limits: &Limits) -> Result<Batch, Error> {
    if body.len() > limits.bytes {
        let message = format!("The batch is larger than {} bytes: send several.", limits.bytes);
        return Err(too_large(message));
    }
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let (format, items) = match media_type.as_str() {
        "multipart/mixed" => {
            let boundary = parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty());
            let boundary = boundary.ok_or_else(|| {
                Error::syntax("A multipart batch needs the parameter `boundary` in its Content-Type.")
            })?;
            (Format::Multipart, multipart::items(&boundary, body)?)
        }
        "application/json" => (Format::Json, json::items(body)?),
        other => {
            let message =
                format!("A batch is `multipart/mixed` or `application/json`, and this one is `{other}`.");
            return Err(Error::new(ErrorKind::NotAcceptable, message));
        }
    };
    let count: usize = items.iter().map(|item| item.requests().len()).sum();
    if count > limits.requests {
        let message =
            format!("The batch has {count} requests, and {} are allowed: send several.", limits.requests);
        return Err(too_large(message));
    }
    Ok(Batch { format, items })
}

impl Item {
    /// The requests it is made of.
    pub fn requests(&self) -> &[Request] {
        match self {
            Self::Request(request) => std::slice::from_ref(request),
            Self::Group { requests, .. } => requests,
        }
    }
}

fn too_large(message: String) -> Error {
    Error::new(ErrorKind::TooComplex, message)
}

#[cfg(test)]
mod tests;
