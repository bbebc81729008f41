//! `powerbi`.

use std::time::Duration;

use clap::{Args, Subcommand};

use super::values;

/// What can be done with Power BI.
#[derive(Debug, Subcommand)]
pub(crate) enum PowerBiCommand {
    /// Connect the tenant with Power BI by a service principal, whose client secret is read from standard input; it takes
    /// the place of one that was connected before
    Connect(ConnectPowerBi),
    /// Show the service principal
    Show,
    /// End the connection: the client secret is wiped; what data sets hold stays in them
    Disconnect,
    /// List the data sets that read a feed: what they hold, their schedule, their last refresh
    Datasets {
        /// Only those that read this data source
        #[arg(long, value_name = "ID")]
        data_source: Option<String>,
    },
    /// Put a token into the data sets that read what it reads, then switch their schedules on again and refresh them; the
    /// whole token is read from standard input
    Push {
        /// The token's id: the 16 characters behind fg_
        id: String,
        #[command(flatten)]
        orders: OrderArgs,
    },
    /// Rotate every token that ends soon and is held by data sets, and put the successors there; for a scheduled job.
    /// Exit code 1 when somebody has to do something
    Rotate(RotateHeld),
    /// Show how the refreshes of the data sets that read a feed went, as Power BI tells it
    History {
        /// Only of data sets that read this data source
        #[arg(long, value_name = "ID")]
        data_source: Option<String>,
        /// So many refreshes of each data set at most; Power BI keeps 60
        #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=60))]
        limit: u8,
    },
}

/// `powerbi connect`
#[derive(Debug, Args)]
pub(crate) struct ConnectPowerBi {
    /// Id or domain of the directory (tenant) in Microsoft Entra
    #[arg(long, value_name = "TENANT_ID")]
    pub(crate) directory: String,
    /// The application (client) id of the app registration
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,
    /// Store it without signing in to see whether it is good
    #[arg(long)]
    pub(crate) no_test: bool,
}

/// `powerbi rotate`
#[derive(Debug, Args)]
pub(crate) struct RotateHeld {
    /// Tokens that end within this time (14d), or whose predecessors that a data set still holds do
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub(crate) expiring: Duration,
    /// How long the old tokens still work, at most 30d; they never outlive their own expiry
    #[arg(long, value_name = "DURATION", default_value = "30d", value_parser = values::duration)]
    pub(crate) overlap: Duration,
    /// Change nothing, only tell what would be rotated
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) orders: OrderArgs,
}

/// What is done in Power BI.
#[derive(Debug, Default, PartialEq, Eq, Args)]
pub(crate) struct OrderArgs {
    /// Only this data set, by id or name; repeat it for several
    #[arg(long = "dataset", value_name = "ID")]
    pub(crate) datasets: Vec<String>,
    /// Make the service principal the owner of the data sets first: only an owner may change their credentials
    #[arg(long)]
    pub(crate) take_over: bool,
    /// Leave a schedule off that is off
    #[arg(long)]
    pub(crate) keep_schedule: bool,
    /// Start no refresh
    #[arg(long)]
    pub(crate) no_refresh: bool,
    /// How long the end of a refresh is waited for. Without it, 30m
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub(crate) wait: Option<Duration>,
}
