//! HubSpot's rate limits, kept on our side: three true sliding windows, each with a fair queue.
//!
//! A call asks its [`Lane`] for a [`Slot`] before it is sent. Who comes first goes first; who would have to wait past
//! the deadline is refused at once, without waiting. The limits start from the settings, are learned from HubSpot's
//! headers, and are corrected by its refusals.
//!
//! The windows live in this process. [`window`] says what moves into the store when replicas share them.

mod lane;
pub mod window;

use std::time::Duration;

pub use lane::{Lane, Refusal, Slot};
use window::Terms;

use crate::{Error, Settings};

/// Which of HubSpot's limits a call counts against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Everything but the two others: so many in ten seconds, for each app.
    List,
    /// Searches: so many in one second, for each account; exempt from the ten seconds.
    Search,
    /// Associations and their labels: so many in ten seconds of their own.
    Associations,
}

/// HubSpot's long interval.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// HubSpot's short interval, for searches.
const ONE_SECOND: Duration = Duration::from_secs(1);

/// Longest assumed way of a request in the ten-second windows. Covers setting up a connection over a bad line; nearly
/// always the answer comes earlier and is what counts.
const LONG_ALLOWANCE: Duration = Duration::from_secs(2);

/// The same for searches: covers a TLS handshake over an ocean. More would cost throughput, since a search may think
/// for as long as its whole interval (0.2 to 0.8 s).
const SHORT_ALLOWANCE: Duration = Duration::from_millis(250);

/// The budgets of one portal.
#[derive(Debug)]
pub struct Budgets {
    list: Lane,
    search: Lane,
    associations: Lane,
}

impl Budgets {
    /// Empty windows with the limits of the settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let long = |limit| Lane::new(Terms { limit, interval: TEN_SECONDS, allowance: LONG_ALLOWANCE });
        Self {
            list: long(settings.list_budget),
            search: Lane::new(Terms {
                limit: settings.search_budget,
                interval: ONE_SECOND,
                allowance: SHORT_ALLOWANCE,
            }),
            associations: long(settings.association_budget),
        }
    }

    /// The queue of one kind.
    #[must_use]
    pub fn lane(&self, kind: Kind) -> &Lane {
        match kind {
            Kind::List => &self.list,
            Kind::Search => &self.search,
            Kind::Associations => &self.associations,
        }
    }

    /// Takes over what the headers of an answer say about the limit of its kind. Search answers say nothing about
    /// theirs. Those to association calls may speak of the general limit, which is the larger one: only less counts.
    pub(crate) fn learn(&self, kind: Kind, limit: u32, interval: Duration) {
        match kind {
            Kind::List => self.list.learn(limit, interval),
            Kind::Search => {}
            Kind::Associations => {
                let terms = self.associations.terms();
                if limit < terms.limit && interval == terms.interval {
                    self.associations.learn(limit, interval);
                }
            }
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Daily { resets_at } => Self::DailyLimit { resets_at },
            Refusal::Wait(retry_after) => Self::Throttled { retry_after },
        }
    }
}
