//! The command: what it prints when it is ready, and that it ends when told to.

#![expect(clippy::unwrap_used, reason = "a test that cannot start its command has failed")]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

fn start(arguments: &[&str]) -> (Child, Value) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_hubspot-sim"))
        .args(["--output", "json", "--contacts", "40"])
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (child, serde_json::from_str(&line).unwrap())
}

#[test]
fn the_ready_line_says_where_the_portal_is_and_how_large() {
    let (mut child, ready) = start(&["--seed", "9", "--access-token", "pat-na1-other", "--companies", "3"]);
    let _ = child.kill();
    let _ = child.wait();
    assert!(ready["base_url"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    assert_eq!((&ready["access_token"], &ready["seed"]), (&"pat-na1-other".into(), &9.into()));
    assert_eq!(
        (&ready["contacts"], &ready["companies"], &ready["deals"]),
        (&40.into(), &3.into(), &12.into())
    );
    assert_eq!(ready["pid"], child.id());
}

#[cfg(unix)]
#[test]
fn a_termination_signal_ends_it_cleanly() {
    let (mut child, _) = start(&[]);
    Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn wrong_arguments_are_refused() {
    let status = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hubspot-sim"));
        command.args(arguments).stderr(Stdio::null()).status().unwrap().code()
    };
    assert_eq!(status(&["--quirks", r#"{"no_such_quirk":true}"#]), Some(2));
    assert_eq!(status(&["--listen", "256.0.0.1:0"]), Some(1));
}
