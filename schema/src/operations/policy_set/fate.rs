//! What a clamp means for a token: what it reads, the refreshes that run by themselves with it, and which of them would be
//! the first to fail.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::clock::later;
use crate::duration::Span;
use crate::error::OperationError;
use crate::habit::Habit;
use crate::id::DataSourceId;
use crate::operations::source_list;
use crate::operations::token_show::TokenView;
use crate::schedule::Schedule;
use crate::store::Read;
use crate::token::TokenRecord;

/// A token that a clamp changes.
#[derive(Debug, Clone, Serialize)]
pub struct Clamped {
    /// The token as it was.
    #[serde(flatten)]
    pub token: TokenView,
    /// Its expiry afterwards.
    pub new_expires_at: Option<Timestamp>,
    /// Its idle limit afterwards.
    pub new_max_idle: Span,
    /// The data sources it can read.
    pub reaches: Vec<Reached>,
    /// The refreshes that run by themselves with it.
    pub refreshes: Vec<Habit>,
    /// The first of them that would fail, if nobody puts another token in the place of this one before.
    pub first_failure: Option<FirstFailure>,
}

/// A data source that a token can read.
#[derive(Debug, Clone, Serialize)]
pub struct Reached {
    /// Its id.
    pub id: DataSourceId,
    /// Its name.
    pub name: String,
}

/// A scheduled refresh that would be refused because its token has expired.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FirstFailure {
    /// When it usually begins.
    pub at: Timestamp,
    /// What it reads.
    pub data_source: DataSourceId,
}

/// A schedule repeats after so long.
const ROUND: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The fate of `before`, of the user of this name, that a clamp makes `after`. Of the tenant's habits those of the token
/// count.
pub(super) async fn fate(
    tx: &mut Read,
    before: &TokenRecord,
    after: &TokenRecord,
    user: &str,
    habits: &[Habit],
    now: Timestamp,
) -> Result<Clamped, OperationError> {
    let reaches = reached(tx, before).await?;
    let serves = |habit: &&Habit| {
        habit.token_id == before.id && reaches.iter().any(|source| source.id == habit.data_source)
    };
    let refreshes: Vec<Habit> = habits.iter().filter(serves).cloned().collect();
    Ok(Clamped {
        token: TokenView::of(before, user, now),
        new_expires_at: after.expires_at,
        new_max_idle: Span(after.max_idle),
        first_failure: first_failure(&refreshes, after, now),
        reaches,
        refreshes,
    })
}

pub(in crate::operations) async fn reached(
    tx: &mut Read,
    token: &TokenRecord,
) -> Result<Vec<Reached>, OperationError> {
    let sources = source_list::readable(tx, token.tenant, Some(token.user)).await?;
    let admitted = sources.into_iter().filter(|source| token.admits(&source.id));
    Ok(admitted.map(|source| Reached { id: source.id, name: source.name }).collect())
}

fn first_failure(habits: &[Habit], token: &TokenRecord, now: Timestamp) -> Option<FirstFailure> {
    let failures = [by_expiry(habits, token, now), by_idleness(habits, token, now)];
    failures.into_iter().flatten().min_by_key(|failure| failure.at)
}

/// The first one at the token's expiry or later: at that very instant it is refused.
fn by_expiry(habits: &[Habit], token: &TokenRecord, now: Timestamp) -> Option<FirstFailure> {
    let end = token.expires_at?.max(now);
    first(habits, |schedule| schedule.next_from(end))
}

/// The first one that the token has been idle for too long for. Each that comes before is a use.
fn by_idleness(habits: &[Habit], token: &TokenRecord, now: Timestamp) -> Option<FirstFailure> {
    let (max_idle, grace) = (token.max_idle?, token.idle_grace.unwrap_or(now).max(now));
    // Nothing fails before the grace has passed; what comes in the last round before it tells the last use.
    let mut at = grace.saturating_sub(ROUND).ok()?.max(now);
    let mut used = if at > now { at } else { token.last_used_at.unwrap_or(token.created_at) };
    loop {
        let refresh = first(habits, |schedule| schedule.next_after(at))?;
        // A whole round in which nothing failed is followed by others like it.
        if refresh.at.duration_since(grace) > ROUND * 2 {
            return None;
        }
        if refresh.at >= later(used, max_idle).max(token.idle_grace.unwrap_or(Timestamp::MIN)) {
            return Some(refresh);
        }
        (used, at) = (refresh.at, refresh.at);
    }
}

