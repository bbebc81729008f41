//! A portal connected by OAuth: consent, renewal by whoever needs it first, rotation, and what happens when HubSpot no
//! longer takes the refresh token. The service runs all the while.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStderr};

use feedgate_tests::stack::{Options, Stack};
use feedgate_tests::wire::{Request, Url};
use serde_json::{Value, json};

use crate::refusals::refused;

/// Longer than an access token lives.
const HOUR_MS: u64 = 3_600_000;

struct Consent {
    command: Child,
    stderr: BufReader<ChildStderr>,
    url: String,
}

impl Consent {
    /// Starts a command that asks for consent, up to the address that people are to open.
    fn ask(stack: &Stack, line: &[&str]) -> Consent {
        let oauth = ["--oauth", "--client-id", "feedgate-demo"];
        let mut command = stack.admin.command(&[line, &oauth].concat()).spawn().unwrap();
        command.stdin.as_mut().unwrap().write_all(b"feedgate-demo-secret\n").unwrap();
        let mut stderr = BufReader::new(command.stderr.take().unwrap());
        let mut url = String::new();
        while !url.starts_with("http") {
            let mut line = String::new();
            assert!(stderr.read_line(&mut line).unwrap() > 0, "it ended before it asked");
            url = line.trim().to_owned();
        }
        Consent { command, stderr, url }
    }

    /// Opens the address; where the browser is sent back to.
    fn given(&self) -> String {
        let answer = Request::get(&self.url).send(&Url::parse(&self.url).authority);
        assert_eq!(answer.status, 302, "{answer:?}");
        answer.field("location").unwrap().to_owned()
    }

    fn end(mut self) -> Value {
        let mut told = String::new();
        self.stderr.read_to_string(&mut told).unwrap();
        let output = self.command.wait_with_output().unwrap();
        assert!(output.status.success(), "{told}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// A stack whose connection was made with a token and now has OAuth, by a callback on this machine.
fn connected() -> Stack {
    let stack = Stack::start(&Options::small());
    assert_eq!(stack.get("contacts?$top=1").status, 200);
    let back = ["--redirect-url", "http://127.0.0.1:0/oauth/callback"];
    let consent = Consent::ask(&stack, &[&["connection", "replace-credential", "crm"], &back[..]].concat());
    let location = consent.given();
    let elsewhere = Request::get(&location.replace("state=", "state=0"));
    assert_eq!(elsewhere.send(&Url::parse(&location).authority).status, 400, "another question's answer");
    assert_eq!(Request::get(&location).send(&Url::parse(&location).authority).status, 200);
    let connection = consent.end();
    assert_eq!((&connection["kind"], &connection["status"]), (&json!("oauth"), &json!("working")));
    stack.simulator.settings(&json!({"access_token": null}));
    stack
}

fn connection(stack: &Stack) -> Value {
    stack.admin.ok(&["connection", "list"])[0].clone()
}

fn renewals(stack: &Stack, since: u64) -> usize {
    let calls = stack.simulator.journal(since);
    calls.iter().filter(|call| call.path.ends_with("/token") && call.body.contains("refresh_token")).count()
}

#[test]
fn a_running_service_takes_a_new_credential_at_the_next_request_and_renews_it_by_itself() {
    let stack = connected();
    assert_eq!(stack.get("contacts?$top=1").status, 200, "the old token is dead");
    stack.simulator.settings(&json!({"quirks": {"rotate_refresh_tokens": true}}));
    for _ in 0..3 {
        let since = stack.simulator.last_call();
        stack.simulator.pass(HOUR_MS);
        assert_eq!(stack.get("contacts?$top=1").status, 200);
        assert_eq!(stack.get("companies?$top=1").status, 200);
        assert_eq!(renewals(&stack, since), 1);
    }
    assert_eq!(connection(&stack)["version"], 2, "renewals are no news");
}

#[test]
fn a_token_that_one_process_renewed_is_the_other_ones_too() {
    let stack = connected();
    stack.simulator.settings(&json!({"quirks": {"rotate_refresh_tokens": true}}));
    assert_eq!(stack.get("contacts?$top=1").status, 200);
    stack.simulator.pass(HOUR_MS);
    let since = stack.simulator.last_call();
    let tested = stack.admin.ok(&["connection", "test", "crm"]);
    let scopes = tested["scopes"].as_array().unwrap();
    assert!(scopes.contains(&json!("crm.objects.contacts.read")), "{tested}");
    assert_eq!(tested["portal_id"], 48_213_377);
    assert_eq!(stack.get("contacts?$top=1").status, 200);
    assert_eq!(renewals(&stack, since), 1, "the service took what the command had kept");
}

#[test]
fn a_dead_refresh_token_says_reconnect_and_a_new_consent_mends_it() {
    let stack = connected();
    assert_eq!(stack.get("contacts?$top=1").status, 200);
    stack.simulator.pass(HOUR_MS);
    let dead = json!({"error": "invalid_grant", "error_description": "refresh token is invalid, expired or revoked",
        "status": "BAD_REFRESH_TOKEN", "message": "refresh token is invalid, expired or revoked"});
    stack.simulator.fault(&json!({"match": {"method": "POST", "path_contains": "/oauth/"},
        "answer": {"status": 400, "body": dead.to_string()}}));
    let answer = stack.get("contacts?$top=1");
    refused(&answer, 502, "SourceCredentialsRejected");
    assert!(answer.text().contains("--oauth"), "{answer:?}");
    assert_eq!(connection(&stack)["status"], "reconnect");
    refused(&stack.get("contacts?$top=1"), 502, "SourceCredentialsRejected");
    let history = stack.admin.ok(&["history", "--kind", "connection"]);
    let changes = history.as_array().unwrap().iter().filter(|entry| entry["details"]["after"] == "reconnect");
    assert_eq!(changes.count(), 1, "told once: {history}");
    stack.simulator.mend();
    let elsewhere = ["--redirect-url", "https://feedgate.example/oauth/callback"];
    let line = [&["connection", "replace-credential", "crm"], &elsewhere[..]].concat();
    let mut consent = Consent::ask(&stack, &line);
    let pasted = format!("{}\n", consent.given());
    consent.command.stdin.as_mut().unwrap().write_all(pasted.as_bytes()).unwrap();
    assert_eq!(consent.end()["status"], "working");
    assert_eq!(stack.get("contacts?$top=1").status, 200);
    for secret in ["feedgate-demo-secret", "na1-"] {
        let kept = std::fs::read(stack.folder().join("feedgate.db")).unwrap();
        assert!(!kept.windows(secret.len()).any(|bytes| bytes == secret.as_bytes()), "{secret}");
    }
}
