//! What a simulated portal is made of and how it behaves; everything has a default that suits the demo.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::churn::Churn;
use crate::quirks::Quirks;

/// Size, behaviour and access of a simulated portal.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The same seed gives the same rows, ids and values, at every start.
    pub seed: u64,
    /// Live contacts; about one per cent more are archived.
    pub contacts: u32,
    /// Live companies; absent: a quarter of the contacts.
    pub companies: Option<u32>,
    /// Live deals; absent: three tenths of the contacts.
    pub deals: Option<u32>,
    /// Live tickets; absent: a fifth of the contacts.
    pub tickets: Option<u32>,
    /// Added to every answer of the API (a real portal takes 200 to 800 ms).
    pub latency: Duration,
    /// Up to so much more, different for each call.
    pub latency_jitter: Duration,
    /// Calls in ten seconds, all but search and associations; absent: no limit.
    pub budget: Option<u32>,
    /// Searches in one second; absent: no limit.
    pub search_budget: Option<u32>,
    /// Association calls in ten seconds; absent: no limit.
    pub association_budget: Option<u32>,
    /// Calls of a day; absent: no limit.
    pub daily_budget: Option<u32>,
    /// The token that is accepted.
    pub access_token: String,
    /// The app that may connect by OAuth.
    pub client_id: String,
    /// What proves that it is the app.
    pub client_secret: String,
    /// The scopes of that token; absent: every scope.
    pub granted_scopes: Option<Vec<String>>,
    /// The instant at which the generated portal ends: no row is younger.
    pub now: Timestamp,
    /// The number of the account, as in URLs and `account-info`.
    pub portal_id: u32,
    /// Associations that a batch read returns of one record before it pages (500 in v4).
    pub association_page: usize,
    /// So many of the first contacts were created in one and the same millisecond, as an import does.
    pub imported: u32,
    /// How far the account's time zone is ahead of UTC; its day, and with it the daily budget, ends at its midnight.
    pub utc_offset_minutes: i32,
    /// What the portal does differently from its defaults.
    pub quirks: Quirks,
    /// How people change rows while the portal is read; absent: not at all.
    pub churn: Option<Churn>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            seed: 1,
            contacts: 10_000,
            companies: None,
            deals: None,
            tickets: None,
            latency: Duration::ZERO,
            latency_jitter: Duration::ZERO,
            budget: Budgets::default().general,
            search_budget: Budgets::default().search,
            association_budget: Budgets::default().associations,
            daily_budget: Budgets::default().daily,
            access_token: "pat-na1-demo".to_owned(),
            client_id: "feedgate-demo".to_owned(),
            client_secret: "feedgate-demo-secret".to_owned(),
            granted_scopes: None,
            now: Timestamp::constant(1_793_498_400, 0), // 2026-11-01T02:00:00Z
            portal_id: 48_213_377,
            association_page: 500,
            imported: 0,
            utc_offset_minutes: 0,
            quirks: Quirks::default(),
            churn: None,
        }
    }
}

impl Settings {
    /// A small portal without any limit, for tests.
    pub fn small(contacts: u32) -> Settings {
        Settings { contacts, ..Settings::default() }.without_budgets()
    }

    /// The same portal without any limit.
    pub fn without_budgets(self) -> Settings {
        Settings { budget: None, search_budget: None, association_budget: None, daily_budget: None, ..self }
    }

    /// The four budgets together.
    pub fn budgets(&self) -> Budgets {
        Budgets {
            general: self.budget,
            search: self.search_budget,
            associations: self.association_budget,
            daily: self.daily_budget,
        }
    }

    pub(crate) fn company_count(&self) -> u32 {
        self.companies.unwrap_or(self.contacts / 4)
    }

    pub(crate) fn deal_count(&self) -> u32 {
        self.deals.unwrap_or(self.contacts / 10 * 3)
    }

    pub(crate) fn ticket_count(&self) -> u32 {
        self.tickets.unwrap_or(self.contacts / 5)
    }
}

/// Calls that a portal allows; `None` is without limit. All are true sliding windows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Budgets {
    /// Everything but search and associations, in ten seconds (190: Professional and Enterprise).
    pub general: Option<u32>,
    /// Search, in one second (5 for an account).
    pub search: Option<u32>,
    /// Associations, in ten seconds (150: Professional and Enterprise).
    pub associations: Option<u32>,
    /// All calls of a day (625,000: Professional), reset at the account's midnight.
    pub daily: Option<u32>,
}

impl Default for Budgets {
    fn default() -> Budgets {
        Budgets { general: Some(190), search: Some(5), associations: Some(150), daily: Some(625_000) }
    }
}

impl Budgets {
    /// No limit at all.
    pub fn none() -> Budgets {
        Budgets { general: None, search: None, associations: None, daily: None }
    }
}
