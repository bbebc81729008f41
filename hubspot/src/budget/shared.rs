//! A window that several processes count in together. This crate only says what is asked of it; where it is kept is its
//! owner's affair.
//!
//! The place of a call is counted by the clock of whoever keeps the window. A call is sent within [`SLOWEST_CLAIM`] of the
//! instant at which its place was counted, or not at all; what that can add to the way of a call is part of the time for which the
//! place counts. So no interval of HubSpot's clock holds more than the limit, whichever process sent the calls.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};

use super::Kind;
use super::lane::Refusal;
use super::window::{GUARD, ON_THE_WIRE, Terms};

/// A place that took longer to get is not used: nobody knows how old it is. A claim takes a millisecond or two.
const SLOWEST_CLAIM: Duration = Duration::from_millis(250);

/// A window that cannot be reached is asked again by the next call; Power BI is told to come back so much later.
const AWAY: Duration = Duration::from_secs(5);

/// A place wanted.
#[derive(Debug, Clone)]
pub struct Claim {
    /// Which of the portal's windows.
    pub kind: Kind,
    /// The most places that count at any instant.
    pub limit: u32,
    /// For how long the place counts if nothing more is heard of it.
    pub counts_for: Duration,
    /// Places taken before, whose answers have come: each with the time from which on it does not count any more.
    pub settled: Vec<Settled>,
}

/// A place that counts for less long than it could have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settled {
    /// The place.
    pub place: i64,
    /// Until when it counts, in milliseconds of the window's clock.
    pub until: i64,
}

/// The outcome of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Taken.
    Place {
        /// Names it.
        place: i64,
        /// When it was counted, in milliseconds of the window's clock.
        at: i64,
    },
    /// All are taken: worth asking again in so long.
    Wait(Duration),
}

/// The window cannot be reached, and why.
#[derive(Debug, Clone)]
pub struct Away(pub String);

/// What a claim comes to, in time.
pub type Claiming<'a> = Pin<Box<dyn Future<Output = Result<Claimed, Away>> + Send + 'a>>;

/// The windows of one portal, shared by several processes.
pub trait SharedWindows: fmt::Debug + Send + Sync {
    /// Settles places and takes one if one is free, as one step for all processes.
    fn claim(&self, claim: Claim) -> Claiming<'_>;
}

/// One of the shared windows, as a queue sees it.
#[derive(Debug)]
pub(super) struct SharedWindow {
    windows: Arc<dyn SharedWindows>,
    kind: Kind,
    settled: Mutex<Vec<Settled>>,
}

/// A place in a shared window.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ticket {
    place: i64,
    at: i64,
    /// Not after the window's clock showed `at`.
    asked: Instant,
}

impl SharedWindow {
    pub(super) fn new(windows: Arc<dyn SharedWindows>, kind: Kind) -> Self {
        Self { windows, kind, settled: Mutex::default() }
    }

    /// Waits for a place.
    pub(super) async fn take(&self, terms: Terms, limit: u32, deadline: Instant) -> Result<Ticket, Refusal> {
        let counts_for = SLOWEST_CLAIM + terms.allowance + terms.interval + GUARD;
        loop {
            let asked = Instant::now();
            let settled = std::mem::take(&mut *self.settled.lock().unwrap_or_else(PoisonError::into_inner));
            let claim = Claim { kind: self.kind, limit, counts_for, settled };
            let Ok(outcome) = timeout_at(deadline, self.windows.claim(claim)).await else {
                return Err(Refusal::Wait(AWAY));
            };
            match outcome {
                Ok(Claimed::Place { place, at }) if asked.elapsed() <= SLOWEST_CLAIM => {
                    return Ok(Ticket { place, at, asked });
                }
                Ok(Claimed::Place { .. }) => {}
                Ok(Claimed::Wait(wait)) if asked + wait > deadline => return Err(Refusal::Wait(wait)),
                Ok(Claimed::Wait(wait)) => sleep(wait).await,
                Err(Away(why)) => {
                    tracing::warn!(why, "the shared budget cannot be reached");
                    return Err(Refusal::Wait(AWAY));
                }
            }
        }
    }

    /// The call is being written. False: its place may be another's by now.
    pub(super) fn send(&self, ticket: Ticket, terms: Terms) -> bool {
        let way = ON_THE_WIRE.min(terms.allowance);
        let in_time = ticket.asked.elapsed() + way <= SLOWEST_CLAIM + terms.allowance;
        if in_time {
            self.counts_from(ticket, way, terms);
        }
        in_time
    }

    /// An answer came: HubSpot has counted the call by now.
    pub(super) fn settle(&self, ticket: Ticket, terms: Terms) {
        self.counts_from(ticket, Duration::ZERO, terms);
    }

