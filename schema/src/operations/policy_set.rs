//! Changes the tenant's policy, and on demand clamps the tokens that exist. A clamp is written into the rows, each
//! with a history entry: loosening the policy later revives nothing.

mod fate;

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::habit_list;
use crate::clock::later;
use crate::context::Context;
use crate::duration::{Rate, Span};
use crate::error::{OperationError, StoreError};
use crate::history::{Change, HistoryKind};
use crate::id::TenantId;
use crate::lookup;
use crate::policy::{self, Existing, Policy, clamped};
use crate::records::token_columns;
use crate::rights;
use crate::store::{Read, Row, Write, params};
use crate::token::TokenRecord;

pub(super) use fate::reached;
pub use fate::{Clamped, FirstFailure, Reached};

/// What to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The longest a new token may live.
    pub max_lifetime: Option<Span>,
    /// How many tokens of one user may be active.
    pub max_active_tokens: Option<u32>,
    /// How long a token may stay unused.
    pub max_idle: Option<Span>,
    /// Requests a minute of one token.
    pub rate_token: Option<Rate>,
    /// Requests a minute of one user.
    pub rate_user: Option<Rate>,
    /// Requests a minute of the tenant.
    pub rate_tenant: Option<Rate>,
    /// Requests at the same time.
    pub concurrent: Option<u32>,
    /// Networks requests may come from; an empty list: from everywhere.
    pub allow_addresses: Option<Vec<String>>,
    /// What happens to the tokens that exist.
    pub existing: Existing,
    /// Change nothing, only tell what would change.
    pub dry_run: bool,
}

/// What was changed, or would be.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The policy afterwards.
    pub policy: Policy,
    /// Whether nothing was written.
    pub dry_run: bool,
    /// Every token that changes.
    pub clamped: Vec<Clamped>,
}

fn too_small(what: &str, least: &str) -> OperationError {
    OperationError::invalid("PolicyInvalid", format!("{what} must be at least {least}"))
}

fn no_network(text: &str) -> OperationError {
    let message = format!("\"{text}\" is not a network: write an address and a prefix, as in 203.0.113.0/24");
    OperationError::invalid("PolicyInvalid", message)
}

/// Changes it. For admins.
///
/// # Errors
/// When a value makes no sense.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    check(&request)?;
    let tenant = ctx.tenant_id()?;
    if request.dry_run {
        let mut tx = ctx.store.read().await?;
        let (_, policy, clamps) = plan(&mut tx, ctx, &request).await?;
        let clamped = clamps.into_iter().map(|(_, clamped)| clamped).collect();
        return Ok(Outcome { policy, dry_run: true, clamped });
    }
    let mut tx = ctx.store.write().await?;
    let (before, policy, clamps) = plan(&mut tx, ctx, &request).await?;
    update(&mut tx, tenant, &policy).await?;
    let details = json!({ "before": before, "after": policy, "clamped_tokens": clamps.len() });
    Change::new(HistoryKind::Policy, "edit").details(details).record(&mut tx, ctx).await?;
    for (grace, clamped) in &clamps {
        clamp(&mut tx, ctx, *grace, clamped).await?;
    }
    tx.commit().await?;
    Ok(Outcome { policy, dry_run: false, clamped: clamps.into_iter().map(|(_, clamped)| clamped).collect() })
}

/// Before this instant a clamped token does not expire by being idle.
type IdleGrace = Option<Timestamp>;

/// The policy before and afterwards, and every token that changes. Writes nothing.
async fn plan(
    tx: &mut Read,
    ctx: &Context,
    request: &Request,
) -> Result<(Policy, Policy, Vec<(IdleGrace, Clamped)>), OperationError> {
    rights::manage(tx, ctx).await?;
    let tenant = lookup::tenant_by_id(tx, ctx.tenant_id()?).await?.id;
    let before = lookup::policy_of(tx, tenant).await?;
    let policy = merged(&before, request);
    let mut clamps = Vec::new();
    if let Existing::Clamp { grace } = request.existing {
        let habits = habit_list::habits(tx, tenant, &habit_list::Request::default(), None, ctx.now()).await?;
        for (token, user) in living_tokens(tx, ctx, tenant).await? {
            let Some(after) = clamped_to(&policy, grace, &token, ctx.now()) else { continue };
            let fate = fate::fate(tx, &token, &after, &user, &habits, ctx.now()).await?;
            clamps.push((after.idle_grace, fate));
        }
    }
    Ok((before, policy, clamps))
}

