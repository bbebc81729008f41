//! Promise 1: a refusal of a credential is deterministic. Random histories run against the store's operations and the
//! service's verdict, and beside them against a small model of the rules; both must agree at every step, on two replicas.
//!
//! A failure prints the seed and the history; `FEEDGATE_SEED=n` runs that history alone.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking with the reason")]

mod history;
mod real;
mod rules;

use std::collections::{BTreeMap, BTreeSet};

use rand::SeedableRng;
use rand::rngs::StdRng;

use history::{Presented, SOURCES, Step, USERS};
use real::{NINETY_DAYS, Tenant, World, at};
use rules::{Rules, Source, Wish};

const HISTORIES: u64 = 300;
const STEPS: usize = 40;

/// Where every history begins, in seconds since 1970.
const START: i64 = 1_800_000_000;

/// How often each outcome came.
type Census = BTreeMap<&'static str, usize>;

/// Every outcome that the histories must reach.
const OUTCOMES: [&str; 12] = [
    "ok",
    "CredentialsMissing",
    "CredentialsInvalid",
    "TokenRevoked",
    "TokenExpired",
    "UserDisabled",
    "TenantSuspended",
    "DataSourceNotFound",
    "minted",
    "not minted: TokenLimitReached",
    "not minted: LifetimeTooLong",
    "not minted: UserDisabled",
];

#[test]
fn every_history_gets_the_answers_of_the_rules_on_every_replica() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new().await;
        let mut census = Census::new();
        if let Some(seed) = chosen_seed() {
            return live(&world, seed, &mut census).await;
        }
        for seed in 0..HISTORIES {
            live(&world, seed, &mut census).await;
        }
        // Histories that never meet a rule would prove nothing about it.
        for outcome in OUTCOMES {
            let times = census.get(outcome).copied().unwrap_or(0);
            assert!(times >= 20, "{outcome} came {times} times: {census:?}");
        }
    });
}

#[expect(clippy::disallowed_methods, reason = "a person repeats one history")]
fn chosen_seed() -> Option<u64> {
    std::env::var("FEEDGATE_SEED").ok()?.parse().ok()
}

async fn live(world: &World, seed: u64, census: &mut Census) {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut rules = Rules {
        now: START,
        suspended: false,
        max_lifetime: Some(NINETY_DAYS),
        max_active: 5,
        disabled: vec![false; USERS],
        tokens: Vec::new(),
        sources: (0..SOURCES)
            .map(|index| Source { owner: index % USERS, shared_with: BTreeSet::new(), deleted: false })
            .collect(),
    };
    world.clock.set(at(START));
    let mut tenant = world.tenant(&format!("tenant{seed}")).await;
    let mut past = Vec::new();
    for _ in 0..STEPS {
        let step = history::step(&mut dice);
        past.push(step.clone());
        match take(&mut rules, &mut tenant, step).await {
            Ok(outcome) => *census.entry(outcome).or_default() += 1,
            Err(difference) => panic!("seed {seed}: {difference}\nafter {past:#?}\nwith {rules:#?}"),
        }
        world.clock.set(at(rules.now));
    }
}

