//! HubSpot's rate limits, kept on our side: three true sliding windows, each with a fair queue.
//!
//! A call asks its [`Lane`] for a [`Slot`] before it is sent. Data sources take turns, and of one data source's calls the
//! first goes first; who would have to wait past the deadline is refused at once, without waiting. The limits start from
//! the settings, are learned from HubSpot's headers, and are corrected by its refusals. Of the day's calls, which HubSpot
//! counts, a share is left to others.
//!
//! The windows live in this process; with [`shared`] ones all processes keep to one limit together.

mod day;
mod lane;
pub mod shared;
mod turns;
pub mod window;

use std::sync::Arc;
use std::time::Duration;

use day::Day;
use jiff::Timestamp;
pub(crate) use lane::Mark;
pub use lane::{Lane, Refusal, Slot};
use shared::SharedWindow;
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

impl Kind {
    /// The word for it, where windows are kept by name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Search => "search",
            Self::Associations => "associations",
        }
    }
}

/// HubSpot's long interval.
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// HubSpot's short interval, for searches.
const ONE_SECOND: Duration = Duration::from_secs(1);

/// Longest assumed way of a request in the ten-second windows. Covers setting up a connection over a bad line; nearly
/// always the answer comes earlier and is what counts.
const LONG_ALLOWANCE: Duration = Duration::from_secs(2);

/// The same for searches, until one is written to its connection: from then on only the way counts, so that this costs no
/// throughput.
const SHORT_ALLOWANCE: Duration = ONE_SECOND;

/// HubSpot's general limit and that of associations, in ten seconds: Free and Starter, Professional and Enterprise, with
/// the add-on. (Apps from the marketplace have 110 and are not told apart.)
const ASSOCIATIONS_BY_GENERAL: [(u32, u32); 3] = [(100, 100), (190, 150), (250, 200)];

/// The budgets of one portal.
#[derive(Debug)]
pub struct Budgets {
    list: Lane,
    search: Lane,
    associations: Lane,
    day: Arc<Day>,
}

impl Budgets {
    /// Empty windows with the limits of the settings.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        let day = Arc::new(Day::new(settings.daily_share));
        let lane = |kind, limit, interval, allowance| {
            let shared = settings.shared_windows.clone().map(|windows| SharedWindow::new(windows, kind));
            Lane::of_day(Terms { limit, interval, allowance }, Arc::clone(&day), shared)
        };
        Self {
            list: lane(Kind::List, settings.list_budget, TEN_SECONDS, LONG_ALLOWANCE),
            search: lane(Kind::Search, settings.search_budget, ONE_SECOND, SHORT_ALLOWANCE),
            associations: lane(Kind::Associations, settings.association_budget, TEN_SECONDS, LONG_ALLOWANCE),
            day,
        }
    }

    /// The calls of a day, and those that are left of them, as an answer said last.
    #[must_use]
    pub fn today(&self) -> Option<(u64, u64)> {
        self.day.count()
    }

    /// Keeps to another share of the day's calls from now on: per cent, 1 to 100.
    pub fn keep_to_share(&self, daily_share: u32) {
        self.day.keep_to(daily_share);
    }

    /// Takes over what the headers of an answer say about the day.
    pub(crate) fn learn_day(&self, granted: u64, left: u64, resets_at: Option<Timestamp>) {
        if self.day.learn(granted, left, resets_at) {
            tracing::debug!(granted, left, "our share of the day's calls is spent");
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
            Kind::List => {
                if self.list.learn(limit, interval) && interval == TEN_SECONDS {
                    self.raise_associations(limit);
                }
            }
            Kind::Search => {}
            Kind::Associations => {
                let terms = self.associations.terms();
                if limit < terms.limit && interval == terms.interval {
                    self.associations.learn(limit, interval);
                }
            }
        }
    }

    /// The general limit tells the subscription, and that the limit of associations.
    fn raise_associations(&self, general: u32) {
        let granted = ASSOCIATIONS_BY_GENERAL
            .iter()
            .rev()
            .find(|(from, _)| *from <= general)
            .map_or(0, |(_, limit)| *limit);
        if granted > self.associations.terms().limit {
            self.associations.learn(granted, TEN_SECONDS);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_general_limit_raises_that_of_associations_and_never_lowers_it() {
        let budgets = Budgets::new(&Settings::default());
        let associations = || budgets.lane(Kind::Associations).terms().limit;
        for (general, expected) in [(50, 100), (110, 100), (190, 150), (250, 200), (100, 200)] {
            budgets.learn(Kind::List, general, TEN_SECONDS);
            assert_eq!(associations(), expected, "{general}");
        }
        budgets.learn(Kind::Associations, 120, TEN_SECONDS);
        budgets.learn(Kind::List, 100, TEN_SECONDS);
        assert_eq!(associations(), 120, "what is no news raises nothing");
    }
}
