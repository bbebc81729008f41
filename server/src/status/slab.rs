//! Rows in memory, as a source of the service: all of a small set, or a slab of the requests, which may be millions.
//!
//! A slab is what one page looks at. Its page link names the last id that was looked at, the id up to which the chain
//! goes, and how many rows were sent: no request is left out, none comes twice, and what comes meanwhile comes not at all.
//! What needs all rows at once (an order, a count, `$skip`) is answered while one slab holds all, else refused.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use jiff::Timestamp;
use odata::edm::Model;
use odata::error::{Error, ErrorKind};
use odata::expr::{CompareOp, Expr, Node};
use odata::memory::Data;
use odata::service::{One, Page, Source, Wish};
use odata::url::{Options, Part, PathStart, Request, ResourcePath};
use odata::value::Value;
use schema::Context;
use schema::operations::request_page::{self, Answered};
use serde_json::json;

use super::rows::refused;
use crate::error::Failure;

/// Some 4 MiB of JSON: what one page may hold in memory.
const SLAB: u32 = 10_000;

/// Of the sets that are held whole, a page of as many rows.
const PAGE: u64 = 10_000;

/// The property that a slab is cut by, in the model.
const AT: &str = "At";

/// Rows with where their chain of pages stands.
pub(super) struct Table {
    data: Data,
    chain: Option<Chain>,
    /// Rows that were answered, and whether with a link to more.
    rows: AtomicU64,
    linked: AtomicBool,
}

/// Where a chain of pages stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Chain {
    until: i64,
    /// The last id that was looked at.
    after: i64,
    /// Rows on the pages before.
    sent: u64,
    /// Whether there are rows behind this slab.
    more: bool,
}

impl Table {
    /// No rows: for the documents.
    pub(super) fn empty(edm: &Model) -> Result<Table, Failure> {
        Table::load(edm, &json!({}))
    }

    /// All rows of `set`.
    pub(super) fn whole(edm: &Model, set: &str, rows: &[serde_json::Value]) -> Result<Table, Failure> {
        Table::load(edm, &json!({ set: rows }))
    }

    fn load(edm: &Model, json: &serde_json::Value) -> Result<Table, Failure> {
        let data = Data::load(edm, &json.to_string());
        let data = data.map_err(|error| Failure::Internal(format!("the status feed's rows: {error}")))?;
        let (rows, linked) = Default::default();
        Ok(Table { data: data.paged_by(PAGE), chain: None, rows, linked })
    }

    /// How many rows the answer has.
    pub(super) fn rows(&self) -> u64 {
        self.rows.load(Ordering::Relaxed)
    }

    /// Whether the answer has a link to a next page.
    pub(super) fn linked(&self) -> bool {
        self.linked.load(Ordering::Relaxed)
    }

    fn goes_on(&self) -> bool {
        self.chain.is_some_and(|chain| chain.more)
    }
}

/// The slab of requests that `request` asks for.
pub(super) async fn requests(
    ctx: &Context,
    edm: &Model,
    request: &Request,
    wish: Option<u64>,
) -> Result<Table, Failure> {
    let path = request.resource.path();
    let all = needs_all(&request.options).is_some() || path.is_some_and(|path| path.part == Part::Count);
    let wish = wish.and_then(|rows| u32::try_from(rows).ok()).filter(|_| !all);
    let limit = wish.map_or(SLAB, |rows| rows.clamp(1, SLAB));
    let mut wanted = request_page::Request { after: 0, until: None, from: None, to: None, limit };
    let mut sent = 0;
    if let Some(token) = &request.options.skiptoken {
        let chain = read(token).ok_or(Failure::SkipTokenInvalid)?;
        (wanted.after, wanted.until, sent) = (chain.after, Some(chain.until), chain.sent);
    }
    if let Some(PathStart::Entity(_, key)) = request.resource.path().map(|path| path.start)
        && let Some(Value::Int64(id)) = key.first()
    {
        (wanted.after, wanted.until) = (id.saturating_sub(1), Some(*id));
    }
    let at = edm.entity_set("Requests").and_then(|set| edm.entity_type(set.entity_type).property_index(AT));
    if let (Some(filter), Some(at)) = (&request.options.filter, at) {
        narrow(&mut wanted, filter, at);
    }
    let after = wanted.after;
    let page = request_page::run(ctx, wanted).await.map_err(refused)?;
    let last = page.requests.last().map_or(after, |one| one.id);
    let rows: Vec<serde_json::Value> = page.requests.iter().map(row).collect();
    let table = Table::whole(edm, "Requests", &rows)?;
    let chain = Some(Chain { until: page.until, after: last, sent, more: page.more });
    Ok(Table { data: table.data.paged_by(u64::MAX), chain, ..table })
}

/// Bounds of the time that every row must keep: the filter is looked at again, so that too little is never asked for.
fn narrow(wanted: &mut request_page::Request, filter: &Expr, at: usize) {
    if let Node::And(all) = &filter.node {
        all.iter().for_each(|one| narrow(wanted, one, at));
    }
    let Node::Compare(op, left, right) = &filter.node else { return };
    let (op, bound) = match (&left.node, &right.node) {
        (Node::Property(index), Node::Literal(Value::DateTimeOffset(bound))) if *index == at => (*op, *bound),
        (Node::Literal(Value::DateTimeOffset(bound)), Node::Property(index)) if *index == at => {
            (op.mirrored(), *bound)
        }
        _ => return,
    };
    let later = |old: Option<Timestamp>| Some(old.map_or(bound, |old| old.max(bound)));
    let earlier = |old: Option<Timestamp>| Some(old.map_or(bound, |old| old.min(bound)));
    match op {
        CompareOp::Gt | CompareOp::Ge => wanted.from = later(wanted.from),
        CompareOp::Lt | CompareOp::Le => wanted.to = earlier(wanted.to),
        CompareOp::Eq => (wanted.from, wanted.to) = (later(wanted.from), earlier(wanted.to)),
        CompareOp::Ne => {}
    }
}

