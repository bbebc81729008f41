//! Who did what. Entries are only ever added, in the transaction of the change they record.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::StoreError;
use crate::id::{DataSourceId, TenantId};
use crate::records;
use crate::store::{Row, Write, params};
use crate::token::TokenId;

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum HistoryKind {
    /// A tenant.
    Tenant,
    /// The policy of a tenant.
    Policy,
    /// A user or a group.
    User,
    /// A connection.
    Connection,
    /// A data source.
    Source,
    /// A token.
    Token,
    /// A request of a client.
    Request,
    /// The requests of one token on one data source without a gap.
    Refresh,
}

impl HistoryKind {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            HistoryKind::Tenant => "tenant",
            HistoryKind::Policy => "policy",
            HistoryKind::User => "user",
            HistoryKind::Connection => "connection",
            HistoryKind::Source => "source",
            HistoryKind::Token => "token",
            HistoryKind::Request => "request",
            HistoryKind::Refresh => "refresh",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(text: &str) -> Option<HistoryKind> {
        use HistoryKind::{Connection, Policy, Refresh, Request, Source, Tenant, Token, User};
        let all = [Tenant, Policy, User, Connection, Source, Token, Request, Refresh];
        all.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// An entry, as it is shown.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryEntry {
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub kind: HistoryKind,
    /// What was done.
    pub action: String,
    /// By whom: `operator:<os user>`, `system:<reason>` or a user's name.
    pub actor: String,
    /// The token concerned.
    pub token_id: Option<TokenId>,
    /// The user concerned.
    pub user: Option<String>,
    /// The data source concerned.
    pub data_source: Option<DataSourceId>,
    /// How it ended.
    pub outcome: String,
    /// Why.
    pub reason: Option<String>,
    /// The request it belongs to.
    pub request_id: Option<String>,
    /// What is particular to the kind, as a JSON object.
    pub details: Value,
}

/// A change to record.
pub(crate) struct Change<'a> {
    kind: HistoryKind,
    action: &'static str,
    tenant: Option<TenantId>,
    token: Option<&'a TokenId>,
    user: Option<&'a str>,
    data_source: Option<&'a DataSourceId>,
    reason: Option<&'a str>,
    details: Value,
}

impl<'a> Change<'a> {
    pub(crate) fn new(kind: HistoryKind, action: &'static str) -> Change<'a> {
        let details = json!({});
        Change {
            kind,
            action,
            tenant: None,
            token: None,
            user: None,
            data_source: None,
            reason: None,
            details,
        }
    }

    pub(crate) fn tenant(self, tenant: TenantId) -> Change<'a> {
        Change { tenant: Some(tenant), ..self }
    }

    pub(crate) fn token(self, token: &'a TokenId) -> Change<'a> {
        Change { token: Some(token), ..self }
    }

    pub(crate) fn user(self, user: &'a str) -> Change<'a> {
        Change { user: Some(user), ..self }
    }

    pub(crate) fn data_source(self, data_source: &'a DataSourceId) -> Change<'a> {
        Change { data_source: Some(data_source), ..self }
    }

    pub(crate) fn reason(self, reason: Option<&'a str>) -> Change<'a> {
        Change { reason, ..self }
    }

    pub(crate) fn details(self, details: Value) -> Change<'a> {
        Change { details, ..self }
    }

    /// Writes the entry into the transaction of the change.
    pub(crate) async fn record(self, tx: &mut Write, ctx: &Context) -> Result<(), StoreError> {
        const SQL: &str = "INSERT INTO history (at, kind, action, actor, tenant_id, token_id, user_name, \
             data_source_id, outcome, reason, request_id, details) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'done', ?9, ?10, ?11)";
        let row = params![
            ctx.now(),
            self.kind.as_str(),
            self.action,
            ctx.actor.to_string(),
            self.tenant.or(ctx.tenant),
            self.token,
            self.user,
            self.data_source,
            self.reason,
            ctx.request_id.as_ref(),
            self.details.to_string(),
        ];
        tx.execute_one(SQL, row).await
    }
}

impl HistoryEntry {
    pub(crate) fn from_row(row: &mut Row) -> Result<HistoryEntry, StoreError> {
        Ok(HistoryEntry {
            at: row.take()?,
            kind: row.take_as(HistoryKind::parse)?,
            action: row.take()?,
            actor: row.take()?,
            token_id: row.take::<Option<String>>()?.map(TokenId::stored),
            user: row.take()?,
            data_source: row.take::<Option<String>>()?.map(DataSourceId::stored),
            outcome: row.take()?,
            reason: row.take()?,
            request_id: row.take()?,
            details: records::json(&row.take::<String>()?)?,
        })
    }
}
