//! Lists what has come into the history since the last look: changes, refused credentials and, on demand, requests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::request_list::request_columns;
use super::{history_list, request_list};
use crate::context::Context;
use crate::error::{OperationError, StoreError};
use crate::history::{HistoryEntry, HistoryKind};
use crate::id::TenantId;
use crate::rights;
use crate::store::{Read, params};

/// Which entries.
#[derive(Debug, Clone)]
pub struct Request {
    /// As for the list; the beginning and the limit are not looked at.
    pub wanted: history_list::Request,
    /// Where the last look ended; none: nothing is listed, the look begins now.
    pub after: Option<Position>,
}

/// Where a look ended. Rows are numbered in the order in which they were committed.
#[derive(Debug, Clone, Default)]
pub struct Position {
    change: i64,
    request: i64,
    /// Refusals are counted, not listed: what they were last, of the minutes that can still grow.
    refusals: BTreeMap<Key, i64>,
}

/// First instant, token, reason, address and data source of refusals.
type Key = [String; 5];

/// What is new, oldest first, and where the next look begins.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The entries.
    pub entries: Vec<HistoryEntry>,
    /// Where they end.
    pub position: Position,
}

/// Seconds after its beginning in which a minute's refusals can still reach the store.
const STILL_GROWING: i64 = 120;

/// The entries of one look; what is more comes with the next.
const MOST: u32 = 10_000;

/// Looks: as the list, the tenant's for admins, what concerns or was done by themselves for everybody else.
///
/// # Errors
/// When the store cannot be read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.read().await?;
    let standing = rights::standing(&mut tx, ctx).await?;
    let only = standing.only().map(|user| user.name.clone());
    let since = history_list::since(&standing, None);
    let operator = standing.is_operator();
    let look = Look { tenant, only, operator, since, wanted: &request.wanted };
    let Some(mut position) = request.after else {
        return Ok(Outcome { entries: Vec::new(), position: look.begin(&mut tx, ctx.now()).await? });
    };
    let mut entries = Vec::new();
    if request.wanted.kind == Some(HistoryKind::Request) {
        look.requests(&mut tx, &mut position.request, &mut entries).await?;
    } else {
        look.changes(&mut tx, &mut position.change, &mut entries).await?;
    }
    let counted = look.refusals(&mut tx, ctx.now()).await?;
    entries.extend(grown(&counted, &position.refusals));
    position.refusals = counts(&counted);
    entries.sort_by_key(|entry| entry.at);
    Ok(Outcome { entries, position })
}

/// One look of one actor.
struct Look<'a> {
    tenant: TenantId,
    only: Option<String>,
    operator: bool,
    since: Timestamp,
    wanted: &'a history_list::Request,
}

impl Look<'_> {
    async fn begin(&self, tx: &mut Read, now: Timestamp) -> Result<Position, StoreError> {
        const SQL: &str =
            "SELECT (SELECT COALESCE(MAX(id), 0) FROM history), (SELECT COALESCE(MAX(id), 0) FROM requests)";
        let mut row = tx.query_one(SQL, params![]).await?;
        let (change, request) = (row.take()?, row.take()?);
        Ok(Position { change, request, refusals: counts(&self.refusals(tx, now).await?) })
    }

    async fn changes(
        &self,
        tx: &mut Read,
        last: &mut i64,
        entries: &mut Vec<HistoryEntry>,
    ) -> Result<(), StoreError> {
        const SQL: &str = "SELECT at, kind, action, actor, token_id, user_name, data_source_id, outcome, reason, \
             request_id, details, id FROM history WHERE tenant_id = ?1 AND (?2 IS NULL OR kind = ?2) \
             AND (?3 IS NULL OR token_id = ?3) AND (?4 IS NULL OR data_source_id = ?4) AND at >= ?5 \
             AND (?6 IS NULL OR user_name = ?6 OR actor = ?6) AND id > ?7 ORDER BY id LIMIT ?8";
        let kind = self.wanted.kind.map(HistoryKind::as_str);
        let (token, source) = (self.wanted.token.as_ref(), self.wanted.data_source.as_ref());
        let row = params![self.tenant, kind, token, source, self.since, self.only.as_ref(), *last, MOST];
        for (entry, id) in tx.list(SQL, row, |row| Ok((HistoryEntry::from_row(row)?, row.take()?))).await? {
            entries.push(entry);
            *last = id;
        }
        Ok(())
    }

    async fn requests(
        &self,
        tx: &mut Read,
        last: &mut i64,
        entries: &mut Vec<HistoryEntry>,
    ) -> Result<(), StoreError> {
        const SQL: &str = concat!(
            "SELECT",
            request_columns!(),
            ", r.id FROM requests r LEFT JOIN tokens k ON k.id = r.token_id WHERE r.tenant_id = ?1 \
             AND (?2 IS NULL OR r.token_id = ?2) AND (?3 IS NULL OR r.data_source_id = ?3) AND r.at >= ?4 \
             AND (?5 IS NULL OR r.user_name = ?5) AND r.id > ?6 ORDER BY r.id LIMIT ?7"
        );
        let (token, source) = (self.wanted.token.as_ref(), self.wanted.data_source.as_ref());
        let row = params![self.tenant, token, source, self.since, self.only.as_ref(), *last, MOST];
        for (entry, id) in tx.list(SQL, row, |row| Ok((request_list::entry(row)?, row.take()?))).await? {
            entries.push(entry);
            *last = id;
        }
        Ok(())
    }

    /// Those of the minutes that can still grow.
    async fn refusals(&self, tx: &mut Read, now: Timestamp) -> Result<Vec<HistoryEntry>, StoreError> {
        let asked = matches!(self.wanted.kind, None | Some(HistoryKind::Token | HistoryKind::Request));
        if !asked {
            return Ok(Vec::new());
        }
        let growing = Timestamp::from_second(now.as_second() - STILL_GROWING).unwrap_or(self.since);
        let since = growing.max(self.since);
        let (token, source) = (self.wanted.token.as_ref(), self.wanted.data_source.as_ref());
        let operator = i64::from(self.operator);
        let row = params![self.tenant, token, since, self.only.as_ref(), MOST, source, operator];
        tx.list(history_list::REFUSALS, row, history_list::refusal).await
    }
}

