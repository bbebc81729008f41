//! What to ask HubSpot for, and what to do here, to answer a query. Pure: nothing is read, nothing is waited for.
//!
//! HubSpot is only ever asked for a superset of the rows; the whole filter is evaluated again on each of them. What is
//! guaranteed about moving data: a row that matches throughout is returned once. HubSpot's search learns of a change some
//! moments after it happened, so a row that began to match only just now may be missed, like one that was changed
//! while its page was read. The plan's `Display` tells all this for a given query.

mod explain;
mod fingerprint;
mod formula;
mod normal;
mod pushdown;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use odata::edm::{Model, SetId};
use odata::expr::{Expr, Node};
use odata::url::{Key, Options, OrderBy, Request, Resource};
use odata::{Error, ErrorKind, Value};

use crate::model::{OBJECT_ID, Origin, StoredModel, StoredSet};
pub use explain::Explained;
pub use formula::{Formula, Is, Test};

/// How a query is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Index of the entity set in the stored model.
    pub set: usize,
    /// Where candidates come from.
    pub source: Source,
    /// Columns to read, ascending: those wanted, and those the filter and the order look at.
    pub read: Vec<usize>,
    /// What every row has to match: the data source's filter and the client's.
    pub filter: Option<Expr>,
    /// The order; empty for ascending keys, in which rows come anyway.
    pub order: Vec<OrderBy>,
    /// Rows wanted at most.
    pub top: Option<u64>,
    /// Rows to leave out at the beginning.
    pub skip: u64,
    /// How to count, and whether a page carries the count.
    pub count: Counting,
    /// Whether pages carry the count (`$count=true`).
    pub counted: bool,
    /// The one entity that is wanted, by its key.
    pub key: Option<Key>,
    /// What makes this query different from another one: stays the same over all pages.
    pub fingerprint: String,
    /// The same for the data source's own filter.
    pub own_fingerprint: String,
    explained: Explained,
}

/// Where candidate rows come from, always in ascending order of their key.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// Nowhere: the filter cannot be true.
    Nothing,
    /// All records of an object, page by page.
    List {
        /// HubSpot's name of the object.
        object: String,
    },
    /// Records that HubSpot's index finds.
    Search {
        /// HubSpot's name of the object.
        object: String,
        /// What the index is asked.
        formula: Formula,
    },
    /// Records whose ids are known.
    Ids {
        /// HubSpot's name of the object.
        object: String,
        /// Which.
        ids: BTreeSet<u64>,
    },
    /// All owners.
    Owners,
    /// The pipelines of these objects.
    Pipelines(Vec<String>),
    /// The stages of these objects' pipelines.
    Stages(Vec<String>),
    /// The associations between two objects.
    Links {
        /// The object they are read from.
        from: String,
        /// The object they lead to.
        to: String,
        /// The only records at either end that can have any.
        ends: Ends,
    },
}

/// Which records the wanted links have at their ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ends {
    /// Any.
    All,
    /// These at the end they are read from.
    From(BTreeSet<u64>),
    /// These at the other end.
    To(BTreeSet<u64>),
}

/// How the number of rows is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counting {
    /// HubSpot's index counts exactly the rows of the query.
    ByIndex,
    /// The rows have to be read.
    ByReading,
}

/// What may be relied on at HubSpot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Abilities {
    /// Whether the search may be used.
    pub search: bool,
}

impl Default for Abilities {
    fn default() -> Self {
        Self { search: true }
    }
}

impl Plan {
    /// The columns that decide whether a row belongs to the answer, and which row it is.
    #[must_use]
    pub fn columns_to_decide(&self, model: &StoredModel) -> Vec<usize> {
        let key = model.sets.get(self.set).map_or(0, |set| set.key().len());
        let mut columns: BTreeSet<usize> = (0..key).collect();
        columns.extend(self.filter.iter().flat_map(Expr::properties));
        columns.into_iter().collect()
    }
}

/// Plans a request for rows of an entity set, for their number, or for one entity.
///
/// # Errors
/// `NotSupported` for what this service cannot answer.
pub fn plan(
    stored: &StoredModel,
    model: &Model,
    request: &Request,
    own_filter: Option<&Expr>,
    abilities: Abilities,
) -> Result<Plan, Error> {
    let Target { set: id, key, property } = target(&request.resource)?;
    let options = &request.options;
    supported(options)?;
    let (index, set) = stored.set(&model.set(id).name).ok_or_else(unknown_set)?;
    let filter = normal::effective(own_filter, options.filter.as_ref());
    let source = source(set, key, filter.as_ref(), abilities);
    let order = order(set, &options.orderby);
    let count = counting(set, &source, filter.as_ref(), abilities);
    let plan = Plan {
        set: index,
        read: columns(set, options, property, filter.as_ref(), &order),
        top: options.top,
        skip: options.skip.unwrap_or(0),
        count,
        counted: options.count,
        key: key.cloned(),
        fingerprint: fingerprint::of_query(&set.name, options),
        own_fingerprint: fingerprint::of_filter(own_filter),
        explained: Explained::default(),
        source,
        filter,
        order,
    };
    let explained = Explained::of(&plan, set, model.type_of_set(id));
    Ok(Plan { explained, ..plan })
}

/// Parses the filter that the owner gave an object of the data source.
///
/// # Errors
/// What is wrong with it, as for a client's `$filter`.
pub fn own_filter(model: &Model, set: &str, text: &str) -> Result<Expr, Error> {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let request = odata::url::parse(model, set, Some(&format!("$filter={encoded}")))?;
    request.options.filter.ok_or_else(|| Error::syntax("The filter is empty."))
}

struct Target<'a> {
    set: SetId,
    key: Option<&'a Key>,
    property: Option<usize>,
}

