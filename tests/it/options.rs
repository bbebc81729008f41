//! Query options beside `$filter`: selection, windows, counts, order, preferences.

use feedgate_tests::replay::{Cell, Row};
use feedgate_tests::truth::Truth;

use crate::shared::{filter, ids, portal, rows, true_ids};

fn contacts() -> Vec<Truth> {
    portal().simulator.rows("contacts")
}

#[test]
fn a_selection_has_its_columns_and_all_rows() {
    let mut client = portal().client();
    let names = ["email", "firstname", "lastname"];
    // Without the key: the rows can only be compared as a whole.
    let read = rows(&mut client, "contacts?$select=email%2Cfirstname%2Clastname");
    let mut found: Vec<[Option<String>; 3]> =
        read.iter().map(|row| names.map(|name| row.text(name).map(str::to_owned))).collect();
    let mut expected: Vec<[Option<String>; 3]> =
        contacts().iter().map(|record| names.map(|name| record.text(name).map(str::to_owned))).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    assert!(read.iter().all(|row| row.0.len() <= 4), "{:?}", read[0]);

    let all = client.metadata().unwrap().sets["contacts"].names();
    for request in
        ["contacts?$select=*&$top=10".to_owned(), format!("contacts?$select={}&$top=3", all.join("%2C"))]
    {
        let read = rows(&mut client, &request);
        assert!(read.iter().all(|row| row.0.len() == all.len()), "{request}");
    }
    assert_eq!(rows(&mut client, "contacts?%24select=id%2Cemail").len(), contacts().len());
}

#[test]
fn top_ends_the_chain_at_its_number_also_behind_several_pages() {
    let mut client = portal().client();
    for top in [0, 1, 10, 99, 100, 101, 1_000, 1_199] {
        assert_eq!(rows(&mut client, &format!("contacts?$select=id&$top={top}")).len(), top);
    }
    assert_eq!(rows(&mut client, "contacts?$select=id&$top=5000").len(), contacts().len());
    let lead = true_ids(&contacts(), |c| c.text("lifecyclestage") == Some("lead"));
    let top = lead.len() - 1;
    let request = format!("contacts?{}&$select=id&$top={top}", filter("lifecyclestage eq 'lead'"));
    assert_eq!(rows(&mut client, &request).len(), top);
}

#[test]
fn windows_of_skip_and_top_cover_the_table_without_overlap() {
    let mut client = portal().client();
    let all = true_ids(&contacts(), |_| true);
    let mut seen = Vec::new();
    for skip in (0..all.len()).step_by(400) {
        let window = rows(&mut client, &format!("contacts?$select=id&$orderby=id&$skip={skip}&$top=400"));
        seen.extend(window.iter().map(Row::id));
    }
    assert_eq!(seen, all);
    assert_eq!(rows(&mut client, &format!("contacts?$select=id&$skip={}", all.len() - 7)).len(), 7);
    assert!(rows(&mut client, "contacts?$select=id&$skip=100000").is_empty());
}

#[test]
fn both_forms_of_count_say_how_many_rows_the_chain_has() {
    let mut client = portal().client();
    let total = contacts().len() as u64;
    assert_eq!(client.count("contacts/$count").unwrap(), total);
    let mut feed = client.feed("contacts?$count=true&$select=id&$top=5").unwrap();
    assert_eq!(feed.page().unwrap().unwrap().count, Some(total));
    for (expression, expected) in [
        ("lifecyclestage eq 'lead'", true_ids(&contacts(), |c| c.text("lifecyclestage") == Some("lead"))),
        ("contains(email,'a')", true_ids(&contacts(), |c| c.text("email").is_some_and(|e| e.contains('a')))),
        ("jobtitle eq null", true_ids(&contacts(), |c| c.text("jobtitle").is_none())),
    ] {
        let expected = expected.len() as u64;
        let counted = client.count(&format!("contacts/$count?{}", filter(expression))).unwrap();
        assert_eq!(counted, expected, "{expression}");
        let mut feed =
            client.feed(&format!("contacts?$count=true&$select=id&{}", filter(expression))).unwrap();
        let mut seen = 0;
        while let Some(page) = feed.page().unwrap() {
            seen += page.rows.len() as u64;
        }
        assert_eq!((feed.count, seen), (Some(expected), expected), "{expression}");
    }
}

