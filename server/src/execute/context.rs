//! What accompanies an execution.

use hubspot::{Call, Client};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::model::StoredModel;

/// Everything a plan needs to be carried out.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The portal.
    pub client: &'a Client,
    /// The deadline of the whole request, and the count of calls.
    pub call: &'a Call,
    /// When a page that has rows ends.
    pub page_until: Instant,
    /// The time of the request: what `now()` is in a first page.
    pub now: Timestamp,
    /// The model that was planned with.
    pub model: &'a StoredModel,
    /// Its version, which page links name.
    pub model_version: i64,
    /// What the client prefers as page size.
    pub max_page_size: Option<u64>,
}
