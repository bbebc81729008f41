//! The policy.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::support::Admin;

/// How long a token lives.
fn lifetime(token: &Value) -> SignedDuration {
    let at = |name: &str| token[name].as_str().unwrap().parse::<Timestamp>().unwrap();
    at("expires_at").duration_since(at("created_at"))
}

fn days(days: u64) -> SignedDuration {
    Duration::from_secs(days * 86_400).try_into().unwrap()
}

#[test]
fn a_wish_for_more_than_the_policy_is_refused_and_no_wish_gets_all_of_it() {
    let admin = Admin::acme();
    assert_eq!(admin.json("policy set --max-lifetime 30d")["max_lifetime"], "30d");
    let sentence = admin.refusal("token create --user anna --label x --expires-in 90d", 4);
    assert!(sentence.contains("30d"), "{sentence}");
    admin.refusal("token create --user anna --label x --expires-in none", 4);
    assert_eq!(lifetime(&admin.json("token create --user anna --label x")), days(30));
    assert_eq!(lifetime(&admin.json("token create --user anna --label x --expires-in 7d")), days(7));
}

#[test]
fn without_a_limit_tokens_live_until_they_are_revoked() {
    let admin = Admin::acme();
    admin.json("policy set --max-lifetime none");
    assert_eq!(admin.json("token create --user anna --label x")["expires_at"], Value::Null);
}

#[test]
fn a_dry_run_tells_everything_and_changes_nothing() {
    let admin = Admin::acme();
    admin.json("token create --user anna --label desktop");
    let (policy, tokens) = (admin.json("policy show"), admin.json("token list"));
    let line = "policy set --max-lifetime 10d --existing clamp --dry-run";
    let told = admin.json(line);
    assert_eq!((&told["dry_run"], &told["max_lifetime"]), (&json!(true), &json!("10d")));
    let fate = &told["clamped"][0];
    assert_eq!(fate["label"], "desktop");
    assert_eq!((&fate["refreshes"], &fate["first_failure"]), (&json!([]), &Value::Null));
    let text = admin.run(line).out;
    assert!(text.contains("1 token would change") && text.contains("nothing was changed"), "{text}");
    assert_eq!((admin.json("policy show"), admin.json("token list")), (policy, tokens));
}

#[test]
fn a_clamp_shortens_and_loosening_revives_nothing() {
    let admin = Admin::acme();
    let before = admin.json("token create --user anna --label desktop");
    let changed = admin.json("policy set --max-lifetime 10d --existing clamp --grace 3h");
    assert_eq!(changed["clamped"][0]["id"], before["id"]);
    let clamped = admin.json("token list")[0]["expires_at"].clone();
    assert!(clamped.as_str() < before["expires_at"].as_str());
    admin.json("policy set --max-lifetime none --existing clamp");
    assert_eq!(admin.json("token list")[0]["expires_at"], clamped);
    let actions = admin.json("history --kind token");
    assert!(actions.as_array().unwrap().iter().any(|entry| entry["action"] == "clamp"), "{actions}");
}

#[test]
fn existing_tokens_keep_their_expiry_unless_asked_otherwise() {
    let admin = Admin::acme();
    let before = admin.json("token create --user anna --label desktop");
    admin.json("policy set --max-lifetime 10d");
    assert_eq!(admin.json("token list")[0]["expires_at"], before["expires_at"]);
}

#[test]
fn a_lower_limit_blocks_new_tokens_only() {
    let admin = Admin::acme();
    admin.json("token create --user anna --label one");
    admin.json("token create --user anna --label two");
    admin.json("policy set --max-active-tokens 1");
    assert_eq!(admin.json("token list --status active").as_array().unwrap().len(), 2);
    admin.refusal("token create --user anna --label three", 4);
}

#[test]
fn addresses_are_set_and_cleared() {
    let admin = Admin::acme();
    let set = admin.json("policy set --allow-address 10.0.0.0/8 --allow-address 2001:db8::/32");
    assert_eq!(set["allow_addresses"], json!(["10.0.0.0/8", "2001:db8::/32"]));
    assert_eq!(admin.json("policy set --allow-address none")["allow_addresses"], json!([]));
    admin.refusal("policy set --allow-address 10.0.0.0/33", 2);
    admin.refusal("policy set --max-lifetime 10d --existing keep --grace 3h", 2);
}
