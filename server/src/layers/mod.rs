//! All layers, from the outside in, each with the reason for its place.
//!
//! 1. [`exchange`]: gives the request its id and its notes and, whatever happens further in (answer, panic, a client
//!    that hung up), turns the notes into one [`Event`](crate::event::Event). Outermost, so that nothing escapes it.
//! 2. [`panics`]: a panic becomes a 500 with the request id. Inside the notes, so that it is recorded like any answer.
//! 3. [`guard`]: what is ambiguous or oversized is refused before anything is spent on it.
//! 4. [`shed`]: bounds what is in flight. After the guard, whose refusals cost nothing; before the pipeline, which
//!    costs store reads and HubSpot calls. Health and metrics are outside of it: an overloaded service is not a dead
//!    one.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use crate::app::App;

mod exchange;
mod guard;
mod held;
mod in_flight;
mod panics;
mod shed;

pub(crate) use exchange::Recorder;
pub use exchange::{Exchange, Notes};
pub(crate) use guard::{MAX_LINK, longest};
pub use held::Guard;
pub use in_flight::InFlight;
pub(crate) use in_flight::Running;

/// Wraps the routes that serve feeds.
pub(crate) fn around_feeds(routes: Router<Arc<App>>, app: &Arc<App>) -> Router<Arc<App>> {
    // axum applies the last layer outermost.
    routes
        .layer(from_fn_with_state(app.clone(), shed::shed))
        .layer(axum::middleware::from_fn(guard::guard))
        .layer(axum::middleware::from_fn(panics::catch))
        .layer(from_fn_with_state(app.clone(), exchange::record))
}
