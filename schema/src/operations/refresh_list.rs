//! Lists refreshes: the requests of one token on one data source without a gap of more than ten minutes.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::history_list::{self, since};
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::DataSourceId;
use crate::rights;
use crate::store::{Row, params};
use crate::token::TokenId;

/// Between two refreshes of one token and data source lies at least this.
const GAP: SignedDuration = SignedDuration::from_mins(10);
/// The requests looked at: the last of them, when there are more.
const REQUESTS: u32 = 100_000;

/// Which refreshes; the kind is not looked at, the limit counts refreshes.
pub type Request = history_list::Request;

/// The refreshes, newest first.
pub type Outcome = Vec<Refresh>;

/// How a refresh ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshOutcome {
    /// Every chain of pages was read to its end.
    Succeeded,
    /// A chain of pages was not read to its end, perhaps not yet.
    Unfinished,
    /// The last answer about an entity set was an error.
    Failed,
}

/// A refresh.
#[derive(Debug, Clone, Serialize)]
pub struct Refresh {
    /// When its first request arrived.
    pub started_at: Timestamp,
    /// When its last request arrived.
    pub ended_at: Timestamp,
    /// The token.
    pub token_id: TokenId,
    /// The token's label.
    pub label: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The data source.
    pub data_source: DataSourceId,
    /// Requests in it.
    pub requests: u64,
    /// Rows in its answers.
    pub rows: u64,
    /// Bytes of its answers.
    pub bytes: u64,
    /// How it ended.
    pub outcome: RefreshOutcome,
    /// The last error's code.
    pub error_code: Option<String>,
    /// Values that could not be read and were answered as null.
    pub nulled_values: u64,
    #[serde(skip)]
    sets: BTreeMap<String, RefreshOutcome>,
}

/// Lists them: the tenant's for admins, their own for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "SELECT r.at, r.token_id, k.label, r.user_name, r.data_source_id, r.status, r.error_code, \
         r.entity_set, r.row_count, r.byte_count, r.nulled_values, r.more \
         FROM requests r LEFT JOIN tokens k ON k.id = r.token_id \
         WHERE r.tenant_id = ?1 AND r.token_id IS NOT NULL AND r.data_source_id IS NOT NULL \
         AND (?2 IS NULL OR r.token_id = ?2) AND (?3 IS NULL OR r.data_source_id = ?3) \
         AND r.at >= ?4 AND (?5 IS NULL OR r.user_name = ?5) ORDER BY r.at DESC, r.id DESC LIMIT ?6";
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let (only, since) = (standing.only(), since(&standing, request.since));
    let only = only.map(|user| &user.name);
    let (token, source) = (request.token.as_ref(), request.data_source.as_ref());
    let row = params![ctx.tenant_id()?, token, source, since, only, REQUESTS];
    let mut requests = tx.list(SQL, row, Answered::from_row).await?;
    requests.reverse();
    let mut refreshes = group(requests);
    refreshes.sort_by_key(|refresh| std::cmp::Reverse(refresh.started_at));
    refreshes.truncate(usize::try_from(request.limit).unwrap_or(usize::MAX));
    Ok(refreshes)
}

struct Answered {
    at: Timestamp,
    token: TokenId,
    label: Option<String>,
    user: Option<String>,
    data_source: DataSourceId,
    status: i64,
    error_code: Option<String>,
    entity_set: Option<String>,
    rows: u64,
    bytes: u64,
    nulled_values: u64,
    more: bool,
}

impl Answered {
    fn from_row(row: &mut Row) -> Result<Answered, StoreError> {
        Ok(Answered {
            at: row.take()?,
            token: TokenId::stored(row.take()?),
            label: row.take()?,
            user: row.take()?,
            data_source: DataSourceId::stored(row.take()?),
            status: row.take()?,
            error_code: row.take()?,
            entity_set: row.take()?,
            rows: row.take()?,
            bytes: row.take()?,
            nulled_values: row.take()?,
            more: row.take()?,
        })
    }

