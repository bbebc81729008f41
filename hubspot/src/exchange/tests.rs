//! One question and its answer, over real sockets.

use std::io::Write as _;

use super::*;
use crate::scripted::{Answer, Script, TOKEN, soon};
use crate::{AccessToken, Settings};

const EMPTY: &str = r#"{"results":[]}"#;

/// Any call will do: the pipelines of deals.
async fn ask(client: &Client, call: &Call) -> Result<usize, Error> {
    client.pipelines(call, "deals").await.map(|pipelines| pipelines.len())
}

#[tokio::test]
async fn a_call_says_who_it_is() {
    let script = Script::of([Answer::json(200, EMPTY)]).await;
    ask(&script.client(), &soon()).await.unwrap();
    let asked = script.asked().remove(0);
    assert_eq!(asked.target, "/crm/pipelines/2026-09/deals");
    let agent = format!("user-agent: feedgate/{}", env!("CARGO_PKG_VERSION"));
    for line in [agent.as_str(), &format!("authorization: bearer {TOKEN}"), "accept-encoding: gzip"] {
        assert!(asked.head.lines().any(|head| head == line), "{line} is not in {}", asked.head);
    }
}

#[tokio::test]
async fn troubles_that_pass_are_mended() {
    let half = r#"{"results":[{"id":"default","label":"Sales"}]}"#;
    for trouble in [
        Answer::json(500, ""),
        Answer::bytes(502, b"<html>".to_vec()),
        Answer::json(200, half).cut(),
        Answer::bytes(200, half.as_bytes()[..20].to_vec()),
        Answer::bytes(200, b"<html>".to_vec()),
        Answer::json(408, ""),
        Answer::json(477, ""),
        Answer::bytes(524, b"<html>".to_vec()),
    ] {
        let script = Script::of([trouble, Answer::json(503, ""), Answer::json(200, EMPTY)]).await;
        let call = soon();
        assert_eq!(ask(&script.client(), &call).await, Ok(0));
        assert_eq!(call.calls(), 3);
    }
}

#[tokio::test]
async fn refusals_are_asked_once() {
    for status in [400, 401, 403, 404, 409, 530] {
        let script = Script::of([Answer::json(status, "{}"), Answer::json(200, EMPTY)]).await;
        assert!(ask(&script.client(), &soon()).await.is_err(), "{status}");
        assert_eq!(script.asked().len(), 1, "{status}");
    }
}

#[tokio::test]
async fn a_portal_that_moves_for_longer_than_the_deadline_is_not_waited_for() {
    let script = Script::of([Answer::json(477, "").header("Retry-After", "7200")]).await;
    let error = ask(&script.client(), &soon()).await.unwrap_err();
    let hours = Some(std::time::Duration::from_secs(7_200));
    assert!(matches!(error, Error::Unavailable { retry_after, .. } if retry_after == hours), "{error}");
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = Script::of([Answer::json(200, EMPTY)]).await;
    let script = Script::of([Answer::json(302, "").header("Location", &elsewhere.url)]).await;
    let error = ask(&script.client(), &soon()).await.unwrap_err();
    assert!(matches!(error, Error::Rejected { status: 302, .. }), "{error}");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_small_answer_that_unpacks_to_a_huge_one_is_refused() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(&vec![b' '; 1 << 20]).unwrap();
    let packed = packer.finish().unwrap();
    assert!(packed.len() < 2_000);
    for (answer, within) in [
        (Answer::bytes(200, packed).header("Content-Encoding", "gzip"), 100_000),
        (Answer::bytes(200, vec![b' '; 5_000]), 4_999),
    ] {
        let script = Script::of([answer]).await;
        let settings = Settings { max_answer_bytes: within, ..script.settings() };
        let client = Client::new(&settings, AccessToken::new(TOKEN)).unwrap();
        assert_eq!(ask(&client, &soon()).await, Err(Error::TooLarge));
    }
}

#[tokio::test]
async fn a_packed_answer_is_unpacked() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(EMPTY.as_bytes()).unwrap();
    let answer = Answer::bytes(200, packer.finish().unwrap()).header("Content-Encoding", "gzip");
    assert_eq!(ask(&Script::of([answer]).await.client(), &soon()).await, Ok(0));
}

#[tokio::test]
async fn silence_ends_with_the_deadline() {
    let script = Script::of([Answer::silence()]).await;
    let call = Call::within(Duration::from_millis(50));
    assert_eq!(ask(&script.client(), &call).await, Err(Error::Timeout));
    assert!(Instant::now() >= call.deadline);
    assert_eq!(ask(&script.client(), &call).await, Err(Error::Timeout));
    assert_eq!(script.asked().len(), 1, "nothing is sent after the deadline");
}

#[tokio::test]
async fn silence_before_the_deadline_is_asked_again() {
    let script = Script::of([Answer::silence(), Answer::json(200, EMPTY)]).await;
    let settings = Settings { read_timeout: Duration::from_millis(50), ..script.settings() };
    let client = Client::new(&settings, AccessToken::new(TOKEN)).unwrap();
    assert_eq!(ask(&client, &soon()).await, Ok(0));
}

#[tokio::test]
async fn nobody_there_is_unavailable_and_the_error_names_no_address() {
    // A port that was free a moment ago.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let settings = Settings {
        base_url: format!("http://127.0.0.1:{port}"),
        retry_pause: Duration::from_millis(1),
        ..Settings::default()
    };
    let client = Client::new(&settings, AccessToken::new(TOKEN)).unwrap();
    let error = ask(&client, &soon()).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert!(!format!("{error} {error:?}").contains("http"), "{error:?}");
}

