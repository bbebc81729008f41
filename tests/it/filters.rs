//! Every filter, in the shapes and the encoding of Power Query, against the same question asked of the truth.

use feedgate_tests::simulator::Call;
use feedgate_tests::truth::Truth;
use jiff::Timestamp;
use rust_decimal::Decimal;

use crate::shared::{demo, encoded, filter, ids, portal, rows, true_ids};

/// Reads `object?request` and compares its ids with the records that match.
#[track_caller]
fn check(object: &str, request: &str, matches: impl Fn(&Truth) -> bool) {
    let truth = portal().simulator.rows(object);
    let expected = true_ids(&truth, matches);
    assert!(
        !expected.is_empty() && expected.len() < truth.len(),
        "{request} tells nothing: {}",
        expected.len()
    );
    let read = rows(&mut portal().client(), &format!("{object}?{request}&$select=id"));
    assert_eq!(ids(&read), expected, "{object}?{request}");
}

/// The same for a filter in plain text.
#[track_caller]
fn check_filter(object: &str, expression: &str, matches: impl Fn(&Truth) -> bool) {
    check(object, &filter(expression), matches);
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The most frequent value of a property, so that a test does not depend on the words of the portal.
fn frequent(object: &str, property: &str) -> String {
    let mut counts = std::collections::BTreeMap::new();
    for record in portal().simulator.rows(object) {
        if let Some(text) = record.text(property) {
            *counts.entry(text.to_owned()).or_insert(0) += 1;
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).unwrap().0
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[test]
fn the_captured_shapes_of_power_query_are_answered_exactly() {
    let title = frequent("contacts", "jobtitle");
    check_filter("contacts", &format!("jobtitle eq {}", literal(&title)), |c| {
        c.text("jobtitle") == Some(&title)
    });
    let after = at("2025-02-03T04:05:06Z");
    check("contacts", "$filter=lastmodifieddate%20gt%202025-02-03T04%3A05%3A06Z", |c| {
        c.instant("lastmodifieddate").is_some_and(|value| value > after)
    });
    let after = at("2025-02-03T00:00:00+01:00");
    check("contacts", "$filter=createdate%20gt%202025-02-03T00%3A00%3A00%2B01%3A00&$top=10000", |c| {
        c.instant("createdate").is_some_and(|value| value > after)
    });
    let after = at("2025-06-30T15:59:57Z");
    check_filter("contacts", "createdate gt 2025-06-30T15:59:57.0000000Z", |c| {
        c.instant("createdate").is_some_and(|value| value > after)
    });
}

#[test]
fn comparisons_of_ids_and_numbers_are_exact() {
    let all = true_ids(&portal().simulator.rows("contacts"), |_| true);
    let (middle, last) = (all[all.len() / 2], all[all.len() - 1]);
    check_filter("contacts", &format!("id gt {middle}"), |c| c.id() > middle);
    check_filter("contacts", &format!("id ge {middle} and id lt {last}"), |c| {
        (middle..last).contains(&c.id())
    });
    check_filter("contacts", &format!("id eq {middle}"), |c| c.id() == middle);
    check_filter("contacts", &format!("hs_object_id ne {middle}"), |c| c.id() != middle);
    check_filter("contacts", &format!("id in ({},{middle},{last})", all[0]), |c| {
        [all[0], middle, last].contains(&c.id())
    });
    let amount = |c: &Truth| c.number("amount");
    let bound = Decimal::from(20_000);
    check_filter("deals", "amount gt 20000", |c| amount(c).is_some_and(|value| value > bound));
    check_filter("deals", "amount le 20000.00m", |c| amount(c).is_some_and(|value| value <= bound));
    check_filter("deals", "amount ge 20000 or amount eq null", |c| {
        amount(c).is_none_or(|value| value >= bound)
    });
}

#[test]
fn equality_of_texts_is_that_of_odata_and_not_of_hubspot() {
    // HubSpot compares without regard to case; OData does not.
    let name = frequent("contacts", "firstname");
    check_filter("contacts", &format!("firstname eq {}", literal(&name)), |c| {
        c.text("firstname") == Some(&name)
    });
    let lower = name.to_lowercase();
    assert_ne!(lower, name);
    let shouted = format!("contacts?{}&$select=id", filter(&format!("firstname eq {}", literal(&lower))));
    let expected = true_ids(&portal().simulator.rows("contacts"), |c| c.text("firstname") == Some(&lower));
    assert_eq!(ids(&rows(&mut portal().client(), &shouted)), expected);
    check_filter("contacts", &format!("tolower(firstname) eq {}", literal(&lower)), |c| {
        c.text("firstname").is_some_and(|text| text.to_lowercase() == lower)
    });
    check_filter("contacts", &format!("firstname ne {}", literal(&name)), |c| {
        c.text("firstname") != Some(&name)
    });
}

#[test]
fn apostrophes_and_other_letters_survive_the_way() {
    let truth = portal().simulator.rows("contacts");
    let odd: Vec<&Truth> = truth
        .iter()
        .filter(|c| c.text("lastname").is_some_and(|t| t.contains('\'') || !t.is_ascii()))
        .collect();
    assert!(!odd.is_empty(), "the portal has no odd names");
    for name in odd.iter().filter_map(|c| c.text("lastname")).take(5) {
        check_filter("contacts", &format!("lastname eq {}", literal(name)), |c| {
            c.text("lastname") == Some(name)
        });
    }
}

#[test]
fn null_is_told_from_values() {
    check_filter("contacts", "hs_lead_status eq null", |c| c.text("hs_lead_status").is_none());
    check_filter("contacts", "hs_lead_status ne null", |c| c.text("hs_lead_status").is_some());
    check_filter("contacts", "null eq jobtitle", |c| c.text("jobtitle").is_none());
    let status = frequent("contacts", "hs_lead_status");
    // A record without a value is not equal to one, so `ne` and `not (… eq …)` have it.
    let other = |c: &Truth| c.text("hs_lead_status") != Some(&status);
    check_filter("contacts", &format!("hs_lead_status ne {}", literal(&status)), other);
    check_filter("contacts", &format!("not (hs_lead_status eq {})", literal(&status)), other);
}

#[test]
fn parts_of_texts_are_compared_letter_by_letter() {
    let has = |c: &Truth, name: &str, part: &str| c.text(name).is_some_and(|text| text.contains(part));
    check_filter("contacts", "contains(email,'a')", |c| has(c, "email", "a"));
    check_filter("contacts", "contains(jobtitle,'Ma')", |c| has(c, "jobtitle", "Ma"));
    check_filter("contacts", "startswith(firstname,'A')", |c| {
        c.text("firstname").is_some_and(|text| text.starts_with('A'))
    });
    let domain = frequent("contacts", "email").rsplit_once('.').unwrap().1.to_owned();
    check_filter("contacts", &format!("endswith(email,'.{domain}')"), |c| {
        c.text("email").is_some_and(|text| text.ends_with(&format!(".{domain}")))
    });
    // contains(null, …) is null, and so is its negation: such a row is in neither.
    check_filter("contacts", "not contains(jobtitle,'Ma')", |c| {
        c.text("jobtitle").is_some_and(|text| !text.contains("Ma"))
    });
}

#[test]
fn enumerations_in_lists_chains_and_negations() {
    let stages = ["lead", "customer"];
    let one_of = |c: &Truth| c.text("lifecyclestage").is_some_and(|stage| stages.contains(&stage));
    check_filter("contacts", "lifecyclestage in ('lead','customer')", one_of);
    check_filter("contacts", "lifecyclestage eq 'lead' or lifecyclestage eq 'customer'", one_of);
    check_filter("contacts", "not (lifecyclestage in ('lead','customer'))", |c| !one_of(c));
    let since = at("2025-01-01T00:00:00Z");
    check_filter(
        "contacts",
        "(lifecyclestage eq 'lead' or lifecyclestage eq 'customer') and createdate ge 2025-01-01T00:00:00Z",
        |c| one_of(c) && c.instant("createdate").is_some_and(|value| value >= since),
    );
}

#[test]
fn a_chain_of_three_hundred_alternatives_is_answered() {
    let truth = portal().simulator.rows("contacts");
    let emails: Vec<String> =
        truth.iter().filter_map(|c| c.text("email").map(str::to_owned)).step_by(3).take(300).collect();
    let chain: Vec<String> = emails.iter().map(|email| format!("email eq {}", literal(email))).collect();
    check_filter("contacts", &chain.join(" or "), |c| {
        c.text("email").is_some_and(|e| emails.contains(&e.to_owned()))
    });
}

#[test]
fn other_spellings_of_an_option_are_understood() {
    let lead = |c: &Truth| c.text("lifecyclestage") == Some("lead");
    check("contacts", &format!("%24filter={}", encoded("lifecyclestage eq 'lead'")), lead);
    check("contacts", "$filter=lifecyclestage+eq+'lead'", lead);
    check("contacts", "$filter=lifecyclestage%20eq%20'lead'", lead);
    check("contacts", &filter("toLower(lifecyclestage) eq 'lead'"), lead);
}

#[test]
fn a_month_with_an_offset_is_read_through_hubspots_search() {
    let demo = demo();
    let before = demo.simulator.last_call();
    let request = "contacts?$filter=createdate%20ge%202024-01-01T00%3A00%3A00Z%20and%20createdate%20lt%20\
                   2024-02-01T00%3A00%3A00%2B01%3A00";
    let read = rows(&mut demo.client(), request);
    let (from, to) = (at("2024-01-01T00:00:00Z"), at("2024-01-31T23:00:00Z"));
    let truth = demo.simulator.rows("contacts");
    let expected =
        true_ids(&truth, |c| c.instant("createdate").is_some_and(|value| from <= value && value < to));
    assert!(expected.len() > 100, "{}", expected.len());
    assert_eq!(ids(&read), expected);
    let calls = demo.simulator.journal(before);
    let searches = calls.iter().filter(|call| call.searches("contacts") && call.body.contains("createdate"));
    assert!(
        searches.count() > 0,
        "no search among {:?}",
        calls.iter().map(|c| &c.path).collect::<Vec<&String>>()
    );
    let failed: Vec<&Call> = calls.iter().filter(|call| call.status >= 400 && call.status != 429).collect();
    assert!(failed.is_empty(), "{failed:?}");
}
