//! The reading in paused time, over a list that lives in memory and is limited like HubSpot's.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::sleep;

use super::*;
use crate::budget::Lane;
use crate::budget::window::Terms;

const TEN_SECONDS: Duration = Duration::from_secs(10);

type Spoil = fn(&mut ListPage);

/// A table of ids, answered like HubSpot's list.
struct Table {
    ids: Mutex<Vec<u64>>,
    lane: Lane,
    limit: u32,
    latency: Duration,
    started: Mutex<Vec<Instant>>,
    /// Answers to every call of this number are spoilt.
    spoil: Option<(usize, Spoil)>,
    /// Only ids of rows are cursors.
    strict: bool,
    /// Bytes of a row.
    weight: usize,
}

impl Table {
    fn of(ids: Vec<u64>, limit: u32) -> Self {
        let terms = Terms { limit, interval: TEN_SECONDS, allowance: Duration::from_secs(2) };
        Self {
            ids: Mutex::new(ids),
            lane: Lane::new(terms),
            limit,
            latency: Duration::from_millis(260),
            started: Mutex::default(),
            spoil: None,
            strict: false,
            weight: 0,
        }
    }

    fn ids(&self) -> Vec<u64> {
        self.ids.lock().unwrap().clone()
    }

    fn calls(&self) -> usize {
        self.started.lock().unwrap().len()
    }

    /// The most calls in any ten seconds.
    fn fullest_window(&self) -> usize {
        let started = self.started.lock().unwrap();
        let inside =
            |from: usize| started[from..].iter().filter(|at| **at - started[from] < TEN_SECONDS).count();
        (0..started.len()).map(inside).max().unwrap_or(0)
    }
}

impl Pages for Table {
    async fn page(&self, after: Option<String>) -> Result<ListPage, Error> {
        let deadline = Instant::now() + Duration::from_secs(3_600);
        let slot = self.lane.start(&"".into(), deadline).await.map_err(Error::from)?;
        let number = {
            let mut started = self.started.lock().unwrap();
            started.push(Instant::now());
            started.len()
        };
        sleep(self.latency).await;
        slot.settle();
        let from: u64 = after.map_or(0, |after| after.parse().unwrap());
        let ids = self.ids.lock().unwrap();
        if self.strict && from > 0 && ids.binary_search(&from).is_err() {
            let message = "after is invalid".to_owned();
            return Err(Error::Rejected { status: 400, message, category: None });
        }
        let start = ids.partition_point(|id| *id < from);
        let row = |id: &u64| Record {
            id: *id,
            properties: HashMap::from([("body".into(), Some("x".repeat(self.weight).into()))]),
            created_at: None,
            updated_at: None,
            archived: false,
        };
        let records = ids[start..].iter().take(100).map(row).collect();
        let mut page = ListPage { records, after: ids.get(start + 100).map(u64::to_string) };
        if let Some((every, spoil)) = self.spoil
            && number.is_multiple_of(every)
        {
            spoil(&mut page);
        }
        Ok(page)
    }

    fn together(&self) -> usize {
        ((self.limit as usize * 260 / 10_000) * 5 / 4 + 1).min(24)
    }
}

/// Ids with gaps small and large, and crowds in between.
fn uneven(count: usize, seed: u64) -> Vec<u64> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut id = 99_999_960_000;
    let gap = |random: &mut StdRng| match random.random_range(0..20_u32) {
        0 => random.random_range(1_000..6_000),
        1..7 => random.random_range(50..400),
        _ => random.random_range(1..50),
    };
    let mut ids = Vec::with_capacity(count);
    while ids.len() < count {
        let crowd = if random.random_range(0..50_u32) == 0 { random.random_range(5..45) } else { 1 };
        id += gap(&mut random);
        ids.extend((0..crowd).map(|n| id + n));
        id += crowd;
    }
    ids.truncate(count);
    ids
}

/// Every part, one after the other, each with what the one before found out.
async fn all(table: &Table, cursors: &Cursors, first: RangeRequest) -> Result<(Vec<u64>, usize), Error> {
    let (mut ids, mut request, mut parts) = (Vec::new(), first, 0);
    loop {
        let page = read(table, cursors, &request).await?;
        ids.extend(page.records.iter().map(|record| record.id));
        parts += 1;
        let Some(after) = page.after else { return Ok((ids, parts)) };
        request = RangeRequest { after: Some(after), density: page.density, ..request };
    }
}

