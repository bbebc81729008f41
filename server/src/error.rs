//! Every way a request can be refused or fail, and the one table that maps each to status, code and text.
//!
//! Promise: nothing else in the crate picks a status code for a failure. A 401 here only ever speaks of the
//! caller's own credential and a 403 only of what the tenant decided about the caller: Power BI discards a stored
//! credential at either. The text for the caller is `message`; what only the log may know is `internal`.

use std::time::Duration;

use http::header::{ALLOW, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;

use crate::execute::ExecuteError;

mod answer;
mod table;

pub use table::{Code, ROWS, Row, row};

/// Why a request did not get the answer it asked for.
#[derive(Debug, Clone)]
pub enum Failure {
    /// The request itself is not one we can trust (two credentials, no host).
    BadRequest(String),
    /// No credentials, another scheme than Basic, or an empty Bearer.
    CredentialsMissing,
    /// Not decodable, unknown, wrong secret or wrong user: outside all alike, inside with the reason.
    CredentialsInvalid(Unproven),
    /// The secret is right, and the token was revoked.
    TokenRevoked {
        /// The token's label.
        label: String,
        /// When it was revoked.
        since: Timestamp,
    },
    /// The secret is right, and the token has expired.
    TokenExpired {
        /// The token's label.
        label: String,
        /// When it expired.
        since: Timestamp,
    },
    /// The secret is right, and its user is disabled.
    UserDisabled,
    /// The tenant is suspended.
    TenantSuspended,
    /// The tenant does not admit this address.
    AddressNotAllowed,
    /// Unknown, of another tenant, not shared, or out of the token's scope.
    DataSourceNotFound,
    /// What the OData layer says of the URL.
    Odata(odata::Error),
    /// What the OData layer says of a request that it answers as a whole.
    Service(odata::service::Refusal),
    /// A skiptoken that is not ours, or not for this query.
    SkipTokenInvalid,
    /// A page of a model version that is gone.
    PageExpired,
    /// The client accepts no format we write, or an OData version we do not speak.
    NotAcceptable(String),
    /// A rate of the policy is used up.
    TooManyRequests {
        /// Whose rate: `token`, `user` or `tenant`.
        whose: &'static str,
        /// When another attempt can succeed.
        retry_after: Duration,
    },
    /// The service protects itself; the request was not looked at further.
    Overloaded {
        /// What is short, for the log.
        what: &'static str,
        /// 429 when the caller's own unproven attempts are the cause, else 503.
        own_fault: bool,
    },
    /// HubSpot, or the way to it.
    Hubspot(HubspotFailure),
    /// The read could not be proven complete.
    SourceChanged(String),
    /// The request's deadline passed before the first row was proven.
    SourceTimeout,
    /// Our own store does not answer.
    StoreUnavailable(String),
    /// The request line is longer than 32 KiB.
    UriTooLong,
    /// More or longer header fields than a client of ours sends.
    HeadersTooLarge,
    /// A body of more than 1 MiB.
    BodyTooLarge,
    /// A body that did not come whole in time.
    BodyTooSlow,
    /// A body of another sort than the path takes.
    UnsupportedMediaType(String),
    /// A method that would change something, or that the path does not take.
    MethodNotAllowed {
        /// What it takes, as in `Allow`.
        allow: &'static str,
    },
    /// A request of a batch, of which another one failed that it depends on.
    FailedDependency,
    /// Understood, not built.
    NotSupported {
        /// The option or segment.
        target: Option<String>,
        /// What to do instead.
        message: String,
    },
    /// A path outside the feeds.
    PathNotFound,
    /// A fault of ours.
    Internal(String),
}

/// Why a credential was not proven; never leaves the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unproven {
    /// Not Base64, not UTF-8, no colon, control characters, too long.
    Undecodable,
    /// The password is no token: prefix, length, alphabet or checksum.
    Malformed,
    /// A well-formed token that the store does not have.
    UnknownToken,
    /// The id is known, the secret is another.
    WrongSecret,
    /// The secret is right and belongs to another user name.
    WrongUser,
}

impl Unproven {
    /// The word used in history and metrics.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Undecodable => "undecodable",
            Self::Malformed => "malformed",
            Self::UnknownToken => "unknown_token",
            Self::WrongSecret => "wrong_secret",
            Self::WrongUser => "wrong_user",
        }
    }
}

