//! What to ask HubSpot for, and what to do here, to answer a query. Pure: nothing is read, nothing is waited for.
//!
//! HubSpot is only ever asked for a superset of the rows; the whole filter is evaluated again on each of them. What is
//! guaranteed about moving data: a row that matches throughout is returned once. HubSpot's search learns of a change some
//! moments after it happened, so a row that began to match only just now may be missed, like one that was changed
//! while its page was read. The plan's `Display` tells all this for a given query.

mod branch;
mod cost;
mod expand;
mod explain;
mod fingerprint;
mod formula;
mod normal;
mod own;
mod pushdown;
mod search;
mod source;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod traps;
mod via;

use std::collections::BTreeSet;

use odata::edm::Model;
use odata::expr::{Expr, Node, Reads};
use odata::url::{Key, Options, OrderBy, Part, PathStart, Request, Resource, ResourcePath};
use odata::{Error, ErrorKind};

use crate::model::{Origin, StoredModel, StoredSet};
use branch::Ways;
pub use branch::{Branch, Towards};
pub use cost::{Cost, Counts, Grant, Grants, sentences};
pub use expand::Expansion;
pub use explain::Explained;
pub use formula::{Formula, Is, Test};
pub use own::{OwnFilters, ShownEnd, own_filter};
pub use via::{Leg, Via};

/// How a query is answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Index of the entity set in the stored model.
    pub set: usize,
    /// Where candidates come from.
    pub source: Source,
    /// Columns to read, ascending: those wanted, and those the filter and the order look at.
    pub read: Vec<usize>,
    /// The entities that the path goes over before it reaches these rows.
    pub via: Option<Via>,
    /// What every row has to match, as far as the row itself can tell: the data source's filter and the client's.
    pub filter: Option<Expr>,
    /// Of links, the ends that the data source may hide.
    pub shown: Vec<ShownEnd>,
    /// What rows have to match by what is related to them.
    pub distant: Option<Expr>,
    /// What is read to decide that, and for the order.
    pub branches: Vec<Branch>,
    /// What is expanded.
    pub expand: Vec<Expansion>,
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
    pub(crate) explained: Explained,
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
        /// Words that it is asked to find.
        words: Option<String>,
    },
    /// Records whose ids are known.
    Ids {
        /// HubSpot's name of the object.
        object: String,
        /// Which.
        ids: BTreeSet<u64>,
    },
    /// Records that live and records that were deleted.
    WithDeleted {
        /// HubSpot's name of the object.
        object: String,
        /// The only ones; none: all.
        ids: Option<BTreeSet<u64>>,
    },
    /// What properties of an object's records were and are.
    History {
        /// HubSpot's name of the object.
        object: String,
        /// HubSpot's names of the properties.
        properties: Vec<String>,
        /// The only records; none: all.
        ids: Option<BTreeSet<u64>>,
        /// What a record has to be for its history to be shown.
        shown: Option<Shown>,
    },
    /// All lists.
    Lists,
    /// The records on lists.
    Memberships {
        /// The only lists; none: all.
        lists: Option<BTreeSet<u64>>,
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

/// The owner's filter of a set from which rows of another one follow.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// Index of the set in the stored model.
    pub set: usize,
    /// The columns that the filter looks at, ascending.
    pub read: Vec<usize>,
    /// What its rows have to match.
    pub filter: Expr,
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
        columns.extend(self.filter.iter().chain(&self.distant).flat_map(Expr::properties));
        columns.extend(self.branches.iter().filter_map(Branch::column));
        columns.into_iter().collect()
    }

    /// The columns that decide, besides, at which place a row comes.
    #[must_use]
    pub fn columns_to_order(&self, model: &StoredModel) -> Vec<usize> {
        let mut columns: BTreeSet<usize> = self.columns_to_decide(model).into_iter().collect();
        columns.extend(self.order.iter().flat_map(|by| by.expr.properties()));
        columns.into_iter().collect()
    }

    /// Whether rows related to its rows have to be read.
    #[must_use]
    pub fn follows(&self) -> bool {
        !self.branches.is_empty() || !self.expand.is_empty()
    }

    /// The option for which related rows decide which rows there are, or in which order.
    #[must_use]
    pub fn follower(&self) -> &'static str {
        if self.distant.is_some() { "$filter" } else { "$orderby" }
    }
}

/// Plans a request for rows of an entity set, for their number, or for one entity. `own_filter` is the one of the set
/// whose rows are asked for; rows of other sets are not filtered.
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
    let set = request.resource.path().and_then(|path| path.set()).map_or(0, |set| set.0);
    plan_with(stored, model, request, &OwnFilters::only(set, own_filter), abilities)
}

