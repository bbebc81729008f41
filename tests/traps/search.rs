//! Traps of the search: where rows were lost without a word.

use feedgate_tests::stack::{Options, Stack};
use feedgate_tests::truth::Truth;
use serde_json::json;

use crate::world::{World, complete, complete_or, filtered, quirks, read, searches, true_ids};

/// A filter that HubSpot's search can answer, and what it means.
const MANY: &str = "lifecyclestage ne null";

fn is_many(row: &Truth) -> bool {
    row.text("lifecyclestage").is_some()
}

/// Reads a filtered table while the search has these quirks; it must have been asked.
fn searched(world: &World, switches: &serde_json::Value) -> (crate::world::Outcome, Vec<u64>) {
    let expected = true_ids(world, "contacts", is_many);
    assert!(expected.len() > 400, "{}", expected.len());
    quirks(world, switches);
    let before = world.simulator.last_call();
    let outcome = read(world, &filtered("contacts", MANY));
    assert!(searches(world, "contacts", before) > 0, "nothing was searched: no trap was met");
    (outcome, expected)
}

/// Connectors stopped at 10,000 rows, or at 9,990, and called it a table.
#[test]
fn the_ten_thousand_rows_at_which_a_search_ends() {
    let world = World::large();
    let expected = true_ids(&world, "contacts", |_| true);
    assert!(expected.len() > 11_000);
    let before = world.simulator.last_call();
    complete(&read(&world, &filtered("contacts", "createdate ge 2001-01-01T00:00:00Z")), &expected);
    assert!(world.simulator.journal(before).iter().all(|call| call.status == 200), "an offset beyond 10,000");
}

/// Windows of time cannot be halved below a millisecond: connectors looped for ever, or skipped the rest.
#[test]
fn more_than_ten_thousand_rows_of_one_millisecond() {
    let world = World::large();
    let imported = "2026-10-02T02:00:00Z";
    let at: jiff::Timestamp = imported.parse().unwrap();
    let expected = true_ids(&world, "contacts", |row| row.instant("createdate") == Some(at));
    assert_eq!(expected.len(), 10_500);
    complete(&read(&world, &filtered("contacts", &format!("createdate eq {imported}"))), &expected);
    let counted =
        world.client().count(&filtered("contacts/$count", &format!("createdate eq {imported}"))).unwrap();
    assert_eq!(counted, 10_500);
}

/// A page that is not full was taken for the last one.
#[test]
fn pages_that_are_short_or_empty_and_go_on() {
    let world = World::small();
    for switches in [json!({"short_pages": true}), json!({"short_pages": true, "empty_pages": true})] {
        let (outcome, expected) = searched(&world, &switches);
        complete_or(&outcome, &expected, (503, "SourceChanged"));
        complete(&read(&world, "contacts?$select=id"), &true_ids(&world, "contacts", |_| true));
    }
}

/// "7198" stands before "72" when ids are sorted as texts; a walk by id then leaves most rows out.
#[test]
fn ids_that_are_sorted_as_texts() {
    // With the time that a request has by default: old ids lie far from new ones, and the way between costs searches.
    let stack = Stack::start(&Options::with(600, &["contacts:email,lifecyclestage"]));
    for id in ["7", "72", "719", "7198", "71985"] {
        stack.simulator.change("contacts", &json!({"id": id, "properties": {"lifecyclestage": "lead"}}));
    }
    quirks(&stack, &json!({"text_sorted_ids": true}));
    let expected = true_ids(&stack, "contacts", is_many);
    complete(&read(&stack, &filtered("contacts", MANY)), &expected);
}

#[test]
fn pages_in_another_order_than_asked_for() {
    let (outcome, expected) = searched(&World::small(), &json!({"unordered_pages": true}));
    complete_or(&outcome, &expected, (503, "SourceChanged"));
}

/// Contacts missing for no known reason: the index counts them and does not send them.
#[test]
fn rows_that_the_index_leaves_out() {
    let (outcome, expected) = searched(&World::small(), &json!({"skipped_rows": true}));
    complete_or(&outcome, &expected, (503, "SourceChanged"));
}

#[test]
fn rows_that_the_index_sends_twice() {
    let (outcome, expected) = searched(&World::small(), &json!({"repeated_rows": true}));
    complete_or(&outcome, &expected, (503, "SourceChanged"));
}

