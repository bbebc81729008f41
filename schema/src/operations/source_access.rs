//! Tells why a token may read a data source or not: the reason behind a 404 that says the same of everything.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{source_list, token_show};
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::{DataSourceId, TenantId};
use crate::records::{self, UserRecord};
use crate::rights::{self, Standing};
use crate::store::{Read, Row, params};
use crate::token::TokenId;

/// Which token and which data source.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token.
    pub token: TokenId,
    /// The data source, as somebody wrote it.
    pub data_source: DataSourceId,
}

/// Why, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "access", rename_all = "snake_case")]
pub enum Outcome {
    /// The token reads it.
    Readable,
    /// The token's user may read it, the token is limited to others.
    OutOfScope,
    /// The token's user may not read it.
    NotShared {
        /// The end of the user's last share, if there was one.
        ended: Option<Act>,
    },
    /// It is gone.
    Deleted(Act),
    /// It never existed in this tenant, or the actor may not know of it.
    Unknown,
}

/// Who did it, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Act {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
}

/// Tells it to the token's user and to admins. Whoever is no admin learns nothing of data sources that they never read.
///
/// # Errors
/// When there is no such token, or it is not the actor's to see.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    let (token, user) = token_show::find(&mut tx, ctx, &request.token).await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let (tenant, id) = (ctx.tenant_id()?, &request.data_source);
    if source_list::may_read(&mut tx, tenant, user.id, id).await? {
        return Ok(if token.admits(id) { Outcome::Readable } else { Outcome::OutOfScope });
    }
    if matches!(standing, Standing::Own(_)) && !has_read(&mut tx, tenant, &user, id).await? {
        return Ok(Outcome::Unknown);
    }
    let acts = tx.list(ACTS, params![tenant, id], act).await?;
    let last = |wanted: &str, of: &dyn Fn(&Value) -> bool| {
        let found = acts.iter().find(|(action, details, _)| action == wanted && of(details));
        found.map(|(_, _, act)| act.clone())
    };
    if let Some(act) = last("delete", &|_| true) {
        return Ok(Outcome::Deleted(act));
    }
    let exists = "SELECT 1 FROM data_sources WHERE id = ?1 AND tenant_id = ?2 AND deleted_at IS NULL";
    if tx.query_optional(exists, params![id, tenant]).await?.is_none() {
        return Ok(Outcome::Unknown);
    }
    let ended = last("unshare", &|details| names(details, &user.name));
    Ok(Outcome::NotShared { ended })
}

/// What was done to a data source, the last first.
const ACTS: &str = "SELECT action, details, at, actor FROM history WHERE tenant_id = ?1 AND data_source_id = ?2 \
     AND kind = 'source' AND action IN ('delete', 'unshare') ORDER BY at DESC, id DESC";

fn act(row: &mut Row) -> Result<(String, Value, Act), StoreError> {
    let (action, details): (String, String) = (row.take()?, row.take()?);
    Ok((action, records::json(&details)?, Act { at: row.take()?, by: row.take()? }))
}

/// Whether a share that ended was the user's, or one of a group, which may have been.
fn names(details: &Value, user: &str) -> bool {
    details["with"].as_str().is_some_and(|with| with == user || with.starts_with("group:"))
}

async fn has_read(
    tx: &mut Read,
    tenant: TenantId,
    user: &UserRecord,
    id: &DataSourceId,
) -> Result<bool, StoreError> {
    const SQL: &str = "SELECT 1 FROM requests WHERE data_source_id = ?1 AND tenant_id = ?2 AND user_name = ?3 \
         AND at >= ?4 AND error_code IS NULL LIMIT 1";
    Ok(tx.query_optional(SQL, params![id, tenant, &user.name, user.created_at]).await?.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_requests::tests::entry;
    use crate::operations::source_share::Grantee;
    use crate::operations::{record_requests, source_delete, source_share, source_unshare, token_create};
    use crate::testing::World;

    async fn access(ctx: &Context, token: &TokenId, source: &DataSourceId) -> Outcome {
        run(ctx, Request { token: token.clone(), data_source: source.clone() }).await.unwrap()
    }

    #[tokio::test]
    async fn each_reason_is_told_apart() {
        let world = World::new().await;
        let (own, other) = (world.source("ann", "own").await, world.source("bob", "other").await);
        let token = world.mint("ann").await.unwrap().view.id;
        let narrow = token_create::Request {
            user: "ann".into(),
            label: "narrow".into(),
            expires_in: None,
            data_sources: vec![own.clone()],
        };
        let with = || Grantee::User("ann".into());
        source_share::run(&world.ctx, source_share::Request { id: other.clone(), with: with() })
            .await
            .unwrap();
        let narrow = token_create::run(&world.ctx, narrow).await.unwrap().view.id;
        assert_eq!(access(&world.ctx, &token, &other).await, Outcome::Readable);
        assert_eq!(access(&world.ctx, &narrow, &other).await, Outcome::OutOfScope);
        let unshare = source_unshare::Request { id: other.clone(), with: with() };
        source_unshare::run(&world.acting("bob").await, unshare).await.unwrap();
        let Outcome::NotShared { ended: Some(act) } = access(&world.ctx, &token, &other).await else {
            panic!("not shared")
        };
        assert_eq!(act.by, "bob");
        source_delete::run(&world.ctx, source_delete::Request { id: other.clone() }).await.unwrap();
        assert!(matches!(access(&world.ctx, &token, &other).await, Outcome::Deleted(_)));
        let nowhere = DataSourceId::parse("aaaaaaaaaa").unwrap();
        assert_eq!(access(&world.ctx, &token, &nowhere).await, Outcome::Unknown);
    }

    #[tokio::test]
    async fn an_analyst_learns_nothing_of_what_they_never_read() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("bob", "other").await);
        let ann = world.acting("ann").await;
        assert_eq!(access(&ann, &token, &source).await, Outcome::Unknown);
        let entries = vec![entry(&world, 0, &token, &source)];
        record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();
        assert_eq!(access(&ann, &token, &source).await, Outcome::NotShared { ended: None });
        let of_bob = world.mint("bob").await.unwrap().view.id;
        let request = Request { token: of_bob, data_source: source };
        assert_eq!(run(&ann, request).await.unwrap_err().code, "TokenNotFound");
    }
}
