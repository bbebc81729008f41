//! `tenant`.

use clap::Subcommand;

/// What can be done with tenants.
#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// Create a tenant, and the store when there is none yet
    Create {
        /// Its name
        name: String,
    },
    /// List all tenants
    List,
    /// Show the tenant and its policy
    Show,
    /// Refuse all credentials of the tenant until it is resumed
    Suspend {
        /// Its name
        name: String,
    },
    /// Accept the tenant's credentials again
    Resume {
        /// Its name
        name: String,
    },
}
