//! `store`.

use clap::Subcommand;

/// What can be done with the store.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Create the store or bring its tables to this program's version
    Migrate,
}
