//! Another attempt, when one makes sense: paced, bounded, inside the deadline, and never a storm.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::time::{Instant, sleep};

use crate::failure::Failure;
use crate::{Call, Error};

/// Attempts after the first: with pauses of 0.3, 0.9, 2.7 and 8.1 s they outlast a restart of HubSpot's servers.
const RETRIES: u32 = 4;

/// Attempts after a refusal of the rate. Each waits in the queue, so that the deadline bounds them too.
const THROTTLED_RETRIES: u32 = 8;

/// Pauses of retries, and the allowance that all calls of a portal share.
#[derive(Debug)]
pub(crate) struct Retries {
    first_pause: Duration,
    jitter: Mutex<StdRng>,
    allowance: Mutex<Allowance>,
}

impl Retries {
    pub(crate) fn new(first_pause: Duration, seed: u64) -> Self {
        Self {
            first_pause,
            jitter: Mutex::new(StdRng::seed_from_u64(seed)),
            allowance: Mutex::new(Allowance::new(Instant::now())),
        }
    }

    /// Attempts until one succeeds, fails for good, or another makes no sense.
    ///
    /// # Errors
    /// The last attempt's.
    pub(crate) async fn persist<T, F, A>(&self, call: &Call, mut attempt: A) -> Result<T, Error>
    where
        A: FnMut() -> F,
        F: Future<Output = Result<T, Failure>>,
    {
        let (mut retries, mut throttled) = (0, 0);
        self.with_allowance(Allowance::earn);
        loop {
            match attempt().await {
                Ok(value) => return Ok(value),
                Err(Failure::Final(error)) => return Err(error),
                Err(Failure::Throttled { pause }) => {
                    throttled += 1;
                    if throttled > THROTTLED_RETRIES {
                        return Err(Error::Throttled { retry_after: pause });
                    }
                }
                Err(Failure::Transient { error, pause }) => {
                    let pause = self.pause_after(retries).max(pause.unwrap_or_default());
                    retries += 1;
                    let in_time = Instant::now() + pause < call.deadline;
                    if retries > RETRIES || !in_time || !self.with_allowance(Allowance::spend) {
                        return Err(error);
                    }
                    let since = Instant::now();
                    sleep(pause).await;
                    call.add_wait(since);
                }
            }
        }
    }

    /// Three times as long each time, and between half and all of that: so that calls which failed together do not
    /// come back together.
    fn pause_after(&self, retries: u32) -> Duration {
        let full = self.first_pause * 3_u32.saturating_pow(retries);
        let share = self.jitter.lock().unwrap_or_else(PoisonError::into_inner).random_range(0.5..=1.0);
        full.mul_f64(share)
    }

