//! The URL shapes of real clients, as far as captures, documents and source code show them: incremental refresh,
//! expansions, the folding ladder, `%24`, long chains, and the readers of Data Factory and Databricks.

use std::collections::{BTreeMap, BTreeSet};

use feedgate_tests::replay::{Cell, Dialect, Row};
use feedgate_tests::truth::Truth;
use jiff::{Timestamp, ToSpan as _};
use serde_json::Value;

use crate::shared::{encoded, filter, ids, portal, rows, true_ids};

fn contacts() -> Vec<Truth> {
    portal().simulator.rows("contacts")
}

fn created(record: &Truth) -> Timestamp {
    record.instant("createdate").unwrap_or_else(|| panic!("HubSpot stamps every record: {record:?}"))
}

/// `RangeStart` and `RangeEnd` of every month from the first record to behind the last.
fn months() -> Vec<(Timestamp, Timestamp)> {
    let all = contacts();
    let first = all.iter().map(created).min().unwrap().to_zoned(jiff::tz::TimeZone::UTC);
    let last = all.iter().map(created).max().unwrap();
    let mut start = first.first_of_month().unwrap().start_of_day().unwrap();
    let mut months = Vec::new();
    while start.timestamp() <= last {
        let end = start.checked_add(1.month()).unwrap();
        months.push((start.timestamp(), end.timestamp()));
        start = end;
    }
    months
}

#[test]
fn the_windows_of_an_incremental_refresh_cover_the_table_without_overlap() {
    let mut client = portal().client();
    let all = contacts();
    let (months, mut seen) = (months(), Vec::new());
    assert!(months.len() > 3, "{months:?}");
    for (index, (start, end)) in months.iter().enumerate() {
        // As UTC, and as a machine one hour east of it would write the same instants.
        let text = |at: &Timestamp| match index % 2 {
            0 => at.to_string(),
            _ => at
                .to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(1)))
                .strftime("%Y-%m-%dT%H:%M:%S+01:00")
                .to_string(),
        };
        let window = format!("createdate ge {} and createdate lt {}", text(start), text(end));
        let read = ids(&rows(&mut client, &format!("contacts?{}&$select=id%2Ccreatedate", filter(&window))));
        assert_eq!(read, true_ids(&all, |record| (*start..*end).contains(&created(record))), "{window}");
        seen.extend(read);
    }
    seen.sort_unstable();
    assert_eq!(seen, true_ids(&all, |_| true));
}

#[test]
fn what_changed_in_a_window_is_found_by_one_column_or_by_one_row() {
    let mut client = portal().client();
    let all = contacts();
    let modified = |record: &Truth| record.instant("lastmodifieddate").unwrap();
    for (start, end) in months().into_iter().step_by(3) {
        let expected =
            all.iter().filter(|record| (start..end).contains(&created(record))).map(modified).max();
        let window = filter(&format!("createdate ge {start} and createdate lt {end}"));
        let column = rows(&mut client, &format!("contacts?$select=lastmodifieddate&{window}"));
        let newest = |rows: &[Row]| {
            rows.iter().filter_map(|row| row.text("lastmodifieddate")?.parse::<Timestamp>().ok()).max()
        };
        assert_eq!(newest(&column), expected, "{start}");
        let top =
            format!("contacts?$select=lastmodifieddate&{window}&$orderby=lastmodifieddate%20desc&$top=1");
        assert_eq!(newest(&rows(&mut client, &top)), expected, "{start}");
    }
}

/// The live companies of each contact.
fn employers() -> BTreeMap<u64, BTreeSet<u64>> {
    let live: BTreeSet<u64> = portal().simulator.rows("companies").iter().map(Truth::id).collect();
    let mut ends: BTreeMap<u64, BTreeSet<u64>> = BTreeMap::new();
    let id = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok()).unwrap();
    for link in portal().simulator.links("contacts", "companies") {
        let (from, to) = (id(&link["from"]), id(&link["to"]));
        if live.contains(&to) {
            ends.entry(from).or_default().insert(to);
        }
    }
    ends
}

