//! The oracle in a storm: the same questions, asked of a portal that shows everything that a portal is known for at once.
//!
//! Its index lags, its pages come short, empty, torn and out of order, its rows are created, changed, merged, linked and
//! deleted while they are read, and some calls in a hundred are refused, cut or fail. Each question gets the right table or
//! an honest error. What is right while rows change is said by the same judge as in the chaos test.
//!
//! Time is paused: latencies, limits, lags and pauses pass without anybody waiting for them, and a seed meets the same
//! storm again. `FEEDGATE_STORM_ROUNDS=1000` is a long run, `FEEDGATE_STORM_SEED` takes up a round that failed.

mod judged;
mod meanwhile;
mod weather;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::time::Duration;

use feedgate::execute::ExecuteError;
use hubspot_sim::{Quirks, Settings, Simulator};
use odata::Value;
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::compare::{Said, Understood, understood};
use super::feed::{Chain, Feed};
use super::truth::Truth;
use super::{language, related};
use judged::{Answer, Asked, Verdict};
use meanwhile::Meanwhile;

/// Portals of a run, and questions asked of each.
const ROUNDS: u64 = 24;
const QUESTIONS: u64 = 15;

/// Until the index has caught up, and nothing that HubSpot said about a limit is remembered any more.
const CALM: Duration = Duration::from_secs(90);

#[expect(clippy::disallowed_methods, reason = "a test's own switches")]
fn switch(name: &str, default: u64) -> u64 {
    std::env::var(format!("FEEDGATE_STORM_{name}")).map_or(default, |text| text.parse().unwrap())
}

#[tokio::test(start_paused = true)]
async fn every_answer_in_a_storm_is_the_right_table_or_an_honest_error() {
    let first = switch("SEED", 1);
    let mut report = Report::default();
    for seed in first..first + switch("ROUNDS", ROUNDS) {
        round(seed, &mut report).await;
    }
    println!("storm: from seed {first}: {report:?}");
    assert!(report.wrong.is_empty(), "{} wrong tables:\n{}", report.wrong.len(), report.wrong.join("\n"));
    let asked = report.right + report.errors.values().sum::<usize>();
    assert!(report.right * 2 > asked, "more errors than tables: {report:?}");
    assert!(report.settled * 2 > report.rows, "the judge knows too little: {report:?}");
}

/// The figures of a run.
#[derive(Debug, Default)]
struct Report {
    right: usize,
    errors: BTreeMap<String, usize>,
    not_supported: usize,
    undefined: usize,
    /// Rows that were read, and those of them that had to be there.
    rows: usize,
    settled: usize,
    /// Rows that were changed, and links, while questions were answered.
    changes: usize,
    wrong: Vec<String>,
}

/// The judge is no friend of the service: a table from which a row is taken, in which one comes twice, or of which a value is
/// another, is wrong; so is a count that is too large.
#[tokio::test(start_paused = true)]
async fn the_judge_of_the_storm_believes_nothing() {
    let portal = Simulator::start_in_tokio_time(Settings::small(60), "127.0.0.1:0").await.unwrap();
    let client = weather::client(&portal);
    let feed = Feed { moves: true, ..Feed::through(client, portal, language::DEFINITION).await };
    let truth = Truth::of(&feed).await;
    for url in [
        "companies?$expand=contacts",
        "contacts?$filter=vip eq true&$orderby=city",
        "contacts?$top=20&$skip=5",
    ] {
        let Ok(Understood::Planned(planned)) = understood(&feed, url) else { panic!("{url}") };
        let (request, plan) = *planned;
        let asked = Asked { feed: &feed, request: &request, plan: &plan, now: truth.now };
        let (path, query) = url.split_once('?').unwrap();
        let meanwhile = Meanwhile::since(&feed, feed.portal.portal().last_change());
        let read = async || feed.read(path, query).await.unwrap();
        let is_wrong =
            |answer: Answer| matches!(asked.judge((&truth, &truth), &meanwhile, &answer), Verdict::Wrong(_));
        assert!(!is_wrong(Answer::Chain(read().await)), "{url}");
        assert!(is_wrong(Answer::Number(1_000)), "{url}");
        let mut spoilt: Vec<Chain> = Vec::new();
        for _ in 0..4 {
            spoilt.push(read().await);
        }
        spoilt[0].rows.remove(3);
        let twice = spoilt[1].rows[0].clone();
        spoilt[1].rows.push(twice);
        spoilt[2].rows[2][1] = Value::string("never".to_owned());
        spoilt[3].rows.swap(1, 2);
        for chain in spoilt {
            assert!(is_wrong(Answer::Chain(chain)), "{url}");
        }
    }
}