fn merged(before: &Policy, request: &Request) -> Policy {
    Policy {
        max_lifetime: request.max_lifetime.unwrap_or(before.max_lifetime),
        max_active_tokens: request.max_active_tokens.unwrap_or(before.max_active_tokens),
        max_idle: request.max_idle.unwrap_or(before.max_idle),
        rate_token: request.rate_token.unwrap_or(before.rate_token),
        rate_user: request.rate_user.unwrap_or(before.rate_user),
        rate_tenant: request.rate_tenant.unwrap_or(before.rate_tenant),
        concurrent: request.concurrent.unwrap_or(before.concurrent),
        allow_addresses: request.allow_addresses.clone().unwrap_or_else(|| before.allow_addresses.clone()),
    }
}

/// What a clamp to `policy` makes of `token`; `None` when it stays.
fn clamped_to(policy: &Policy, grace: Duration, token: &TokenRecord, now: Timestamp) -> Option<TokenRecord> {
    let expiry = clamped(token.expires_at, policy.max_lifetime, grace, now);
    let idle = policy.max_idle.0.filter(|limit| token.max_idle.is_none_or(|current| current > *limit));
    (expiry.is_some() || idle.is_some()).then(|| TokenRecord {
        expires_at: expiry.or(token.expires_at),
        max_idle: idle.or(token.max_idle),
        idle_grace: idle.map(|_| later(now, grace)).max(token.idle_grace),
        ..token.clone()
    })
}

async fn clamp(
    tx: &mut Write,
    ctx: &Context,
    idle_grace: IdleGrace,
    change: &Clamped,
) -> Result<(), OperationError> {
    let sql = "UPDATE tokens SET expires_at = ?2, max_idle = ?3, idle_grace = ?4 WHERE id = ?1";
    let idle = change.new_max_idle.0.map(|idle| idle.as_secs());
    tx.execute_one(sql, params![&change.token.id, change.new_expires_at, idle, idle_grace]).await?;
    Change::new(HistoryKind::Token, "clamp")
        .token(&change.token.id)
        .user(&change.token.user)
        .details(json!({
            "label": change.token.label,
            "before": { "expires_at": change.token.expires_at, "max_idle": change.token.max_idle },
            "after": { "expires_at": change.new_expires_at, "max_idle": change.new_max_idle },
        }))
        .record(tx, ctx)
        .await?;
    Ok(())
}

async fn living_tokens(
    tx: &mut Read,
    ctx: &Context,
    tenant: TenantId,
) -> Result<Vec<(TokenRecord, String)>, StoreError> {
    const SQL: &str = concat!(
        "SELECT",
        token_columns!(),
        ", u.name FROM tokens k JOIN users u ON u.id = k.user_id \
         WHERE k.tenant_id = ?1 AND k.revoked_at IS NULL AND k.expired_at IS NULL ORDER BY k.created_at, k.id"
    );
    let now = ctx.now();
    let pair = |row: &mut Row| Ok((TokenRecord::from_row(row)?, row.take::<String>()?));
    let mut tokens = tx.list(SQL, params![tenant], pair).await?;
    tokens.retain(|(token, _)| token.status(now).authenticates());
    Ok(tokens)
}

/// Writes the policy of a new tenant.
pub(super) async fn insert(tx: &mut Write, tenant: TenantId, policy: &Policy) -> Result<(), StoreError> {
    const SQL: &str = "INSERT INTO policies (tenant_id, max_lifetime, max_active_tokens, max_idle, rate_token, \
                       rate_user, rate_tenant, concurrent, allow_addresses) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
    tx.execute_one(SQL, row(tenant, policy)).await
}

