//! The queue before a window: within each caller's deadline, and fair between those whose names differ.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until, timeout_at};

#[cfg(test)]
use super::Kind;
use super::day::Day;
#[cfg(test)]
use super::shared::SharedWindows;
use super::shared::{SharedWindow, Ticket};
use super::turns::Turns;
use super::window::{Place, Terms, Window};

/// A window with its queue.
#[derive(Debug)]
pub struct Lane {
    window: Mutex<Window>,
    /// Who has the turn takes the next place of the window.
    turns: Turns,
    /// The first in the queue looks again.
    changed: Notify,
    /// Shared by all lanes of an account.
    day: Arc<Day>,
    /// Where other processes count too: it has the last word.
    shared: Option<SharedWindow>,
}

/// Why there is no slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The day's calls are used up, or our share of them.
    Daily {
        /// When it ends, if known.
        resets_at: Option<Timestamp>,
    },
    /// The turn would come after the deadline; in so long.
    Wait(Duration),
}

/// Names a slot to whoever writes its call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    place: Place,
    ticket: Option<Ticket>,
}

/// Leave to send one call, now. Dropped without [`Slot::settle`] it counts as long as it possibly can.
#[derive(Debug)]
pub struct Slot<'a> {
    lane: &'a Lane,
    place: Place,
    started: Instant,
    ticket: Option<Ticket>,
}

impl Lane {
    /// An empty window.
    #[must_use]
    pub fn new(terms: Terms) -> Self {
        Self::of_day(terms, Arc::new(Day::new(100)), None)
    }

    /// An empty window of this process, within one that it shares with others.
    #[cfg(test)]
    pub(super) fn shared(terms: Terms, kind: Kind, windows: Arc<dyn SharedWindows>) -> Self {
        Self::of_day(terms, Arc::new(Day::new(100)), Some(SharedWindow::new(windows, kind)))
    }

    /// An empty window whose calls count towards a day that others share, and perhaps in a window of several processes.
    pub(super) fn of_day(terms: Terms, day: Arc<Day>, shared: Option<SharedWindow>) -> Self {
        let (turns, changed) = (Turns::default(), Notify::new());
        Self { window: Mutex::new(Window::new(terms)), turns, changed, day, shared }
    }

    /// Waits for leave to send a call, in turn with callers of other names.
    ///
    /// # Errors
    /// When the day's calls are used up, and when the turn would come after the deadline: then at once.
    pub async fn start(&self, name: &Arc<str>, deadline: Instant) -> Result<Slot<'_>, Refusal> {
        self.day.check()?;
        let waiting = self.turns.join(name);
        self.refuse_if_late(deadline, waiting.ahead)?;
        let Ok(_turn) = timeout_at(deadline, waiting.turn()).await else {
            return Err(self.wait(0));
        };
        loop {
            self.day.check()?;
            let changed = self.changed.notified();
            let now = Instant::now();
            let claimed = lock(&self.window).claim(now);
            match claimed {
                Ok(place) => return self.slot(place, deadline).await,
                Err(at) if at > deadline => return Err(Refusal::Wait(at - now)),
                Err(at) => tokio::select! {
                    () = sleep_until(at) => {}
                    () = changed => {}
                },
            }
        }
    }

    /// Leave of this process, and of the others where they share the window.
    async fn slot(&self, place: Place, deadline: Instant) -> Result<Slot<'_>, Refusal> {
        let mut slot = Slot { lane: self, place, started: Instant::now(), ticket: None };
        let Some(shared) = &self.shared else { return Ok(slot) };
        let limit = lock(&self.window).limit(slot.started);
        match shared.take(self.terms(), limit, deadline).await {
            Ok(ticket) => {
                (slot.started, slot.ticket) = (Instant::now(), Some(ticket));
                lock(&self.window).restart(place, slot.started);
                Ok(slot)
            }
            Err(refusal) => {
                slot.give_back();
                Err(refusal)
            }
        }
    }

    /// The call of a slot is being written. False: it is too late, and it must not be.
    #[must_use]
    pub(crate) fn send(&self, mark: Mark) -> bool {
        let in_time = match (&self.shared, mark.ticket) {
            (Some(shared), Some(ticket)) => shared.send(ticket, self.terms()),
            _ => true,
        };
        in_time && lock(&self.window).send(mark.place, Instant::now())
    }

    /// The limit as it is known now.
    pub fn terms(&self) -> Terms {
        lock(&self.window).terms()
    }

    /// Returns whether it is news.
    pub(super) fn learn(&self, limit: u32, interval: Duration) -> bool {
        let news = lock(&self.window).learn(limit, interval);
        if news {
            self.changed.notify_waiters();
        }
        news
    }

    fn refuse_if_late(&self, deadline: Instant, ahead: usize) -> Result<(), Refusal> {
        let now = Instant::now();
        let turn = lock(&self.window).free_at(now, ahead);
        if turn > deadline { Err(Refusal::Wait(turn - now)) } else { Ok(()) }
    }

    fn wait(&self, ahead: usize) -> Refusal {
        let now = Instant::now();
        Refusal::Wait(lock(&self.window).free_at(now, ahead).saturating_duration_since(now))
    }
}

