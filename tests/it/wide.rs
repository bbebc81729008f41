//! Tables of hundreds of columns: the longest URL that asks for all of them, and rows that are never half old.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use feedgate_tests::replay::{PowerQuery, Row};
use feedgate_tests::stack::{Options, Stack, USER};
use serde_json::{Value, json};

/// Properties beside those every portal has, and records.
const COLUMNS: usize = 600;
const RECORDS: usize = 120;

/// Bytes that path and query of a request may have.
const LONGEST: usize = 32 * 1024;

/// About as long as the names that people and integrations choose: all of them just fit into the longest URL.
fn name(column: usize) -> String {
    format!("yearly_figure_of_the_regional_department_{column:03}")
}

/// Every column of a record says the same number, so that a half-changed row shows.
fn change(id: Option<u64>, version: u64) -> Value {
    let properties: serde_json::Map<String, Value> =
        (0..COLUMNS).map(|column| (name(column), json!(version.to_string()))).collect();
    match id {
        Some(id) => json!({"id": id.to_string(), "properties": properties}),
        None => json!({"properties": properties}),
    }
}

/// A portal with such records and no others, and a client of a data source over all of it.
fn wide() -> (Stack, PowerQuery) {
    let stack = Stack::start(&Options::with(0, &["companies"]));
    for column in 0..COLUMNS {
        let definition =
            json!({"name": name(column), "type": "number", "fieldType": "number", "label": name(column)});
        stack.simulator.property("contacts", &definition);
    }
    for _ in 0..RECORDS {
        stack.simulator.change("contacts", &change(None, 0));
    }
    let source = stack.source(USER, &["contacts"]);
    let client = PowerQuery::new(&stack.url(&source), USER, &stack.token);
    (stack, client)
}

/// Another client of the same feed.
fn client_of(stack: &Stack, client: &PowerQuery) -> PowerQuery {
    PowerQuery::new(&client.url(""), USER, &stack.token)
}

fn figures(row: &Row) -> Vec<String> {
    (0..COLUMNS).map(|column| format!("{:?}", row.cell(&name(column)))).collect()
}

#[test]
fn hundreds_of_columns_are_selected_in_one_url_and_no_row_is_half_old() {
    let (stack, mut client) = wide();
    let names: Vec<String> = (0..COLUMNS).map(name).collect();
    let select = format!("contacts?$select=id%2C{}", names.join("%2C"));
    let path = client.url("").len() - "http://".len() - stack.authority().len();
    assert!(path + select.len() > LONGEST - 8 * 1024, "{} bytes are no long URL", select.len());

    // The longest URL is answered, and one byte more is not, in words.
    let padded =
        |length: usize| format!("{select}&pad={}", "x".repeat(length - path - select.len() - "&pad=".len()));
    let read = client.rows(&padded(LONGEST)).unwrap();
    assert_eq!(read.len(), RECORDS);
    assert!(read.iter().all(|row| row.0.len() == COLUMNS + 1));
    // Its page links are longer, and are answered.
    let mut paging = client_of(&stack, &client).prefer("odata.maxpagesize=50");
    assert_eq!(paging.rows(&padded(LONGEST)).unwrap(), read);
    let (status, _) = client.rows(&padded(LONGEST + 1)).unwrap_err().refusal().unwrap();
    assert_eq!(status, 414);
    let answer = stack.get(&format!("?pad={}", "x".repeat(LONGEST)));
    let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.ends_with('.') && message.contains("32"), "{message}");

    // So many names do not fit into an address of HubSpot's: ids first, then whole rows.
    let since = stack.simulator.last_call();
    client.rows("contacts").unwrap();
    let calls = stack.simulator.journal(since);
    assert!(calls.iter().any(|call| call.path.ends_with("/batch/read")), "{:?}", calls.first());

    let ids: Vec<u64> = read.iter().map(Row::id).collect();
    let versions = while_it_changes(&stack, &ids, || {
        let rows = client.rows(&select).unwrap();
        assert_eq!(rows.len(), RECORDS);
        for row in &rows {
            let figures = figures(row);
            assert!(
                figures.iter().all(|figure| *figure == figures[0]),
                "half old: record {}: {figures:?}",
                row.id()
            );
        }
        rows.iter().map(|row| figures(row)[0].clone()).collect()
    });
    assert!(versions > 3, "only {versions} versions of the rows were seen: nothing changed meanwhile");
}

/// Reads again and again while another thread changes every record; how many different versions were read.
fn while_it_changes(stack: &Stack, ids: &[u64], mut read: impl FnMut() -> Vec<String>) -> usize {
    let done = Arc::new(AtomicBool::new(false));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for version in 1_u64.. {
                for id in ids {
                    if done.load(Ordering::Relaxed) {
                        return;
                    }
                    stack.simulator.change("contacts", &change(Some(*id), version));
                }
            }
        });
        // Also when a read fails, or the other thread would never end.
        let _stop = Stop(&done);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..12 {
            seen.extend(read());
        }
        seen.len()
    })
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
