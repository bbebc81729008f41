//! HubSpot's limits, and its ways of comparing that are not OData's: each with the test that keeps plans clear of it. What
//! does not fit is left out (of a conjunction) or not searched at all (of a disjunction), and the filter is evaluated again
//! on every row, so that a plan can be slow but not wrong.

use odata::url::parse;

use super::*;
use crate::model::{edm, sample};

/// The formula that a filter is searched with, if it is.
fn searched(filter: &str) -> Option<Formula> {
    let stored = sample::model();
    let model = edm(&stored).unwrap();
    let query = format!("$filter={filter}");
    let request = parse(&model, "contacts", Some(&query)).unwrap();
    match plan(&stored, &model, &request, None, Abilities::default()).unwrap().source {
        Source::Search { formula, .. } => Some(formula),
        _ => None,
    }
}

fn text(filter: &str) -> String {
    searched(filter).map_or_else(|| "listed".to_owned(), |formula| formula.to_string())
}

/// `score ge 1 {joint} score ge 2 …`
fn chain(count: u32, joint: &str) -> String {
    (1..=count).map(|n| format!("score ge {n}")).collect::<Vec<_>>().join(joint)
}

/// Filters of a search as HubSpot counts them: with the two that bound the ids in each group.
fn filters(formula: &Formula) -> usize {
    formula.groups.iter().map(|group| group.len() + 2).sum()
}

#[test]
fn five_groups_are_searched_and_six_are_listed() {
    assert_eq!(searched(&chain(5, " or ")).unwrap().groups.len(), 5);
    assert_eq!(searched(&chain(6, " or ")), None);
}

#[test]
fn a_group_of_six_filters_has_two_for_the_ids_and_four_for_the_query() {
    for count in 1..9 {
        let formula = searched(&chain(count, " and ")).unwrap();
        assert_eq!(formula.groups[0].len(), count.min(4) as usize, "{count}");
    }
}

#[test]
fn eighteen_filters_in_all_are_never_exceeded() {
    let three = format!("({}) and vip and email eq 'a' and lifecyclestage eq 'b'", chain(3, " or "));
    assert_eq!(filters(&searched(&three).unwrap()), 18);
    let four = format!("({}) and vip and email eq 'a'", chain(4, " or "));
    assert_eq!(text(&four), "email EQ a and vip EQ true", "the alternatives do not fit beside the others");
    for (groups, tests) in [(2, 4), (3, 3), (4, 2), (5, 1)] {
        let rest: String = (0..tests).map(|n| format!(" and score lt {}", 100 + n)).collect();
        let formula = searched(&format!("({}){rest}", chain(groups, " or "))).unwrap();
        assert!(filters(&formula) <= 18, "{formula}");
    }
}

#[test]
fn three_thousand_characters_are_never_exceeded() {
    let values = |count: usize, length: usize| {
        let values: Vec<String> = (0..count).map(|n| format!("'{n:0>length$}'")).collect();
        format!("lifecyclestage in ({})", values.join(","))
    };
    for (count, length, fits) in [(20, 100, true), (20, 190, false), (90, 20, true), (200, 20, false)] {
        let formula = searched(&values(count, length));
        assert_eq!(formula.is_some(), fits, "{count} values of {length} characters");
        let characters: usize = formula.iter().map(|formula| formula.to_string().len()).sum();
        assert!(characters < 3_000, "{characters}");
    }
    let both = format!("vip and {}", values(40, 100));
    assert_eq!(text(&both), "vip EQ true", "what does not fit is left out of a conjunction");
}

#[test]
fn an_in_on_text_is_sent_in_lower_case_and_an_enumerations_as_it_is() {
    assert_eq!(text("email in ('Ann@X.example','BOB@x.example')"), "email IN (ann@x.example, bob@x.example)");
    assert_eq!(text("lifecyclestage in ('Lead','lead')"), "lifecyclestage IN (Lead, lead)");
}

#[test]
fn an_in_on_text_whose_lower_case_is_a_matter_of_opinion_is_not_sent_as_one() {
    // Dotless and dotted i, sharp s, sigma: several lower cases, or of another length.
    for letter in ["İ", "ẞ", "Σ", "ä"] {
        let text = text(&format!("email in ('{letter}a','b')"));
        assert!(!text.contains("IN"), "{letter}: {text}");
    }
}

#[test]
fn equality_regardless_of_case_is_a_superset_and_no_count() {
    let formula = searched("email eq 'A@x.example'").unwrap();
    assert_eq!((formula.to_string().as_str(), formula.exact), ("email EQ A@x.example", false));
}

#[test]
fn inequality_is_never_searched_because_missing_values_may_or_may_not_match() {
    for filter in [
        "email ne 'a'",
        "not (email eq 'a')",
        "vip ne true",
        "not vip",
        "score ne 5",
        "createdate ne 2024-01-01T00:00:00Z",
        "lifecyclestage ne 'lead'",
        "not (lifecyclestage in ('lead','customer'))",
    ] {
        assert_eq!(text(filter), "listed", "{filter}");
    }
    assert_eq!(text("email ne null"), "email HAS_PROPERTY", "what has no value is said in so many words");
}

#[test]
fn matching_of_whole_tokens_is_never_trusted() {
    for filter in [
        "contains(email,'ann')",
        "startswith(email,'ann')",
        "endswith(email,'example')",
        "indexof(email,'a') ge 0",
        "email eq 'a' or contains(email,'b')",
    ] {
        assert_eq!(text(filter), "listed", "{filter}");
    }
    assert_eq!(text("vip and contains(email,'ann')"), "vip EQ true");
}

#[test]
fn a_phone_number_is_not_searched_because_hubspot_rewrites_it() {
    assert_eq!(text("phone eq '+49 30 1'"), "listed");
}

#[test]
fn the_epoch_is_never_searched_because_hubspot_fails_there() {
    for filter in
        ["createdate ge 1970-01-01T00:00:00Z", "createdate eq 1970-01-01T00:00:00Z", "birthday eq 1970-01-01"]
    {
        assert!(!text(filter).split(' ').any(|word| word == "0"), "{filter}: {}", text(filter));
    }
}
