//! Feedgate's service: HubSpot portals as OData V4 feeds, read with personal access tokens.
//!
//! A library beside the binary, so that `feedgate-admin` discovers, previews and tests with the same code that serves.
//! The way of a request: [`serve`] → `router` → [`layers`] → `odata::query` → [`error`].

pub mod access;
mod app;
pub mod config;
pub mod demo;
mod drift;
pub mod error;
pub mod event;
pub mod execute;
mod health;
pub mod layers;
pub mod logging;
mod metrics;
pub mod model;
pub mod models;
pub mod notices;
pub mod oauth;
pub mod odata;
mod outgoing;
pub mod plan;
pub mod portals;
pub mod powerbi;
mod recorder;
mod router;
pub mod serve;
pub mod service;
mod status;
pub mod tasks;

pub use app::App;
