//! Answers requests: what matches, in which order, and how much of it on one page.

use crate::edm::{Model, SetId};
use crate::error::Error;
use crate::eval::{self, Context};
use crate::service::{Page, Source, Wish};
use crate::url::{Options, Request, Resource};
use crate::value::{Row, Value};

use super::{Data, Table};

/// Rows of a page unless the client wishes for fewer.
pub const PAGE_ROWS: u64 = 1000;

impl Source for Data {
    fn page(&self, _: &Model, request: &Request, wish: &Wish) -> Result<Page, Error> {
        let Resource::EntitySet { set } = request.resource else { return Err(no_rows()) };
        let table = self.table(set)?;
        let matching = self.matching(table, &request.options, wish)?;
        let count = request.options.count.then_some(matching.len() as u64);
        let size = wish.max_page_size.map_or(PAGE_ROWS, |rows| rows.min(PAGE_ROWS));
        let (rows, next) = window(&matching, &request.options, size)?;
        let rows = rows.iter().map(|&index| table.rows[index].clone()).collect();
        Ok(Page { rows, count, next, size: Some(size) })
    }

    fn count(&self, _: &Model, request: &Request, wish: &Wish) -> Result<u64, Error> {
        let Resource::Count { set } = request.resource else { return Err(no_rows()) };
        Ok(self.matching(self.table(set)?, &request.options, wish)?.len() as u64)
    }

    fn entity(&self, _: &Model, request: &Request, _: &Wish) -> Result<Option<Row>, Error> {
        match &request.resource {
            Resource::Entity { set, key }
            | Resource::Property { set, key, .. }
            | Resource::PropertyValue { set, key, .. } => {
                let table = self.table(*set)?;
                let row = table.keys.find(&key.iter().collect::<Vec<&Value>>());
                Ok(row.map(|index| table.rows[index].clone()))
            }
            _ => Err(no_rows()),
        }
    }
}

impl Data {
    fn table(&self, set: SetId) -> Result<&Table, Error> {
        self.tables.get(set.0).ok_or_else(no_rows)
    }

    /// The rows that match, in the order that is asked for; equals stay in the order they were loaded.
    fn matching(&self, table: &Table, options: &Options, wish: &Wish) -> Result<Vec<usize>, Error> {
        let context = Context { now: wish.now };
        let mut found = Vec::new();
        for (index, row) in table.rows.iter().enumerate() {
            let matches =
                options.filter.as_ref().map_or(Ok(true), |filter| eval::matches(filter, row, &context));
            if matches.map_err(|error| error.about("$filter"))? {
                let keys = eval::sort_keys(&options.orderby, row, &context);
                found.push((keys.map_err(|error| error.about("$orderby"))?, index));
            }
        }
        found.sort_by(|(left, _), (right, _)| eval::compare_keys(&options.orderby, left, right));
        Ok(found.into_iter().map(|(_, index)| index).collect())
    }
}

/// The page of the rows that a request is about, and the token of the next one. The token is the number of rows that
/// were on the pages before; rows never change, so it needs to be nothing more.
fn window<'a>(
    matching: &'a [usize],
    options: &Options,
    size: u64,
) -> Result<(&'a [usize], Option<String>), Error> {
    let sent = options.skiptoken.as_deref().map_or(Ok(0), sent)?;
    let skip = options.skip.unwrap_or(0).saturating_add(sent);
    let rest = matching.get(whole(skip)..).unwrap_or_default();
    let wanted = options.top.unwrap_or(u64::MAX).saturating_sub(sent);
    let rest = &rest[..rest.len().min(whole(wanted))];
    let page = &rest[..rest.len().min(whole(size))];
    let next = (page.len() < rest.len()).then(|| (sent + page.len() as u64).to_string());
    Ok((page, next))
}

fn sent(token: &str) -> Result<u64, Error> {
    let digits = token.bytes().all(|byte| byte.is_ascii_digit());
    let number = token.parse().ok().filter(|_| digits);
    number.ok_or_else(|| Error::syntax("The page link is not one of this service.").about("$skiptoken"))
}

fn whole(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn no_rows() -> Error {
    Error::not_supported("Rows for this kind of request are")
}
