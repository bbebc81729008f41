//! Refuses what would be too much at once.

use std::sync::Arc;

use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::Exchange;
use crate::app::App;
use crate::error::Failure;

/// Requests in flight: most of them wait for HubSpot or for a rate and hold a few KiB. Sixteen tenants at their full
/// 32 concurrent requests fit.
const MAX_IN_FLIGHT: usize = 512;

pub(super) async fn shed(
    State(app): State<Arc<App>>,
    Extension(exchange): Extension<Arc<Exchange>>,
    request: Request,
    next: Next,
) -> Response {
    if app.in_flight.count() > MAX_IN_FLIGHT {
        return exchange.refuse(&Failure::Overloaded { what: "requests in flight", own_fault: false });
    }
    next.run(request).await
}