fn parts_of(most: usize) -> RangeRequest {
    RangeRequest { most, ..RangeRequest::default() }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_thousand_contacts_come_near_the_least_time_the_budget_allows() {
    let table = Table::of(uneven(100_000, 7), 190);
    let begun = Instant::now();
    let (ids, parts) = all(&table, &Cursors::default(), parts_of(10_000)).await.unwrap();
    assert_eq!(ids, table.ids());
    assert!((8..=13).contains(&parts), "{parts} parts");
    // A thousand calls at least, which 190 in ten seconds let through in 53 seconds; one cursor takes 260.
    println!("{} calls in {:?} by {parts} parts", table.calls(), begun.elapsed());
    assert!(table.calls() <= 1_100, "{} calls", table.calls());
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
    assert!(table.fullest_window() <= 190, "{} calls in ten seconds", table.fullest_window());
}

#[tokio::test(start_paused = true)]
async fn every_row_comes_once_whatever_the_ids_look_like() {
    let crowds: Vec<u64> =
        (0..9_000).map(|n| if n < 4_000 { n } else { 5_000_000_000_000 + n * 977 }).collect();
    let islands: Vec<u64> = (0..6_000_u64).map(|n| n / 40 * 1_000_000_000 + n % 40).collect();
    for (name, ids) in [("crowds", crowds), ("islands", islands), ("uneven", uneven(7_001, 3))] {
        for most in [350, 2_000, 100_000] {
            let table = Table::of(ids.clone(), 100_000);
            let cursors = Cursors::default();
            cursors.decide(true);
            let (read, _) = all(&table, &cursors, parts_of(most)).await.unwrap();
            assert_eq!(read, ids, "{name}, {most} at once");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_range_ends_where_it_is_told_to() {
    let table = Table::of(uneven(5_000, 1), 100_000);
    let ids = table.ids();
    let request =
        RangeRequest { after: Some(ids[700].to_string()), to: Some(ids[3_333]), ..parts_of(10_000) };
    let (read, _) = all(&table, &Cursors::default(), request).await.unwrap();
    assert_eq!(read, ids[700..3_333]);
}

#[tokio::test(start_paused = true)]
async fn a_portal_is_probed_once_and_believed_from_then_on() {
    let (table, cursors) = (Table::of(uneven(3_000, 2), 190), Cursors::default());
    assert_eq!(cursors.verified(), None);
    all(&table, &cursors, parts_of(5_000)).await.unwrap();
    assert_eq!(cursors.verified(), Some(true));
    let before = table.calls();
    all(&table, &cursors, parts_of(5_000)).await.unwrap();
    // A few calls run past the end of the table: nobody knows where it is before.
    assert!(table.calls() - before <= before + 6, "{} calls after {before}", table.calls() - before);
}

#[tokio::test(start_paused = true)]
async fn a_portal_whose_cursors_are_no_ids_is_read_by_one_cursor() {
    // An id that no row has leads somewhere else.
    let mut table = Table::of((1..=4_000).map(|n| n * 10).collect(), 100_000);
    table.spoil = Some((3, |page| {
        page.records.remove(0);
    }));
    let cursors = Cursors::default();
    let mut request = parts_of(1_000);
    for _ in 0..3 {
        // The third call of each is the first probe.
        table.started.lock().unwrap().clear();
        let _ = read(&table, &cursors, &request).await;
        request = parts_of(1_000);
    }
    assert_eq!(cursors.verified(), Some(false));
    table.spoil = None;
    let page = read(&table, &cursors, &parts_of(1_000)).await.unwrap();
    assert!(!page.parallel);
    let (ids, _) = all(&table, &cursors, parts_of(1_000)).await.unwrap();
    assert_eq!(ids, table.ids());
}

#[tokio::test(start_paused = true)]
async fn a_portal_that_takes_foreign_ids_no_longer_is_read_by_one_cursor() {
    let mut table = Table::of(uneven(4_000, 11), 100_000);
    let cursors = Cursors::default();
    cursors.decide(true);
    let first = read(&table, &cursors, &parts_of(1_000)).await.unwrap();
    assert!(first.parallel);
    table.strict = true;
    // Also when the time is over by then: a table is never empty because it was late.
    for slow in [false, true, true] {
        table.latency = if slow { Duration::from_secs(11) } else { table.latency };
        let stop_at = slow.then(|| Instant::now() + Duration::from_secs(15));
        let page = read(&table, &cursors, &RangeRequest { stop_at, ..parts_of(1_000) }).await.unwrap();
        assert!(!page.parallel && page.records.len() == 100 && page.after.is_some());
    }
    assert_eq!(cursors.verified(), Some(false));
    let (ids, _) = all(&table, &cursors, parts_of(1_000)).await.unwrap();
    assert_eq!(ids, table.ids());
}

#[tokio::test(start_paused = true)]
async fn heavy_rows_end_a_part_before_there_are_many() {
    let mut table = Table::of(uneven(3_000, 13), 100_000);
    table.weight = 60_000;
    let cursors = Cursors::default();
    cursors.decide(true);
    let page = read(&table, &cursors, &parts_of(3_000)).await.unwrap();
    assert!((200..1_500).contains(&page.records.len()), "{} rows", page.records.len());
    table.weight = 0;
    let rest = RangeRequest { after: page.after, ..parts_of(10_000) };
    let (rest, _) = all(&table, &cursors, rest).await.unwrap();
    assert_eq!(rest, table.ids()[page.records.len()..]);
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_passes_rows_over_at_a_seam_is_found_out() {
    let mut table = Table::of((1..=6_000).map(|n| n * 10).collect(), 100_000);
    // Every answer that begins a segment would lack its first row: some page always does.
    table.spoil = Some((7, |page| {
        if page.records.len() > 1 {
            page.records.remove(0);
        }
    }));
    let cursors = Cursors::default();
    cursors.decide(true);
    let mut contradicted = 0;
    for _ in 0..20 {
        let mut scan = Scan::new(&RangeRequest {
            density: Some(Density { ids_per_thousand_rows: 10_000 }),
            ..parts_of(6_000)
        });
        scan.share();
        scan.run(&table, None).await;
        contradicted += u32::from(scan.finish().unwrap().1);
    }
    assert!(contradicted > 0);
}

#[tokio::test(start_paused = true)]
async fn what_was_read_before_a_failure_is_kept() {
    let table = Table::of(uneven(3_000, 5), 100_000);
    let failing = Failing { table: &table, after: 12 };
    let cursors = Cursors::default();
    cursors.decide(true);
    let page = read(&failing, &cursors, &parts_of(3_000)).await.unwrap();
    let ids: Vec<u64> = page.records.iter().map(|record| record.id).collect();
    assert!(!ids.is_empty() && ids.len() < 3_000);
    assert_eq!(ids, table.ids()[..ids.len()]);
    let rest = RangeRequest { after: page.after, ..parts_of(10_000) };
    let (rest, _) = all(&table, &cursors, rest).await.unwrap();
    assert_eq!(rest, table.ids()[ids.len()..]);
    let nothing = Failing { table: &table, after: 0 };
    assert_eq!(read(&nothing, &cursors, &parts_of(3_000)).await, Err(Error::Timeout));
}

/// Works for so many calls in all.
struct Failing<'a> {
    table: &'a Table,
    after: usize,
}

impl Pages for Failing<'_> {
    async fn page(&self, after: Option<String>) -> Result<ListPage, Error> {
        if self.table.calls() >= self.after {
            return Err(Error::Timeout);
        }
        self.table.page(after).await
    }

    fn together(&self) -> usize {
        4
    }
}

#[tokio::test(start_paused = true)]
async fn no_part_is_begun_after_the_time_is_over() {
    let table = Table::of(uneven(100_000, 9), 190);
    let cursors = Cursors::default();
    cursors.decide(true);
    let begun = Instant::now();
    let stop_at = Some(begun + Duration::from_secs(4));
    let page = read(&table, &cursors, &RangeRequest { stop_at, ..parts_of(100_000) }).await.unwrap();
    assert!(begun.elapsed() < Duration::from_secs(12), "{:?}", begun.elapsed());
    let ids: Vec<u64> = page.records.iter().map(|record| record.id).collect();
    assert!(ids.len() > 5_000, "{}", ids.len());
    assert_eq!(ids, table.ids()[..ids.len()]);
}

#[tokio::test(start_paused = true)]
async fn rows_that_come_and_go_meanwhile_disturb_nothing() {
    for seed in 0..20 {
        let table = Table::of(uneven(4_000, seed), 100_000);
        let (cursors, before) = (Cursors::default(), table.ids());
        cursors.decide(true);
        let changes = async {
            let mut random = StdRng::seed_from_u64(seed);
            for _ in 0..40 {
                sleep(Duration::from_millis(100)).await;
                let mut ids = table.ids.lock().unwrap();
                let at = random.random_range(0..ids.len());
                ids.remove(at);
                let last = ids[ids.len() - 1];
                ids.push(last + random.random_range(1..90));
            }
        };
        let (read, ()) = tokio::join!(all(&table, &cursors, parts_of(1_500)), changes);
        let (read, _) = read.unwrap();
        assert!(read.windows(2).all(|pair| pair[0] < pair[1]), "seed {seed}");
        let after = table.ids();
        let lasting = before.iter().filter(|id| after.binary_search(id).is_ok());
        let missing: Vec<_> = lasting.filter(|id| read.binary_search(id).is_err()).collect();
        assert!(missing.is_empty(), "seed {seed}: {missing:?}");
    }
}
