//! Mints a token. The limit of active tokens is counted under the write lock, so that it holds whatever other
//! processes mint at the same time.

use std::time::Duration;

use serde_json::json;

use super::token_show::TokenView;
use crate::clock::later;
use crate::context::Context;
use crate::duration::Span;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::keys::Tag;
use crate::name;
use crate::policy::{self, Policy};
use crate::records::{TenantRecord, UserRecord, token_columns};
use crate::rights;
use crate::secret::Secret;
use crate::store::{Read, Write, params};
use crate::token::{PlainToken, TokenRecord, TokenStatus};
use crate::{clock, lookup};

/// What to mint.
#[derive(Debug, Clone)]
pub struct Request {
    /// For whom.
    pub user: String,
    /// What its owner calls it.
    pub label: String,
    /// How long it shall live; `None`: as long as the policy allows.
    pub expires_in: Option<Span>,
    /// The only data sources it may read; empty: all of its user's.
    pub data_sources: Vec<DataSourceId>,
}

/// The new token.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The token itself: to be shown once.
    pub token: PlainToken,
    /// What is known of it from now on.
    pub view: TokenView,
}

fn lifetime_too_long(wish: Option<Span>, limit: Span) -> OperationError {
    let wish = wish.unwrap_or(Span::NONE);
    let wish = wish.0.map_or("a token without an end".to_owned(), |_| format!("{wish}"));
    let message =
        format!("{wish} is more than the policy allows ({limit}): ask for less, or leave out --expires-in");
    OperationError::refused("LifetimeTooLong", message)
}

fn lifetime_too_short() -> OperationError {
    OperationError::invalid("LifetimeTooShort", "a token must live for at least a second: ask for more")
}

fn limit_reached(user: &UserRecord, limit: u32, active: &[TokenRecord]) -> OperationError {
    let tokens: Vec<String> = active.iter().map(|token| format!("{} ({})", token.id, token.label)).collect();
    let message = format!(
        "{} has {} active tokens and the policy allows {limit}: revoke one with `feedgate-admin token revoke ID`; \
         they are {}",
        user.name,
        active.len(),
        tokens.join(", ")
    );
    OperationError::refused("TokenLimitReached", message)
}

pub(super) fn user_disabled(user: &UserRecord) -> OperationError {
    let message =
        format!("the user {} is disabled: enable them with `feedgate-admin user enable` first", user.name);
    OperationError::refused("UserDisabled", message)
}

fn source_unknown(user: &UserRecord, id: &DataSourceId) -> OperationError {
    let message =
        format!("there is no data source {id} that {} may read: share it with them first", user.name);
    OperationError::not_found("DataSourceNotFound", message)
}

/// Mints it: for oneself, or as an admin for anybody of the tenant.
///
/// # Errors
/// When the limit is reached, the wish exceeds the policy, the user is unknown or disabled, or a data source is not
/// theirs to read.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    name::check_text("label", &request.label)?;
    if request.expires_in.and_then(|span| span.0).is_some_and(|wish| wish < Duration::from_secs(1)) {
        return Err(lifetime_too_short());
    }
    // Before the lock: hashing takes longer than everything else together.
    let minted = Minted::new(ctx).await?;
    let mut tx = ctx.store.write().await?;
    let (user, policy) = admit(&mut tx, ctx, &request).await?;
    let lifetime = policy::lifetime(policy.max_lifetime, request.expires_in)
        .map_err(|()| lifetime_too_long(request.expires_in, policy.max_lifetime))?;
    let scope = (!request.data_sources.is_empty()).then_some(request.data_sources);
    let record = TokenRecord { label: request.label, scope, ..minted.record(ctx, &user, &policy, lifetime) };
    insert(&mut tx, &record).await?;
    let details =
        json!({ "label": record.label, "expires_at": record.expires_at, "data_sources": record.scope });
    Change::new(HistoryKind::Token, "create")
        .token(&record.id)
        .user(&user.name)
        .details(details)
        .record(&mut tx, ctx)
        .await?;
    tx.commit().await?;
    Ok(Outcome { token: minted.token, view: TokenView::of(&record, &user.name, ctx.now()) })
}

