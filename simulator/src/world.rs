//! Everything a running simulator shares between its connections and the handles of its owner.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use crate::budget::Meter;
use crate::churn::Churn;
use crate::clock::Clock;
use crate::dice::Dice;
use crate::faults::Faults;
use crate::generate;
use crate::instant::DAY_MS;
use crate::journal::Journal;
use crate::oauth::OAuth;
use crate::portal::state::State;
use crate::quirks::Quirks;
use crate::settings::{Budgets, Settings};

/// The shared state.
pub(crate) struct World {
    pub(crate) settings: Settings,
    pub(crate) clock: Clock,
    state: RwLock<State>,
    behaviour: RwLock<Behaviour>,
    meter: Mutex<Meter>,
    journal: Mutex<Journal>,
    faults: Mutex<Faults>,
    oauth: Mutex<OAuth>,
    correlations: AtomicU64,
    pages: AtomicU64,
    calls: AtomicU64,
    delays: AtomicU64,
}

/// What can be changed while it runs.
#[derive(Debug, Clone)]
pub(crate) struct Behaviour {
    pub(crate) budgets: Budgets,
    pub(crate) quirks: Quirks,
    pub(crate) latency: Duration,
    pub(crate) latency_jitter: Duration,
    pub(crate) granted_scopes: Option<Vec<String>>,
    /// The token that is accepted; none once it was revoked.
    pub(crate) access_token: Option<String>,
    pub(crate) utc_offset_minutes: i32,
    pub(crate) churn: Option<Churn>,
}

impl World {
    pub(crate) fn new(settings: Settings, clock: Clock) -> World {
        let behaviour = Behaviour {
            budgets: settings.budgets(),
            quirks: settings.quirks.clone(),
            latency: settings.latency,
            latency_jitter: settings.latency_jitter,
            granted_scopes: settings.granted_scopes.clone(),
            access_token: Some(settings.access_token.clone()),
            utc_offset_minutes: settings.utc_offset_minutes,
            churn: settings.churn.clone(),
        };
        let faults = Faults::new(settings.seed);
        World {
            state: RwLock::new(generate::portal(&settings)),
            settings,
            clock,
            behaviour: RwLock::new(behaviour),
            meter: Mutex::new(Meter::new()),
            journal: Mutex::new(Journal::default()),
            faults: Mutex::new(faults),
            oauth: Mutex::default(),
            correlations: AtomicU64::new(0),
            pages: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            delays: AtomicU64::new(0),
        }
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn behaviour(&self) -> Behaviour {
        self.behaviour.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn change_behaviour(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.write().unwrap_or_else(PoisonError::into_inner));
    }

    pub(crate) fn meter(&self) -> MutexGuard<'_, Meter> {
        lock(&self.meter)
    }

    pub(crate) fn journal(&self) -> MutexGuard<'_, Journal> {
        lock(&self.journal)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        lock(&self.faults)
    }

    pub(crate) fn oauth(&self) -> MutexGuard<'_, OAuth> {
        lock(&self.oauth)
    }

    /// The number of the account's day: it ends at midnight of its time zone.
    pub(crate) fn local_day(&self) -> i64 {
        let offset = i64::from(self.behaviour().utc_offset_minutes) * 60_000;
        (self.clock.now_ms() + offset).div_euclid(DAY_MS)
    }

    /// A fresh id in the form of a UUID.
    pub(crate) fn correlation_id(&self) -> String {
        let number = self.correlations.fetch_add(1, Ordering::Relaxed);
        let mut dice = Dice::new(self.settings.seed, 99, number);
        let hex = format!("{:016x}{:016x}", dice.next(), dice.next());
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
        parts.into_iter().filter_map(|range| hex.get(range)).collect::<Vec<_>>().join("-")
    }

    /// Calls received before this one: what chance goes by.
    pub(crate) fn next_call(&self) -> u64 {
        self.calls.fetch_add(1, Ordering::Relaxed)
    }

    /// Answers delayed before this one.
    pub(crate) fn next_delay(&self) -> u64 {
        self.delays.fetch_add(1, Ordering::Relaxed)
    }

    /// Pages answered before this one: what the quirks of pages go by.
    pub(crate) fn next_page(&self) -> u64 {
        self.pages.fetch_add(1, Ordering::Relaxed)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
