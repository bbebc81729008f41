//! Rotates a token: a successor with the same user, label and scope takes its slot, so that a user with as many tokens
//! as the policy allows can rotate without an outage. The old one retires: it works until its overlap ends.

use std::time::Duration;

use serde_json::json;

use super::token_create::{self, Minted};
use super::token_show::{self, TokenView};
use crate::clock::later;
use crate::context::Context;
use crate::duration;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::records::UserRecord;
use crate::store::{Write, params};
use crate::token::{PlainToken, TokenId, TokenRecord, TokenStatus};

/// Long enough to change every place that holds the old token within a working week.
pub const DEFAULT_OVERLAP: Duration = Duration::from_secs(7 * 86_400);

/// Whoever needs longer needs two tokens.
const LONGEST_OVERLAP: Duration = Duration::from_secs(30 * 86_400);

/// Which, and how long both work.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token.
    pub id: TokenId,
    /// How long the old one still works, if it does not expire before; zero: not at all.
    pub overlap: Duration,
}

/// The successor, and what became of the token.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The successor itself: to be shown once.
    pub token: PlainToken,
    /// What is known of the successor from now on.
    pub view: TokenView,
    /// The token that was rotated, afterwards.
    pub old: TokenView,
}

fn overlap_too_long(overlap: Duration) -> OperationError {
    let (overlap, longest) = (duration::print(overlap), duration::print(LONGEST_OVERLAP));
    let message = format!("an overlap of {overlap} is more than {longest}: ask for less with --overlap");
    OperationError::refused("OverlapTooLong", message)
}

fn not_active(token: &TokenRecord, status: TokenStatus) -> OperationError {
    let (id, label) = (&token.id, &token.label);
    let new = "make a new one with `feedgate-admin token create`";
    match status {
        TokenStatus::Retiring => {
            let successor = token.rotated_to.as_ref().map_or("another token", TokenId::as_str);
            let message = format!(
                "the token {id} (\"{label}\") was rotated already and has the successor {successor}: rotate that one"
            );
            OperationError::refused("TokenRetiring", message)
        }
        TokenStatus::Revoked => {
            let message = format!("the token {id} (\"{label}\") is revoked: {new}");
            OperationError::refused("TokenRevoked", message)
        }
        TokenStatus::Expired | TokenStatus::Active => {
            let message = format!("the token {id} (\"{label}\") has expired: {new}");
            OperationError::refused("TokenExpired", message)
        }
    }
}

/// Rotates it: for its user and for admins. The successor lives as long as the policy allows.
///
/// # Errors
/// When there is no such token, it is not the actor's, it is not active, its user is disabled, or the overlap is longer
/// than 30 days. Of two that rotate one token at the same time, one is refused.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    if request.overlap > LONGEST_OVERLAP {
        return Err(overlap_too_long(request.overlap));
    }
    // Before the lock: hashing takes longer than everything else together.
    let minted = Minted::new(ctx).await?;
    let mut tx = ctx.store.write().await?;
    let (old, user) = token_show::find(&mut tx, ctx, &request.id).await?;
    admit(ctx, &old, &user)?;
    let policy = lookup::policy_of(&mut tx, old.tenant).await?;
    let fresh = minted.record(ctx, &user, &policy, policy.max_lifetime);
    let fresh = TokenRecord { label: old.label.clone(), scope: old.scope.clone(), ..fresh };
    token_create::insert(&mut tx, &fresh).await?;
    retire(&mut tx, &old, &fresh, request.overlap).await?;
    let (retired, _) = token_show::find(&mut tx, ctx, &old.id).await?;
    record(&mut tx, ctx, &user, &retired, &fresh).await?;
    tx.commit().await?;
    let now = ctx.now();
    let (view, old) = (TokenView::of(&fresh, &user.name, now), TokenView::of(&retired, &user.name, now));
    Ok(Outcome { token: minted.token, view, old })
}

fn admit(ctx: &Context, old: &TokenRecord, user: &UserRecord) -> Result<(), OperationError> {
    match old.status(ctx.now()) {
        TokenStatus::Active if user.disabled_at.is_some() => Err(token_create::user_disabled(user)),
        TokenStatus::Active => Ok(()),
        status => Err(not_active(old, status)),
    }
}

