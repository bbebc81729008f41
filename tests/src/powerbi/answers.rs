//! What the look-alike answers.

use serde_json::{Value, json};

use super::http::{Asked, Reply};
use super::world::{Outcome, Set, Source, World};
use crate::wire::{Request, Url};

/// The only scope that it grants.
const SCOPE: &str = "https://analysis.windows.net/powerbi/api/.default";

pub(super) fn reply(world: &mut World, asked: &Asked) -> Reply {
    if asked.path.ends_with("/oauth2/v2.0/token") {
        return sign_in(world, asked);
    }
    let known = asked.field("authorization").and_then(|field| field.strip_prefix("Bearer "));
    if !known.is_some_and(|token| world.access.iter().any(|access| access == token)) {
        return refusal(401, "TokenExpired", "Access token has expired, resubmit with a new access token");
    }
    if !world.admitted {
        let refused = refusal(401, "PowerBINotAuthorizedException", "");
        return refused.with("X-PowerBI-Error-Info", "ServicePrincipalIsNotAllowedByTenantAdminSwitch");
    }
    let Some(path) = asked.path.strip_prefix("/v1.0/myorg/") else { return unknown("no such API") };
    let parts: Vec<&str> = path.split('/').collect();
    match (asked.method.as_str(), &parts[..]) {
        ("GET", ["groups"]) => groups(world, &asked.query),
        ("GET", ["gateways", id]) => gateway(world, id),
        ("PATCH", ["gateways", gateway, "datasources", id]) => credentials(world, asked, gateway, id),
        (method, ["groups", group, "datasets", rest @ ..]) => in_group(world, asked, method, group, rest),
        _ => refusal(403, "API is not accessible for application", ""),
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Reply {
    Reply::of(status, json!({"error": {"code": code, "message": message}}))
}

fn unknown(what: &str) -> Reply {
    refusal(404, "PowerBIEntityNotFound", what)
}

fn sign_in(world: &mut World, asked: &Asked) -> Reply {
    let refused = |number: u64, error: &str, why: &str| {
        let description = format!("AADSTS{number}: {why} Trace ID: 1\r\nTimestamp: 2026-01-01");
        let body = json!({"error": error, "error_description": description, "error_codes": [number]});
        Reply::of(if error == "invalid_client" { 401 } else { 400 }, body)
    };
    if asked.path != format!("/{}/oauth2/v2.0/token", world.directory) {
        return refused(90_002, "invalid_request", "Tenant not found.");
    }
    let form = asked.field("content-type") == Some("application/x-www-form-urlencoded");
    let mut fields: Vec<(String, String)> = asked.body.split('&').filter_map(field).collect();
    fields.sort();
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    if asked.method != "POST" || !form || names != ["client_id", "client_secret", "grant_type", "scope"] {
        return refused(900_144, "invalid_request", "The request body is not as it must be.");
    }
    let of = |name: &str| fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value);
    if of("grant_type") != "client_credentials" || of("scope") != SCOPE {
        return refused(70_011, "invalid_scope", "The provided scope is not valid.");
    }
    if of("client_id") != world.client_id {
        return refused(700_016, "unauthorized_client", "Application was not found in the directory.");
    }
    if of("client_secret") != world.secret {
        return refused(7_000_215, "invalid_client", "Invalid client secret provided.");
    }
    let access = format!("access-{}", world.fresh_id());
    world.access.push(access.clone());
    Reply::of(
        200,
        json!({"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": access}),
    )
}

/// A field of a form, decoded.
fn field(text: &str) -> Option<(String, String)> {
    let (name, value) = text.split_once('=')?;
    let (mut bytes, mut rest) = (Vec::new(), value);
    while let Some(first) = rest.chars().next() {
        match rest.strip_prefix('%') {
            Some(code) => {
                bytes.push(u8::from_str_radix(code.get(..2)?, 16).ok()?);
                rest = &code[2..];
            }
            None => {
                bytes.push(if first == '+' { b' ' } else { u8::try_from(first).ok()? });
                rest = &rest[1..];
            }
        }
    }
    Some((name.to_owned(), String::from_utf8(bytes).ok()?))
}

fn groups(world: &World, query: &str) -> Reply {
    let number =
        |name: &str| query.split('&').find_map(|part| part.strip_prefix(name)?.parse::<usize>().ok());
    let (skip, top) = (number("$skip=").unwrap_or(0), number("$top=").unwrap_or(usize::MAX));
    let shown = world.workspaces.iter().skip(skip).take(top);
    let shown: Vec<Value> = shown
        .map(|one| json!({"id": one.id, "isReadOnly": false, "isOnDedicatedCapacity": false, "name": one.name, "type": "Workspace"}))
        .collect();
    Reply::of(200, json!({"@odata.context": "x", "value": shown}))
}

fn gateway(world: &World, id: &str) -> Reply {
    if !world.gateways.iter().any(|known| known == id) {
        return refusal(404, "GatewayNotFound", "");
    }
    let key = json!({"exponent": "AQAB", "modulus": "o6j2cLk="});
    Reply::of(200, json!({"id": id, "name": "Cellar", "type": "Resource", "publicKey": key}))
}

fn in_group(world: &mut World, asked: &Asked, method: &str, group: &str, rest: &[&str]) -> Reply {
    let gateways = world.gateways.clone();
    let fresh = (world.fresh_id(), world.fresh_id());
    let Some(workspace) = world.workspaces.iter_mut().find(|known| known.id == group) else {
        return unknown("no such group");
    };
    let viewer = workspace.viewer;
    let (id, rest) = match rest {
        [] => {
            let shown: Vec<Value> = workspace.sets.iter().map(|set| shown(set, &gateways)).collect();
            return Reply::of(200, json!({"value": shown}));
        }
        [id, rest @ ..] => (*id, rest),
    };
    let Some(set) = workspace.sets.iter_mut().find(|set| set.id == id) else {
        return unknown("no such data set");
    };
    if viewer {
        return refusal(403, "PowerBINotAuthorizedException", "");
    }
    match (method, rest) {
        ("GET", ["datasources"]) => {
            Reply::of(200, json!({"value": set.sources.iter().map(source).collect::<Vec<_>>()}))
        }
        ("GET", ["refreshSchedule"]) => Reply::of(200, set.schedule.clone()),
        ("PATCH", ["refreshSchedule"]) if !set.owned => not_owner(),
        ("PATCH", ["refreshSchedule"]) => match asked.json() {
            Some(body) if body == json!({"value": {"enabled": true}}) => {
                set.schedule["enabled"] = true.into();
                Reply::empty(200)
            }
            body => refusal(400, "BadRequest", &format!("not this: {body:?}")),
        },
        ("GET", ["refreshes"]) => runs(set, &asked.query),
        ("POST", ["refreshes"]) => start(set, asked, &fresh.0),
        ("POST", ["Default.TakeOver"]) => take_over(set, &gateways, fresh),
        _ => refusal(403, "API is not accessible for application", ""),
    }
}

fn not_owner() -> Reply {
    refusal(403, "PowerBINotAuthorizedException", "This operation is only supported for the dataset owner")
}

fn shown(set: &Set, gateways: &[String]) -> Value {
    let on_premises = set.sources.iter().any(|source| gateways.contains(&source.gateway_id));
    let owner = if set.owned { "app" } else { "anna@acme.example" };
    json!({"id": set.id, "name": set.name, "addRowsAPIEnabled": false, "configuredBy": owner, "isRefreshable": true,
        "isEffectiveIdentityRequired": false, "isOnPremGatewayRequired": on_premises})
}

fn source(source: &Source) -> Value {
    let mut shown = json!({"datasourceType": source.kind, "connectionDetails": {"url": source.url}});
    if source.bound {
        shown["datasourceId"] = source.datasource_id.as_str().into();
        shown["gatewayId"] = source.gateway_id.as_str().into();
    }
    shown
}

/// The owner's data sources are others than those of the owner before, and hold nothing yet.
fn take_over(set: &mut Set, gateways: &[String], (gateway, datasource): (String, String)) -> Reply {
    set.owned = true;
    for source in set.sources.iter_mut().filter(|source| !gateways.contains(&source.gateway_id)) {
        *source = Source {
            kind: source.kind.clone(),
            url: source.url.clone(),
            bound: !set.unbinds,
            gateway_id: gateway.clone(),
            datasource_id: datasource.clone(),
            credentials: None,
        };
    }
    Reply::empty(200)
}

fn credentials(world: &mut World, asked: &Asked, gateway: &str, id: &str) -> Reply {
    let on_premises = world.gateways.iter().any(|known| known == gateway);
    let sets = world.workspaces.iter_mut().flat_map(|workspace| &mut workspace.sets);
    let here = |source: &Source| source.gateway_id == gateway && source.datasource_id == id;
    let Some(set) = sets.into_iter().find(|set| set.sources.iter().any(here)) else {
        return unknown("no such data source");
    };
    if !set.owned {
        return not_owner();
    }
    let owner = set.sources.iter_mut().find(|source| here(source));
    let Some(source) = owner else { return unknown("no such data source") };
    let Some((user, password)) = asked.json().and_then(|body| basic(&body, source.url.starts_with("https:")))
    else {
        return refusal(400, "BadRequest", "credentialDetails are not as documented");
    };
    if on_premises {
        return refusal(400, "DM_GWPipeline_Gateway_DecryptionFailed", "");
    }
    if !works(&source.url, &user, &password) {
        let value = json!({"type": 1, "value": "The credentials provided for the OData source are invalid."});
        let details = json!([{"code": "DM_ErrorDetailNameCode_UnderlyingErrorMessage", "detail": value}]);
        let code = "DM_GWPipeline_Gateway_InvalidConnectionCredentials";
        let body = json!({"error": {"code": code, "pbi.error": {"code": code, "parameters": {}, "details": details}}});
        return Reply::of(400, body);
    }
    source.credentials = Some((user, password));
    Reply::empty(200)
}

/// User name and password of a body that is exactly as documented.
fn basic(body: &Value, encrypted: bool) -> Option<(String, String)> {
    let text = body["credentialDetails"]["credentials"].as_str()?;
    let inner: Value = serde_json::from_str(text).ok()?;
    let value = |at: usize| inner["credentialData"][at]["value"].as_str().map(str::to_owned);
    let (user, password) = (value(0)?, value(1)?);
    let pair = |name: &str, value: &str| json!({"name": name, "value": value});
    let expected = json!({"credentialDetails": {
        "credentialType": "Basic",
        "credentials": text,
        "encryptedConnection": if encrypted { "Encrypted" } else { "NotEncrypted" },
        "encryptionAlgorithm": "None",
        "privacyLevel": "Organizational",
        "useEndUserOAuth2Credentials": "False",
    }});
    let data = json!({"credentialData": [pair("username", &user), pair("password", &password)]});
    (*body == expected && inner == data).then_some((user, password))
}

/// Whether the feed takes them. A feed that is nowhere takes everything: there are tests without a server.
fn works(url: &str, user: &str, password: &str) -> bool {
    if url.contains(".example") {
        return true;
    }
    Request::get(url).basic(user, password).send(&Url::parse(url).authority).status == 200
}

fn start(set: &mut Set, asked: &Asked, id: &str) -> Reply {
    if asked.json() != Some(json!({"notifyOption": "NoNotification"})) {
        return refusal(400, "InvalidRequest", "notifyOption is not for service principals");
    }
    if set.runs.first().is_some_and(|run| run["status"] == "Unknown") {
        return refusal(409, "RefreshInProgressException", "Another refresh request is already executing");
    }
    let run = json!({"refreshType": "ViaApi", "startTime": "2026-01-01T00:00:00.123Z", "status": "Unknown",
        "requestId": id, "looks": 0});
    set.runs.insert(0, run);
    Reply::empty(202).with("x-ms-request-id", id)
}

fn runs(set: &mut Set, query: &str) -> Reply {
    let top = query.strip_prefix("$top=").and_then(|top| top.parse().ok()).unwrap_or(60);
    if let Some(run) = set.runs.first_mut().filter(|run| run["status"] == "Unknown") {
        let looks = run["looks"].as_u64().unwrap_or(0);
        run["looks"] = (looks + 1).into();
        if looks > 0 && set.next != Outcome::Lasts {
            run["endTime"] = "2026-01-01T00:05:00.5Z".into();
            run["status"] = "Completed".into();
        }
        if run["status"] == "Completed" && set.next == Outcome::Fails {
            run["status"] = "Failed".into();
            run["serviceExceptionJson"] =
                r#"{"errorCode":"ModelRefreshFailed_CredentialsNotSpecified","errorDescription":"told"}"#
                    .into();
        }
    }
    let shown: Vec<Value> = set.runs.iter().take(top).cloned().collect();
    Reply::of(200, json!({"value": shown}))
}