    fn with_allowance<T>(&self, act: impl FnOnce(&mut Allowance) -> T) -> T {
        act(&mut self.allowance.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Retries may add a tenth to the load, no more: when HubSpot is down, asking five times as often does not help it.
/// Counted in tenths of a retry.
#[derive(Debug)]
struct Allowance {
    tenths: u32,
    trickled_at: Instant,
}

impl Allowance {
    /// One retry.
    const PRICE: u32 = 10;
    /// Twenty retries may be saved up: a page of many parallel calls that all fail once.
    const MOST: u32 = 200;
    /// Half a retry each second comes without any call, so that a quiet portal can retry too.
    const TENTHS_PER_SECOND: u32 = 5;

    fn new(now: Instant) -> Self {
        Self { tenths: Self::MOST, trickled_at: now }
    }

    /// A call was made: a tenth of a retry.
    fn earn(&mut self) {
        self.tenths = (self.tenths + 1).min(Self::MOST);
    }

    fn spend(&mut self) -> bool {
        self.trickle();
        match self.tenths.checked_sub(Self::PRICE) {
            Some(left) => {
                self.tenths = left;
                true
            }
            None => false,
        }
    }

    fn trickle(&mut self) {
        let seconds = u32::try_from(self.trickled_at.elapsed().as_secs()).unwrap_or(u32::MAX);
        self.trickled_at += Duration::from_secs(seconds.into());
        let gained = seconds.saturating_mul(Self::TENTHS_PER_SECOND);
        self.tenths = self.tenths.saturating_add(gained).min(Self::MOST);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn retries() -> Retries {
        Retries::new(Duration::from_millis(300), 1)
    }

    fn unavailable() -> Error {
        Error::Unavailable { retry_after: None, message: "down".to_owned() }
    }

    fn transient(pause: Option<Duration>) -> Failure {
        Failure::Transient { error: unavailable(), pause }
    }

    /// Fails as scripted, then succeeds; returns the outcome, the number of attempts and the time it took.
    async fn play(
        retries: &Retries,
        deadline: Duration,
        script: &[Failure],
    ) -> (Result<(), Error>, usize, Duration) {
        let (mut attempts, start) = (0, Instant::now());
        let outcome = retries
            .persist(&Call::within(deadline), || {
                attempts += 1;
                std::future::ready(script.get(attempts - 1).cloned().map_or(Ok(()), Err))
            })
            .await;
        (outcome, attempts, start.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn what_passes_is_mended() {
        let (outcome, attempts, took) = play(&retries(), MINUTE, &[transient(None), transient(None)]).await;
        assert_eq!((outcome, attempts), (Ok(()), 3));
        // 300 and 900 ms, each between half and all.
        assert!((600..=1_210).contains(&took.as_millis()), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn five_attempts_are_all() {
        let (outcome, attempts, took) = play(&retries(), MINUTE, &vec![transient(None); 9]).await;
        assert_eq!((outcome, attempts), (Err(unavailable()), 5));
        assert!((6_000..=12_010).contains(&took.as_millis()), "{took:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_does_not_pass_is_not_tried_again() {
        let (outcome, attempts, took) = play(&retries(), MINUTE, &[Failure::Final(Error::Timeout)]).await;
        assert_eq!((outcome, attempts, took), (Err(Error::Timeout), 1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn hubspots_own_pause_is_kept() {
        let (outcome, _, took) = play(&retries(), MINUTE, &[transient(Some(Duration::from_secs(7)))]).await;
        assert_eq!((outcome, took.as_secs()), (Ok(()), 7));
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_beyond_the_deadline_is_not_begun() {
        let (outcome, attempts, took) = play(&retries(), MINUTE, &[transient(Some(2 * MINUTE))]).await;
        assert_eq!((outcome, attempts, took), (Err(unavailable()), 1, Duration::ZERO));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_rate_goes_back_to_the_queue_without_a_pause_of_its_own() {
        let throttled = Failure::Throttled { pause: Duration::from_secs(2) };
        let (outcome, attempts, took) = play(&retries(), MINUTE, &vec![throttled.clone(); 3]).await;
        assert_eq!((outcome, attempts, took), (Ok(()), 4, Duration::ZERO));
        let (outcome, attempts, _) = play(&retries(), MINUTE, &vec![throttled; 20]).await;
        assert_eq!((outcome, attempts), (Err(Error::Throttled { retry_after: Duration::from_secs(2) }), 9));
    }

    #[tokio::test(start_paused = true)]
    async fn when_everything_fails_retries_add_little_to_the_load() {
        let (retries, mut attempts) = (retries(), 0);
        let always = vec![transient(None); 9];
        for _ in 0..500 {
            attempts += play(&retries, Duration::from_secs(1), &always).await.1;
        }
        // 500 calls, twenty saved retries, a tenth of the calls, and half of one each second of waiting.
        assert!((520..=650).contains(&attempts), "{attempts}");
        tokio::time::advance(10 * MINUTE).await;
        assert_eq!(play(&retries, MINUTE, &always).await.1, 5);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_is_counted() {
        let call = Call::within(MINUTE);
        let mut first = true;
        let attempt = || {
            std::future::ready(if std::mem::take(&mut first) {
                Err(transient(Some(MINUTE / 2)))
            } else {
                Ok(())
            })
        };
        retries().persist(&call, attempt).await.unwrap();
        assert_eq!(call.waited().as_secs(), 30);
    }
}
