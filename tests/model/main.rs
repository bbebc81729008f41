//! Promise 1: a refusal of a credential is deterministic. Random histories run against the store's operations and the
//! service's verdict, and beside them against a small model of the rules; both must agree at every step, on two replicas, on
//! SQLite and on PostgreSQL.
//!
//! A failure prints the seed and the history; `FEEDGATE_SEED=n` runs that history alone, `FEEDGATE_HISTORIES=20000` more
//! than the few hundred of an ordinary run.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking with the reason")]

mod history;
mod real;
mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use feedgate_tests::postgres::Server;
use rand::SeedableRng;
use rand::rngs::StdRng;

use history::{Policy, Presented, SOURCES, Step, USERS};
use real::{Answer, NINETY_DAYS, Tenant, World, at};
use rules::{Rules, Source, User, Wish};

/// Enough to meet every rule often, in a minute.
const HISTORIES: u64 = 300;
const STEPS: usize = 40;

/// Where every history begins, in seconds since 1970.
const START: i64 = 1_800_000_000;

/// How often each outcome came.
type Census = BTreeMap<&'static str, usize>;

/// Every outcome that the histories must reach.
const OUTCOMES: [&str; 22] = [
    "ok",
    "CredentialsMissing",
    "CredentialsInvalid",
    "TokenRevoked",
    "TokenExpired",
    "UserDisabled",
    "TenantSuspended",
    "AddressNotAllowed",
    "DataSourceNotFound",
    "done",
    "not done: TokenLimitReached",
    "not done: LifetimeTooLong",
    "not done: UserDisabled",
    "not done: UserNotFound",
    "not done: UserExists",
    "not done: UserOwnsDataSources",
    "not done: DataSourceNotFound",
    "not done: GroupNotFound",
    "not done: TokenRevoked",
    "not done: TokenExpired",
    "not done: TokenRetiring",
    "not done: NothingToRevoke",
];

#[test]
fn every_history_gets_the_answers_of_the_rules_on_every_replica() {
    run(&|folder| format!("sqlite:{}", folder.path().join("feedgate.db").display()));
}

#[test]
fn every_history_gets_the_answers_of_the_rules_on_postgresql() {
    let Some(postgres) = Server::shared() else { return };
    run(&|_| postgres.database());
}

/// Lives all histories, on as many stores as the machine has processors.
fn run(address: &(dyn Fn(&tempfile::TempDir) -> String + Sync)) {
    let next = AtomicU64::new(0);
    let (histories, only) = (number("FEEDGATE_HISTORIES").unwrap_or(HISTORIES), number("FEEDGATE_SEED"));
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    let census: Vec<Census> = std::thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let folder = tempfile::tempdir().unwrap();
            runtime.block_on(async {
                let world = World::new(&address(&folder)).await;
                let mut census = Census::new();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    match only {
                        Some(only) if seed == 0 => live(&world, only, &mut census).await,
                        None if seed < histories => live(&world, seed, &mut census).await,
                        _ => return census,
                    }
                }
            })
        };
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    // One history, or few of them, need not meet everything.
    if only.is_some() || histories < HISTORIES {
        return;
    }
    let mut all = Census::new();
    for (outcome, times) in census.into_iter().flatten() {
        *all.entry(outcome).or_default() += times;
    }
    // Histories that never meet a rule would prove nothing about it.
    for outcome in OUTCOMES {
        let times = all.get(outcome).copied().unwrap_or(0);
        assert!(times >= 10, "{outcome} came {times} times: {all:?}");
    }
}

#[expect(clippy::disallowed_methods, reason = "a person repeats one history, or wants more")]
fn number(variable: &str) -> Option<u64> {
    std::env::var(variable).ok()?.parse().ok()
}

