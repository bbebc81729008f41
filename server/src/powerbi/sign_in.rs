//! Signing in as a service principal: the client credentials grant of Microsoft Entra.

use std::fmt::Write as _;
use std::time::Duration;

use reqwest::header::CONTENT_TYPE;
use schema::operations::powerbi_principal::Outcome as Principal;
use serde::Deserialize;
use tokio::time::Instant;
use zeroize::Zeroizing;

use super::call::{self, Answer};
use super::endpoints::Endpoints;
use super::error::{Error, shortened};

/// A token is renewed so long before its end: no call takes longer.
const AHEAD: Duration = Duration::from_secs(300);

/// Who signs it in.
const WHOM: &str = "Microsoft Entra";

/// An access token, and until when it is used.
pub(super) struct Access {
    pub(super) token: Zeroizing<String>,
    pub(super) until: Instant,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    expires_in: u64,
}

/// Signs in.
pub(super) async fn sign_in(
    http: &reqwest::Client,
    endpoints: &Endpoints,
    principal: &Principal,
) -> Result<Access, Error> {
    let url = format!("{}/{}/oauth2/v2.0/token", endpoints.login_url, principal.directory);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", &principal.client_id),
        ("client_secret", principal.secret.expose().trim()),
        ("scope", &endpoints.scope),
    ];
    let form = Zeroizing::new(fields.map(|(name, value)| format!("{name}={}", encoded(value))).join("&"));
    let answer = call::persist(WHOM, true, || {
        let request = http.post(&url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        request.body(form.as_str().to_owned())
    });
    let answer = answer.await?;
    if !answer.status.is_success() {
        return Err(refused(&answer));
    }
    let body = Zeroizing::new(answer.body);
    let granted: Granted = serde_json::from_slice(&body).map_err(|_| malformed("no token in it"))?;
    let life = Duration::from_secs(granted.expires_in).saturating_sub(AHEAD);
    Ok(Access { token: Zeroizing::new(granted.access_token), until: Instant::now() + life })
}

fn malformed(what: &str) -> Error {
    Error::Malformed { whom: WHOM, what: what.to_owned() }
}

/// The error of OAuth (RFC 6749, section 5.2) with Microsoft's numbers.
fn refused(answer: &Answer) -> Error {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Said {
        error: String,
        error_description: String,
        error_codes: Vec<u64>,
    }
    let Ok(said) = serde_json::from_slice::<Said>(&answer.body) else {
        let what = format!("status {} without a reason", answer.status.as_u16());
        return Error::Malformed { whom: WHOM, what };
    };
    let advice = said.error_codes.iter().find_map(|code| advice(*code));
    let advice = advice.unwrap_or("look whether directory, client id and client secret belong together");
    let first = said.error_description.lines().next().unwrap_or_default();
    Error::SignInRefused { advice, said: shortened(if first.is_empty() { &said.error } else { first }) }
}

/// The numbers behind AADSTS that a wrong setup leads to.
fn advice(code: u64) -> Option<&'static str> {
    Some(match code {
        90_002 | 900_023 => "it knows no such directory: look at --directory",
        700_016 => "the directory has no such application: look at --client-id",
        7_000_215 => "the client secret is wrong: give its value, not its id",
        7_000_222 => "the client secret has expired: make a new one for the application, then connect again",
        7_000_112 => "the application is disabled in the directory",
        _ => return None,
    })
}

/// Percent-encodes a value of a form.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len() * 3);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