/// Checks everything that may forbid a token, and gives its user and the policy.
async fn admit(
    tx: &mut Read,
    ctx: &Context,
    request: &Request,
) -> Result<(UserRecord, Policy), OperationError> {
    let tenant: TenantRecord = lookup::tenant_by_id(tx, ctx.tenant_id()?).await?;
    let standing = rights::standing(tx, ctx).await?;
    let user = lookup::user_named(tx, tenant.id, &request.user).await?;
    standing.act_for(&user)?;
    if user.disabled_at.is_some() {
        return Err(user_disabled(&user));
    }
    for id in &request.data_sources {
        if !super::source_list::may_read(tx, tenant.id, user.id, id).await? {
            return Err(source_unknown(&user, id));
        }
    }
    let policy = lookup::policy_of(tx, tenant.id).await?;
    let active = active_tokens(tx, ctx, &user).await?;
    if active.len() >= usize::try_from(policy.max_active_tokens).unwrap_or(usize::MAX) {
        return Err(limit_reached(&user, policy.max_active_tokens, &active));
    }
    Ok((user, policy))
}

async fn active_tokens(
    tx: &mut Read,
    ctx: &Context,
    user: &UserRecord,
) -> Result<Vec<TokenRecord>, OperationError> {
    const SQL: &str = concat!(
        "SELECT",
        token_columns!(),
        "FROM tokens k WHERE k.user_id = ?1 AND k.revoked_at IS NULL AND k.expired_at IS NULL ORDER BY k.created_at"
    );
    let now = ctx.now();
    let mut tokens = tx.list(SQL, params![user.id], TokenRecord::from_row).await?;
    tokens.retain(|token| token.status(now) == TokenStatus::Active);
    Ok(tokens)
}

/// A new secret with what is stored of it.
pub(super) struct Minted {
    pub(super) token: PlainToken,
    hash: Secret,
    tag: Tag,
}

impl Minted {
    pub(super) async fn new(ctx: &Context) -> Result<Minted, OperationError> {
        let token = PlainToken::generate(&*ctx.random);
        let tag = ctx.keys()?.tag(&token);
        let hash = Secret::new(ctx.hasher.hash(&token, &*ctx.random).await?);
        Ok(Minted { token, hash, tag })
    }

    /// A row that lives for `lifetime` from now on, without a label and for all that `user` may read.
    pub(super) fn record(
        &self,
        ctx: &Context,
        user: &UserRecord,
        policy: &Policy,
        lifetime: Span,
    ) -> TokenRecord {
        let created_at = clock::whole_milliseconds(ctx.now());
        TokenRecord {
            id: self.token.id(),
            tenant: user.tenant,
            user: user.id,
            label: String::new(),
            hash: self.hash.clone(),
            tag: Some(self.tag.clone()),
            scope: None,
            created_at,
            expires_at: lifetime.0.map(|lifetime| later(created_at, lifetime)),
            max_idle: policy.max_idle.0,
            idle_grace: None,
            expired_at: None,
            retiring_at: None,
            rotated_to: None,
            revoked_at: None,
            revoke_reason: None,
            last_used_at: None,
            last_used_address: None,
        }
    }
}

