//! All routes.
//!
//! | path | answer |
//! |---|---|
//! | `/odata/{data source}/…` | the feed, through [`crate::layers`] and [`crate::odata::query`] |
//! | `/healthz`, `/readyz` | for load balancers, without credentials |
//! | `/metrics` | only on the metrics listener |
//! | everything else | 404 `PathNotFound` |

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get};

use crate::app::App;
use crate::{health, layers, odata};

/// The routes of the main listener.
pub(crate) fn feeds(app: &Arc<App>) -> Router {
    let feeds = Router::new()
        .route("/odata/{source}", any(odata::query::feed))
        .route("/odata/{source}/{*path}", any(odata::query::feed))
        .route("/odata/{source}/", any(odata::query::feed))
        .fallback(odata::query::no_feed);
    Router::new()
        .merge(layers::around_feeds(feeds, app))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .with_state(app.clone())
}

/// The routes of the metrics listener.
pub(crate) fn metrics(app: &Arc<App>) -> Router {
    Router::new()
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .with_state(app.clone())
}
