//! Rates and running requests that all replicas count together, in their store.
//!
//! Promise: the same as that of [`Limits`]. An ordinary request costs one round trip: it takes from its rates, and a place
//! among the running ones, by one statement. A rate that has to be waited for has given the turn that is waited for; the
//! line of those who wait for a place is kept by each process for itself. What a store that is away cannot count is refused
//! as that.

mod leases;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use schema::shared_limit::{self, Outcome, Places, RATES, Turn, Wanted};
use schema::{Store, StoreError};
use tokio::sync::{OwnedSemaphorePermit, oneshot};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::limit::{Limits, MAX_WAIT, Rate, Remaining, burst, full, interval, lock, remaining};
use crate::error::Failure;
use crate::tasks::Tasks;
use leases::{LEASE, Lease, Leases};

/// While all places are taken, the first of the line of this process asks so often. A page takes a second or two.
const ASK_EVERY: Duration = Duration::from_millis(100);

/// Who has waited to the end still asks for what is behind that: the statement takes a millisecond, and this long while
/// the store is busy.
const MARGIN: Duration = Duration::from_secs(2);

/// The limits of all callers of all replicas.
pub struct SharedLimits {
    store: Store,
    tasks: Tasks,
    leases: Leases,
    lines: Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>,
}

/// What a request asks for.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    /// Told of whose rate what is left.
    left: &'a (dyn Fn(&'static str, Remaining) + Sync),
    /// From the narrowest to the widest.
    rates: &'a [Rate; RATES],
    /// Until when it would wait for a limit.
    until: Instant,
    /// Until when it would wait for the store.
    answered: Instant,
}

impl<'a> Asking<'a> {
    /// Waits for limits up to [`MAX_WAIT`], and for nothing beyond the deadline.
    pub(super) fn new(
        left: &'a (dyn Fn(&'static str, Remaining) + Sync),
        rates: &'a [Rate; RATES],
        deadline: Instant,
    ) -> Self {
        let until = (Instant::now() + MAX_WAIT).min(deadline.checked_sub(MARGIN).unwrap_or(deadline));
        Self { left, rates, until, answered: until + MARGIN }
    }
}

/// Whose running requests, and how many there may be.
#[derive(Clone, Copy)]
pub(super) struct Running<'a> {
    pub(super) tenant: &'a str,
    pub(super) limit: u32,
    /// The places of this process, as many as all have together.
    pub(super) here: &'a Limits,
}

impl SharedLimits {
    /// Limits that are counted in `store`; places are kept up and given back by one of `tasks`.
    pub(crate) fn start(store: &Store, tasks: &Tasks) -> Self {
        let leases = Leases::start(store.clone(), tasks);
        Self { store: store.clone(), tasks: tasks.clone(), leases, lines: Mutex::default() }
    }

    /// Waits for one request of each rate.
    pub(super) async fn take(&self, asking: Asking<'_>) -> Result<(), Failure> {
        self.rates(asking, None, &mut None).await.map(drop)
    }

    /// Waits for one request of each rate, then for a place among the running ones.
    pub(super) async fn admit(
        &self,
        asking: Asking<'_>,
        running: Running<'_>,
    ) -> Result<(OwnedSemaphorePermit, Lease), Failure> {
        let Running { tenant, limit, here } = running;
        let places = Places { name: tenant.to_owned(), limit, lease: LEASE };
        let line = lock(&self.lines).entry(tenant.to_owned()).or_default().clone();
        // Those of this process who wait already are first.
        let mut own = line.try_lock().ok().and_then(|_| here.try_run(tenant, limit));
        let place = self.rates(asking, Some(&places), &mut own).await?;
        let own = match own {
            Some(own) => own,
            None => here.run(tenant, limit, asking.until).await?,
        };
        if let Some(place) = place {
            return Ok((own, place));
        }
        let _turn = timeout_at(asking.until, line.lock()).await.map_err(|_| full())?;
        loop {
            if let Some(place) = self.place(&places, asking.answered).await? {
                return Ok((own, place));
            }
            let now = Instant::now();
            if now >= asking.until {
                return Err(full());
            }
            sleep_until(asking.until.min(now + ASK_EVERY)).await;
        }
    }

