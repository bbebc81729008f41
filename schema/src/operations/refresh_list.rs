//! Lists refreshes: see [`crate::refresh`] for what makes one.

use jiff::Timestamp;

use super::history_list::{self, since};
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::id::{DataSourceId, TenantId};
use crate::refresh::{self, Answered, Refresh};
use crate::rights;
use crate::store::{Read, Row, params};
use crate::token::TokenId;

/// The requests looked at: the last of them, when there are more.
const REQUESTS: u32 = 100_000;

/// Which refreshes; the kind is not looked at, the limit counts refreshes.
pub type Request = history_list::Request;

/// The refreshes, newest first.
pub type Outcome = Vec<Refresh>;

/// Lists them: the tenant's for admins, their own for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let wanted = Wanted {
        tenant: ctx.tenant_id()?,
        token: request.token,
        data_source: request.data_source,
        since: since(&standing, request.since),
        user: standing.only().map(|user| user.name.clone()),
    };
    let mut refreshes = recognised(&mut tx, &wanted, ctx.now()).await?;
    refreshes.sort_by_key(|refresh| std::cmp::Reverse(refresh.started_at));
    refreshes.truncate(usize::try_from(request.limit).unwrap_or(usize::MAX));
    Ok(refreshes)
}

/// Whose refreshes, and since when.
pub(super) struct Wanted {
    pub(super) tenant: TenantId,
    pub(super) token: Option<TokenId>,
    pub(super) data_source: Option<DataSourceId>,
    pub(super) since: Timestamp,
    pub(super) user: Option<String>,
}

/// The refreshes as seen at `now`, in the order of their beginnings.
pub(super) async fn recognised(
    tx: &mut Read,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Vec<Refresh>, StoreError> {
    let mut answers = requests(tx, wanted).await?;
    answers.extend(refusals(tx, wanted).await?);
    answers.sort_by_key(|answer| answer.at);
    Ok(refresh::recognise(answers, now))
}

async fn requests(tx: &mut Read, wanted: &Wanted) -> Result<Vec<Answered>, StoreError> {
    const SQL: &str = "SELECT r.at, r.token_id, k.label, r.user_name, r.data_source_id, r.status, r.error_code, \
         r.chain, r.entity_set, r.query, r.row_count, r.byte_count, r.nulled_values, r.more \
         FROM requests r LEFT JOIN tokens k ON k.id = r.token_id \
         WHERE r.tenant_id = ?1 AND r.token_id IS NOT NULL AND r.data_source_id IS NOT NULL \
         AND (?2 IS NULL OR r.token_id = ?2) AND (?3 IS NULL OR r.data_source_id = ?3) \
         AND r.at >= ?4 AND (?5 IS NULL OR r.user_name = ?5) ORDER BY r.at DESC, r.id DESC LIMIT ?6";
    let mut answers = tx.list(SQL, wanted.params(), answered).await?;
    // The newest were wanted when there are too many; the order of arrival is what they are looked at in.
    answers.reverse();
    Ok(answers)
}

fn answered(row: &mut Row) -> Result<Answered, StoreError> {
    Ok(Answered {
        at: row.take()?,
        token: TokenId::stored(row.take()?),
        label: row.take()?,
        user: row.take()?,
        data_source: DataSourceId::stored(row.take()?),
        status: row.take()?,
        error_code: row.take()?,
        chain: (row.take()?, row.take()?, row.take()?),
        count: 1,
        rows: row.take()?,
        bytes: row.take()?,
        nulled_values: row.take()?,
        more: row.take()?,
    })
}

/// Refusals of a proven secret: whoever does not know the secret cannot make somebody's refresh fail.
async fn refusals(tx: &mut Read, wanted: &Wanted) -> Result<Vec<Answered>, StoreError> {
    const SQL: &str = "SELECT r.first_at, r.last_at, r.token_id, k.label, u.name, r.data_source_id, r.reason, r.refused \
         FROM refusals r JOIN tokens k ON k.id = r.token_id JOIN users u ON u.id = k.user_id \
         WHERE k.tenant_id = ?1 AND r.data_source_id <> '' AND r.reason NOT IN ('wrong_secret', 'unknown_token') \
         AND (?2 IS NULL OR r.token_id = ?2) AND (?3 IS NULL OR r.data_source_id = ?3) \
         AND r.last_at >= ?4 AND (?5 IS NULL OR u.name = ?5) ORDER BY r.last_at DESC LIMIT ?6";
    let pairs = tx.list(SQL, wanted.params(), refused).await?;
    Ok(pairs.into_iter().flat_map(|(first, last)| [Some(first), last]).flatten().collect())
}

/// The first refusal of a minute, and the last when it was another.
fn refused(row: &mut Row) -> Result<(Answered, Option<Answered>), StoreError> {
    let (first_at, last_at): (Timestamp, Timestamp) = (row.take()?, row.take()?);
    let token = TokenId::stored(row.take()?);
    let (label, user): (Option<String>, Option<String>) = (row.take()?, row.take()?);
    let data_source = DataSourceId::stored(row.take()?);
    let (reason, count): (String, u64) = (row.take()?, row.take()?);
    let first = Answered {
        at: first_at,
        token,
        label,
        user,
        data_source,
        status: if matches!(reason.as_str(), "TenantSuspended" | "AddressNotAllowed") { 403 } else { 401 },
        error_code: Some(if reason == "wrong_user" { "CredentialsInvalid".to_owned() } else { reason }),
        chain: (None, None, None),
        count: if last_at > first_at { count - 1 } else { count },
        rows: 0,
        bytes: 0,
        nulled_values: 0,
        more: false,
    };
    let last = (last_at > first_at).then(|| Answered { at: last_at, count: 1, ..first.clone() });
    Ok((first, last))
}

impl Wanted {
    fn params(&self) -> Vec<crate::store::SqlValue> {
        let (token, source) = (self.token.as_ref(), self.data_source.as_ref());
        params![self.tenant, token, source, self.since, self.user.as_ref(), REQUESTS]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_refusals::{self, Refusal};
    use crate::operations::record_requests::{self, RequestEntry, tests::entry};
    use crate::refresh::RefreshOutcome;
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
    async fn a_refused_token_fails_its_refresh_and_a_guessed_secret_does_not() {
        let world = World::new().await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let refusal = |reason, seconds| Refusal {
            token: Some(token.clone()),
            tenant: world.ctx.tenant,
            reason,
            address: "203.0.113.7".into(),
            data_source: Some(source.clone()),
            at: crate::testing::start().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap(),
            count: 1,
            request_id: None,
            client: None,
        };
        let refuse = async |reason, seconds| {
            let request = record_refusals::Request { refusals: vec![refusal(reason, seconds)] };
            record_refusals::run(&world.ctx, request).await.unwrap();
        };
        refuse("wrong_secret", 1).await;
        assert!(run(&world.ctx, Request::default()).await.unwrap().is_empty());
        refuse("TokenExpired", 2).await;
        refuse("TokenExpired", 30).await;
        let refreshes = run(&world.acting("ann").await, Request::default()).await.unwrap();
        assert_eq!(refreshes.len(), 1);
        assert_eq!((refreshes[0].requests, refreshes[0].outcome), (2, RefreshOutcome::Failed));
        assert_eq!(refreshes[0].error_code.as_deref(), Some("TokenExpired"));
        assert_eq!(refreshes[0].ended_at.duration_since(refreshes[0].started_at).as_secs(), 28);
        assert!(run(&world.acting("bob").await, Request::default()).await.unwrap().is_empty());
    }
}
