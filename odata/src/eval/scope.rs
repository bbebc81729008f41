//! What an expression is evaluated over: a row, and the rows related to it.

use crate::edm::Step;
use crate::error::Error;
use crate::value::Value;

/// The rows that are related to others, fetched before anything is evaluated.
///
/// [`Expr::reads`](crate::expr::Expr::reads) says which will be asked for, so that they can be fetched for all rows at
/// once. The evaluator asks again and again, for each row and each path; an answer should cost no more than a look-up by
/// the key of `row`.
///
/// ```
/// use odata::edm::{EntitySet, EntityType, Model, NavigationProperty, Primitive, Property, Step};
/// use odata::eval::{Context, Related, Scope, matches_in};
/// use odata::{Error, Row, Value, url::parse_filter};
///
/// let keyed = |name: &str| {
///     let id = Property::new("id", Primitive::Int64).required();
///     EntityType::new(name).property(id).property(Property::new("name", Primitive::String)).keyed_by(&["id"])
/// };
/// let mut builder = Model::builder("Crm", "Feed");
/// let company = builder.entity_type(keyed("company"));
/// let contact = keyed("contact").navigation(NavigationProperty::to_many("companies", company));
/// let contact = builder.entity_type(contact);
/// let contacts = builder.entity_set(EntitySet::new("contacts", contact));
/// let model = builder.build()?;
///
/// struct Companies(Vec<Row>);
/// impl Related for Companies {
///     fn related<'a>(&'a self, _: &Step, row: &[Value]) -> Result<Vec<&'a [Value]>, Error> {
///         Ok(if row[0] == Value::Int64(1) { self.0.iter().map(Vec::as_slice).collect() } else { vec![] })
///     }
/// }
///
/// let filter = parse_filter(&model, contacts, "companies/any(c:c/name eq 'Acme')")?;
/// let step = model.step(contact, Some(contacts), 0);
/// assert!(filter.reads().related[&step].properties.contains(&1), "what to fetch before");
///
/// let related = Companies(vec![vec![Value::Int64(7), Value::string("Acme")]]);
/// let context = Context { now: "2026-01-01T00:00:00Z".parse()? };
/// let matches = |id| matches_in(&filter, &Scope::with(&[Value::Int64(id), Value::Null], &related), &context);
/// assert!(matches(1)? && !matches(2)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Related {
    /// The rows that `step` leads to from `row`, which is of type `step.from`; of single-valued navigation at most one.
    ///
    /// # Errors
    /// When they were not fetched.
    fn related<'a>(&'a self, step: &Step, row: &[Value]) -> Result<Vec<&'a [Value]>, Error>;
}

/// No related rows at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unrelated;

impl Related for Unrelated {
    /// Refuses: an expression that follows navigation cannot be evaluated without related rows.
    fn related<'a>(&'a self, _: &Step, _: &[Value]) -> Result<Vec<&'a [Value]>, Error> {
        Err(Error::not_supported("Following navigation properties in this expression is"))
    }
}

/// Where an expression finds its values.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    /// The row it is about.
    pub row: &'a [Value],
    /// The entity that is expanded, for `$it` in the options of an expanded property.
    pub root: Option<&'a [Value]>,
    /// What is related to them.
    pub related: &'a dyn Related,
}

impl<'a> Scope<'a> {
    /// A row without related ones.
    pub fn of(row: &'a [Value]) -> Self {
        Self { row, root: None, related: &Unrelated }
    }

    /// A row with related ones.
    pub fn with(row: &'a [Value], related: &'a dyn Related) -> Self {
        Self { row, root: None, related }
    }
}

impl std::fmt::Debug for Scope<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Scope").field("row", &self.row).field("root", &self.root).finish_non_exhaustive()
    }
}
