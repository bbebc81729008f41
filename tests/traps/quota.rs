//! Traps of rates and refusals: what passes is waited for, what lasts is told, and neither is ever a shorter table.

use crate::world::{World, complete, fault, filtered, read, true_ids};

/// Troubles that pass by themselves: the reader waits and notices nothing.
const PASSING: [&str; 16] = [
    "burst_limit",
    "limit_with_retry_after",
    "plain_limit",
    "locked",
    "server_error",
    "bad_gateway",
    "unavailable",
    "gateway_timeout",
    "unknown_error",
    "server_down",
    "connection_timed_out",
    "unreachable",
    "timed_out",
    "cut_at_once",
    "cut",
    "slow_body",
];

#[test]
fn troubles_that_pass() {
    let world = World::small();
    let expected = true_ids(&world, "contacts", |_| true);
    for preset in PASSING {
        fault(&world, preset, "/crm/objects", Some(1));
        complete(&read(&world, "contacts?$select=id"), &expected);
        world.simulator.mend();
    }
}

/// A search's 429 names no policy and has no `Retry-After`.
#[test]
fn a_search_limit_that_does_not_say_what_it_is() {
    let world = World::small();
    let expected = true_ids(&world, "contacts", |row| row.text("city").is_some());
    fault(&world, "secondly_limit", "/search", Some(2));
    complete(&read(&world, &filtered("contacts", "city ne null")), &expected);
}

/// What lasts, and what it is called then.
#[test]
fn troubles_that_last() {
    let world = World::small();
    let expected = true_ids(&world, "contacts", |_| true);
    for (preset, status, code) in [
        ("server_error", 503, "SourceUnavailable"),
        ("timed_out", 503, "SourceUnavailable"),
        ("moving", 503, "SourceUnavailable"),
        ("cut", 503, "SourceUnavailable"),
        ("credentials_missing", 502, "SourceCredentialsRejected"),
        ("token_expired", 502, "SourceCredentialsRejected"),
        ("malformed_token", 502, "SourceCredentialsRejected"),
        ("scope_missing", 502, "SourceScopeMissing"),
        ("hanging", 504, "SourceTimeout"),
    ] {
        world
            .simulator
            .fault(&serde_json::json!({"preset": preset, "match": {"path_contains": "/crm/objects"}}));
        let answer = world.get("contacts?$select=id");
        assert_eq!((answer.status, answer.code().as_deref()), (status, Some(code)), "{preset}");
        world.simulator.mend();
        complete(&read(&world, "contacts?$select=id"), &expected);
    }
}

/// Not the form of an answer, but its content is missing: not an empty table.
#[test]
fn answers_that_are_none() {
    let world = World::small();
    for preset in ["half_json", "empty_body", "html"] {
        world
            .simulator
            .fault(&serde_json::json!({"preset": preset, "match": {"path_contains": "/crm/objects"}}));
        let answer = world.get("contacts?$select=id");
        let code = answer.code().unwrap_or_default();
        assert!(answer.status >= 502 && code.starts_with("Source"), "{preset}: {answer:?}");
        world.simulator.mend();
    }
}

/// The day of the account ends at its own midnight, and nothing is asked until then.
#[test]
fn a_day_whose_calls_are_spent() {
    let stack = World::own(300, &["contacts:email"]);
    let settings =
        serde_json::json!({"budgets": {"general": null, "search": null, "associations": null, "daily": 1}});
    stack.simulator.settings(&settings);
    let answer = stack.get("contacts?$select=id");
    assert_eq!((answer.status, answer.code().as_deref()), (502, Some("SourceDailyLimit")), "{answer:?}");
    let before = stack.simulator.last_call();
    assert_eq!(stack.get("contacts?$select=id").status, 502);
    assert!(stack.simulator.journal(before).len() < 3, "a spent budget is asked again and again");
}

/// A connection keeps to its own share of the day, at once when it is changed, whatever the service's setting says.
#[test]
fn a_day_of_which_a_connection_has_a_share() {
    let stack = World::own(300, &["contacts:email"]);
    let unlimited = serde_json::json!({"general": null, "search": null, "associations": null});
    let mut budgets = unlimited;
    budgets["daily"] = 1_000.into();
    stack.simulator.settings(&serde_json::json!({ "budgets": budgets }));
    let ask = || {
        let answer = stack.get("contacts?$top=1");
        (answer.status, answer.code().unwrap_or_default())
    };
    assert_eq!(ask().0, 200);
    let share = |percent: &str| stack.admin.ok(&["connection", "edit", "crm", "--daily-share", percent]);
    share("1");
    while stack.simulator.journal(0).len() < 11 {
        let _ = stack.simulator.api("/crm/v3/owners");
    }
    // The first answer may be the one that says how few calls are left.
    ask();
    assert_eq!(ask(), (502, "SourceDailyLimit".to_owned()));
    share("default");
    assert_eq!(ask().0, 200, "the service's own share is larger, and holds at once");
}
