//! Lists answered requests.

use jiff::Timestamp;
use serde_json::json;

use super::history_list::{self, since};
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::history::{HistoryEntry, HistoryKind};
use crate::id::DataSourceId;
use crate::rights;
use crate::store::{Row, params};
use crate::token::TokenId;

/// Which requests; the kind is not looked at.
pub type Request = history_list::Request;

/// The requests, newest first.
pub type Outcome = Vec<HistoryEntry>;

/// The columns of an entry, of `requests r` and `tokens k`.
macro_rules! request_columns {
    () => {
        " r.at, r.token_id, r.user_name, r.data_source_id, r.status, r.error_code, r.request_id, \
         k.label, r.entity_set, r.query, r.address, r.client, r.row_count, r.byte_count, r.duration, \
         r.upstream_calls, r.nulled_values, r.more "
    };
}

pub(super) use request_columns;

/// Lists them: the tenant's for admins, their own for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        request_columns!(),
        "FROM requests r LEFT JOIN tokens k ON k.id = r.token_id \
         WHERE r.tenant_id = ?1 AND (?2 IS NULL OR r.token_id = ?2) AND (?3 IS NULL OR r.data_source_id = ?3) \
         AND r.at >= ?4 AND (?5 IS NULL OR r.user_name = ?5) ORDER BY r.at DESC, r.id DESC LIMIT ?6"
    );
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let (only, since) = (standing.only(), since(&standing, request.since));
    let only = only.map(|user| &user.name);
    let (token, source) = (request.token.as_ref(), request.data_source.as_ref());
    let row = params![ctx.tenant_id()?, token, source, since, only, request.limit];
    Ok(tx.list(SQL, row, entry).await?)
}

pub(super) fn entry(row: &mut Row) -> Result<HistoryEntry, StoreError> {
    let (at, token, user): (Timestamp, Option<String>, Option<String>) =
        (row.take()?, row.take()?, row.take()?);
    let (source, status, code): (Option<String>, i64, Option<String>) =
        (row.take()?, row.take()?, row.take()?);
    Ok(HistoryEntry {
        at,
        kind: HistoryKind::Request,
        action: if status < 400 { "read" } else { "refuse" }.to_owned(),
        actor: user.clone().unwrap_or_default(),
        token_id: token.map(TokenId::stored),
        user,
        data_source: source.map(DataSourceId::stored),
        outcome: status.to_string(),
        reason: code,
        request_id: row.take()?,
        details: json!({
            "label": row.take::<Option<String>>()?,
            "entity_set": row.take::<Option<String>>()?,
            "query": row.take::<Option<String>>()?,
            "address": row.take::<Option<String>>()?,
            "client": row.take::<Option<String>>()?,
            "rows": row.take::<i64>()?,
            "bytes": row.take::<i64>()?,
            "duration_ms": row.take::<i64>()?,
            "upstream_calls": row.take::<i64>()?,
            "nulled_values": row.take::<i64>()?,
            "more": row.take::<bool>()?,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_requests::{self, RequestEntry, tests::entry};
    use crate::testing::World;

    #[tokio::test]
    async fn an_analyst_sees_their_own_requests() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let own = entry(&world, 1, &token, &source);
        let other =
            RequestEntry { user: Some("bob".into()), status: 404, ..entry(&world, 2, &token, &source) };
        record_requests::run(&world.ctx, record_requests::Request { entries: vec![own, other] })
            .await
            .unwrap();
        for (actor, expected) in
            [("ann", vec!["read"]), ("bob", vec!["refuse"]), ("ada", vec!["refuse", "read"])]
        {
            let list = run(&world.acting(actor).await, Request::default()).await.unwrap();
            assert_eq!(
                list.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(),
                expected,
                "{actor}"
            );
        }
    }
}
