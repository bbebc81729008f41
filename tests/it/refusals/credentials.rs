//! 401 and 403: the caller's own credential, and what the tenant decided about the caller.

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;
use feedgate_tests::wire::{Answer, Request, basic};

use super::refused;
use crate::shared::portal;

fn with_authorization(value: Option<&str>) -> Answer {
    let request = Request::get(&portal().at("contacts?$top=1"));
    portal().send(&match value {
        Some(value) => request.field("Authorization", value),
        None => request,
    })
}

#[test]
fn no_credentials_and_other_schemes_are_asked_for_basic() {
    for value in [None, Some("Bearer"), Some("Bearer abc"), Some("Digest username=\"a\""), Some("Negotiate")]
    {
        refused(&with_authorization(value), 401, "CredentialsMissing");
    }
}

#[test]
fn every_wrong_credential_gets_the_same_bytes() {
    let token = &portal().token;
    let wrong_secret = rewritten(token, 30);
    let unknown = rewritten(token, 5);
    let garbled = format!("{}!", &token[..56]);
    let values = [
        basic(USER, &wrong_secret),
        basic(USER, &unknown),
        basic("somebody@else.example", token),
        basic("", token),
        basic(USER, ""),
        basic(USER, &garbled),
        basic(USER, "a password that is no token"),
        "Basic".to_owned(),
        "Basic !!!not-base64!!!".to_owned(),
        "Basic /////w==".to_owned(),
        "Basic bm9jb2xvbg==".to_owned(),
        basic(USER, &"x".repeat(3_000)),
    ];
    let answers: Vec<Answer> = values.iter().map(|value| with_authorization(Some(value))).collect();
    for answer in &answers {
        refused(answer, 401, "CredentialsInvalid");
        assert_eq!(answer.body, answers[0].body);
        let names =
            |answer: &Answer| answer.fields.iter().map(|(name, _)| name.to_lowercase()).collect::<Vec<_>>();
        assert_eq!(names(answer), names(&answers[0]));
    }
    assert_eq!(
        portal().get("contacts?$top=1").status,
        200,
        "a right token is not refused because of the wrong ones"
    );
}

/// The token with another character at `at`, and the check characters that belong to it.
fn rewritten(token: &str, at: usize) -> String {
    let mut front = token[..51].to_owned();
    let other = if &front[at..=at] == "a" { "b" } else { "a" };
    front.replace_range(at..=at, other);
    let mut crc = flate2::Crc::new();
    crc.update(front.as_bytes());
    let alphabet: Vec<char> = ('0'..='9').chain('A'..='Z').chain('a'..='z').collect();
    let mut rest = crc.sum() as usize;
    let mut check = Vec::new();
    for _ in 0..6 {
        check.insert(0, alphabet[rest % 62]);
        rest /= 62;
    }
    front + &check.into_iter().collect::<String>()
}

#[test]
fn a_user_name_counts_whatever_its_case() {
    assert_eq!(portal().get_as(&USER.to_uppercase(), &portal().token, "").status, 200);
}

#[test]
fn a_token_that_expires_works_until_its_instant_and_never_after() {
    let stack = portal();
    let token =
        stack.admin.ok(&["token", "create", "--user", USER, "--label", "short", "--expires-in", "3s"]);
    let (id, text) = (token["id"].as_str().unwrap(), token["token"].as_str().unwrap());
    let expires: jiff::Timestamp = token["expires_at"].as_str().unwrap().parse().unwrap();
    let mut connection = stack.connection();
    let request = Request::get(&stack.at("contacts?$top=1")).basic(USER, text);
    assert_eq!(connection.exchange(&request).unwrap().status, 200);
    wait::until_instant(expires);
    for _ in 0..3 {
        let answer = connection.exchange(&request).unwrap();
        refused(&answer, 401, "TokenExpired");
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("short") && message.contains(&expires.to_string()[..16]), "{message}");
    }
    let shown = stack.admin.ok(&["token", "show", id]);
    assert_eq!(shown["status"], "expired");
}

#[test]
fn a_revoked_token_is_refused_by_the_very_next_request_of_a_kept_connection() {
    let stack = portal();
    let (id, text) = stack.admin.mint(USER, &[]);
    let mut connection = stack.connection();
    let request = Request::get(&stack.at("contacts?$top=1")).basic(USER, &text);
    assert_eq!(connection.exchange(&request).unwrap().status, 200);
    assert_eq!(connection.exchange(&request).unwrap().status, 200);
    stack.admin.ok(&["token", "revoke", &id]);
    let answer = connection.exchange(&request).unwrap();
    refused(&answer, 401, "TokenRevoked");
    let revoked_at = stack.admin.ok(&["token", "show", &id])["revoked_at"].as_str().unwrap().to_owned();
    let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains(&revoked_at[..16]), "{message} does not say {revoked_at}");
}

#[test]
fn a_disabled_user_is_refused_until_enabled() {
    let stack = portal();
    let user = "dora@acme.example";
    stack.admin.ok(&["user", "add", user]);
    stack.admin.ok(&["source", "share", &stack.data_source, "--with", user]);
    let (_, token) = stack.admin.mint(user, &[]);
    assert_eq!(stack.get_as(user, &token, "").status, 200);
    stack.admin.ok(&["user", "disable", user]);
    refused(&stack.get_as(user, &token, ""), 401, "UserDisabled");
    stack.admin.ok(&["user", "enable", user]);
    assert_eq!(stack.get_as(user, &token, "").status, 200);
}

#[test]
fn a_suspended_tenant_is_a_403_for_proven_secrets_only() {
    let stack = Stack::start(&Options::small());
    stack.admin.ok(&["tenant", "suspend", "acme"]);
    refused(&stack.get("contacts?$top=1"), 403, "TenantSuspended");
    refused(&stack.get_as(USER, "wrong", "contacts?$top=1"), 401, "CredentialsInvalid");
    // Revoked and expired go before suspended: the credential first, then the tenant.
    stack.admin.ok(&["token", "revoke", &stack.token_id]);
    refused(&stack.get("contacts?$top=1"), 401, "TokenRevoked");
    stack.admin.ok(&["tenant", "resume", "acme"]);
    let (_, token) = stack.admin.mint(USER, &[]);
    assert_eq!(stack.get_as(USER, &token, "contacts?$top=1").status, 200);
}
