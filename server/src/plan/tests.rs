//! What is pushed to HubSpot for which filter, and what plans look like.

use odata::url::parse;

use super::*;
use crate::model::{edm, sample};

fn planned(path: &str, query: &str) -> Plan {
    let stored = sample::model();
    let model = edm(&stored).unwrap();
    let request = parse(&model, path, Some(query)).unwrap();
    plan(&stored, &model, &request, None, Abilities::default()).unwrap()
}

/// `=` before what is pushed exactly, `~` before a superset; `all`, `none`, or the ids that are read.
fn pushed(filter: &str) -> String {
    match planned("contacts", &format!("$filter={filter}")).source {
        Source::Nothing => "none".to_owned(),
        Source::List { .. } => "all".to_owned(),
        Source::Search { formula, .. } => format!("{}{formula}", if formula.exact { "= " } else { "~ " }),
        Source::Ids { ids, .. } => format!("{ids:?}"),
        other => format!("{other:?}"),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (filter, expected) in cases {
        assert_eq!(&pushed(filter), expected, "{filter}");
    }
}

#[test]
fn ids_are_read_directly_and_ranges_of_ids_searched_exactly() {
    check(&[
        ("id eq 5", "{5}"),
        ("5 eq hs_object_id", "{5}"),
        ("id in (3,1,2,-1)", "{1, 2, 3}"),
        ("id eq 1 or id eq 2", "{1, 2}"),
        ("id in (1,2,3) and id in (2,3,4) and email eq 'a'", "{2, 3}"),
        ("id eq 1 and id eq 2", "none"),
        ("id eq null", "none"),
        ("id eq -1", "none"),
        ("id gt 5", "= hs_object_id GT 5"),
        ("id ge 5 and id lt 9", "= hs_object_id GTE 5 and hs_object_id LT 9"),
        ("5 lt id", "= hs_object_id GT 5"),
        ("id gt 5.5", "= hs_object_id GT 5"),
        ("id ge 5.5", "= hs_object_id GTE 6"),
        ("id ge 0", "all"),
        ("id lt 1", "= hs_object_id LT 1"),
        ("id lt 0", "none"),
        ("id ne 5", "all"),
        ("id eq 1 or email eq 'a'", "~ email EQ a or hs_object_id EQ 1"),
    ]);
}

#[test]
fn instants_are_compared_in_whole_milliseconds_and_never_at_the_epoch() {
    check(&[
        ("createdate ge 2024-01-01T00:00:00Z", "= createdate GTE 1704067200000"),
        ("createdate gt 2024-01-01T00:00:00Z", "= createdate GT 1704067200000"),
        ("createdate lt 2024-01-01T01:00:00%2B01:00", "= createdate LT 1704067200000"),
        ("createdate le 2024-01-01T00:00:00.0005Z", "= createdate LTE 1704067200000"),
        ("createdate ge 2024-01-01T00:00:00.0005Z", "= createdate GTE 1704067200001"),
        ("createdate gt 2024-01-01T00:00:00.0005Z", "= createdate GT 1704067200000"),
        ("createdate lt 2024-01-01T00:00:00.0005Z", "= createdate LT 1704067200001"),
        ("createdate eq 2024-01-01T00:00:00Z", "= createdate EQ 1704067200000"),
        ("createdate eq 2024-01-01T00:00:00.0005Z", "~ createdate EQ 1704067200000"),
        ("createdate ge 1970-01-01T00:00:00Z", "~ createdate HAS_PROPERTY"),
        ("createdate lt 1960-01-01T00:00:00Z", "~ createdate LTE 1"),
        ("createdate eq 1970-01-01T00:00:00Z", "~ createdate LTE 1"),
        ("createdate ne 2024-01-01T00:00:00Z", "all"),
    ]);
}

#[test]
fn dates_are_widened_by_a_day() {
    check(&[
        ("birthday eq 2024-01-02", "~ birthday BETWEEN 1704067200000 AND 1704240000000"),
        ("birthday ge 2024-01-02", "~ birthday GTE 1704067200000"),
        ("birthday lt 2024-01-02", "~ birthday LTE 1704240000000"),
        ("birthday ge 1970-01-01", "~ birthday HAS_PROPERTY"),
        ("birthday eq 1970-01-01", "~ birthday LTE 86400000"),
        ("birthday eq 1960-01-01", "~ birthday LTE 1"),
    ]);
}

#[test]
fn numbers_are_compared_including_their_bounds_and_within_safe_digits() {
    check(&[
        ("score gt 5", "~ score GTE 5"),
        ("score lt 5.50", "~ score LTE 5.5"),
        ("score eq -0.5", "~ score EQ -0.5"),
        ("score eq 1234567890123456", "all"),
        ("score ne 5", "all"),
        ("score add 1 gt 5", "all"),
    ]);
}

#[test]
fn text_is_searched_where_its_case_does_not_matter_and_refused_where_it_could() {
    check(&[
        ("email eq 'A@b.example'", "~ email EQ A@b.example"),
        ("email in ('A','b')", "~ email IN (a, b)"),
        ("email eq 'a' or email eq 'A'", "~ email EQ a"),
        ("email in ('ä','b')", "~ email EQ b or email EQ ä"),
        ("email eq ' a'", "all"),
        ("email eq 'a%0Ab'", "all"),
        ("phone eq '1'", "all"),
        ("contains(email,'a')", "all"),
        ("startswith(email,'a')", "all"),
        ("tolower(email) eq 'a'", "all"),
        ("not (email eq 'a')", "all"),
        ("email ne 'a'", "all"),
        ("email gt 'a'", "all"),
    ]);
}

#[test]
fn enumerations_are_exact_unless_they_hold_several_values() {
    check(&[
        ("lifecyclestage eq 'Lead'", "= lifecyclestage EQ Lead"),
        ("lifecyclestage in ('lead','Customer')", "= lifecyclestage IN (Customer, lead)"),
        ("lifecyclestage eq 'a;b'", "all"),
        ("topics eq 'a'", "all"),
        ("vip", "= vip EQ true"),
        ("vip eq false", "~ vip EQ false"),
        ("vip ne true", "all"),
    ]);
}

#[test]
fn null_and_empty_text_are_one_absence_and_only_of_text() {
    check(&[
        ("email eq null", "= email NOT_HAS_PROPERTY"),
        ("email eq ''", "= email NOT_HAS_PROPERTY"),
        ("email ne ''", "= email HAS_PROPERTY"),
        ("email in ('a','')", "~ email EQ a or email NOT_HAS_PROPERTY"),
        ("score ne null", "~ score HAS_PROPERTY"),
        ("score eq null", "all"),
        ("score gt null", "none"),
        ("birthday eq null", "all"),
    ]);
}

#[test]
fn alternatives_and_conjunctions_stay_within_hubspots_limits() {
    check(&[
        ("email eq 'a' and contains(email,'b')", "~ email EQ a"),
        ("email eq 'a' or contains(email,'b')", "all"),
        (
            "email eq 'a' and (vip or score gt 1)",
            "~ email EQ a and vip EQ true or email EQ a and score GTE 1",
        ),
        (
            "(vip or score gt 1 or email eq 'a') and (vip eq false or score lt 1)",
            "~ vip EQ false or score LTE 1",
        ),
        ("score gt 1 or score gt 2 or score gt 3 or score gt 4 or score gt 5 or score gt 6", "all"),
        (
            "score ge 1 and score ge 2 and score ge 3 and score ge 4 and score ge 5 and score ge 6",
            "~ score GTE 1 and score GTE 2 and score GTE 3 and score GTE 4",
        ),
        ("true", "all"),
        ("false", "none"),
    ]);
}

#[test]
fn many_values_become_several_lists_until_the_search_is_full() {
    let chain = |count: u32| {
        (0..count).map(|n| format!("lifecyclestage eq 'v{n:03}'")).collect::<Vec<_>>().join(" or ")
    };
    let Source::Search { formula, .. } = planned("contacts", &format!("$filter={}", chain(150))).source
    else {
        panic!("not searched");
    };
    assert_eq!(formula.groups.len(), 2);
    assert_eq!(pushed(&chain(400)), "all");
}

#[test]
fn the_data_sources_own_filter_is_pushed_like_the_clients() {
    let stored = sample::model();
    let model = edm(&stored).unwrap();
    let own = own_filter(&model, "contacts", "lifecyclestage eq 'größe & co'").unwrap();
    let request = parse(&model, "contacts", Some("$filter=vip")).unwrap();
    let planned = plan(&stored, &model, &request, Some(&own), Abilities::default()).unwrap();
    assert_eq!(
        planned.to_string(),
        "Searches contacts by id, 200 a call, for exactly the filter: lifecyclestage EQ größe & co and vip EQ true.\n\
         Reads 12 of 12 columns.\n\
         Filters every row here: lifecyclestage eq 'größe & co' and vip.\n\
         Counts by one search; HubSpot's index may lag some moments behind."
    );
    assert_eq!(own_filter(&model, "contacts", "emial eq 'a'").unwrap_err().kind, ErrorKind::UnknownProperty);
}

#[test]
fn a_plan_tells_what_it_does() {
    let query = "$select=email&$filter=contains(email,'x')&$orderby=score desc,email&$top=10&$skip=5";
    assert_eq!(
        planned("contacts", query).to_string(),
        "Lists all contacts by id, 100 a call.\n\
         Reads 3 of 12 columns.\n\
         Filters every row here: contains(email,'x').\n\
         Sorts here, reading the columns that decide of everything for each page, and the rows of the page by their ids: score desc, email.\n\
         Leaves out the first 5 rows and ends after 10 more.\n\
         Counts by reading."
    );
    assert_eq!(
        planned("contacts(5)", "").to_string(),
        "Reads 1 of contacts by their ids, 100 a call.\nReads 12 of 12 columns."
    );
    assert_eq!(
        planned("contacts_companies", "$filter=contact_id eq 5").to_string(),
        "Reads the links of 1 of contacts to companies.\nFilters every row here: contact_id eq 5.\nCounts by reading."
    );
}

#[test]
fn links_are_read_from_the_end_that_a_filter_names() {
    let ends = |filter: &str| match planned("contacts_companies", &format!("$filter={filter}")).source {
        Source::Links { ends, .. } => format!("{ends:?}"),
        other => format!("{other:?}"),
    };
    for (filter, expected) in [
        ("contact_id eq 5", "From({5})"),
        ("company_id in (7,8)", "To({7, 8})"),
        ("company_id eq 7 and contact_id eq 5", "From({5})"),
        ("company_id eq 7 or contact_id eq 5", "All"),
        ("id eq '12-7-H279'", "From({12})"),
        ("id in ('12-7-H279','x','13-7-H1')", "From({12, 13})"),
        ("id eq null", "From({})"),
        ("label eq 'x'", "All"),
    ] {
        assert_eq!(ends(filter), expected, "{filter}");
    }
    let many: Vec<String> = (1..=101).map(|id| id.to_string()).collect();
    assert_eq!(ends(&format!("company_id in ({})", many.join(","))), "All");
}

#[test]
fn an_order_that_begins_with_the_key_is_no_work() {
    assert!(planned("contacts", "$orderby=id,email").order.is_empty());
    assert_eq!(planned("contacts", "$orderby=id desc").order.len(), 1);
    assert!(planned("pipelines", "$orderby=object_type,id").order.is_empty());
    assert_eq!(planned("pipelines", "$orderby=id").order.len(), 1);
    assert_eq!(planned("contacts_companies", "$orderby=id").order.len(), 1);
}

#[test]
fn counting_is_left_to_the_index_only_where_it_is_asked_exactly_the_query() {
    let counting = |query: &str| planned("contacts", query).count;
    assert_eq!(counting(""), Counting::ByIndex);
    assert_eq!(counting("$filter=lifecyclestage eq 'lead'"), Counting::ByIndex);
    assert_eq!(counting("$filter=email eq 'a'"), Counting::ByReading);
    assert_eq!(counting("$filter=id eq 5"), Counting::ByReading);
    assert_eq!(planned("owners", "").count, Counting::ByReading);
}

#[test]
fn the_fingerprint_follows_the_meaning_of_a_query_and_not_its_spelling() {
    let of = |query: &str| planned("contacts", query).fingerprint;
    assert_eq!(of("$filter=email%20eq%20'a'&$top=3"), of("$top=3&$filter=email+eq+%27a%27&$skiptoken=x"));
    for other in [
        "",
        "$filter=email eq 'b'&$top=3",
        "$filter=email eq 'a'&$top=4",
        "$filter=email eq 'a'&$top=3&$count=true",
    ] {
        assert_ne!(of("$filter=email eq 'a'&$top=3"), of(other), "{other}");
    }
}

#[test]
fn without_a_search_everything_is_listed() {
    let stored = sample::model();
    let model = edm(&stored).unwrap();
    let request = parse(&model, "contacts", Some("$filter=vip")).unwrap();
    let planned = plan(&stored, &model, &request, None, Abilities { search: false }).unwrap();
    assert_eq!(planned.source, Source::List { object: "contacts".to_owned() });
    assert_eq!(planned.count, Counting::ByReading);
}
