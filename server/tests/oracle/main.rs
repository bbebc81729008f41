//! The oracle: whatever is pushed to HubSpot, however many pages it takes, the rows are those that a plain evaluation over
//! all rows finds. A failure names the seed and the shortest question found that fails too.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod compare;
#[path = "../feed/mod.rs"]
mod feed;
mod language;
mod related;
mod shrink;
mod storm;
mod truth;

use feed::{Feed, NOW, ids};
use feedgate::plan::Source;
use hubspot_sim::{Quirks, Settings};
use odata::{Row, Value, eval};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

const DEFINITION: &str = r#"{"objects":[{"object":"contacts","properties":["email","firstname","lastname","city","phone",
    "credit_limit","loyalty_points","contract_signed_on","vip","lifecyclestage","hs_lead_status","hubspot_owner_id",
    "newsletter_topics","numemployees","closedate","hs_object_id"]}]}"#;

/// Questions of a run, unless `FEEDGATE_ORACLE_QUERIES` says otherwise: 10,000 take some minutes.
const QUESTIONS: u64 = 600;

/// The shares they are divided into: one for each test, two for those of the whole language.
const SHARES: u64 = 8;

/// How many questions a share has.
#[expect(clippy::disallowed_methods, reason = "a test's own switch")]
fn questions() -> u64 {
    let all = std::env::var("FEEDGATE_ORACLE_QUERIES").map_or(QUESTIONS, |text| text.parse().unwrap());
    all.div_ceil(SHARES)
}

#[tokio::test]
async fn planned_execution_equals_plain_evaluation() {
    check(Quirks::default()).await;
}

#[tokio::test]
async fn planned_execution_equals_plain_evaluation_on_an_odd_portal() {
    let quirks = Quirks {
        negation_skips_missing: true,
        short_pages: true,
        absent_nulls: true,
        numeric_after: true,
        epoch_dates: true,
        members_only: true,
        ..Quirks::default()
    };
    check(quirks).await;
}

async fn check(quirks: Quirks) {
    let feed = Feed::over(Settings { quirks, ..Settings::small(400) }, DEFINITION).await;
    hard_values(&feed);
    let truth = feed.truth("contacts");
    assert_eq!(truth.len(), 412);
    let mut searched = 0;
    for seed in 0..questions() {
        let mut dice = StdRng::seed_from_u64(seed);
        let query = query(&feed, &truth, &mut dice);
        let expected = plainly(&feed, &truth, &query);
        searched += u64::from(matches!(feed.plan("contacts", &query).source, Source::Search { .. }));
        let size = dice.random_range(1..200);
        let read = feed.read_pages("contacts", &query, Some(size), |_| {}).await;
        let read = read.unwrap_or_else(|error| panic!("seed {seed}: {query}: {error}"));
        assert_eq!(
            ids(&read.rows),
            ids(&expected),
            "seed {seed}: {query}\n{}",
            feed.plan("contacts", &query)
        );
        assert_eq!(read.rows, shown(&feed, &expected, &query), "seed {seed}: {query}");
        let counted = feed.count("contacts", &query).await.unwrap();
        let (filter, _) = query.split_once('&').unwrap_or((&query, ""));
        let all = plainly(&feed, &truth, filter);
        assert_eq!(counted, all.len() as u64, "seed {seed}: count of {query}");
    }
    assert!(searched > questions() / 4, "only {searched} queries were searched");
}

/// Texts that a comparison could get wrong.
fn hard_values(feed: &Feed) {
    for (number, day) in [
        ("1e3", "2024-02-29"),
        ("1E-2", "1970-01-01"),
        ("N/A", "1969-12-31"),
        ("1,234", "1706659200000"),
        ("0", "2024-01-31"),
        ("-0", ""),
        ("", "2024-01-31"),
        ("250.0", "2024-02-01"),
        ("249.9999999999999999999", "2024-01-30"),
        ("12345678901234567.89", "2024-03-01"),
        ("7000", "2024-03-02"),
        ("+250", "1900-01-01"),
    ] {
        let properties = serde_json::json!({
            "credit_limit": number, "contract_signed_on": day, "firstname": "ANNA", "lastname": "o'neil", "vip": "",
            "city": "Köln", "newsletter_topics": "a;b", "email": null,
        });
        feed.change("contacts", &serde_json::json!({ "properties": properties }).to_string());
    }
}

