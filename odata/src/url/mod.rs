//! From the text of a URL to a checked request.
//!
//! [`parse`] is the whole way: the query is cut and decoded, the path is matched with the model, and each option is
//! parsed and checked against what the path leads to. What the grammar allows but this crate cannot answer yet is
//! [`ErrorKind::NotSupported`](crate::ErrorKind); what the grammar does not allow is `Syntax`, with the character.

pub(crate) mod ast;
mod decode;
mod expression;
mod lexer;
pub mod literal;
mod options;
mod parser;
mod path;
mod select;

pub(crate) use parser::{MAX_DEPTH, MAX_NODES};

use std::collections::HashMap;

use crate::check::{self, Scope};
use crate::edm::{Model, SetId};
use crate::error::Error;
use crate::expr::Expr;
use crate::value::Value;

/// A request whose names exist and whose types fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What the path leads to.
    pub resource: Resource,
    /// What is asked of it.
    pub options: Options,
}

/// What a path leads to.
#[derive(Debug, Clone, PartialEq)]
pub enum Resource {
    /// The root.
    ServiceDocument,
    /// `$metadata`
    Metadata,
    /// `$batch`
    Batch,
    /// `contacts`
    EntitySet {
        /// The set.
        set: SetId,
    },
    /// `contacts/$count`
    Count {
        /// The set.
        set: SetId,
    },
    /// `contacts(1)`
    Entity {
        /// The set.
        set: SetId,
        /// Which of its entities.
        key: Key,
    },
    /// `contacts(1)/email`
    Property {
        /// The set.
        set: SetId,
        /// Which of its entities.
        key: Key,
        /// Index of the property.
        property: usize,
    },
    /// `contacts(1)/email/$value`
    PropertyValue {
        /// The set.
        set: SetId,
        /// Which of its entities.
        key: Key,
        /// Index of the property.
        property: usize,
    },
}

/// The values of a key, in the order of [`EntityType::key`](crate::edm::EntityType::key), of the declared types.
pub type Key = Vec<Value>;

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
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Select {
    /// Indices of structural properties, ascending and distinct; with `*` all of them.
    pub properties: Vec<usize>,
    /// Indices of navigation properties, ascending and distinct. Power Query names them here beside `$expand`.
    pub navigation: Vec<usize>,
    /// Whether it was written with `*`.
    pub all: bool,
}

/// One criterion of the order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderBy {
    /// What is compared.
    pub expr: Expr,
    /// Largest first.
    pub descending: bool,
}

/// A navigation property whose entities are wanted inline.
#[derive(Debug, Clone, PartialEq)]
pub struct Expand {
    /// Index of the navigation property.
    pub navigation: usize,
    /// What is asked of its entities.
    pub options: Options,
}

/// A free-text search, as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// The text.
    pub text: String,
}

/// `@name=value`, parsed; checked wherever it is used.
pub(crate) type Aliases = HashMap<String, ast::Ast>;

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
    let raw = decode::query(query.unwrap_or_default())?;
    let named = options::named(&raw)?;
    let resource = path::resource(model, path, &named.aliases)?;
    let options = options::parse(model, &resource, named)?;
    Ok(Request { resource, options })
}

/// Parses a condition on the entities of a set that did not come in a URL: the text of a `$filter`, not encoded.
///
/// # Errors
/// As [`parse`], without a target.
pub fn parse_filter(model: &Model, set: SetId, text: &str) -> Result<Expr, Error> {
    let aliases = Aliases::new();
    check::filter(&Scope::new(model, model.type_of_set(set), &aliases), &expression::parse(text)?)
}
