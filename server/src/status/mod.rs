//! The status feed `/odata/status/`: tokens, refreshes, requests, data sources, connections and notices as an ordinary
//! OData feed, so that the health of the refreshes is a report like any other.
//!
//! It has the same authentication, limits, errors and recording as every feed. Rows are read at each request by the
//! operations, which know what the caller may see: their own things, or the tenant's for an admin.

mod model;
mod rows;
mod slab;

use std::sync::{Arc, LazyLock};

use odata::edm::Model;
use odata::service::{self, Call};
use odata::url::{PathStart, Request};
use schema::{Actor, Context, Credential};

use crate::app::App;
use crate::error::Failure;
use slab::Table;

/// Stands where a data source's id does, and can never be one: those have ten characters.
pub(crate) const NAME: &str = "status";

static MODEL: LazyLock<Result<Model, String>> =
    LazyLock::new(|| model::model().map_err(|error| error.to_string()));

/// What the feed is made of: the same for everybody.
pub(crate) fn edm() -> Result<&'static Model, Failure> {
    MODEL.as_ref().map_err(|error| Failure::Internal(format!("the status feed's model: {error}")))
}

/// A token that is limited to data sources reads nothing else: the status feed is not among them.
pub(crate) fn authorise(caller: &Credential) -> Result<(), Failure> {
    if caller.token.scope.is_some() { Err(Failure::DataSourceNotFound) } else { Ok(()) }
}

/// What was answered, and how many rows that had.
pub(crate) struct Answered {
    pub(crate) answer: service::Answer,
    pub(crate) rows: u64,
    /// Whether there is a next page.
    pub(crate) more: bool,
}

/// Answers `call`, which was parsed as `request`; `wish` is the most rows that the client wishes for on a page.
pub(crate) async fn answer(
    app: &Arc<App>,
    caller: &Credential,
    request: &Request,
    call: &Call<'_>,
    wish: Option<u64>,
) -> Result<Answered, Failure> {
    let edm = edm()?;
    let path = request.resource.path();
    let set = path.as_ref().map(|path| match path.start {
        PathStart::Set(set) | PathStart::Entity(set, _) => Some(edm.set(set).name.as_str()),
        PathStart::Singleton(_) => None,
    });
    let table = match set.flatten() {
        None => Table::empty(edm)?,
        Some("Requests") => slab::requests(&context(app, caller), edm, request, wish).await?,
        Some(set) => Table::whole(edm, set, &rows::of(app, &context(app, caller), set).await?)?,
    };
    let answer = service::try_answer(edm, &table, call).map_err(Failure::Service)?;
    Ok(Answered { answer, rows: table.rows(), more: table.linked() })
}

/// The caller as the actor of operations.
fn context(app: &App, caller: &Credential) -> Context {
    let actor = Actor::User { id: caller.user.id, name: caller.user.name.clone() };
    Context { actor, tenant: Some(caller.tenant.id), ..app.context.clone() }
}