/// HubSpot's part in a failure, with what its sentence needs.
#[derive(Debug, Clone)]
pub enum HubspotFailure {
    /// The connection's credential is refused.
    CredentialsRejected,
    /// The credential lacks these scopes.
    ScopeMissing(Vec<String>),
    /// The account's daily limit is spent, until then if that is known.
    DailyLimit(Option<Timestamp>),
    /// Throttled for longer than the request may wait.
    Throttled(Duration),
    /// Unreachable, or 5xx after every retry.
    Unavailable(Option<Duration>),
    /// It refused our own call: a fault of ours or a change of its API.
    Rejected(String),
}

/// The answer to a failure, before it is written as OData JSON.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: StatusCode,
    /// `error.code`.
    pub code: Code,
    /// A sentence for a person.
    pub message: String,
    /// The option or segment it is about.
    pub target: Option<String>,
    /// Whole seconds, 1 to 120.
    pub retry_after: Option<u64>,
    /// The methods that the path takes.
    pub allow: Option<&'static str>,
    /// What only the log may know.
    pub internal: Option<String>,
}

impl Failure {
    /// The answer of this failure: the same failure always gets the same one.
    #[must_use]
    pub fn answer(&self) -> Answer {
        answer::of(self)
    }
}

/// The challenge of every 401, exactly.
const CHALLENGE: &str = "Basic realm=\"Feedgate\", charset=\"UTF-8\"";

impl Answer {
    /// The header fields that belong to it.
    pub(crate) fn fields(&self) -> Vec<(HeaderName, HeaderValue)> {
        let mut fields = vec![
            (CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8")),
            (HeaderName::from_static("odata-version"), HeaderValue::from_static("4.0")),
        ];
        if self.status == StatusCode::UNAUTHORIZED {
            fields.push((WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE)));
        }
        fields.extend(self.allow.map(|methods| (ALLOW, HeaderValue::from_static(methods))));
        fields.extend(self.retry_after.map(|seconds| (RETRY_AFTER, HeaderValue::from(seconds))));
        fields
    }

    /// The body, as OData's JSON.
    pub(crate) fn body(&self) -> Vec<u8> {
        odata::write::error(self.code.name(), &self.message, self.target.as_deref(), &[])
    }
}

impl From<odata::Error> for Failure {
    fn from(error: odata::Error) -> Self {
        Self::Odata(error)
    }
}

impl From<schema::StoreError> for Failure {
    fn from(error: schema::StoreError) -> Self {
        Self::StoreUnavailable(error.to_string())
    }
}

impl From<hubspot::Error> for Failure {
    fn from(error: hubspot::Error) -> Self {
        use hubspot::Error as E;
        Self::Hubspot(match error {
            E::CredentialsRejected { .. } => HubspotFailure::CredentialsRejected,
            E::ScopeMissing { scopes, .. } => HubspotFailure::ScopeMissing(scopes),
            E::DailyLimit { resets_at } => HubspotFailure::DailyLimit(resets_at),
            E::Throttled { retry_after } => HubspotFailure::Throttled(retry_after),
            // HubSpot's own sentences may quote a value, and values are neither logged nor stored.
            E::Unavailable { retry_after, .. } => HubspotFailure::Unavailable(retry_after),
            E::NoRoom => return Self::Overloaded { what: "memory for pages", own_fault: false },
            E::Timeout => return Self::SourceTimeout,
            // A damaged answer, after every retry: something in between is at work, and passes.
            E::Malformed { .. } => HubspotFailure::Unavailable(None),
            E::Inconsistent { message } => return Self::SourceChanged(message),
            E::Rejected { status, category, .. } => {
                HubspotFailure::Rejected(format!("status {status}, {}", category.unwrap_or_default()))
            }
            other => HubspotFailure::Rejected(other.kind().to_owned()),
        })
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        match error {
            ExecuteError::Hubspot(error) => error.into(),
            ExecuteError::Odata(error) => error.into(),
            ExecuteError::SourceChanged { message } => Self::SourceChanged(message),
            ExecuteError::SkipTokenInvalid => Self::SkipTokenInvalid,
            ExecuteError::PageExpired => Self::PageExpired,
            ExecuteError::NotSupported { option, message } => {
                Self::NotSupported { target: Some(option.to_owned()), message }
            }
        }
    }
}
