//! Each way in which reading HubSpot has lost rows for somebody, and what comes of it here.

use std::collections::BTreeSet;
use std::time::Duration;

use feedgate::execute::{Context, ExecuteError, Position, page};
use hubspot_sim::{JournalEntry, Quirks, Settings};
use odata::Row;

use super::feed::{Feed, call, client, ids};
use super::{all_ids, contacts, fault};

/// What the search is asked for everything by.
const ALL: &str = "$filter=createdate ge 2001-01-01T00:00:00Z";

fn since(feed: &Feed, seq: usize) -> Vec<JournalEntry> {
    feed.portal.journal(seq as u64)
}

#[tokio::test]
async fn a_loss_that_is_masked_by_as_many_creations_is_noticed() {
    let feed = contacts(700).await;
    let before = all_ids(&feed);
    // The first page leaves out its sixth row and counts it. Another row was made since.
    let rows: Vec<String> = before[..201]
        .iter()
        .filter(|id| **id != before[5])
        .map(|id| {
            format!(r#"{{\"id\":\"{id}\",\"properties\":{{\"createdate\":\"2020-01-01T00:00:00Z\"}}}}"#)
        })
        .collect();
    let body = format!(
        r#"{{\"total\":700,\"results\":[{}],\"paging\":{{\"next\":{{\"after\":\"200\"}}}}}}"#,
        rows.join(",")
    );
    feed.change("contacts", r#"{"properties":{"email":"new@feed.example"}}"#);
    fault(
        &feed,
        &format!(
            r#"{{"match":{{"path_contains":"/search","body_contains":"ASCENDING"}},"times":1,"answer":{{"status":200,"body":"{body}"}}}}"#
        ),
    );
    let read = ids(&feed.read("contacts", &format!("{ALL}&$select=id")).await.unwrap().rows);
    assert!(before.iter().all(|id| read.contains(id)), "{} of {}", read.len(), before.len());
    assert_eq!(read.iter().collect::<BTreeSet<_>>().len(), read.len());
}

#[tokio::test]
async fn a_record_that_the_index_does_not_know_yet_is_listed() {
    let feed = contacts(300).await;
    feed.portal.set_quirks(Quirks { index_lag_ms: 3_600_000, ..Quirks::default() });
    let new: Vec<u64> =
        (0..3).map(|_| feed.change("contacts", r#"{"properties":{"lastname":"Neu"}}"#)).collect();
    for query in [ALL, "$filter=lastname eq 'Neu'"] {
        let read = ids(&feed.read("contacts", query).await.unwrap().rows);
        assert!(new.iter().all(|id| read.contains(&id.cast_signed())), "{query}");
    }
    let searches = feed.portal.journal(0).into_iter().filter(|entry| entry.path.ends_with("/search"));
    assert!(searches.count() > 2, "the index was asked and did not know");
}

#[tokio::test]
async fn an_index_that_sorts_ids_as_text_or_not_at_all_is_read_in_windows_of_ids() {
    for quirks in [
        Quirks { text_sorted_ids: true, ..Quirks::default() },
        Quirks { unordered_pages: true, ..Quirks::default() },
    ] {
        let feed = contacts(3_000).await;
        feed.portal.set_quirks(quirks.clone());
        let before = feed.portal.journal(0).len();
        let read = ids(&feed.read("contacts", ALL).await.unwrap().rows);
        assert_eq!(read, all_ids(&feed), "{quirks:?}");
        let lists = since(&feed, before).into_iter().filter(|entry| entry.method == "GET").count();
        assert!(lists <= 4, "{quirks:?}: {lists} lists: it was not given up for the list");
    }
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_after_the_first_rows_ends_the_page() {
    let feed = contacts(800).await;
    feed.client.set_reads_in_parallel(false);
    let plan = feed.plan("contacts", "");
    for broken in [r#"{\"results\":7}"#, r#"{\"results\":[{\"id\":\"9\"},{\"id\":\"8\"}]}"#] {
        feed.portal.clear_faults();
        fault(
            &feed,
            &format!(
                r#"{{"match":{{"path_contains":"/objects/"}},"after":3,"answer":{{"status":200,"body":"{broken}"}}}}"#
            ),
        );
        let call = call();
        let context = feed.context(&call);
        let mut rows: Vec<Row> = Vec::new();
        let first = page(&context, &plan, Position::start(&context, &plan), &mut rows).await.unwrap();
        assert_eq!(first.rows, 300, "{broken}");
        let next = page(&context, &plan, first.next.unwrap(), &mut rows).await;
        assert!(
            matches!(next, Err(ExecuteError::Hubspot(_) | ExecuteError::SourceChanged { .. })),
            "{next:?}"
        );
    }
}

#[tokio::test]
async fn ids_that_never_were_are_left_out_of_what_is_read_by_ids() {
    let feed = contacts(50).await;
    let known = all_ids(&feed);
    let query = format!("$filter=id in (1,{},2,{},3)", known[4], known[40]);
    let before = feed.portal.journal(0).len();
    assert_eq!(ids(&feed.read("contacts", &query).await.unwrap().rows), [known[4], known[40]]);
    assert_eq!(since(&feed, before).iter().map(|entry| entry.status).collect::<Vec<_>>(), [207]);
}

#[tokio::test]
async fn a_merged_record_is_read_once_by_the_id_that_is_left() {
    let feed = contacts(60).await;
    let known = all_ids(&feed);
    let (gone, left) = (known[10], known[20]);
    feed.portal.portal().merge("contacts", gone.cast_unsigned(), left.cast_unsigned()).unwrap();
    for query in ["", ALL, "$orderby=lastname"] {
        let read = ids(&feed.read("contacts", query).await.unwrap().rows);
        assert_eq!((read.len(), read.iter().filter(|id| **id == left).count()), (59, 1), "{query}");
        assert!(!read.contains(&gone), "{query}");
    }
    let both = format!("$filter=id in ({gone},{left})");
    assert_eq!(ids(&feed.read("contacts", &both).await.unwrap().rows), [left]);
}

#[tokio::test]
async fn ten_thousand_associations_of_one_record_come_whole() {
    let definition = r#"{"objects":[{"object":"contacts","properties":["email"]},{"object":"companies","properties":["name"]}]}"#;
    let settings = Settings { companies: Some(10_050), ..Settings::small(3) };
    let feed = Feed::over(settings, definition).await;
    let companies = ids(&feed.truth("companies"));
    let id = ids(&feed.truth("contacts"))[0];
    let links: Vec<String> =
        companies.iter().map(|company| format!(r#"{{"to":"companies","id":"{company}"}}"#)).collect();
    feed.change("contacts", &format!(r#"{{"id":"{id}","associations":[{}]}}"#, links.join(",")));
    let read = feed.read("contacts_companies", &format!("$filter=contact_id eq {id}")).await.unwrap();
    let ends: BTreeSet<String> = read.rows.iter().map(|row| row[2].to_string()).collect();
    assert_eq!(ends, companies.iter().map(ToString::to_string).collect());
    let expanded =
        feed.read("contacts", &format!("$filter=id eq {id}&$expand=companies($select=id)")).await.unwrap();
    assert_eq!(expanded.entities[0].expanded[0].entities.len(), companies.len());
}

#[tokio::test]
async fn a_sorted_page_reads_of_everything_only_what_decides_and_the_rest_by_ids() {
    let feed = contacts(900).await;
    feed.read("contacts", "").await.unwrap();
    let before = feed.portal.journal(0).len();
    let read = feed.read_pages("contacts", "$orderby=lastname&$top=150", Some(100), |_| {}).await.unwrap();
    assert_eq!(read.pages, [100, 50]);
    assert!(read.rows.iter().any(|row| row[1] != odata::Value::Null), "emails are there");
    let journal = since(&feed, before);
    let lists: Vec<&JournalEntry> = journal.iter().filter(|entry| entry.method == "GET").collect();
    assert!(lists.len() >= 18 && lists.iter().all(|entry| !entry.query.contains("email")));
    let batches: Vec<&JournalEntry> =
        journal.iter().filter(|entry| entry.path.ends_with("/batch/read")).collect();
    assert_eq!(batches.len(), 2, "one for each page");
    assert!(batches.iter().all(|entry| entry.body.contains("email")));
}

#[tokio::test]
async fn a_record_deleted_while_a_sorted_page_is_read_is_left_out_and_no_other() {
    let feed = contacts(120).await;
    let order = ids(&feed.read("contacts", "$orderby=lastname").await.unwrap().rows);
    let gone = order[3];
    // Gone between the reading that sorts and the reading by ids.
    let rows: Vec<String> = order[..40]
        .iter()
        .filter(|id| **id != gone)
        .map(|id| {
            let name = feed.portal.portal().row("contacts", id.cast_unsigned()).unwrap().unwrap();
            let name = name.properties.get("lastname").cloned().unwrap_or_default();
            format!(r#"{{\"id\":\"{id}\",\"properties\":{{\"lastname\":\"{name}\"}}}}"#)
        })
        .collect();
    let body = format!(
        r#"{{\"results\":[{}],\"errors\":[{{\"category\":\"OBJECT_NOT_FOUND\",\"context\":{{\"ids\":[\"{gone}\"]}}}}]}}"#,
        rows.join(",")
    );
    fault(
        &feed,
        &format!(
            r#"{{"match":{{"path_contains":"/batch/read"}},"times":1,"answer":{{"status":207,"body":"{body}"}}}}"#
        ),
    );
    let read = feed.read_pages("contacts", "$orderby=lastname", Some(40), |_| {}).await.unwrap();
    let expected: Vec<i64> = order.iter().copied().filter(|id| *id != gone).collect();
    assert_eq!(ids(&read.rows), expected);
}

#[tokio::test]
async fn a_record_that_moves_while_a_page_sorted_and_filtered_by_related_rows_is_read_is_left_out() {
    const LINKED: &str = r#"{"objects":[{"object":"contacts","properties":["email","lastname"]},
        {"object":"companies","properties":["name"]}]}"#;
    let feed = Feed::over(Settings::small(120), LINKED).await;
    let query = "$filter=companies/any()&$orderby=lastname";
    let order = ids(&feed.read("contacts", query).await.unwrap().rows);
    let moved = order[3];
    // Moved between the reading that sorts and the reading by ids.
    let rows: Vec<serde_json::Value> = order
        .iter()
        .map(|id| {
            let row = feed.portal.portal().row("contacts", id.cast_unsigned()).unwrap().unwrap();
            let name =
                if *id == moved { Some("zzzz") } else { row.properties.get("lastname").map(String::as_str) };
            serde_json::json!({"id": id.to_string(), "properties": {"lastname": name}})
        })
        .collect();
    let body = serde_json::json!({ "results": rows }).to_string();
    let answer = serde_json::json!({"match": {"path_contains": "/contacts/batch/read"}, "times": 1,
        "answer": {"status": 200, "body": body}});
    fault(&feed, &answer.to_string());
    let read = feed.read("contacts", query).await.unwrap();
    let expected: Vec<i64> = order.iter().copied().filter(|id| *id != moved).collect();
    assert_eq!(ids(&read.rows), expected);
}

#[tokio::test]
async fn a_sort_whose_pages_would_use_up_the_day_is_refused_with_the_first() {
    let feed = contacts(1_500).await;
    let read = feed.read_pages("contacts", "$orderby=lastname", Some(1), |_| {}).await;
    assert!(matches!(read, Err(ExecuteError::NotSupported { option: "$orderby", .. })), "{read:?}");
    let few = feed.read_pages("contacts", "$orderby=lastname&$top=3", Some(1), |_| {}).await.unwrap();
    assert_eq!(few.pages, [1, 1, 1]);
}

#[tokio::test]
async fn several_cursors_read_a_chain_that_any_process_continues_from_its_link() {
    let mut feed = contacts(4_000).await;
    let plan = feed.plan("contacts", "");
    let (mut rows, mut position): (Vec<Row>, _) = (Vec::new(), None);
    loop {
        let call = call();
        let context = Context { max_page_size: Some(700), ..feed.context(&call) };
        let at = position.take().unwrap_or_else(|| Position::start(&context, &plan));
        let next = page(&context, &plan, at, &mut rows).await.unwrap().next;
        let Some(next) = next else { break };
        position = Some(super::through_a_link(&next));
        // Another process, which knows nothing of the portal.
        feed.client = client(&feed.portal);
    }
    assert_eq!(ids(&rows), all_ids(&feed));
    assert_eq!(feed.client.reads_in_parallel(), Some(true));
}

#[tokio::test]
async fn a_portal_that_stops_taking_any_id_as_a_cursor_is_read_by_its_own() {
    for stops_after in [0, 1, 3] {
        let feed = contacts(7_000).await;
        feed.read("contacts", "").await.unwrap();
        assert_eq!(feed.client.reads_in_parallel(), Some(true));
        let strict = || Quirks { strict_cursor: true, ..Quirks::default() };
        let mut pages = 0;
        if stops_after == 0 {
            feed.portal.set_quirks(strict());
        }
        let read = feed.read_pages("contacts", "", Some(1_000), |_| {
            pages += 1;
            if pages == stops_after {
                feed.portal.set_quirks(strict());
            }
        });
        assert_eq!(ids(&read.await.unwrap().rows), all_ids(&feed), "after {stops_after} pages");
    }
}

/// The index shows rows as they were some moments ago. A sorted table stands on what the records say.
#[tokio::test]
async fn a_row_that_the_index_shows_as_it_was_is_sorted_by_what_it_is() {
    let feed = contacts(600).await;
    let all = all_ids(&feed);
    feed.portal.set_quirks(Quirks { index_lag_ms: 3_600_000, ..Quirks::default() });
    for (place, name) in [(7, "aaaa"), (8, "zzzz"), (300, "mmmm")] {
        let change = format!(r#"{{"id":"{}","properties":{{"lastname":"{name}"}}}}"#, all[place]);
        feed.change("contacts", &change);
    }
    // Columns beyond those that decide, and none.
    for select in ["", "&$select=id,lastname,createdate"] {
        let query = format!("{ALL}&$orderby=lastname{select}");
        let lag_ends = |_: &feedgate::execute::Page| feed.portal.set_quirks(Quirks::default());
        feed.portal.set_quirks(Quirks { index_lag_ms: 3_600_000, ..Quirks::default() });
        let read = feed.read_pages("contacts", &query, Some(100), lag_ends).await.unwrap();
        let mut found = ids(&read.rows);
        assert_eq!(found.len(), all.len(), "{select}: none twice, none missing");
        let settled = ids(&feed.read("contacts", &query).await.unwrap().rows);
        assert_eq!(found, settled, "{select}: in the order of what the records say");
        found.sort_unstable();
        assert_eq!(found, all, "{select}");
    }
}

/// Sorting is not what takes too long when HubSpot falls silent.
#[tokio::test]
async fn a_sort_over_a_portal_that_hangs_took_too_long_and_is_no_sort_that_is_not_supported() {
    let feed = contacts(3_000).await;
    fault(&feed, r#"{"preset":"hanging","match":{"path_contains":"/contacts?"},"after":4}"#);
    let call = hubspot::Call::within(Duration::from_secs(4));
    let (context, plan) = (feed.context(&call), feed.plan("contacts", "$orderby=lastname"));
    let error = page(&context, &plan, Position::start(&context, &plan), &mut Vec::<Row>::new()).await;
    assert!(matches!(error, Err(ExecuteError::Hubspot(hubspot::Error::Timeout))), "{error:?}");
}

/// A full text has no end that is known before: the last windows of ids must not go on for ever.
#[tokio::test]
async fn a_text_search_over_ids_sorted_as_texts_ends() {
    let feed = contacts(900).await;
    let words = "$search=Lang";
    let expected = ids(&feed.read("contacts", words).await.unwrap().rows);
    feed.portal.set_quirks(Quirks { text_sorted_ids: true, ..Quirks::default() });
    let before = feed.portal.journal(0).len();
    assert_eq!(ids(&feed.read("contacts", words).await.unwrap().rows), expected);
    let calls = feed.portal.journal(before as u64).len();
    assert!(calls < 40, "{calls} calls");
}