impl Slot<'_> {
    pub(crate) fn mark(&self) -> Mark {
        Mark { place: self.place, ticket: self.ticket }
    }

    /// An answer came: HubSpot has counted the call by now.
    pub fn settle(&self) {
        lock(&self.lane.window).settle(self.place, Instant::now());
        if let (Some(shared), Some(ticket)) = (&self.lane.shared, self.ticket) {
            shared.settle(ticket, self.lane.terms());
        }
        self.lane.changed.notify_waiters();
    }

    /// The call is not sent after all: somebody else may have the place.
    pub fn give_back(self) {
        lock(&self.lane.window).give_back(self.place);
        if let (Some(shared), Some(ticket)) = (&self.lane.shared, self.ticket) {
            shared.give_back(ticket);
        }
        self.lane.changed.notify_waiters();
    }

    /// HubSpot answered that the rate is too high, and perhaps for how long; returns how long nothing starts here.
    pub fn refused(&self, asked: Option<Duration>) -> Duration {
        let pause = lock(&self.lane.window).refuse(self.started, Instant::now(), asked);
        // Whoever waits and can no longer make it learns so now, one after the other.
        self.lane.changed.notify_waiters();
        pause
    }

    /// HubSpot answered that the day's calls are used up.
    pub fn refused_for_the_day(&self, resets_at: Option<Timestamp>) {
        self.lane.day.refused(resets_at);
        self.lane.changed.notify_waiters();
    }
}

