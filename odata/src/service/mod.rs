//! A whole read-only service as one pure function: from method, path, query and header fields to status, fields and body.
//!
//! Where rows come from is the business of a [`Source`]; how bytes get to a client, that of whoever calls. A server with
//! its own way to its rows takes the pieces instead: [`Asked`] (what a client asks in header fields), [`Answer`] (what
//! goes back), [`refusal`] (which status and code an error has), [`next_link`].

mod answer;
mod asked;
mod batch;
mod documents;
mod links;
mod properties;
mod refusal;
mod rows;
mod window;

pub use answer::Answer;
pub use asked::Asked;
pub use links::next_link;
pub use refusal::{Refusal, refusal};
pub use window::Window;

use jiff::Timestamp;

use crate::edm::Model;
use crate::error::Error;
use crate::url::{self, Options, Resource, ResourcePath};
use crate::write::Entity;

/// A request as it came.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// What follows the service root, still percent-encoded.
    pub path: &'a str,
    /// What follows the `?`, if there was one.
    pub query: Option<&'a str>,
    /// The body; `$query` and `$batch` read one.
    pub body: &'a [u8],
    /// Header fields in the order they came; names in any case.
    pub fields: &'a [(&'a str, &'a str)],
    /// The absolute URL of the service, for links.
    pub root: &'a str,
    /// What `now()` is.
    pub now: Timestamp,
}

/// Where rows come from. The paths and options it is asked for are those of [`url::parse`] for the same model.
pub trait Source {
    /// One page of the entities at the end of a path; none when the path breaks off before.
    ///
    /// # Errors
    /// What is not supported, a calculation that leaves the range of its type, or more than the source gives out.
    fn page(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<Option<Page<'_>>, Error>;

    /// How many entities are at the end of a path; none when it breaks off before.
    ///
    /// # Errors
    /// As [`Source::page`].
    fn count(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<Option<u64>, Error>;

    /// The entity at the end of a path, which leads to one at most.
    ///
    /// # Errors
    /// As [`Source::page`].
    fn one(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<One<'_>, Error>;
}

/// What a source takes into account beside the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// What `now()` is.
    pub now: Timestamp,
    /// The most rows the client wishes for on a page.
    pub max_page_size: Option<u64>,
}

/// A part of a collection.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Page<'a> {
    /// The entities, each with what is expanded.
    pub entities: Vec<Entity<'a>>,
    /// The number of entities on all pages together, if it was asked for.
    pub count: Option<u64>,
    /// What `$skiptoken` of the next page is; none on the last.
    pub next: Option<String>,
    /// How many entities a page has at most.
    pub size: Option<u64>,
}

/// A single entity.
#[derive(Debug, Clone, PartialEq)]
pub enum One<'a> {
    /// It, with what is expanded.
    Entity(Entity<'a>),
    /// The navigation property that could lead to one leads to none.
    Nothing,
    /// There is none, or something on the way to it does not exist.
    Missing,
}

/// Answers a request.
///
/// ```
/// use jiff::Timestamp;
/// use odata::edm::{EntitySet, EntityType, Model, Primitive, Property};
/// use odata::{memory::Data, service::{Call, answer}};
///
/// let mut builder = Model::builder("Crm", "Feed");
/// let id = Property::new("id", Primitive::Int64).required();
/// let contact = builder.entity_type(EntityType::new("contact").property(id).keyed_by(&["id"]));
/// builder.entity_set(EntitySet::new("contacts", contact));
/// let model = builder.build()?;
/// let data = Data::load(&model, r#"{"contacts": [{"id": 1}, {"id": 2}]}"#)?;
///
/// let call = Call {
///     method: "GET",
///     path: "contacts",
///     query: Some("$filter=id gt 1"),
///     body: b"",
///     fields: &[("Accept", "application/json;odata.metadata=none")],
///     root: "https://host/odata/",
///     now: Timestamp::UNIX_EPOCH,
/// };
/// let answer = answer(&model, &data, &call);
/// assert_eq!((answer.status, answer.body.as_slice()), (200, &br#"{"value":[{"id":2}]}"#[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn answer(model: &Model, source: &dyn Source, call: &Call<'_>) -> Answer {
    let answer = try_answer(model, source, call).unwrap_or_else(|refusal| refusal.answer());
    if call.method == "HEAD" { answer.without_body() } else { answer }
}

/// As [`answer`], for a server that writes refusals itself.
///
/// # Errors
/// Why the request does not get what it asked for.
pub fn try_answer(model: &Model, source: &dyn Source, call: &Call<'_>) -> Result<Answer, Refusal> {
    let service = Service { model, source };
    match (call.method, posted(call.path)) {
        ("GET" | "HEAD", None) => service.read(call),
        ("POST", Some(Posted::Query(path))) => service.query(call, path),
        ("POST", Some(Posted::Batch)) => batch::answer(&service, call),
        (_, None) => Err(refusal::method("GET, HEAD")),
        (_, Some(_)) => Err(refusal::method("POST")),
    }
}

/// What is sent by POST although it only reads.
enum Posted<'a> {
    /// `contacts/$query`: the path without its end.
    Query(&'a str),
    Batch,
}

fn posted(path: &str) -> Option<Posted<'_>> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let (before, last) = path.rsplit_once('/').unwrap_or(("", path));
    match last {
        "$query" | "%24query" => Some(Posted::Query(before)),
        "$batch" | "%24batch" if before.is_empty() => Some(Posted::Batch),
        _ => None,
    }
}

/// A model and its rows.
struct Service<'a> {
    model: &'a Model,
    source: &'a dyn Source,
}

impl Service<'_> {
    fn read(&self, call: &Call<'_>) -> Result<Answer, Refusal> {
        let asked = Asked::read(call.fields)?;
        let request = url::parse_at(self.model, Some(call.root), call.path, call.query)?;
        let answer = match &request.resource {
            Resource::ServiceDocument => documents::service(self.model, call.root, &asked, &request)?,
            // The document is one of CSDL 4.0 for everybody.
            Resource::Metadata => return documents::metadata(self.model, &asked, &request),
            _ => rows::answer(self.model, self.source, call, &asked, &request)?,
        };
        Ok(answer.in_version(asked.version))
    }

    /// As if the options in the body stood in the URL, behind those that do.
    fn query(&self, call: &Call<'_>, path: &str) -> Result<Answer, Refusal> {
        let body = asked::options(call)?;
        let both: Vec<&str> = call.query.into_iter().chain([body]).filter(|text| !text.is_empty()).collect();
        let query = both.join("&");
        self.read(&Call { path, query: Some(&query), ..*call })
    }
}

#[cfg(test)]
mod tests;
