//! Where a chain of pages stands. It travels in the page link.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fresh::Fresh;
use super::key::NaturalKey;
use super::pace::Pace;
use super::saved::Saved;
use super::{Context, ExecuteError};
use crate::plan::Plan;

/// The form of a position; one of another form is not read.
const FORM: u8 = 1;

/// What the next page has to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Position {
    form: u8,
    /// The version of the model that the first page was planned with.
    #[serde(rename = "m")]
    pub model_version: i64,
    /// The query, as [`Plan::fingerprint`].
    #[serde(rename = "q")]
    query: String,
    /// The data source's own filter, as [`Plan::own_fingerprint`].
    #[serde(rename = "o")]
    own: String,
    /// The time of the first page, which `now()` stays at.
    #[serde(rename = "n")]
    pub now: Timestamp,
    /// Rows still wanted.
    #[serde(rename = "t", default, skip_serializing_if = "Option::is_none")]
    pub(super) top: Option<u64>,
    /// Rows still to be left out.
    #[serde(rename = "s", default)]
    pub(super) skip: u64,
    /// Pages sent.
    #[serde(rename = "p")]
    pub pages: u32,
    /// Rows sent.
    #[serde(rename = "r")]
    pub rows: u64,
    /// The number of rows that the first page said.
    #[serde(rename = "c", default, skip_serializing_if = "Option::is_none")]
    pub(super) count: Option<u64>,
    /// What was read.
    #[serde(rename = "w")]
    pub(super) cursor: Cursor,
}

/// How far rows were sent.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The last row looked at, in natural order. None for a sorted read.
    #[serde(rename = "k", default, skip_serializing_if = "Option::is_none")]
    pub(super) last: Option<NaturalKey>,
    /// HubSpot's cursor of the list page in which that row is.
    #[serde(rename = "a", default, skip_serializing_if = "Option::is_none")]
    pub(super) after: Option<String>,
    /// The search was given up for the list.
    #[serde(rename = "l", default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) listing: bool,
    /// Up to which id the index is asked; what is above is listed.
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub(super) settled: Option<u64>,
    /// What was learned about the rows.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub(super) pace: Option<Pace>,
    /// The last row sent, of a sorted read.
    #[serde(rename = "z", default, skip_serializing_if = "Option::is_none")]
    pub(super) sorted: Option<SortedCursor>,
}

impl Cursor {
    /// Whether rows were looked at since `other`.
    pub(super) fn is_beyond(&self, other: &Self) -> bool {
        (&self.last, &self.after, self.listing) != (&other.last, &other.after, other.listing)
    }
}

/// How far sorted rows were sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SortedCursor {
    /// The values of the order.
    #[serde(rename = "v")]
    pub(super) values: Vec<Saved>,
    /// What decides between rows with the same values.
    #[serde(rename = "k")]
    pub(super) key: NaturalKey,
    /// Rows that were changed shortly before the first page.
    #[serde(rename = "f")]
    pub(super) fresh: Fresh,
}

impl Position {
    /// Before the first row.
    #[must_use]
    pub fn start(context: &Context<'_>, plan: &Plan) -> Self {
        Self {
            form: FORM,
            model_version: context.model_version,
            query: plan.fingerprint.clone(),
            own: plan.own_fingerprint.clone(),
            now: context.now,
            top: plan.top,
            skip: plan.skip,
            pages: 0,
            rows: 0,
            count: None,
            cursor: Cursor::default(),
        }
    }

    /// After a page with so many rows.
    pub(super) fn after_page(self, rows: u64, cursor: Cursor) -> Self {
        Self { pages: self.pages.saturating_add(1), rows: self.rows.saturating_add(rows), cursor, ..self }
    }

    /// Refuses to go on with another query, or with another version of the data source.
    pub(super) fn check(&self, context: &Context<'_>, plan: &Plan) -> Result<(), ExecuteError> {
        if self.form != FORM || self.query != plan.fingerprint {
            return Err(ExecuteError::SkipTokenInvalid);
        }
        if self.model_version != context.model_version || self.own != plan.own_fingerprint {
            return Err(ExecuteError::PageExpired);
        }
        Ok(())
    }
}