/// What names a row of refusals.
fn key(entry: &HistoryEntry) -> Key {
    let detail = |name: &str| entry.details[name].as_str().unwrap_or_default().to_owned();
    [
        detail("first_at"),
        entry.token_id.as_ref().map(ToString::to_string).unwrap_or_default(),
        entry.reason.clone().unwrap_or_default(),
        detail("address"),
        entry.data_source.as_ref().map(ToString::to_string).unwrap_or_default(),
    ]
}

fn counts(refusals: &[HistoryEntry]) -> BTreeMap<Key, i64> {
    refusals.iter().map(|entry| (key(entry), entry.details["count"].as_i64().unwrap_or_default())).collect()
}

/// The refusals that came since, each row with the number of those.
fn grown(refusals: &[HistoryEntry], before: &BTreeMap<Key, i64>) -> Vec<HistoryEntry> {
    let mut grown = Vec::new();
    for entry in refusals {
        let known = before.get(&key(entry)).copied().unwrap_or_default();
        let more = entry.details["count"].as_i64().unwrap_or_default() - known;
        if more > 0 {
            let mut entry = entry.clone();
            entry.details["count"] = json!(more);
            grown.push(entry);
        }
    }
    grown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::record_refusals::{self, Refusal};
    use crate::operations::record_requests;
    use crate::testing::World;

    async fn look(
        ctx: &Context,
        kind: Option<HistoryKind>,
        after: Option<Position>,
    ) -> (Vec<String>, Position) {
        let wanted = history_list::Request { kind, ..history_list::Request::default() };
        let outcome = run(ctx, Request { wanted, after }).await.unwrap();
        let told = |entry: &HistoryEntry| match entry.details["count"].as_i64() {
            Some(count) => format!("{} {count}", entry.action),
            None => entry.action.clone(),
        };
        (outcome.entries.iter().map(told).collect(), outcome.position)
    }

    #[tokio::test]
    async fn each_change_is_told_once_also_when_the_clock_steps_back() {
        let world = World::new().await;
        let (none, position) = look(&world.ctx, None, None).await;
        assert!(none.is_empty(), "what was before is not told");
        let token = world.mint("ann").await.unwrap().view.id;
        world.pass(-60);
        world.mint("bob").await.unwrap();
        let (ann, _) = look(&world.acting("ann").await, None, Some(position.clone())).await;
        assert_eq!(ann, ["create"], "bob's is not hers");
        let (all, position) = look(&world.ctx, None, Some(position)).await;
        assert_eq!(all, ["create", "create"]);
        world.pass(120);
        let refusal = |count| Refusal {
            token: Some(token.clone()),
            tenant: world.ctx.tenant,
            reason: "WrongSecret",
            address: "203.0.113.7".into(),
            at: world.ctx.now(),
            count,
            request_id: None,
            data_source: None,
            client: None,
        };
        let refuse = async |count| {
            let request = record_refusals::Request { refusals: vec![refusal(count)] };
            record_refusals::run(&world.ctx, request).await.unwrap();
        };
        refuse(3).await;
        let (told, position) = look(&world.ctx, None, Some(position)).await;
        assert_eq!(told, ["refuse 3"]);
        refuse(2).await;
        let (told, position) = look(&world.ctx, Some(HistoryKind::Token), Some(position)).await;
        assert_eq!(told, ["refuse 2"]);
        assert!(look(&world.ctx, None, Some(position)).await.0.is_empty());
    }

    #[tokio::test]
    async fn requests_are_told_when_they_are_asked_for() {
        let world = World::new().await;
        let (_, position) = look(&world.ctx, Some(HistoryKind::Request), None).await;
        let (token, source) = (world.mint("ann").await.unwrap().view.id, world.source("ann", "sales").await);
        let entries = vec![record_requests::tests::entry(&world, 1, &token, &source)];
        record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();
        let (told, position) = look(&world.ctx, Some(HistoryKind::Request), Some(position)).await;
        assert_eq!(told, ["read"]);
        assert!(look(&world.ctx, Some(HistoryKind::Request), Some(position)).await.0.is_empty());
    }
}