fn first(habits: &[Habit], begins: impl Fn(&Schedule) -> Option<Timestamp>) -> Option<FirstFailure> {
    let begins = habits.iter().filter_map(|habit| {
        Some(FirstFailure { at: begins(&habit.schedule)?, data_source: habit.data_source.clone() })
    });
    begins.min_by_key(|refresh| refresh.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenId;
    use crate::duration;
    use crate::lookup;
    use crate::operations::habit_list;
    use crate::operations::policy_set::{self, Request};
    use crate::operations::record_requests::{self, tests::entry};
    use crate::policy::Existing;
    use crate::testing::World;

    const DAY: i64 = 86_400;

    /// A world after five days in which `sales` was read each night at three and `stock` at six.
    async fn world() -> (World, TokenId, [DataSourceId; 2]) {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().view.id;
        let sources = [world.source("ann", "sales").await, world.source("ann", "stock").await];
        let night = |day: i64| {
            let at =
                |index: usize, hour: i64| entry(&world, day * DAY + hour * 3_600, &token, &sources[index]);
            [at(0, 3), at(1, 6)]
        };
        let entries = (0..5).flat_map(night).collect();
        record_requests::run(&world.ctx, record_requests::Request { entries }).await.unwrap();
        world.pass(5 * DAY);
        (world, token, sources)
    }

    async fn preview(world: &World, lifetime: &str, grace: &str) -> Clamped {
        let existing = Existing::Clamp { grace: duration::parse(grace).unwrap() };
        let max_lifetime = Some(lifetime.parse().unwrap());
        let request = Request { max_lifetime, existing, dry_run: true, ..Request::default() };
        policy_set::run(&world.ctx, request).await.unwrap().clamped.remove(0)
    }

    fn failure(at: &str, data_source: &DataSourceId) -> Option<FirstFailure> {
        Some(FirstFailure { at: at.parse().unwrap(), data_source: data_source.clone() })
    }

    #[tokio::test]
    async fn the_preview_names_the_first_refresh_that_would_fail() {
        let (world, _, [sales, stock]) = world().await;
        let told = preview(&world, "4h", "0s").await;
        assert_eq!(told.refreshes.len(), 2);
        assert_eq!(told.first_failure, failure("2026-01-06T06:00:00Z", &stock));
        let told = preview(&world, "7d", "0s").await;
        assert_eq!(told.first_failure, failure("2026-01-13T03:00:00Z", &sales));
        let told = preview(&world, "1h", "30h").await;
        assert_eq!(told.first_failure, failure("2026-01-07T06:00:00Z", &stock), "the grace counts");
    }

    #[tokio::test]
    async fn a_refresh_at_the_very_instant_of_the_expiry_fails() {
        let (world, _, [sales, stock]) = world().await;
        assert_eq!(preview(&world, "3h", "0s").await.first_failure, failure("2026-01-06T03:00:00Z", &sales));
        assert_eq!(
            preview(&world, "10801s", "0s").await.first_failure,
            failure("2026-01-06T06:00:00Z", &stock)
        );
    }

    #[tokio::test]
    async fn a_token_without_scheduled_refreshes_has_none_that_fails() {
        let world = World::new().await;
        world.mint("ann").await.unwrap();
        let told = preview(&world, "1d", "0s").await;
        assert_eq!((told.refreshes.len(), told.first_failure), (0, None));
    }

    #[tokio::test]
    async fn the_real_change_tells_the_same_as_its_preview() {
        let (world, _, _) = world().await;
        let told = preview(&world, "4h", "0s").await;
        let request = Request {
            max_lifetime: Some("4h".parse().unwrap()),
            existing: Existing::Clamp { grace: std::time::Duration::ZERO },
            ..Request::default()
        };
        let done = policy_set::run(&world.ctx, request).await.unwrap().clamped.remove(0);
        assert_eq!(serde_json::to_value(&done).unwrap(), serde_json::to_value(&told).unwrap());
    }

    #[tokio::test]
    async fn idleness_ends_a_token_only_where_its_schedule_leaves_a_longer_gap() {
        let (world, id, [sales, _]) = world().await;
        let wanted = habit_list::Request { token: Some(id.clone()), ..habit_list::Request::default() };
        let habits = habit_list::run(&world.ctx, wanted).await.unwrap();
        let sales_only: Vec<Habit> =
            habits.iter().filter(|habit| habit.data_source == sales).cloned().collect();
        let record = lookup::credential(&world.ctx.store, &id).await.unwrap().unwrap().token;
        let now = world.ctx.now();
        let idle = |hours: u64, grace: &str| TokenRecord {
            expires_at: None,
            max_idle: Some(std::time::Duration::from_secs(hours * 3_600)),
            idle_grace: Some(grace.parse().unwrap()),
            last_used_at: Some("2026-01-05T06:00:00Z".parse().unwrap()),
            ..record.clone()
        };
        // The longest gap of both is from six to three: twenty-one hours.
        assert_eq!(first_failure(&habits, &idle(22, "2026-01-06T00:00:00Z"), now), None);
        let told = first_failure(&habits, &idle(20, "2026-01-06T00:00:00Z"), now);
        assert_eq!(told, failure("2026-01-06T03:00:00Z", &sales));
        let told = first_failure(&habits, &idle(20, "2026-01-20T04:00:00Z"), now);
        assert_eq!(told, failure("2026-01-21T03:00:00Z", &sales), "not before the grace has passed");
        assert_eq!(first_failure(&sales_only, &idle(25, "2026-01-06T00:00:00Z"), now), None);
    }
}
