//! The contract of both stores: a program's own tests stand on SQLite, and one of them runs all others a second time, in
//! a process of its own, on PostgreSQL.

use std::process::{Command, Stdio};

use crate::postgres::Server;

/// The variable that names the store of the tests.
const STORE: &str = "FEEDGATE_TEST_STORE";

/// Whether the tests stand on PostgreSQL.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the tests run once for each store")]
pub fn on_postgres() -> bool {
    std::env::var(STORE).is_ok_and(|store| store == "postgres")
}

/// An empty database, for who stands on PostgreSQL.
///
/// # Panics
/// When PostgreSQL has gone meanwhile.
#[must_use]
pub fn new_database() -> Option<String> {
    on_postgres().then(|| Server::shared().expect("PostgreSQL is installed").database())
}

/// Runs the tests of this program whose names contain `part` on PostgreSQL, without the one of the name `this`, which asks
/// for it. Leaves it out, in one line, where PostgreSQL is not installed.
///
/// # Panics
/// When one of them fails, or there are none.
pub fn again_on_postgresql(this: &str, part: &str) {
    if on_postgres() || Server::shared().is_none() {
        return;
    }
    let mut tests = Command::new(std::env::current_exe().expect("the program has a path"));
    tests.args([part, "--skip", this]).env(STORE, "postgres").stdin(Stdio::null());
    let output = tests.output().expect("the program starts");
    let (said, warned) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{warned}");
    assert!(said.contains("0 failed") && !said.contains(" 0 passed"), "{said}");
}
