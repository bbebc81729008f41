//! SIGTERM: what runs is finished, what hangs is not waited for.

use std::time::{Duration, Instant};

use feedgate_tests::process::signal;
use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;
use feedgate_tests::wire::{Connection, Request};
use serde_json::json;

/// A request may take 45 s; beyond its end the process has no reason to stay.
const BOUND: Duration = Duration::from_secs(50);

fn stack() -> Stack {
    Stack::start(&Options::with(50, &["contacts:email"]))
}

#[test]
fn connections_without_a_request_do_not_keep_the_process() {
    let mut stack = stack();
    let silent = stack.connection();
    let mut idle = stack.connection();
    let request = Request::get(&stack.at("")).basic(USER, &stack.token);
    assert_eq!(idle.exchange(&request).unwrap().status, 200);
    let mut half = stack.connection();
    half.send(&request.bytes()[..40]).unwrap();
    let started = Instant::now();
    stack.server.terminate();
    let status = stack.server.wait(BOUND);
    assert!(status.success(), "{status}: {}", stack.server.log());
    // Nothing runs: only the half head may be waited for, and not for long.
    assert!(started.elapsed() < Duration::from_secs(20), "ended after {:?}", started.elapsed());
    drop((silent, idle, half));
}

#[test]
fn a_running_request_is_answered_before_the_end() {
    let mut stack = stack();
    let mut running = stack.connection();
    let request = Request::get(&stack.at("contacts?$top=3")).basic(USER, &stack.token);
    assert_eq!(running.exchange(&request).unwrap().status, 200, "the way to HubSpot is known");
    stack.simulator.fault(&json!({"match": {"path_contains": "/contacts"}, "delay_ms": 3_000}));
    running.send(&request.bytes()).unwrap();
    // Connections are served in the order of their coming: once these are answered, the first has begun.
    let health = Request::get(&format!("http://{}/healthz", stack.authority()));
    for _ in 0..3 {
        assert_eq!(stack.send(&health).status, 200);
    }
    signal("TERM", stack.server.id());
    let answer = running.answer(false).unwrap();
    assert_eq!((answer.status, answer.json()["value"].as_array().unwrap().len()), (200, 3));
    assert!(stack.server.wait(BOUND).success());
    assert!(Connection::open(stack.authority()).is_err(), "somebody still listens");
}

#[test]
fn a_service_outlives_the_reader_of_its_log() {
    let stack = stack();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let authority = listener.local_addr().unwrap().to_string();
    drop(listener);
    let mut command = std::process::Command::new(feedgate_tests::binaries::path("feedgate"));
    command.arg("serve").arg("--config").arg(stack.admin.config()).env("FEEDGATE_LISTEN", &authority);
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null());
    let mut server = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
    drop(server.stderr.take());
    let request =
        Request::get(&format!("http://{authority}/odata/{}/", stack.data_source)).basic(USER, &stack.token);
    let answer = wait::until("the second service to answer", wait::PATIENCE, || {
        Connection::open(&authority).and_then(|mut connection| connection.exchange(&request)).ok()
    });
    assert_eq!(answer.status, 200);
    signal("TERM", server.id());
    let status = wait::until("it to end", BOUND, || server.try_wait().unwrap());
    assert!(status.success(), "{status}");
}

#[test]
fn a_stopped_service_and_a_finished_command_leave_the_store_as_one_file() {
    let mut stack = stack();
    let beside = |stack: &Stack| {
        let files = stack.folder().read_dir().unwrap().map(|file| file.unwrap().file_name());
        let files =
            files.map(|name| name.into_string().unwrap()).filter(|name| name.starts_with("feedgate.db"));
        files.collect::<Vec<_>>()
    };
    let request = Request::get(&stack.at("")).basic(USER, &stack.token);
    assert_eq!(stack.send(&request).status, 200);
    assert!(beside(&stack).len() > 1, "a running one writes a log");
    stack.server.terminate();
    assert!(stack.server.wait(BOUND).success());
    assert_eq!(beside(&stack), ["feedgate.db"], "a copy can take its place");
    stack.admin.ok(&["user", "add", "ben@acme.example"]);
    assert_eq!(beside(&stack), ["feedgate.db"]);
}