    fn outcome(&self) -> RefreshOutcome {
        match (self.status, self.more) {
            (400.., _) => RefreshOutcome::Failed,
            (_, true) => RefreshOutcome::Unfinished,
            (_, false) => RefreshOutcome::Succeeded,
        }
    }
}

/// Groups requests, which come in the order of their arrival.
fn group(requests: Vec<Answered>) -> Vec<Refresh> {
    let mut refreshes: Vec<Refresh> = Vec::new();
    let mut current: BTreeMap<(TokenId, DataSourceId), usize> = BTreeMap::new();
    for request in requests {
        let key = (request.token.clone(), request.data_source.clone());
        let open = current.get(&key).copied();
        let open = open.filter(|index| request.at.duration_since(refreshes[*index].ended_at) <= GAP);
        let index = open.unwrap_or_else(|| {
            refreshes.push(Refresh::begun_by(&request));
            refreshes.len() - 1
        });
        current.insert(key, index);
        refreshes[index].add(request);
    }
    refreshes
}

impl Refresh {
    fn begun_by(request: &Answered) -> Refresh {
        Refresh {
            started_at: request.at,
            ended_at: request.at,
            token_id: request.token.clone(),
            label: request.label.clone(),
            user: request.user.clone(),
            data_source: request.data_source.clone(),
            requests: 0,
            rows: 0,
            bytes: 0,
            outcome: RefreshOutcome::Succeeded,
            error_code: None,
            nulled_values: 0,
            sets: BTreeMap::new(),
        }
    }

    fn add(&mut self, request: Answered) {
        self.ended_at = self.ended_at.max(request.at);
        self.requests += 1;
        self.rows += request.rows;
        self.bytes += request.bytes;
        self.nulled_values += request.nulled_values;
        let outcome = request.outcome();
        self.sets.insert(request.entity_set.unwrap_or_default(), outcome);
        if outcome == RefreshOutcome::Failed {
            self.error_code = request.error_code;
        }
        let any = |wanted| self.sets.values().any(|outcome| *outcome == wanted);
        self.outcome = if any(RefreshOutcome::Failed) {
            RefreshOutcome::Failed
        } else if any(RefreshOutcome::Unfinished) {
            RefreshOutcome::Unfinished
        } else {
            RefreshOutcome::Succeeded
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_requests::{self, RequestEntry, tests::entry};
    use crate::testing::World;

    async fn refreshes(make: impl Fn(&dyn Fn(i64) -> RequestEntry) -> Vec<RequestEntry>) -> Vec<Refresh> {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let entries = make(&|seconds| entry(&world, seconds, &token, &source));
        record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();
        run(&world.ctx, Request::default()).await.unwrap()
    }

    #[tokio::test]
    async fn a_gap_of_more_than_ten_minutes_parts_two_refreshes() {
        let refreshes = refreshes(|at| vec![at(0), at(600), at(1_201)]).await;
        assert_eq!(refreshes.iter().map(|refresh| refresh.requests).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((refreshes[1].rows, refreshes[1].bytes, refreshes[1].nulled_values), (200, 10_000, 4));
        assert_eq!(refreshes[1].label.as_deref(), Some("refresh"));
    }

    #[tokio::test]
    async fn a_chain_without_its_last_page_is_unfinished() {
        let refreshes = refreshes(|at| vec![RequestEntry { more: true, ..at(0) }]).await;
        assert_eq!(refreshes[0].outcome, RefreshOutcome::Unfinished);
    }

    #[tokio::test]
    async fn an_error_that_was_retried_with_success_is_no_failure() {
        let failed = |at: &dyn Fn(i64) -> RequestEntry| RequestEntry {
            status: 503,
            error_code: Some("SourceThrottled".into()),
            ..at(0)
        };
        let mended = refreshes(|at| vec![failed(at), at(5)]).await;
        assert_eq!(mended[0].outcome, RefreshOutcome::Succeeded);
        let left =
            refreshes(|at| vec![failed(at), RequestEntry { entity_set: Some("deals".into()), ..at(5) }])
                .await;
        assert_eq!(left[0].outcome, RefreshOutcome::Failed);
        assert_eq!(left[0].error_code.as_deref(), Some("SourceThrottled"));
    }
}
