//! Feedgate from outside: what people and clients were promised, tried on the built programs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking with the reason")]

mod batch;
mod coverage;
mod demo;
mod doctor;
mod filters;
mod keys;
mod large;
mod lifecycle;
mod limits;
mod metadata;
mod oauth;
mod options;
mod pages;
mod paths;
mod policy;
mod powerbi;
mod refresh;
mod refusals;
mod replicas;
mod restart;
mod secrets;
mod shapes;
mod shared;
mod shutdown;
mod status;
mod versions;
mod wide;
