//! Room in memory for a page under construction, from its first row until its answer has left.
//!
//! A read of HubSpot takes it when HubSpot's rate limit has let its first call through ([`hubspot::Admission`]): while it waits for
//! the limit of its portal it holds nothing that readers of other portals could use.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hubspot::Entering;
use schema::TenantId;
use tokio::time::{Instant, timeout_at};

use crate::app::{App, PAGES_OF_ONE_TENANT};
use crate::error::Failure;
use crate::layers::Exchange;

/// Dropped, it is given back.
#[derive(Debug)]
struct Taken {
    _of_the_tenant: tokio::sync::OwnedSemaphorePermit,
    _of_all: tokio::sync::OwnedSemaphorePermit,
}

/// A place that is taken when the first call goes out, by whichever of the reads that share it.
pub(super) struct Place {
    app: Arc<App>,
    tenant: TenantId,
    deadline: Instant,
    taken: Mutex<Option<Taken>>,
}

impl Place {
    pub(super) fn new(app: &Arc<App>, tenant: TenantId, deadline: Instant) -> Arc<Self> {
        Arc::new(Self { app: Arc::clone(app), tenant, deadline, taken: Mutex::default() })
    }

    /// The exchange holds from now on what was taken.
    pub(super) fn hand_over(&self, exchange: &Exchange) {
        if let Some(taken) = self.lock().take() {
            exchange.hold(taken);
        }
    }

    /// The data is whole after every statement, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Option<Taken>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl hubspot::Admission for Place {
    fn enter(&self) -> Entering<'_> {
        Box::pin(async {
            if self.lock().is_some() {
                return true;
            }
            let taken = take(&self.app, self.tenant, self.deadline).await.ok();
            let admitted = taken.is_some();
            *self.lock() = taken;
            admitted
        })
    }
}

/// Takes a place at once, for as long as the exchange lasts.
///
/// # Errors
/// [`Failure::Overloaded`] when none is free in time.
pub(super) async fn take_now(
    app: &App,
    exchange: &Exchange,
    tenant: TenantId,
    deadline: Instant,
) -> Result<(), Failure> {
    exchange.hold(take(app, tenant, deadline).await?);
    Ok(())
}

/// One tenant gets at most half of the places, so that its slow portal does not stop the others.
async fn take(app: &App, tenant: TenantId, deadline: Instant) -> Result<Taken, Failure> {
    let own = app.limits.run(&format!("pages of {tenant}"), PAGES_OF_ONE_TENANT, deadline).await;
    let own = own.map_err(|_| full())?;
    let of_all = timeout_at(deadline, app.pages.clone().acquire_owned()).await;
    let of_all = of_all.map_err(|_| full())?.map_err(|_| full())?;
    Ok(Taken { _of_the_tenant: own, _of_all: of_all })
}

fn full() -> Failure {
    Failure::Overloaded { what: "memory for pages", own_fault: false }
}
