//! OAuth: consent (given at once, there is nobody to ask), tokens, introspection, revocation. These calls need no token
//! and count in no budget.

mod known;

use serde::Serialize;

use super::answer::{Answer, Problem};
use super::request::{Request, decode};
use crate::oauth::{ACCESS_MS, Issued};
use crate::world::World;

/// Versions of the token endpoint.
const VERSIONS: [&str; 5] = ["2026-09", "2026-03", "2025-09", "v3", "v1"];

/// Who consented, and the domain of the account.
const USER_ID: u32 = 13_534_722;
const HUB_DOMAIN: &str = "feedgate-demo.example";

/// Answers what lies under `/oauth/`, or nothing.
pub(super) fn answer(world: &World, request: &Request) -> Option<Answer> {
    let segments = request.segments();
    let path: Vec<&str> = segments.iter().map(String::as_str).collect();
    let form = Form(&request.body);
    match (request.method.as_str(), path.as_slice()) {
        ("GET", ["oauth", "authorize"]) => Some(authorize(world, request)),
        ("POST", ["oauth", v, "token"]) if VERSIONS.contains(v) => Some(token(world, &form)),
        ("POST", ["oauth", v, "token", "introspect"]) if VERSIONS.contains(v) => {
            Some(with_app(world, &form, || introspect(world, &form)))
        }
        ("POST", ["oauth", v, "token", "revoke"]) if VERSIONS.contains(v) => {
            Some(with_app(world, &form, || revoke(world, &form)))
        }
        // The legacy version has the token in its path, and asks for no proof of the app.
        ("GET", ["oauth", "v1", "access-tokens", token]) => Some(known::access_token(world, token)),
        ("GET", ["oauth", "v1", "refresh-tokens", token]) => Some(known::refresh_token(world, token)),
        ("DELETE", ["oauth", "v1", "refresh-tokens", token]) => {
            world.oauth().revoke(token);
            Some(Answer::empty(204))
        }
        _ => None,
    }
}

/// A body of `name=value&…`.
struct Form<'a>(&'a [u8]);

impl Form<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let text = String::from_utf8_lossy(self.0);
        let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| decode(value, true))
    }
}

/// Sends the browser back with a code.
fn authorize(world: &World, request: &Request) -> Answer {
    let parameter = |name: &str| request.parameter(name).filter(|text| !text.is_empty());
    let (Some(client), Some(redirect)) = (parameter("client_id"), parameter("redirect_uri")) else {
        return page("client_id and redirect_uri are required");
    };
    if client != world.settings.client_id {
        return page("The client ID in the authorization URL is not valid.");
    }
    let granted = world.behaviour().granted_scopes;
    let allowed = |scope: &String| granted.as_ref().is_none_or(|granted| granted.contains(scope));
    let words = |name: &str| -> Vec<String> {
        parameter(name).map(|text| text.split_whitespace().map(str::to_owned).collect()).unwrap_or_default()
    };
    let required = words("scope");
    if required.is_empty() || !required.iter().all(allowed) {
        return page("This account does not have all the scopes that the app requires.");
    }
    let scopes = required.into_iter().chain(words("optional_scope").into_iter().filter(allowed)).collect();
    let code = world.oauth().consent(world.settings.seed, &redirect, scopes, world.clock.now_ms());
    let separator = if redirect.contains('?') { '&' } else { '?' };
    let state = raw(&request.query, "state").map(|state| format!("&state={state}")).unwrap_or_default();
    let mut answer = Answer::empty(302);
    answer.headers.push(("Location".to_owned(), format!("{redirect}{separator}code={code}{state}")));
    answer
}

/// A parameter as it was sent, to be sent back.
fn raw<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value)
}

/// What a browser shows.
fn page(sentence: &str) -> Answer {
    let body =
        format!("<html><body><h1>Authorization failed</h1><p>{sentence}</p></body></html>").into_bytes();
    Answer { status: 400, content_type: "text/html", headers: Vec::new(), body }
}

#[derive(Serialize)]
struct Tokens {
    token_type: &'static str,
    refresh_token: String,
    access_token: String,
    hub_id: u32,
    scopes: Vec<String>,
    expires_in: i64,
}

fn token(world: &World, form: &Form) -> Answer {
    with_app(world, form, || {
        let (seed, now) = (world.settings.seed, world.clock.now_ms());
        let field = |name: &str| form.get(name).unwrap_or_default();
        match field("grant_type").as_str() {
            "authorization_code" => {
                let issued = world.oauth().exchange(seed, &field("code"), &field("redirect_uri"), now);
                issued.map_or_else(
                    || refused("BAD_AUTH_CODE", "missing or unknown auth code"),
                    |i| given(world, i),
                )
            }
            "refresh_token" => {
                let rotate = world.behaviour().quirks.rotate_refresh_tokens;
                let issued = world.oauth().renew(seed, &field("refresh_token"), rotate, now);
                issued.map_or_else(
                    || refused("BAD_REFRESH_TOKEN", "refresh token is invalid, expired or revoked"),
                    |issued| given(world, issued),
                )
            }
            _ => refused("BAD_GRANT_TYPE", "unsupported grant type"),
        }
    })
}

