//! Each trap that connectors to HubSpot have fallen into, set on purpose: the table is complete, or there is an honest
//! error that says which. Never a wrong table.
//!
//! The simulator sets the traps (`docs/simulator.md`); the product is the built `feedgate`. A stack serves many tests, one
//! after the other, and is in good order again behind each.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking with the reason")]

mod associations;
mod drift;
mod quota;
mod search;
mod staleness;
mod values;
mod width;
mod world;
