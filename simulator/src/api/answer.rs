//! Answers: JSON bodies with HubSpot's key order, and the one table from a problem to its status and body.

use serde::Serialize;

use crate::budget::Refusal;
use crate::instant::{DAY_MS, iso};

/// A finished answer, before it meets the wire.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// A JSON answer.
    pub(crate) fn json<T: Serialize + ?Sized>(status: u16, value: &T) -> Answer {
        // Only texts, numbers and lists are ever written: this cannot fail for the types in use.
        let body = serde_json::to_vec(value).unwrap_or_default();
        Answer { status, content_type: "application/json;charset=utf-8", headers: Vec::new(), body }
    }

    /// An answer without a body.
    pub(crate) fn empty(status: u16) -> Answer {
        Answer {
            status,
            content_type: "application/json;charset=utf-8",
            headers: Vec::new(),
            body: Vec::new(),
        }
    }
}

/// Why a call gets no data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Problem {
    /// No credentials at all.
    CredentialsMissing,
    /// A token that has expired; one that is not the portal's counts as expired in 1970.
    TokenExpired { at: i64, now: i64 },
    /// The token lacks each of these; one would be enough.
    ScopesMissing(Vec<String>),
    /// A budget is used up.
    Rate(Refusal),
    /// The request says something impossible.
    Invalid(String),
    /// The search body cannot be understood; HubSpot does not say why.
    BadSearch,
    /// Search falls over at the epoch.
    SearchFailed,
    /// No such record, type, property or path.
    NotFound(String),
    /// The path exists for another method.
    MethodNotAllowed,
    /// The edge refuses the URL.
    UriTooLong,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    status: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_type: Option<&'static str>,
    correlation_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    policy_name: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<ExpiryContext>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<ScopeError<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    links: Option<Links>,
    #[serde(skip_serializing_if = "Option::is_none")]
    category: Option<&'static str>,
}

#[derive(Serialize)]
struct ExpiryContext {
    #[serde(rename = "expire time")]
    expire_time: [String; 1],
}

#[derive(Serialize)]
struct ScopeError<'a> {
    message: &'static str,
    context: ScopeContext<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ScopeContext<'a> {
    required_granular_scopes: &'a [String],
}

#[derive(Serialize)]
struct Links {
    scopes: &'static str,
}

const NO_CREDENTIALS: &str = "Authentication credentials not found. This API supports OAuth 2.0 authentication and you can \
     find more details at https://developers.hubspot.com/docs/methods/auth/oauth-overview";
const NO_SCOPE: &str = "This app hasn't been granted all required scopes to make this call. Read more about required scopes \
     here: https://developers.hubspot.com/scopes.";
const TOO_LONG: &str = "<html>\r\n<head><title>414 Request-URI Too Large</title></head>\r\n<body>\r\n\
     <center><h1>414 Request-URI Too Large</h1></center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n";

impl Problem {
    /// The answer, under a correlation id.
    pub(crate) fn answer(&self, correlation_id: &str) -> Answer {
        let (status, category, message) = self.face();
        let mut body = Body {
            status: "error",
            message: &message,
            error_type: None,
            correlation_id,
            policy_name: None,
            request_id: None,
            context: None,
            errors: Vec::new(),
            links: None,
            category,
        };
        match self {
            Problem::UriTooLong => {
                let body = TOO_LONG.as_bytes().to_vec();
                return Answer { status, content_type: "text/html", headers: Vec::new(), body };
            }
            Problem::TokenExpired { at, .. } => {
                body.context = Some(ExpiryContext { expire_time: [iso(*at)] });
            }
            Problem::ScopesMissing(scopes) => {
                let context = ScopeContext { required_granular_scopes: scopes };
                body.errors = vec![ScopeError {
                    message: "One or more of the following scopes are required.",
                    context,
                }];
                body.links = Some(Links { scopes: "https://developers.hubspot.com/scopes" });
            }
            Problem::Rate(refusal @ (Refusal::TenSecondly | Refusal::Daily)) => {
                body.error_type = Some("RATE_LIMIT");
                body.policy_name =
                    Some(if *refusal == Refusal::Daily { "DAILY" } else { "TEN_SECONDLY_ROLLING" });
                body.request_id = Some(correlation_id);
            }
            _ => {}
        }
        Answer::json(status, &body)
    }

    /// Status, category and message.
    fn face(&self) -> (u16, Option<&'static str>, String) {
        let message = |text: &str| text.to_owned();
        match self {
            Problem::CredentialsMissing => (401, Some("INVALID_AUTHENTICATION"), message(NO_CREDENTIALS)),
            Problem::TokenExpired { at, now } => {
                let days = (now - at) / DAY_MS;
                let text = format!("The OAuth token used to make this call expired {days} day(s) ago.");
                (401, Some("EXPIRED_AUTHENTICATION"), text)
            }
            Problem::ScopesMissing(_) => (403, Some("MISSING_SCOPES"), message(NO_SCOPE)),
            Problem::Rate(Refusal::Secondly) => {
                (429, Some("RATE_LIMITS"), message("You have reached your secondly limit."))
            }
            Problem::Rate(Refusal::TenSecondly) => {
                (429, None, message("You have reached your ten_secondly_rolling limit."))
            }
            Problem::Rate(Refusal::Daily) => (429, None, message("You have reached your daily limit.")),
            Problem::Invalid(text) => (400, Some("VALIDATION_ERROR"), text.clone()),
            Problem::BadSearch => (400, None, message("There was a problem with the request.")),
            Problem::SearchFailed => (500, None, message("internal error")),
            Problem::NotFound(text) => (404, Some("OBJECT_NOT_FOUND"), text.clone()),
            Problem::MethodNotAllowed => (405, None, message("HTTP 405 Method Not Allowed")),
            Problem::UriTooLong => (414, None, String::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(problem: &Problem) -> String {
        String::from_utf8(problem.answer("c-1").body).unwrap()
    }

    #[test]
    fn the_search_limit_answers_without_a_policy_name() {
        assert_eq!(
            text(&Problem::Rate(Refusal::Secondly)),
            r#"{"status":"error","message":"You have reached your secondly limit.","correlationId":"c-1","category":"RATE_LIMITS"}"#
        );
    }

    #[test]
    fn the_burst_limit_names_its_policy() {
        assert_eq!(
            text(&Problem::Rate(Refusal::TenSecondly)),
            r#"{"status":"error","message":"You have reached your ten_secondly_rolling limit.","errorType":"RATE_LIMIT","correlationId":"c-1","policyName":"TEN_SECONDLY_ROLLING","requestId":"c-1"}"#
        );
        assert!(text(&Problem::Rate(Refusal::Daily)).contains(r#""policyName":"DAILY""#));
    }

    #[test]
    fn the_two_forms_of_401_differ() {
        assert!(text(&Problem::CredentialsMissing).contains("INVALID_AUTHENTICATION"));
        let expired = text(&Problem::TokenExpired { at: 0, now: 3 * DAY_MS });
        assert!(expired.contains(r#""context":{"expire time":["1970-01-01T00:00:00Z"]}"#), "{expired}");
    }
}