/// Some questions, one after the other, of a portal of their own.
async fn round(seed: u64, report: &mut Report) {
    let mut dice = StdRng::seed_from_u64(seed);
    let sort = [Sort::Language, Sort::Language, Sort::Related, Sort::Plain][dice.random_range(0..4)];
    let (definition, contacts) = match sort {
        Sort::Language => (language::DEFINITION, 80),
        Sort::Related => (related::DEFINITION, 90),
        // More than a search brings at once.
        Sort::Plain => (super::DEFINITION, 500),
    };
    let quirks = Quirks { strict_cursor: dice.random_bool(0.3), ..Quirks::default() };
    let settings = Settings { seed, contacts, association_page: 9, quirks, ..Settings::default() };
    let portal = Simulator::start_in_tokio_time(settings, "127.0.0.1:0").await.unwrap();
    let client = weather::client(&portal);
    let feed = Feed { moves: true, ..Feed::through(client, portal, definition).await };
    if sort == Sort::Plain {
        super::hard_values(&feed);
    }
    tokio::time::sleep(CALM).await;
    let mut before = Truth::of(&feed).await;
    for number in 0..QUESTIONS {
        let url = question(&feed, &before, sort, &mut dice);
        let said = Said(format!("seed {seed}, question {number}: {url}"));
        before = ask(&feed, before, &url, &mut dice, (seed, number), report).await;
        drop(said);
    }
}

/// The oracle's sorts of questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    /// The whole language, over small tables.
    Language,
    /// What belongs to each other, with a filter of the data source.
    Related,
    /// One table that takes several pages of every kind.
    Plain,
}

fn question(feed: &Feed, truth: &Truth<'_>, sort: Sort, dice: &mut StdRng) -> String {
    match sort {
        Sort::Language => language::Asker { feed, truth, aliases: RefCell::default() }.question(dice),
        Sort::Related => {
            let (path, query) = related::Asker { feed, truth }.question(dice);
            format!("{path}?{query}")
        }
        Sort::Plain => format!("contacts?{}", super::query(feed, truth.set("contacts"), dice)),
    }
}

/// Asks in the storm, and judges in the calm behind it. Returns what there is then.
async fn ask<'f>(
    feed: &'f Feed,
    before: Truth<'f>,
    url: &str,
    dice: &mut StdRng,
    place: (u64, u64),
    report: &mut Report,
) -> Truth<'f> {
    let (request, plan) = match understood(feed, url) {
        Ok(Understood::Planned(planned)) => *planned,
        Ok(Understood::Otherwise(_)) => {
            report.not_supported += 1;
            return before;
        }
        Err(fault) => panic!("{url}: {fault}"),
    };
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    weather::unleash(&feed.portal, dice);
    let (began, first) = (feed.now(), feed.portal.portal().last_change());
    let size = [Some(3), Some(20), Some(60), Some(1_000), None][dice.random_range(0..5)];
    let answer = if dice.random_bool(0.2) {
        feed.count(path, query).await.map(Answer::Number)
    } else {
        feed.read_pages(path, query, size, |_| {}).await.map(Answer::Chain)
    };
    weather::calm(&feed.portal);
    tokio::time::sleep(CALM).await;
    let mut after = Truth::of(feed).await;
    after.now = match &answer {
        Ok(Answer::Chain(chain)) => chain.now.unwrap_or(began),
        _ => began,
    };
    let meanwhile = Meanwhile::since(feed, first);
    report.changes += meanwhile.changes;
    let asked = Asked { feed, request: &request, plan: &plan, now: after.now };
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => {
            report.refused(place, url, error, asked.may_lead_nowhere(&meanwhile));
            return after;
        }
    };
    match asked.judge((&before, &after), &meanwhile, &answer) {
        Verdict::Right { settled } => {
            report.right += 1;
            report.settled += settled;
            report.rows += answer.rows();
        }
        Verdict::Undefined => report.undefined += 1,
        Verdict::Wrong(faults) => report.wrong(place, url, &faults),
    }
    after
}

#[expect(
    clippy::print_stdout,
    reason = "a long run says at once what is wrong, and a short one why there is no table"
)]
impl Report {
    fn wrong(&mut self, (seed, number): (u64, u64), url: &str, faults: &[String]) {
        let told: Vec<&str> = faults.iter().take(5).map(String::as_str).collect();
        let told = format!("seed {seed}, question {number}: {url}: {}", told.join(" | "));
        println!("storm: WRONG {told}");
        self.wrong.push(told);
    }

    /// An answer that is an error; `nowhere` when the path may have led to nothing.
    fn refused(&mut self, place: (u64, u64), url: &str, error: ExecuteError, nowhere: bool) {
        let told = error.to_string();
        let answer = feedgate::error::Failure::from(error).answer();
        let code = format!("{} {:?}", answer.status.as_u16(), answer.code);
        if switch("ROUNDS", ROUNDS) < 5 {
            println!("storm: seed {}, question {}: {url}: {code}: {told}", place.0, place.1);
        }
        if weather::HONEST.contains(&code.as_str()) || (nowhere && code == "404 EntityNotFound") {
            *self.errors.entry(code).or_default() += 1;
        } else {
            self.wrong(place, url, &[format!("an answer that is not honest: {code}: {told}")]);
        }
    }
}

impl Answer {
    fn rows(&self) -> usize {
        match self {
            Answer::Chain(Chain { rows, .. }) => rows.len(),
            Answer::Number(_) => 0,
        }
    }
}

/// What tells the rows of a set apart: the id of a record, or a text.
type Key = (i64, String);

fn key(row: &[Value]) -> Key {
    match &row[0] {
        Value::Int64(id) => (*id, String::new()),
        other => (0, other.to_string()),
    }
}
