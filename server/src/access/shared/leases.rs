//! Places among the running requests that this process holds in the store. They are leased: a process that dies holds
//! nobody up for longer than [`LEASE`].

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use schema::{Store, shared_limit};
use tokio::sync::{mpsc, watch};
use tokio::time::{MissedTickBehavior, interval};

use crate::access::limit::lock;
use crate::tasks::Tasks;

/// Shorter than a request waits ([`MAX_WAIT`](crate::access::MAX_WAIT)). Renewed three times before it ends: one renewal
/// may fail, and one may be late.
pub(super) const LEASE: Duration = Duration::from_secs(20);
const RENEW_EVERY: Duration = Duration::from_secs(6);

/// Places that are given back by one statement: as many as one tenant has by default.
const AT_ONCE: usize = 32;

type Held = Arc<Mutex<BTreeSet<i64>>>;

/// The places of this process.
#[derive(Clone)]
pub(super) struct Leases {
    held: Held,
    /// The places that are free again; none: there will be no more.
    returned: mpsc::UnboundedSender<Option<i64>>,
    ended: watch::Receiver<bool>,
}

/// One of them, given back when it is dropped. Nobody waits for that.
pub(crate) struct Lease {
    place: i64,
    held: Held,
    returned: mpsc::UnboundedSender<Option<i64>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        lock(&self.held).remove(&self.place);
        // Without the task that gives places back the process ends, and the lease with it.
        let _ = self.returned.send(Some(self.place));
    }
}

impl Leases {
    pub(super) fn start(store: Store, tasks: &Tasks) -> Self {
        let (returned, received) = mpsc::unbounded_channel();
        let (end, ended) = watch::channel(false);
        let held = Held::default();
        let theirs = Arc::clone(&held);
        tasks.spawn(async move {
            keep(&store, &theirs, received).await;
            end.send_replace(true);
        });
        Self { held, returned, ended }
    }

    pub(super) fn hold(&self, place: i64) -> Lease {
        lock(&self.held).insert(place);
        Lease { place, held: Arc::clone(&self.held), returned: self.returned.clone() }
    }

    /// Gives back what was returned until now, and ends.
    pub(super) async fn finish(&self) {
        if self.returned.send(None).is_ok() {
            let _ = self.ended.clone().wait_for(|ended| *ended).await;
        }
    }
}

/// Renews what is held and gives back what is not. What cannot be given back lapses.
async fn keep(store: &Store, held: &Held, mut received: mpsc::UnboundedReceiver<Option<i64>>) {
    let mut renewal = interval(RENEW_EVERY);
    renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut returned = Vec::new();
    loop {
        tokio::select! {
            count = received.recv_many(&mut returned, AT_ONCE) => {
                let places: Vec<i64> = returned.iter().copied().flatten().collect();
                let last = count == 0 || places.len() < returned.len();
                returned.clear();
                if !places.is_empty() && let Err(error) = shared_limit::give_back(store, &places).await {
                    tracing::warn!(%error, "places of running requests could not be given back; they lapse");
                }
                if last {
                    return;
                }
            }
            _ = renewal.tick() => {
                let places: Vec<i64> = lock(held).iter().copied().collect();
                if !places.is_empty() && let Err(error) = shared_limit::renew(store, &places, LEASE).await {
                    tracing::warn!(%error, "places of running requests could not be renewed");
                }
            }
        }
    }
}
