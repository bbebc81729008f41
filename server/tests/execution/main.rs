//! Pages, counts, entities and links over a simulated portal, whole and broken.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "../feed/mod.rs"]
mod feed;
mod reads;
mod standard;

use std::collections::BTreeSet;
use std::time::Duration;

use feed::{Feed, NOW, call, ids, through_a_link};
use feedgate::execute::{Context, Entity, ExecuteError, Flow, Position, Sink, count, entity, page};
use hubspot_sim::{Quirks, Settings};
use odata::{ErrorKind, Row};
use tokio::time::Instant;

const CONTACTS: &str =
    r#"{"objects":[{"object":"contacts","properties":["email","lastname","hubspot_owner_id"]}]}"#;
const EVERYTHING: &str = r#"{"objects":[{"object":"contacts","properties":["email"]},{"object":"companies","properties":["name"]},
    {"object":"deals","properties":["amount","dealstage"]},{"object":"tickets","properties":["subject"]},
    {"object":"line_items","properties":["name"]},{"object":"owners"},{"object":"pipelines"}]}"#;

async fn contacts(count: u32) -> Feed {
    Feed::over(Settings::small(count), CONTACTS).await
}

fn fault(feed: &Feed, json: &str) {
    feed.portal.inject(serde_json::from_str(json).unwrap());
}

fn all_ids(feed: &Feed) -> Vec<i64> {
    ids(&feed.truth("contacts"))
}

#[tokio::test]
async fn a_table_comes_whole_in_a_small_page_and_large_ones() {
    let feed = contacts(6_000).await;
    let read = feed.read("contacts", "$count=true").await.unwrap();
    assert_eq!(ids(&read.rows), all_ids(&feed));
    assert_eq!(read.pages, [500, 5_500]);
    assert_eq!(read.counts, [Some(6_000); 2]);
}

#[tokio::test]
async fn twelve_thousand_matches_of_a_search_all_arrive_once() {
    let feed = contacts(12_500).await;
    let plan = feed.plan("contacts", "$filter=createdate ge 2001-01-01T00:00:00Z");
    assert!(plan.to_string().starts_with("Searches contacts"), "{plan}");
    let before = feed.portal.journal(0).len() as u64;
    let read = feed.read("contacts", "$filter=createdate ge 2001-01-01T00:00:00Z").await.unwrap();
    assert_eq!(ids(&read.rows), all_ids(&feed));
    let journal = feed.portal.journal(before);
    let calls = |method: &str, path: &str| {
        journal.iter().filter(|call| call.method == method && call.path.contains(path)).count()
    };
    // 63 pages of 200, a proof for each stretch of them, and one for where the index is to be trusted.
    assert!((63..=95).contains(&calls("POST", "/search")), "{}", calls("POST", "/search"));
    assert!(calls("GET", "/objects/") <= 3, "only what is younger than the index is listed");
}

#[tokio::test]
async fn no_quirk_of_a_portal_loses_or_repeats_a_row() {
    let quirks: [(&str, Quirks); 8] = [
        ("short pages", Quirks { short_pages: true, ..Quirks::default() }),
        ("empty pages", Quirks { empty_pages: true, ..Quirks::default() }),
        ("unordered pages", Quirks { unordered_pages: true, ..Quirks::default() }),
        ("ids sorted as text", Quirks { text_sorted_ids: true, ..Quirks::default() }),
        ("a capped total", Quirks { total_cap: Some(300), ..Quirks::default() }),
        ("numeric cursors", Quirks { numeric_after: true, ..Quirks::default() }),
        ("strict cursors", Quirks { strict_cursor: true, ..Quirks::default() }),
        ("absent nulls", Quirks { absent_nulls: true, ..Quirks::default() }),
    ];
    let feed = contacts(900).await;
    let expected = all_ids(&feed);
    for (name, quirk) in quirks {
        feed.portal.set_quirks(quirk);
        for query in ["", "$filter=createdate ge 2001-01-01T00:00:00Z"] {
            let read = feed.read_pages("contacts", query, Some(130), |_| {}).await;
            let read = read.unwrap_or_else(|error| panic!("{name}: {query}: {error}"));
            assert_eq!(ids(&read.rows), expected, "{name}: {query}");
        }
    }
}

