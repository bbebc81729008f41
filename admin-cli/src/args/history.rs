//! `history`.

use std::time::Duration;

use clap::{Args, ValueEnum};
use schema::HistoryKind;

use super::values;

/// `history`
#[derive(Debug, Args)]
pub(crate) struct HistoryArgs {
    /// Only entries of this kind. Requests and refreshes are shown only when they are asked for
    #[arg(long, value_enum)]
    pub(crate) kind: Option<HistoryKindArg>,
    /// Only entries about this data source
    #[arg(long, value_name = "ID")]
    pub(crate) data_source: Option<String>,
    /// Only entries about this token, given by its id
    #[arg(long, value_name = "ID")]
    pub(crate) token: Option<String>,
    /// Only entries of this last stretch of time
    #[arg(long, value_name = "DURATION", default_value = "7d", value_parser = values::duration)]
    pub(crate) since: Duration,
    /// At most so many entries, the newest
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
    /// Wait for new entries and print each as it comes, until interrupted; those of before are not printed
    #[arg(long, conflicts_with_all = ["since", "limit"])]
    pub(crate) follow: bool,
    /// Print the entries as a file of this form, the oldest first
    #[arg(long, value_enum)]
    pub(crate) format: Option<FormatArg>,
}

/// A form of export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FormatArg {
    /// Columns with a header, for spreadsheets; what could be taken for a formula has an apostrophe in front
    Csv,
    /// One JSON object on each line
    Jsonl,
}

/// What an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum HistoryKindArg {
    /// Data sources
    Source,
    /// Tokens
    Token,
    /// Requests of clients
    Request,
    /// Refreshes: the requests of one token on one data source without a gap of more than 10 minutes
    Refresh,
    /// Policies
    Policy,
    /// Connections
    Connection,
    /// Users and groups
    User,
    /// Tenants
    Tenant,
}

impl From<HistoryKindArg> for HistoryKind {
    fn from(kind: HistoryKindArg) -> HistoryKind {
        match kind {
            HistoryKindArg::Source => HistoryKind::Source,
            HistoryKindArg::Token => HistoryKind::Token,
            HistoryKindArg::Request => HistoryKind::Request,
            HistoryKindArg::Refresh => HistoryKind::Refresh,
            HistoryKindArg::Policy => HistoryKind::Policy,
            HistoryKindArg::Connection => HistoryKind::Connection,
            HistoryKindArg::User => HistoryKind::User,
            HistoryKindArg::Tenant => HistoryKind::Tenant,
        }
    }
}