/// The same, with the filters that rows of any set have to match.
///
/// # Errors
/// `NotSupported` for what this service cannot answer.
pub fn plan_with(
    stored: &StoredModel,
    model: &Model,
    request: &Request,
    own: &OwnFilters,
    abilities: Abilities,
) -> Result<Plan, Error> {
    let ways = Ways { stored, model, own };
    let path = path(&request.resource)?;
    let id = path.set().ok_or_else(unknown_set)?;
    let set = stored.sets.get(id.0).ok_or_else(unknown_set)?;
    let options = &request.options;
    let (filter, distant) = normal::effective(own.of(id.0), options.filter.as_ref());
    let order = order(set, &options.orderby);
    let branches = ways.branches(&reads(distant.as_ref(), &order))?;
    let expand = ways.expansions(&options.expand).map_err(|error| error.about("$expand"))?;
    let via = via::of(&ways, &path)?;
    let key = key(&path);
    let source = match &via {
        // Found when the path is followed.
        Some(_) => Source::Nothing,
        None => source::shown(source::of(set, key, filter.as_ref(), abilities), stored, own),
    };
    let source = search::with(set, source, options.search.as_ref(), filter.as_ref(), via.is_some())?;
    let count = match &distant {
        Some(_) => Counting::ByReading,
        None => counting(set, &source, filter.as_ref(), abilities),
    };
    let plan = Plan {
        set: id.0,
        read: Vec::new(),
        via,
        top: options.top,
        skip: options.skip.unwrap_or(0),
        count,
        counted: options.count,
        key: key.cloned(),
        fingerprint: fingerprint::of_query(&set.name, &path, options),
        own_fingerprint: fingerprint::of_filters(own),
        shown: own::shown_ends(stored, set, own),
        explained: Explained::default(),
        source,
        filter,
        distant,
        branches,
        expand,
        order,
    };
    let plan = Plan { read: columns(set, options, &path.part, &plan), ..plan };
    let explained = Explained::of(&plan, set, model.type_of_set(id));
    Ok(Plan { explained, ..plan })
}

fn path(resource: &Resource) -> Result<ResourcePath, Error> {
    let path = resource.path().ok_or_else(|| Error::not_supported("reading rows of this resource is"))?;
    match path.part {
        Part::PropertyCount(_) => Err(Error::not_supported("Counting the items of a property is")),
        _ => Ok(path),
    }
}

/// The key of the one entity at the end of a path.
fn key(path: &ResourcePath) -> Option<&Key> {
    match (path.steps.last(), &path.start) {
        (Some(last), _) => last.key.as_ref(),
        (None, PathStart::Entity(_, key)) => Some(key),
        (None, _) => None,
    }
}

fn reads(distant: Option<&Expr>, order: &[OrderBy]) -> Reads {
    let mut reads = Reads::default();
    for expr in distant.into_iter().chain(order.iter().map(|by| &by.expr)) {
        reads.merge(&expr.reads());
    }
    reads
}

fn unknown_set() -> Error {
    Error::new(ErrorKind::EntitySetNotFound, "The data source has no such table.")
}

/// Rows come by ascending key. An order that begins with it says no more than that.
fn order(set: &StoredSet, wanted: &[OrderBy]) -> Vec<OrderBy> {
    let natural = set.key().iter().enumerate().all(|(index, _)| {
        wanted.get(index).is_some_and(|by| by.expr.node == Node::Property(index) && !by.descending)
    });
    if natural && !comes_otherwise(&set.origin) { Vec::new() } else { wanted.to_vec() }
}

/// Whether rows come by other columns than their textual key.
fn comes_otherwise(origin: &Origin) -> bool {
    matches!(origin, Origin::Links { .. } | Origin::History { .. } | Origin::Memberships)
}

/// The columns that are selected; all of them without a selection.
fn selected(options: &Options, all: usize) -> BTreeSet<usize> {
    match &options.select {
        Some(select) if !select.all => select.properties.iter().copied().collect(),
        _ => (0..all).collect(),
    }
}

fn columns(set: &StoredSet, options: &Options, part: &Part, plan: &Plan) -> Vec<usize> {
    let mut columns: BTreeSet<usize> = match part {
        Part::Property(path) | Part::Value(path) | Part::PropertyCount(path) => [path.property].into(),
        Part::References | Part::Count => BTreeSet::new(),
        Part::Entities => selected(options, set.properties.len()),
    };
    columns.extend(0..set.key().len());
    columns.extend(plan.filter.iter().chain(&plan.distant).flat_map(Expr::properties));
    columns.extend(plan.order.iter().flat_map(|by| by.expr.properties()));
    columns.extend(plan.branches.iter().filter_map(Branch::column));
    columns.extend(plan.expand.iter().filter_map(|expansion| expansion.branch.column()));
    columns.into_iter().collect()
}

/// The index counts what it can find: exact when nothing is filtered, or when it is asked exactly the filter.
fn counting(set: &StoredSet, source: &Source, filter: Option<&Expr>, abilities: Abilities) -> Counting {
    let records = matches!(set.origin, Origin::Object(_)) && !set.archived && abilities.search;
    match source {
        Source::Search { formula, .. } if formula.exact => Counting::ByIndex,
        Source::List { .. } if filter.is_none() && records => Counting::ByIndex,
        _ => Counting::ByReading,
    }
}
