//! Bodies of requests: read whole, in bounded memory and bounded time.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::Instant;

use crate::error::Failure;

/// Five times what Power Query's longest URLs would need in a batch; a client that sends more is not one of ours.
pub(crate) const MAX_BODY: usize = 1024 * 1024;

/// A body of the largest size over the slowest line that anybody refreshes on (1 Mbit/s).
const MAX_TIME: Duration = Duration::from_secs(10);

/// The body, once all of it has come. A connection whose body did not is closed behind the answer.
pub(super) async fn read(body: Body, deadline: Instant) -> Result<Bytes, Failure> {
    let until = deadline.min(Instant::now() + MAX_TIME);
    let whole = tokio::time::timeout_at(until, Limited::new(body, MAX_BODY).collect());
    match whole.await {
        Err(_) => Err(Failure::BodyTooSlow),
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(Failure::BodyTooLarge),
        Ok(Err(error)) => Err(Failure::BadRequest(format!("The body of the request broke off: {error}."))),
    }
}

/// The query options that `$query` sends as text, in the form they would have in a URL.
pub(super) fn options(headers: &HeaderMap, body: &[u8]) -> Result<String, Failure> {
    let field = content_type(headers);
    let sort = field.split(';').next().unwrap_or_default().trim();
    if !sort.eq_ignore_ascii_case("text/plain") {
        return Err(Failure::UnsupportedMediaType(
            "The body of $query is query options as text/plain.".to_owned(),
        ));
    }
    let text = std::str::from_utf8(body)
        .map_err(|_| Failure::BadRequest("The body of the request is no UTF-8 text.".to_owned()))?;
    Ok(text.trim().trim_start_matches('?').to_owned())
}

/// The sort of the body, as it is sent.
pub(super) fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use axum::BoxError;
    use futures_util::stream;

    use super::*;

    async fn outcome(body: Body) -> u16 {
        let deadline = Instant::now() + Duration::from_secs(45);
        read(body, deadline).await.map_or_else(|failure| failure.answer().status.as_u16(), |_| 200)
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_is_read_up_to_its_size_and_its_time() {
        assert_eq!(outcome(Body::from(vec![b'a'; MAX_BODY])).await, 200);
        let chunks = (0..9).map(|_| Ok::<_, BoxError>(Bytes::from(vec![b'a'; MAX_BODY / 8])));
        assert_eq!(outcome(Body::from_stream(stream::iter(chunks))).await, 413);
        let silent = Body::from_stream(stream::pending::<Result<Bytes, BoxError>>());
        let before = Instant::now();
        assert_eq!(outcome(silent).await, 408);
        assert_eq!(before.elapsed(), MAX_TIME);
        let broken = stream::iter([Err::<Bytes, BoxError>("reset".into())]);
        assert_eq!(outcome(Body::from_stream(broken)).await, 400);
    }

    #[test]
    fn options_are_text() {
        let mut headers = HeaderMap::new();
        assert!(options(&headers, b"$top=1").is_err());
        headers.insert(CONTENT_TYPE, http::HeaderValue::from_static("text/plain;charset=utf-8"));
        assert_eq!(options(&headers, b"$top=1\r\n").unwrap(), "$top=1");
        assert!(options(&headers, b"\xff").is_err());
    }
}
