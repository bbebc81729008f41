//! A panic becomes an answer.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::extract::{Extension, Request};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;

use super::Exchange;
use crate::error::Failure;

pub(super) async fn catch(
    Extension(exchange): Extension<Arc<Exchange>>,
    request: Request,
    next: Next,
) -> Response {
    // Unwind safety: the request's own state dies with it, and shared state is behind locks that survive poisoning.
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let reason = panic
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "no message".to_owned());
            exchange.refuse(&Failure::Internal(format!("panic: {reason}")))
        }
    }
}
