//! What is known before anything is judged.

use std::net::IpAddr;

use feedgate::powerbi::Run;
use jiff::{SignedDuration, Timestamp};
use schema::operations::policy_set::Reached;
use schema::operations::refusal_summary::Refused;
use schema::operations::request_summary::Answered;
use schema::operations::source_access::Outcome as Access;
use schema::operations::source_show::SourceView;
use schema::operations::token_show::TokenView;
use schema::operations::user_list::UserView;
use schema::operations::{key_use, store_check};
use schema::refresh::Refresh;
use schema::{ConnectionRecord, DataSourceId, Policy, Schedule, TenantRecord, TokenId};

use crate::portal::{Limits, Reading};

/// What is asked about; nothing chosen: everything the actor may see.
#[derive(Debug, Clone, Default)]
pub(crate) struct Focus {
    pub(crate) data_source: Option<DataSourceId>,
    pub(crate) user: Option<String>,
    pub(crate) token: Option<TokenId>,
}

/// Everything that is judged.
#[derive(Debug)]
pub(crate) struct Facts {
    pub(crate) now: Timestamp,
    pub(crate) focus: Focus,
    pub(crate) tenant: TenantRecord,
    pub(crate) policy: Policy,
    pub(crate) users: Vec<UserView>,
    pub(crate) tokens: Vec<TokenView>,
    pub(crate) sources: Vec<SourceView>,
    pub(crate) connections: Vec<Connected>,
    pub(crate) answered: Vec<Answered>,
    pub(crate) refused: Vec<Refused>,
    pub(crate) served: Vec<Served>,
    /// Why a token got 404 at a data source.
    pub(crate) not_found: Vec<NotFound>,
    /// What only the operator sees.
    pub(crate) machine: Option<Machine>,
    pub(crate) server: Server,
    /// The data sets in Power BI, or why they are not known; none: nobody asked.
    pub(crate) power_bi: Option<Result<Vec<Published>, String>>,
}

/// A data set in Power BI that reads a feed.
#[derive(Debug, Clone)]
pub(crate) struct Published {
    pub(crate) workspace: String,
    pub(crate) dataset: String,
    /// What it reads; none: its credential is for the whole service.
    pub(crate) source: Option<DataSourceId>,
    /// A schedule is set up and switched off.
    pub(crate) schedule_off: bool,
    pub(crate) last: Option<Run>,
}

/// The refreshes of one token on one data source.
#[derive(Debug, Clone)]
pub(crate) struct Served {
    pub(crate) token: TokenId,
    pub(crate) source: DataSourceId,
    /// When they usually begin, if that is regular.
    pub(crate) schedule: Option<Schedule>,
    pub(crate) last: Refresh,
    /// The last that succeeded.
    pub(crate) last_success: Option<Timestamp>,
}

/// A data source that a token asked for and did not get.
#[derive(Debug, Clone)]
pub(crate) struct NotFound {
    pub(crate) asked: Answered,
    pub(crate) access: Access,
    /// What the token would read.
    pub(crate) scope: Vec<Reached>,
}

/// A connection with what HubSpot says to it.
#[derive(Debug, Clone)]
pub(crate) struct Connected {
    pub(crate) record: ConnectionRecord,
    /// Since when its status is what it is.
    pub(crate) since: Option<Timestamp>,
    /// Why its credential does not open with the configured keys.
    pub(crate) sealed: Option<String>,
    /// None: nobody asked.
    pub(crate) asked: Option<Result<Portal, hubspot::Error>>,
}

/// What a portal says of itself.
#[derive(Debug, Clone)]
pub(crate) struct Portal {
    pub(crate) readings: Vec<Reading>,
    pub(crate) limits: Limits,
    /// Columns of data sources that it no longer has: the data source and `contacts/email`.
    pub(crate) vanished: Vec<(DataSourceId, String)>,
}

/// Store, keys and clock of this machine.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) store: Result<store_check::Outcome, String>,
    /// Bytes free where the store's file is; none for a store that is no file.
    pub(crate) free: Option<u64>,
    pub(crate) used_keys: key_use::Outcome,
    /// Which of the used keys are not configured; none: no key at all is configured here.
    pub(crate) missing_keys: Option<Vec<String>>,
    /// How far this machine's clock is ahead of HubSpot's.
    pub(crate) ahead: Option<SignedDuration>,
    /// The latest instant that the store has from before: when it lies in the future, the clock was set back.
    pub(crate) latest: Option<Timestamp>,
}

/// The running service, as it is seen from here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Server {
    /// What it announced in the store; none: none ever ran.
    pub(crate) public_url: Option<String>,
    /// The version that announced it.
    pub(crate) version: Option<String>,
    /// None: nobody asked.
    pub(crate) asked: Option<Seen>,
}

/// What is at the public URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Feedgate.
    Feedgate(Certificate),
    /// Something else.
    Other(Certificate, String),
    /// Nothing: why.
    Nothing(String),
}

/// The certificate at the public URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Certificate {
    /// Plain HTTP.
    None,
    /// Good, also in two weeks.
    Good,
    /// Good now, and over within two weeks.
    Ending(Option<Timestamp>),
    /// Over.
    Over(Option<Timestamp>),
    /// Of another name.
    OtherName,
    /// Of nobody whom this machine trusts, or otherwise bad.
    Untrusted(String),
}

impl Facts {
    pub(crate) fn token(&self, id: &TokenId) -> Option<&TokenView> {
        self.tokens.iter().find(|token| token.id == *id)
    }

    /// `Sales (k7m2q9x4tb)`, or the id alone.
    pub(crate) fn source_name(&self, id: &DataSourceId) -> String {
        let known = self.sources.iter().find(|source| source.id == *id);
        known.map_or_else(|| id.to_string(), |source| format!("\"{}\" ({id})", source.name))
    }

    /// What a token serves, the most regular first.
    pub(crate) fn served_by<'a>(&'a self, id: &'a TokenId) -> impl Iterator<Item = &'a Served> {
        self.served.iter().filter(move |served| served.token == *id)
    }

    /// The last success of a token at a data source.
    pub(crate) fn last_success(&self, token: &TokenId, source: &DataSourceId) -> Option<Timestamp> {
        let own = |answered: &&Answered| answered.token_id == *token && answered.data_source == *source;
        let fine = self.answered.iter().filter(own).filter(|answered| answered.error_code.is_none());
        fine.map(|answered| answered.last_at).max()
    }
}

/// Whether a host is this machine itself.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}
