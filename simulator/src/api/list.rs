//! Listing records by ascending id, and one record by its id.
//!
//! `after` is the id of the next record, so any number can be given: the page starts at the first id that is not smaller.

use std::ops::Bound;

use serde::Serialize;

use super::answer::{Answer, Problem};
use super::request::Request;
use super::rows::{Paging, Projection, RowBody};
use super::{Scene, associations, whole};
use crate::portal::record::Record;

/// Rows of a page, and with `propertiesWithHistory`.
const MAX_LIMIT: usize = 100;
const MAX_LIMIT_WITH_HISTORY: usize = 50;

#[derive(Serialize)]
struct Page<'a> {
    results: Vec<RowBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// A page of records.
pub(super) fn list(scene: &Scene, request: &Request) -> Result<Answer, Problem> {
    let history = request.list("propertiesWithHistory");
    let max = if history.is_empty() { MAX_LIMIT } else { MAX_LIMIT_WITH_HISTORY };
    let limit = whole(request.parameter("limit"), "limit", 10, max)?;
    let after = cursor(scene, request.parameter("after"))?;
    let archived = request.flag("archived");
    let (rows, next) = page(scene, after, limit, archived);
    let projection = Projection::new(scene.table, scene.quirks, &request.list("properties"));
    let pairs = request.list("associations");
    let results = rows.into_iter().map(|record| {
        let mut body =
            RowBody::new(&projection, record).with_history(scene.table, record, &history).with_url(scene);
        body.associations = associations::embedded(scene, record.id, &pairs);
        body
    });
    let results = results.collect();
    let paging = next.map(|id| Paging::number(id, scene.quirks, Some(link(request, id))));
    Ok(Answer::json(200, &Page { results, paging }))
}

/// One record, by its id or by a property with unique values.
pub(super) fn get(scene: &Scene, id: &str, request: &Request) -> Result<Answer, Problem> {
    let archived = request.flag("archived");
    let record = find(scene, id, request.parameter("idProperty").as_deref())?;
    let found = record.filter(|record| record.archived.is_some() == archived);
    let record = found.ok_or_else(|| Problem::NotFound("resource not found".to_owned()))?;
    let projection = Projection::new(scene.table, scene.quirks, &request.list("properties"));
    let history = request.list("propertiesWithHistory");
    let mut body =
        RowBody::new(&projection, record).with_history(scene.table, record, &history).with_url(scene);
    body.associations = associations::embedded(scene, record.id, &request.list("associations"));
    Ok(Answer::json(200, &body))
}

/// The record that an id, or the value of a unique property, names.
pub(super) fn find<'a>(
    scene: &Scene<'a>,
    id: &str,
    property: Option<&str>,
) -> Result<Option<&'a Record>, Problem> {
    let Some(name) = property.filter(|name| *name != "hs_object_id") else {
        return Ok(id.parse().ok().and_then(|id: u64| scene.table.records.get(&id)));
    };
    let column = scene.table.column(name);
    let unique = scene.table.properties.iter().any(|p| p.name == name && p.has_unique_value);
    let column = column.filter(|_| unique);
    let column =
        column.ok_or_else(|| Problem::Invalid(format!("{name} is not a property with unique values")))?;
    let holds = |record: &&Record| record.text(column).is_some_and(|text| text.eq_ignore_ascii_case(id));
    Ok(scene.table.records.values().find(holds))
}

fn cursor(scene: &Scene, after: Option<String>) -> Result<u64, Problem> {
    let Some(text) = after.filter(|text| !text.is_empty()) else { return Ok(0) };
    let id: u64 = text.parse().map_err(|_| Problem::Invalid(format!("Invalid value for after: {text}")))?;
    let records = &scene.table.records;
    let known = records.contains_key(&id) || records.contains_key(&id.saturating_sub(1));
    if scene.quirks.strict_cursor && !known {
        return Err(Problem::Invalid(format!("Invalid value for after: {text}")));
    }
    Ok(id)
}

/// The rows of a page, and the id of the row behind them.
fn page<'a>(scene: &Scene<'a>, after: u64, limit: usize, archived: bool) -> (Vec<&'a Record>, Option<u64>) {
    let range = scene.table.records.range((Bound::Included(after), Bound::Unbounded));
    let mut rows: Vec<&Record> = range
        .map(|(_, record)| record)
        .filter(|r| r.archived.is_some() == archived)
        .take(limit + 1)
        .collect();
    let keep = kept(scene, limit.min(rows.len()));
    let next = rows.get(keep).map(|record| record.id);
    rows.truncate(keep);
    (rows, next)
}

/// How many of the rows a page shows: all, unless a quirk makes it short or empty.
pub(super) fn kept(scene: &Scene, rows: usize) -> usize {
    let number = scene.world.next_page();
    match scene.quirks {
        quirks if quirks.empty_pages && number % 4 == 3 => 0,
        quirks if quirks.short_pages && number % 3 == 2 => rows.div_ceil(2),
        _ => rows,
    }
}

/// The address of the next page: the same call with the new cursor.
fn link(request: &Request, after: u64) -> String {
    let others = request.query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("after="));
    let query = others.chain([format!("after={after}").as_str()]).collect::<Vec<_>>().join("&");
    format!("https://api.hubapi.com{}?{query}", request.path)
}
