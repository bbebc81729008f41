//! What the legacy version of OAuth says of a token in its path. What it answers for an unknown one is not documented.

use serde::Serialize;

use super::super::answer::{Answer, Problem};
use super::{HUB_DOMAIN, USER_ID};
use crate::world::World;

/// What the legacy version says of a token.
#[derive(Serialize)]
struct Known<'a> {
    token: &'a str,
    token_type: &'static str,
    user: &'static str,
    user_id: u32,
    hub_id: u32,
    hub_domain: &'static str,
    scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_id: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<i64>,
}

fn known<'a>(world: &World, token: &'a str, token_type: &'static str, scopes: Vec<String>) -> Known<'a> {
    Known {
        token,
        token_type,
        user: "owner@feedgate-demo.example",
        user_id: USER_ID,
        hub_id: world.settings.portal_id,
        hub_domain: HUB_DOMAIN,
        scopes,
        app_id: None,
        client_id: None,
        expires_in: None,
    }
}

/// Of an access token.
pub(super) fn access_token(world: &World, token: &str) -> Answer {
    let (oauth, now) = (world.oauth(), world.clock.now_ms());
    let Some(access) = oauth.access(token).filter(|access| access.expires > now) else {
        return unknown(world, "access token");
    };
    let known = known(world, token, "access", access.scopes.clone());
    let expires_in = Some((access.expires - now) / 1_000);
    Answer::json(200, &Known { app_id: Some(4_711_815), expires_in, ..known })
}

/// Of a refresh token.
pub(super) fn refresh_token(world: &World, token: &str) -> Answer {
    let Some(scopes) = world.oauth().refresh(token).cloned() else { return unknown(world, "refresh token") };
    let known = known(world, token, "refresh", scopes);
    Answer::json(200, &Known { client_id: Some(&world.settings.client_id), ..known })
}

fn unknown(world: &World, what: &str) -> Answer {
    Problem::NotFound(format!("{what} is invalid, expired or revoked")).answer(&world.correlation_id())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::connect;
    use crate::api::testing::Bench;

    fn get(bench: &Bench, path: &str) -> (u16, Value) {
        let answer = bench.call("GET", &format!("/oauth/v1/{path}"), "");
        (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    #[test]
    fn both_tokens_tell_whose_they_are_until_they_end() {
        let bench = Bench::empty();
        let (access, refresh) = connect(&bench, "tickets");
        let (access, refresh) = (format!("access-tokens/{access}"), format!("refresh-tokens/{refresh}"));
        let (status, body) = get(&bench, &access);
        assert_eq!(
            (status, &body["token_type"], &body["expires_in"]),
            (200, &json!("access"), &json!(1_800))
        );
        assert_eq!((&body["scopes"], body["app_id"].is_u64()), (&json!(["tickets"]), true));
        let (status, body) = get(&bench, &refresh);
        assert_eq!((status, &body["client_id"]), (200, &json!("feedgate-demo")));
        assert_eq!(bench.call("DELETE", &format!("/oauth/v1/{refresh}"), "").status, 204);
        assert_eq!(get(&bench, &refresh).0, 404);
        bench.wait_ms(1_800_000);
        assert_eq!(get(&bench, &access).0, 404);
    }
}
