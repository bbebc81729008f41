//! The sets of links between objects, over a simulated portal.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[expect(dead_code, reason = "shared with the tests of execution")]
mod feed;

use std::collections::BTreeSet;

use feed::Feed;
use hubspot_sim::Settings;
use odata::{Row, Value};

const EVERYTHING: &str = r#"{"objects":[{"object":"contacts","properties":["email"]},{"object":"companies","properties":["name"]},
    {"object":"deals","properties":["amount","dealstage"]},{"object":"tickets","properties":["subject"]},
    {"object":"line_items","properties":["name"]},{"object":"owners"},{"object":"pipelines"}]}"#;

fn fault(feed: &Feed, json: &str) {
    feed.portal.inject(serde_json::from_str(json).unwrap());
}

#[tokio::test]
async fn links_are_those_of_the_portal_in_the_order_of_both_ids() {
    let feed = Feed::over(Settings { association_page: 2, ..Settings::small(600) }, EVERYTHING).await;
    for set in [
        "contacts_companies",
        "contacts_deals",
        "companies_deals",
        "tickets_contacts",
        "tickets_companies",
        "deals_line_items",
    ] {
        let (from, to) = set.split_once('_').unwrap();
        let (live_from, live_to) = (rows_of(&feed, from), rows_of(&feed, to));
        let mut expected: Vec<(i64, i64, i64)> = Vec::new();
        for (from, to, types) in feed.portal.portal().links(from, to).unwrap() {
            if live_from.contains(&from) && live_to.contains(&to) {
                expected.extend(
                    types.iter().map(|kind| (from.cast_signed(), to.cast_signed(), i64::from(*kind))),
                );
            }
        }
        let read = feed.read_pages(set, "", Some(70), |_| {}).await.unwrap().rows;
        let mut actual: Vec<(i64, i64, i64)> = read.iter().map(link).collect();
        assert!(actual.is_sorted_by_key(|(from, to, _)| (*from, *to)), "{set}");
        actual.sort_unstable();
        expected.sort_unstable();
        assert!(actual == expected, "{set}: {} links, not {}", actual.len(), expected.len());
        let keys: BTreeSet<String> = read.iter().map(|row| row[0].to_string()).collect();
        assert_eq!(keys.len(), read.len(), "{set}: keys are unique");
    }
}

fn rows_of(feed: &Feed, object: &str) -> BTreeSet<u64> {
    let rows = feed.portal.portal().rows(object).unwrap();
    rows.into_iter().filter(|row| !row.archived).map(|row| row.id).collect()
}

fn link(row: &Row) -> (i64, i64, i64) {
    match (&row[1], &row[2], &row[3]) {
        (Value::Int64(from), Value::Int64(to), Value::Int64(kind)) => (*from, *to, *kind),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn links_of_named_records_are_read_without_a_scan() {
    let feed = Feed::over(Settings::small(200), EVERYTHING).await;
    let all = feed.read("contacts_companies", "").await.unwrap().rows;
    let one = link(&all[all.len() / 2]).0;
    let before = feed.portal.journal(0).len();
    let read = feed.read("contacts_companies", &format!("$filter=contact_id eq {one}")).await.unwrap().rows;
    assert_eq!(read, all.iter().filter(|row| link(row).0 == one).cloned().collect::<Vec<_>>());
    assert_eq!(feed.portal.journal(0).len(), before + 1);
}

#[tokio::test]
async fn links_to_named_records_are_read_from_the_other_side_and_say_the_same() {
    let feed = Feed::over(Settings { association_page: 2, ..Settings::small(300) }, EVERYTHING).await;
    for (set, column) in [
        ("contacts_companies", "company_id"),
        ("tickets_companies", "company_id"),
        ("deals_line_items", "line_item_id"),
    ] {
        let all = feed.read(set, "").await.unwrap().rows;
        assert!(!all.is_empty(), "{set}");
        let other = link(&all[all.len() / 2]).1;
        let before = feed.portal.journal(0).len();
        let read =
            feed.read_pages(set, &format!("$filter={column} eq {other}"), Some(3), |_| {}).await.unwrap();
        let expected: Vec<Row> = all.iter().filter(|row| link(row).1 == other).cloned().collect();
        assert_eq!(read.rows, expected, "{set}");
        let journal = feed.portal.journal(0);
        assert!(journal[before..].iter().all(|call| call.path.contains("/associations/")), "{set}");
        let key = all[all.len() / 3][0].to_string();
        let by_key = feed.read(set, &format!("$filter=id eq {key}")).await.unwrap().rows;
        assert_eq!(by_key, [all[all.len() / 3].clone()], "{set}");
    }
}

#[tokio::test]
async fn links_survive_a_failure_at_any_call_and_filters_on_them_are_evaluated() {
    let feed = Feed::over(Settings::small(300), EVERYTHING).await;
    let all = feed.read("contacts_deals", "").await.unwrap().rows;
    for after in 0..6 {
        feed.portal.clear_faults();
        fault(
            &feed,
            &format!(
                r#"{{"match":{{"path_contains":"contacts"}},"after":{after},"times":1,"answer":{{"status":502}}}}"#
            ),
        );
        assert_eq!(feed.read_pages("contacts_deals", "", Some(40), |_| {}).await.unwrap().rows, all);
    }
    feed.portal.clear_faults();
    let deal = link(&all[all.len() / 2]).1;
    let read =
        feed.read_pages("contacts_deals", &format!("$filter=deal_id eq {deal}"), Some(1), |_| {}).await;
    let expected: Vec<Row> = all.iter().filter(|row| link(row).1 == deal).cloned().collect();
    assert_eq!(read.unwrap().rows, expected);
    let sorted =
        feed.read_pages("contacts_deals", "$orderby=deal_id desc", Some(70), |_| {}).await.unwrap().rows;
    assert_eq!(sorted.len(), all.len());
    assert!(sorted.is_sorted_by_key(|row| std::cmp::Reverse(link(row).1)));
}
