//! The built binary, tried as people and scripts use it: what it prints, where, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod connections;
mod editing;
mod policies;
mod powerbi;
mod sources;
mod support;
mod tokens;
mod usage;
