//! What every request shares: the store, the limits, the portals, the counters.

use std::sync::Arc;

use schema::Credential;
use schema::operations::{mark_expired, meta_get, prune, token_retag};
use tokio::sync::{Notify, Semaphore};

use crate::access::{Floods, Limits, Proven, SharedLimits};
use crate::config::Config;
use crate::drift::Looks;
use crate::event::Event;
use crate::layers::InFlight;
use crate::metrics::Metrics;
use crate::models::Models;
use crate::notices;
use crate::portals::Portals;
use crate::recorder::{Item, Recorder};
use crate::tasks::Tasks;

/// A page is at most 4 MiB of JSON; the records it is made of take 20 MB where they are wide, and seldom twice that. 32 pages under
/// construction are therefore some 800 MB when all are of the widest tables, and a tenth of that usually.
const PAGES_IN_MEMORY: usize = 32;

/// What one tenant may have of them.
pub(crate) const PAGES_OF_ONE_TENANT: u32 = 16;

/// Shared by all requests of the process.
pub struct App {
    /// What the service runs with.
    pub config: Config,
    /// Store, clock, randomness, keys and hasher.
    pub context: schema::Context,
    /// Rates and concurrency of this process.
    pub limits: Limits,
    /// Those of all replicas together, on a store that several may use.
    pub shared_limits: Option<SharedLimits>,
    /// Unproven attempts.
    pub floods: Floods,
    /// Background work.
    pub tasks: Tasks,
    /// Running requests.
    pub in_flight: InFlight,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// HubSpot clients by connection.
    pub portals: Portals,
    /// Models by data source and version.
    pub models: Models,
    /// When properties were looked at last.
    pub(crate) looks: Looks,
    /// Places for pages under construction.
    pub pages: Arc<Semaphore>,
    recorder: Recorder,
}

impl App {
    /// Puts the parts together and starts the background work.
    #[must_use]
    pub fn new(config: Config, context: schema::Context, tasks: Tasks) -> Arc<Self> {
        let metrics = Arc::new(Metrics::default());
        let failed = Arc::new(Notify::new());
        let recorder = Recorder::start(context.clone(), metrics.clone(), &tasks, failed.clone());
        let portals = Portals::new(&config, context.clone());
        let shared = context.store.is_shared().then(|| SharedLimits::start(&context.store, &tasks));
        let app = Arc::new(Self {
            config,
            context,
            limits: Limits::default(),
            shared_limits: shared,
            floods: Floods::default(),
            tasks,
            in_flight: InFlight::default(),
            metrics,
            portals,
            models: Models::default(),
            looks: Looks::default(),
            pages: Arc::new(Semaphore::new(PAGES_IN_MEMORY)),
            recorder,
        });
        app.start_housekeeping();
        notices::start(&app, failed);
        app
    }

    /// Sixteen hexadecimal digits: enough to find one request among a year's.
    pub(crate) fn request_id(&self) -> String {
        let mut bytes = [0; 8];
        self.context.random.fill(&mut bytes);
        format!("{:016x}", u64::from_be_bytes(bytes))
    }

    /// Log line, metrics and history of one request.
    pub(crate) fn record(&self, event: Event) {
        event.log();
        self.metrics.count(&event);
        self.recorder.put(Item::Request(Box::new(event)));
    }

    /// Remembers the tag that a proven token's row lacks.
    pub(crate) fn retag(&self, proven: &Proven) {
        if let Some(tag) = &proven.retag {
            let token = &proven.credential.token;
            let (id, hash, tag) = (token.id.clone(), token.hash.clone(), tag.clone());
            self.recorder.put(Item::Retag(token_retag::Request { id, hash, tag }));
        }
    }

    /// Makes a first sight of an expiry last, whatever the clock does later.
    pub(crate) async fn note_expiry(&self, credential: &Credential) {
        if !credential.token.newly_expired(self.context.now()) {
            return;
        }
        let request = mark_expired::Request { ids: Some(vec![credential.token.id.clone()]) };
        if let Err(error) = mark_expired::run(&self.context, request).await {
            tracing::error!(%error, token = credential.token.id.as_str(), "an expiry could not be written down");
        }
    }

    /// Has everything that is to be recorded written.
    pub(crate) async fn finish(&self) {
        if let Some(limits) = &self.shared_limits {
            limits.finish().await;
        }
        self.recorder.finish().await;
    }

    /// Whether the store can be read.
    pub(crate) async fn store_answers(&self) -> bool {
        meta_get::run(&self.context, meta_get::Request { name: meta_get::PUBLIC_URL }).await.is_ok()
    }

    fn start_housekeeping(self: &Arc<Self>) {
        // Keys at rest are forgotten within two rounds; each costs milliseconds for a hundred thousand of them.
        const EVERY: std::time::Duration = std::time::Duration::from_secs(30);
        // Retention is counted in days.
        const PRUNE_EVERY: u32 = 120;
        let app = Arc::downgrade(self);
        let tasks = self.tasks.clone();
        self.tasks.spawn(async move {
            for round in 0_u32.. {
                tokio::select! {
                    () = tasks.stopping() => return,
                    () = tokio::time::sleep(EVERY) => {}
                }
                let Some(app) = app.upgrade() else { return };
                app.limits.forget_idle();
                if let Some(limits) = &app.shared_limits {
                    limits.forget_idle().await;
                }
                app.floods.forget_idle();
                if round % PRUNE_EVERY == 0
                    && let Err(error) = prune::run(&app.context, prune::Request::default()).await
                {
                    tracing::error!(%error, "old history could not be removed");
                }
            }
        });
    }
}
