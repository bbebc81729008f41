//! HubSpot's troubles: never a 401 or 403, never a shorter table.

use std::time::{Duration, Instant};

use feedgate_tests::replay::{Fault, Row};
use feedgate_tests::stack::{Options, Stack};
use feedgate_tests::wait;
use feedgate_tests::wire::Answer;
use serde_json::{Value, json};

use super::refused;
use crate::shared::{ids, true_ids};

/// A stack whose requests end soon, because a person waits for this test.
fn stack() -> Stack {
    Stack::start(&Options::small().set("request_deadline", "6s"))
}

fn error(category: &str, message: &str) -> Value {
    json!({"status": "error", "message": message, "correlationId": "a43683b0-5717-4ceb-80b4-104d02915d8c",
           "category": category})
}

fn ask(stack: &Stack) -> Answer {
    stack.get("contacts?$top=5")
}

#[test]
fn a_refused_hubspot_credential_is_a_502_that_says_so() {
    let stack = stack();
    stack
        .simulator
        .answer_everything(401, &error("INVALID_AUTHENTICATION", "Authentication credentials not found."));
    refused(&ask(&stack), 502, "SourceCredentialsRejected");
    refused(&stack.get("contacts/$count"), 502, "SourceCredentialsRejected");
    stack.simulator.mend();
    assert_eq!(ask(&stack).status, 200, "mended at once, without a restart");
}

#[test]
fn a_missing_scope_is_a_502_that_names_it() {
    let stack = stack();
    stack.simulator.settings(&json!({"granted_scopes": ["crm.objects.companies.read"]}));
    let answer = ask(&stack);
    refused(&answer, 502, "SourceScopeMissing");
    assert!(answer.text().contains("crm.objects.contacts.read"), "{answer:?}");
    assert_eq!(stack.get("companies?$top=1").status, 200);
}

#[test]
fn hubspots_failures_are_a_503_with_a_pause() {
    let stack = stack();
    for status in [500, 502, 503] {
        stack.simulator.answer_everything(status, &error("INTERNAL_ERROR", "internal error"));
        refused(&ask(&stack), 503, "SourceUnavailable");
        stack.simulator.mend();
    }
    assert_eq!(ask(&stack).status, 200);
}

#[test]
fn a_spent_burst_is_a_503_and_a_spent_day_a_502() {
    let stack = stack();
    let burst = json!({"status": "error", "message": "You have reached your ten_secondly_rolling limit.",
        "errorType": "RATE_LIMIT", "correlationId": "c", "policyName": "TEN_SECONDLY_ROLLING"});
    stack.simulator.answer_everything(429, &burst);
    refused(&ask(&stack), 503, "SourceThrottled");
    stack.simulator.mend();
    let daily = json!({"status": "error", "message": "You have reached your daily limit.", "errorType": "RATE_LIMIT",
        "correlationId": "c", "policyName": "DAILY", "requestId": "r"});
    stack.simulator.answer_everything(429, &daily);
    let answer = wait::until("the pause of the burst to pass", wait::PATIENCE, || {
        Some(ask(&stack)).filter(|answer| answer.code().as_deref() != Some("SourceThrottled"))
    });
    refused(&answer, 502, "SourceDailyLimit");
}

#[test]
fn a_slow_hubspot_is_a_504_within_the_deadline() {
    let stack = stack();
    stack.simulator.fault(&json!({"match": {}, "delay_ms": 60_000}));
    let started = Instant::now();
    refused(&ask(&stack), 504, "SourceTimeout");
    let took = started.elapsed();
    assert!(took < Duration::from_secs(9), "the deadline is 6 s, the answer took {took:?}");
}

#[test]
fn one_failure_in_the_middle_is_repeated_and_not_seen() {
    let stack = stack();
    let expected = true_ids(&stack.simulator.rows("contacts"), |_| true);
    for fault in [
        json!({"match": {"path_contains": "contacts"}, "after": 1, "times": 1, "answer": {"status": 502, "body": ""}}),
        json!({"match": {"path_contains": "contacts"}, "after": 1, "times": 1, "cut_after_bytes": 100}),
        json!({"match": {"path_contains": "contacts"}, "after": 1, "times": 1,
               "answer": {"status": 200, "body": "{\"results\":[{\"id\":\"1\",\"prop"}}),
    ] {
        stack.simulator.fault(&fault);
        let rows: Vec<Row> =
            stack.client().rows("contacts?$select=id").unwrap_or_else(|f| panic!("{fault}: {f:?}"));
        assert_eq!(ids(&rows), expected, "{fault}");
        stack.simulator.mend();
    }
}

#[test]
fn a_table_is_complete_or_an_error_whatever_hubspot_does() {
    let stack = stack();
    let expected = true_ids(&stack.simulator.rows("contacts"), |_| true);
    for blow in [
        json!({"cut_after_bytes": 0}),
        json!({"cut_after_bytes": 1_000}),
        json!({"answer": {"status": 500, "body": "<html>"}}),
        json!({"answer": {"status": 200, "body": ""}}),
        json!({"answer": {"status": 200, "body": "null"}}),
        json!({"answer": {"status": 404, "body": "{}"}}),
        json!({"answer": {"status": 302, "headers": {"Location": "https://example.com/"}, "body": ""}}),
    ] {
        // From the second call on, in the middle of the chain of pages.
        let mut fault = json!({"match": {"path_contains": "/contacts"}, "after": 1});
        fault.as_object_mut().unwrap().extend(blow.as_object().unwrap().clone());
        stack.simulator.fault(&fault);
        match stack.client().without_repeats().rows("contacts?$select=id") {
            Ok(rows) => assert_eq!(ids(&rows), expected, "{fault}"),
            Err(Fault::Refused(answer)) => assert!(answer.status >= 500, "{fault}: {answer:?}"),
            Err(broken) => panic!("{fault}: {broken:?}"),
        }
        stack.simulator.mend();
    }
}
