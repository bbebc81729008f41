//! The first failure of a refresh, and that it works again.
//!
//! What was last told about a token and data source is a row, so that the second failing night is not news. A token
//! that can never work again is told once more: when another token of its user has taken its place.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::context::Context;
use crate::error::StoreError;
use crate::id::{DataSourceId, TenantId};
use crate::notice::{NoticeKind, Severity, id_of};
use crate::operations::notice_raise::{self, Occasion};
use crate::operations::refresh_list::{self, Wanted};
use crate::records::token_columns;
use crate::refresh::{GAP, Refresh, RefreshOutcome};
use crate::store::{Read, Row, Write, params};
use crate::token::{TokenId, TokenRecord};

/// So far back is looked each time: longer than an answer may need and a repetition is waited for.
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(60);

/// What was last told.
#[derive(Debug, Clone)]
struct State {
    state: String,
    since: Timestamp,
}

type States = BTreeMap<(TokenId, DataSourceId), State>;

/// Something new about a token and data source.
enum News<'a> {
    Failed(&'a Refresh),
    Recovered { refresh: &'a Refresh, failing: (TokenId, Timestamp), replaced: bool },
}

/// Looks at the refreshes of the last hour, tells what is new, and gives the number of notices.
pub(super) async fn look(ctx: &Context, tenant: TenantId) -> Result<u64, StoreError> {
    let now = ctx.now();
    let begin = now.saturating_add(-LOOK_BACK).unwrap_or(now);
    let (refreshes, any) = {
        let mut tx = ctx.store.read().await?;
        let wanted = Wanted { tenant, token: None, data_source: None, since: begin, user: None };
        let refreshes = refresh_list::recognised(&mut tx, &wanted, now).await?;
        let states = states(&mut tx, tenant).await?;
        let dead = dead(&mut tx, tenant, &states).await?;
        let any = !news(&refreshes, &states, &dead, begin, now).is_empty();
        (refreshes, any)
    };
    if !any {
        return Ok(0);
    }
    let mut tx = ctx.store.write().await?;
    // Read again under the lock: another process may have told it.
    let states = states(&mut tx, tenant).await?;
    let dead = dead(&mut tx, tenant, &states).await?;
    let mut raised = 0;
    for news in news(&refreshes, &states, &dead, begin, now) {
        raised += u64::from(tell(&mut tx, tenant, &news, now).await?);
    }
    tx.commit().await?;
    Ok(raised)
}

fn news<'a>(
    refreshes: &'a [Refresh],
    states: &States,
    dead: &[(TokenId, String)],
    begin: Timestamp,
    now: Timestamp,
) -> Vec<News<'a>> {
    let mut states = states.clone();
    let mut news = Vec::new();
    for refresh in refreshes {
        let key = (refresh.token_id.clone(), refresh.data_source.clone());
        let known = states.get(&key).cloned();
        match (refresh.outcome, refresh.failed_at) {
            // What failed before the last recovery was told; a replaced token is no news any more.
            (RefreshOutcome::Failed, Some(at))
                if known.is_none_or(|known| known.state == "working" && known.since < at) =>
            {
                states.insert(key, State { state: "failing".to_owned(), since: at });
                news.push(News::Failed(refresh));
            }
            (RefreshOutcome::Succeeded, _) if is_whole(refresh, begin, now) => {
                for (failing, replaced) in mended(refresh, &states, dead) {
                    let since = states[&failing].since;
                    let state = if replaced { "replaced" } else { "working" };
                    states
                        .insert(failing.clone(), State { state: state.to_owned(), since: refresh.ended_at });
                    news.push(News::Recovered { refresh, failing: (failing.0, since), replaced });
                }
            }
            _ => {}
        }
    }
    news
}

/// Whether all of the refresh was seen, and rows among it.
fn is_whole(refresh: &Refresh, begin: Timestamp, now: Timestamp) -> bool {
    let over = now.duration_since(refresh.ended_at) > GAP;
    let from_its_begin = refresh.started_at.duration_since(begin) > GAP;
    over && from_its_begin && refresh.pages > 0
}