/// The data behind the lock is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn lane(limit: u32) -> Lane {
        Lane::new(Terms { limit, interval: SECOND, allowance: Duration::ZERO })
    }

    fn nobody() -> Arc<str> {
        Arc::from("")
    }

    fn in_seconds(seconds: u32) -> Instant {
        Instant::now() + seconds * SECOND
    }

    #[tokio::test(start_paused = true)]
    async fn who_comes_first_goes_first() {
        let lane = Arc::new(lane(2));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for caller in 0..9 {
            let (lane, order) = (Arc::clone(&lane), Arc::clone(&order));
            tasks.spawn(async move {
                lane.start(&nobody(), in_seconds(60)).await.unwrap();
                order.lock().unwrap().push(caller);
            });
            tokio::task::yield_now().await;
        }
        tasks.join_all().await;
        assert_eq!(*order.lock().unwrap(), (0..9).collect::<Vec<_>>());
    }

    #[tokio::test(start_paused = true)]
    async fn those_of_different_names_take_turns_however_many_one_of_them_sends() {
        let lane = Arc::new(lane(1));
        lane.start(&nobody(), in_seconds(60)).await.unwrap();
        let order = Arc::new(Mutex::new(String::new()));
        let mut tasks = tokio::task::JoinSet::new();
        for name in ["a", "a", "a", "a", "b", "b", "c"] {
            let (lane, order) = (Arc::clone(&lane), Arc::clone(&order));
            tasks.spawn(async move {
                lane.start(&Arc::from(name), in_seconds(60)).await.unwrap();
                order.lock().unwrap().push_str(name);
            });
            tokio::task::yield_now().await;
        }
        tasks.join_all().await;
        // The first one had the turn before anybody else came.
        assert_eq!(*order.lock().unwrap(), "aabcaba");
    }

    #[tokio::test(start_paused = true)]
    async fn another_names_long_queue_is_no_reason_to_refuse_a_newcomer() {
        let lane = Arc::new(lane(1));
        lane.start(&nobody(), in_seconds(60)).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..20 {
            let lane = Arc::clone(&lane);
            tasks.spawn(async move { lane.start(&Arc::from("greedy"), in_seconds(60)).await.map(|_| ()) });
        }
        tokio::task::yield_now().await;
        let before = Instant::now();
        lane.start(&Arc::from("modest"), before + 4 * SECOND).await.unwrap();
        assert!(before.elapsed() < 4 * SECOND);
        tasks.shutdown().await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_comes_to_one_who_has_just_gone_goes_on_to_the_next() {
        let lane = lane(100);
        for _ in 0..3 {
            let first = lane.turns.join(&nobody());
            let gone = lane.turns.join(&nobody());
            let next = lane.turns.join(&nobody());
            drop(first);
            drop(gone);
            drop(tokio::time::timeout(SECOND, next.turn()).await.unwrap());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_after_the_deadline_is_refused_at_once() {
        let lane = lane(1);
        lane.start(&nobody(), in_seconds(60)).await.unwrap();
        let before = Instant::now();
        let refusal = lane.start(&nobody(), before + SECOND / 2).await.unwrap_err();
        assert_eq!(refusal, Refusal::Wait(Duration::from_millis(1_010)));
        assert_eq!(Instant::now(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn a_long_queue_refuses_the_newcomer_at_once() {
        let lane = Arc::new(lane(1));
        lane.start(&nobody(), in_seconds(60)).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let lane = Arc::clone(&lane);
            tasks.spawn(async move { lane.start(&nobody(), in_seconds(60)).await.map(|_| ()) });
        }
        tokio::task::yield_now().await;
        let before = Instant::now();
        let Err(Refusal::Wait(wait)) = lane.start(&nobody(), before + 3 * SECOND).await else {
            panic!("no refusal")
        };
        assert_eq!(Instant::now(), before);
        assert!(wait > 4 * SECOND, "{wait:?}");
        assert!(tasks.join_all().await.iter().all(Result::is_ok));
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_holds_nobody_up() {
        let lane = lane(1);
        lane.start(&nobody(), in_seconds(60)).await.unwrap();
        let before = Instant::now();
        let gave_up = tokio::time::timeout(SECOND / 2, lane.start(&nobody(), in_seconds(60))).await;
        assert!(gave_up.is_err());
        lane.start(&nobody(), in_seconds(60)).await.unwrap();
        assert!(before.elapsed() < 2 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_learned_limit_lets_the_waiting_go_on_at_once() {
        let lane = lane(1);
        lane.start(&nobody(), in_seconds(60)).await.unwrap();
        let (before, name) = (Instant::now(), nobody());
        let (second, ()) =
            tokio::join!(lane.start(&name, in_seconds(60)), async { assert!(lane.learn(2, SECOND)) });
        second.unwrap();
        assert_eq!(Instant::now(), before);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_by_hubspot_holds_everybody_back() {
        let lane = lane(10);
        let slot = lane.start(&nobody(), in_seconds(60)).await.unwrap();
        slot.refused(Some(3 * SECOND));
        let before = Instant::now();
        assert_eq!(lane.start(&nobody(), in_seconds(2)).await.unwrap_err(), Refusal::Wait(3 * SECOND));
        lane.start(&nobody(), in_seconds(60)).await.unwrap();
        assert_eq!(before.elapsed(), 3 * SECOND);
    }

    #[tokio::test(start_paused = true)]
    async fn a_spent_day_is_refused_without_asking_hubspot_again_for_a_minute() {
        let lane = lane(10);
        lane.start(&nobody(), in_seconds(60)).await.unwrap().refused_for_the_day(None);
        assert_eq!(
            lane.start(&nobody(), in_seconds(5)).await.unwrap_err(),
            Refusal::Daily { resets_at: None }
        );
        tokio::time::advance(super::super::day::PAUSE).await;
        assert!(lane.start(&nobody(), in_seconds(5)).await.is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_by_hubspot_sends_those_away_who_cannot_make_it_any_more() {
        let lane = Arc::new(lane(1));
        let slot = lane.start(&nobody(), in_seconds(60)).await.unwrap();
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..3 {
            let lane = Arc::clone(&lane);
            tasks.spawn(async move { lane.start(&nobody(), in_seconds(10)).await.map(|_| ()) });
        }
        tokio::task::yield_now().await;
        let before = Instant::now();
        slot.refused(Some(30 * SECOND));
        let outcomes = tasks.join_all().await;
        assert!(outcomes.iter().all(|outcome| *outcome == Err(Refusal::Wait(30 * SECOND))), "{outcomes:?}");
        assert_eq!(Instant::now(), before);
    }

    /// A caller: when it comes, how long its request is under way, how long the answer takes, whether it stays.
    type Caller = (u64, u64, u64, bool);

    /// Lets callers come and go; returns when HubSpot counted each call.
    async fn arrivals(lane: Arc<Lane>, callers: Vec<Caller>) -> Vec<Instant> {
        let mut tasks = tokio::task::JoinSet::new();
        for (comes, under_way, answer, stays) in callers {
            let lane = Arc::clone(&lane);
            tasks.spawn(async move {
                tokio::time::sleep(Duration::from_millis(comes)).await;
                let slot = lane.start(&nobody(), in_seconds(600)).await.unwrap();
                let arrival = Instant::now() + Duration::from_millis(under_way);
                if stays {
                    sleep_until(arrival + Duration::from_millis(answer)).await;
                    slot.settle();
                }
                arrival
            });
        }
        let mut arrivals = tasks.join_all().await;
        arrivals.sort_unstable();
        arrivals
    }

    proptest::proptest! {
        #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]
        #[test]
        fn no_second_holds_more_calls_than_allowed_whoever_comes_and_goes(
            limit in 1u32..8,
            callers in proptest::collection::vec((0u64..5_000, 0u64..=250, 0u64..1_500, proptest::bool::weighted(0.8)), 1..80),
        ) {
            let terms = Terms { limit, interval: SECOND, allowance: Duration::from_millis(250) };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
            let arrivals = runtime.block_on(async { arrivals(Arc::new(Lane::new(terms)), callers).await });
            for apart in arrivals.windows(usize::try_from(limit).unwrap() + 1) {
                let (first, last) = (apart[0], apart[apart.len() - 1]);
                proptest::prop_assert!(last - first >= SECOND, "{} calls within {:?}", limit + 1, last - first);
            }
        }
    }
}
