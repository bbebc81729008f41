//! The reading itself: segments of the id range, each walked by a cursor of its own.
//!
//! New segments are opened behind the last one as long as rows are wanted; who is idle then takes over half of what
//! another has before it. The page on which a segment ends also holds the first rows of the next one, read by another
//! cursor: both must be the same, or everything from there on is thrown away and read again.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use tokio::time::{Instant, sleep};

use super::{Density, Pages, RangePage, RangeRequest};
use crate::{Error, LIST_PAGE, ListPage, Record};

/// Rows of a segment, at most: its last page is wasted by half, so that twenty pages lose a fortieth.
const SEGMENT_ROWS: u64 = 2_000;

/// A segment with fewer rows before it than these is not divided.
const WORTH_DIVIDING: u64 = 400;

/// Cursors to begin with in a table of unknown size.
const TIMID: usize = 2;

/// Texts of a part: with so many bytes, no further segment is begun, and with twice as many no further page. Notes and mails
/// have up to 64 KiB each.
const MOST_BYTES: usize = 16 * 1024 * 1024;

/// A moment for the portal to settle before a page is asked for again, longer each time: about what HubSpot takes for an
/// answer.
const SETTLING: Duration = Duration::from_millis(250);

/// How often a page that contradicts itself, or leads nowhere, is asked for.
const TRIES: u32 = 4;

/// A part of the range.
#[derive(Debug)]
struct Segment {
    /// Stays when places change.
    key: u64,
    cursor: Option<String>,
    /// Every row of the segment below this id is in `records`.
    reached: u64,
    /// Rows from this id on belong to the next segment.
    end: u64,
    records: Vec<Record>,
    /// Ids of the next segments' rows that came with the last page.
    beyond: Vec<u64>,
    asked: bool,
    done: bool,
    /// HubSpot sent no further cursor.
    at_end: bool,
    tries: u32,
}

/// A reading under way.
#[derive(Debug)]
pub(super) struct Scan {
    segments: Vec<Segment>,
    keys: u64,
    to: u64,
    most: usize,
    stop_at: Option<Instant>,
    density: Option<Density>,
    /// Between the end of the last segment and this id there are no rows.
    empty_until: u64,
    /// Several cursors.
    shared: bool,
    /// So many of them at most: where nothing is known about the table it may end soon, and whoever reads behind its end
    /// wastes a call. Each page read makes room for another.
    bold: usize,
    /// The end of the table was seen.
    at_end: bool,
    /// Of the texts read so far.
    bytes: usize,
    /// A page was asked for: however late it is, the first one is.
    begun: bool,
    failure: Option<Error>,
}

impl Scan {
    pub(super) fn new(request: &RangeRequest) -> Self {
        let to = request.to.unwrap_or(u64::MAX);
        let reached = id_of(request.after.as_deref()).unwrap_or(0);
        let first = Segment::new(0, request.after.clone(), reached, to);
        Self {
            segments: vec![first],
            keys: 1,
            to,
            most: request.most.max(1),
            stop_at: request.stop_at,
            density: request.density,
            empty_until: 0,
            shared: false,
            bold: if request.density.is_some() { usize::MAX } else { TIMID },
            at_end: false,
            bytes: 0,
            begun: false,
            failure: None,
        }
    }

    /// A cursor that is no id can only be followed.
    pub(super) fn starts_at_an_id(&self) -> bool {
        self.segments[0].cursor.as_deref().is_none_or(|cursor| id_of(Some(cursor)).is_some())
    }

    /// The ids read so far.
    pub(super) fn ids(&self) -> Vec<u64> {
        self.segments.iter().flat_map(|segment| segment.records.iter().map(|record| record.id)).collect()
    }

    /// Whether there is more to read.
    pub(super) fn goes_on(&self) -> bool {
        self.failure.is_none() && self.segments.iter().any(|segment| !segment.done)
    }

