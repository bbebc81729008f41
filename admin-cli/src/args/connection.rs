//! `connection`.

use clap::{Args, Subcommand};

use super::values::DailyShare;

/// What can be done with connections.
#[derive(Debug, Subcommand)]
pub(crate) enum ConnectionCommand {
    /// Add a connection; HubSpot's access token or service key, or with --oauth the app's client secret, is read from
    /// standard input
    Add {
        #[command(flatten)]
        connection: AddConnection,
        /// Per cent of the portal's daily calls up to which feeds are read: 1 to 100, or default for the service's setting
        #[arg(long, value_name = "PERCENT", default_value = "default")]
        daily_share: DailyShare,
    },
    /// List the tenant's connections
    List,
    /// Ask HubSpot who the portal is and what the connection may read
    Test {
        /// The connection
        name: String,
    },
    /// Change how much of the portal's day a connection may use; a running server keeps to it from the next request on
    Edit {
        /// The connection
        name: String,
        /// Per cent of the portal's daily calls up to which feeds are read: 1 to 100, or default for the service's setting
        #[arg(long, value_name = "PERCENT")]
        daily_share: DailyShare,
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
    #[command(flatten)]
    pub(crate) oauth: OAuthArgs,
}

/// Connecting by OAuth.
#[derive(Debug, Args)]
pub(crate) struct OAuthArgs {
    /// Connect by OAuth: somebody consents in the browser, and Feedgate renews the tokens from then on
    #[arg(long, requires = "client_id", conflicts_with = "no_test")]
    pub(crate) oauth: bool,
    /// The app's client id
    #[arg(long, value_name = "ID", requires = "oauth")]
    pub(crate) client_id: Option<String>,
    /// Where HubSpot sends the browser back to, exactly as the app knows it; an http address of this machine is listened
    /// on
    #[arg(
        long,
        value_name = "URL",
        requires = "oauth",
        default_value = "http://localhost:8917/oauth/callback"
    )]
    pub(crate) redirect_url: String,
    /// A scope that the app requires; repeat it for several
    #[arg(long = "scope", value_name = "SCOPE", requires = "oauth", default_values_t = REQUIRED.map(str::to_owned))]
    pub(crate) scopes: Vec<String>,
    /// A scope that is granted if the portal has it; repeat it for several
    #[arg(long = "optional-scope", value_name = "SCOPE", requires = "oauth")]
    pub(crate) optional_scopes: Vec<String>,
}

/// What reading contacts, companies, deals and their owners takes.
const REQUIRED: [&str; 5] = [
    "oauth",
    "crm.objects.contacts.read",
    "crm.objects.companies.read",
    "crm.objects.deals.read",
    "crm.objects.owners.read",
];
