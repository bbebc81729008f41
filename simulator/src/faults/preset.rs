//! The faults that HubSpot is known for, by name: what they answer, in the words that were seen.

use serde::{Deserialize, Serialize};

use super::{Blow, FaultAnswer};
use crate::dice::Dice;

/// A known trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// 429 of the ten-second window, with its policy name and without `Retry-After`.
    BurstLimit,
    /// 429 as search answers it: no policy name.
    SecondlyLimit,
    /// 429 until the account's midnight.
    DailyLimit,
    /// 429 with `Retry-After: 1`.
    LimitWithRetryAfter,
    /// 429 from the edge, as text.
    PlainLimit,
    /// 423: locked for two seconds.
    Locked,
    /// 477: the account moves to another data centre, for hours.
    Moving,
    /// 414 from the edge, as HTML.
    UriTooLong,
    /// 401: no credentials were found in the call.
    CredentialsMissing,
    /// 401: the token has expired.
    TokenExpired,
    /// 403: the token lacks a scope.
    ScopeMissing,
    /// 530: the edge cannot make anything of the token.
    MalformedToken,
    /// 500.
    ServerError,
    /// 502, as HTML.
    BadGateway,
    /// 503.
    Unavailable,
    /// 504.
    GatewayTimeout,
    /// 520: something unknown between edge and server.
    UnknownError,
    /// 521: the server refused the edge.
    ServerDown,
    /// 522: the server did not take the edge's connection.
    ConnectionTimedOut,
    /// 523: the server cannot be reached.
    Unreachable,
    /// 524: no answer within 100 s.
    TimedOut,
    /// The connection breaks before the body.
    CutAtOnce,
    /// The connection breaks within the body.
    Cut,
    /// Half of a JSON object, and nothing wrong with the connection.
    HalfJson,
    /// 200 without a body.
    EmptyBody,
    /// 200 with a page for people.
    Html,
    /// The body comes drop by drop.
    SlowBody,
    /// No answer, ever.
    Hanging,
    /// One of those that pass by themselves, a different one each time.
    Passing,
}

/// What [`Preset::Passing`] chooses from.
const PASSING: [Preset; 15] = [
    Preset::BurstLimit,
    Preset::SecondlyLimit,
    Preset::LimitWithRetryAfter,
    Preset::PlainLimit,
    Preset::Locked,
    Preset::ServerError,
    Preset::BadGateway,
    Preset::Unavailable,
    Preset::GatewayTimeout,
    Preset::UnknownError,
    Preset::ServerDown,
    Preset::TimedOut,
    Preset::CutAtOnce,
    Preset::Cut,
    Preset::SlowBody,
];

/// Longer than any client waits.
const FOR_EVER_MS: u64 = 24 * 3_600 * 1_000;

/// Between two kilobytes of a slow body: a list page of a hundred rows takes some seconds.
const TRICKLE_MS: u64 = 20;

impl Preset {
    /// What it does to a call.
    pub(super) fn blow(self, dice: &mut Dice) -> Blow {
        let answer = |status: u16, headers: &[(&str, &str)], body: &str| {
            let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            let body = body.replace("ID", "a43683b0-5717-4ceb-80b4-104d02915d8c");
            Blow { answer: Some(FaultAnswer { status, headers, body }), ..Blow::default() }
        };
        let burst = r#"{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","correlationId":"ID","policyName":"TEN_SECONDLY_ROLLING","requestId":"ID"}"#;
        let internal = r#"{"status":"error","message":"internal error","correlationId":"ID"}"#;
        let html = |text: &str| {
            format!(
                "<html>\r\n<head><title>{text}</title></head>\r\n<body><center><h1>{text}</h1></center></body>\r\n</html>\r\n"
            )
        };
        match self {
            Preset::BurstLimit => answer(429, &[], burst),
            Preset::LimitWithRetryAfter => answer(429, &[("Retry-After", "1")], burst),
            Preset::SecondlyLimit => answer(
                429,
                &[],
                r#"{"status":"error","message":"You have reached your secondly limit.","correlationId":"ID","category":"RATE_LIMITS"}"#,
            ),
            Preset::DailyLimit => answer(
                429,
                &[],
                r#"{"status":"error","message":"You have reached your daily limit.","errorType":"RATE_LIMIT","correlationId":"ID","policyName":"DAILY","requestId":"ID"}"#,
            ),
            Preset::PlainLimit => answer(429, &[], "error code: 1015"),
            Preset::Locked => {
                answer(423, &[], r#"{"status":"error","message":"resource is locked","correlationId":"ID"}"#)
            }
            Preset::Moving => answer(
                477,
                &[("Retry-After", "3600")],
                r#"{"status":"error","message":"This portal is being migrated.","correlationId":"ID"}"#,
            ),
            Preset::UriTooLong => answer(414, &[], &html("414 Request-URI Too Large")),
            Preset::CredentialsMissing => answer(
                401,
                &[],
                r#"{"status":"error","message":"Authentication credentials not found.","correlationId":"ID","category":"INVALID_AUTHENTICATION"}"#,
            ),
            Preset::TokenExpired => answer(
                401,
                &[],
                r#"{"status":"error","message":"The OAuth token used to make this call expired 0 day(s) ago.","correlationId":"ID","context":{"expire time":["2026-11-01T02:00:00Z"]},"category":"EXPIRED_AUTHENTICATION"}"#,
            ),
            Preset::ScopeMissing => answer(
                403,
                &[],
                r#"{"status":"error","message":"This app hasn't been granted all required scopes to make this call.","correlationId":"ID","errors":[{"message":"One or more of the following scopes are required.","context":{"requiredGranularScopes":["crm.objects.contacts.read"]}}],"links":{"scopes":"https://developers.hubspot.com/scopes"},"category":"MISSING_SCOPES"}"#,
            ),
            Preset::MalformedToken => answer(530, &[], &html("530")),
            Preset::ServerError => answer(500, &[], internal),
            Preset::BadGateway => answer(502, &[], &html("502 Bad Gateway")),
            Preset::Unavailable => answer(503, &[], internal),
            Preset::GatewayTimeout => answer(504, &[], &html("504 Gateway Time-out")),
            Preset::UnknownError => answer(520, &[], "error code: 520"),
            Preset::ServerDown => answer(521, &[], "error code: 521"),
            Preset::ConnectionTimedOut => answer(522, &[], "error code: 522"),
            Preset::Unreachable => answer(523, &[], "error code: 523"),
            Preset::TimedOut => answer(524, &[], "error code: 524"),
            Preset::HalfJson => answer(200, &[], r#"{"results":[{"id":"1","properties":{"createda"#),
            Preset::EmptyBody => answer(200, &[], ""),
            Preset::Html => answer(200, &[], &html("Just a moment...")),
            Preset::CutAtOnce => Blow { cut_after_bytes: Some(0), ..Blow::default() },
            Preset::Cut => Blow { cut_after_bytes: Some(1 + dice.below(400)), ..Blow::default() },
            Preset::SlowBody => Blow { trickle_ms: TRICKLE_MS, ..Blow::default() },
            Preset::Hanging => Blow { delay_ms: FOR_EVER_MS, ..Blow::default() },
            Preset::Passing => PASSING[dice.below(PASSING.len())].blow(dice),
        }
    }
}
