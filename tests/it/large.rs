//! Past the 10,000 rows at which one search of HubSpot ends.

use feedgate_tests::stack::{Options, Stack};
use feedgate_tests::truth::Truth;
use serde_json::json;

use crate::shared::{filter, ids, rows, true_ids};

#[test]
fn a_filter_that_matches_more_than_ten_thousand_rows_loses_none() {
    let mut options = Options::with(12_000, &["contacts:email,lifecyclestage"]);
    for few in ["--companies", "--deals", "--tickets"] {
        options.simulator.extend([few.to_owned(), "10".to_owned()]);
    }
    let stack = Stack::start(&options);
    let truth = stack.simulator.rows("contacts");
    let mut client = stack.client();
    let since: jiff::Timestamp = "2023-12-01T00:00:00Z".parse().unwrap();
    let recent = |c: &Truth| c.instant("createdate").is_some_and(|created| created >= since);
    let expected = true_ids(&truth, recent);
    assert!(expected.len() > 10_500, "{}", expected.len());

    let before = stack.simulator.last_call();
    let request =
        format!("contacts?{}&$select=id%2Ccreatedate", filter("createdate ge 2023-12-01T00:00:00Z"));
    assert_eq!(ids(&rows(&mut client, &request)), expected);
    let count =
        client.count(&format!("contacts/$count?{}", filter("createdate ge 2023-12-01T00:00:00Z"))).unwrap();
    assert_eq!(count, expected.len() as u64);
    let refused = stack.simulator.journal(before).into_iter().filter(|call| call.status == 400).count();
    assert_eq!(refused, 0, "HubSpot refused calls: an offset beyond 10,000?");

    // The same while HubSpot sends short, empty and unordered pages.
    let quirks =
        json!({"short_pages": true, "empty_pages": true, "unordered_pages": true, "text_sorted_ids": true});
    stack.simulator.settings(&json!({"quirks": quirks}));
    let found = client.rows(&request);
    match found {
        Ok(read) => assert_eq!(ids(&read), expected),
        Err(fault) => assert_eq!(fault.refusal(), Some((503, "SourceChanged".to_owned())), "{fault:?}"),
    }
    assert_eq!(ids(&rows(&mut client, "contacts?$select=id")), true_ids(&truth, |_| true));
}
