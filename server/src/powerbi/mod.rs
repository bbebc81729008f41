//! Power BI's own API, for whoever rotates tokens: which data sets read a feed, a token into their credentials, the
//! schedule on again, a refresh and how it ended.
//!
//! Written from Microsoft's documentation of the REST API; it has not met the real service. Called by `feedgate-admin`
//! only, as a service principal. The client secret goes to the configured sign-in address and nowhere else, a token to the
//! configured API and nowhere else; neither is in an error.
//!
//! [`sets`] finds, [`choice`] decides (pure), [`delivery`] does, [`rotation`] is all of it in its order.

mod api;
mod call;
pub mod choice;
pub mod delivery;
mod endpoints;
mod error;
mod reads;
mod refresh;
pub mod rotation;
pub mod sets;
mod sign_in;
#[cfg(test)]
mod tests;
mod wire;

pub use api::Client;
pub use endpoints::Endpoints;
pub(crate) use endpoints::root;
pub use error::Error;
pub use reads::{Feeds, Reads};
pub use wire::{Run, RunStatus, Schedule};
