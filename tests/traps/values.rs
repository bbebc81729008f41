//! Traps of values: HubSpot sends texts, and not always the one that the type promises.

use feedgate_tests::replay::Cell;
use feedgate_tests::truth::Truth;
use serde_json::json;

use crate::world::{World, complete, filtered, quirks, read, rows, true_ids};

/// "N/A" became a column of texts, and "" a zero.
#[test]
fn numbers_that_are_none() {
    let stack = World::own(100, &["contacts:credit_limit,loyalty_points,createdate"]);
    let id = stack.simulator.rows("contacts")[0].id();
    for (text, number) in [
        ("N/A", None),
        ("1,234", None),
        ("", None),
        ("1e3", Some("1000")),
        ("12345678901234567.89", Some("12345678901234567.89")),
    ] {
        stack
            .simulator
            .change("contacts", &json!({"id": id.to_string(), "properties": {"credit_limit": text}}));
        let read = rows(&stack, &format!("contacts?$filter=id%20eq%20{id}")).unwrap();
        let expected = number.map_or(Cell::Null, |number| Cell::Number(number.to_owned()));
        assert_eq!(*read[0].cell("credit_limit"), expected, "{text:?}");
        // And a filter sees the same value as the column shows.
        let zero = read_ids(&stack, "credit_limit eq 0");
        assert!(!zero.contains(&id), "{text:?} is not zero");
        assert_eq!(read_ids(&stack, "credit_limit eq null").contains(&id), number.is_none(), "{text:?}");
    }
}

fn read_ids(stack: &feedgate_tests::stack::Stack, expression: &str) -> Vec<u64> {
    read(stack, &filtered("contacts", expression)).unwrap()
}

/// Dates came as epoch milliseconds under a format of dates.
#[test]
fn dates_as_milliseconds_since_1970() {
    let world = World::small();
    let truth = world.simulator.rows("contacts");
    let ty = world.client().metadata().unwrap().sets["contacts"].clone();
    let compare = || {
        let read = rows(&world, "contacts").unwrap();
        assert_eq!(read.len(), truth.len());
        for (row, record) in read.iter().zip(&truth) {
            record.equals(row, &ty).unwrap();
        }
    };
    compare();
    quirks(&world, &json!({"epoch_dates": true, "absent_nulls": true}));
    compare();
    let at = "2025-06-01";
    let day: jiff::Timestamp = format!("{at}T00:00:00Z").parse().unwrap();
    let signed = |row: &Truth| row.instant("contract_signed_on").is_some_and(|signed| signed >= day);
    let request = filtered("contacts", &format!("contract_signed_on ge {at}"));
    complete(&read(&world, &request), &true_ids(&world, "contacts", signed));
}

/// Seconds, milliseconds, and what exports make of them.
#[test]
fn dates_in_every_notation_that_was_seen() {
    let stack = World::own(50, &["contacts:contract_signed_on"]);
    let id = stack.simulator.rows("contacts")[0].id();
    for text in ["2022-05-28", "1653696000000", "1653696000", "1653696000000.0", "2022-05-28T00:00:00Z"] {
        let change = json!({"id": id.to_string(), "properties": {"contract_signed_on": text}});
        stack.simulator.change("contacts", &change);
        let read = rows(&stack, &format!("contacts?$filter=id%20eq%20{id}")).unwrap();
        assert_eq!(*read[0].cell("contract_signed_on"), Cell::Text("2022-05-28".to_owned()), "{text}");
    }
}

/// A value with line breaks and quotes is one value.
#[test]
fn texts_with_line_breaks_and_quotes() {
    let stack = World::own(50, &["contacts:firstname,email"]);
    let id = stack.simulator.rows("contacts")[0].id();
    let text = "Said: \"later\";\r\nthen\n\tO'Neil \u{2028}👨‍👩‍👧";
    stack.simulator.change("contacts", &json!({"id": id.to_string(), "properties": {"firstname": text}}));
    let read = rows(&stack, &format!("contacts?$filter=id%20eq%20{id}")).unwrap();
    assert_eq!(read[0].text("firstname"), Some(text));
}

/// HubSpot falls over at the first instant of 1970.
#[test]
fn a_filter_by_the_first_instant_of_1970() {
    let world = World::small();
    let request = filtered("contacts", "createdate gt 1970-01-01T00:00:00Z");
    complete(&read(&world, &request), &true_ids(&world, "contacts", |_| true));
}
