//! Many rows of an object, read by several cursors at once.
//!
//! HubSpot's list is a walk by id, one page after the other: at usual latencies a fifth of what the rate limit allows.
//! Its cursor is documented as the id of the next record, so that a walk can start anywhere, and several can share the
//! work. That any id is a cursor is an inference: it is checked on each portal before it is relied upon (see
//! [`probe`]), and where it does not hold, one cursor reads alone.

mod probe;
mod scan;
mod verdict;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::budget::Kind;
use crate::{Call, Client, Error, LIST_PAGE, ListPage, ListRequest, Record};
use scan::Scan;
pub(crate) use verdict::Cursors;

/// With fewer rows wanted than these, one cursor does it: three pages take less time than setting up more.
const WORTH_IT: usize = 300;

/// Walks at once, at least and at most. More than twenty-four would be needed only above a second of latency.
const TOGETHER: std::ops::RangeInclusive<u64> = 2..=24;

/// Which rows, and how many about.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RangeRequest {
    /// Where to go on: [`RangePage::after`] of the part before; the first part has none. In a portal whose cursors were
    /// verified any id will do, and rows from that id on are read.
    pub after: Option<String>,
    /// Rows with this id and above are left out; none: to the end.
    pub to: Option<u64>,
    /// Internal names, as in [`ListRequest::properties`].
    pub properties: Vec<String>,
    /// Deleted rows, and only those.
    pub archived: bool,
    /// About so many rows. There may be fewer, and up to twice as many where ids lie denser than expected.
    pub most: usize,
    /// From then on no further part is begun; what was begun is finished, which takes a few seconds at most.
    pub stop_at: Option<Instant>,
    /// What the part before found out about the ids.
    pub density: Option<Density>,
}

/// How far ids lie apart. Small enough to travel in a link; only an estimate, nothing depends on its being right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Density {
    /// Ids that a thousand rows span.
    pub ids_per_thousand_rows: u64,
}

/// Rows of a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RangePage {
    /// Strictly ascending by id. Between the cursor asked for and [`RangePage::after`] no row is left out that existed
    /// throughout, and none is there twice.
    pub records: Vec<Record>,
    /// Where the next part begins; `None` when everything up to the end, or to [`RangeRequest::to`], was read.
    pub after: Option<String>,
    /// For the next part.
    pub density: Option<Density>,
    /// Whether several cursors were at work.
    pub parallel: bool,
}

impl Client {
    /// Reads on from a cursor until about [`RangeRequest::most`] rows are there, by as many cursors at once as the rate
    /// limit has room for. When something fails on the way, or the deadline comes, what was read completely up to
    /// there is the answer; an error comes only instead of nothing.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Inconsistent`] when a page contradicts the order of ids, also when asked for again.
    pub async fn range(&self, call: &Call, object: &str, request: &RangeRequest) -> Result<RangePage, Error> {
        let list = ListRequest {
            after: None,
            limit: LIST_PAGE,
            properties: request.properties.clone(),
            archived: request.archived,
        };
        let pages = Listed { client: self, call, object, list };
        read(&pages, &self.portal.cursors, request).await
    }

    /// Whether the portal's cursors were found to be ids anywhere: `None` before anything was found out.
    #[must_use]
    pub fn reads_in_parallel(&self) -> Option<bool> {
        self.portal.cursors.verified()
    }

    /// Takes over what another process found out about the same portal.
    pub fn set_reads_in_parallel(&self, verified: bool) {
        self.portal.cursors.decide(verified);
    }

    /// Calls that fill the list's rate limit at the latency seen lately.
    fn together(&self) -> usize {
        let terms = self.portal.budgets.lane(Kind::List).terms();
        let interval_ms = u64::try_from(terms.interval.as_millis()).unwrap_or(u64::MAX).max(1);
        let under_way = u64::from(terms.limit) * self.portal.latency.milliseconds() / interval_ms;
        // A quarter more, since latencies vary, and one that waits for the next place.
        let wanted = (under_way * 5 / 4 + 1).clamp(*TOGETHER.start(), *TOGETHER.end());
        usize::try_from(wanted).unwrap_or(1)
    }
}

/// Where pages come from: HubSpot, or a test in paused time.
pub(crate) trait Pages {
    /// The page at a cursor.
    fn page(&self, after: Option<String>) -> impl Future<Output = Result<ListPage, Error>>;
    /// Calls that may be under way at once.
    fn together(&self) -> usize;
}

struct Listed<'a> {
    client: &'a Client,
    call: &'a Call,
    object: &'a str,
    list: ListRequest,
}

impl Pages for Listed<'_> {
    async fn page(&self, after: Option<String>) -> Result<ListPage, Error> {
        self.client.list(self.call, self.object, &ListRequest { after, ..self.list.clone() }).await
    }

    fn together(&self) -> usize {
        self.client.together()
    }
}

/// One cursor until the portal is known, several from then on.
async fn read<P: Pages>(pages: &P, cursors: &Cursors, request: &RangeRequest) -> Result<RangePage, Error> {
    let mut scan = Scan::new(request);
    let worth_it = request.most > WORTH_IT && scan.starts_at_an_id();
    match cursors.verified() {
        Some(true) if worth_it => scan.share(),
        None if worth_it => {
            scan.run(pages, Some(probe::PAGES)).await;
            if scan.goes_on()
                && let Some(verified) = probe::check(pages, &scan).await
            {
                cursors.probed(verified);
                if verified {
                    scan.share();
                }
            }
        }
        _ => {}
    }
    scan.run(pages, None).await;
    if scan.is_refused() {
        // A cursor of ours is not taken after all. Only those that HubSpot gave are safe to go on with, so one cursor
        // begins again where the caller stands, and reads a page, however late it is.
        scan = Scan::new(&RangeRequest { most: 1, stop_at: None, ..request.clone() });
        scan.run(pages, None).await;
        if !scan.has_failed() {
            cursors.contradicted();
        }
    }
    let (page, contradicted) = scan.finish()?;
    if contradicted {
        cursors.contradicted();
    }
    Ok(page)
}