async fn live(world: &World, seed: u64, census: &mut Census) {
    let mut dice = StdRng::seed_from_u64(seed);
    let source = |index| Source {
        owner: index % USERS,
        shared_with: BTreeSet::new(),
        shared_with_the_group: false,
        deleted: false,
    };
    let mut rules = Rules {
        now: START,
        suspended: false,
        max_lifetime: Some(NINETY_DAYS),
        max_idle: None,
        max_active: 5,
        only_from: None,
        users: vec![User::default(); USERS],
        group: None,
        tokens: Vec::new(),
        sources: (0..SOURCES).map(source).collect(),
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
    let token = |index: usize| (!tenant.tokens.is_empty()).then(|| index % tenant.tokens.len());
    let source = |index: usize| index % tenant.sources.len();
    match step {
        Step::Clock(by) => rules.now += by,
        Step::ClockToEndOf { token: index, before } => {
            if let Some(end) = token(index).and_then(|index| rules.end_of(index)) {
                rules.now = end - before;
            }
        }
        Step::Request { token: index, source, presented, from } => {
            let Some(index) = token(index) else { return Ok("nothing") };
            // One more than there are: a data source nobody made.
            let source = source % (tenant.sources.len() + 1);
            return request(rules, tenant, (index, source), presented, from).await;
        }
        Step::Suspend | Step::Resume => {
            rules.suspended = matches!(step, Step::Suspend);
            tenant.suspend(rules.suspended).await;
        }
        Step::Policy(policy) => {
            tenant.policy(&policy).await;
            if !policy.dry_run {
                change(rules, &policy);
            }
        }
        Step::Mint { user, wish, scope } => {
            let sources: Vec<usize> = scope.iter().flatten().copied().collect();
            return agree(tenant.mint(user, wish, &sources).await, &rules.mint(user, wish, scope));
        }
        Step::Rotate { token: index, overlap } => {
            let Some(index) = token(index) else { return Ok("nothing") };
            return agree(tenant.rotate(index, overlap).await, &rules.rotate(index, overlap));
        }
        Step::Revoke(index) => {
            let Some(index) = token(index) else { return Ok("nothing") };
            rules.tokens[index].revoked = true;
            return agree(tenant.revoke(index).await, &[]);
        }
        Step::RevokeLeaked { token: index, right } => {
            let Some(index) = token(index) else { return Ok("nothing") };
            rules.tokens[index].revoked |= right;
            let against = if right { Vec::new() } else { vec!["NothingToRevoke"] };
            return agree(tenant.revoke_leaked(index, right).await, &against);
        }
        Step::RevokeAll(user) => return agree(tenant.revoke_all(user).await, &rules.revoke_all(user)),
        Step::Disable(user) => {
            return agree(tenant.set_disabled(user, true).await, &rules.set_disabled(user, true));
        }
        Step::Enable(user) => {
            return agree(tenant.set_disabled(user, false).await, &rules.set_disabled(user, false));
        }
        Step::Remove(user) => return agree(tenant.remove(user).await, &rules.remove(user)),
        Step::Add(user) => return agree(tenant.add(user).await, &rules.add_user(user)),
        Step::Share { source: index, with, shared } => {
            let index = source(index);
            return agree(tenant.share(index, with, shared).await, &rules.share(index, with, shared));
        }
        Step::Join(user) => return agree(tenant.join(user).await, &rules.join(user)),
        Step::Leave(user) => return agree(tenant.leave(user).await, &rules.leave(user)),
        Step::Dissolve => return agree(tenant.dissolve().await, &rules.dissolve()),
        Step::Transfer { source: index, to } => {
            let index = source(index);
            return agree(tenant.transfer(index, to).await, &rules.transfer(&[index], to));
        }
        Step::TransferAll { from, to } => {
            return agree(tenant.transfer_all(from, to).await, &rules.transfer_all(from, to));
        }
        Step::Clone { source: index, by } => {
            let index = source(index);
            return agree(tenant.clone_source(index, by).await, &rules.clone_source(index, by));
        }
        Step::Delete(index) => {
            let index = source(index);
            return agree(tenant.delete(index).await, &rules.delete(index));
        }
    }
    Ok("changed")
}

/// What was done must have had no reason against it, what was not done the one that was named.
fn agree(done: Answer, reasons: &[&str]) -> Result<&'static str, String> {
    match done {
        Ok(()) if reasons.is_empty() => Ok("done"),
        Ok(()) => Err(format!("done in spite of {reasons:?}")),
        Err(code) if reasons.contains(&code) => {
            let known = OUTCOMES.into_iter().find(|outcome| outcome.strip_prefix("not done: ") == Some(code));
            known.ok_or_else(|| format!("{code} is no known outcome"))
        }
        Err(code) => Err(format!("not done because of {code}, the rules say {reasons:?}")),
    }
}

fn change(rules: &mut Rules, policy: &Policy) {
    match policy.lifetime {
        Some(Wish::Longest) => rules.max_lifetime = Some(NINETY_DAYS),
        Some(Wish::Endless) => rules.max_lifetime = None,
        Some(Wish::Seconds(seconds)) => rules.max_lifetime = Some(seconds),
        None => {}
    }
    if let Some(idle) = policy.idle {
        rules.max_idle = if let Wish::Seconds(seconds) = idle { Some(seconds) } else { None };
    }
    rules.max_active = policy.max_active.map_or(rules.max_active, |number| number as usize);
    rules.only_from = policy.only_from.unwrap_or(rules.only_from);
    if let Some(grace) = policy.clamp {
        rules.clamp(grace);
    }
}

async fn request(
    rules: &mut Rules,
    tenant: &mut Tenant<'_>,
    (token, source): (usize, usize),
    presented: Presented,
    from: usize,
) -> Result<&'static str, String> {
    let expected = match presented {
        Presented::Right => rules.answer(token, source, from),
        Presented::Nothing => "CredentialsMissing",
        _ => "CredentialsInvalid",
    };
    let answers = tenant.request((token, source), presented, from).await;
    if answers.iter().all(|answer| answer == expected) {
        return Ok(expected);
    }
    Err(format!("token {token} was answered {answers:?}, the rules say {expected}"))
}
