//! Requests that are ambiguous, oversized or meant for something else, byte by byte.

use feedgate_tests::stack::USER;
use feedgate_tests::wait;
use feedgate_tests::wire::{Answer, Request, basic};

use super::refused;
use crate::shared::portal;

/// Sends a request line and fields as they are, with the stack's credentials unless they are among them.
fn raw(line: &str, fields: &[&str]) -> Answer {
    let mut text = format!("{line} HTTP/1.1\r\n");
    for field in fields {
        text.push_str(field);
        text.push_str("\r\n");
    }
    text.push_str("\r\n");
    let mut connection = portal().connection();
    connection.send(text.as_bytes()).unwrap();
    connection.answer(false).unwrap()
}

fn path() -> String {
    format!("/odata/{}/contacts?$top=1", portal().data_source)
}

fn authorization() -> String {
    format!("Authorization: {}", basic(USER, &portal().token))
}

#[test]
fn two_credentials_and_a_missing_or_repeated_host_are_a_400() {
    let (get, authorization) = (format!("GET {}", path()), authorization());
    let host = format!("Host: {}", portal().authority());
    assert_eq!(raw(&get, &[&host, &authorization]).status, 200);
    refused(&raw(&get, &[&host, &authorization, &authorization]), 400, "BadRequest");
    refused(&raw(&get, &[&authorization]), 400, "BadRequest");
    refused(&raw(&get, &[&host, &host, &authorization]), 400, "BadRequest");
}

#[test]
fn what_is_oversized_is_refused_in_odatas_form() {
    let host = format!("Host: {}", portal().authority());
    let long = |length: usize| format!("GET {}&x={}", path(), "a".repeat(length));
    assert_eq!(raw(&long(30_000), &[&host, &authorization()]).status, 200, "32 KiB of URL are allowed");
    refused(&raw(&long(40_000), &[&host, &authorization()]), 414, "UriTooLong");
    let cookie = format!("Cookie: {}", "a".repeat(80_000));
    refused(&raw(&format!("GET {}", path()), &[&host, &authorization(), &cookie]), 431, "HeadersTooLarge");
    let length = "Content-Length: 5000000";
    refused(&raw(&format!("POST {}", path()), &[&host, &authorization(), length]), 413, "BodyTooLarge");
}

#[test]
fn methods_that_write_are_refused_and_told_which_are_allowed() {
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        let request = Request::of(method, &portal().at("contacts")).basic(USER, &portal().token);
        let answer = portal().send(&request);
        refused(&answer, 405, "MethodNotAllowed");
        let allowed = answer.field("Allow").unwrap();
        assert!(allowed.contains("GET") && !allowed.contains(method), "{allowed}");
    }
}

#[test]
fn nothing_is_ever_a_redirect() {
    let source = &portal().data_source;
    for path in [
        "/".to_owned(),
        "/odata".to_owned(),
        "/odata/".to_owned(),
        format!("/odata/{source}"),
        format!("/odata/{source}//contacts"),
        format!("/odata/{source}/contacts/"),
        format!("/odata/{source}/../{source}/contacts"),
        format!("/ODATA/{source}/contacts"),
        format!("/odata/{source}/%2e%2e/contacts"),
    ] {
        let url = format!("http://{}{path}", portal().authority());
        let answer = portal().send(&Request::get(&url).basic(USER, &portal().token));
        assert!(matches!(answer.status, 200 | 400 | 404), "{path}: {answer:?}");
        assert!(answer.all("Location").is_empty(), "{path}: {answer:?}");
    }
}

#[test]
fn paths_that_are_no_feed_are_not_found() {
    let url = format!("http://{}/no/such/path", portal().authority());
    refused(&portal().send(&Request::get(&url)), 404, "PathNotFound");
}

#[test]
fn a_query_that_was_not_understood_is_in_the_history_with_its_table() {
    refused(&portal().get("contacts(1)/email?$filter=%28%28"), 400, "QuerySyntax");
    refused(&portal().get("zebras"), 404, "EntitySetNotFound");
    wait::until("the history", wait::PATIENCE, || {
        let entries = portal().admin.ok(&["history", "--kind", "request", "--limit", "1000"]);
        let has = |table: &str, code: &str| {
            let mut entries = entries.as_array().unwrap().iter();
            entries.any(|entry| entry["details"]["entity_set"] == table && entry["reason"] == code)
        };
        (has("contacts", "QuerySyntax") && has("zebras", "EntitySetNotFound")).then_some(())
    });
}