async fn update(tx: &mut Write, tenant: TenantId, policy: &Policy) -> Result<(), StoreError> {
    const SQL: &str = "UPDATE policies SET max_lifetime = ?2, max_active_tokens = ?3, max_idle = ?4, \
                       rate_token = ?5, rate_user = ?6, rate_tenant = ?7, concurrent = ?8, allow_addresses = ?9 \
                       WHERE tenant_id = ?1";
    tx.execute_one(SQL, row(tenant, policy)).await
}

fn row(tenant: TenantId, policy: &Policy) -> Vec<crate::store::SqlValue> {
    params![
        tenant,
        policy.max_lifetime.0.map(|lifetime| lifetime.as_secs()),
        policy.max_active_tokens,
        policy.max_idle.0.map(|idle| idle.as_secs()),
        policy.rate_token.per_minute,
        policy.rate_user.per_minute,
        policy.rate_tenant.per_minute,
        policy.concurrent,
        json!(policy.allow_addresses).to_string(),
    ]
}

fn check(request: &Request) -> Result<(), OperationError> {
    let below = |span: Option<Span>, least: u64| {
        span.and_then(|span| span.0).is_some_and(|span| span < Duration::from_secs(least))
    };
    if below(request.max_lifetime, 60) {
        return Err(too_small("the maximum lifetime", "a minute (60s)"));
    }
    // `last used` reaches the store up to a minute late: a shorter limit would end tokens that are in use.
    if below(request.max_idle, 86_400) {
        return Err(too_small("the idle limit", "a day (1d)"));
    }
    if request.max_active_tokens == Some(0) {
        return Err(too_small("the number of active tokens", "1"));
    }
    if request.concurrent == Some(0) {
        return Err(too_small("the number of concurrent requests", "1"));
    }
    for network in request.allow_addresses.iter().flatten() {
        policy::network(network).ok_or_else(|| no_network(network))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TokenStatus;
    use crate::operations::{mark_expired, token_show};
    use crate::testing::World;

    fn clamp_to(lifetime: &str, grace: &str) -> Request {
        Request {
            max_lifetime: Some(lifetime.parse().unwrap()),
            existing: Existing::Clamp { grace: crate::duration::parse(grace).unwrap() },
            ..Request::default()
        }
    }

    async fn expiry(world: &World, id: &crate::TokenId) -> Option<String> {
        let view = token_show::run(&world.ctx, token_show::Request { id: id.clone() }).await.unwrap();
        view.expires_at.map(|at| at.to_string())
    }

    #[tokio::test]
    async fn keep_leaves_the_tokens_that_exist() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let request = Request { max_lifetime: Some("1d".parse().unwrap()), ..Request::default() };
        assert!(run(&world.ctx, request).await.unwrap().clamped.is_empty());
        assert_eq!(expiry(&world, &id).await.as_deref(), Some("2026-04-01T00:00:00Z"));
        let new = world.mint("ann").await.unwrap().view.id;
        assert_eq!(expiry(&world, &new).await.as_deref(), Some("2026-01-02T00:00:00Z"));
    }

    #[tokio::test]
    async fn a_clamp_is_written_and_loosening_revives_nothing() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let outcome = run(&world.ctx, clamp_to("60s", "0s")).await.unwrap();
        assert_eq!(outcome.clamped.len(), 1);
        assert_eq!(expiry(&world, &id).await.as_deref(), Some("2026-01-01T00:01:00Z"));
        world.pass(60);
        run(&world.ctx, clamp_to("none", "0s")).await.unwrap();
        run(&world.ctx, clamp_to("90d", "0s")).await.unwrap();
        assert_eq!(world.status(&id).await, TokenStatus::Expired);
        let clamps: Vec<_> =
            world.history().await.into_iter().filter(|entry| entry.action == "clamp").collect();
        assert_eq!(clamps.len(), 1);
        assert_eq!(clamps[0].details["before"]["expires_at"], "2026-04-01T00:00:00Z");
        assert_eq!(clamps[0].details["after"]["expires_at"], "2026-01-01T00:01:00Z");
    }

    #[tokio::test]
    async fn a_clamp_leaves_the_grace_and_reaches_tokens_without_an_end() {
        let world = World::new().await;
        let forever = Request { max_lifetime: Some(Span::NONE), ..Request::default() };
        run(&world.ctx, forever).await.unwrap();
        let id = world.mint("ann").await.unwrap().view.id;
        assert_eq!(expiry(&world, &id).await, None);
        run(&world.ctx, clamp_to("60s", "3h")).await.unwrap();
        assert_eq!(expiry(&world, &id).await.as_deref(), Some("2026-01-01T03:00:00Z"));
    }

    #[tokio::test]
    async fn a_dry_run_lists_what_would_change_and_what_it_serves_and_writes_nothing() {
        let world = World::new().await;
        let source = world.source("ann", "sales").await;
        let id = world.mint("ann").await.unwrap().view.id;
        let before = world.actions().await;
        let request = Request { dry_run: true, ..clamp_to("1d", "0s") };
        let outcome = run(&world.ctx, request).await.unwrap();
        assert_eq!(outcome.clamped.len(), 1);
        assert_eq!(outcome.clamped[0].new_expires_at.unwrap().to_string(), "2026-01-02T00:00:00Z");
        assert_eq!(outcome.clamped[0].reaches[0].id, source);
        assert_eq!(expiry(&world, &id).await.as_deref(), Some("2026-04-01T00:00:00Z"));
        assert_eq!(world.actions().await, before);
    }

    #[tokio::test]
    async fn a_token_seen_expired_is_not_touched_when_the_clock_steps_back() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        world.pass(90 * 86_400);
        mark_expired::run(&world.ctx, mark_expired::Request { ids: Some(vec![id.clone()]) }).await.unwrap();
        world.pass(-80 * 86_400);
        assert!(run(&world.ctx, clamp_to("60s", "0s")).await.unwrap().clamped.is_empty());
        assert_eq!(world.status(&id).await, TokenStatus::Expired);
    }

    #[tokio::test]
    async fn an_idle_limit_reaches_existing_tokens_only_by_a_clamp_and_after_its_grace() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        world.pass(10 * 86_400);
        let max_idle = Some("1d".parse().unwrap());
        run(&world.ctx, Request { max_idle, ..Request::default() }).await.unwrap();
        assert_eq!(world.status(&id).await, TokenStatus::Active);
        run(&world.ctx, Request { max_idle, ..clamp_to("90d", "3h") }).await.unwrap();
        assert_eq!(world.status(&id).await, TokenStatus::Active);
        world.pass(3 * 3_600);
        assert_eq!(world.status(&id).await, TokenStatus::Expired);
    }

    #[tokio::test]
    async fn senseless_values_and_analysts_are_refused() {
        let world = World::new().await;
        let none = Request::default;
        for request in [
            Request { max_lifetime: Some("59s".parse().unwrap()), ..none() },
            Request { max_idle: Some("23h".parse().unwrap()), ..none() },
            Request { max_active_tokens: Some(0), ..none() },
            Request { concurrent: Some(0), ..none() },
            Request { allow_addresses: Some(vec!["10.0.0.0/33".into()]), ..none() },
            Request { allow_addresses: Some(vec!["example.org".into()]), ..none() },
        ] {
            assert_eq!(run(&world.ctx, request).await.unwrap_err().code, "PolicyInvalid");
        }
        assert_eq!(run(&world.acting("ann").await, none()).await.unwrap_err().code, "NotAllowed");
        let networks = Some(vec!["10.0.0.0/8".into(), "2001:db8::/32".into(), "203.0.113.7".into()]);
        assert!(run(&world.ctx, Request { allow_addresses: networks, ..none() }).await.is_ok());
    }
}
