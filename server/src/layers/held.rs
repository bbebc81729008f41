//! An answer's body that keeps what its request holds (its place in memory, among the tenant's running requests, in the
//! count of the drain) until it has left.
//!
//! It is handed to hyper in portions, because hyper takes whatever it is given into its own buffer at once: with one
//! portion the body would be over before the first byte is on the wire.

use std::any::Any;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Body as HttpBody, Frame, SizeHint};

/// Small beside hyper's buffer (512 KiB), large beside a packet.
const PORTION: usize = 64 * 1024;

/// Whatever is given back when it is dropped.
pub type Guard = Box<dyn Any + Send + Sync>;

pub(super) struct Held {
    body: Body,
    /// Of the frame at hand, what was not handed out yet.
    rest: Bytes,
    _guards: Vec<Guard>,
}

impl Held {
    pub(super) fn new(body: Body, guards: Vec<Guard>) -> Self {
        Self { body, rest: Bytes::new(), _guards: guards }
    }

    fn portion(&mut self) -> Frame<Bytes> {
        Frame::data(self.rest.split_to(self.rest.len().min(PORTION)))
    }
}

impl HttpBody for Held {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if !self.rest.is_empty() {
            return Poll::Ready(Some(Ok(self.portion())));
        }
        match Pin::new(&mut self.body).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => {
                    self.rest = data;
                    Poll::Ready(Some(Ok(self.portion())))
                }
                Err(trailers) => Poll::Ready(Some(Ok(trailers))),
            },
            other => other,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.body.size_hint().exact() {
            Some(length) => SizeHint::with_exact(length + self.rest.len() as u64),
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn what_is_held_is_given_back_when_the_body_has_left_and_not_before() {
        let held = Arc::new(());
        let mut body = Held::new(Body::from(vec![7; 3 * PORTION]), vec![Box::new(held.clone())]);
        assert_eq!(body.size_hint().exact(), Some(3 * PORTION as u64));
        for portion in 1..=3 {
            let frame = body.frame().await.unwrap().unwrap();
            assert_eq!(frame.into_data().unwrap().len(), PORTION, "portion {portion}");
            assert_eq!(Arc::strong_count(&held), 2);
        }
        assert!(body.is_end_stream());
        drop(body);
        assert_eq!(Arc::strong_count(&held), 1);
    }
}
