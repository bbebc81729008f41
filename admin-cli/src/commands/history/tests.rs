//! What is said about each kind of entry.

use schema::{DataSourceId, TokenId};
use serde_json::json;

use super::*;

fn entry(kind: HistoryKind, action: &str, reason: Option<&str>, details: Value) -> HistoryEntry {
    HistoryEntry {
        at: "2026-01-01T08:00:00Z".parse().unwrap(),
        kind,
        action: action.into(),
        actor: "operator:root".into(),
        token_id: TokenId::parse("0123456789abcdef"),
        user: Some("anna".into()),
        data_source: DataSourceId::parse("k7m2q9x4tb"),
        outcome: "done".into(),
        reason: reason.map(Into::into),
        request_id: None,
        details,
    }
}

#[test]
fn every_entry_reads_as_a_sentence() {
    use HistoryKind::{Connection, Policy, Request, Source, Tenant, Token, User};
    let clamp = json!({"label": "desktop", "before": {"expires_at": null}, "after": {"expires_at": "2026-02-01T00:00:00Z"}});
    let edit = json!({"before": {"max_lifetime": "90d", "concurrent": 32}, "after": {"max_lifetime": "30d", "concurrent": 32},
        "clamped_tokens": 2});
    let read = json!({"entity_set": "contacts", "query": "$filter=id gt ?", "rows": 100, "duration_ms": 12});
    let rotate =
        json!({"label": "desktop", "rotated_to": "fedcba9876543210", "expires_at": "2026-01-08T08:00:00Z"});
    let entries = [
        entry(Token, "create", None, json!({"label": "desktop"})),
        entry(Token, "create", None, json!({"label": "desktop", "rotated_from": "fedcba9876543210"})),
        entry(Token, "rotate", None, rotate),
        entry(Token, "revoke", Some("lost laptop"), json!({"label": "desktop"})),
        entry(Token, "clamp", None, clamp),
        entry(
            Token,
            "refuse",
            Some("TokenRevoked"),
            json!({"label": "desktop", "count": 3, "address": "10.0.0.1"}),
        ),
        entry(Source, "share", None, json!({"name": "Sales", "with": "group:sales"})),
        entry(Source, "transfer", None, json!({"name": "Sales", "from": "anna", "to": "ben"})),
        entry(Source, "clone", None, json!({"name": "Sales", "cloned_from": "abcdefghjk"})),
        entry(
            Source,
            "edit",
            None,
            json!({"name": "EU", "before": {"name": "Sales"}, "after": {"name": "EU"}}),
        ),
        entry(Source, "refresh_model", None, json!({"name": "Sales"})),
        entry(Request, "read", None, read.clone()),
        entry(Request, "refuse", Some("SourceTimeout"), read),
        entry(Policy, "edit", None, edit),
        entry(Connection, "status", None, json!({"connection": "hub", "after": "rejected"})),
        entry(Connection, "replace_credential", None, json!({"connection": "hub"})),
        entry(Connection, "powerbi_connect", None, json!({"client_id": "0a1b"})),
        entry(
            Token,
            "powerbi_push",
            None,
            json!({"label": "night", "dataset": "Pipeline", "workspace": "Sales"}),
        ),
        entry(
            Token,
            "powerbi_push_failed",
            Some("not allowed"),
            json!({"label": "night", "dataset": "Pipeline", "workspace": "Sales"}),
        ),
        entry(User, "join", None, json!({"group": "sales"})),
        entry(User, "disable", None, json!({})),
        entry(Tenant, "suspend", None, json!({})),
        entry(Tenant, "notice_target_add", None, json!({"channel": "email", "address": "ops@example.org"})),
        entry(
            Tenant,
            "notice_target_remove",
            None,
            json!({"channel": "email", "address": "ops@example.org"}),
        ),
    ];
    let sentences: Vec<String> = entries.iter().map(sentence).collect();
    insta::assert_snapshot!(sentences.join("\n"), @r#"
    created the token 0123456789abcdef ("desktop" of anna)
    created the token 0123456789abcdef ("desktop" of anna), the successor of fedcba9876543210
    rotated the token 0123456789abcdef ("desktop" of anna): its successor is fedcba9876543210, it works until 2026-01-08T08:00:00Z
    revoked the token 0123456789abcdef ("desktop" of anna) (lost laptop)
    shortened the token 0123456789abcdef ("desktop" of anna): expires 2026-02-01T00:00:00Z instead of never
    refused the token 0123456789abcdef ("desktop" of anna) 3 times from 10.0.0.1: TokenRevoked
    shared the data source k7m2q9x4tb ("Sales") with group:sales
    gave the data source k7m2q9x4tb ("Sales") of anna to ben
    made the data source k7m2q9x4tb ("Sales"), a copy of abcdefghjk
    changed the data source k7m2q9x4tb ("EU"): name Sales → EU
    refreshed the columns of the data source k7m2q9x4tb ("Sales")
    read contacts?$filter=id gt ? of k7m2q9x4tb: 100 rows in 12 ms
    was refused contacts?$filter=id gt ? of k7m2q9x4tb: done SourceTimeout
    changed the policy: max_lifetime 90d → 30d, 2 tokens shortened
    found the connection hub rejected
    replaced the credential of the connection hub
    connected Power BI as 0a1b
    put into Power BI the token 0123456789abcdef ("night" of anna): data set Pipeline of Sales
    could not put into Power BI the token 0123456789abcdef ("night" of anna): data set Pipeline of Sales (not allowed)
    put anna into the group sales
    disabled the user anna
    suspended the tenant
    had notices sent to ops@example.org by email
    had no more notices sent to ops@example.org by email
    "#);
}

#[test]
fn a_refusal_without_a_token_names_none() {
    let made_up = HistoryEntry {
        token_id: None,
        user: None,
        data_source: None,
        ..entry(
            HistoryKind::Token,
            "refuse",
            Some("PathNotFound"),
            json!({"label": null, "count": 3, "address": "10.0.0.1"}),
        )
    };
    assert_eq!(sentence(&made_up), "refused a request 3 times from 10.0.0.1: PathNotFound");
    let at_a_source = HistoryEntry { data_source: DataSourceId::parse("k7m2q9x4tb"), ..made_up };
    assert_eq!(sentence(&at_a_source), "refused a request to k7m2q9x4tb 3 times from 10.0.0.1: PathNotFound");
}

#[test]
fn a_refused_request_of_which_no_table_is_known_is_a_request_and_not_the_service() {
    let unread = entry(HistoryKind::Request, "refuse", Some("QuerySyntax"), json!({"entity_set": null}));
    assert_eq!(sentence(&unread), "was refused a request of k7m2q9x4tb: done QuerySyntax");
    let nowhere = HistoryEntry { data_source: None, ..unread };
    assert_eq!(sentence(&nowhere), "was refused a request: done QuerySyntax");
}

#[test]
fn an_action_that_is_not_known_yet_is_named() {
    assert_eq!(sentence(&entry(HistoryKind::Tenant, "rename", None, json!({}))), "did rename to the tenant");
}

#[test]
fn entries_are_a_table() {
    insta::assert_snapshot!(table(&[entry(HistoryKind::Tenant, "create", None, json!({}))]), @"
    AT                    WHO            WHAT
    2026-01-01T08:00:00Z  operator:root  created the tenant
    ");
}
