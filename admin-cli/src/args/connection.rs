//! `connection`.

use clap::{Args, Subcommand};

/// What can be done with connections.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Add a connection; HubSpot's access token or service key is read from standard input
    Add(AddConnection),
    /// List the tenant's connections
    List,
    /// Ask HubSpot who the portal is and what the connection may read
    Test {
        /// The connection
        name: String,
    },
    /// Give a connection another credential, read from standard input; its data sources stay
    ReplaceCredential(AddConnection),
    /// Remove a connection that no data source uses
    Remove {
        /// The connection
        name: String,
    },
}

/// `connection add` and `connection replace-credential`
#[derive(Debug, Args)]
pub(crate) struct AddConnection {
    /// The connection
    pub(crate) name: String,
    /// Store the credential without asking HubSpot whether it is good
    #[arg(long)]
    pub(crate) no_test: bool,
}
