//! Promise 1: a refusal of a credential is deterministic. Random histories run against the store's operations and the
//! service's verdict, and beside them against a small model of the rules; both must agree at every step, on two replicas, on
//! SQLite and on PostgreSQL.
//!
//! A failure prints the seed and the history; `FEEDGATE_SEED=n` runs that history alone, `FEEDGATE_HISTORIES=20000` more
//! than the few hundred of an ordinary run.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking with the reason")]

mod acts;
mod history;
mod real;
mod rules;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use feedgate_tests::postgres::Server;
use rand::SeedableRng;
use rand::rngs::StdRng;

use history::{Presented, SERVICE, SOURCES, Step, USERS};
use real::{Answer, NINETY_DAYS, Tenant, World, at};
use rules::{Rules, Source, User};

/// Enough to meet every rule often, in less than half a minute.
const HISTORIES: u64 = 400;
const STEPS: usize = 80;
/// A store is left behind before its tables have grown large: every history has a tenant of its own.
const OF_ONE_STORE: u64 = 250;

/// Where every history begins, in seconds since 1970.
const START: i64 = 1_800_000_000;

/// How often each outcome came.
type Census = BTreeMap<&'static str, usize>;

/// Every outcome that the histories must reach.
const OUTCOMES: [&str; 25] = [
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
    "not done: NotAllowed",
    "not done: TokenNotFound",
    "not done: UserOwnsServices",
];

#[test]
fn every_history_gets_the_answers_of_the_rules_on_every_replica() {
    let number = AtomicU64::new(0);
    run(&|folder| {
        let file = format!("feedgate{}.db", number.fetch_add(1, Ordering::Relaxed));
        format!("sqlite:{}", folder.path().join(file).display())
    });
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
                let mut census = Census::new();
                loop {
                    let world = World::new(&address(&folder)).await;
                    for _ in 0..OF_ONE_STORE {
                        let seed = next.fetch_add(1, Ordering::Relaxed);
                        match only {
                            Some(only) if seed == 0 => live(&world, only, &mut census).await,
                            None if seed < histories => live(&world, seed, &mut census).await,
                            _ => return census,
                        }
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
    let user = |index| User { owner: (index == SERVICE).then_some(0), ..User::default() };
    let mut rules = Rules {
        now: START,
        suspended: false,
        max_lifetime: Some(NINETY_DAYS),
        max_idle: None,
        max_active: 5,
        only_from: None,
        users: (0..USERS).map(user).collect(),
        group: None,
        tokens: Vec::new(),
        sources: (0..SOURCES).map(|index| Source::of(index % USERS)).collect(),
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
async fn take(rules: &mut Rules, tenant: &mut Tenant<'_>, mut step: Step) -> Result<&'static str, String> {
    if !step.fit(tenant.tokens.len(), tenant.sources.len()) {
        return Ok("nothing");
    }
    match step {
        Step::Clock(by) => rules.now += by,
        Step::ClockToEndOf { token, before } => {
            rules.now = rules.end_of(token).map_or(rules.now, |end| end - before);
        }
        Step::Request { token, source, presented, from } => {
            return request(rules, tenant, (token, source), presented, from).await;
        }
        step => return agree(tenant.take(&step).await, &rules.take(&step)),
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