#[tokio::test]
async fn rows_created_and_deleted_between_pages_neither_skip_nor_repeat_others() {
    for query in ["", "$filter=createdate ge 2001-01-01T00:00:00Z"] {
        let feed = contacts(1_000).await;
        let before = all_ids(&feed);
        let mut gone = BTreeSet::new();
        let mut round = 0;
        let read = feed.read_pages("contacts", query, Some(90), |_| {
            round += 1;
            let victim = before[round * 60];
            gone.insert(victim);
            feed.change("contacts", &format!(r#"{{"id":"{victim}","archived":true}}"#));
            feed.change("contacts", r#"{"properties":{"email":"new@feed.example"}}"#);
        });
        let read = ids(&read.await.unwrap().rows);
        let distinct: BTreeSet<i64> = read.iter().copied().collect();
        assert_eq!(distinct.len(), read.len(), "no row twice");
        assert!(before.iter().all(|id| distinct.contains(id) || gone.contains(id)), "no row lost");
    }
}

#[tokio::test]
async fn a_row_that_moves_back_in_a_sorted_read_is_not_sent_twice() {
    let feed = contacts(300).await;
    let order = ids(&feed.read("contacts", "$orderby=lastname").await.unwrap().rows);
    let mut moved = Vec::new();
    let read = feed.read_pages("contacts", "$orderby=lastname", Some(50), |page| {
        if page.next.is_some() {
            let sent = order[moved.len() * 50 + 3];
            moved.push(sent);
            let now = jiff::Timestamp::from_millisecond(NOW.as_millisecond() + 1_000).unwrap();
            feed.change(
                "contacts",
                &format!(r#"{{"id":"{sent}","properties":{{"lastname":"zzzz"}},"updatedAt":"{now}"}}"#),
            );
        }
    });
    let read = ids(&read.await.unwrap().rows);
    let distinct: BTreeSet<i64> = read.iter().copied().collect();
    assert_eq!(distinct.len(), read.len(), "no row twice");
    assert!(all_ids(&feed).iter().all(|id| distinct.contains(id) || moved.contains(id)), "no row lost");
}

#[tokio::test]
async fn rows_changed_just_before_a_sorted_read_are_all_in_it() {
    let feed = contacts(200).await;
    for id in all_ids(&feed).into_iter().take(150) {
        feed.change("contacts", &format!(r#"{{"id":"{id}","updatedAt":"{NOW}"}}"#));
    }
    let read = feed.read_pages("contacts", "$orderby=lastname desc", Some(30), |_| {}).await.unwrap();
    assert_eq!(ids(&read.rows).into_iter().collect::<BTreeSet<_>>(), all_ids(&feed).into_iter().collect());
}

#[tokio::test]
async fn top_and_skip_count_over_the_whole_chain() {
    let feed = contacts(400).await;
    let expected = all_ids(&feed);
    let read = feed.read_pages("contacts", "$skip=100&$top=250", Some(70), |_| {}).await.unwrap();
    assert_eq!(ids(&read.rows), expected[100..350]);
    assert_eq!(read.pages, [70, 70, 70, 40]);
    assert_eq!(feed.read("contacts", "$top=0").await.unwrap().pages, [0]);
    assert_eq!(feed.read("contacts", "$skip=1000").await.unwrap().pages, [0]);
}

/// Takes a few rows only.
struct Narrow(Vec<Row>, usize);

impl Sink for Narrow {
    fn push(&mut self, entity: Entity) -> Result<Flow, odata::Error> {
        self.0.push(entity.row);
        Ok(if self.0.len() == self.1 { Flow::Full } else { Flow::More })
    }
}

#[tokio::test]
async fn a_full_sink_ends_a_page_and_the_next_goes_on_behind_it() {
    let feed = contacts(300).await;
    for query in ["", "$filter=createdate ge 2001-01-01T00:00:00Z", "$orderby=lastname"] {
        let plan = feed.plan("contacts", query);
        let call = call();
        let mut position = Some(Position::start(&feed.context(&call), &plan));
        let mut read = Vec::new();
        while let Some(at) = position {
            let mut sink = Narrow(Vec::new(), 37);
            position = page(&feed.context(&call), &plan, at, &mut sink).await.unwrap().next;
            assert!(sink.0.len() == 37 || position.is_none());
            read.extend(ids(&sink.0));
        }
        read.sort_unstable();
        assert_eq!(read, all_ids(&feed), "{query}");
    }
}

#[tokio::test]
async fn a_page_whose_time_is_over_is_short_and_goes_on_even_without_a_row() {
    let feed = contacts(1_000).await;
    let plan = feed.plan("contacts", "$filter=contains(email,'nobody at all')");
    let call = call();
    let mut position = Position::start(&feed.context(&call), &plan);
    let mut pages = 0;
    loop {
        let mut rows: Vec<Row> = Vec::new();
        let context = Context { page_until: Instant::now(), ..feed.context(&call) };
        let page = page(&context, &plan, position, &mut rows).await.unwrap();
        assert_eq!(page.rows, 0);
        pages += 1;
        let Some(next) = page.next else { break };
        position = through_a_link(&next);
    }
    assert_eq!(pages, 10, "one list call each, and every one a step");
}

#[tokio::test]
async fn trouble_after_the_first_rows_ends_the_page_and_before_them_is_an_error() {
    let feed = contacts(400).await;
    let down = r#"{"match":{"path_contains":"/objects/"},"after":2,"answer":{"status":503}}"#;
    fault(&feed, down);
    let plan = feed.plan("contacts", "");
    let call = call();
    let mut rows: Vec<Row> = Vec::new();
    let start = Position::start(&feed.context(&call), &plan);
    let first = page(&feed.context(&call), &plan, start, &mut rows).await.unwrap();
    assert_eq!(first.rows, 200);
    let next = first.next.unwrap();
    let error = page(&feed.context(&call), &plan, next.clone(), &mut rows).await.unwrap_err();
    assert!(matches!(error, ExecuteError::Hubspot(hubspot::Error::Unavailable { .. })), "{error:?}");
    feed.portal.clear_faults();
    page(&feed.context(&call), &plan, next, &mut rows).await.unwrap();
    assert_eq!(ids(&rows), all_ids(&feed));
}

#[tokio::test]
async fn a_single_failure_of_any_kind_at_any_call_changes_nothing() {
    let kinds = [
        r#""answer":{"status":500}"#,
        r#""answer":{"status":502,"body":"<html>"}"#,
        r#""cut_after_bytes":100"#,
    ];
    for query in
        ["", "$filter=createdate ge 2001-01-01T00:00:00Z", "$filter=id in (1,2,3)", "$orderby=lastname"]
    {
        for kind in kinds {
            let feed = contacts(450).await;
            let expected = feed.read("contacts", query).await.unwrap().rows;
            for after in 0..4 {
                feed.portal.clear_faults();
                fault(
                    &feed,
                    &format!(
                        r#"{{"match":{{"path_contains":"/objects/"}},"after":{after},"times":1,{kind}}}"#
                    ),
                );
                let read = feed.read("contacts", query).await.unwrap();
                assert_eq!(read.rows, expected, "{query} {kind} at call {after}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_that_leaves_rows_out_is_read_again_and_then_listed() {
    let feed = contacts(700).await;
    let expected = all_ids(&feed);
    let torn = |times: u32| {
        let rows =
            format!(r#"{{\"total\":700,\"results\":[{{\"id\":\"{}\",\"properties\":{{}}}}]}}"#, expected[5]);
        format!(
            r#"{{"match":{{"path_contains":"/search"}},"after":2,"times":{times},"answer":{{"status":200,"body":"{rows}"}}}}"#
        )
    };
    for times in [1, 2, 100] {
        feed.portal.clear_faults();
        fault(&feed, &torn(times));
        let query = "$filter=createdate ge 2001-01-01T00:00:00Z";
        assert_eq!(ids(&feed.read("contacts", query).await.unwrap().rows), expected, "{times} times");
    }
}

#[tokio::test]
async fn a_list_that_contradicts_itself_for_good_is_an_error() {
    let feed = contacts(300).await;
    let body = r#"{\"results\":[{\"id\":\"9\",\"properties\":{}},{\"id\":\"8\",\"properties\":{}}]}"#;
    fault(
        &feed,
        &format!(r#"{{"match":{{"path_contains":"/objects/"}},"answer":{{"status":200,"body":"{body}"}}}}"#),
    );
    let error = feed.read("contacts", "").await.unwrap_err();
    assert!(matches!(error, ExecuteError::SourceChanged { .. }), "{error:?}");
}

#[tokio::test]
async fn a_property_that_was_deleted_is_null_and_filters_go_on() {
    let feed = contacts(300).await;
    fault(
        &feed,
        r#"{"match":{"path_contains":"/search"},"answer":{"status":400,"body":"{\"category\":\"VALIDATION_ERROR\",\"message\":\"There is no property\"}"}}"#,
    );
    let query = "$filter=hubspot_owner_id ne null";
    let expected = feed.read("contacts", query).await.unwrap();
    assert!(!expected.rows.is_empty());
    assert_eq!(feed.count("contacts", query).await.unwrap(), expected.rows.len() as u64);
}

#[tokio::test]
async fn counting_takes_one_call_where_the_index_is_exact() {
    let feed = contacts(800).await;
    for (query, calls) in [
        ("", 1..=1),
        ("$filter=hubspot_owner_id eq null", 1..=1),
        // Eight pages, and what several cursors waste.
        ("$filter=contains(email,'a')", 8..=20),
    ] {
        let call = call();
        let counted = count(&feed.context(&call), &feed.plan("contacts", query)).await.unwrap();
        assert_eq!(counted, feed.read("contacts", query).await.unwrap().rows.len() as u64, "{query}");
        assert!(calls.contains(&call.calls()), "{query}: {}", call.calls());
    }
}

#[tokio::test]
async fn what_cannot_be_counted_or_sorted_in_time_names_its_option() {
    let feed = contacts(2_000).await;
    feed.portal.set_latency(Duration::from_millis(60));
    feed.client.set_reads_in_parallel(false);
    let short = hubspot::Call::within(Duration::from_millis(2_300));
    let counted = count(&feed.context(&short), &feed.plan("contacts", "$filter=contains(email,'a')")).await;
    assert!(matches!(counted, Err(ExecuteError::NotSupported { option: "$count", .. })), "{counted:?}");
    let short = hubspot::Call::within(Duration::from_millis(2_300));
    let plan = feed.plan("contacts", "$orderby=lastname");
    let context = feed.context(&short);
    let mut rows: Vec<Row> = Vec::new();
    let sorted = page(&context, &plan, Position::start(&context, &plan), &mut rows).await;
    assert!(matches!(sorted, Err(ExecuteError::NotSupported { option: "$orderby", .. })), "{sorted:?}");
}

async fn found(feed: &Feed, path: &str) -> Result<Row, ErrorKind> {
    let plan = feed.plan(path, "");
    match entity(&feed.context(&call()), &plan).await {
        Ok(found) => Ok(found.row),
        Err(ExecuteError::Odata(error)) => Err(error.kind),
        Err(other) => panic!("{path}: {other:?}"),
    }
}

#[tokio::test]
async fn an_entity_is_found_by_its_key_in_every_set() {
    let feed = Feed::over(Settings::small(120), EVERYTHING).await;
    for set in [
        "contacts",
        "deals",
        "owners",
        "pipelines",
        "pipeline_stages",
        "contacts_companies",
        "companies_deals",
    ] {
        let rows = feed.read(set, "").await.unwrap().rows;
        let row = &rows[rows.len() / 2];
        let key = match feed.set(set).key() {
            ["id"] => row[0].to_string(),
            _ => format!("object_type={},id={}", row[0], row[1]),
        };
        assert_eq!(found(&feed, &format!("{set}({key})")).await.as_ref(), Ok(row), "{set}({key})");
    }
    for path in [
        "contacts(1)",
        "contacts(-1)",
        "owners('1')",
        "contacts_companies('x')",
        "contacts_companies('1-2-H1')",
    ] {
        assert_eq!(found(&feed, path).await, Err(ErrorKind::EntityNotFound), "{path}");
    }
    let id = all_ids(&feed)[0];
    feed.change("contacts", &format!(r#"{{"id":"{id}","archived":true}}"#));
    assert_eq!(found(&feed, &format!("contacts({id})")).await, Err(ErrorKind::EntityNotFound));
}

#[tokio::test]
async fn small_sets_come_sorted_by_their_keys_and_page_by_them() {
    let feed = Feed::over(Settings::small(50), EVERYTHING).await;
    for (set, keys) in [("owners", 1), ("pipelines", 2), ("pipeline_stages", 2)] {
        let whole = feed.read(set, "").await.unwrap().rows;
        assert!(whole.len() > 1, "{set}");
        let key = |row: &Row| row[..keys].iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(whole.windows(2).all(|pair| key(&pair[0]) < key(&pair[1])), "{set}");
        let paged = feed.read_pages(set, "$count=true", Some(2), |_| {}).await.unwrap();
        assert_eq!(paged.rows, whole, "{set}");
        assert_eq!(paged.counts[0], Some(whole.len() as u64));
        let sorted = feed.read_pages(set, "$orderby=id desc", Some(3), |_| {}).await.unwrap();
        assert_eq!(sorted.rows.len(), whole.len(), "{set}");
    }
}

#[tokio::test]
async fn a_link_of_another_query_or_version_is_refused() {
    let feed = contacts(50).await;
    let call = call();
    let context = feed.context(&call);
    let plan = feed.plan("contacts", "$filter=email ne null");
    let position = Position::start(&context, &plan);
    let mut rows: Vec<Row> = Vec::new();
    let other = feed.plan("contacts", "$filter=email eq null");
    let refused = page(&context, &other, position.clone(), &mut rows).await;
    assert_eq!(refused, Err(ExecuteError::SkipTokenInvalid));
    let newer = Context { model_version: 2, ..context };
    assert_eq!(page(&newer, &plan, position, &mut rows).await, Err(ExecuteError::PageExpired));
}

#[tokio::test]
async fn values_that_are_no_numbers_are_null_and_counted_once_for_each_row_sent() {
    let definition = r#"{"objects":[{"object":"contacts","properties":["credit_limit"]}]}"#;
    let feed = Feed::over(Settings::small(150), definition).await;
    feed.change("contacts", r#"{"properties":{"credit_limit":"N/A"}}"#);
    let odd = |value: &str| value == "N/A" || value == "1,234";
    let rows = feed.portal.portal().rows("contacts").unwrap();
    let expected =
        rows.iter().filter(|row| !row.archived && row.properties.get("credit_limit").is_some_and(|v| odd(v)));
    let expected = expected.count() as u64;
    let read = feed.read_pages("contacts", "", Some(37), |_| {}).await.unwrap();
    assert_eq!(read.nulled, expected);
}
