//! Rates: a burst is slowed, then refused; nobody else notices.

use std::sync::Arc;
use std::time::{Duration, Instant};

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;
use feedgate_tests::wire::{self, Answer, Request};

/// What a request of the burst came to, and when.
struct Timed {
    answer: Answer,
    after: Duration,
}

#[test]
fn a_burst_is_slowed_then_refused_and_another_user_is_not() {
    let stack = Arc::new(Stack::start(&Options::small()));
    let other = "ben@acme.example";
    stack.admin.ok(&["user", "add", other]);
    stack.admin.ok(&["source", "share", &stack.data_source, "--with", other]);
    let (_, others_token) = stack.admin.mint(other, &[]);
    stack.admin.ok(&["policy", "set", "--rate-token", "60/m"]);

    // Ten at once are the burst of 60 a minute, thirty more fit into the longest wait of 30 s.
    let burst: Vec<_> = (0..60)
        .map(|_| {
            let stack = stack.clone();
            std::thread::spawn(move || {
                let started = Instant::now();
                let answer = stack.get("");
                Timed { answer, after: started.elapsed() }
            })
        })
        .collect();
    // While they wait.
    for _ in 0..5 {
        let started = Instant::now();
        assert_eq!(stack.get_as(other, &others_token, "").status, 200);
        assert!(started.elapsed() < Duration::from_secs(3), "another user waited {:?}", started.elapsed());
    }
    let burst: Vec<Timed> = burst.into_iter().map(|thread| thread.join().unwrap()).collect();
    let of = |status: u16| burst.iter().filter(move |timed| timed.answer.status == status);
    let at_once = of(200).filter(|timed| timed.after < Duration::from_millis(900)).count();
    let slowed = of(200).count() - at_once;
    assert!((8..=15).contains(&at_once), "{at_once} at once");
    assert!((20..=35).contains(&slowed), "{slowed} slowed");
    assert_eq!(of(429).count() + of(200).count(), 60);
    for refused in of(429) {
        super::refusals::refused(&refused.answer, 429, "TooManyRequests");
        let (wait, state) =
            (refused.answer.field("Retry-After").unwrap(), refused.answer.field("RateLimit").unwrap());
        assert!(state.ends_with(&format!("r=0;t={wait}")), "two waits in one answer: {wait} and {state}");
    }
    let slowest = burst.iter().map(|timed| timed.after).max().unwrap();
    assert!(slowest < Duration::from_secs(36), "the longest wait is 30 s, not {slowest:?}");

    let policy = stack.get_as(other, &others_token, "");
    let fields = policy.all("RateLimit-Policy").join(", ");
    assert!(fields.contains("60"), "the token's rate is in {fields:?}");
    assert!(!policy.all("RateLimit").is_empty(), "{policy:?}");

    // A looser policy holds from the next request on.
    stack.admin.ok(&["policy", "set", "--rate-token", "1200/m"]);
    assert_eq!(stack.get_as(USER, &stack.token, "").status, 200);
}

#[test]
fn an_address_that_only_connects_loses_its_oldest_connections_and_nobody_elses_work() {
    let stack = Stack::start(&Options::small().set("connections_per_address", "16"));
    let mut proven = stack.connection();
    let request = Request::get(&stack.at("")).basic(USER, &stack.token);
    assert_eq!(proven.exchange(&request).unwrap().status, 200);
    let mut silent: Vec<_> = (0..24).map(|_| stack.connection()).collect();
    wait::until("the oldest ones to be closed", wait::PATIENCE, || {
        let closed = silent.iter_mut().map(wire::Connection::is_closed).filter(|closed| *closed).count();
        (closed >= 8).then_some(())
    });
    assert_eq!(proven.exchange(&request).unwrap().status, 200, "who has proven a credential stays");
    let mut newest = silent.pop().unwrap();
    assert_eq!(newest.exchange(&request).unwrap().status, 200, "the newest one is heard");
}

#[test]
fn trying_names_of_data_sources_is_slowed_like_reading() {
    let stack = Stack::start(&Options::small());
    stack.admin.ok(&["policy", "set", "--rate-token", "60/m"]);
    let long = "x".repeat(20_000);
    let left: Vec<u32> = ["aaaaaaaaaa", long.as_str(), "bbbbbbbbbb"]
        .iter()
        .map(|name| {
            let answer = stack.send(&Request::get(&stack.url(name)).basic(USER, &stack.token));
            assert_eq!(
                (answer.status, answer.code().as_deref()),
                (404, Some("DataSourceNotFound")),
                "{answer:?}"
            );
            let limits = answer.field("RateLimit").unwrap().to_owned();
            let token = limits.split(',').find(|item| item.contains("\"token\"")).unwrap();
            token.split(';').find_map(|part| part.trim().strip_prefix("r=")).unwrap().parse().unwrap()
        })
        .collect();
    assert_eq!(left, [9, 8, 7]);
    let history = wait::until("the history", wait::PATIENCE, || {
        let text = stack.admin.ok(&["history", "--kind", "request"]).to_string();
        text.contains("DataSourceNotFound").then_some(text)
    });
    assert!(!history.contains("xxxxxxxxxx"), "names of any length must not fill the history");
}
