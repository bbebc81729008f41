//! Lists who did what: changes, and refused credentials.

use jiff::Timestamp;
use serde_json::json;

use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::history::{HistoryEntry, HistoryKind};
use crate::id::DataSourceId;
use crate::rights::{self, Standing};
use crate::store::{Row, params};
use crate::token::TokenId;

/// Which entries.
#[derive(Debug, Clone)]
pub struct Request {
    /// Only of this kind.
    pub kind: Option<HistoryKind>,
    /// Only about this token.
    pub token: Option<TokenId>,
    /// Only about this data source.
    pub data_source: Option<DataSourceId>,
    /// Not older than this.
    pub since: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
}

impl Default for Request {
    /// The last hundred entries.
    fn default() -> Request {
        Request { kind: None, token: None, data_source: None, since: None, limit: 100 }
    }
}

/// The entries, newest first.
pub type Outcome = Vec<HistoryEntry>;

/// Lists them: the tenant's for admins, what concerns or was done by themselves for everybody else. Requests and
/// refreshes are not among them: see `request_list` and `refresh_list`.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const CHANGES: &str = "SELECT at, kind, action, actor, token_id, user_name, data_source_id, outcome, reason, \
         request_id, details FROM history WHERE tenant_id = ?1 AND (?2 IS NULL OR kind = ?2) \
         AND (?3 IS NULL OR token_id = ?3) AND (?4 IS NULL OR data_source_id = ?4) AND at >= ?5 \
         AND (?6 IS NULL OR user_name = ?6 OR actor = ?6) ORDER BY at DESC, id DESC LIMIT ?7";
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let (only, since) = (standing.only(), since(&standing, request.since));
    let only = only.map(|user| &user.name);
    let Request { kind, token, data_source, limit, .. } = &request;
    let kind = kind.map(HistoryKind::as_str);
    let row = params![tenant, kind, token.as_ref(), data_source.as_ref(), since, only, *limit];
    let mut entries = tx.list(CHANGES, row, HistoryEntry::from_row).await?;
    if kind.is_none_or(|kind| kind == HistoryKind::Token.as_str()) {
        let row = params![
            tenant,
            token.as_ref(),
            since,
            only,
            *limit,
            data_source.as_ref(),
            i64::from(standing.is_operator())
        ];
        entries.extend(tx.list(REFUSALS, row, refusal).await?);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        entries.truncate(usize::try_from(*limit).unwrap_or(usize::MAX));
    }
    Ok(entries)
}

/// Refused credentials, counted by the minute. What belongs to no tenant (a made-up token at a made-up data source) is
/// the operator's to see.
pub(super) const REFUSALS: &str = "SELECT r.last_at, r.token_id, u.name, r.reason, r.last_request_id, r.refused, r.address, \
     k.label, r.data_source_id, r.first_at, r.client \
     FROM refusals r LEFT JOIN tokens k ON k.id = r.token_id LEFT JOIN users u ON u.id = k.user_id \
     WHERE (r.tenant_id = ?1 OR (?7 = 1 AND r.tenant_id IS NULL)) AND (?2 IS NULL OR r.token_id = ?2) \
     AND r.minute >= ?3 - 60000 AND r.last_at >= ?3 AND (?4 IS NULL OR u.name = ?4) \
     AND (?6 IS NULL OR r.data_source_id = ?6) ORDER BY r.last_at DESC LIMIT ?5";

/// Where the list begins. Entries name users by their names: who has a name again after it was freed sees nothing of
/// the one before.
pub(super) fn since(standing: &Standing, wish: Option<Timestamp>) -> Timestamp {
    let wish = wish.unwrap_or(Timestamp::UNIX_EPOCH);
    standing.only().map_or(wish, |user| wish.max(user.created_at))
}

pub(super) fn refusal(row: &mut Row) -> Result<HistoryEntry, StoreError> {
    let (at, token, user): (Timestamp, String, Option<String>) = (row.take()?, row.take()?, row.take()?);
    let (reason, request_id, count): (String, Option<String>, i64) = (row.take()?, row.take()?, row.take()?);
    let (address, label, source): (String, Option<String>, String) = (row.take()?, row.take()?, row.take()?);
    let (first_at, client): (Timestamp, Option<String>) = (row.take()?, row.take()?);
    Ok(HistoryEntry {
        at,
        kind: HistoryKind::Token,
        action: "refuse".to_owned(),
        actor: "system:authentication".to_owned(),
        token_id: Some(token).filter(|id| !id.is_empty()).map(TokenId::stored),
        user,
        data_source: Some(source).filter(|id| !id.is_empty()).map(DataSourceId::stored),
        outcome: "refused".to_owned(),
        reason: Some(reason),
        request_id,
        details: json!({
            "count": count,
            "first_at": first_at,
            "address": address,
            "client": client,
            "label": label,
        }),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::source_share::{self, Grantee};
    use crate::operations::user_remove;
    use crate::records::Role;
    use crate::testing::{World, start};

    #[tokio::test]
    async fn every_change_of_a_day_is_found_in_its_order() {
        let world = World::new().await;
        world.mint("ann").await.unwrap();
        let id = world.source("ann", "sales").await;
        let request = source_share::Request { id, with: Grantee::User("bob".into()) };
        source_share::run(&world.acting("ann").await, request).await.unwrap();
        let expected = ["tenant create", "user create", "user create", "user create", "connection create"];
        let expected = [&expected[..], &["token create", "source create", "source share"]].concat();
        assert_eq!(world.actions().await, expected);
        assert_eq!(world.history().await.last().unwrap().actor, "ann");
    }

    #[tokio::test]
    async fn the_filters_narrow_the_list() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().view.id;
        let source = world.source("ann", "sales").await;
        let count = async |request: Request| run(&world.ctx, request).await.unwrap().len();
        assert_eq!(count(Request { token: Some(token), ..Request::default() }).await, 1);
        assert_eq!(count(Request { data_source: Some(source), ..Request::default() }).await, 1);
        assert_eq!(count(Request { kind: Some(HistoryKind::User), ..Request::default() }).await, 3);
        assert_eq!(count(Request { limit: 2, ..Request::default() }).await, 2);
        let later = start().checked_add(jiff::SignedDuration::from_secs(1)).unwrap();
        assert_eq!(count(Request { since: Some(later), ..Request::default() }).await, 0);
    }

    #[tokio::test]
    async fn a_namesake_sees_nothing_of_the_one_before() {
        let world = World::new().await;
        world.mint("ann").await.unwrap();
        user_remove::run(&world.ctx, user_remove::Request { name: "ann".into() }).await.unwrap();
        world.pass(1);
        world.add_user("ann", Role::Analyst).await.unwrap();
        let entries = run(&world.acting("ann").await, Request::default()).await.unwrap();
        assert_eq!(entries.len(), 1, "only that she was added: {entries:?}");
    }

    #[tokio::test]
    async fn an_analyst_sees_what_concerns_them() {
        let world = World::new().await;
        world.mint("ann").await.unwrap();
        world.mint("bob").await.unwrap();
        let entries = run(&world.acting("ann").await, Request::default()).await.unwrap();
        assert_eq!(entries.len(), 2);
        assert!(entries.iter().all(|entry| entry.user.as_deref() == Some("ann")));
    }
}
