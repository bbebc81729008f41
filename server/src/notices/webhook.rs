//! Delivery by webhook: one signed POST, as Standard Webhooks (standardwebhooks.com) describes it, so that receivers
//! check it with a library.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::StatusCode;
use jiff::Timestamp;
use schema::Secret;
use schema::operations::notice_claim::Claimed;
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Undelivered, text};
use crate::outgoing;

/// A receiver that needs longer does its work before it answers: the notice is sent again.
const TIMEOUT: Duration = Duration::from_secs(15);

/// Sends webhooks. A redirect is not followed: a receiver that moved is given anew, or somebody else could be told.
pub(crate) struct Webhooks {
    client: Result<reqwest::Client, String>,
}

impl Webhooks {
    /// With the certificate authorities of the system; where there are none, every delivery says so.
    pub(crate) fn new() -> Self {
        Self { client: outgoing::client(TIMEOUT, true) }
    }

    /// Sends one.
    pub(crate) async fn send(
        &self,
        claimed: &Claimed,
        public_url: &str,
        now: Timestamp,
    ) -> Result<(), Undelivered> {
        let client = self.client.as_ref().map_err(|reason| Undelivered::passing(reason.clone()))?;
        let secret = match &claimed.secret {
            Some(Ok(secret)) => secret,
            Some(Err(reason)) => return Err(Undelivered::passing(reason.clone())),
            None => return Err(Undelivered::lasting("the webhook has no signing secret")),
        };
        let body = body(claimed, public_url).to_string();
        let (id, at) = (&claimed.notice.id, now.as_second().to_string());
        let request = client
            .post(&claimed.address)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", &at)
            .header("webhook-signature", signature(secret, id, &at, &body))
            .body(body);
        let answer = request
            .send()
            .await
            .map_err(|error| Undelivered::passing(outgoing::reason("the receiver", &error)))?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            StatusCode::GONE => Err(Undelivered::lasting("the receiver answered 410 Gone")),
            status => Err(Undelivered::passing(format!("the receiver answered {status}"))),
        }
    }
}

/// What is sent: the facts for programs, the sentences for people.
pub(super) fn body(claimed: &Claimed, public_url: &str) -> Value {
    let notice = &claimed.notice;
    let text = text::text(notice);
    let code = notice.details["error_code"].as_str();
    json!({
        "id": notice.id,
        "kind": notice.kind,
        "severity": notice.severity,
        "at": notice.at,
        "tenant": claimed.tenant_name,
        "title": text.title,
        "text": text.body(),
        "token_id": notice.token_id,
        "user": notice.user,
        "data_source": notice.data_source,
        "data_source_url": notice.data_source.as_ref().map(|id| format!("{public_url}/odata/{id}/")),
        "category": code.map(text::category),
        "details": notice.details,
    })
}

/// `v1,` and the base64 of an HMAC-SHA-256 over id, time and body.
pub(super) fn signature(secret: &Secret, id: &str, at: &str, body: &str) -> String {
    let key = signing_key(secret.expose());
    // An HMAC takes a key of any length.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&key) else { return String::new() };
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

/// `whsec_` stands before base64, as senders hand secrets out; anything else is the key itself.
fn signing_key(secret: &str) -> Vec<u8> {
    let encoded = secret.strip_prefix("whsec_").and_then(|text| STANDARD.decode(text).ok());
    encoded.unwrap_or_else(|| secret.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_the_one_of_the_specification() {
        // The example that the specification's libraries are tested with.
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into());
        let signed =
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", r#"{"test": 2432232314}"#);
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_secret_that_is_no_base64_is_the_key_itself() {
        assert_eq!(signing_key("whsec_YWJj"), b"abc");
        assert_eq!(signing_key("a plain secret"), b"a plain secret");
        assert_eq!(signing_key("whsec_no base64"), b"whsec_no base64");
    }
}
