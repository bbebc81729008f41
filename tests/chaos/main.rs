//! Chaos: random reads over a portal that changes all the while and fails in five calls of a hundred. Every table is
//! complete, or an honest error.
//!
//! A table is complete when every row that matches throughout its chain of pages stands in it exactly once, no row
//! twice, and no row that never matched; rows that changed meanwhile may be there as they were at some instant of it. The
//! portal's own log of changes says what was there when. The journal says whether the portal's limits were kept.
//!
//! Rows that change and go on matching are held to more than that: in the natural order they come as well.
//!
//! Small by default; `FEEDGATE_CHAOS_READS=500 FEEDGATE_CHAOS_CONTACTS=50000` is the whole of it, `FEEDGATE_CHAOS_SEED`
//! takes up a seed that failed. After `FEEDGATE_CHAOS_MINUTES` (60) no further read begins.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking with the reason")]
#![expect(clippy::print_stdout, reason = "the figures of a run are its result")]

mod condition;
mod history;
mod judge;
mod limits;
mod question;
mod reader;
mod report;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use feedgate_tests::stack::{Options, Stack};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::json;

use history::History;
use question::Question;
use reader::{Outcome, Reader};
use report::Report;

/// Calls that the portal allows: ten times a real one's for lists, so that a run takes minutes instead of hours; search
/// as it is, because its limit cannot be learned from an answer.
const LIMITS: limits::Limits = limits::Limits { general: 1_900, search: 5, associations: 1_500 };

/// How long the index may lag, at least and at most.
const LAG: [Duration; 2] = [Duration::from_millis(300), Duration::from_millis(1_000)];

/// Readers at once: enough that one which waits for a pause or a slow body does not hold up the run.
const READERS: usize = 8;

/// Faults in a thousand calls: fifty in all.
const FAULTS: [(&str, u32); 14] = [
    ("server_error", 7),
    ("bad_gateway", 6),
    ("unavailable", 6),
    ("gateway_timeout", 5),
    ("unknown_error", 4),
    ("server_down", 3),
    ("timed_out", 3),
    ("cut", 5),
    ("cut_at_once", 3),
    ("slow_body", 2),
    ("half_json", 1),
    ("empty_body", 1),
    ("html", 1),
    ("locked", 3),
];

/// Refusals of the rate, one in a thousand calls of some objects: each halts the whole portal for seconds.
const REFUSALS: [(&str, &str); 3] =
    [("burst_limit", "/companies?"), ("plain_limit", "/deals?"), ("secondly_limit", "/deals/search")];

#[expect(clippy::disallowed_methods, reason = "a test's own switches")]
fn switch(name: &str, default: u64) -> u64 {
    std::env::var(format!("FEEDGATE_CHAOS_{name}")).map_or(default, |text| text.parse().unwrap())
}

#[test]
fn every_read_of_a_changing_failing_portal_is_complete_or_an_honest_error() {
    let (reads, contacts, seed) = (switch("READS", 60), switch("CONTACTS", 5_000), switch("SEED", 1));
    println!("chaos: seed {seed}, {reads} reads, {contacts} contacts");
    let stack = stack(contacts, seed);
    let history = Mutex::new(History::of(&stack.simulator, LAG[1]));
    unleash(&stack);
    let (next, report, began) = (AtomicU64::new(0), Mutex::new(Report::default()), Instant::now());
    let enough = Duration::from_secs(60 * switch("MINUTES", 60));
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                let mut reader = Reader::new(&stack);
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    if number >= reads || began.elapsed() > enough {
                        return;
                    }
                    let mut dice = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(number));
                    let question = Question::random(&history.lock().unwrap(), &mut dice);
                    let opened = history.lock().unwrap().open(&stack.simulator);
                    let outcome = reader.read(&question);
                    let mut history = history.lock().unwrap();
                    let window = history.close(&stack.simulator, opened);
                    let verdict = judge::judge(&history, window, &reader.metadata, &question, &outcome);
                    report.lock().unwrap().add(number, &question, &outcome, verdict);
                }
            });
        }
    });
    let took = began.elapsed();
    distrust(&stack, &mut history.lock().unwrap());
    let calls = stack.simulator.journal(0);
    let failed = calls.iter().filter(|call| !matches!(call.status, 200 | 207)).count();
    let peaks = limits::peaks(&calls);
    let report = report.into_inner().unwrap();
    println!("{}", report.text(took, (calls.len(), failed), &history.into_inner().unwrap(), &peaks));
    assert!(
        report.wrong.is_empty(),
        "seed {seed}: {} wrong tables\n{}",
        report.wrong.len(),
        report.wrong.join("\n")
    );
    assert!(peaks.kept(&LIMITS), "seed {seed}: a limit was not kept: {peaks:?}");
    assert!(report.complete * 2 > report.reads, "seed {seed}: more errors than tables");
}

