//! Search: filters, full text, one sort, and an offset cursor that ends at 10,000.

mod body;
mod filter;
mod order;
#[cfg(test)]
mod tests;
mod tokens;

use serde::Serialize;

use super::answer::{Answer, Problem};
use super::list::kept;
use super::request::Request;
use super::rows::{Paging, Projection, RowBody};
use super::{Scene, whole};
use crate::dice::Dice;
use crate::portal::record::Record;
use body::SearchBody;
use filter::Filters;
use tokens::FullText;

/// Rows of a page.
const MAX_LIMIT: usize = 200;

/// Rows that a query can reach by paging.
const MAX_REACH: usize = 10_000;

#[derive(Serialize)]
struct Page<'a> {
    total: u64,
    results: Vec<RowBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    paging: Option<Paging>,
}

/// A page of the records that match.
pub(super) fn answer(scene: &Scene, request: &Request) -> Result<Answer, Problem> {
    let body = SearchBody::read(&request.body)?;
    body.check_size()?;
    let limit = whole(body.limit(), "limit", 10, MAX_LIMIT)?;
    let after = offset(body.after(), limit)?;
    let filters = Filters::compile(scene, &body.groups())?;
    let text = FullText::compile(scene, body.query.as_deref());
    let sort = order::Sort::compile(scene, body.sorts())?;
    let mut matches: Vec<&Record> =
        indexed(scene).filter(|r| filters.match_record(r) && text.matches(r)).collect();
    sort.apply(&mut matches);
    let total = matches.len();
    let from = after.min(total);
    let all = &matches[from..total.min(from + limit)];
    let number = scene.world.next_page();
    let page = &all[..kept(scene, number, all.len())];
    let rows = torn(scene, number, disorder(scene, page));
    let next = from + page.len();
    let projection = Projection::new(scene.table, scene.quirks, &body.properties.unwrap_or_default());
    let results = rows.into_iter().map(|record| RowBody::new(&projection, record)).collect();
    let paging = (next < total).then(|| Paging::number(next as u64, scene.quirks, None));
    let total = (total as u64).saturating_add_signed(scene.quirks.total_off_by);
    let total = scene.quirks.total_cap.map_or(total, |cap| cap.min(total));
    Ok(Answer::json(200, &Page { total, results, paging }))
}

/// Where the page starts.
fn offset(after: Option<String>, limit: usize) -> Result<usize, Problem> {
    let Some(text) = after.filter(|text| !text.is_empty()) else { return Ok(0) };
    let after: usize =
        text.parse().map_err(|_| Problem::Invalid(format!("Invalid value for after: {text}")))?;
    if after + limit > MAX_REACH {
        return Err(Problem::BadSearch);
    }
    Ok(after)
}

/// The living rows that the index knows.
fn indexed<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a Record> {
    let (lag, jitter) = (scene.quirks.index_lag_ms, scene.quirks.index_lag_jitter_ms);
    let (now, seed) = (scene.world.clock.now_ms(), scene.world.settings.seed);
    let since = |id: u64| {
        let more = Dice::new(seed, 74, id).below(usize::try_from(jitter).unwrap_or(usize::MAX)) as u64;
        now.saturating_sub_unsigned(lag.saturating_add(more))
    };
    let rows: Box<dyn Iterator<Item = &'a Record>> = match lag.saturating_add(jitter) {
        0 => Box::new(scene.table.records.values()),
        _ => Box::new(scene.table.records_at(since).into_iter()),
    };
    rows.filter(|record| record.archived.is_none())
}

/// The rows of a page, in another order when that quirk is on.
fn disorder<'a>(scene: &Scene, rows: &[&'a Record]) -> Vec<&'a Record> {
    let mut rows = rows.to_vec();
    if scene.quirks.unordered_pages {
        let seed = rows.first().map_or(0, |record| record.id);
        Dice::new(seed, 71, 0).shuffle(&mut rows);
    }
    rows
}

/// The rows of a page, one of them missing or twice, in every fifth page when such a quirk is on.
fn torn<'a>(scene: &Scene, number: u64, mut rows: Vec<&'a Record>) -> Vec<&'a Record> {
    if number % 5 != 4 || rows.is_empty() {
        return rows;
    }
    if scene.quirks.skipped_rows {
        rows.remove(rows.len() / 2); // recorded once: a total of 1 and no row
    }
    if scene.quirks.repeated_rows && rows.len() > 1 {
        rows.pop();
        rows.insert(0, rows[0]);
    }
    rows
}