pub(super) async fn insert(tx: &mut Write, token: &TokenRecord) -> Result<(), OperationError> {
    const SQL: &str = "INSERT INTO tokens (id, tenant_id, user_id, label, hash, tag, tag_key, scope, created_at, \
                       expires_at, max_idle) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
    let row = params![
        &token.id,
        token.tenant,
        token.user,
        &token.label,
        token.hash.expose(),
        token.tag.as_ref().map(|tag| tag.tag.as_slice()),
        token.tag.as_ref().map(|tag| &tag.key_id),
        token.scope.as_ref().map(|scope| json!(scope).to_string()),
        token.created_at,
        token.expires_at,
        token.max_idle.map(|idle| idle.as_secs()),
    ];
    Ok(tx.execute_one(SQL, row).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::OperationErrorKind;
    use crate::operations::{policy_set, token_revoke};
    use crate::testing::World;

    async fn mint_for(world: &World, expires_in: &str) -> Result<Outcome, OperationError> {
        let expires_in = Some(expires_in.parse().unwrap());
        let request = Request { user: "ann".into(), label: "x".into(), expires_in, data_sources: Vec::new() };
        run(&world.ctx, request).await
    }

    #[tokio::test]
    async fn without_a_wish_a_token_gets_the_policys_maximum() {
        let world = World::new().await;
        let outcome = world.mint("Ann").await.unwrap();
        assert_eq!(outcome.view.expires_at.unwrap().to_string(), "2026-04-01T00:00:00Z");
        assert_eq!(outcome.view.user, "ann");
        assert_eq!(outcome.view.id, outcome.token.id());
    }

    #[tokio::test]
    async fn a_wish_for_less_is_honoured_and_for_more_refused() {
        let world = World::new().await;
        let outcome = mint_for(&world, "1d").await.unwrap();
        assert_eq!(outcome.view.expires_at.unwrap().to_string(), "2026-01-02T00:00:00Z");
        for wish in ["91d", "none"] {
            let error = mint_for(&world, wish).await.unwrap_err();
            assert_eq!((error.kind, error.code), (OperationErrorKind::Refused, "LifetimeTooLong"), "{error}");
        }
        assert_eq!(mint_for(&world, "0s").await.unwrap_err().code, "LifetimeTooShort");
    }

    #[tokio::test]
    async fn the_sixth_is_refused_with_the_way_out() {
        let world = World::new().await;
        let mut first = None;
        for _ in 0..5 {
            first = Some(world.mint("ann").await.unwrap().view.id);
        }
        let error = world.mint("ann").await.unwrap_err();
        assert_eq!((error.kind, error.code), (OperationErrorKind::Refused, "TokenLimitReached"));
        let first = first.unwrap();
        assert!(error.message.contains("feedgate-admin token revoke ID"), "{error}");
        assert!(error.message.contains(first.as_str()), "{error}");
        assert!(world.mint("bob").await.is_ok(), "the limit is per user");
        token_revoke::run(&world.ctx, token_revoke::Request { id: first, reason: None }).await.unwrap();
        assert!(world.mint("ann").await.is_ok());
    }

    #[tokio::test]
    async fn an_expired_token_frees_its_slot_at_its_very_instant() {
        let world = World::new().await;
        for _ in 0..5 {
            mint_for(&world, "60s").await.unwrap();
        }
        world.pass(59);
        assert!(world.mint("ann").await.is_err());
        world.pass(1);
        assert!(world.mint("ann").await.is_ok());
    }

    #[tokio::test]
    async fn lowering_the_limit_blocks_new_tokens_only() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().view.id;
        world.mint("ann").await.unwrap();
        let request = policy_set::Request { max_active_tokens: Some(1), ..policy_set::Request::default() };
        policy_set::run(&world.ctx, request).await.unwrap();
        assert_eq!(world.mint("ann").await.unwrap_err().code, "TokenLimitReached");
        assert_eq!(world.status(&token).await, TokenStatus::Active);
    }

    #[tokio::test]
    async fn an_analyst_mints_for_themselves_only_and_within_what_they_may_read() {
        let world = World::new().await;
        let (own, foreign) = (world.source("ann", "own").await, world.source("bob", "foreign").await);
        let ann = world.acting("ann").await;
        let request = |user: &str, source: &DataSourceId| Request {
            user: user.into(),
            label: "x".into(),
            expires_in: None,
            data_sources: vec![source.clone()],
        };
        let outcome = run(&ann, request("ann", &own)).await.unwrap();
        assert_eq!(outcome.view.data_sources, Some(vec![own.clone()]));
        assert_eq!(run(&ann, request("ann", &foreign)).await.unwrap_err().code, "DataSourceNotFound");
        assert_eq!(run(&ann, request("bob", &own)).await.unwrap_err().code, "NotAllowed");
    }

    #[tokio::test]
    async fn nothing_that_is_stored_or_shown_holds_the_secret() {
        let world = World::new().await;
        let outcome = world.mint("ann").await.unwrap();
        let secret = &outcome.token.expose()[19..51];
        let credential = lookup::credential(&world.ctx.store, &outcome.token.id()).await.unwrap().unwrap();
        assert!(!format!("{outcome:?} {credential:?} {:?}", world.history().await).contains(secret));
        assert!(!format!("{credential:?}").contains("argon2id"));
        for file in std::fs::read_dir(world.directory.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}