/// Takes a step in both worlds: what came of it, or how they differ.
async fn take(rules: &mut Rules, tenant: &mut Tenant<'_>, step: Step) -> Result<&'static str, String> {
    let existing = |token: usize| (!tenant.tokens.is_empty()).then(|| token % tenant.tokens.len());
    match step {
        Step::Mint { user, wish, scope } => return mint(rules, tenant, user, wish, scope).await,
        Step::Revoke(token) => {
            if let Some(token) = existing(token) {
                rules.tokens[token].revoked = true;
                tenant.revoke(token).await;
            }
        }
        Step::RevokeAll(user) => {
            // Expired ones too: a clock that steps back must not revive them.
            rules.tokens.iter_mut().filter(|token| token.user == user).for_each(|token| token.revoked = true);
            tenant.revoke_all(user).await;
        }
        Step::Policy { lifetime, max_active, clamp, dry_run } => {
            tenant.policy(lifetime, max_active, clamp, dry_run).await;
            if !dry_run {
                policy(rules, lifetime, max_active, clamp);
            }
        }
        Step::Disable(user) => set_disabled(rules, tenant, user, true).await,
        Step::Enable(user) => set_disabled(rules, tenant, user, false).await,
        Step::Share { source, with } => share(rules, tenant, source, with, true).await,
        Step::Unshare { source, with } => share(rules, tenant, source, with, false).await,
        Step::Delete(source) => {
            if !rules.sources[source].deleted {
                rules.sources[source].deleted = true;
                tenant.delete(source).await;
            }
        }
        Step::Suspend => suspend(rules, tenant, true).await,
        Step::Resume => suspend(rules, tenant, false).await,
        Step::Clock(by) => rules.now += by,
        Step::ClockToExpiryOf { token, before } => {
            if let Some(end) = existing(token).and_then(|token| rules.tokens[token].expires) {
                rules.now = end - before;
            }
        }
        Step::Request { token, source, presented } => {
            if let Some(token) = existing(token) {
                return request(rules, tenant, token, source, presented).await;
            }
        }
    }
    Ok("changed")
}

async fn mint(
    rules: &mut Rules,
    tenant: &mut Tenant<'_>,
    user: usize,
    wish: Wish,
    scope: Option<BTreeSet<usize>>,
) -> Result<&'static str, String> {
    let reasons = rules.against_minting(user, wish, scope.as_ref());
    let sources: Vec<usize> = scope.iter().flatten().copied().collect();
    match tenant.mint(user, wish, &sources).await {
        Ok(()) if reasons.is_empty() => {
            rules.mint(user, wish, scope);
            Ok("minted")
        }
        Ok(()) => Err(format!("minted in spite of {reasons:?}")),
        Err("TokenLimitReached") if reasons.contains(&"TokenLimitReached") => {
            Ok("not minted: TokenLimitReached")
        }
        Err("LifetimeTooLong") if reasons.contains(&"LifetimeTooLong") => Ok("not minted: LifetimeTooLong"),
        Err("UserDisabled") if reasons.contains(&"UserDisabled") => Ok("not minted: UserDisabled"),
        Err(code) if reasons.contains(&code) => Ok("not minted"),
        Err(code) => Err(format!("not minted because of {code}, the rules say {reasons:?}")),
    }
}

fn policy(rules: &mut Rules, lifetime: Option<Wish>, max_active: Option<u32>, clamp: Option<i64>) {
    match lifetime {
        Some(Wish::Longest) => rules.max_lifetime = Some(NINETY_DAYS),
        Some(Wish::Endless) => rules.max_lifetime = None,
        Some(Wish::Seconds(seconds)) => rules.max_lifetime = Some(seconds),
        None => {}
    }
    rules.max_active = max_active.map_or(rules.max_active, |number| number as usize);
    if let Some(grace) = clamp {
        rules.clamp(grace);
    }
}

async fn set_disabled(rules: &mut Rules, tenant: &Tenant<'_>, user: usize, disabled: bool) {
    rules.disabled[user] = disabled;
    tenant.set_disabled(user, disabled).await;
}

async fn share(rules: &mut Rules, tenant: &Tenant<'_>, source: usize, with: usize, shared: bool) {
    let record = &mut rules.sources[source];
    if record.deleted || record.owner == with {
        return;
    }
    if shared {
        record.shared_with.insert(with);
    } else {
        record.shared_with.remove(&with);
    }
    tenant.share(source, with, shared).await;
}

async fn suspend(rules: &mut Rules, tenant: &Tenant<'_>, suspended: bool) {
    rules.suspended = suspended;
    tenant.suspend(suspended).await;
}

async fn request(
    rules: &mut Rules,
    tenant: &Tenant<'_>,
    token: usize,
    source: usize,
    presented: Presented,
) -> Result<&'static str, String> {
    let expected = match presented {
        Presented::Right => rules.answer(token, source),
        Presented::Nothing => "CredentialsMissing",
        _ => "CredentialsInvalid",
    };
    let answers = tenant.request(token, source, presented).await;
    if answers.iter().all(|answer| answer == expected) {
        return Ok(expected);
    }
    Err(format!("token {token} was answered {answers:?}, the rules say {expected}"))
}