fn given(world: &World, issued: Issued) -> Answer {
    let tokens = Tokens {
        token_type: "bearer",
        refresh_token: issued.refresh,
        access_token: issued.access,
        hub_id: world.settings.portal_id,
        scopes: issued.scopes,
        expires_in: ACCESS_MS / 1_000,
    };
    Answer::json(200, &tokens)
}

/// Calls of an app that proves to be the portal's.
fn with_app(world: &World, form: &Form, answer: impl FnOnce() -> Answer) -> Answer {
    let is = |name: &str, expected: &str| form.get(name).as_deref() == Some(expected);
    // The words for these two are not documented.
    if !is("client_id", &world.settings.client_id) {
        return refused("BAD_CLIENT_ID", "missing or unknown client id");
    }
    if !is("client_secret", &world.settings.client_secret) {
        return refused("BAD_CLIENT_SECRET", "missing or invalid client secret");
    }
    answer()
}

fn refused(status: &'static str, message: &'static str) -> Answer {
    #[derive(Serialize)]
    struct Body {
        error: &'static str,
        error_description: &'static str,
        status: &'static str,
        message: &'static str,
    }
    let error = if status.starts_with("BAD_CLIENT") { "invalid_client" } else { "invalid_grant" };
    Answer::json(400, &Body { error, error_description: message, status, message })
}

fn introspect(world: &World, form: &Form) -> Answer {
    #[derive(Serialize)]
    struct Body {
        active: bool,
        token_use: &'static str,
        hub_id: u32,
        hub_domain: &'static str,
        user_id: u32,
        scopes: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        expires_in: Option<i64>,
    }
    // The guide and the specification name the field differently.
    let names = ["token", "access_token", "refresh_token"];
    let token = names.iter().find_map(|name| form.get(name)).unwrap_or_default();
    let (oauth, now) = (world.oauth(), world.clock.now_ms());
    let access = oauth.access(&token).filter(|access| access.expires > now);
    let found = match (access, oauth.refresh(&token)) {
        (Some(access), _) => {
            Some(("access_token", access.scopes.clone(), Some((access.expires - now) / 1_000)))
        }
        (None, Some(scopes)) => Some(("refresh_token", scopes.clone(), None)),
        (None, None) => None,
    };
    let Some((token_use, scopes, expires_in)) = found else {
        return Answer::json(200, &serde_json::json!({ "active": false }));
    };
    let (hub_id, hub_domain, user_id) = (world.settings.portal_id, HUB_DOMAIN, USER_ID);
    Answer::json(200, &Body { active: true, token_use, hub_id, hub_domain, user_id, scopes, expires_in })
}

fn revoke(world: &World, form: &Form) -> Answer {
    world.oauth().revoke(&form.get("token").unwrap_or_default());
    Answer::empty(204)
}