#[tokio::test]
async fn an_answer_of_another_shape_is_malformed_and_quotes_no_value() {
    for body in [
        "{}",
        r#"{"results":null}"#,
        r#"{"results":{"id":"geheim"}}"#,
        r#"{"results":[{"id":[],"label":"geheim"}]}"#,
        r#"{"results":["geheim"]}"#,
        r#"["geheim"]"#,
    ] {
        let script = Script::of([Answer::json(200, body)]).await;
        let error = ask(&script.client(), &soon()).await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{body}: {error:?}");
        assert!(!error.to_string().contains("geheim"), "{error}");
        assert_eq!(script.asked().len(), 1, "{body}");
    }
}

#[tokio::test]
async fn the_limit_is_learned_from_the_headers_of_each_kind() {
    let headers = |answer: Answer, max: &str| {
        answer
            .header("X-HubSpot-RateLimit-Max", max)
            .header("X-HubSpot-RateLimit-Interval-Milliseconds", "10000")
    };
    let list = |max| headers(Answer::json(200, EMPTY), max);
    let script = Script::of([list("190"), list("0"), list("x"), list("190"), list("80")]).await;
    let client = script.client();
    let limit = |kind| client.budgets().lane(kind).terms().limit;
    for _ in 0..3 {
        ask(&client, &soon()).await.unwrap();
        assert_eq!(limit(Kind::List), 190);
    }
    client.association_labels(&soon(), "deals", "contacts").await.unwrap();
    assert_eq!(limit(Kind::Associations), 150);
    client.association_labels(&soon(), "deals", "contacts").await.unwrap();
    assert_eq!(limit(Kind::Associations), 80);
    assert_eq!(limit(Kind::Search), 5);
}

#[tokio::test]
async fn a_refused_rate_is_waited_for_and_mended() {
    let refused = Answer::bytes(429, b"error code: 1015".to_vec()).header("Retry-After", "0");
    let script = Script::of([refused, Answer::json(200, EMPTY)]).await;
    assert_eq!(ask(&script.client(), &soon()).await, Ok(0));
}

#[tokio::test]
async fn a_refused_rate_beyond_the_deadline_is_told_at_once() {
    let refused = Answer::json(429, r#"{"policyName":"TEN_SECONDLY_ROLLING"}"#).header("Retry-After", "60");
    let script = Script::of([refused, Answer::json(200, EMPTY)]).await;
    let error = ask(&script.client(), &soon()).await.unwrap_err();
    let Error::Throttled { retry_after } = error else { panic!("{error:?}") };
    assert!(retry_after > Duration::from_secs(50), "{retry_after:?}");
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn a_spent_day_is_told_with_its_end_and_not_asked_again() {
    let account = r#"{"portalId":7,"timeZone":"US/Eastern","utcOffsetMilliseconds":-18000000}"#;
    let daily =
        Answer::json(429, r#"{"policyName":"DAILY"}"#).header("Date", "Thu, 17 Feb 2022 19:14:14 GMT");
    let script = Script::of([Answer::json(200, account), daily]).await;
    let client = script.client();
    assert_eq!(client.account(&soon()).await.unwrap().time_zone.as_deref(), Some("US/Eastern"));
    let expected = Error::DailyLimit { resets_at: Some("2022-02-18T05:00:00Z".parse().unwrap()) };
    for _ in 0..3 {
        assert_eq!(ask(&client, &soon()).await, Err(expected.clone()));
    }
    assert_eq!(script.asked().len(), 2);
}

#[tokio::test]
async fn another_token_shares_the_portals_budgets() {
    let script = Script::of([Answer::json(200, EMPTY)
        .header("X-HubSpot-RateLimit-Max", "190")
        .header("X-HubSpot-RateLimit-Interval-Milliseconds", "10000")])
    .await;
    let client = script.client();
    let renewed = client.with_token(AccessToken::new("pat-na1-renewed")).unwrap();
    ask(&renewed, &soon()).await.unwrap();
    assert_eq!(client.budgets().lane(Kind::List).terms().limit, 190);
    assert!(script.asked()[0].head.contains("authorization: bearer pat-na1-renewed"));
}

#[tokio::test]
async fn nothing_that_can_be_printed_shows_the_token() {
    let script = Script::of([Answer::json(401, r#"{"message":"no"}"#)]).await;
    let client = script.client();
    let error = ask(&client, &soon()).await.unwrap_err();
    assert!(!format!("{client:?} {error:?} {error}").contains("11111111"));
    for bad in ["", "with space", "with\nline", "with\u{e9}"] {
        let error = client.with_token(AccessToken::new(bad)).unwrap_err();
        assert!(matches!(error, Error::CredentialsRejected { .. }), "{bad:?}");
    }
}

#[tokio::test]
async fn a_name_cannot_choose_another_path() {
    let script = Script::of([]).await;
    for bad in ["", "..", "a/b", "a?b", "a%2fb", "a b", "\u{e9}"] {
        assert!(
            matches!(script.client().properties(&soon(), bad).await, Err(Error::NotFound { .. })),
            "{bad:?}"
        );
    }
    assert!(script.asked().is_empty());
}
