//! The numbered steps that brought the tables to where they are, for each dialect.

use crate::error::StoreError;

/// A step: the same tables and columns in both.
pub(super) struct Step {
    /// What it is called in the store.
    pub(super) name: &'static str,
    /// For SQLite.
    pub(super) sqlite: &'static str,
    /// For PostgreSQL.
    pub(super) postgres: &'static str,
}

macro_rules! steps {
    ($($number:literal $name:literal),+ $(,)?) => {
        &[$(Step {
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $number, "_", $name, ".sql")),
            postgres: include_str!(concat!("../../migrations/postgres/", $number, "_", $name, ".sql")),
        }),+]
    };
}

/// All steps, in order; the version is the position, counted from 1. A step that was released is never changed.
pub(super) const STEPS: &[Step] = steps![
    "0001" "base", "0002" "refreshes", "0003" "notices", "0004" "oauth", "0005" "shared", "0006" "powerbi",
    "0007" "client_limits", "0008" "daily_share",
];

/// The version that the last step leads to.
pub(super) fn known() -> i64 {
    i64::try_from(STEPS.len()).unwrap_or(i64::MAX)
}

/// Whether nothing is left to do; an error when the store is ahead of this program.
pub(super) fn check(found: i64) -> Result<bool, StoreError> {
    let known = known();
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok(found == known) }
}

/// The steps behind version `done`, each with the version it leads to.
pub(super) fn missing(done: i64) -> impl Iterator<Item = (i64, &'static Step)> {
    (1..).zip(STEPS).skip(usize::try_from(done).unwrap_or(0))
}
