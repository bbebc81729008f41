//! Proving that a presented token is the stored one.
//!
//! The keyed tag decides whenever its key is configured: 0.2 microseconds, in constant time, so neither noise nor a
//! wrong secret ever reaches argon2. What the tag admits is confirmed by argon2id once for each process and stored
//! hash, and then remembered. Without a usable tag argon2 decides, and the caller writes a new tag. argon2 runs on a
//! few reused blocks of memory behind a fair queue with an end: beyond it the answer is [`HashError::Busy`].

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::argon::{self, Workspace};
use crate::keys::{KeyBytes, Keys, Tag, mac};
use crate::random::{self, Random};
use crate::token::{PlainToken, TokenId, TokenRecord};

/// How much hashing may go on.
#[derive(Debug, Clone, Copy)]
pub struct HashSettings {
    /// Hashes at the same time, each with 19 MiB of memory that is kept.
    pub parallel: usize,
    /// Requests that may wait for one: at about 13 ms each, 150 wait no longer than a second on two cores.
    pub waiting: usize,
    /// Tokens remembered as confirmed, about 100 bytes each.
    pub remembered: usize,
    /// Memory of a new hash, in KiB. A stored one names its own. Only tests that mint by the ten thousand take less.
    pub memory_kib: u32,
}

impl Default for HashSettings {
    fn default() -> HashSettings {
        let parallel = std::thread::available_parallelism().map_or(2, usize::from).min(4);
        HashSettings { parallel, waiting: 150, remembered: 10_000, memory_kib: argon::MEMORY_KIB }
    }
}

/// Hashes and verifies tokens. One for each process.
pub struct Hasher {
    permits: Arc<Semaphore>,
    workspaces: Arc<Mutex<Vec<Workspace>>>,
    waiting: AtomicUsize,
    waiting_limit: usize,
    hashes: AtomicUsize,
    memory_kib: u32,
    process_key: KeyBytes,
    remembered: Mutex<Remembered>,
    flights: Mutex<HashMap<TokenId, Arc<tokio::sync::Mutex<()>>>>,
}

/// What a presented token turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is the stored token. With `retag`, the row should get this tag: it has none under the active key.
    Match {
        /// The tag to write.
        retag: Option<Tag>,
    },
    /// It is not.
    Mismatch,
}

/// A hash could not be computed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HashError {
    /// Too many are waiting already.
    #[error("too many tokens are being verified at this moment: try again in a second")]
    Busy,
    /// The stored hash cannot be read, or the computation was cut off.
    #[error("a token's hash cannot be computed: {0}")]
    Failed(String),
}

impl Hasher {
    /// A hasher with its own process key.
    #[must_use]
    pub fn new(settings: HashSettings, random: &dyn Random) -> Hasher {
        Hasher {
            permits: Arc::new(Semaphore::new(settings.parallel.max(1))),
            workspaces: Arc::default(),
            waiting: AtomicUsize::new(0),
            waiting_limit: settings.waiting,
            hashes: AtomicUsize::new(0),
            memory_kib: settings.memory_kib,
            process_key: KeyBytes::new(random::bytes(random)),
            remembered: Mutex::new(Remembered { limit: settings.remembered.max(1), ..Remembered::default() }),
            flights: Mutex::default(),
        }
    }

    /// The argon2id hash of a new token, as a PHC string.
    ///
    /// # Errors
    /// [`HashError::Busy`] when too many wait.
    pub async fn hash(&self, token: &PlainToken, random: &dyn Random) -> Result<String, HashError> {
        let (token, salt, memory_kib) = (token.clone(), random::bytes::<16>(random), self.memory_kib);
        self.run(move |workspace| argon::hash(workspace, token.expose(), &salt, memory_kib)).await
    }

