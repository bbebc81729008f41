//! The tenant's rules: how many tokens, for how long, and what a change does to those that exist.

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

fn stack() -> Stack {
    Stack::start(&Options::with(20, &["contacts:email"]))
}

fn active(stack: &Stack) -> Vec<Value> {
    let tokens = stack.admin.ok(&["token", "list", "--user", USER, "--status", "active"]);
    tokens.as_array().unwrap().clone()
}

fn instant(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn days(days: i64) -> SignedDuration {
    SignedDuration::from_hours(24 * days)
}

#[track_caller]
fn near(at: Timestamp, expected: Timestamp) {
    let apart = at.duration_since(expected).abs();
    assert!(apart < SignedDuration::from_mins(5), "{at} is not about {expected}");
}

#[test]
fn the_sixth_token_is_refused_with_a_way_out() {
    let stack = stack();
    for _ in 0..4 {
        stack.admin.mint(USER, &[]);
    }
    let sixth = stack.admin.run(&["token", "create", "--user", USER, "--label", "sixth"]);
    assert_eq!(sixth.code, 4, "{sixth:?}");
    let (code, message) = sixth.error();
    assert!(!code.is_empty());
    assert!(message.contains("revoke") && message.contains('5'), "no way out in {message:?}");
    // Revoked tokens leave their slot.
    stack.admin.ok(&["token", "revoke", &stack.token_id]);
    stack.admin.mint(USER, &[]);
}

#[test]
fn sixteen_creations_at_once_leave_exactly_five() {
    let stack = stack();
    stack.admin.ok(&["token", "revoke", &stack.token_id]);
    let create = ["token", "create", "--user", USER, "--label", "one of sixteen"];
    let children: Vec<_> = (0..16).map(|_| stack.admin.command(&create).spawn().unwrap()).collect();
    let outcomes: Vec<_> = children.into_iter().map(|child| child.wait_with_output().unwrap()).collect();
    let codes: Vec<i32> = outcomes.iter().map(|outcome| outcome.status.code().unwrap()).collect();
    assert_eq!(codes.iter().filter(|code| **code == 0).count(), 5, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == 4).count(), 11, "{codes:?}");
    assert_eq!(active(&stack).len(), 5);
    // Each of the five that were shown works.
    for outcome in outcomes.iter().filter(|outcome| outcome.status.success()) {
        let created: Value = serde_json::from_slice(&outcome.stdout).unwrap();
        assert_eq!(stack.get_as(USER, created["token"].as_str().unwrap(), "").status, 200);
    }
}

#[test]
fn a_shorter_lifetime_holds_for_new_tokens_and_refuses_longer_wishes() {
    let stack = stack();
    let before = active(&stack);
    near(instant(&before[0]["expires_at"]), wait::now() + days(90));
    stack.admin.ok(&["policy", "set", "--max-lifetime", "30d"]);
    let wish = ["token", "create", "--user", USER, "--label", "long", "--expires-in", "90d"];
    let refused = stack.admin.run(&wish);
    assert_eq!(refused.code, 4, "{refused:?}");
    assert!(refused.error().1.contains("30d"), "{refused:?}");
    let forever =
        stack.admin.run(&["token", "create", "--user", USER, "--label", "x", "--expires-in", "none"]);
    assert_eq!(forever.code, 4, "{forever:?}");
    let plain = stack.admin.ok(&["token", "create", "--user", USER, "--label", "no wish"]);
    near(instant(&plain["expires_at"]), wait::now() + days(30));
    let shorter = ["token", "create", "--user", USER, "--label", "short", "--expires-in", "7d"];
    near(instant(&stack.admin.ok(&shorter)["expires_at"]), wait::now() + days(7));
    // Kept, by default.
    assert_eq!(stack.admin.ok(&["token", "show", &stack.token_id])["expires_at"], before[0]["expires_at"]);
}

#[test]
fn a_dry_run_lists_what_would_change_and_changes_nothing() {
    let stack = stack();
    let state = || {
        let history = stack.admin.ok(&["history", "--kind", "policy"]);
        (stack.admin.ok(&["policy", "show"]), stack.admin.ok(&["token", "list"]), history)
    };
    let before = state();
    let set = [
        "policy",
        "set",
        "--max-lifetime",
        "1d",
        "--existing",
        "clamp",
        "--max-active-tokens",
        "2",
        "--dry-run",
    ];
    let outcome = stack.admin.ok(&set).to_string();
    assert!(outcome.contains(&stack.token_id), "{outcome}");
    assert!(outcome.contains(&stack.data_source), "the data sources it serves are named: {outcome}");
    assert_eq!(state(), before);
}

#[test]
fn a_clamp_shortens_what_exists_for_ever_and_a_grace_postpones_it() {
    let stack = stack();
    stack.admin.ok(&["policy", "set", "--max-lifetime", "none"]);
    let (endless, _) = stack.admin.mint(USER, &["--expires-in", "none"]);
    let (short, _) = stack.admin.mint(USER, &["--expires-in", "1h"]);
    let expiry = |id: &str| stack.admin.ok(&["token", "show", id])["expires_at"].clone();
    assert_eq!(expiry(&endless), Value::Null);
    let short_before = expiry(&short);
    stack.admin.ok(&["policy", "set", "--max-lifetime", "2d", "--existing", "clamp"]);
    near(instant(&expiry(&endless)), wait::now() + days(2));
    near(instant(&expiry(&stack.token_id)), wait::now() + days(2));
    assert_eq!(expiry(&short), short_before, "a clamp never lengthens");
    let clamped = expiry(&endless);
    stack.admin.ok(&["policy", "set", "--max-lifetime", "none"]);
    assert_eq!(expiry(&endless), clamped, "loosening revives nothing");
    stack.admin.ok(&["policy", "set", "--max-lifetime", "1m", "--existing", "clamp", "--grace", "3h"]);
    near(instant(&expiry(&endless)), wait::now() + SignedDuration::from_hours(3));
    assert_eq!(stack.get("").status, 200);
}

#[test]
fn a_lower_limit_blocks_new_tokens_only() {
    let stack = stack();
    stack.admin.mint(USER, &[]);
    stack.admin.ok(&["policy", "set", "--max-active-tokens", "1"]);
    assert_eq!(active(&stack).len(), 2);
    assert_eq!(stack.get("").status, 200);
    assert_eq!(stack.admin.run(&["token", "create", "--user", USER, "--label", "x"]).code, 4);
}
