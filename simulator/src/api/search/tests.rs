//! What search matches, refuses and sorts.

use serde_json::{Value, json};

use super::super::testing::{Bench, ids};
use crate::portal::Change;
use crate::quirks::Quirks;
use crate::settings::Settings;

/// Searches contacts by one filter; the first names that match, in order of creation.
fn found(bench: &Bench, filter: &Value) -> Vec<String> {
    let body = json!({"filterGroups": [{"filters": [filter]}], "properties": ["firstname"], "limit": 200});
    let (status, answer) = bench.post("/crm/objects/2026-09/contacts/search", &body);
    assert_eq!(status, 200, "{answer}");
    let name = |row: &Value| row["properties"]["firstname"].as_str().unwrap_or("?").to_owned();
    answer["results"].as_array().unwrap().iter().map(name).collect()
}

fn filter(property: &str, operator: &str, value: &str) -> Value {
    json!({"propertyName": property, "operator": operator, "value": value})
}

/// Contacts a, b, c, … with the given values of a property; "∅" leaves it out.
fn bench(property: &str, values: &[&str]) -> Bench {
    let bench = Bench::empty();
    for (value, name) in values.iter().zip('a'..) {
        let name = name.to_string();
        let mut properties = vec![("firstname", name.as_str())];
        properties.extend((*value != "∅").then_some((property, *value)));
        bench.add("contacts", &properties);
    }
    bench
}

fn check(bench: &Bench, filter: &Value, expected: &str) {
    assert_eq!(found(bench, filter).concat(), expected, "{filter}");
}

#[test]
fn strings_compare_without_case() {
    let bench = bench("lastname", &["Smith", "SMITH", "smith ", "Schmidt", "∅", ""]);
    check(&bench, &filter("lastname", "EQ", "sMiTh"), "ab");
    check(&bench, &filter("lastname", "NEQ", "smith"), "cdef");
    check(&bench, &filter("lastname", "LT", "SMITH"), "d");
    check(&bench, &filter("lastname", "GTE", "smith"), "abc");
}

#[test]
fn in_on_strings_finds_lower_cased_values_only() {
    let bench = bench("lastname", &["Smith", "Schmidt", "∅"]);
    let with = |operator: &str, values: &[&str]| json!({"propertyName": "lastname", "operator": operator, "values": values});
    check(&bench, &with("IN", &["smith", "schmidt"]), "ab");
    check(&bench, &with("IN", &["Smith"]), "");
    check(&bench, &with("NOT_IN", &["smith"]), "bc");
}

#[test]
fn enumerations_compare_with_case_and_by_member() {
    let bench = bench("newsletter_topics", &["events", "Events", "careers;events", "careers", "∅"]);
    check(&bench, &filter("newsletter_topics", "EQ", "events"), "ac");
    check(&bench, &filter("newsletter_topics", "EQ", "careers;events"), "c");
    check(&bench, &filter("newsletter_topics", "NEQ", "events"), "bde");
    check(&bench, &json!({"propertyName": "newsletter_topics", "operator": "IN", "values": ["Events"]}), "b");
    let strict = bench.quirks(Quirks { members_only: true, ..Quirks::default() });
    check(&strict, &filter("newsletter_topics", "EQ", "careers;events"), "");
}

#[test]
fn numbers_compare_as_numbers_and_what_is_none_never_matches() {
    let bench = bench("loyalty_points", &["9", "10", "10.0", "1e1", "N/A", "1,234", "", "-3"]);
    check(&bench, &filter("loyalty_points", "EQ", "10"), "bcd");
    check(&bench, &filter("loyalty_points", "GT", "9"), "bcd");
    check(&bench, &filter("loyalty_points", "LTE", "9.0"), "ah");
    check(&bench, &filter("loyalty_points", "HAS_PROPERTY", ""), "abcdefh");
    check(&bench, &filter("loyalty_points", "NOT_HAS_PROPERTY", ""), "g");
    let between =
        json!({"propertyName": "loyalty_points", "operator": "BETWEEN", "value": "-3", "highValue": 9});
    check(&bench, &between, "ah");
}

