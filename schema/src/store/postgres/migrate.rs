//! Brings a database's tables to this program's version, under the lock that every write takes, so that replicas that
//! start together do it once.

use tokio_postgres::error::SqlState;

use super::link::{Link, describe, store_error};
use crate::error::StoreError;
use crate::store::migrations;

/// Another replica may be migrating: its steps, and the wait for them, may take longer than an ordinary write.
const BEGIN: &str = concat!(
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
     SET LOCAL statement_timeout = '10min'; SET LOCAL lock_timeout = '10min'; ",
    super::take_lock!()
);

const VERSIONS: &str = "CREATE TABLE IF NOT EXISTS schema_migrations \
     (version BIGINT PRIMARY KEY, name TEXT COLLATE \"C\" NOT NULL)";

/// Does the missing steps.
pub(super) async fn migrate(link: &Link) -> Result<(), StoreError> {
    if migrations::check(version(link).await?)? {
        return Ok(());
    }
    link.batch(BEGIN).await?;
    let outcome = steps(link).await;
    // After an error the transaction only waits for its end.
    let end = link.batch(if outcome.is_ok() { "COMMIT" } else { "ROLLBACK" }).await;
    outcome.and(end)
}

async fn steps(link: &Link) -> Result<(), StoreError> {
    // Read again under the lock: another process may have been faster.
    let done = version(link).await?;
    if migrations::check(done)? {
        return Ok(());
    }
    run(link, VERSIONS).await?;
    for (version, step) in migrations::missing(done) {
        run(link, step.postgres).await?;
        let row = "INSERT INTO schema_migrations (version, name) VALUES ($1, $2)";
        let written = link.client().execute(row, &[&version, &step.name]).await;
        written.map_err(|error| store_error(&error))?;
        tracing::info!(version, name = step.name, "the store was migrated");
    }
    Ok(())
}

async fn run(link: &Link, sql: &str) -> Result<(), StoreError> {
    link.client().batch_execute(sql).await.map_err(|error| match error.code() {
        Some(code) if *code == SqlState::INSUFFICIENT_PRIVILEGE => StoreError::misconfigured(format_args!(
            "the store's user may not create tables ({}): make it the owner of the database",
            describe(&error)
        )),
        _ => store_error(&error),
    })
}

/// The version of the tables; 0 when there are none.
async fn version(link: &Link) -> Result<i64, StoreError> {
    // A look into the catalogue, not `to_regclass`: that one answers from the connection's memory of names, and does not
    // see what another process created while this one waited for the lock.
    let exists =
        "SELECT COUNT(*) FROM pg_class WHERE relname = 'schema_migrations' AND pg_table_is_visible(oid)";
    let count = link.client().query_one(exists, &[]).await.map_err(|error| store_error(&error))?;
    if count.get::<_, i64>(0) == 0 {
        return Ok(0);
    }
    let newest =
        link.client().query_one("SELECT COALESCE(MAX(version), 0) FROM schema_migrations", &[]).await;
    Ok(newest.map_err(|error| store_error(&error))?.get(0))
}