async fn retire(
    tx: &mut Write,
    old: &TokenRecord,
    fresh: &TokenRecord,
    overlap: Duration,
) -> Result<(), OperationError> {
    const SQL: &str = "UPDATE tokens SET retiring_at = ?2, rotated_to = ?3, expires_at = ?4, expired_at = ?5 \
                       WHERE id = ?1 AND retiring_at IS NULL";
    let now = fresh.created_at;
    let end = later(now, overlap);
    let end = old.expires_at.map_or(end, |own| own.min(end));
    // Without an overlap it has been seen expired: a clock that steps back does not revive it.
    let seen = overlap.is_zero().then_some(now);
    Ok(tx.execute_one(SQL, params![&old.id, now, &fresh.id, end, seen]).await?)
}

async fn record(
    tx: &mut Write,
    ctx: &Context,
    user: &UserRecord,
    old: &TokenRecord,
    fresh: &TokenRecord,
) -> Result<(), OperationError> {
    let details = json!({
        "label": old.label,
        "rotated_to": fresh.id,
        "expires_at": old.expires_at,
        "last_used_at": old.last_used_at,
        "last_used_address": old.last_used_address,
    });
    let rotate = Change::new(HistoryKind::Token, "rotate").token(&old.id).user(&user.name).details(details);
    rotate.record(tx, ctx).await?;
    let details = json!({
        "label": fresh.label,
        "expires_at": fresh.expires_at,
        "data_sources": fresh.scope,
        "rotated_from": old.id,
    });
    let create = Change::new(HistoryKind::Token, "create").token(&fresh.id).user(&user.name).details(details);
    Ok(create.record(tx, ctx).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::OperationErrorKind;
    use crate::operations::{mark_used, policy_set, token_revoke, user_disable};
    use crate::store::Store;
    use crate::testing::World;

    const DAY: i64 = 86_400;

    async fn rotate(world: &World, id: &TokenId, overlap: &str) -> Result<Outcome, OperationError> {
        let overlap = duration::parse(overlap).unwrap();
        run(&world.ctx, Request { id: id.clone(), overlap }).await
    }

    fn ends(view: &TokenView) -> String {
        view.expires_at.unwrap().to_string()
    }

    #[tokio::test]
    async fn the_successor_is_alike_and_the_old_one_works_through_its_overlap() {
        let world = World::new().await;
        let source = world.source("ann", "sales").await;
        let request = token_create::Request {
            user: "ann".into(),
            label: "Power BI".into(),
            expires_in: None,
            data_sources: vec![source.clone()],
        };
        let old = token_create::run(&world.ctx, request).await.unwrap().view.id;
        world.pass(80 * DAY);
        let outcome = rotate(&world, &old, "7d").await.unwrap();
        let fresh = &outcome.view;
        assert_eq!((fresh.user.as_str(), fresh.label.as_str()), ("ann", "Power BI"));
        assert_eq!((fresh.data_sources.as_deref(), fresh.status), (Some(&[source][..]), TokenStatus::Active));
        assert_eq!(ends(fresh), "2026-06-20T00:00:00Z");
        assert_eq!(
            (ends(&outcome.old).as_str(), outcome.old.status),
            ("2026-03-29T00:00:00Z", TokenStatus::Retiring)
        );
        assert_eq!(outcome.old.rotated_to.as_ref(), Some(&outcome.token.id()));
        world.pass(7 * DAY - 1);
        assert_eq!(world.status(&old).await, TokenStatus::Retiring);
        world.pass(1);
        assert_eq!(world.status(&old).await, TokenStatus::Expired);
        assert_eq!(world.status(&fresh.id).await, TokenStatus::Active);
    }

    #[tokio::test]
    async fn the_overlap_never_reaches_beyond_the_old_ones_own_end() {
        let world = World::new().await;
        let old = world.mint("ann").await.unwrap().view.id;
        world.pass(89 * DAY);
        assert_eq!(ends(&rotate(&world, &old, "30d").await.unwrap().old), "2026-04-01T00:00:00Z");
    }

    #[tokio::test]
    async fn without_an_overlap_the_old_one_ends_now_and_for_ever() {
        let world = World::new().await;
        let old = world.mint("ann").await.unwrap().view.id;
        world.pass(10);
        assert_eq!(rotate(&world, &old, "0s").await.unwrap().old.status, TokenStatus::Expired);
        world.pass(-5);
        assert_eq!(world.status(&old).await, TokenStatus::Expired);
    }

    #[tokio::test]
    async fn who_has_as_many_tokens_as_allowed_can_rotate_and_not_mint() {
        let world = World::new().await;
        let mut last = None;
        for _ in 0..5 {
            last = Some(world.mint("ann").await.unwrap().view.id);
        }
        let fresh = rotate(&world, &last.unwrap(), "7d").await.unwrap().view.id;
        assert_eq!(world.mint("ann").await.unwrap_err().code, "TokenLimitReached");
        token_revoke::run(&world.ctx, token_revoke::Request { id: fresh, reason: None }).await.unwrap();
        assert!(world.mint("ann").await.is_ok(), "a retiring token takes no slot");
    }

    #[tokio::test]
    async fn only_an_active_token_is_rotated() {
        let world = World::new().await;
        let (old, expired) =
            (world.mint("ann").await.unwrap().view.id, world.mint("ann").await.unwrap().view.id);
        rotate(&world, &expired, "0s").await.unwrap();
        rotate(&world, &old, "7d").await.unwrap();
        let revoked = world.mint("bob").await.unwrap().view.id;
        token_revoke::run(&world.ctx, token_revoke::Request { id: revoked.clone(), reason: None })
            .await
            .unwrap();
        for (id, code) in [(old, "TokenRetiring"), (expired, "TokenExpired"), (revoked, "TokenRevoked")] {
            let error = rotate(&world, &id, "7d").await.unwrap_err();
            assert_eq!((error.kind, error.code), (OperationErrorKind::Refused, code), "{error}");
        }
        let id = world.mint("bob").await.unwrap().view.id;
        assert_eq!(rotate(&world, &id, "31d").await.unwrap_err().code, "OverlapTooLong");
        user_disable::run(&world.ctx, user_disable::Request { name: "bob".into() }).await.unwrap();
        assert_eq!(rotate(&world, &id, "7d").await.unwrap_err().code, "UserDisabled");
    }

    #[tokio::test]
    async fn of_two_stores_that_rotate_at_once_one_wins() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let other = Context { store: Store::open(&world.address()).await.unwrap(), ..world.ctx.clone() };
        let request = Request { id, overlap: DEFAULT_OVERLAP };
        let (one, two) = tokio::join!(run(&world.ctx, request.clone()), run(&other, request));
        let (won, lost) = if one.is_ok() { (one, two) } else { (two, one) };
        let (won, lost) = (won.unwrap(), lost.unwrap_err());
        assert_eq!(lost.code, "TokenRetiring");
        assert!(lost.message.contains(won.view.id.as_str()), "{lost}");
    }

    #[tokio::test]
    async fn both_tokens_have_their_entry_and_the_old_ones_says_when_it_was_last_used() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let used =
            mark_used::Use { token: id.clone(), at: world.ctx.now(), address: Some("192.0.2.7".into()) };
        mark_used::run(&world.ctx, mark_used::Request { uses: vec![used] }).await.unwrap();
        world.pass(1);
        let outcome =
            run(&world.acting("ann").await, Request { id: id.clone(), overlap: DEFAULT_OVERLAP }).await;
        let outcome = outcome.unwrap();
        let entries = world.history().await;
        let [rotate, create] = &entries[entries.len() - 2..] else { panic!("{entries:?}") };
        assert_eq!(
            (rotate.action.as_str(), rotate.token_id.as_ref(), rotate.actor.as_str()),
            ("rotate", Some(&id), "ann")
        );
        assert_eq!(rotate.details["rotated_to"], outcome.view.id.as_str());
        assert_eq!(rotate.details["last_used_address"], "192.0.2.7");
        assert_eq!((create.action.as_str(), create.token_id.as_ref()), ("create", Some(&outcome.view.id)));
        assert_eq!(create.details["rotated_from"], id.as_str());
    }

    #[tokio::test]
    async fn nobody_rotates_anothers_token_but_an_admin_and_the_policy_rules_the_successor() {
        let world = World::new().await;
        let id = world.mint("ann").await.unwrap().view.id;
        let request = Request { id, overlap: DEFAULT_OVERLAP };
        let error = run(&world.acting("bob").await, request.clone()).await.unwrap_err();
        assert_eq!(error.code, "TokenNotFound");
        let shorter = policy_set::Request {
            max_lifetime: Some("1d".parse().unwrap()),
            ..policy_set::Request::default()
        };
        policy_set::run(&world.ctx, shorter).await.unwrap();
        let outcome = run(&world.acting("ada").await, request).await.unwrap();
        assert_eq!(ends(&outcome.view), "2026-01-02T00:00:00Z");
    }
}
