//! How long a whole table takes by several cursors and by one, over a portal as slow and as limited as HubSpot:
//! `cargo bench --profile ci -p feedgate --bench scan`. It takes over five minutes (`FEEDGATE_SCAN_ROWS=20000`: one) and judges
//! nothing that depends on the machine, only that the two read the same rows within the limits.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on fails")]
#![expect(clippy::print_stdout, reason = "the figures are its result")]

#[path = "../tests/feed/mod.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod feed;

use std::time::Duration;

use feed::{Feed, ids};
use hubspot_sim::{JournalEntry, Settings};
use tokio::time::Instant;

const DEFINITION: &str =
    r#"{"objects":[{"object":"contacts","properties":["email","firstname","lastname","lifecyclestage"]}]}"#;

/// Contacts, unless `FEEDGATE_SCAN_ROWS` says otherwise.
const ROWS: u32 = 100_000;

/// What HubSpot takes for an answer, typically.
const LATENCY: Duration = Duration::from_millis(260);

/// Calls in ten seconds: Professional and Enterprise.
const BUDGET: u32 = 190;

#[expect(clippy::disallowed_methods, reason = "a measurement's own switch")]
fn rows() -> u32 {
    std::env::var("FEEDGATE_SCAN_ROWS").map_or(ROWS, |text| text.parse().unwrap())
}

/// The most calls to the list in any ten seconds.
fn fullest(journal: &[JournalEntry]) -> usize {
    let mut at: Vec<i64> =
        journal.iter().map(|entry| entry.at.parse::<jiff::Timestamp>().unwrap().as_millisecond()).collect();
    at.sort_unstable();
    let mut from = 0;
    let mut most = 0;
    for to in 0..at.len() {
        while at[to] - at[from] >= 10_000 {
            from += 1;
        }
        most = most.max(to + 1 - from);
    }
    most
}

struct Measured {
    took: Duration,
    calls: usize,
    pages: usize,
    ids: Vec<i64>,
}

async fn measure(feed: &Feed, parallel: bool) -> Measured {
    feed.client.set_reads_in_parallel(parallel);
    let before = feed.portal.journal(0).len();
    let began = Instant::now();
    let read = feed.read("contacts", "").await.unwrap();
    let took = began.elapsed();
    let journal = &feed.portal.journal(0)[before..];
    assert!(journal.iter().all(|entry| entry.status == 200), "nothing is refused");
    assert!(fullest(journal) <= BUDGET as usize, "{} calls in ten seconds", fullest(journal));
    Measured { took, calls: journal.len(), pages: read.pages.len(), ids: ids(&read.rows) }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let settings = Settings { budget: Some(BUDGET), ..Settings::small(rows()) };
    let feed = Feed::over(settings, DEFINITION).await;
    feed.portal.set_latency(LATENCY);
    let several = measure(&feed, true).await;
    let one = measure(&feed, false).await;
    assert_eq!(several.ids, one.ids);
    assert_eq!(several.ids.len(), rows() as usize);
    let least = f64::from(rows().div_ceil(100)) * 10.0 / f64::from(BUDGET);
    for (name, measured) in [("several cursors", &several), ("one cursor", &one)] {
        println!(
            "{name}: {:.1} s, {} calls, {} pages",
            measured.took.as_secs_f64(),
            measured.calls,
            measured.pages
        );
    }
    println!(
        "ratio {:.2}; the budget's minimum is {least:.1} s",
        one.took.as_secs_f64() / several.took.as_secs_f64()
    );
}