    /// Decides whether `presented` is the token of `record`; `None` stands for an id that does not exist, and costs
    /// the same cheap work as a wrong secret.
    ///
    /// # Errors
    /// [`HashError`] when argon2 was needed and could not run: that says nothing about the token.
    pub async fn verify(
        &self,
        presented: &PlainToken,
        record: Option<&TokenRecord>,
        keys: &Keys,
    ) -> Result<Verdict, HashError> {
        let Some(record) = record else {
            decoy(presented, keys);
            return Ok(Verdict::Mismatch);
        };
        let known =
            record.tag.as_ref().and_then(|stored| Some((stored, keys.tag_with(&stored.key_id, presented)?)));
        if let Some((stored, computed)) = &known
            && !bool::from(stored.tag.ct_eq(&computed.tag))
        {
            return Ok(Verdict::Mismatch);
        }
        if !self.confirm(presented, record).await? {
            return Ok(Verdict::Mismatch);
        }
        let current = known.is_some_and(|(stored, _)| stored.key_id == keys.active_id());
        Ok(Verdict::Match { retag: (!current).then(|| keys.tag(presented)) })
    }

    /// How many argon2 computations were started: for metrics and tests.
    #[must_use]
    pub fn hashes_started(&self) -> usize {
        self.hashes.load(Ordering::Relaxed)
    }

    /// argon2's word on the token, remembered when it is yes. One computation at a time for each token: those who
    /// come meanwhile find its outcome.
    async fn confirm(&self, presented: &PlainToken, record: &TokenRecord) -> Result<bool, HashError> {
        let fingerprint = self.fingerprint(presented, record);
        if lock(&self.remembered).knows(&record.id, &fingerprint) {
            return Ok(true);
        }
        let flight = Flight::board(self, &record.id);
        let _turn = flight.turn.lock().await;
        if lock(&self.remembered).knows(&record.id, &fingerprint) {
            return Ok(true);
        }
        let (token, stored) = (presented.clone(), record.hash.clone());
        let matches =
            self.run(move |workspace| argon::verify(workspace, token.expose(), stored.expose())).await?;
        if matches {
            lock(&self.remembered).add(record.id.clone(), fingerprint);
        }
        Ok(matches)
    }

    /// Names the pair of presented token and stored hash, under a key that dies with the process.
    fn fingerprint(&self, presented: &PlainToken, record: &TokenRecord) -> [u8; 32] {
        mac(&self.process_key, &[presented.expose().as_bytes(), b"|", record.hash.expose().as_bytes()])
    }

    /// Runs `work` with a reused workspace on a blocking thread, in the order of arrival.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Workspace) -> Result<T, HashError> + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = self.permit().await?;
        self.hashes.fetch_add(1, Ordering::Relaxed);
        let workspaces = Arc::clone(&self.workspaces);
        // The permit and the workspace go with the work: when the caller hangs up, the memory still comes back.
        let outcome = tokio::task::spawn_blocking(move || {
            let mut workspace = lock(&workspaces).pop().unwrap_or_default();
            let outcome = work(&mut workspace);
            lock(&workspaces).push(workspace);
            drop(permit);
            outcome
        });
        outcome.await.map_err(|error| HashError::Failed(error.to_string()))?
    }

    async fn permit(&self) -> Result<OwnedSemaphorePermit, HashError> {
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            return Ok(permit);
        }
        let _waiting = Waiting::join(&self.waiting, self.waiting_limit).ok_or(HashError::Busy)?;
        Arc::clone(&self.permits).acquire_owned().await.map_err(|error| HashError::Failed(error.to_string()))
    }
}