    /// Whether HubSpot refused what several cursors asked for.
    pub(super) fn is_refused(&self) -> bool {
        self.shared && matches!(self.failure, Some(Error::Rejected { .. }))
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Lets several cursors work from here on.
    pub(super) fn share(&mut self) {
        let Some(first) = self.segments.first_mut() else { return };
        if first.done || first.cursor.is_some() && id_of(first.cursor.as_deref()).is_none() {
            return;
        }
        self.shared = true;
        let width = self.density.map_or(1, |_| self.width());
        let first = &mut self.segments[0];
        match id_of(first.cursor.as_deref()) {
            // What was read alone is complete up to its cursor.
            Some(next) if !first.records.is_empty() => (first.end, first.done) = (next.min(self.to), true),
            // Where nothing is known yet, the first page finds out.
            _ => first.end = first.reached.saturating_add(width).min(self.to),
        }
    }

    /// Reads until enough is there, or (with one cursor) so many pages.
    pub(super) async fn run<P: Pages>(&mut self, pages: &P, limit: Option<usize>) {
        let mut under_way = FuturesUnordered::new();
        let mut left = limit.unwrap_or(usize::MAX);
        loop {
            let together = if self.shared { pages.together().min(self.bold) } else { 1 };
            while under_way.len() < together && left > 0 {
                let Some((key, cursor, tries)) = self.question() else { break };
                left -= 1;
                let page = pages.page(cursor.clone());
                under_way.push(async move {
                    if tries > 0 {
                        sleep(SETTLING * tries).await;
                    }
                    (key, cursor, page.await)
                });
            }
            match under_way.next().await {
                None => return,
                Some((key, cursor, Ok(page))) => self.accept(key, cursor.as_deref(), page),
                Some((_, _, Err(error))) => {
                    self.failure.get_or_insert(error);
                }
            }
        }
    }

    /// The next thing to ask for.
    fn question(&mut self) -> Option<(u64, Option<String>, u32)> {
        let is_full = self.rows() >= 2 * self.most || self.bytes >= 2 * MOST_BYTES;
        let is_enough = is_full || !self.shared && self.is_enough();
        if self.failure.is_some() || self.begun && is_enough {
            return None;
        }
        let idle = |segment: &&mut Segment| !segment.done && !segment.asked;
        if self.segments.iter_mut().find(idle).is_none() && self.shared {
            if self.may_open() {
                self.open();
            } else if !self.divide() {
                return None;
            }
        }
        let segment = self.segments.iter_mut().find(idle)?;
        segment.asked = true;
        self.begun = true;
        Some((segment.key, segment.cursor.clone(), segment.tries))
    }

    fn rows(&self) -> usize {
        self.segments.iter().map(|segment| segment.records.len()).sum()
    }

    fn is_enough(&self) -> bool {
        let expected: u64 = self.segments.iter().map(|segment| self.expected(segment)).sum();
        let expected = if self.shared { usize::try_from(expected).unwrap_or(usize::MAX) } else { 0 };
        let stopped = self.stop_at.is_some_and(|stop_at| Instant::now() >= stop_at);
        stopped || self.bytes >= MOST_BYTES || self.rows().saturating_add(expected) >= self.most
    }

    fn may_open(&self) -> bool {
        // The first page says how far ids lie apart.
        let known = self.density.is_some() || self.segments.iter().all(|segment| segment.done);
        known && !self.at_end && self.frontier() < self.to && !self.is_enough()
    }

    /// Behind the last segment, and behind the gap that follows it.
    fn frontier(&self) -> u64 {
        self.segments.last().map_or(0, |segment| segment.end.max(self.empty_until).min(self.to))
    }

    /// Rows that a segment probably still has before it.
    fn expected(&self, segment: &Segment) -> u64 {
        let ids = segment.end.saturating_sub(segment.reached);
        if segment.done { 0 } else { ids.saturating_mul(1_000) / self.ids_per_thousand() }
    }

    fn ids_per_thousand(&self) -> u64 {
        self.density.map_or(1_000, |density| density.ids_per_thousand_rows).max(1_000)
    }

    /// A new segment behind the last one.
    fn open(&mut self) {
        let from = self.frontier();
        let end = from.saturating_add(self.width()).min(self.to);
        let segment = Segment::new(self.keys, Some(from.to_string()), from, end);
        self.keys += 1;
        self.segments.push(segment);
    }

    /// Ids that a new segment spans.
    fn width(&self) -> u64 {
        let rows = u64::try_from(self.most / 6).unwrap_or(SEGMENT_ROWS).clamp(200, SEGMENT_ROWS);
        self.ids_per_thousand().saturating_mul(rows) / 1_000
    }

    /// Halves the segment that has most before it.
    fn divide(&mut self) -> bool {
        let place = (0..self.segments.len()).max_by_key(|at| self.expected(&self.segments[*at]));
        let Some(place) = place.filter(|at| self.expected(&self.segments[*at]) >= WORTH_DIVIDING) else {
            return false;
        };
        let page = self.ids_per_thousand().saturating_mul(u64::from(LIST_PAGE)) / 1_000;
        let segment = &mut self.segments[place];
        // The page under way is as good as read.
        let from = segment.reached.saturating_add(page).min(segment.end);
        let middle = from + (segment.end - from) / 2;
        let second = Segment::new(self.keys, Some(middle.to_string()), middle, segment.end);
        segment.end = middle;
        self.keys += 1;
        self.segments.insert(place + 1, second);
        true
    }

    /// Takes over a page.
    fn accept(&mut self, key: u64, asked: Option<&str>, page: ListPage) {
        let Some(place) = self.segments.iter().position(|segment| segment.key == key) else { return };
        self.learn(&page);
        self.bold = self.bold.saturating_add(1);
        let grows = self.shared && place + 1 == self.segments.len();
        let segment = &mut self.segments[place];
        segment.asked = false;
        if let Some(why) = segment.contradiction(asked, &page, self.shared) {
            segment.tries += 1;
            if segment.tries >= TRIES {
                self.failure.get_or_insert(Error::Inconsistent { message: why });
            }
            return;
        }
        segment.tries = 0;
        self.bytes += page.records.iter().map(Record::bytes).sum::<usize>();
        if grows {
            // Nobody reads behind this one: it keeps what came along, and the gap behind it is passed over.
            let next = id_of(page.after.as_deref()).unwrap_or(segment.end);
            segment.end = segment.end.max(next).min(self.to);
        }
        segment.take(page);
        if let Some(next) = segment.beyond.first() {
            self.empty_until = self.empty_until.max(*next);
        }
        if segment.at_end {
            self.at_end = true;
            // What nobody has asked for behind the end is empty.
            let key = segment.key;
            let mut behind = false;
            self.segments.retain(|other| {
                let keep = !behind || other.asked || other.done || !other.records.is_empty();
                behind |= other.key == key;
                keep
            });
        }
    }

    /// How far ids lie apart, the latest counting for a quarter.
    fn learn(&mut self, page: &ListPage) {
        let (Some(first), Some(last)) = (page.records.first(), page.records.last()) else { return };
        let rows = u64::try_from(page.records.len()).unwrap_or(1);
        if rows < u64::from(LIST_PAGE) / 4 || last.id <= first.id {
            return;
        }
        let seen = (last.id - first.id).saturating_mul(1_000) / rows;
        let ids_per_thousand_rows = match self.density {
            Some(known) => known.ids_per_thousand_rows / 4 * 3 + seen / 4,
            None => seen,
        };
        self.density = Some(Density { ids_per_thousand_rows });
    }

    /// What is complete from the beginning on, and whether two cursors contradicted each other.
    pub(super) fn finish(mut self) -> Result<(RangePage, bool), Error> {
        let whole = self.segments.iter().take_while(|segment| segment.done).count();
        let cut = (0..whole).find(|place| !self.agrees(*place));
        let kept = cut.map_or(whole, |place| place + 1);
        let after = match (cut, self.segments.get(whole)) {
            (Some(place), _) => Some(self.segments[place].next().to_string()),
            (None, Some(open)) => open.cursor.clone(),
            (None, None) if self.at_end || self.frontier() >= self.to => None,
            (None, None) => Some(self.frontier().to_string()),
        };
        let open = if cut.is_none() { self.segments.get_mut(whole) } else { None };
        let partial = open.map(|segment| std::mem::take(&mut segment.records)).unwrap_or_default();
        let moved = kept > 0 || !partial.is_empty();
        if let Some(error) = self.failure.take().filter(|_| !moved) {
            return Err(error);
        }
        // Without an end that was seen, there is more.
        if after.is_none() && !self.at_end && self.frontier() < self.to {
            return Err(Error::Timeout);
        }
        let whole = self.segments.into_iter().take(kept).flat_map(|segment| segment.records);
        let records = whole.chain(partial).collect();
        let page = RangePage { records, after, density: self.density, parallel: self.shared };
        Ok((page, cut.is_some()))
    }

    /// Whether what a segment saw beyond its end is what the others read there.
    fn agrees(&self, place: usize) -> bool {
        let (segment, behind) = (&self.segments[place], &self.segments[place + 1..]);
        let mut read = behind.iter().take_while(|other| other.done).flat_map(|other| &other.records);
        if segment.at_end {
            return read.next().is_none();
        }
        let Some(last) = segment.beyond.last() else { return true };
        // Only as far as both have read.
        let far = behind.iter().take_while(|other| other.done).map(|other| other.end).last();
        let far = far.unwrap_or(segment.end).min(last.saturating_add(1));
        let theirs = read.map(|record| record.id).take_while(|id| *id < far);
        theirs.eq(segment.beyond.iter().copied().filter(|id| *id < far))
    }
}

impl Segment {
    fn new(key: u64, cursor: Option<String>, reached: u64, end: u64) -> Self {
        let (records, beyond) = (Vec::new(), Vec::new());
        let done = reached >= end;
        Self { key, cursor, reached, end, records, beyond, asked: false, done, at_end: false, tries: 0 }
    }