/// The judge is no friend of the service: a table from which rows are taken, in which one comes twice, or of which a
/// value is changed, is wrong.
fn distrust(stack: &Stack, history: &mut History) {
    let mut reader = Reader::new(stack);
    let question = Question::whole("companies");
    let opened = history.open(&stack.simulator);
    let Outcome::Rows(rows) = reader.read(&question) else { return };
    let window = history.close(&stack.simulator, opened);
    let is_wrong = |rows: Vec<reader::Expanded>| {
        let verdict = judge::judge(history, window, &reader.metadata, &question, &Outcome::Rows(rows));
        matches!(verdict, judge::Verdict::Wrong(_))
    };
    let clone = || rows.clone();
    assert!(!is_wrong(clone()));
    // Ten, because one alone may have been deleted meanwhile.
    assert!(is_wrong(clone().split_off(10)), "missing rows go unnoticed");
    let twice = clone().into_iter().chain(clone().into_iter().take(1)).collect();
    assert!(is_wrong(twice), "a row that comes twice goes unnoticed");
    let mut changed = clone();
    changed[0].0.insert("name".to_owned(), feedgate_tests::replay::Cell::Text("never called so".to_owned()));
    assert!(is_wrong(changed), "a changed value goes unnoticed");
}

/// The portal and the service, still in good order.
fn stack(contacts: u64, seed: u64) -> Stack {
    let mut options =
        Options::with(0, &history::OBJECTS.map(history::Object::definition).each_ref().map(String::as_str));
    options.simulator = [
        ("--contacts", contacts),
        ("--seed", seed),
        ("--budget", LIMITS.general.into()),
        ("--search-budget", LIMITS.search.into()),
        ("--association-budget", LIMITS.associations.into()),
        ("--daily-budget", 100_000_000),
    ]
    .into_iter()
    .flat_map(|(name, value)| [name.to_owned(), value.to_string()])
    .collect();
    Stack::start(&options)
}

/// From here on, calls fail, rows change, and the index is what it is at its worst.
fn unleash(stack: &Stack) {
    let simulator = &stack.simulator;
    let (lag, jitter) = (LAG[0].as_millis(), (LAG[1] - LAG[0]).as_millis());
    simulator.control("POST", "/__sim/quirks", Some(&json!({
        "index_lag_ms": u64::try_from(lag).unwrap(), "index_lag_jitter_ms": u64::try_from(jitter).unwrap(),
        "short_pages": true, "empty_pages": true, "repeated_rows": true, "silent_batches": true,
    })));
    let churn = json!({"per_100_calls": 30, "objects": ["contacts", "contacts", "companies", "deals"]});
    simulator.control("POST", "/__sim/churn", Some(&churn));
    for (preset, per_mille) in FAULTS {
        simulator.fault(&json!({"preset": preset, "per_mille": per_mille}));
    }
    for (preset, path) in REFUSALS {
        simulator.fault(&json!({"preset": preset, "per_mille": 1, "match": {"path_contains": path}}));
    }
}
