//! The harness of the black-box tests: starts the built programs, speaks HTTP as Power Query does, knows the truth.
//!
//! It relies on the outside surface alone: commands, JSON shapes, HTTP. A test that needs the programs does not expect
//! them to be built: [`binaries`] asks cargo for them once for each test program, with the profile and the target
//! directory the test itself was built with. So plain `cargo test` works in a fresh clone, and after `./tests/run`, which
//! builds them first, the question costs a fraction of a second.
//!
//! Nothing here sleeps for a guess: it waits for a line, an answer or a [`wait::until`] with a deadline. Programs listen
//! on port 0 or on a port that was free, keep their data in a temporary folder, and are ended with the test, also when the
//! test is killed ([`process`]).

#![expect(clippy::expect_used, reason = "a harness fails the test by panicking with the reason")]

pub mod admin;
pub mod binaries;
pub mod contract;
pub mod edm;
pub mod feedgate;
pub mod judge;
pub mod postgres;
pub mod powerbi;
pub mod process;
pub mod replay;
pub mod simulator;
pub mod stack;
pub mod truth;
pub mod wait;
pub mod wire;