#[test]
fn totals_that_lie_or_stop_at_a_number() {
    let world = World::small();
    for switches in [
        json!({"total_off_by": 3}),
        json!({"total_off_by": -3}),
        json!({"total_off_by": 0, "total_cap": 100}),
    ] {
        let (outcome, expected) = searched(&world, &switches);
        complete_or(&outcome, &expected, (503, "SourceChanged"));
    }
}

/// The newest rows are not in the index yet. A whole table does not ask it; a filtered one may miss what changed a moment
/// ago (docs/limits.md), and nothing else.
#[test]
fn an_index_that_lags() {
    let stack = World::own(400, &["contacts:email,lifecyclestage"]);
    let before = true_ids(&stack, "contacts", is_many);
    quirks(&stack, &json!({"index_lag_ms": 600_000}));
    let fresh =
        json!([{"properties": {"lifecyclestage": "lead"}}, {"properties": {"lifecyclestage": "lead"}}]);
    stack.simulator.change("contacts", &fresh);
    let gone = before[7];
    stack.simulator.change("contacts", &json!({"id": gone.to_string(), "archived": true}));
    complete(&read(&stack, "contacts?$select=id"), &true_ids(&stack, "contacts", |_| true));
    let read_early = read(&stack, &filtered("contacts", MANY)).unwrap();
    let changed = |id: &u64| *id == gone || *id > *before.last().unwrap();
    let untouched = |ids: &[u64]| ids.iter().copied().filter(|id| !changed(id)).collect::<Vec<_>>();
    assert_eq!(untouched(&read_early), untouched(&before));
    stack.simulator.control("POST", "/__sim/clock", Some(&json!({"advance_ms": 601_000})));
    complete(&read(&stack, &filtered("contacts", MANY)), &true_ids(&stack, "contacts", is_many));
}

/// HubSpot compares texts without case, takes lists lower-cased only, and whole words for parts.
#[test]
fn texts_that_hubspot_compares_in_its_own_way() {
    let stack = World::own(300, &["contacts:email,firstname,city,lifecyclestage"]);
    for name in ["ANNA", "anna", "Anna", "Anna-Lena", "Hanna"] {
        stack.simulator.change("contacts", &json!({"properties": {"firstname": name, "city": name}}));
    }
    for (expression, matches) in [
        ("firstname eq 'ANNA'", Box::new(|name: &str| name == "ANNA") as Box<dyn Fn(&str) -> bool>),
        ("firstname in ('Anna','Hanna')", Box::new(|name: &str| name == "Anna" || name == "Hanna")),
        ("contains(firstname,'nna')", Box::new(|name: &str| name.contains("nna"))),
        ("startswith(firstname,'Anna')", Box::new(|name: &str| name.starts_with("Anna"))),
    ] {
        let expected = true_ids(&stack, "contacts", |row| row.text("firstname").is_some_and(&matches));
        assert!(!expected.is_empty());
        complete(&read(&stack, &filtered("contacts", expression)), &expected);
    }
}

/// Nobody has documented whether a negation finds records without a value: both readings give the same table.
#[test]
fn negations_and_values_that_are_missing() {
    let world = World::small();
    let expected = true_ids(&world, "contacts", |row| row.text("city") != Some("Berlin"));
    for skips in [false, true] {
        quirks(&world, &json!({"negation_skips_missing": skips}));
        complete(&read(&world, &filtered("contacts", "city ne 'Berlin'")), &expected);
        complete(&read(&world, &filtered("contacts", "not (city in ('Berlin'))")), &expected);
    }
}

/// Cursors came as numbers where texts were expected.
#[test]
fn cursors_that_are_numbers() {
    let (outcome, expected) = searched(&World::small(), &json!({"numeric_after": true}));
    complete(&outcome, &expected);
}

/// That any id is a cursor of the list is an inference: where it does not hold, nothing may be lost.
#[test]
fn a_list_that_takes_only_its_own_cursors() {
    let stack = World::own(1_500, &["contacts:email"]);
    quirks(&stack, &json!({"strict_cursor": true}));
    complete(&read(&stack, "contacts?$select=id"), &true_ids(&stack, "contacts", |_| true));
}
