//! Brings a file's tables to this program's version: numbered steps, each written down when it is done, all of them
//! under the write lock, so that two processes that start together do them once.

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::sqlite_error;
use crate::error::StoreError;
use crate::store::migrations::{self, Step};

/// SQLite does not wait for the lock that the change to WAL needs: a hundred tries, as long as a busy timeout.
const WAL_TRIES: u32 = 100;
const WAL_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// Readers and the writer do not block each other in this mode. It is kept in the file.
pub(super) fn enter_wal(connection: &Connection) -> Result<(), StoreError> {
    let enter = || connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get::<_, String>(0));
    let mut outcome = enter();
    for _ in 0..WAL_TRIES {
        let Err(error) = &outcome else { break };
        let locked =
            matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked));
        if !locked {
            break;
        }
        std::thread::sleep(WAL_PAUSE);
        outcome = enter();
    }
    match outcome.map_err(|error| sqlite_error(&error))?.as_str() {
        "wal" => Ok(()),
        mode => Err(StoreError::misconfigured(format_args!(
            "the store's file system allows no write-ahead log (journal mode {mode}): put it on a local disk"
        ))),
    }
}

/// Does the missing steps.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    if migrations::check(version(connection)?)? {
        return Ok(());
    }
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| sqlite_error(&error))?;
    // Read again under the lock: another process may have been faster.
    let done = version(&transaction)?;
    if migrations::check(done)? {
        return Ok(());
    }
    for (version, step) in migrations::missing(done) {
        apply(&transaction, version, step).map_err(|error| sqlite_error(&error))?;
    }
    transaction.commit().map_err(|error| sqlite_error(&error))
}

fn apply(connection: &Connection, version: i64, step: &Step) -> Result<(), rusqlite::Error> {
    connection.execute_batch(
        "CREATE TABLE IF NOT EXISTS schema_migrations (version INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT",
    )?;
    connection.execute_batch(step.sqlite)?;
    let row = rusqlite::params![version, step.name];
    connection.execute("INSERT INTO schema_migrations (version, name) VALUES (?1, ?2)", row)?;
    tracing::info!(version, name = step.name, "the store was migrated");
    Ok(())
}

fn version(connection: &Connection) -> Result<i64, StoreError> {
    let read = || {
        // A statement, not `table_exists`: that one answers from the connection's memory of the tables, and does not
        // see what another process created a moment ago.
        let exists = "SELECT COUNT(*) FROM sqlite_schema WHERE name = 'schema_migrations'";
        let newest = "SELECT COALESCE(MAX(version), 0) FROM schema_migrations";
        let count: i64 = connection.query_row(exists, [], |row| row.get(0))?;
        if count > 0 { connection.query_row(newest, [], |row| row.get(0)) } else { Ok(0) }
    };
    read().map_err(|error: rusqlite::Error| sqlite_error(&error))
}