#[test]
fn an_expansion_in_the_captured_encoding_has_what_belongs_to_each_row() {
    let employers = employers();
    let names: BTreeMap<u64, Option<String>> = portal()
        .simulator
        .rows("companies")
        .iter()
        .map(|company| (company.id(), company.text("name").map(str::to_owned)))
        .collect();
    // The navigation property stands in $select too, and the options in the parentheses are encoded whole.
    let request = "contacts?$select=id%2Cemail%2Ccompanies&$expand=companies%28%24select%3Did%2Cname%29";
    let read = portal().client().values(request).unwrap();
    assert_eq!(read.len(), contacts().len());
    let mut shown = 0;
    for row in &read {
        let found: BTreeSet<u64> = row["companies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|company| company["id"].as_u64().unwrap())
            .collect();
        for company in row["companies"].as_array().unwrap() {
            assert_eq!(company["name"].as_str(), names[&company["id"].as_u64().unwrap()].as_deref());
            assert_eq!(company.as_object().unwrap().keys().filter(|name| !name.contains('@')).count(), 2);
        }
        assert_eq!(found, employers.get(&row["id"].as_u64().unwrap()).cloned().unwrap_or_default(), "{row}");
        shown += found.len();
    }
    assert!(shown > 100, "only {shown} companies");
}

#[test]
fn an_expansion_of_one_row_is_a_record_and_follows_its_owner() {
    let owners: BTreeSet<String> = rows(&mut portal().client(), "owners?$select=id")
        .iter()
        .filter_map(|row| row.text("id").map(str::to_owned))
        .collect();
    let read = portal()
        .client()
        .values("contacts?$select=id%2Chubspot_owner_id&$expand=owner%28%24select%3Did%2Cemail%29&$top=500")
        .unwrap();
    let mut owned = 0;
    for row in &read {
        let named = row["hubspot_owner_id"].as_str().filter(|id| owners.contains(*id));
        assert_eq!(row["owner"]["id"].as_str(), named, "{row}");
        owned += usize::from(named.is_some());
    }
    assert!(owned > 10 && owned < read.len(), "{owned} of {}", read.len());
}

#[test]
fn what_cannot_be_folded_is_read_and_done_by_the_client() {
    let all = contacts();
    let mut client = portal().client();
    let leads = filter("lifecyclestage ne null");
    // Grouping: refused with 501, read without, grouped by the client.
    let (folded, read) = client
        .folding("contacts", &[&leads, "$apply=groupby((lifecyclestage),aggregate($count%20as%20n))"])
        .unwrap();
    assert_eq!(folded, 1);
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for row in &read {
        *groups.entry(row.text("lifecyclestage").unwrap().to_owned()).or_default() += 1;
    }
    let mut expected: BTreeMap<String, usize> = BTreeMap::new();
    for stage in all.iter().filter_map(|record| record.text("lifecyclestage")) {
        *expected.entry(stage.to_owned()).or_default() += 1;
    }
    assert_eq!(groups, expected);
    // A condition that the service does not understand: 400, the whole table, filtered by the client.
    let (folded, read) = client.folding("contacts", &["$filter=unknown_function(email)%20eq%201"]).unwrap();
    assert_eq!((folded, read.len()), (0, all.len()));
    assert!(client.statuses.iter().any(|(status, _)| *status == 501));
    assert!(client.statuses.iter().any(|(status, _)| matches!(status, 400 | 501)));
    // A preview folds whole.
    let (folded, read) = client.folding("contacts", &[&leads, "$top=1000"]).unwrap();
    assert_eq!((folded, read.len()), (2, 1_000.min(expected.values().sum())));
}

#[test]
fn encoded_dollars_and_bare_names_mean_the_same_options() {
    let all = contacts();
    let expected = true_ids(&all, |record| record.text("lifecyclestage") == Some("lead"));
    let condition = encoded("lifecyclestage eq 'lead'");
    for request in [
        format!("contacts?%24filter={condition}&%24select=id%2Cemail"),
        format!("contacts?filter={condition}&select=id,email"),
        format!("contacts?$Filter={condition}&$SELECT=email,id"),
        format!("contacts?%24select=id%2Cemail&%24filter={}", condition.replace("%20", "+")),
    ] {
        let read = portal().client().values(&request).unwrap();
        let mut found: Vec<u64> = read.iter().map(|row| row["id"].as_u64().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, expected, "{request}");
    }
    let read = rows(&mut portal().client(), "contacts?%24top=20&%24count=true");
    assert_eq!(read.len(), 20);
}

#[test]
fn three_hundred_alternatives_are_one_condition_as_a_chain_and_as_a_list() {
    let all = contacts();
    let distinct: BTreeSet<String> =
        all.iter().filter_map(|record| record.text("email")).map(str::to_owned).collect();
    let mails: BTreeSet<String> = distinct.into_iter().step_by(3).take(300).collect();
    assert_eq!(mails.len(), 300);
    let literal = |mail: &String| format!("'{}'", mail.replace('\'', "''"));
    let chain: Vec<String> = mails.iter().map(|mail| format!("email eq {}", literal(mail))).collect();
    let list: Vec<String> = mails.iter().map(literal).collect();
    // HubSpot compares without regard to case; the feed does not.
    let expected = true_ids(&all, |record| record.text("email").is_some_and(|email| mails.contains(email)));
    for condition in [chain.join(" or "), format!("email in ({})", list.join(","))] {
        let request = format!("contacts?{}&$select=id", filter(&condition));
        assert!(request.len() > 8_000, "longer than many servers take: {}", request.len());
        assert_eq!(ids(&rows(&mut portal().client(), &request)), expected);
    }
}

#[test]
fn data_factory_reads_metadata_then_a_window_with_seven_digits_of_a_second() {
    let mut client = portal().client().speaking(Dialect::Plain);
    assert!(client.metadata().unwrap().sets.contains_key("contacts"));
    let all = contacts();
    let mut instants: Vec<Timestamp> = all.iter().map(created).collect();
    instants.sort_unstable();
    let watermark = instants[instants.len() / 2];
    let literal = watermark.strftime("%Y-%m-%dT%H:%M:%S.0000000Z").to_string();
    let exact: Timestamp = literal.parse().unwrap();
    let read = rows(&mut client, &format!("contacts?$select=id&$filter=createdate%20gt%20{literal}"));
    assert_eq!(ids(&read), true_ids(&all, |record| created(record) > exact));
    // With every column, page by page.
    assert_eq!(ids(&rows(&mut client, "contacts")), true_ids(&all, |_| true));
}

#[test]
fn databricks_reads_by_a_cursor_in_pages_of_its_own() {
    let mut client = portal().client().speaking(Dialect::Strict);
    let mut records = contacts();
    records.sort_by_key(|record| (created(record), record.id()));
    let (mut cursor, mut read, mut expected) = (None::<Timestamp>, Vec::new(), Vec::new());
    for _ in 0..20 {
        let after = cursor
            .map(|at| format!("&$filter={}", encoded(&format!("createdate gt {at}"))))
            .unwrap_or_default();
        let request =
            format!("contacts?$top=250&$orderby=createdate%20asc%2Cid%20asc&$select=id%2Ccreatedate{after}");
        let page = rows(&mut client, &request);
        // The same reading of the truth.
        let rest = records.iter().filter(|record| cursor.is_none_or(|at| created(record) > at));
        let true_page: Vec<&Truth> = rest.take(250).collect();
        read.extend(page.iter().map(Row::id));
        expected.extend(true_page.iter().map(|record| record.id()));
        let Some(last) = true_page.last() else { break };
        cursor = Some(created(last));
    }
    assert_eq!(read, expected);
    assert!(read.len() > 1_000, "{} rows", read.len());
}

#[test]
fn a_reader_of_everything_gets_every_column_of_the_metadata() {
    // Tableau extracts: no option at all, metadata as XML.
    let mut client = portal().client().speaking(Dialect::Plain);
    let names = client.metadata().unwrap().sets["companies"].names();
    let truth = portal().simulator.rows("companies");
    let read = rows(&mut client, "companies");
    assert_eq!(ids(&read), true_ids(&truth, |_| true));
    assert!(read.iter().all(|row| row.0.len() == names.len()));
    assert!(read.iter().any(|row| row.0.values().any(|cell| *cell == Cell::Null)));
}
