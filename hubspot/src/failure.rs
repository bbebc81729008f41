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

impl Failure {
    /// For the log, where HubSpot's sentences have no place: they may quote a value.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Final(error) | Self::Transient { error, .. } => error.kind(),
            Self::Throttled { .. } => "throttled",
        }
    }
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
        // 408: the edge waited too long for our request. 477: the portal moves to another data centre, for seconds or
        // for a day; a pause beyond the deadline is not begun.
        408 | 477 => transient(asked),
        // 530: the edge's word for a token that is not even shaped like one.
        530 | 100..=499 => Verdict::Failed(Failure::Final(said.refusal(status))),
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

    fn refusal(&self, status: StatusCode) -> Error {
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
            300..=399 => Error::Rejected {
                status: status.as_u16(),
                category,
                message: "a redirect, which is never followed: check the base URL".to_owned(),
            },
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
pub(crate) fn date(headers: &HeaderMap) -> Option<Timestamp> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(status: u16, headers: &[(&'static str, &'static str)], body: &str) -> Verdict {
        let map = headers.iter().map(|(name, value)| {
            (reqwest::header::HeaderName::from_static(name), reqwest::header::HeaderValue::from_static(value))
        });
        judge(StatusCode::from_u16(status).unwrap(), &map.collect(), body.as_bytes())
    }

    fn refused(status: u16, body: &str) -> Error {
        match judged(status, &[], body) {
            Verdict::Failed(Failure::Final(error)) => error,
            other => panic!("{status}: {other:?}"),
        }
    }

    #[test]
    fn server_errors_locks_and_moves_pass() {
        for status in [408, 423, 477, 500, 501, 502, 503, 504, 520, 521, 522, 523, 524] {
            let verdict = judged(status, &[], "<html>");
            assert!(matches!(verdict, Verdict::Failed(Failure::Transient { .. })), "{status}: {verdict:?}");
        }
    }

    #[test]
    fn refusals_do_not_pass() {
        for status in [301, 302, 400, 401, 402, 403, 404, 405, 409, 410, 413, 414, 415, 422, 431, 451, 530] {
            let verdict = judged(status, &[("retry-after", "5")], "");
            assert!(matches!(verdict, Verdict::Failed(Failure::Final(_))), "{status}: {verdict:?}");
        }
    }

    #[test]
    fn a_lock_is_waited_for_at_least_as_long_as_it_lasts() {
        let pause = |headers| match judged(423, headers, "") {
            Verdict::Failed(Failure::Transient { pause, .. }) => pause,
            other => panic!("{other:?}"),
        };
        assert_eq!(pause(&[]), Some(LOCKED_FOR));
        assert_eq!(pause(&[("retry-after", "1")]), Some(LOCKED_FOR));
        assert_eq!(pause(&[("retry-after", "9")]), Some(Duration::from_secs(9)));
    }

    #[test]
    fn the_daily_limit_is_told_from_the_others() {
        let date = [("date", "Thu, 17 Feb 2022 19:14:14 GMT")];
        let at = Some("2022-02-17T19:14:14Z".parse().unwrap());
        for body in [
            r#"{"status":"error","message":"You have reached your daily limit.","errorType":"RATE_LIMIT","policyName":"DAILY"}"#,
            r#"{"status":"error","message":"You have reached your daily limit.","category":"RATE_LIMITS"}"#,
        ] {
            assert_eq!(judged(429, &date, body), Verdict::TooManyToday { at }, "{body}");
        }
        for body in [
            r#"{"status":"error","message":"You have reached your secondly limit.","category":"RATE_LIMITS"}"#,
            r#"{"message":"You have reached your ten_secondly_rolling limit.","policyName":"TEN_SECONDLY_ROLLING"}"#,
            r#"{"policyName":"SECONDLY"}"#,
            "error code: 1015",
            "",
        ] {
            assert_eq!(judged(429, &date, body), Verdict::TooFast { asked: None }, "{body}");
        }
        let asked = Some(Duration::from_secs(3));
        assert_eq!(judged(429, &[("retry-after", "3")], "error code: 1015"), Verdict::TooFast { asked });
    }

    #[test]
    fn credentials_and_scopes_are_told_apart() {
        let expired = r#"{"message":"The OAuth token used to make this call expired 2 day(s) ago.","category":"EXPIRED_AUTHENTICATION"}"#;
        assert!(
            matches!(refused(401, expired), Error::CredentialsRejected { message } if message.contains("expired 2 day"))
        );
        assert!(matches!(refused(401, ""), Error::CredentialsRejected { .. }));
        assert!(matches!(refused(530, "<html>"), Error::CredentialsRejected { .. }));
        let missing = r#"{"message":"This app hasn't been granted all required scopes.","category":"MISSING_SCOPES",
            "errors":[{"context":{"requiredGranularScopes":["tickets","crm.objects.deals.read","tickets"]}}]}"#;
        let Error::ScopeMissing { scopes, .. } = refused(403, missing) else { panic!() };
        assert_eq!(scopes, ["crm.objects.deals.read", "tickets"]);
        assert!(
            matches!(refused(403, r#"{"category":"MISSING_SCOPES","errors":7}"#), Error::ScopeMissing { scopes, .. } if scopes.is_empty())
        );
        assert!(matches!(refused(403, r#"{"category":"BANNED"}"#), Error::CredentialsRejected { .. }));
        assert!(matches!(refused(403, "<html>blocked"), Error::Rejected { status: 403, .. }));
    }

    #[test]
    fn a_refused_request_keeps_hubspots_sentence_in_one_bounded_line() {
        let long = format!(r#"{{"message":"a\nb{}","category":"VALIDATION_ERROR"}}"#, "x".repeat(1_000));
        let Error::Rejected { status, category, message } = refused(400, &long) else { panic!() };
        assert_eq!(
            (status, category.as_deref(), message.chars().count()),
            (400, Some("VALIDATION_ERROR"), LONGEST_MESSAGE)
        );
        assert!(message.starts_with("a bx"));
        assert_eq!(
            refused(404, "<html>"),
            Error::NotFound { message: "status 404 without a reason".to_owned() }
        );
        assert!(
            matches!(refused(414, "<html>"), Error::Rejected { message, .. } if message.contains("too long"))
        );
    }

    #[test]
    fn a_moving_portal_says_when_it_is_back() {
        let verdict = judged(477, &[("retry-after", "7200")], "");
        let Verdict::Failed(Failure::Transient { error: Error::Unavailable { retry_after, .. }, pause }) =
            verdict
        else {
            panic!()
        };
        assert_eq!(
            (retry_after, pause),
            (Some(Duration::from_secs(7_200)), Some(Duration::from_secs(7_200)))
        );
    }

    #[test]
    fn the_day_ends_at_the_portals_midnight() {
        let midnight = |now: &str, hours: i64| {
            next_midnight(now.parse().unwrap(), hours * 3_600_000).unwrap().to_string()
        };
        assert_eq!(midnight("2026-11-20T12:00:00Z", 0), "2026-11-21T00:00:00Z");
        assert_eq!(midnight("2026-11-20T12:00:00Z", -5), "2026-11-21T05:00:00Z");
        assert_eq!(midnight("2026-11-20T23:30:00Z", 1), "2026-11-21T23:00:00Z");
        assert_eq!(midnight("2026-11-21T00:00:00Z", 0), "2026-11-22T00:00:00Z");
    }
}