    /// HubSpot counts the call in so long at the latest.
    fn counts_from(&self, ticket: Ticket, way: Duration, terms: Terms) {
        let since = ticket.asked.elapsed() + way + terms.interval + GUARD;
        let until = ticket.at.saturating_add(i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        self.count_until(ticket.place, until);
    }

    /// The call was not sent.
    pub(super) fn give_back(&self, ticket: Ticket) {
        self.count_until(ticket.place, ticket.at);
    }

    fn count_until(&self, place: i64, until: i64) {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner).push(Settled { place, until });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::lane::Lane;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// One window for all, kept in memory.
    #[derive(Debug)]
    struct Memory {
        began: Instant,
        places: Mutex<(i64, BTreeMap<i64, i64>)>,
    }

    impl SharedWindows for Memory {
        fn claim(&self, claim: Claim) -> Claiming<'_> {
            let now = i64::try_from(self.began.elapsed().as_millis()).unwrap();
            let mut guard = self.places.lock().unwrap();
            let (next, places) = &mut *guard;
            for Settled { place, until } in claim.settled {
                let known = places.get_mut(&place).unwrap();
                *known = until.min(*known);
            }
            let mut counting: Vec<i64> = places.values().copied().filter(|until| *until > now).collect();
            counting.sort_unstable();
            let limit = usize::try_from(claim.limit).unwrap();
            let outcome = if counting.len() < limit {
                *next += 1;
                places.insert(*next, now + i64::try_from(claim.counts_for.as_millis()).unwrap());
                Claimed::Place { place: *next, at: now }
            } else {
                let free = counting[counting.len() - limit] - now;
                Claimed::Wait(Duration::from_millis(free.unsigned_abs()))
            };
            Box::pin(async move { Ok(outcome) })
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn two_processes_together_keep_to_the_limit(
            limit in 1u32..8,
            callers in proptest::collection::vec(
                (0u64..4_000, 0u64..=250, 0u64..900, 0usize..2, proptest::option::of(0u64..600)), 1..60),
        ) {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let arrivals = runtime.block_on(async {
                let terms = Terms { limit, interval: SECOND, allowance: Duration::from_millis(250) };
                let windows: Arc<dyn SharedWindows> =
                    Arc::new(Memory { began: Instant::now(), places: Mutex::default() });
                let lane = || Arc::new(Lane::shared(terms, Kind::Search, Arc::clone(&windows)));
                let lanes = [lane(), lane()];
                let mut tasks = tokio::task::JoinSet::new();
                for (comes, under_way, answer, process, written) in callers {
                    let lane = Arc::clone(&lanes[process]);
                    tasks.spawn(async move {
                        sleep(Duration::from_millis(comes)).await;
                        let slot = lane.start(&Arc::from(""), Instant::now() + 600 * SECOND).await.unwrap();
                        let mut way = under_way;
                        if let Some(written) = written {
                            sleep(Duration::from_millis(written)).await;
                            if !lane.send(slot.mark()) {
                                return None;
                            }
                            way = way.min(150);
                        }
                        let arrival = Instant::now() + Duration::from_millis(way);
                        tokio::time::sleep_until(arrival + Duration::from_millis(answer)).await;
                        slot.settle();
                        Some(arrival)
                    });
                }
                let mut arrivals: Vec<Instant> = tasks.join_all().await.into_iter().flatten().collect();
                arrivals.sort_unstable();
                arrivals
            });
            for apart in arrivals.windows(usize::try_from(limit).unwrap() + 1) {
                let (first, last) = (apart[0], apart[apart.len() - 1]);
                proptest::prop_assert!(last - first >= SECOND, "{} calls within {:?}", limit + 1, last - first);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_waited_long_for_the_shared_window_still_writes_in_time() {
        let terms = Terms { limit: 1, interval: SECOND, allowance: Duration::from_millis(250) };
        let windows: Arc<dyn SharedWindows> =
            Arc::new(Memory { began: Instant::now(), places: Mutex::default() });
        let mut processes = tokio::task::JoinSet::new();
        for _ in 0..6 {
            let lane = Lane::shared(terms, Kind::Search, Arc::clone(&windows));
            processes.spawn(async move {
                let slot = lane.start(&Arc::from(""), Instant::now() + 60 * SECOND).await.unwrap();
                let in_time = lane.send(slot.mark());
                slot.settle();
                in_time
            });
        }
        assert_eq!(processes.join_all().await, [true; 6]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_refused_at_once() {
        let terms = Terms { limit: 1, interval: SECOND, allowance: Duration::ZERO };
        let windows: Arc<dyn SharedWindows> =
            Arc::new(Memory { began: Instant::now(), places: Mutex::default() });
        let lane = || Lane::shared(terms, Kind::Search, Arc::clone(&windows));
        let (first, second) = (lane(), lane());
        let _slot = first.start(&Arc::from(""), Instant::now() + SECOND).await.unwrap();
        let before = Instant::now();
        let refused = second.start(&Arc::from(""), before + SECOND / 2).await.unwrap_err();
        assert_eq!(refused, Refusal::Wait(Duration::from_millis(1_260)));
        assert_eq!(Instant::now(), before);
    }
}
