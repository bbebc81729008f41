//! Two servers on one PostgreSQL, and the command line as a third process: what one commits holds on all of them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use feedgate_tests::postgres::{PASSWORD, Server};
use feedgate_tests::process::Process;
use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::truth::Truth;
use feedgate_tests::wait;
use feedgate_tests::wire::{Answer, Connection, Request};
use serde_json::{Value, json};

/// Two servers.
struct Replicas {
    stack: Stack,
    second: (Process, String),
    /// The name of their database.
    database: String,
}

impl Replicas {
    fn start(options: Options, postgres: &Server) -> Replicas {
        let store = postgres.database();
        let database = store.rsplit('/').next().unwrap().to_owned();
        let stack = Stack::start(&options.on(store));
        let second = stack.replica();
        Replicas { stack, second, database }
    }

    /// What each of them answers.
    fn ask(&self, token: &str, behind: &str) -> [Answer; 2] {
        let request = Request::get(&self.stack.at(behind)).basic(USER, token);
        [self.stack.authority(), &self.second.1].map(|authority| request.send(authority))
    }

    fn codes(&self, token: &str) -> [String; 2] {
        self.ask(token, "").map(|answer| answer.code().unwrap_or_else(|| answer.status.to_string()))
    }
}

#[test]
fn what_the_command_line_decides_holds_for_the_next_request_on_both() {
    let Some(postgres) = Server::shared() else { return };
    let replicas = Replicas::start(Options::with(20, &["contacts:email"]), postgres);
    let admin = &replicas.stack.admin;
    for _ in 0..5 {
        let (id, token) = admin.mint(USER, &[]);
        assert_eq!(replicas.codes(&token), ["200", "200"]);
        admin.ok(&["token", "revoke", &id]);
        assert_eq!(replicas.codes(&token), ["TokenRevoked", "TokenRevoked"]);
    }
    admin.ok(&["user", "disable", USER]);
    assert_eq!(replicas.codes(&replicas.stack.token), ["UserDisabled", "UserDisabled"]);
    admin.ok(&["user", "enable", USER]);
    admin.ok(&["tenant", "suspend", "acme"]);
    assert_eq!(replicas.codes(&replicas.stack.token), ["TenantSuspended", "TenantSuspended"]);
}

#[test]
fn a_token_expires_on_both_at_the_same_time_and_stays_so() {
    let Some(postgres) = Server::shared() else { return };
    let replicas = Replicas::start(Options::with(20, &["contacts:email"]), postgres);
    let (_, token) = replicas.stack.admin.mint(USER, &["--expires-in", "2s"]);
    wait::until("the token to expire", wait::PATIENCE, || {
        let [first, second] = replicas.codes(&token);
        // Asked one after the other: what the first sees expired, the second does not see alive.
        assert!((first.as_str(), second.as_str()) != ("TokenExpired", "200"));
        (first == "TokenExpired").then_some(())
    });
    assert_eq!(replicas.codes(&token), ["TokenExpired", "TokenExpired"]);
}

#[test]
fn a_chain_of_pages_goes_on_at_the_other_replica() {
    let Some(postgres) = Server::shared() else { return };
    let replicas = Replicas::start(Options::with(900, &["contacts:email"]), postgres);
    let authorities = [replicas.stack.authority(), &replicas.second.1];
    let mut link = Some(replicas.stack.at("contacts"));
    let (mut ids, mut pages) = (BTreeSet::new(), 0);
    while let Some(url) = link {
        let request = Request::get(&url).basic(USER, &replicas.stack.token);
        let request = request.field("Prefer", "odata.maxpagesize=100");
        let page: Value = request.send(authorities[pages % 2]).json();
        for row in page["value"].as_array().unwrap() {
            assert!(ids.insert(row["id"].as_u64().unwrap()), "{row} came twice");
        }
        pages += 1;
        link = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    let truth: BTreeSet<u64> = replicas.stack.simulator.rows("contacts").iter().map(Truth::id).collect();
    assert_eq!(ids, truth);
    assert!(pages >= 4, "{pages} pages tell little about replicas");
}

#[test]
fn sixteen_processes_that_mint_together_leave_five() {
    let Some(postgres) = Server::shared() else { return };
    let stack = Stack::start(&Options::with(5, &["contacts:email"]).on(postgres.database()));
    stack.admin.ok(&["user", "add", "race@acme.example"]);
    let mint = ["token", "create", "--user", "race@acme.example", "--label", "race"];
    let children: Vec<_> = (0..16).map(|_| stack.admin.command(&mint).spawn().unwrap()).collect();
    let codes: Vec<Option<i32>> =
        children.into_iter().map(|child| child.wait_with_output().unwrap().status.code()).collect();
    assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 5, "{codes:?}");
    assert_eq!(codes.iter().filter(|code| **code == Some(4)).count(), 11, "{codes:?}");
    let left = stack.admin.ok(&["token", "list", "--user", "race@acme.example"]);
    assert_eq!(left.as_array().unwrap().len(), 5);
}