#[test]
fn dates_are_compared_by_the_millisecond_in_either_notation() {
    let bench = bench(
        "closedate",
        &["2024-05-01T00:00:00Z", "2024-05-01T00:00:00.001Z", "2024-05-02T00:00:00Z", "∅"],
    );
    check(&bench, &filter("closedate", "EQ", "2024-05-01"), "a");
    check(&bench, &filter("closedate", "EQ", "1714521600001"), "b");
    check(&bench, &filter("closedate", "GTE", "2024-05-01T00:00:00.000999Z"), "abc");
    let between = json!({"propertyName": "closedate", "operator": "BETWEEN", "value": "1714521600000", "highValue": "1714521600001"});
    check(&bench, &between, "ab");
}

#[test]
fn the_epoch_breaks_search() {
    let body = json!({"filters": [filter("createdate", "GTE", "0")]});
    assert_eq!(Bench::empty().search(&body), Err(500));
    let body = json!({"filters": [filter("createdate", "GTE", "1970-01-01T00:00:00Z")]});
    assert_eq!(Bench::empty().search(&body), Err(500));
}

#[test]
fn negations_match_missing_values_unless_the_quirk_is_on() {
    let bench = bench("lastname", &["Smith", "∅", ""]);
    check(&bench, &filter("lastname", "NEQ", "smith"), "bc");
    check(&bench, &filter("lastname", "NOT_CONTAINS_TOKEN", "smith"), "bc");
    let quirky = bench.quirks(Quirks { negation_skips_missing: true, ..Quirks::default() });
    check(&quirky, &filter("lastname", "NEQ", "smith"), "");
    check(&quirky, &filter("lastname", "NOT_HAS_PROPERTY", ""), "bc");
}

#[test]
fn groups_are_alternatives_and_filters_must_all_match() {
    let bench = bench("lastname", &["x", "y", "z"]);
    let (x, y, b) =
        (filter("lastname", "EQ", "x"), filter("lastname", "EQ", "y"), filter("firstname", "EQ", "b"));
    let search = |body: Value| bench.search(&body).unwrap().1;
    assert_eq!(search(json!({"filterGroups": [{"filters": [x]}, {"filters": [y]}]})), 2);
    assert_eq!(search(json!({"filterGroups": [{"filters": [x, b]}]})), 0);
    assert_eq!(search(json!({"filterGroups": [{"filters": [y, b]}]})), 1);
    assert_eq!(search(json!({"filters": [y]})), 1);
    assert_eq!(search(json!({})), 3);
}

#[test]
fn more_groups_or_filters_than_allowed_are_refused() {
    let bench = Bench::empty();
    let groups = |sizes: &[usize]| {
        let group = |size: &usize| json!({"filters": vec![filter("lastname", "EQ", "x"); *size]});
        json!({"filterGroups": sizes.iter().map(group).collect::<Vec<_>>()})
    };
    let cases: [(&[usize], Result<u64, u16>); 6] = [
        (&[1; 5], Ok(0)),
        (&[1; 6], Err(400)),
        (&[6], Ok(0)),
        (&[7], Err(400)),
        (&[6, 6, 6], Ok(0)),
        (&[6, 6, 6, 1], Err(400)),
    ];
    for (sizes, expected) in cases {
        assert_eq!(bench.search(&groups(sizes)).map(|(_, total)| total), expected, "{sizes:?}");
    }
    let (_, answer) = bench.post("/crm/v3/objects/contacts/search", &groups(&[7]));
    assert_eq!(answer["category"], "VALIDATION_ERROR");
}

#[test]
fn bad_searches_are_refused() {
    let bench = Bench::empty();
    for body in [
        json!({"filters": [filter("no_such_property", "EQ", "1")]}),
        json!({"filters": [filter("loyalty_points", "EQ", "many")]}),
        json!({"filters": [filter("lastname", "LIKE", "x")]}),
        json!({"filters": [{"propertyName": "lastname", "operator": "EQ"}]}),
        json!({"filters": [{"propertyName": "lastname", "operator": "IN", "values": []}]}),
        json!({"sorts": ["lastname", "email"]}),
        json!({"sorts": ["no_such_property"]}),
        json!({"limit": 201}),
        json!({"limit": 200, "after": "9801"}),
        json!({"after": "x"}),
        json!({"query": "x".repeat(3_001)}),
        json!([]),
    ] {
        assert_eq!(bench.search(&body), Err(400), "{body}");
    }
    assert_eq!(bench.search(&json!({"limit": 200, "after": "9800"})), Ok((vec![], 0)));
}

