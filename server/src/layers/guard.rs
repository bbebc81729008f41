//! Refuses what is oversized or ambiguous, in OData's form.

use std::sync::Arc;

use axum::extract::{Extension, Request};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{AUTHORIZATION, CONTENT_LENGTH, HOST};
use http::{HeaderMap, Uri};

use super::Exchange;
use crate::error::Failure;
use crate::odata::MAX_BODY;

/// A `$select` of every column of a wide HubSpot object stays below; proxies commonly allow 8 to 32 KiB.
const MAX_URL: usize = 32 * 1024;
/// A page link repeats the URL it came from, and must not be refused for what we have added: the token of a sorted read
/// holds up to 300 rows' ids and times, some 12 KiB in Base64.
pub(crate) const MAX_LINK: usize = MAX_URL + 16 * 1024;
/// Twice the URL: no client of ours sends more than 2 KiB of fields.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// As most servers have it.
const MAX_HEADER_FIELDS: usize = 100;

pub(super) async fn guard(
    Extension(exchange): Extension<Arc<Exchange>>,
    request: Request,
    next: Next,
) -> Response {
    match check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(failure) => exchange.refuse(&failure),
    }
}

/// Bytes that a URL with this query may have: more for a page link.
pub(crate) fn longest(query: Option<&str>) -> usize {
    if query.is_some_and(|query| query.contains("$skiptoken=")) { MAX_LINK } else { MAX_URL }
}

fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), Failure> {
    let url = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    if url > longest(uri.query()) {
        return Err(Failure::UriTooLong);
    }
    let bytes: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > MAX_HEADER_BYTES || headers.len() > MAX_HEADER_FIELDS {
        return Err(Failure::HeadersTooLarge);
    }
    let count = |name| headers.get_all(name).iter().count();
    if count(HOST) != 1 {
        return Err(Failure::BadRequest("The request must have exactly one Host field.".to_owned()));
    }
    if count(AUTHORIZATION) > 1 {
        return Err(Failure::BadRequest(
            "The request has more than one Authorization field, so it is not clear whose it is.".to_owned(),
        ));
    }
    let body = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    // One that does not say its length is cut off while it is read.
    if body.is_some_and(|length| length > MAX_BODY as u64) {
        return Err(Failure::BodyTooLarge);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(fields: &[(&'static str, &str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in fields {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        map
    }

    #[track_caller]
    fn refused(uri: &str, fields: &[(&'static str, &str)]) -> u16 {
        check(&uri.parse().unwrap(), &headers(fields)).err().map_or(200, |f| f.answer().status.as_u16())
    }

    #[test]
    fn what_is_ambiguous_or_oversized_is_refused() {
        let host = ("host", "a");
        assert_eq!(refused("/odata/x/", &[host]), 200);
        assert_eq!(refused("/odata/x/", &[]), 400);
        assert_eq!(refused("/odata/x/", &[host, host]), 400);
        assert_eq!(refused("/odata/x/", &[host, ("authorization", "a"), ("authorization", "b")]), 400);
        assert_eq!(refused(&format!("/odata/x/?$select={}", "a".repeat(33_000)), &[host]), 414);
        let link = format!("/odata/x/?$select={}&$skiptoken=", "a".repeat(MAX_URL - 20));
        assert_eq!(refused(&link, &[host]), 200);
        assert_eq!(refused(&format!("{link}{}", "a".repeat(17_000)), &[host]), 414);
        assert_eq!(refused("/odata/x/", &[host, ("cookie", &"a".repeat(70_000))]), 431);
        assert_eq!(refused("/odata/x/", &[host, ("content-length", "2000000")]), 413);
    }
}
