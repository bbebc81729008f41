//! `policy`.

use std::time::Duration;

use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use schema::duration::{Rate, Span};

use super::values;

/// What can be done with the policy.
#[derive(Debug, Subcommand)]
pub(crate) enum PolicyCommand {
    /// Show the tenant's policy
    Show,
    /// Change the tenant's policy; what is not named stays as it is
    Set(SetPolicy),
}

/// `policy set`
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args([
    "max_lifetime", "max_active_tokens", "max_idle", "existing",
    "rate_token", "rate_user", "rate_tenant", "concurrent", "allow_addresses",
]))]
pub(crate) struct SetPolicy {
    /// The longest a new token may live (90d), or none: until it is revoked
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_lifetime: Option<Span>,
    /// How many tokens of one user may be active at a time
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_active_tokens: Option<u32>,
    /// Tokens that are not used for so long expire (60d), or none
    #[arg(long, value_name = "DURATION")]
    pub(crate) max_idle: Option<Span>,
    /// What happens to the tokens that exist; without it, they keep their expiry
    #[arg(long, value_enum)]
    pub(crate) existing: Option<ExistingArg>,
    /// With --existing clamp: every token still works at least so long (3h)
    #[arg(long, value_name = "DURATION", value_parser = values::duration, requires = "existing")]
    pub(crate) grace: Option<Duration>,
    /// Change nothing; list the tokens that would change, what they serve, and the first refresh that would fail
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Requests a minute of one token (1200/m)
    #[arg(long, value_name = "RATE")]
    pub(crate) rate_token: Option<Rate>,
    /// Requests a minute of one user (2400/m)
    #[arg(long, value_name = "RATE")]
    pub(crate) rate_user: Option<Rate>,
    /// Requests a minute of the tenant (6000/m)
    #[arg(long, value_name = "RATE")]
    pub(crate) rate_tenant: Option<Rate>,
    /// Requests of the tenant at the same time
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) concurrent: Option<u32>,
    /// Accept requests only from this network (203.0.113.0/24); repeat it for several, they replace the former
    /// list; none accepts requests from everywhere
    #[arg(long = "allow-address", value_name = "CIDR")]
    pub(crate) allow_addresses: Vec<String>,
}

/// What happens to tokens that exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExistingArg {
    /// They keep their expiry
    Keep,
    /// They expire no later than a token made now
    Clamp,
}