#[test]
fn with_postgresql_away_everything_is_503_and_goes_on_when_it_is_back() {
    let Some(mut postgres) = Server::start() else { return };
    let mut replicas = Replicas::start(Options::with(20, &["contacts:email"]), &postgres);
    let token = replicas.stack.token.clone();
    for _ in 0..2 {
        assert_eq!(replicas.codes(&token), ["200", "200"]);
        postgres.stop();
        for answer in replicas.ask(&token, "contacts") {
            assert_eq!((answer.status, answer.code().as_deref()), (503, Some("StoreUnavailable")));
            assert!(answer.retry_after().is_some() && !answer.text().contains(PASSWORD));
        }
        let unknown = replicas.ask("fg_nonsense", "");
        assert_eq!(unknown.map(|answer| answer.status), [401, 401], "what is no token needs no store");
        let outcome = replicas.stack.admin.run(&["token", "list"]);
        assert_eq!(outcome.code, 5, "{outcome:?}");
        assert!(!outcome.stderr.contains(PASSWORD), "{outcome:?}");
        postgres.start_again();
        assert_eq!(replicas.codes(&token), ["200", "200"], "the first requests after it came back");
    }
    let second = &mut replicas.second.0;
    assert!(second.is_running() && replicas.stack.server.is_running());
    for log in [second.log(), replicas.stack.server.log(), postgres.log()] {
        assert!(!log.contains(PASSWORD), "{log}");
    }
}

#[test]
fn what_cannot_be_opened_says_why_without_the_password() {
    let Some(postgres) = Server::shared() else { return };
    let stack = Stack::start(&Options::with(5, &["contacts:email"]));
    let other_password = postgres.database().replace(PASSWORD, "pg-secret-other");
    let missing = postgres.address("there_is_none");
    for (store, hint) in [(other_password, "password authentication failed"), (missing, "does not exist")] {
        let outcome = stack.admin.run(&["--store", &store, "tenant", "list"]);
        assert_eq!(outcome.code, 2, "{outcome:?}");
        assert!(outcome.stderr.contains(hint) && !outcome.stderr.contains("pg-secret"), "{outcome:?}");
    }
}

