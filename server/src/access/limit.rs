//! Rates of token, user and tenant, and the number of requests a tenant may have running.
//!
//! Promise: a request above a limit waits, in the order of arrival, up to [`MAX_WAIT`]; one that would wait longer is
//! refused at once with the time after which another attempt can succeed. Memory is bounded: keys come only from
//! proven credentials, and those at rest are dropped.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use governor::clock::Clock as _;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

use crate::error::Failure;

/// 30 s: longer than any smoothing needs (a burst of ten streams at the default rate drains in seconds), short enough for
/// the rest of the request to fit into its 45 s.
pub const MAX_WAIT: Duration = schema::shared_limit::LONGEST_WAIT;

/// A burst is what ten seconds refill: the length of HubSpot's own window, so that what we admit at once is of the
/// size of what can be read at once.
const BURST_SECONDS: u32 = 10;

type Bucket = RateLimiter<String, DashMapStateStore<String>, TokioClock, StateInformationMiddleware>;

/// Whose rate, with its key and requests per minute.
#[derive(Debug, Clone)]
pub(crate) struct Rate {
    /// `token`, `user` or `tenant`.
    pub(crate) whose: &'static str,
    /// Identity of the caller on this level.
    pub(crate) key: String,
    /// Requests per minute.
    pub(crate) per_minute: NonZeroU32,
}

/// What is left of a rate, for the `RateLimit` fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining {
    /// Requests per minute.
    pub(crate) quota: u32,
    /// Requests possible at this instant.
    pub(crate) left: u32,
    /// Seconds until the bucket is full again.
    pub(crate) full_in: u32,
}

impl Remaining {
    /// Of a rate that is used up.
    pub(crate) fn none(per_minute: NonZeroU32) -> Self {
        Self { quota: per_minute.get(), left: 0, full_in: BURST_SECONDS }
    }
}

/// The limits of all callers of this process: where it is the only one, or shares none with others.
pub struct Limits {
    clock: TokioClock,
    buckets: Mutex<HashMap<(&'static str, NonZeroU32), Arc<Bucket>>>,
    lines: Mutex<HashMap<(&'static str, String), Arc<Line>>>,
    running: Mutex<HashMap<String, (u32, Arc<Semaphore>)>>,
}

/// Those who wait for one key, in the order of their arrival.
#[derive(Default)]
struct Line {
    waiting: AtomicU32,
    turn: tokio::sync::Mutex<()>,
}

/// Leaves the line, also when the request is dropped while waiting.
struct Place(Arc<Line>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            clock: TokioClock(Instant::now()),
            buckets: Mutex::default(),
            lines: Mutex::default(),
            running: Mutex::default(),
        }
    }
}

impl Limits {
    /// Waits for one request of `rate`.
    ///
    /// # Errors
    /// [`Failure::TooManyRequests`] when the wait would be longer than [`MAX_WAIT`] or pass `until`.
    pub(crate) async fn take(&self, rate: &Rate, until: Instant) -> Result<Remaining, Failure> {
        let bucket = self.bucket(rate);
        let line = self.line(rate);
        if line.waiting.load(Ordering::Acquire) == 0
            && let Ok(state) = bucket.check_key(&rate.key)
        {
            return Ok(remaining(rate, state.remaining_burst_capacity()));
        }
        let ahead = line.waiting.fetch_add(1, Ordering::AcqRel);
        let place = Place(line);
        let wait = interval(rate) * (ahead + 1);
        let until = until.min(Instant::now() + MAX_WAIT);
        let refused = Failure::TooManyRequests { whose: rate.whose, retry_after: wait };
        if Instant::now() + wait > until {
            return Err(refused);
        }
        let turn = async {
            let _turn = place.0.turn.lock().await;
            loop {
                match bucket.check_key(&rate.key) {
                    Ok(state) => return remaining(rate, state.remaining_burst_capacity()),
                    Err(not_yet) => tokio::time::sleep(not_yet.wait_time_from(self.clock.now())).await,
                }
            }
        };
        tokio::time::timeout_at(until, turn).await.map_err(|_| refused)
    }

    /// Waits for a place among the tenant's running requests.
    ///
    /// # Errors
    /// [`Failure::TooManyRequests`] when none is free in time.
    pub(crate) async fn run(
        &self,
        tenant: &str,
        limit: u32,
        until: Instant,
    ) -> Result<OwnedSemaphorePermit, Failure> {
        let places = self.places(tenant, limit);
        let until = until.min(Instant::now() + MAX_WAIT);
        match tokio::time::timeout_at(until, places.acquire_owned()).await {
            Ok(Ok(place)) => Ok(place),
            _ => Err(full()),
        }
    }

    /// A place among the tenant's running requests, if one is free and nobody waits for it.
    pub(super) fn try_run(&self, tenant: &str, limit: u32) -> Option<OwnedSemaphorePermit> {
        self.places(tenant, limit).try_acquire_owned().ok()
    }

    /// Drops what is indistinguishable from new; called every half minute.
    pub(crate) fn forget_idle(&self) {
        let mut buckets = lock(&self.buckets);
        buckets.retain(|_, bucket| {
            bucket.retain_recent();
            bucket.shrink_to_fit();
            !bucket.is_empty()
        });
        lock(&self.lines).retain(|_, line| Arc::strong_count(line) > 1);
        lock(&self.running).retain(|_, (limit, places)| places.available_permits() < *limit as usize);
    }

