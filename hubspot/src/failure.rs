//! What an answer that is no success means, and whether another attempt makes sense.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::StatusCode;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::Error;

/// HubSpot locks a resource for two seconds (423).
const LOCKED_FOR: Duration = Duration::from_secs(2);

/// Longest message taken over from an answer.
const LONGEST_MESSAGE: usize = 300;

/// An attempt that brought nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Another attempt would end the same way.
    Final(Error),
    /// May be over soon; HubSpot may have said when.
    Transient { error: Error, pause: Option<Duration> },
    /// The rate was too high; the queue knows how long nothing starts.
    Throttled { pause: Duration },
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

/// What an answer without success says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Failed(Failure),
    /// Too many calls in the short run.
    TooFast {
        asked: Option<Duration>,
    },
    /// Too many calls today; when HubSpot sent the answer.
    TooManyToday {
        at: Option<Timestamp>,
    },
}

/// Reads status, headers and body of an answer that is no success. The body may be anything, also HTML.
pub(crate) fn judge(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Verdict {
    let said = Said::read(body);
    let asked = retry_after(headers);
    let transient = |pause| {
        let error = Error::Unavailable { retry_after: asked, message: said.sentence(status) };
        Verdict::Failed(Failure::Transient { error, pause })
    };
    match status.as_u16() {
        429 if said.is_daily() => Verdict::TooManyToday { at: date(headers) },
        429 => Verdict::TooFast { asked },
        423 => transient(Some(asked.map_or(LOCKED_FOR, |asked| asked.max(LOCKED_FOR)))),
        // Not listed by HubSpot for reads, and nothing that passes.
        501 | 505 | 530 | 100..=499 => Verdict::Failed(Failure::Final(said.refusal(status, asked))),
        _ => transient(asked),
    }
}

/// HubSpot's error envelope; every part of it is optional.
struct Said(Value);

impl Said {
    fn read(body: &[u8]) -> Self {
        Self(serde_json::from_slice(body).unwrap_or(Value::Null))
    }

    fn text(&self, field: &str) -> Option<&str> {
        self.0.get(field)?.as_str()
    }

    fn is_daily(&self) -> bool {
        match self.text("policyName") {
            Some(policy) => policy == "DAILY",
            None => self.text("message").is_some_and(|message| message.contains("daily limit")),
        }
    }

    fn sentence(&self, status: StatusCode) -> String {
        match self.text("message") {
            Some(message) => shortened(message),
            None => format!("status {} without a reason", status.as_u16()),
        }
    }

    fn refusal(&self, status: StatusCode, asked: Option<Duration>) -> Error {
        let message = self.sentence(status);
        let category = self.text("category").map(shortened);
        match status.as_u16() {
            401 => Error::CredentialsRejected { message },
            // HubSpot's edge answers so when the token is not even shaped like one.
            530 => Error::CredentialsRejected {
                message: "the credential is not shaped like a HubSpot token".to_owned(),
            },
            403 if category.as_deref() == Some("MISSING_SCOPES") => {
                Error::ScopeMissing { scopes: self.scopes(), message }
            }
            // HubSpot itself forbids: it is about what the credential may do. Without HubSpot's envelope it was a
            // firewall on the way, which another credential would not help.
            403 if self.0.is_object() => Error::CredentialsRejected { message },
            404 => Error::NotFound { message },
            414 => Error::Rejected {
                status: 414,
                category,
                message: "the address of the request is too long".to_owned(),
            },
            // A move to another data centre, for up to a day.
            477 => Error::Unavailable { retry_after: asked, message },
            300..=399 => Error::Rejected {
                status: status.as_u16(),
                category,
                message: "a redirect, which is never followed: check the base URL".to_owned(),
            },
            501 | 505 => Error::Unavailable { retry_after: asked, message },
            status => Error::Rejected { status, category, message },
        }
    }

    fn scopes(&self) -> Vec<String> {
        let errors = self.0.get("errors").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let mut scopes: Vec<String> = errors
            .iter()
            .chain([&self.0])
            .filter_map(|holder| holder.get("context")?.get("requiredGranularScopes")?.as_array())
            .flatten()
            .filter_map(|scope| scope.as_str().map(shortened))
            .collect();
        scopes.sort_unstable();
        scopes.dedup();
        scopes
    }
}

/// One line of bearable length.
pub(crate) fn shortened(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST_MESSAGE).collect()
}

/// `Retry-After` in seconds; HubSpot never sends the form with a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// When the answer was sent, by HubSpot's clock.
fn date(headers: &HeaderMap) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(headers.get(DATE)?.as_bytes()).ok()
}

/// The next midnight after `now` in a zone that is `offset_ms` ahead of UTC. A change to or from daylight saving time
/// before then makes it wrong by that hour, which is near enough for saying when to come back.
pub(crate) fn next_midnight(now: Timestamp, offset_ms: i64) -> Option<Timestamp> {
    const DAY_MS: i64 = 24 * 60 * 60 * 1_000;
    let local = now.as_millisecond().checked_add(offset_ms)?;
    let midnight = local.checked_sub(local.rem_euclid(DAY_MS))?.checked_add(DAY_MS)?;
    Timestamp::from_millisecond(midnight.checked_sub(offset_ms)?).ok()
}