#[test]
fn two_replicas_together_stay_within_hubspots_budget() {
    let Some(postgres) = Server::shared() else { return };
    // As many calls in ten seconds as the client takes for granted before it has learned more.
    let simulator = ["--budget", "100", "--contacts", "9000"].map(str::to_owned).to_vec();
    let options = Options { simulator, ..Options::with(0, &["contacts:email"]) };
    let replicas = Replicas::start(options, postgres);
    // The calls of the command line that made the data source are counted by HubSpot and not by the replicas: its window
    // of ten seconds has to pass.
    std::thread::sleep(std::time::Duration::from_secs(11));
    let since = replicas.stack.simulator.last_call();
    let read_all = |authority: &str| {
        let (mut link, mut rows) = (Some(replicas.stack.at("contacts")), 0);
        while let Some(url) = link {
            let answer = Request::get(&url).basic(USER, &replicas.stack.token).send(authority);
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page: Value = answer.json();
            rows += page["value"].as_array().unwrap().len();
            link = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        rows
    };
    let rows = std::thread::scope(|scope| {
        let readers = [replicas.stack.authority(), &replicas.second.1]
            .map(|authority| scope.spawn(|| read_all(authority)));
        readers.map(|reader| reader.join().unwrap())
    });
    assert_eq!(rows, [9_000, 9_000]);
    let calls = replicas.stack.simulator.journal(since);
    let refused = calls.iter().filter(|call| call.status == 429).count();
    assert!(calls.len() > 150, "{} calls fit into the budget of one", calls.len());
    assert_eq!(refused, 0, "of {} calls", calls.len());
}

#[test]
fn two_replicas_together_grant_a_rate_once() {
    let Some(postgres) = Server::shared() else { return };
    let replicas = Replicas::start(Options::with(20, &["contacts:email"]), postgres);
    replicas.stack.admin.ok(&["policy", "set", "--rate-token", "60/m"]);
    let started = Instant::now();
    // Ten at once are the burst of 60 a minute, five more have their turn one second after the other.
    let waits = std::thread::scope(|scope| {
        let ask = |index: usize| {
            let authority = [replicas.stack.authority(), &replicas.second.1][index % 2];
            let answer =
                Request::get(&replicas.stack.at("")).basic(USER, &replicas.stack.token).send(authority);
            assert_eq!(answer.status, 200, "{}", answer.text());
            started.elapsed()
        };
        let asking: Vec<_> = (0..15).map(|index| scope.spawn(move || ask(index))).collect();
        let mut waits: Vec<Duration> = asking.into_iter().map(|thread| thread.join().unwrap()).collect();
        waits.sort_unstable();
        waits
    });
    // Two buckets would have let twenty through.
    for (seconds, wait) in (1..).zip(&waits[10..]) {
        assert!(*wait > Duration::from_millis(seconds * 1_000 - 100), "{waits:?}");
    }
    assert!(waits[14] < Duration::from_secs(12), "{waits:?}");
    let left = replicas.ask(&replicas.stack.token, "").map(|answer| {
        let limits = answer.field("RateLimit").unwrap().to_owned();
        limits.split(',').find(|item| item.contains("\"token\"")).unwrap().contains("r=0;")
    });
    assert_eq!(left, [true, true], "the fields tell of the common bucket");
}

#[test]
fn two_replicas_together_run_as_many_requests_as_the_tenant_may_and_a_dead_one_holds_nobody_up() {
    let Some(postgres) = Server::shared() else { return };
    let simulator = ["--no-budget", "--contacts", "20", "--latency-ms", "500"].map(str::to_owned).to_vec();
    let options = Options { simulator, ..Options::with(0, &["contacts:email"]) };
    let mut replicas = Replicas::start(options, postgres);
    replicas.stack.admin.ok(&["policy", "set", "--concurrent", "1"]);
    let ask = |authority: &str| {
        Request::get(&replicas.stack.at("contacts")).basic(USER, &replicas.stack.token).send(authority).status
    };
    assert_eq!([replicas.stack.authority(), &replicas.second.1].map(ask), [200, 200]);
    let alone = Instant::now();
    ask(replicas.stack.authority());
    let alone = alone.elapsed();
    let together = Instant::now();
    let statuses = std::thread::scope(|scope| {
        let authorities = [replicas.stack.authority(), &replicas.second.1];
        let asking: Vec<_> = (0..6).map(|index| scope.spawn(move || ask(authorities[index % 2]))).collect();
        asking.into_iter().map(|thread| thread.join().unwrap()).collect::<Vec<_>>()
    });
    assert_eq!(statuses, [200; 6]);
    assert!(together.elapsed() > alone * 5, "six took {:?}, one {alone:?}", together.elapsed());
    // Its request holds the only place when it dies; the lease ends before the other has given up.
    replicas.stack.simulator.fault(&json!({
        "match": { "method": "GET", "path_contains": "/crm" }, "times": 1, "delay_ms": 20_000
    }));
    let url = replicas.stack.at("contacts");
    let request = Request::get(&url).basic(USER, &replicas.stack.token);
    let mut dying = Connection::open(&replicas.second.1).unwrap();
    dying.send(&request.bytes()).unwrap();
    wait::until("the place to be taken", wait::PATIENCE, || {
        (postgres.sql(&replicas.database, "SELECT COUNT(*) FROM shared_running") == "1").then_some(())
    });
    replicas.second.0.kill();
    assert_eq!(ask(replicas.stack.authority()), 200);
}

#[test]
fn a_file_is_copied_into_postgresql_and_served_from_there() {
    let Some(postgres) = Server::shared() else { return };
    let stack = Stack::start(&Options::with(20, &["contacts:email"]));
    let (to, from) =
        (postgres.database(), format!("sqlite:{}", stack.folder().join("feedgate.db").display()));
    let copied = stack.admin.ok(&["store", "copy", &from, &to]);
    let rows = |table: &str| {
        let tables = copied.as_array().unwrap();
        tables.iter().find(|copied| copied["table"] == table).unwrap()["rows"].as_u64().unwrap()
    };
    assert_eq!((rows("tokens"), rows("users"), rows("data_sources")), (1, 1, 1));
    let again = stack.admin.run(&["store", "copy", &from, &to]);
    assert_eq!((again.code, again.error().0.as_str()), (4, "StoreNotEmpty"));
    let shown = stack.admin.ok(&["--store", &to, "token", "show", &stack.token_id]);
    assert_eq!(shown, stack.admin.ok(&["token", "show", &stack.token_id]));
    let backup = stack.admin.run(&["--store", &to, "backup", "/tmp/no-backup"]);
    assert!(backup.code == 2 && backup.stderr.contains("pg_dump"), "{backup:?}");
}
