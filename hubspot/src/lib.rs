//! HubSpot's CRM API as typed calls.
//!
//! A [`Client`] speaks for one portal. Every call takes a [`Call`], which carries the deadline: waiting for HubSpot's
//! rate limits and retrying happen inside it, and nothing goes on after it. Answers are parsed tolerantly (HubSpot
//! leaves optional fields out, and sends ids as text or as numbers), but never guessed: what cannot be understood is
//! [`Error::Malformed`], not a shorter list.
//!
//! This crate knows neither OData nor what is stored. It never follows a link that HubSpot sends, it never redirects,
//! and it prints neither tokens nor addresses.

mod account;
mod admission;
mod archived;
mod associations;
mod batch;
pub mod budget;
mod call;
mod client;
mod error;
mod exchange;
mod failure;
mod history;
mod latency;
mod list;
mod lists;
mod oauth;
mod owners;
mod pipelines;
mod posted;
mod properties;
mod range;
mod record;
mod retry;
mod schemas;
mod search;
mod settings;
mod transport;
mod wire;

#[cfg(test)]
mod scripted;

pub use account::{Account, DailyUsage};
pub use admission::{Admission, Entering};
pub use archived::{ArchivedPage, ArchivedRecord};
pub use associations::{Association, AssociationLabel};
pub use call::Call;
pub use client::Client;
pub use error::Error;
pub use history::{HistoryPage, HistoryRequest, PropertyVersion, RecordHistory};
pub use list::{ListPage, ListRequest};
pub use lists::{List, Membership, MembershipPage};
pub use oauth::{
    Grant, Introspection, LockedTokens, MemoryTokenStore, OAuth, OAuthApp, OAuthError, Pending, RefreshToken,
    TokenStore, TokenStoreError, Tokens,
};
pub use owners::{Owner, Team};
pub use pipelines::{Pipeline, Stage};
pub use properties::{PropertyDefinition, PropertyOption, Sensitivity};
pub use range::{Density, RangePage, RangeRequest};
pub use record::Record;
pub use schemas::{AssociationDefinition, ObjectLabels, ObjectSchema};
pub use search::{Condition, Filter, SearchPage, SearchRequest, Sort};
pub use settings::{AccessToken, Settings};

/// The version of HubSpot's API that every path names.
pub const API_VERSION: &str = "2026-09";

/// The most rows HubSpot sends in one page of a list.
pub const LIST_PAGE: u16 = 100;

/// The most rows HubSpot sends in one page of a list with histories.
pub const HISTORY_PAGE: u16 = 50;

/// The most records HubSpot sends in one page of a list's members.
pub const MEMBERSHIP_PAGE: u16 = 250;

/// The most rows HubSpot sends in one page of a search.
pub const SEARCH_PAGE: u16 = 200;

/// The most rows one search can reach, by all its pages together.
pub const SEARCH_REACH: u64 = 10_000;
