//! From a failure to its answer: the texts a person reads, and the status from the table.

use std::time::Duration;

use http::StatusCode;
use odata::ErrorKind;

use super::{Answer, Code, Failure, HubspotFailure};

/// Power Query waits 0.5 s to 120 s and reads whole seconds only.
const RETRY_AFTER_SECONDS: std::ops::RangeInclusive<u64> = 1..=120;

/// When nothing better is known: long enough for a hiccup to pass, short enough for three repeats.
const RETRY_SOON: Duration = Duration::from_secs(5);

/// Appended to every sentence about HubSpot, so that nobody replaces a token that works.
const TOKEN_IS_FINE: &str = "The access token is fine.";

pub(super) fn of(failure: &Failure) -> Answer {
    match failure {
        Failure::Odata(error) => of_odata(error),
        Failure::Service(refusal) => of_refusal(refusal),
        Failure::Hubspot(failure) => of_hubspot(failure),
        other => of_service(other),
    }
}

fn plain(code: Code, message: impl Into<String>) -> Answer {
    let status = StatusCode::from_u16(code.row().status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Answer {
        status,
        code,
        message: message.into(),
        target: None,
        retry_after: None,
        allow: None,
        internal: None,
    }
}

impl Answer {
    fn retry(mut self, after: Duration) -> Self {
        let seconds = after.as_secs() + u64::from(after.subsec_nanos() > 0);
        self.retry_after = Some(seconds.clamp(*RETRY_AFTER_SECONDS.start(), *RETRY_AFTER_SECONDS.end()));
        self
    }

    fn target(mut self, target: Option<&str>) -> Self {
        self.target = target.map(str::to_owned);
        self
    }

    fn internal(mut self, reason: impl Into<String>) -> Self {
        self.internal = Some(reason.into());
        self
    }
}

fn of_odata(error: &odata::Error) -> Answer {
    let code = match error.kind {
        ErrorKind::Syntax | ErrorKind::TooComplex => Code::QuerySyntax,
        ErrorKind::NotAcceptable => Code::NotAcceptable,
        ErrorKind::Type | ErrorKind::Overflow => Code::QueryType,
        ErrorKind::UnknownProperty => Code::UnknownProperty,
        ErrorKind::PropertyNotFound => Code::PropertyNotFound,
        ErrorKind::EntitySetNotFound => Code::EntitySetNotFound,
        ErrorKind::EntityNotFound => Code::EntityNotFound,
        ErrorKind::NotSupported => Code::NotSupported,
    };
    let mut answer = plain(code, error.to_string()).target(error.target.as_deref());
    // A wrong name in an option is the query's fault, in the path it is a resource that is not there.
    if code == Code::PropertyNotFound && error.target.as_deref().is_some_and(|target| target.starts_with('$'))
    {
        answer.status = StatusCode::BAD_REQUEST;
    }
    answer
}

/// The layer's words for codes are those of the table, and so are its statuses.
fn of_refusal(refusal: &odata::service::Refusal) -> Answer {
    let known = super::ROWS.iter().find(|row| row.name == refusal.code).map(|row| row.code);
    let mut answer =
        plain(known.unwrap_or(Code::Internal), &refusal.message).target(refusal.target.as_deref());
    if known.is_some() {
        answer.status = StatusCode::from_u16(refusal.status).unwrap_or(answer.status);
    }
    Answer { allow: refusal.allow, ..answer }
}

fn of_hubspot(failure: &HubspotFailure) -> Answer {
    match failure {
        HubspotFailure::CredentialsRejected => plain(
            Code::SourceCredentialsRejected,
            format!(
                "HubSpot refuses the credential of this data source's connection; an admin must replace it \
                 (feedgate-admin connection replace-credential, with --oauth if it was connected by OAuth). \
                 {TOKEN_IS_FINE}"
            ),
        ),
        HubspotFailure::ScopeMissing(scopes) => plain(
            Code::SourceScopeMissing,
            format!("HubSpot's credential lacks the scope {}. {TOKEN_IS_FINE}", scopes.join(", ")),
        ),
        HubspotFailure::DailyLimit(resets_at) => {
            let when = resets_at.map_or_else(
                || "at midnight in the time zone of the HubSpot account".to_owned(),
                |at| format!("at {at:.0}"),
            );
            plain(
                Code::SourceDailyLimit,
                format!(
                    "HubSpot's calls of the day, or the share of them that feeds may use, are spent until they reset \
                     {when}. {TOKEN_IS_FINE}"
                ),
            )
        }
        HubspotFailure::Throttled(after) => plain(
            Code::SourceThrottled,
            format!("HubSpot throttles the calls of this data source. {TOKEN_IS_FINE}"),
        )
        .retry(*after),
        HubspotFailure::Unavailable(after) => plain(
            Code::SourceUnavailable,
            format!("HubSpot does not answer at the moment. {TOKEN_IS_FINE}"),
        )
        .retry(after.unwrap_or(RETRY_SOON)),
        HubspotFailure::Rejected(reason) => plain(
            Code::SourceRejected,
            format!("HubSpot refused a call of this service; the operator finds the reason in the log. {TOKEN_IS_FINE}"),
        )
        .internal(reason),
    }
}

fn of_service(failure: &Failure) -> Answer {
    match failure {
        Failure::BadRequest(reason) => plain(Code::BadRequest, reason),
        Failure::CredentialsMissing => plain(
            Code::CredentialsMissing,
            "Sign in with Basic authentication: the user name, and a personal access token as the password.",
        ),
        Failure::CredentialsInvalid(reason) => plain(
            Code::CredentialsInvalid,
            "This user name and access token are not valid together. Check the user name and paste the whole token again.",
        )
        .internal(reason.word()),
        Failure::TokenRevoked { label, since } => plain(
            Code::TokenRevoked,
            format!("The access token \"{label}\" was revoked at {since:.0}. Ask an admin for a new one."),
        ),
        Failure::TokenExpired { label, since } => plain(
            Code::TokenExpired,
            format!(
                "The access token \"{label}\" expired at {since:.0}. Create a new one and replace it in the data \
                 source credentials."
            ),
        ),
        Failure::UserDisabled => plain(
            Code::UserDisabled,
            "The access token is right, but its user is disabled. Ask an admin.",
        ),
        Failure::TenantSuspended => plain(
            Code::TenantSuspended,
            "The access token is right, but this tenant is suspended. Ask the operator of this service.",
        ),
        Failure::AddressNotAllowed => plain(
            Code::AddressNotAllowed,
            "The access token is right, but this tenant does not admit requests from this address. Ask an admin.",
        ),
        Failure::DataSourceNotFound => plain(
            Code::DataSourceNotFound,
            "No such data source for this access token: check the URL, or ask its owner to share it with you.",
        ),
        other => of_protocol(other),
    }
}

fn of_protocol(failure: &Failure) -> Answer {
    match failure {
        Failure::SkipTokenInvalid => plain(
            Code::SkipTokenInvalid,
            "This page link is not valid for this query. Start again from the first page.",
        )
        .target(Some("$skiptoken")),
        Failure::PageExpired => plain(
            Code::PageExpired,
            "The data source was edited since the first page was read. Start again from the first page.",
        )
        .target(Some("$skiptoken")),
        Failure::NotAcceptable(reason) => plain(Code::NotAcceptable, reason),
        Failure::NotSupported { target, message } => {
            plain(Code::NotSupported, message).target(target.as_deref())
        }
        Failure::TooManyRequests { whose, retry_after } => plain(
            Code::TooManyRequests,
            format!("The request rate of this {whose} is used up. Wait and repeat; an admin can raise it."),
        )
        .retry(*retry_after),
        Failure::Overloaded { what, own_fault } => {
            let mut answer = plain(Code::Overloaded, "The service is busy. Wait and repeat.")
                .retry(RETRY_SOON)
                .internal(*what);
            if *own_fault {
                answer.status = StatusCode::TOO_MANY_REQUESTS;
            }
            answer
        }
        Failure::SourceChanged(reason) => plain(
            Code::SourceChanged,
            format!("HubSpot's answers contradict each other, so this page cannot be proven complete. {TOKEN_IS_FINE}"),
        )
        .retry(RETRY_SOON)
        .internal(reason),
        Failure::SourceTimeout => plain(
            Code::SourceTimeout,
            format!("HubSpot did not answer within the time of one request. {TOKEN_IS_FINE}"),
        ),
        Failure::StoreUnavailable(reason) => plain(
            Code::StoreUnavailable,
            "The service cannot read its own store at the moment, so it cannot say anything about the credentials.",
        )
        .retry(RETRY_SOON)
        .internal(reason),
        other => of_transport(other),
    }
}

fn of_transport(failure: &Failure) -> Answer {
    match failure {
        Failure::UriTooLong => plain(Code::UriTooLong, "The URL is longer than 32 KiB. Select fewer columns."),
        Failure::HeadersTooLarge => {
            plain(Code::HeadersTooLarge, "The header fields are larger than 64 KiB or more than 100.")
        }
        Failure::BodyTooLarge => plain(Code::BodyTooLarge, "A body of more than 1 MiB is not read."),
        Failure::BodyTooSlow => {
            plain(Code::BodyTooSlow, "The body of the request did not come whole in time. Repeat it.")
        }
        Failure::UnsupportedMediaType(reason) => plain(Code::UnsupportedMediaType, reason),
        Failure::MethodNotAllowed { allow } => {
            let mut answer = plain(
                Code::MethodNotAllowed,
                format!("The feeds are read-only, and this path is asked with {allow}."),
            );
            answer.allow = Some(allow);
            answer
        }
        Failure::FailedDependency => plain(
            Code::FailedDependency,
            "A request that this one depends on has failed, so this one was not tried.",
        ),
        Failure::PathNotFound => plain(
            Code::PathNotFound,
            "There is no feed at this path. A data source's URL looks like /odata/k7m2q9x4tb/.",
        ),
        Failure::Internal(reason) => plain(
            Code::Internal,
            "The service has a fault; its operator finds the reason in the log under this answer's request id.",
        )
        .internal(reason),
        other => plain(Code::Internal, "The service has a fault.").internal(format!("no answer for {other:?}")),
    }
}