#[test]
fn pages_are_offsets_and_the_last_one_has_no_cursor() {
    let bench = Bench::with(Settings::small(25));
    let (mut all, mut after) = (Vec::new(), json!(null));
    loop {
        let (_, answer) = bench.post(
            "/crm/v3/objects/contacts/search",
            &json!({"limit": 10, "after": after, "sorts": ["hs_object_id"]}),
        );
        assert_eq!(answer["total"], 25);
        all.extend(ids(&answer));
        after = answer["paging"]["next"]["after"].clone();
        if after.is_null() {
            break;
        }
        assert_eq!(after, all.len().to_string());
    }
    assert!(all.is_sorted() && all.len() == 25);
}

#[test]
fn one_sort_orders_rows_and_missing_values_come_last() {
    let bench = bench("loyalty_points", &["10", "9", "∅", "100"]);
    let sorted = |sorts: Value| {
        let body = json!({"sorts": sorts, "properties": ["firstname"]});
        let (_, answer) = bench.post("/crm/v3/objects/contacts/search", &body);
        let name = |row: &Value| row["properties"]["firstname"].as_str().unwrap().to_owned();
        answer["results"].as_array().unwrap().iter().map(name).collect::<String>()
    };
    assert_eq!(sorted(json!(["loyalty_points"])), "badc");
    assert_eq!(sorted(json!(["-loyalty_points"])), "dabc");
    assert_eq!(sorted(json!([{"propertyName": "hs_object_id", "direction": "DESCENDING"}])), "dcba");
    assert_eq!(sorted(json!([{"propertyName": "firstname", "direction": "ASCENDING"}])), "abcd");
}

#[test]
fn without_a_sort_the_oldest_come_first() {
    let bench = Bench::empty();
    let young = bench.add("contacts", &[("createdate", "2025-01-01T00:00:00Z")]);
    let old = bench.add("contacts", &[("createdate", "2024-01-01T00:00:00Z")]);
    assert_eq!(bench.search(&json!({})).unwrap().0, [old, young]);
}

#[test]
fn archived_rows_are_never_found() {
    let bench = Bench::empty();
    let id = bench.add("contacts", &[]);
    bench.portal.archive("contacts", id).unwrap();
    assert_eq!(bench.search(&json!({})), Ok((vec![], 0)));
}

#[test]
fn the_index_lags_when_told_to() {
    let bench = Bench::empty();
    let id = bench.add("contacts", &[("lastname", "old")]);
    let bench = bench.quirks(Quirks { index_lag_ms: 5_000, ..Quirks::default() });
    let total = |name: &str| bench.search(&json!({"filters": [filter("lastname", "EQ", name)]})).unwrap().1;
    assert_eq!(total("old"), 0, "not indexed yet");
    bench.wait_ms(5_000);
    assert_eq!(total("old"), 1);
    let change = Change {
        id: Some(id.to_string()),
        properties: [("lastname".to_owned(), Some("new".to_owned()))].into(),
        ..Change::default()
    };
    bench.portal.change("contacts", &change).unwrap();
    assert_eq!((total("old"), total("new")), (1, 0), "the row as it was");
    bench.wait_ms(5_000);
    assert_eq!((total("old"), total("new")), (0, 1));
}

#[test]
fn full_text_looks_at_the_beginnings_of_words_of_searchable_properties() {
    let bench = Bench::empty();
    bench.add("contacts", &[("firstname", "Anna"), ("lastname", "Müller"), ("jobtitle", "Pilot")]);
    let total = |query: &str| bench.search(&json!({"query": query})).unwrap().1;
    assert_eq!(
        [total("mül"), total("anna müller"), total("nna"), total("pilot"), total("")],
        [1, 1, 0, 0, 1]
    );
}

#[test]
fn records_are_found_by_what_they_are_linked_to() {
    let bench = Bench::empty();
    let company = bench.add("companies", &[]);
    let link = json!({"associations": [{"to": "companies", "id": company.to_string()}]});
    bench.control("POST", "/__sim/objects/contacts", &link.to_string());
    bench.add("contacts", &[]);
    let body = |id: u64| json!({"filters": [filter("associations.company", "EQ", &id.to_string())]});
    assert_eq!(bench.search(&body(company)).unwrap().1, 1);
    assert_eq!(bench.search(&body(company + 1)).unwrap().1, 0);
}