/// The failing refreshes that this success ends, and whether its token has taken the place of theirs.
fn mended(
    refresh: &Refresh,
    states: &States,
    dead: &[(TokenId, String)],
) -> Vec<((TokenId, DataSourceId), bool)> {
    let mut mended = Vec::new();
    for (key, state) in states {
        if state.state != "failing" || key.1 != refresh.data_source || refresh.started_at <= state.since {
            continue;
        }
        let own = key.0 == refresh.token_id;
        let of_its_user =
            |(token, user): &(TokenId, String)| *token == key.0 && Some(user) == refresh.user.as_ref();
        if own || dead.iter().any(of_its_user) {
            mended.push((key.clone(), !own));
        }
    }
    mended
}

async fn tell(tx: &mut Write, tenant: TenantId, news: &News<'_>, now: Timestamp) -> Result<bool, StoreError> {
    let (token, refresh, state, since) = match news {
        News::Failed(refresh) => {
            let at = refresh.failed_at.unwrap_or(refresh.ended_at);
            (&refresh.token_id, *refresh, "failing", at)
        }
        News::Recovered { refresh, failing, replaced } => {
            let state = if *replaced { "replaced" } else { "working" };
            (&failing.0, *refresh, state, refresh.ended_at)
        }
    };
    remember(tx, tenant, token, &refresh.data_source, state, since).await?;
    let name = name_of(tx, &refresh.data_source).await?;
    notice_raise::raise(tx, &occasion(tenant, news, token, since, name.as_deref()), now).await
}

fn occasion(
    tenant: TenantId,
    news: &News<'_>,
    token: &TokenId,
    since: Timestamp,
    name: Option<&str>,
) -> Occasion {
    let (kind, severity, refresh) = match news {
        News::Failed(refresh) => (NoticeKind::RefreshFailed, Severity::Urgent, refresh),
        News::Recovered { refresh, .. } => (NoticeKind::RefreshRecovered, Severity::Info, refresh),
    };
    let details = match news {
        News::Failed(_) => json!({
            "label": refresh.label,
            "data_source_name": name,
            "error_code": refresh.error_code,
            "started_at": refresh.started_at,
            "failed_at": refresh.failed_at,
        }),
        News::Recovered { failing, replaced, .. } => json!({
            "label": refresh.label,
            "data_source_name": name,
            "failing_since": failing.1,
            "succeeded_at": refresh.ended_at,
            "with_another_token": replaced,
            "rows": refresh.rows,
        }),
    };
    Occasion {
        id: id_of(tenant, kind, &[token.as_str(), refresh.data_source.as_str(), &since.to_string()]),
        tenant,
        kind,
        severity,
        token: Some(refresh.token_id.clone()),
        user: refresh.user.clone(),
        data_source: Some(refresh.data_source.clone()),
        details,
    }
}

async fn remember(
    tx: &mut Write,
    tenant: TenantId,
    token: &TokenId,
    source: &DataSourceId,
    state: &str,
    since: Timestamp,
) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO refresh_states (token_id, data_source_id, tenant_id, state, since) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (token_id, data_source_id) \
         DO UPDATE SET state = excluded.state, since = excluded.since";
    tx.execute_one(SQL, params![token, source, tenant, state, since]).await
}

async fn name_of(tx: &mut Read, source: &DataSourceId) -> Result<Option<String>, StoreError> {
    let row = tx.query_optional("SELECT name FROM data_sources WHERE id = ?1", params![source]).await?;
    row.map(|mut row| row.take()).transpose()
}

async fn states(tx: &mut Read, tenant: TenantId) -> Result<States, StoreError> {
    const SQL: &str =
        "SELECT token_id, data_source_id, state, since FROM refresh_states WHERE tenant_id = ?1";
    let pair = |row: &mut Row| {
        let key = (TokenId::stored(row.take()?), DataSourceId::stored(row.take()?));
        Ok((key, State { state: row.take()?, since: row.take()? }))
    };
    Ok(tx.list(SQL, params![tenant], pair).await?.into_iter().collect())
}

/// The failing tokens that authenticate no more, each with its user.
async fn dead(
    tx: &mut Read,
    tenant: TenantId,
    states: &States,
) -> Result<Vec<(TokenId, String)>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        token_columns!(),
        ", u.name FROM tokens k JOIN users u ON u.id = k.user_id WHERE k.tenant_id = ?1 \
         AND (k.revoked_at IS NOT NULL OR k.expired_at IS NOT NULL)"
    );
    if states.values().all(|state| state.state != "failing") {
        return Ok(Vec::new());
    }
    let pair = |row: &mut Row| Ok((TokenRecord::from_row(row)?.id, row.take::<String>()?));
    tx.list(SQL, params![tenant], pair).await
}