    fn bucket(&self, rate: &Rate) -> Arc<Bucket> {
        lock(&self.buckets)
            .entry((rate.whose, rate.per_minute))
            .or_insert_with(|| {
                let quota = Quota::per_minute(rate.per_minute).allow_burst(burst(rate.per_minute));
                let store = DashMapStateStore::default();
                Arc::new(Bucket::new(quota, store, self.clock.clone()))
            })
            .clone()
    }

    fn line(&self, rate: &Rate) -> Arc<Line> {
        lock(&self.lines).entry((rate.whose, rate.key.clone())).or_default().clone()
    }

    fn places(&self, tenant: &str, limit: u32) -> Arc<Semaphore> {
        let mut running = lock(&self.running);
        let (current, places) = running
            .entry(tenant.to_owned())
            .or_insert_with(|| (limit, Arc::new(Semaphore::new(limit as usize))));
        if *current != limit {
            // Those that run keep the old places; the new limit holds from here on.
            (*current, *places) = (limit, Arc::new(Semaphore::new(limit as usize)));
        }
        places.clone()
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // The maps stay consistent at every instruction, so a panic elsewhere does not spoil them.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// No place among the running requests. How long those take is unknown; a page takes a few seconds.
pub(super) fn full() -> Failure {
    Failure::TooManyRequests { whose: "tenant", retry_after: Duration::from_secs(5) }
}

pub(super) fn interval(rate: &Rate) -> Duration {
    Duration::from_secs(60) / rate.per_minute.get()
}

pub(super) fn burst(per_minute: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(per_minute.get().saturating_mul(BURST_SECONDS) / 60).unwrap_or(NonZeroU32::MIN)
}

pub(super) fn remaining(rate: &Rate, left: u32) -> Remaining {
    let missing = burst(rate.per_minute).get().saturating_sub(left);
    let full_in = (interval(rate) * missing).as_secs_f64().ceil();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most the ten seconds of a burst"
    )]
    Remaining { quota: rate.per_minute.get(), left, full_in: full_in as u32 }
}

/// governor on tokio's clock, which tests can pause.
#[derive(Debug, Clone)]
struct TokioClock(Instant);

impl governor::clock::Clock for TokioClock {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(key: &str, per_minute: u32) -> Rate {
        Rate { whose: "token", key: key.to_owned(), per_minute: NonZeroU32::new(per_minute).unwrap() }
    }

    fn far() -> Instant {
        Instant::now() + Duration::from_secs(45)
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_passes_then_is_slowed_then_refused() {
        let limits = Arc::new(Limits::default());
        let started = Instant::now();
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..100 {
            let limits = limits.clone();
            waiting.spawn(async move {
                let outcome = limits.take(&rate("a", 60), far()).await;
                (started.elapsed().as_secs(), outcome)
            });
        }
        let mut at_once = 0;
        let mut slowed = 0;
        let mut refused = 0;
        while let Some(Ok((seconds, outcome))) = waiting.join_next().await {
            match outcome {
                Ok(_) if seconds == 0 => at_once += 1,
                Ok(_) => slowed += 1,
                Err(Failure::TooManyRequests { retry_after, .. }) => {
                    assert!(retry_after > MAX_WAIT, "{retry_after:?}");
                    refused += 1;
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!((at_once, slowed, refused), (10, 30, 60));
        assert_eq!(started.elapsed().as_secs(), 30);
    }

    #[tokio::test(start_paused = true)]
    async fn another_key_is_not_slowed() {
        let limits = Limits::default();
        for _ in 0..10 {
            limits.take(&rate("a", 60), far()).await.unwrap();
        }
        let started = Instant::now();
        limits.take(&rate("b", 60), far()).await.unwrap();
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn a_request_that_gives_up_leaves_the_line() {
        let limits = Limits::default();
        for _ in 0..10 {
            limits.take(&rate("a", 60), far()).await.unwrap();
        }
        let soon = Instant::now() + Duration::from_millis(1500);
        let _ = tokio::time::timeout(Duration::from_millis(100), limits.take(&rate("a", 60), soon)).await;
        limits.take(&rate("a", 60), soon).await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn the_fields_tell_what_is_left() {
        let limits = Limits::default();
        let first = limits.take(&rate("a", 60), far()).await.unwrap();
        assert_eq!(first, Remaining { quota: 60, left: 9, full_in: 1 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_tenants_running_requests_are_bounded_and_wait() {
        let limits = Limits::default();
        let first = limits.run("t", 1, far()).await.unwrap();
        assert!(limits.run("t", 1, Instant::now() + Duration::from_secs(1)).await.is_err());
        assert!(limits.run("other", 1, far()).await.is_ok());
        drop(first);
        assert!(limits.run("t", 1, far()).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn idle_keys_are_forgotten() {
        let limits = Limits::default();
        for key in 0..1000 {
            limits.take(&rate(&key.to_string(), 60), far()).await.unwrap();
        }
        tokio::time::sleep(Duration::from_secs(60)).await;
        limits.forget_idle();
        assert!(lock(&limits.buckets).is_empty() && lock(&limits.lines).is_empty());
    }
}