fn query(feed: &Feed, truth: &[Row], dice: &mut StdRng) -> String {
    let mut options = vec![format!("$filter={}", expression(feed, truth, dice, 3))];
    if dice.random_bool(0.3) {
        let column = column(feed, dice);
        let direction = if dice.random_bool(0.5) { " desc" } else { "" };
        options.push(format!("$orderby={}{direction}", feed.set("contacts").properties[column].name));
    }
    if dice.random_bool(0.3) {
        options.push(format!("$top={}", dice.random_range(0..150)));
    }
    if dice.random_bool(0.2) {
        options.push(format!("$skip={}", dice.random_range(0..60)));
    }
    if dice.random_bool(0.5) {
        options.push("$select=id,email".to_owned());
    }
    options.join("&")
}

fn column(feed: &Feed, dice: &mut StdRng) -> usize {
    dice.random_range(0..feed.set("contacts").properties.len())
}

fn expression(feed: &Feed, truth: &[Row], dice: &mut StdRng, depth: u32) -> String {
    let nested = |dice: &mut StdRng| expression(feed, truth, dice, depth.saturating_sub(1));
    match dice.random_range(0..if depth == 0 { 4 } else { 10 }) {
        4..=6 => format!("({} and {})", nested(dice), nested(dice)),
        7..=8 => format!("({} or {})", nested(dice), nested(dice)),
        9 => format!("not ({})", nested(dice)),
        _ => comparison(feed, truth, dice),
    }
}

fn comparison(feed: &Feed, truth: &[Row], dice: &mut StdRng) -> String {
    let index = column(feed, dice);
    let name = &feed.set("contacts").properties[index].name;
    let value = literal(truth, index, dice);
    let text =
        matches!(truth.iter().map(|row| &row[index]).find(|value| !value.is_null()), Some(Value::String(_)));
    match dice.random_range(0..10) {
        0 if text => format!("contains({name},{})", if value == "null" { "'a'" } else { &value }),
        1 if text => format!("startswith(tolower({name}),{})", if value == "null" { "'a'" } else { &value }),
        2 | 3 => {
            let values: Vec<String> =
                (0..dice.random_range(1..6)).map(|_| literal(truth, index, dice)).collect();
            format!("{name} in ({})", values.join(","))
        }
        _ => {
            let equality = text || matches!(value.as_str(), "true" | "false");
            let operators: &[&str] =
                if equality { &["eq", "ne"] } else { &["eq", "ne", "gt", "ge", "lt", "le"] };
            format!("{name} {} {value}", operators[dice.random_range(0..operators.len())])
        }
    }
}

/// A value that some row has, or nearly, or null.
fn literal(truth: &[Row], index: usize, dice: &mut StdRng) -> String {
    let value = &truth[dice.random_range(0..truth.len())][index];
    let value = match value {
        Value::String(text) if dice.random_bool(0.3) => Value::string(text.to_uppercase()),
        Value::Int64(number) if dice.random_bool(0.3) => Value::Int64(number + 1),
        value => value.clone(),
    };
    value.to_string().replace('%', "%25").replace('&', "%26").replace('+', "%2B").replace('#', "%23")
}

/// The same query over all rows, with nothing but the evaluator.
fn plainly(feed: &Feed, truth: &[Row], query: &str) -> Vec<Row> {
    let options = feed.request("contacts", query).options;
    let context = eval::Context { now: NOW };
    let filter = options.filter.as_ref();
    let matches = |row: &&Row| filter.is_none_or(|filter| eval::matches(filter, row, &context).unwrap());
    let mut rows: Vec<Row> = truth.iter().filter(matches).cloned().collect();
    // Stable: the truth comes in the order of ids, which decides between equals.
    rows.sort_by(|a, b| eval::compare_rows(&options.orderby, a, b, &context));
    let top = usize::try_from(options.top.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    rows.into_iter().skip(usize::try_from(options.skip.unwrap_or(0)).unwrap()).take(top).collect()
}

/// What a plan reads of these rows: columns it does not need are null.
fn shown(feed: &Feed, rows: &[Row], query: &str) -> Vec<Row> {
    let read = feed.plan("contacts", query).read;
    let blank = |row: &Row| {
        row.iter()
            .enumerate()
            .map(|(index, value)| if read.contains(&index) { value.clone() } else { Value::Null })
            .collect()
    };
    rows.iter().map(blank).collect()
}