/// The work of a comparison whose outcome is known.
fn decoy(presented: &PlainToken, keys: &Keys) {
    let computed = keys.tag(presented);
    std::hint::black_box(bool::from(computed.tag.ct_eq(&[0; 32])));
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place in the queue, given back when dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn join(count: &'a AtomicUsize, limit: usize) -> Option<Waiting<'a>> {
        let more = |count| (count < limit).then_some(count + 1);
        count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, more).ok().map(|_| Waiting(count))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One token's computation under way; the last who leaves removes it.
struct Flight<'a> {
    hasher: &'a Hasher,
    id: TokenId,
    turn: Arc<tokio::sync::Mutex<()>>,
}

impl<'a> Flight<'a> {
    fn board(hasher: &'a Hasher, id: &TokenId) -> Flight<'a> {
        let turn = Arc::clone(lock(&hasher.flights).entry(id.clone()).or_default());
        Flight { hasher, id: id.clone(), turn }
    }
}

impl Drop for Flight<'_> {
    fn drop(&mut self) {
        let mut flights = lock(&self.hasher.flights);
        // Two holders are the map and this one: nobody else waits.
        if Arc::strong_count(&self.turn) <= 2 {
            flights.remove(&self.id);
        }
    }
}

/// The confirmed tokens, oldest first out.
#[derive(Default)]
struct Remembered {
    limit: usize,
    fingerprints: HashMap<TokenId, [u8; 32]>,
    order: VecDeque<TokenId>,
}

impl Remembered {
    fn knows(&self, id: &TokenId, fingerprint: &[u8; 32]) -> bool {
        self.fingerprints.get(id).is_some_and(|known| known.ct_eq(fingerprint).into())
    }

    fn add(&mut self, id: TokenId, fingerprint: [u8; 32]) {
        if self.fingerprints.insert(id.clone(), fingerprint).is_some() {
            return;
        }
        self.order.push_back(id);
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.fingerprints.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use crate::secret::Secret;
    use crate::token::tests::record;

    fn keys(text: &[(&str, u64)]) -> Keys {
        let texts: Vec<String> = text
            .iter()
            .map(|(id, seed)| Keys::generate(id, &SeededRandom::new(*seed)).expose().to_owned())
            .collect();
        Keys::parse(&texts.join(",")).unwrap()
    }

    fn hasher(settings: HashSettings) -> Hasher {
        Hasher::new(settings, &SeededRandom::new(5))
    }

    async fn minted(hasher: &Hasher, keys: &Keys, seed: u64) -> (PlainToken, TokenRecord) {
        let random = SeededRandom::new(seed);
        let token = PlainToken::generate(&random);
        let hash = Secret::new(hasher.hash(&token, &random).await.unwrap());
        let record = TokenRecord { id: token.id(), hash, tag: Some(keys.tag(&token)), ..record() };
        (token, record)
    }

    const MATCH: Result<Verdict, HashError> = Ok(Verdict::Match { retag: None });

    #[tokio::test]
    async fn a_token_is_confirmed_by_argon2_once() {
        let (hasher, keys) = (hasher(HashSettings::default()), keys(&[("a", 1)]));
        let (token, record) = minted(&hasher, &keys, 1).await;
        for _ in 0..3 {
            assert_eq!(hasher.verify(&token, Some(&record), &keys).await, MATCH);
        }
        assert_eq!(hasher.hashes_started(), 2, "one to mint, one to confirm");
    }

    #[tokio::test]
    async fn neither_a_wrong_secret_nor_an_unknown_id_reaches_argon2() {
        let (hasher, keys) = (hasher(HashSettings::default()), keys(&[("a", 1)]));
        let (_, record) = minted(&hasher, &keys, 1).await;
        let other = PlainToken::generate(&SeededRandom::new(2));
        assert_eq!(hasher.verify(&other, Some(&record), &keys).await, Ok(Verdict::Mismatch));
        assert_eq!(hasher.verify(&other, None, &keys).await, Ok(Verdict::Mismatch));
        assert_eq!(hasher.hashes_started(), 1);
    }

    #[tokio::test]
    async fn without_its_tag_key_argon2_decides_and_a_new_tag_is_offered() {
        let (hasher, old, new) = (hasher(HashSettings::default()), keys(&[("a", 1)]), keys(&[("b", 2)]));
        let (token, record) = minted(&hasher, &old, 1).await;
        let outcome = hasher.verify(&token, Some(&record), &new).await;
        assert_eq!(outcome, Ok(Verdict::Match { retag: Some(new.tag(&token)) }));
        let other = PlainToken::generate(&SeededRandom::new(2));
        assert_eq!(hasher.verify(&other, Some(&record), &new).await, Ok(Verdict::Mismatch));
        let untagged = TokenRecord { tag: None, ..record };
        let outcome = hasher.verify(&token, Some(&untagged), &new).await;
        assert_eq!(outcome, Ok(Verdict::Match { retag: Some(new.tag(&token)) }));
    }

    #[tokio::test]
    async fn a_tag_of_an_older_key_still_decides_and_is_renewed() {
        let (hasher, old, both) =
            (hasher(HashSettings::default()), keys(&[("a", 1)]), keys(&[("b", 2), ("a", 1)]));
        let (token, record) = minted(&hasher, &old, 1).await;
        let outcome = hasher.verify(&token, Some(&record), &both).await;
        assert_eq!(outcome, Ok(Verdict::Match { retag: Some(both.tag(&token)) }));
        let other = PlainToken::generate(&SeededRandom::new(2));
        let before = hasher.hashes_started();
        assert_eq!(hasher.verify(&other, Some(&record), &both).await, Ok(Verdict::Mismatch));
        assert_eq!(hasher.hashes_started(), before);
    }

    #[tokio::test]
    async fn a_changed_row_is_verified_again() {
        let (hasher, keys) = (hasher(HashSettings::default()), keys(&[("a", 1)]));
        let (token, record) = minted(&hasher, &keys, 1).await;
        assert_eq!(hasher.verify(&token, Some(&record), &keys).await, MATCH);
        let (_, stranger) = minted(&hasher, &keys, 2).await;
        let swapped = TokenRecord { hash: stranger.hash, ..record };
        assert_eq!(hasher.verify(&token, Some(&swapped), &keys).await, Ok(Verdict::Mismatch));
    }

    #[tokio::test]
    async fn ten_parallel_first_requests_cost_one_argon2() {
        let (hasher, keys) = (hasher(HashSettings::default()), keys(&[("a", 1)]));
        let (token, record) = minted(&hasher, &keys, 1).await;
        let ten = (0..10).map(|_| hasher.verify(&token, Some(&record), &keys));
        for outcome in join_all(ten).await {
            assert_eq!(outcome, MATCH);
        }
        assert_eq!(hasher.hashes_started(), 2);
        assert!(lock(&hasher.flights).is_empty());
    }

    #[tokio::test]
    async fn beyond_the_queue_the_answer_is_busy() {
        let settings = HashSettings { parallel: 1, waiting: 2, remembered: 10, ..HashSettings::default() };
        let (hasher, random) = (hasher(settings), SeededRandom::new(1));
        let token = PlainToken::generate(&random);
        let six = (0..6).map(|_| hasher.hash(&token, &random));
        let outcomes = join_all(six).await;
        assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 3, "one runs, two wait");
        assert_eq!(outcomes.iter().filter(|outcome| **outcome == Err(HashError::Busy)).count(), 3);
        assert!(hasher.hash(&token, &random).await.is_ok(), "the queue is open again");
        assert_eq!(lock(&hasher.workspaces).len(), 1, "the memory is reused");
    }

    #[tokio::test]
    async fn the_oldest_confirmation_is_forgotten_first() {
        let settings = HashSettings { remembered: 1, ..HashSettings::default() };
        let (hasher, keys) = (hasher(settings), keys(&[("a", 1)]));
        let (first, first_record) = minted(&hasher, &keys, 1).await;
        let (second, second_record) = minted(&hasher, &keys, 2).await;
        for (token, record) in [(&first, &first_record), (&second, &second_record), (&first, &first_record)] {
            assert_eq!(hasher.verify(token, Some(record), &keys).await, MATCH);
        }
        assert_eq!(hasher.hashes_started(), 5);
    }

    async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
        let mut futures: Vec<_> = futures.map(Box::pin).collect();
        let mut outcomes: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
        std::future::poll_fn(|context| {
            for (future, outcome) in futures.iter_mut().zip(&mut outcomes) {
                if outcome.is_none()
                    && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
                {
                    *outcome = Some(ready);
                }
            }
            if outcomes.iter().all(Option::is_some) {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
        outcomes.into_iter().map(Option::unwrap).collect()
    }
}
