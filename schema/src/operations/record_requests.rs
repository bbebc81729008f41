//! Adds answered requests to the history, many at a time.

use std::time::Duration;

use jiff::Timestamp;

use crate::context::Context;
use crate::error::OperationError;
use crate::id::{DataSourceId, TenantId};
use crate::rights;
use crate::store::params;
use crate::token::TokenId;

/// What was answered.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The requests.
    pub entries: Vec<RequestEntry>,
}

/// One answered request. Holds no values: whoever makes it has replaced the literals of the query.
#[derive(Debug, Clone)]
pub struct RequestEntry {
    /// When it arrived.
    pub at: Timestamp,
    /// Its id.
    pub request_id: String,
    /// The tenant, when the credential was proven.
    pub tenant: Option<TenantId>,
    /// The token, when it exists.
    pub token: Option<TokenId>,
    /// The user's name, when the credential was proven.
    pub user: Option<String>,
    /// The data source.
    pub data_source: Option<DataSourceId>,
    /// The entity set, or `$metadata` and the like.
    pub entity_set: Option<String>,
    /// The query without its literals.
    pub query: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
    /// Its `User-Agent`.
    pub client: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The error's code, if it was one.
    pub error_code: Option<String>,
    /// Rows in the answer.
    pub rows: u64,
    /// Bytes of the answer.
    pub bytes: u64,
    /// From arrival to answer.
    pub duration: Duration,
    /// Calls to HubSpot.
    pub upstream_calls: u32,
    /// Values that could not be read and were answered as null.
    pub nulled_values: u64,
    /// Whether the answer had a link to a next page.
    pub more: bool,
    /// The same for all pages of one chain, and for a repetition of a request: a keyed hash of path and options without the page link.
    pub chain: Option<i64>,
}

/// Nothing to tell.
pub type Outcome = ();

/// Adds them in one transaction. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "INSERT INTO requests (at, request_id, tenant_id, token_id, user_name, data_source_id, \
         entity_set, query, address, client, status, error_code, row_count, byte_count, duration, upstream_calls, \
         nulled_values, more, chain) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
    rights::operator(ctx)?;
    if request.entries.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    for entry in request.entries {
        tx.execute_one(SQL, row(entry)).await?;
    }
    Ok(tx.commit().await?)
}

fn row(entry: RequestEntry) -> Vec<crate::store::SqlValue> {
    params![
        entry.at,
        entry.request_id,
        entry.tenant,
        entry.token.as_ref(),
        entry.user,
        entry.data_source.as_ref(),
        entry.entity_set,
        entry.query,
        entry.address,
        entry.client,
        u32::from(entry.status),
        entry.error_code,
        entry.rows,
        entry.bytes,
        u64::try_from(entry.duration.as_millis()).unwrap_or(u64::MAX),
        entry.upstream_calls,
        entry.nulled_values,
        entry.more,
        entry.chain,
    ]
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::operations::request_list;
    use crate::testing::{World, start};

    pub(crate) fn entry(world: &World, seconds: i64, token: &TokenId, source: &DataSourceId) -> RequestEntry {
        RequestEntry {
            at: start().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap(),
            request_id: format!("r{seconds}"),
            tenant: world.ctx.tenant,
            token: Some(token.clone()),
            user: Some("ann".into()),
            data_source: Some(source.clone()),
            entity_set: Some("contacts".into()),
            query: Some("$filter=email eq ?".into()),
            address: Some("10.0.0.1".into()),
            client: Some("Microsoft.Data.Mashup".into()),
            status: 200,
            error_code: None,
            rows: 100,
            bytes: 5_000,
            duration: Duration::from_millis(40),
            upstream_calls: 1,
            nulled_values: 2,
            more: false,
            chain: None,
        }
    }

    #[tokio::test]
    async fn requests_are_kept_as_they_were() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let entries = vec![entry(&world, 1, &token, &source), entry(&world, 2, &token, &source)];
        run(&world.ctx, Request { entries }).await.unwrap();
        let list = request_list::run(&world.ctx, request_list::Request::default()).await.unwrap();
        assert_eq!(
            list.iter().map(|entry| entry.request_id.as_deref().unwrap()).collect::<Vec<_>>(),
            ["r2", "r1"]
        );
        assert_eq!((list[0].outcome.as_str(), &list[0].details["rows"]), ("200", &100.into()));
    }
}
