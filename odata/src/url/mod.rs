//! From the text of a URL to a checked request.
//!
//! [`parse`] is the whole way: the query is cut and decoded, the path is matched with the model, and each option is
//! parsed and checked against what the path leads to. What the grammar allows but this crate cannot answer yet is
//! [`ErrorKind::NotSupported`](crate::ErrorKind); what the grammar does not allow is `Syntax`, with the character.

mod aliases;
pub(crate) mod ast;
mod canonical;
mod decode;
mod entity_id;
mod expand;
mod expression;
mod key;
mod lexer;
pub mod literal;
mod nested;
mod options;
mod parser;
mod path;
mod resource;
mod search;
mod select;
mod target;

pub(crate) use aliases::Aliases;
pub(crate) use parser::{MAX_DEPTH, MAX_NODES};

pub use resource::{Key, Part, PathStart, PathStep, PropertyPath, Resource, ResourcePath};
pub use search::{Search, SearchTerm};

use crate::check::{self, About, Scope};
use crate::edm::{Model, SetId, Step};
use crate::error::Error;
use crate::expr::Expr;

/// A request whose names exist and whose types fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What the path leads to.
    pub resource: Resource,
    /// What is asked of it.
    pub options: Options,
}

/// What is asked of a resource.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Options {
    /// `$filter`: a Boolean expression.
    pub filter: Option<Expr>,
    /// `$select`; `None` means everything.
    pub select: Option<Select>,
    /// `$orderby`, most important first.
    pub orderby: Vec<OrderBy>,
    /// `$top`; 0 is legal.
    pub top: Option<u64>,
    /// `$skip`
    pub skip: Option<u64>,
    /// `$count=true`
    pub count: bool,
    /// `$expand`
    pub expand: Vec<Expand>,
    /// `$search`
    pub search: Option<Search>,
    /// `$skiptoken`
    pub skiptoken: Option<String>,
    /// `$format`
    pub format: Option<String>,
    /// Every option in the order it was sent: the decoded name (of a system option with `$` and in lower case) and the
    /// value, still encoded. For repeating them in a next link.
    pub raw: Vec<(String, String)>,
}

/// Which properties are wanted.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    /// Indices of structural properties, ascending and distinct; with `*` all of them.
    pub properties: Vec<usize>,
    /// Indices of navigation properties, ascending and distinct. Power Query names them here beside `$expand`.
    pub navigation: Vec<usize>,
    /// Whether it was written with `*`.
    pub all: bool,
    /// The properties of which only a part is wanted.
    pub nested: Vec<NestedSelect>,
}

/// What is wanted of a complex property or of a collection of values.
#[derive(Debug, Clone, PartialEq)]
pub struct NestedSelect {
    /// Index of the property.
    pub property: usize,
    /// `$select`, whose indices are those of the complex type, and of a collection also which items in which order.
    pub options: Options,
}

/// One criterion of the order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    /// What is compared.
    pub expr: Expr,
    /// Largest first.
    pub descending: bool,
}

/// A navigation property that is wanted inline.
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    /// Index of the navigation property.
    pub navigation: usize,
    /// How it is followed.
    pub step: Step,
    /// What of its entities is wanted.
    pub kind: Expanding,
    /// What is asked of its entities. In conditions there, `$it` is the entity of the request itself.
    pub options: Options,
}

/// What of related entities is wanted inline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expanding {
    /// Themselves.
    Entities,
    /// `/$ref`
    References,
    /// `/$count`
    Count,
}

/// Parses a request. `path` is what follows the service root, still percent-encoded; `query` what follows the `?`.
///
/// # Errors
/// What is wrong, in a sentence, with the option and the character where that is known.
///
/// ```
/// use odata::ErrorKind;
/// use odata::edm::{EntitySet, EntityType, Model, Primitive, Property};
/// use odata::url::{Resource, parse};
///
/// let mut builder = Model::builder("Crm", "Feed");
/// let contact = EntityType::new("contact")
///     .property(Property::new("id", Primitive::Int64).required())
///     .property(Property::new("email", Primitive::String))
///     .keyed_by(&["id"]);
/// let contact = builder.entity_type(contact);
/// let set = builder.entity_set(EntitySet::new("contacts", contact));
/// let model = builder.build()?;
///
/// let request = parse(&model, "contacts", Some("$filter=email%20ne%20null&$top=10"))?;
/// assert_eq!(request.resource, Resource::EntitySet { set });
/// assert_eq!(request.options.top, Some(10));
///
/// let error = parse(&model, "contacts", Some("$filter=emial eq null")).unwrap_err();
/// assert_eq!(error.kind, ErrorKind::UnknownProperty);
/// assert_eq!(
///     error.to_string(),
///     "`emial` is not a property of contact. Did you mean `email`? (at character 0 of $filter)",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn parse(model: &Model, path: &str, query: Option<&str>) -> Result<Request, Error> {
    parse_at(model, None, path, query)
}

/// As [`parse`], for a service at this absolute URL: `$entity?$id=` may then name an entity by its whole URL.
///
/// # Errors
/// As [`parse`].
pub fn parse_at(
    model: &Model,
    root: Option<&str>,
    path: &str,
    query: Option<&str>,
) -> Result<Request, Error> {
    let raw = decode::query(query.unwrap_or_default())?;
    let mut named = options::named(&raw)?;
    let found = path::find(model, root, path, &mut named)?;
    let mut options = options::parse(model, &found.resource, named)?;
    let conditions: Vec<Expr> = found.filters.into_iter().chain(options.filter.take()).collect();
    options.filter = check::all(conditions)?;
    Ok(Request { resource: found.resource, options })
}

/// Parses a condition on the entities of a set that did not come in a URL: the text of a `$filter`, not encoded.
///
/// # Errors
/// As [`parse`], without a target.
pub fn parse_filter(model: &Model, set: SetId, text: &str) -> Result<Expr, Error> {
    let about = About::Entity(model.set(set).entity_type, Some(set));
    let scope = Scope { model, about, root: None, aliases: &Aliases::default() };
    check::filter(&scope, &expression::parse(text)?)
}