/// What an access token may do, or why it is refused.
pub(super) fn access(world: &World, token: &str) -> Result<Vec<String>, Problem> {
    let now = world.clock.now_ms();
    match world.oauth().access(token) {
        Some(access) if now < access.expires => Ok(access.scopes.clone()),
        Some(access) => Err(Problem::TokenExpired { at: access.expires, now }),
        // What cannot be read as a token counts as one of 1970.
        None => Err(Problem::TokenExpired { at: 0, now }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{Bench, request};
    use super::super::{Answer, answer};
    use crate::quirks::Quirks;

    const APP: &str = "client_id=feedgate-demo&client_secret=feedgate-demo-secret";
    const BACK: &str = "https%3A%2F%2Ffeedgate.example%2Fcallback";

    fn post(bench: &Bench, what: &str, form: &str) -> (u16, Value) {
        let Answer { status, body, .. } =
            bench.call("POST", &format!("/oauth/2026-09/{what}"), &format!("{APP}&{form}"));
        (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
    }

    /// The code of somebody's consent.
    fn consent(bench: &Bench, scopes: &str) -> String {
        let query = format!("client_id=feedgate-demo&redirect_uri={BACK}&scope={scopes}&state=a%20b");
        let answer = bench.call("GET", &format!("/oauth/authorize?{query}"), "");
        assert_eq!(answer.status, 302);
        let location = answer.headers.iter().find(|(name, _)| name == "Location").unwrap().1.clone();
        let code = location.strip_prefix("https://feedgate.example/callback?code=").unwrap();
        code.strip_suffix("&state=a%20b").unwrap().to_owned()
    }

    pub(super) fn connect(bench: &Bench, scopes: &str) -> (String, String) {
        let form =
            format!("grant_type=authorization_code&redirect_uri={BACK}&code={}", consent(bench, scopes));
        let (status, tokens) = post(bench, "token", &form);
        assert_eq!(
            (status, &tokens["expires_in"], &tokens["hub_id"]),
            (200, &json!(1_800), &json!(48_213_377))
        );
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        (text("access_token"), text("refresh_token"))
    }

    fn contacts(bench: &Bench, token: &str) -> (u16, Value) {
        let mut request = request("GET", "/crm/objects/2026-09/contacts", "");
        request.authorization = Some(format!("Bearer {token}"));
        let answer = answer(&bench.portal.world, &request);
        assert!(answer.headers.iter().all(|(name, _)| !name.contains("RateLimit-Daily")));
        (answer.status, serde_json::from_slice(&answer.body).unwrap())
    }

    #[test]
    fn consent_leads_to_tokens_that_live_half_an_hour() {
        let bench = Bench::empty();
        let (access, _) = connect(&bench, "crm.objects.contacts.read%20tickets");
        assert_eq!(contacts(&bench, &access).0, 200);
        bench.wait_ms(1_799_999);
        assert_eq!(contacts(&bench, &access).0, 200);
        bench.wait_ms(1);
        let (status, body) = contacts(&bench, &access);
        assert_eq!((status, body["category"].as_str()), (401, Some("EXPIRED_AUTHENTICATION")));
        assert!(!body["context"]["expire time"][0].as_str().unwrap().starts_with("1970"));
    }

    #[test]
    fn a_code_works_once_and_only_with_its_address() {
        let bench = Bench::empty();
        let code = consent(&bench, "tickets");
        let form = format!("grant_type=authorization_code&redirect_uri={BACK}&code={code}");
        let elsewhere = "grant_type=authorization_code&redirect_uri=https%3A%2F%2Fx&code=";
        assert_eq!(post(&bench, "token", &format!("{elsewhere}{}", consent(&bench, "tickets"))).0, 400);
        assert_eq!([post(&bench, "token", &form).0, post(&bench, "token", &form).0], [200, 400]);
        let late = consent(&bench, "tickets");
        bench.wait_ms(60_000);
        let form = format!("grant_type=authorization_code&redirect_uri={BACK}&code={late}");
        assert_eq!(post(&bench, "token", &form).1["status"], "BAD_AUTH_CODE");
    }

    #[test]
    fn a_token_may_do_what_was_consented_to() {
        let bench = Bench::empty();
        let (access, _) = connect(&bench, "tickets");
        assert_eq!(contacts(&bench, &access).0, 403);
    }

    #[test]
    fn a_refresh_token_stays_unless_rotation_is_on() {
        let bench = Bench::empty();
        let (_, refresh) = connect(&bench, "tickets");
        let form = format!("grant_type=refresh_token&refresh_token={refresh}");
        assert_eq!(post(&bench, "token", &form).1["refresh_token"], refresh);
        let bench = bench.quirks(Quirks { rotate_refresh_tokens: true, ..Quirks::default() });
        assert_ne!(post(&bench, "token", &form).1["refresh_token"], refresh);
        let (status, body) = post(&bench, "token", &form);
        assert_eq!(status, 400);
        let text = "refresh token is invalid, expired or revoked";
        let expected = json!({"error": "invalid_grant", "error_description": text, "status": "BAD_REFRESH_TOKEN", "message": text});
        assert_eq!(body, expected);
    }

    #[test]
    fn tokens_are_looked_into_and_ended() {
        let bench = Bench::empty();
        let (access, refresh) = connect(&bench, "tickets");
        let about = |token: &str| post(&bench, "token/introspect", &format!("token={token}")).1;
        assert_eq!(about(&access)["token_use"], "access_token");
        assert_eq!(about(&refresh)["scopes"], json!(["tickets"]));
        assert_eq!(post(&bench, "token/revoke", &format!("token={refresh}")).0, 204);
        assert_eq!(about(&refresh), json!({"active": false}));
    }

    #[test]
    fn a_stranger_gets_nothing() {
        let bench = Bench::empty();
        let form = "client_id=feedgate-demo&client_secret=wrong&grant_type=refresh_token";
        let answer = bench.call("POST", "/oauth/v1/token", form);
        assert_eq!(answer.status, 400);
        assert!(String::from_utf8(answer.body).unwrap().contains("BAD_CLIENT_SECRET"));
        assert_eq!(bench.call("GET", "/oauth/authorize?client_id=x&redirect_uri=y&scope=z", "").status, 400);
    }
}
