//! What can be typed: one file per noun. The help, `docs/cli.md` and the parser are this one description.
//!
//! Values are checked here as far as their form goes; whether they make sense is decided where they are used.

mod backup;
mod connection;
mod doctor;
mod history;
mod keys;
mod notice;
mod policy;
mod powerbi;
mod source;
mod store;
mod tenant;
mod token;
mod user;
pub(crate) mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use backup::BackupArgs;
pub(crate) use connection::{AddConnection, ConnectionCommand, OAuthArgs};
pub(crate) use doctor::DoctorArgs;
pub(crate) use history::{FormatArg, HistoryArgs, HistoryKindArg};
pub(crate) use keys::{GenerateKey, KeysCommand};
pub(crate) use notice::{NoticeCommand, NoticeTarget};
pub(crate) use policy::{ExistingArg, PolicyCommand, SetPolicy};
pub(crate) use powerbi::{ConnectPowerBi, OrderArgs, PowerBiCommand, RotateHeld};
pub(crate) use source::{
    CreateSource, EditSource, EntitySetOf, ListSources, Preview, Share, SourceCommand, Transfer,
};
pub(crate) use store::StoreCommand;
pub(crate) use tenant::TenantCommand;
pub(crate) use token::{CreateToken, ListTokens, RotateToken, TokenCommand};
pub(crate) use user::{AddUser, EditUser, GroupCommand, UserCommand};

/// Administer Feedgate: tokens, policies, data sources, history
#[derive(Debug, Parser)]
#[command(name = "feedgate-admin", version, subcommand_required = true, arg_required_else_help = true)]
#[command(
    after_help = "Exit codes: 0 done, 1 failed or something was found, 2 wrong usage or configuration, \
                        3 not found, 4 refused by a rule, 5 store unavailable."
)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// The server's configuration file: store, keys and HubSpot's address are taken from it
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The store, as sqlite:PATH or postgres://…; wins over FEEDGATE_STORE and the configuration file
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) store: Option<String>,
    /// The tenant it is about; without it, the only one there is
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) tenant: Option<String>,
    /// Act as this user, with this user's rights; without it, as the operator
    #[arg(long = "as", global = true, value_name = "USER")]
    pub(crate) acting_as: Option<String>,
    /// A table for people, one JSON value for programs; a few commands have a form of their own
    #[arg(long, global = true, value_enum, default_value_t)]
    pub(crate) output: Output,
    /// Ask nothing
    #[arg(long, global = true)]
    pub(crate) yes: bool,
}

/// How answers and errors are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// For people
    #[default]
    Table,
    /// For programs
    Json,
    /// A file to keep: `source show` only
    Toml,
    /// A diagram: `source associations` only
    Mermaid,
}

impl Command {
    /// Whether the command has an answer in this form. Asked before anything is done.
    pub(crate) fn has(&self, output: Output) -> bool {
        match output {
            Output::Table | Output::Json => true,
            Output::Toml => matches!(self, Command::Source(SourceCommand::Show { .. })),
            Output::Mermaid => matches!(self, Command::Source(SourceCommand::Associations { .. })),
        }
    }
}

/// One noun each.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Secret keys: they seal credentials and tag tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// The same as keys rekey
    #[command(hide = true)]
    Rekey,
    /// Tenants: each has its own users, policy and data sources
    #[command(subcommand)]
    Tenant(TenantCommand),
    /// The tenant's rules for tokens and load
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Connections to HubSpot portals
    #[command(subcommand)]
    Connection(ConnectionCommand),
    /// Users and their groups
    #[command(subcommand)]
    User(UserCommand),
    /// Personal access tokens
    #[command(subcommand)]
    Token(TokenCommand),
    /// Data sources: what a feed shows, each with its own URL
    #[command(subcommand)]
    Source(SourceCommand),
    /// Power BI's own API: tokens into data sets, schedules, refreshes
    #[command(subcommand, name = "powerbi")]
    PowerBi(PowerBiCommand),
    /// Notices: what people are told, by webhook and mail
    #[command(subcommand)]
    Notice(NoticeCommand),
    /// Show who did what
    History(HistoryArgs),
    /// Say why refreshes fail: what works, what does not, since when, and who must do what; exit code 1 when anything
    /// is wrong
    Doctor(DoctorArgs),
    /// Write a consistent copy of the store into a new file, also while the server runs
    Backup(BackupArgs),
    /// The store itself
    #[command(subcommand)]
    Store(StoreCommand),
}

#[cfg(test)]
mod tests;