fn target(resource: &Resource) -> Result<Target<'_>, Error> {
    match resource {
        Resource::EntitySet { set } | Resource::Count { set } => {
            Ok(Target { set: *set, key: None, property: None })
        }
        Resource::Entity { set, key } => Ok(Target { set: *set, key: Some(key), property: None }),
        Resource::Property { set, key, property } | Resource::PropertyValue { set, key, property } => {
            Ok(Target { set: *set, key: Some(key), property: Some(*property) })
        }
        _ => Err(Error::not_supported("reading rows of this resource is")),
    }
}

fn supported(options: &Options) -> Result<(), Error> {
    if !options.expand.is_empty() {
        return Err(Error::not_supported("The option `$expand` is").about("$expand"));
    }
    if options.search.is_some() {
        return Err(Error::not_supported("The option `$search` is").about("$search"));
    }
    let ordered = options.orderby.iter().map(|by| ("$orderby", &by.expr));
    let mut exprs = options.filter.iter().map(|filter| ("$filter", filter)).chain(ordered);
    if let Some((option, _)) = exprs.find(|(_, expr)| !expr.is_local()) {
        return Err(Error::not_supported("Following navigation properties in an expression is").about(option));
    }
    Ok(())
}

fn unknown_set() -> Error {
    Error::new(ErrorKind::EntitySetNotFound, "The data source has no such table.")
}

fn source(set: &StoredSet, key: Option<&Key>, filter: Option<&Expr>, abilities: Abilities) -> Source {
    match &set.origin {
        Origin::Owners => Source::Owners,
        Origin::Pipelines(objects) => Source::Pipelines(objects.clone()),
        Origin::Stages(objects) => Source::Stages(objects.clone()),
        Origin::Links { from, to } => {
            Source::Links { from: from.clone(), to: to.clone(), ends: ends(key, filter) }
        }
        Origin::Object(object) => match wanted_ids(set, key, filter) {
            Some(ids) if ids.is_empty() => Source::Nothing,
            Some(ids) => Source::Ids { object: object.clone(), ids },
            None => records(set, object, filter, abilities),
        },
    }
}

fn records(set: &StoredSet, object: &str, filter: Option<&Expr>, abilities: Abilities) -> Source {
    let object = object.to_owned();
    match filter.map(|filter| pushdown::formula(set, filter)) {
        Some(formula) if formula.is_nothing() => Source::Nothing,
        Some(formula) if abilities.search && !formula.is_everything() => Source::Search { object, formula },
        _ => Source::List { object },
    }
}

/// The ids of the only records that are asked for, if they are named.
fn wanted_ids(set: &StoredSet, key: Option<&Key>, filter: Option<&Expr>) -> Option<BTreeSet<u64>> {
    let Some(key) = key else {
        let columns: Vec<usize> =
            (0..set.properties.len()).filter(|index| set.properties[*index].hubspot == OBJECT_ID).collect();
        return filter.and_then(|filter| normal::ids(filter, &columns, normal::number_id));
    };
    match key.first() {
        Some(Value::Int64(id)) => Some(u64::try_from(*id).ok().filter(|id| *id > 0).into_iter().collect()),
        _ => Some(BTreeSet::new()),
    }
}

/// Records at the other end of links that are asked one by one rather than by listing everything.
const MOST_ENDS: usize = 100;

/// The records that a key or a filter names as ends of links: best those they are read from. The textual key begins
/// with that record's id.
fn ends(key: Option<&Key>, filter: Option<&Expr>) -> Ends {
    if let Some(key) = key {
        return Ends::From(key.first().and_then(normal::link_id).into_iter().collect());
    }
    let Some(filter) = filter else { return Ends::All };
    let from = normal::ids(filter, &[1], normal::number_id);
    if let Some(ids) = from.or_else(|| normal::ids(filter, &[0], normal::link_id)) {
        return Ends::From(ids);
    }
    match normal::ids(filter, &[2], normal::number_id) {
        Some(ids) if ids.len() <= MOST_ENDS => Ends::To(ids),
        _ => Ends::All,
    }
}

/// Rows come by ascending key. An order that begins with it says no more than that.
fn order(set: &StoredSet, wanted: &[OrderBy]) -> Vec<OrderBy> {
    let natural = set.key().iter().enumerate().all(|(index, _)| {
        wanted.get(index).is_some_and(|by| by.expr.node == Node::Property(index) && !by.descending)
    });
    if natural && !matches!(set.origin, Origin::Links { .. }) { Vec::new() } else { wanted.to_vec() }
}

fn columns(
    set: &StoredSet,
    options: &Options,
    property: Option<usize>,
    filter: Option<&Expr>,
    order: &[OrderBy],
) -> Vec<usize> {
    let mut columns: BTreeSet<usize> = match (property, &options.select) {
        (Some(property), _) => [property].into(),
        (None, Some(select)) if !select.all => select.properties.iter().copied().collect(),
        (None, _) => (0..set.properties.len()).collect(),
    };
    columns.extend(0..set.key().len());
    columns.extend(filter.into_iter().flat_map(Expr::properties));
    columns.extend(order.iter().flat_map(|by| by.expr.properties()));
    columns.into_iter().collect()
}

/// The index counts what it can find: exact when nothing is filtered, or when it is asked exactly the filter.
fn counting(set: &StoredSet, source: &Source, filter: Option<&Expr>, abilities: Abilities) -> Counting {
    let records = matches!(set.origin, Origin::Object(_)) && abilities.search;
    match source {
        Source::Search { formula, .. } if formula.exact => Counting::ByIndex,
        Source::List { .. } if filter.is_none() && records => Counting::ByIndex,
        _ => Counting::ByReading,
    }
}