    /// Drops what is indistinguishable from new.
    pub(crate) async fn forget_idle(&self) {
        lock(&self.lines).retain(|_, line| Arc::strong_count(line) > 1);
        if let Err(error) = shared_limit::forget_idle(&self.store).await {
            tracing::warn!(%error, "limits at rest could not be removed from the store");
        }
    }

    /// Has every place given back.
    pub(crate) async fn finish(&self) {
        self.leases.finish().await;
    }

    /// Takes from the rates in their order; with the last of them a place, for who has one in this process. Nobody keeps
    /// that one while waiting for a rate.
    async fn rates(
        &self,
        asking: Asking<'_>,
        places: Option<&Places>,
        own: &mut Option<OwnedSemaphorePermit>,
    ) -> Result<Option<Lease>, Failure> {
        let Asking { left, rates, until, answered } = asking;
        let mut next = 0;
        loop {
            let patience = until.saturating_duration_since(Instant::now());
            let places = places.filter(|_| own.is_some()).cloned();
            let (turns, place) = self.turns(wanted(rates, next, patience, places), answered).await?;
            for (rate, turn) in rates[next..].iter().zip(&turns) {
                if turn.wait > patience {
                    left(rate.whose, Remaining::none(rate.per_minute));
                    return Err(Failure::TooManyRequests { whose: rate.whose, retry_after: turn.wait });
                }
                left(rate.whose, remaining(rate, turn.left));
            }
            next += turns.len();
            let wait = turns.last().map_or(Duration::ZERO, |turn| turn.wait);
            if !wait.is_zero() {
                *own = None;
                sleep(wait).await;
            }
            if next >= rates.len() {
                return Ok(place);
            }
        }
    }

    async fn turns(&self, wanted: Wanted, answered: Instant) -> Result<(Vec<Turn>, Option<Lease>), Failure> {
        let (store, leases) = (self.store.clone(), self.leases.clone());
        let taking = async move {
            let Outcome { rates, place } = shared_limit::take(&store, &wanted).await?;
            Ok((rates, place.map(|place| leases.hold(place))))
        };
        self.ask(taking, answered).await
    }

    async fn place(&self, places: &Places, answered: Instant) -> Result<Option<Lease>, Failure> {
        let (store, leases, places) = (self.store.clone(), self.leases.clone(), places.clone());
        let taking = async move {
            let place = shared_limit::take_place(&store, &places).await?;
            Ok(place.map(|place| leases.hold(place)))
        };
        self.ask(taking, answered).await
    }

    /// Runs a statement to its end, also when who asks has gone meanwhile: the place that it took is given back with its
    /// lease then, since nobody hears of it.
    async fn ask<T: Send + 'static>(
        &self,
        statement: impl Future<Output = Result<T, StoreError>> + Send + 'static,
        answered: Instant,
    ) -> Result<T, Failure> {
        let (told, outcome) = oneshot::channel();
        self.tasks.spawn(async move { drop(told.send(statement.await)) });
        match timeout_at(answered, outcome).await {
            Ok(Ok(outcome)) => Ok(outcome?),
            _ => Err(Failure::StoreUnavailable("the limits could not be counted in time".to_owned())),
        }
    }
}

/// The rates behind the first `done`.
fn wanted(rates: &[Rate; RATES], done: usize, patience: Duration, places: Option<Places>) -> Wanted {
    let mut index = 0;
    let rates = rates.each_ref().map(|rate| {
        index += 1;
        (index > done).then(|| shared_limit::Rate {
            // Another policy begins with a full bucket, as in one process.
            name: format!("{} {} {}", rate.whose, rate.key, rate.per_minute),
            spacing: interval(rate),
            burst: burst(rate.per_minute).get(),
        })
    });
    Wanted { rates, patience, places }
}

#[cfg(test)]
mod tests;
