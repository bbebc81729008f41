//! Traps of wide tables: an address has its limits, and a row read in pieces may be two rows.

use std::sync::atomic::{AtomicBool, Ordering};

use feedgate_tests::stack::{Options, Stack, USER};
use serde_json::json;

use crate::world::{World, complete, read, rows, true_ids};

/// As many properties as connectors have met.
const WIDTH: usize = 900;

/// HubSpot's edge refuses addresses from about here on.
const LONGEST: usize = 16_200;

/// A portal whose deals have 900 properties of their own, of which the first and the last are always equal, and a data
/// source over all of them.
fn wide(deals: u32) -> (Stack, String) {
    let mut options = Options::with(10, &["companies:name"]);
    options.simulator.extend(["--deals".to_owned(), deals.to_string()]);
    let stack = Stack::start(&options);
    for n in 0..WIDTH {
        let name = format!("an_own_property_with_a_long_name_{n:03}");
        stack.simulator.control("POST", "/__sim/properties/deals", Some(&json!({ "name": name })));
    }
    stack.simulator.rows("deals").iter().for_each(|row| change(&stack, row.id(), "at first"));
    let source = stack.source(USER, &["deals"]);
    (stack, source)
}

const FIRST: &str = "an_own_property_with_a_long_name_000";
const LAST: &str = "an_own_property_with_a_long_name_899";

fn change(stack: &Stack, id: u64, text: &str) {
    // The portal's clock of changes stands still in a simulator: here it must not.
    let now = feedgate_tests::wait::now().to_string();
    let properties = json!({FIRST: text, LAST: text});
    stack
        .simulator
        .change("deals", &json!({"id": id.to_string(), "properties": properties, "updatedAt": now}));
}

#[test]
fn nine_hundred_properties_do_not_fit_into_an_address() {
    let (stack, source) = wide(230);
    let mut client = feedgate_tests::replay::PowerQuery::new(&stack.url(&source), USER, &stack.token);
    let before = stack.simulator.last_call();
    let ty = client.metadata().unwrap().sets["deals"].clone();
    assert!(ty.properties.len() > WIDTH);
    let read = client.rows("deals").unwrap();
    let truth = stack.simulator.rows("deals");
    assert_eq!(read.len(), truth.len());
    for (row, record) in read.iter().zip(&truth) {
        record.equals(row, &ty).unwrap();
    }
    let calls = stack.simulator.journal(before);
    let longest = calls.iter().map(|call| call.path.len() + call.query.len()).max().unwrap();
    assert!(longest < LONGEST, "{longest} characters");
    assert!(calls.iter().all(|call| call.status != 414));
}

/// While a wide row is read in pieces, it changes: the pieces must be of one row.
#[test]
fn a_row_that_changes_between_its_pieces() {
    let (stack, source) = wide(120);
    let ids = true_ids(&stack, "deals", |_| true);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mut number = 0_usize;
            while !done.load(Ordering::SeqCst) {
                change(&stack, ids[number % ids.len()], &format!("value {number}"));
                number += 7;
            }
        });
        // Whatever comes of the reads: the other thread must end.
        let torn = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..4 {
                let mut client =
                    feedgate_tests::replay::PowerQuery::new(&stack.url(&source), USER, &stack.token);
                match client.rows("deals") {
                    Ok(rows) => {
                        assert_eq!(crate::world::ids(&rows), ids);
                        for row in &rows {
                            assert_eq!(row.cell(FIRST), row.cell(LAST), "two rows in one: {}", row.id());
                        }
                    }
                    Err(fault) => {
                        let refusal = crate::world::refusal("deals", &fault);
                        assert_eq!(refusal, (503, "SourceChanged".to_owned()));
                    }
                }
            }
        }));
        done.store(true, Ordering::SeqCst);
        torn.unwrap();
    });
}

/// The edge answers HTML: no client may read that as an empty table.
#[test]
fn an_address_that_the_edge_finds_too_long() {
    let world = World::small();
    let expected = true_ids(&world, "contacts", |_| true);
    crate::world::fault(&world, "uri_too_long", "/crm/objects", None);
    match read(&world, "contacts?$select=id") {
        Ok(read) => complete(&Ok(read), &expected),
        Err((status, code)) => assert!(status >= 502, "{status} {code}"),
    }
    world.simulator.mend();
    assert_eq!(rows(&world, "contacts").unwrap().len(), expected.len());
}
