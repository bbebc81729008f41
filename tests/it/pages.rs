//! Pages: how they begin, how they go on, and what their envelope says.

use feedgate_tests::stack::USER;
use feedgate_tests::wire::{Answer, Framing, Request};

use crate::shared::{demo, portal};

fn get_with(behind: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::get(&portal().at(behind)).basic(USER, &portal().token);
    portal().send(&fields.iter().fold(request, |request, (name, value)| request.field(name, value)))
}

#[test]
fn the_first_page_is_small_and_later_ones_are_larger() {
    let mut client = demo().client();
    let mut feed = client.feed("contacts?$select=id%2Cemail").unwrap();
    let first = feed.page().unwrap().unwrap().rows.len();
    let second = feed.page().unwrap().unwrap().rows.len();
    assert!((1..=1_000).contains(&first) && second >= first, "{first} rows, then {second}");
}

#[test]
fn a_next_link_is_absolute_repeats_the_options_and_hides_its_keys() {
    let mut client = portal().client();
    let mut feed = client.feed("contacts?$select=id%2Cemail&$count=true").unwrap();
    let page = feed.page().unwrap().unwrap();
    let link = feed.next().unwrap().to_owned();
    assert!(link.starts_with(&portal().at("contacts?")), "{link}");
    assert!(link.contains("select=") && link.contains("skiptoken="), "{link}");
    let last = page.rows.last().unwrap().id().to_string();
    assert!(!link.contains(&last), "the link shows a record's id: {link}");
    // Kept: the same link gives the same page.
    let url = feedgate_tests::wire::Url::parse(&link);
    let again =
        || portal().get(url.target.strip_prefix(&format!("/odata/{}/", portal().data_source)).unwrap());
    let (once, twice) = (again(), again());
    assert_eq!(once.status, 200);
    assert_eq!(once.text(), twice.text());
}

#[test]
fn a_changed_link_and_a_link_of_another_query_are_refused() {
    let answer = portal().get("contacts?$select=id");
    let link = answer.json()["@odata.nextLink"].as_str().unwrap().to_owned();
    let behind = link.strip_prefix(&portal().at("")).unwrap();
    let token = behind.split("skiptoken=").nth(1).unwrap().split('&').next().unwrap();
    let middle = token.len() / 2;
    let other = if &token[middle..=middle] == "A" { "B" } else { "A" };
    let mut changed = token.to_owned();
    changed.replace_range(middle..=middle, other);
    for behind in [
        behind.replace(token, &changed),
        behind.replace(token, &token[..middle]),
        format!("companies?$skiptoken={token}"),
        format!("contacts?$filter=id%20gt%205&$skiptoken={token}"),
    ] {
        let answer = portal().get(&behind);
        assert_eq!((answer.status, answer.code().as_deref()), (400, Some("SkipTokenInvalid")), "{behind}");
    }
}

#[test]
fn answers_are_compressed_only_for_who_asks_and_always_have_their_length() {
    let plain = get_with("contacts?$top=50", &[]);
    let packed = get_with("contacts?$top=50", &[("Accept-Encoding", "gzip, deflate")]);
    assert_eq!(plain.field("Content-Encoding"), None);
    assert_eq!(packed.field("Content-Encoding"), Some("gzip"));
    assert_eq!(plain.body, packed.body);
    let lengths = [plain.framing, packed.framing].map(|framing| match framing {
        Framing::Length(length) => length,
        other => panic!("{other:?}"),
    });
    assert!(lengths[1] < lengths[0] / 4, "{lengths:?}");
}

#[test]
fn a_good_answer_says_when_the_token_expires_and_what_is_left_of_the_rate() {
    let answer = portal().get("contacts?$top=1");
    let expires: jiff::Timestamp = answer.field("Feedgate-Token-Expires").unwrap().parse().unwrap();
    assert!(expires > feedgate_tests::wait::now());
    for name in ["RateLimit", "RateLimit-Policy"] {
        assert!(!answer.all(name).is_empty(), "no {name} in {answer:?}");
    }
    assert!(answer.field("Server-Timing").unwrap().contains("dur="), "{answer:?}");
    assert_eq!(answer.field("OData-Version"), Some("4.0"));
}

#[test]
fn health_needs_no_credentials_and_tells_nothing() {
    for path in ["/healthz", "/readyz"] {
        let answer = portal().send(&Request::get(&format!("http://{}{path}", portal().authority())));
        assert_eq!(answer.status, 200, "{answer:?}");
    }
    let metrics = portal().send(&Request::get(&format!("http://{}/metrics", portal().authority())));
    assert_eq!(metrics.status, 404, "the main listener shows no metrics");
}
