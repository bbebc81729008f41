//! The client against the simulator: what it reads is what is stored, within the budgets, whatever happens on the way.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

mod budgets;
mod faults;
mod more;
mod oauth;
mod ranges;
mod reading;
mod world;