    /// Where reading goes on behind it: behind its last row if that was said to be the table's, else at its end.
    fn next(&self) -> u64 {
        if self.at_end { self.reached } else { self.end }
    }

    fn contradiction(&self, asked: Option<&str>, page: &ListPage, shared: bool) -> Option<String> {
        let mut next = self.reached;
        if page.records.iter().any(|record| std::mem::replace(&mut next, record.id + 1) > record.id) {
            return Some(format!("the list does not ascend from id {} on", self.reached));
        }
        let after = page.after.as_deref()?;
        if Some(after) == asked {
            return Some("the list leads to the same page again".to_owned());
        }
        if shared && id_of(Some(after)).is_none_or(|id| id < next) {
            return Some(format!("the list's cursor does not lie behind id {}", next.saturating_sub(1)));
        }
        None
    }

    fn take(&mut self, page: ListPage) {
        for record in page.records {
            if record.id < self.end {
                self.reached = record.id + 1;
                self.records.push(record);
            } else {
                self.beyond.push(record.id);
            }
        }
        self.at_end = page.after.is_none();
        let next = id_of(page.after.as_deref());
        self.done = self.at_end || !self.beyond.is_empty() || next.is_some_and(|next| next >= self.end);
        if let Some(next) = next {
            self.reached = self.reached.max(next.min(self.end));
        }
        if page.after.is_some() {
            self.cursor = page.after;
        }
        // A row beyond the end of the table's own page means that there is more, but not here.
        self.at_end &= self.beyond.is_empty();
    }
}

/// A cursor that is an id.
fn id_of(cursor: Option<&str>) -> Option<u64> {
    cursor?.parse().ok()
}