fn row(one: &Answered) -> serde_json::Value {
    json!({
        "Id": one.id, "At": one.at, "RequestId": one.request_id, "TokenId": one.token_id, "Label": one.label,
        "User": one.user, "DataSource": one.data_source, "EntitySet": one.entity_set, "Query": one.query,
        "Address": one.address, "Client": one.client, "Status": one.status, "ErrorCode": one.error_code,
        "Rows": one.rows, "Bytes": one.bytes,
        "Milliseconds": u64::try_from(one.duration.as_millis()).unwrap_or(u64::MAX),
        "HubspotCalls": one.upstream_calls, "NulledValues": one.nulled_values,
    })
}

/// `until-after-sent`, in decimal.
fn read(token: &str) -> Option<Chain> {
    let mut parts = token.split('-').map(|part| part.parse::<i64>().ok().filter(|number| *number >= 0));
    let (until, after, sent) = (parts.next()??, parts.next()??, parts.next()??);
    let whole = parts.next().is_none();
    whole.then_some(Chain { until, after, sent: u64::try_from(sent).ok()?, more: false })
}

impl Source for Table {
    fn page(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<Option<Page<'_>>, Error> {
        let page = self.cut(path, options, wish)?;
        if let Some(page) = &page {
            self.rows.store(page.entities.len() as u64, Ordering::Relaxed);
            self.linked.store(page.next.is_some(), Ordering::Relaxed);
        }
        Ok(page)
    }

    fn count(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<Option<u64>, Error> {
        if self.goes_on() { Err(too_many().about("$count")) } else { self.data.count(path, options, wish) }
    }

    fn one(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<One<'_>, Error> {
        let one = self.data.one(path, options, wish)?;
        self.rows.store(u64::from(matches!(one, One::Entity(_))), Ordering::Relaxed);
        Ok(one)
    }
}

impl Table {
    fn cut(&self, path: &ResourcePath, options: &Options, wish: &Wish) -> Result<Option<Page<'_>>, Error> {
        let Some(chain) = &self.chain else { return self.data.page(path, options, wish) };
        if let Some(option) = needs_all(options).filter(|_| chain.more || chain.sent > 0) {
            return Err(too_many().about(option));
        }
        let top = options.top.map(|top| top.saturating_sub(chain.sent));
        let own = Options { skiptoken: None, top, ..options.clone() };
        let page = self.data.page(path, &own, &Wish { max_page_size: None, ..*wish })?;
        Ok(page.map(|page| {
            let sent = chain.sent + page.entities.len() as u64;
            let goes_on = chain.more && options.top.is_none_or(|top| top > sent);
            let next = goes_on.then(|| format!("{}-{}-{sent}", chain.until, chain.after));
            Page {
                next,
                size: Some(wish.max_page_size.map_or(SLAB.into(), |rows| rows.min(SLAB.into()))),
                ..page
            }
        }))
    }
}

fn needs_all(options: &Options) -> Option<&'static str> {
    if !options.orderby.is_empty() {
        return Some("$orderby");
    }
    match (options.skip, options.count) {
        (Some(1..), _) => Some("$skip"),
        (_, true) => Some("$count"),
        _ => None,
    }
}

fn too_many() -> Error {
    let message =
        format!("This needs all requests at once, and there are more than {SLAB}; filter by a time of At.");
    Error::new(ErrorKind::NotSupported, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_link_is_three_numbers_or_none_of_ours() {
        let chain = Chain { until: 90, after: 50, sent: 7, more: false };
        assert_eq!(read("90-50-7"), Some(chain));
        for bad in ["", "90", "90-50", "90-50-7-1", "90--50-7", "a-b-c", "-1-5-7"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn bounds_of_the_time_go_to_the_store_and_nothing_else_does() {
        let edm = super::super::model::model().unwrap();
        let bounds = |filter: &str| {
            let query = format!("$filter={filter}");
            let request = odata::url::parse(&edm, "Requests", Some(&query)).unwrap();
            let mut wanted = request_page::Request { after: 0, until: None, from: None, to: None, limit: 1 };
            narrow(&mut wanted, request.options.filter.as_ref().unwrap(), 1);
            (wanted.from.map(|at| at.to_string()), wanted.to.map(|at| at.to_string()))
        };
        let day = |text: &str| Some(format!("2026-01-0{text}T00:00:00Z"));
        let and =
            "At%20ge%202026-01-01T00:00:00Z%20and%202026-01-03T00:00:00Z%20gt%20At%20and%20Status%20eq%20200";
        assert_eq!(bounds(and), (day("1"), day("3")));
        assert_eq!(bounds("At%20ge%202026-01-01T00:00:00Z%20or%20Status%20eq%20200"), (None, None));
        assert_eq!(bounds("not%20(At%20ge%202026-01-01T00:00:00Z)"), (None, None));
    }
}