#[test]
fn quirky_pages_lose_no_row() {
    let quirks = Quirks { short_pages: true, empty_pages: true, numeric_after: true, ..Quirks::default() };
    let bench = Bench::with(Settings::small(95)).quirks(quirks);
    let (mut all, mut after, mut sizes) = (Vec::new(), json!(0), Vec::new());
    while !after.is_null() {
        let (_, answer) = bench.post(
            "/crm/v3/objects/contacts/search",
            &json!({"limit": 10, "after": after, "sorts": ["hs_object_id"]}),
        );
        sizes.push(ids(&answer).len());
        all.extend(ids(&answer));
        after = answer["paging"]["next"]["after"].clone();
    }
    assert!(sizes.contains(&0) && sizes.contains(&5), "{sizes:?}");
    assert_eq!((all.len(), all.is_sorted()), (95, true));
}

#[test]
fn ids_sort_as_text_and_pages_lose_their_order_when_told_to() {
    let bench = Bench::with(Settings::small(400));
    let search = |bench: &Bench| bench.search(&json!({"sorts": ["hs_object_id"], "limit": 200})).unwrap().0;
    let first = search(&bench);
    let bench = bench.quirks(Quirks { unordered_pages: true, ..Quirks::default() });
    let mixed = search(&bench);
    assert!(!mixed.is_sorted());
    let mut sorted = mixed;
    sorted.sort_unstable();
    assert_eq!(sorted, first);
    let bench = bench.quirks(Quirks { text_sorted_ids: true, ..Quirks::default() });
    assert!(search(&bench)[0] > 99_999_999_999, "twelve digits come before eleven nines");
}

#[test]
fn the_index_catches_up_with_each_record_in_its_own_time() {
    let quirks = Quirks { index_lag_ms: 1_000, index_lag_jitter_ms: 9_000, ..Quirks::default() };
    let bench = Bench::empty().quirks(quirks);
    for _ in 0..50 {
        bench.add("contacts", &[]);
    }
    let found = || bench.search(&json!({"limit": 100})).unwrap().0.len();
    let mut steps = Vec::new();
    for _ in 0..11 {
        steps.push(found());
        bench.wait_ms(1_000);
    }
    assert!(steps.is_sorted() && steps[1] == 0 && steps[10] == 50, "{steps:?}");
    assert!(steps.iter().filter(|found| (1..50).contains(*found)).count() > 5, "{steps:?}");
}

#[test]
fn every_fifth_page_is_torn_when_told_to() {
    let pages = |quirks: Quirks| {
        let bench = Bench::with(Settings { quirks, ..Settings::small(20) });
        let page = |_| bench.search(&json!({"limit": 20, "sorts": ["hs_object_id"]})).unwrap();
        (0..5).map(page).collect::<Vec<_>>()
    };
    let skipped = pages(Quirks { skipped_rows: true, ..Quirks::default() });
    assert_eq!((skipped[4].0.len(), skipped[4].1), (19, 20));
    let repeated = pages(Quirks { repeated_rows: true, ..Quirks::default() });
    assert_eq!((repeated[4].0[0], &repeated[4].0[1..]), (repeated[0].0[0], &repeated[0].0[..19]));
    let lying = pages(Quirks { total_off_by: -3, ..Quirks::default() });
    assert_eq!(lying[0].1, 17);
}

#[test]
fn more_rows_than_a_search_reaches_can_share_one_millisecond() {
    let bench = Bench::with(Settings { imported: 10_050, ..Settings::small(10_060) });
    let (rows, total) = bench.search(&json!({"sorts": ["createdate"], "limit": 1})).unwrap();
    let created = bench.get(&format!("/crm/v3/objects/contacts/{}", rows[0])).1["createdAt"].clone();
    let at: jiff::Timestamp = "2026-10-02T02:00:00Z".parse().unwrap();
    let same =
        json!([{"propertyName": "createdate", "operator": "EQ", "value": at.as_millisecond().to_string()}]);
    assert_eq!((total, bench.search(&json!({"filters": same})).unwrap().1), (10_060, 10_050));
    assert!(created.is_string());
}
