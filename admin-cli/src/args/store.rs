//! `store`.

use clap::Subcommand;

/// What can be done with the store.
#[derive(Debug, Subcommand)]
pub(crate) enum StoreCommand {
    /// Create the store or bring its tables to this program's version
    Migrate,
    /// Copy one store into another, empty one: from SQLite into PostgreSQL or back
    Copy {
        /// The store to read, as sqlite:PATH or postgres://…
        from: String,
        /// The store to write; its database must exist, its tables are made
        to: String,
    },
}
