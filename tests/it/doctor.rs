//! `feedgate-admin doctor` on a running service: what it says of trouble that really happened.

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;
use serde_json::Value;

fn doctor(stack: &Stack, arguments: &[&str]) -> (i32, Value) {
    let outcome = stack.admin.run(&[&["doctor"], arguments].concat());
    assert!(outcome.code <= 1, "{outcome:?}");
    (outcome.code, outcome.json())
}

/// The findings that are more than notes.
fn codes(report: &Value) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let wrong = findings.filter(|finding| finding["severity"] != "note");
    wrong.map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_revoked_token_and_a_server_that_does_not_answer_are_named() {
    for options in Options::small().on_both_stores() {
        revoked_and_unreachable(Stack::start(&options));
    }
}

fn revoked_and_unreachable(mut stack: Stack) {
    assert_eq!(stack.get("contacts").status, 200);
    let (code, report) = doctor(&stack, &[]);
    assert_eq!((code, &report["healthy"]), (0, &Value::Bool(true)), "{report:#}");

    stack.admin.ok(&["token", "revoke", &stack.token_id]);
    assert_eq!(stack.get("contacts").status, 401);
    let found = wait::until("the refusal to be written down", wait::PATIENCE, || {
        let (code, report) = doctor(&stack, &["--token", &stack.token_id]);
        (code == 1).then_some(report)
    });
    assert_eq!(codes(&found), ["TokenRevokedStillUsed"], "{found:#}");
    let finding = &found["findings"][0];
    assert_eq!((finding["who"].as_str(), finding["user"].as_str()), (Some(USER), Some(USER)));
    assert!(finding["sentence"].as_str().unwrap().contains("127.0.0.1"), "{finding:#}");

    stack.server.kill();
    let (_, report) = doctor(&stack, &["--data-source", &stack.data_source]);
    assert!(codes(&report).contains(&"ServerUnreachable".to_owned()), "{report:#}");

    let requests = stack.admin.ok(&["history", "--kind", "request"]).to_string();
    assert!(requests.contains("TokenRevoked") && !requests.contains("CredentialsMissing"), "{requests}");

    let unknown = stack.admin.run(&["doctor", "--token", "0000000000000000"]);
    assert_eq!((unknown.code, unknown.error().0.as_str()), (3, "TokenNotFound"));
}