#[test]
fn rows_come_in_the_asked_order_with_null_before_values() {
    let mut client = portal().client();
    let read = rows(&mut client, "contacts?$orderby=createdate%20desc%2Cid&$select=id%2Ccreatedate");
    let found: Vec<u64> = read.iter().map(Row::id).collect();
    let mut truth = contacts();
    truth.sort_by_key(|c| (std::cmp::Reverse(c.instant("createdate")), c.id()));
    assert_eq!(found, truth.iter().map(Truth::id).collect::<Vec<_>>());

    let read = rows(&mut client, "deals?$orderby=amount%20asc%2Cid%20desc&$select=id%2Camount");
    let mut truth = portal().simulator.rows("deals");
    truth.sort_by_key(|deal| (deal.number("amount"), std::cmp::Reverse(deal.id())));
    assert_eq!(read.iter().map(Row::id).collect::<Vec<_>>(), truth.iter().map(Truth::id).collect::<Vec<_>>());

    let newest =
        rows(&mut client, "contacts?$orderby=lastmodifieddate%20desc&$top=1&$select=lastmodifieddate");
    let expected = contacts().iter().filter_map(|c| c.instant("lastmodifieddate")).max().unwrap();
    assert_eq!(newest[0].text("lastmodifieddate").unwrap().parse::<jiff::Timestamp>().unwrap(), expected);
}

#[test]
fn left_out_nulls_are_acknowledged_and_nothing_else_is_left_out() {
    let mut client = portal().client().prefer("omit-values=nulls");
    let ty = client.metadata().unwrap().sets["contacts"].clone();
    let truth = contacts();
    let mut feed = client.feed("contacts?$top=300").unwrap();
    let mut read = 0;
    while let Some(page) = feed.page().unwrap() {
        assert_eq!(page.applied.as_deref(), Some("omit-values=nulls"));
        for row in &page.rows {
            assert!(row.0.values().all(|cell| *cell != Cell::Null), "{row:?}");
            truth.iter().find(|record| record.id() == row.id()).unwrap().equals(row, &ty).unwrap();
            read += 1;
        }
    }
    assert_eq!(read, 300);
}

#[test]
fn a_page_size_is_honoured_up_to_our_own() {
    let mut client = portal().client().prefer("odata.maxpagesize=7");
    let mut feed = client.feed("contacts?$select=id&$top=20").unwrap();
    let mut sizes = Vec::new();
    while let Some(page) = feed.page().unwrap() {
        assert!(
            page.applied.as_deref().is_some_and(|applied| applied.contains("maxpagesize")),
            "{:?}",
            page.applied
        );
        sizes.push(page.rows.len());
    }
    assert_eq!(sizes.iter().sum::<usize>(), 20);
    assert!(sizes.iter().all(|size| *size <= 7), "{sizes:?}");

    let mut greedy = portal().client().prefer("odata.maxpagesize=1000000");
    assert_eq!(ids(&rows(&mut greedy, "contacts?$select=id")), true_ids(&contacts(), |_| true));
}

#[test]
fn all_options_together_are_one_question() {
    let mut client = portal().client();
    let request = format!(
        "contacts?{}&$orderby=id%20desc&$skip=3&$top=11&$select=id%2Clastname&$count=true",
        filter("lifecyclestage eq 'lead'")
    );
    let mut expected = true_ids(&contacts(), |c| c.text("lifecyclestage") == Some("lead"));
    let count = expected.len() as u64;
    expected.reverse();
    let mut feed = client.feed(&request).unwrap();
    let mut found = Vec::new();
    while let Some(page) = feed.page().unwrap() {
        found.extend(page.rows.iter().map(Row::id));
    }
    assert_eq!((feed.count, found.as_slice()), (Some(count), &expected[3..14]));
}
