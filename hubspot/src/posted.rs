//! The body of a question, which tells the rate limit when it is written.
//!
//! A connection asks for the body of a request at the moment it writes it. That is the last instant at which a call can
//! still be kept back, and the first from which on only the way to HubSpot lies before it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use crate::budget::{Kind, Mark};
use crate::client::Portal;

/// The machine was too busy to write the call in time.
#[derive(Debug, thiserror::Error)]
#[error("the call would have been written after its place in the rate limit")]
pub(crate) struct Late;

/// A body to be sent once.
pub(crate) struct Posted {
    rest: Option<Bytes>,
    portal: Arc<Portal>,
    kind: Kind,
    mark: Mark,
}

impl Posted {
    pub(crate) fn new(body: &[u8], portal: &Arc<Portal>, kind: Kind, mark: Mark) -> Self {
        Self { rest: Some(Bytes::copy_from_slice(body)), portal: Arc::clone(portal), kind, mark }
    }
}

impl Body for Posted {
    type Data = Bytes;
    type Error = Late;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Late>>> {
        let Some(body) = self.rest.take() else { return Poll::Ready(None) };
        let in_time = self.portal.budgets.lane(self.kind).send(self.mark);
        Poll::Ready(Some(if in_time { Ok(Frame::data(body)) } else { Err(Late) }))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.as_ref().map_or(0, |rest| rest.len() as u64))
    }
}
