//! A strict look-alike of HubSpot's CRM API, for demonstrations and tests.
//!
//! A [`Simulator`] makes a portal of believable rows from a seed and serves it on a loopback address, with the limits,
//! rate budgets, error bodies and oddities of the real one. Its truth is recorded traffic and HubSpot's own clients:
//! it shares no code with the crates it tests.
//!
//! ```no_run
//! # async fn example() -> Result<(), hubspot_sim::StartError> {
//! use hubspot_sim::{Settings, Simulator};
//!
//! let running = Simulator::start(Settings::small(100), "127.0.0.1:0").await?;
//! assert_eq!(running.portal().count("contacts").ok(), Some(100));
//! println!("{}/crm/objects/2026-09/contacts", running.base_url());
//! running.stop().await;
//! # Ok(()) }
//! ```

mod api;
mod budget;
mod catalogue;
mod churn;
mod clock;
mod dice;
mod faults;
mod generate;
mod instant;
mod journal;
mod oauth;
mod portal;
mod quirks;
mod server;
mod settings;
mod world;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

pub use churn::Churn;
pub use faults::{Fault, FaultAnswer, Matching, Preset};
pub use journal::JournalEntry;
pub use portal::log::{LoggedChange, LoggedKind};
pub use portal::property::{ModificationMetadata, PropertyDefinition, PropertyOption};
pub use portal::{Change, NewLink, Portal, PortalError, Row, StoredLink};
pub use quirks::Quirks;
pub use settings::{Budgets, Settings};

use clock::Clock;
use world::World;

/// Starts simulators.
#[derive(Debug, Clone, Copy)]
pub struct Simulator;

/// Why a simulator did not start.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: {source}")]
pub struct StartError {
    listen: String,
    source: std::io::Error,
}

impl Simulator {
    /// Makes the portal and serves it; `127.0.0.1:0` takes a free port.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start(settings: Settings, listen: &str) -> Result<Running, StartError> {
        Simulator::start_with(settings, listen, Clock::system()).await
    }

    /// The same with a clock that begins at [`Settings::now`] and goes with tokio's: where that one is paused, latencies,
    /// limits and the lag of the index pass without anybody waiting for them.
    ///
    /// # Errors
    /// When the address cannot be listened on.
    pub async fn start_in_tokio_time(settings: Settings, listen: &str) -> Result<Running, StartError> {
        let clock = Clock::beginning_at(settings.now);
        Simulator::start_with(settings, listen, clock).await
    }

    async fn start_with(settings: Settings, listen: &str, clock: Clock) -> Result<Running, StartError> {
        let refused = |source| StartError { listen: listen.to_owned(), source };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let world = Arc::new(World::new(settings, clock));
        let mut tasks = JoinSet::new();
        tasks.spawn(server::run(listener, Arc::clone(&world)));
        Ok(Running { address, world, tasks })
    }
}

/// A running simulator. Dropping it cuts every connection.
pub struct Running {
    address: SocketAddr,
    world: Arc<World>,
    tasks: JoinSet<()>,
}

impl Running {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What to give a client instead of `https://api.hubapi.com`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The token it accepts at its start.
    pub fn access_token(&self) -> &str {
        &self.world.settings.access_token
    }

    /// Accepts another token from now on; `None` revokes it.
    pub fn set_access_token(&self, token: Option<&str>) {
        self.world.change_behaviour(|behaviour| behaviour.access_token = token.map(str::to_owned));
    }

    /// Changes how people change rows while the portal is read.
    pub fn set_churn(&self, churn: Option<Churn>) {
        self.world.change_behaviour(|behaviour| behaviour.churn = churn);
    }

    /// The settings it was started with.
    pub fn settings(&self) -> &Settings {
        &self.world.settings
    }

    /// The rows behind the API, to read and to change.
    pub fn portal(&self) -> Portal {
        Portal { world: Arc::clone(&self.world) }
    }

    /// The calls received after the one numbered `seq` (0: all).
    pub fn journal(&self, seq: u64) -> Vec<JournalEntry> {
        self.world.journal().since(seq)
    }

    /// Adds a fault.
    pub fn inject(&self, fault: Fault) {
        self.world.faults().add(fault);
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.world.faults().clear();
    }

    /// Changes the oddities from now on.
    pub fn set_quirks(&self, quirks: Quirks) {
        self.world.change_behaviour(|behaviour| behaviour.quirks = quirks);
    }

    /// Changes the allowances from now on.
    pub fn set_budgets(&self, budgets: Budgets) {
        self.world.change_behaviour(|behaviour| behaviour.budgets = budgets);
    }

    /// Changes how long every answer takes.
    pub fn set_latency(&self, latency: Duration) {
        self.world.change_behaviour(|behaviour| behaviour.latency = latency);
    }

    /// Changes the scopes of the token; `None` grants all.
    pub fn set_granted_scopes(&self, scopes: Option<Vec<String>>) {
        self.world.change_behaviour(|behaviour| behaviour.granted_scopes = scopes);
    }

    /// What the clock of the portal says.
    pub fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.world.clock.now_ms()).unwrap_or(Timestamp::MAX)
    }

    /// Puts the clock of the portal forward: tokens expire, windows of the budgets pass.
    pub fn advance_clock(&self, by: Duration) {
        self.world.clock.advance(i64::try_from(by.as_millis()).unwrap_or(i64::MAX));
    }

    /// Stops listening and cuts every connection.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }

    /// Runs until its task ends, which it never does by itself.
    pub async fn run(&mut self) {
        while self.tasks.join_next().await.is_some() {}
    }
}
