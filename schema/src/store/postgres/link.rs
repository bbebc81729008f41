//! One connection with its prepared statements.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, NoTls, Statement};

use super::address::{Address, Security};
use super::clock::DatabaseClock;
use super::types;
use crate::error::StoreError;
use crate::store::value::{Row, SqlValue};

/// How long a new connection may take, with its TLS and its authentication.
const CONNECT: Duration = Duration::from_secs(5);

/// Longer than the server lets any statement or wait of ours take: only a server that is gone is silent for so long.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);

/// Waits end on the server: a statement after 10 s, a wait for a lock after 5 s (as for SQLite's), and the transaction of
/// a process that has stopped in the middle of it after 10 s, so that it holds nobody up. A statement that is a transaction by
/// itself sees what was committed before it, and what is acknowledged must be on the disk, whatever the server's defaults.
const SETTINGS: &str = "SET statement_timeout = '10s'; SET lock_timeout = '5s'; \
     SET idle_in_transaction_session_timeout = '10s'; SET default_transaction_isolation = 'read committed'; \
     SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'";

/// The time of the server in milliseconds since 1970, and how the database encodes text.
const GREETING: &str =
    "SELECT FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint, getdatabaseencoding()::text";

/// A connection.
pub(super) struct Link {
    client: Client,
    statements: HashMap<&'static str, Statement>,
}

/// Why there is no connection.
pub(super) enum ConnectError {
    /// The server says no, or cannot be used as it is.
    Refused(String),
    /// It does not answer.
    Away(String),
}

impl ConnectError {
    /// Before the first connection a refusal is a fault of the configuration.
    pub(super) fn at_the_start(self) -> StoreError {
        match self {
            ConnectError::Refused(message) => StoreError::misconfigured(message),
            ConnectError::Away(_) => self.into(),
        }
    }
}

impl From<ConnectError> for StoreError {
    fn from(error: ConnectError) -> StoreError {
        match error {
            ConnectError::Refused(message) | ConnectError::Away(message) => {
                StoreError::Unavailable { message }
            }
        }
    }
}

impl Link {
    /// Connects, to the server that takes writes when the address names several.
    pub(super) async fn open(address: &Address, clock: &Arc<DatabaseClock>) -> Result<Link, ConnectError> {
        let Ok(opened) = tokio::time::timeout(CONNECT, Link::connect(address, clock)).await else {
            return Err(ConnectError::Away(format!("{} does not answer within 5 s", address.shown())));
        };
        opened
    }

    async fn connect(address: &Address, clock: &DatabaseClock) -> Result<Link, ConnectError> {
        let refused = |error| connect_error(address, &error);
        let client = match address.security() {
            Security::Plain => {
                let (client, connection) = address.config().connect(NoTls).await.map_err(refused)?;
                drive(connection);
                client
            }
            Security::Tls(tls) => {
                let (client, connection) =
                    address.config().connect((**tls).clone()).await.map_err(refused)?;
                drive(connection);
                client
            }
        };
        client.batch_execute(SETTINGS).await.map_err(refused)?;
        let now = client.query_one(GREETING, &[]);
        let row = now.await.map_err(refused)?;
        clock.hear(row.get(0));
        let encoding: String = row.get(1);
        if encoding != "UTF8" {
            let name = address.shown();
            return Err(ConnectError::Refused(format!(
                "the database {name} is encoded in {encoding}: create it with ENCODING 'UTF8'"
            )));
        }
        Ok(Link { client, statements: HashMap::new() })
    }

    /// For what is sent before the tables are known.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn is_alive(&self) -> bool {
        !self.client.is_closed()
    }

    /// What was prepared before the tables were changed is not used again.
    pub(super) fn forget_statements(&mut self) {
        self.statements.clear();
    }

    /// Statements without parameters, in one round trip; what they answer is not looked at.
    pub(super) async fn batch(&self, sql: &str) -> Result<(), StoreError> {
        self.client.batch_execute(sql).await.map_err(|error| store_error(&error))
    }

    /// The prepared statement, when this connection has met it before.
    pub(super) fn known(&self, sql: &'static str) -> Option<Statement> {
        self.statements.get(sql).cloned()
    }

    pub(super) async fn query(
        &mut self,
        sql: &'static str,
        params: &[SqlValue],
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.prepared(sql, params).await?;
        self.rows(&statement, params).await
    }

    /// A begin and the first statement behind it, in one round trip.
    pub(super) async fn query_behind(
        &self,
        begin: &str,
        statement: &Statement,
        params: &[SqlValue],
    ) -> Result<Vec<Row>, StoreError> {
        // Polled in this order: the begin is sent first.
        let (begun, rows) = tokio::join!(biased; self.batch(begin), self.rows(statement, params));
        begun.and(rows)
    }

    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        params: &[SqlValue],
    ) -> Result<u64, StoreError> {
        let statement = self.prepared(sql, params).await?;
        self.client.execute(&statement, &references(params)).await.map_err(|error| store_error(&error))
    }

    /// Ends the transaction without waiting for the answer: the next statement stands behind it in the line.
    pub(super) fn roll_back(&self) {
        let sent = pin!(self.client.batch_execute("ROLLBACK")).now_or_never();
        if let Some(Err(error)) = sent
            && !error.is_closed()
        {
            tracing::error!(error = describe(&error), "a transaction of the store could not be rolled back");
        }
    }

    async fn rows(&self, statement: &Statement, params: &[SqlValue]) -> Result<Vec<Row>, StoreError> {
        let rows = self.client.query(statement, &references(params)).await;
        rows.map_err(|error| store_error(&error))?.iter().map(types::row).collect()
    }

    async fn prepared(&mut self, sql: &'static str, params: &[SqlValue]) -> Result<Statement, StoreError> {
        if let Some(statement) = self.known(sql) {
            return Ok(statement);
        }
        let types: Vec<Type> = params.iter().map(types::of).collect();
        let prepared = self.client.prepare_typed(&types::rendered(sql), &types).await;
        let statement = prepared.map_err(|error| store_error(&error))?;
        self.statements.insert(sql, statement.clone());
        Ok(statement)
    }
}

fn references(params: &[SqlValue]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|param| param as &(dyn ToSql + Sync)).collect()
}

/// Whether the connection was lost rather than the statement refused.
pub(super) fn lost(error: &StoreError) -> bool {
    matches!(error, StoreError::Unavailable { .. })
}

#[expect(clippy::disallowed_methods, reason = "it ends with the connection, and nothing has to wait for it")]
fn drive<S, T>(connection: tokio_postgres::Connection<S, T>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(error = describe(&error), "a connection to the store was lost");
        }
    });
}

fn connect_error(address: &Address, error: &tokio_postgres::Error) -> ConnectError {
    let message = format!("{}: {}", address.shown(), describe(error));
    match error.code() {
        Some(code) if is_passing(code) => ConnectError::Away(message),
        Some(_) => ConnectError::Refused(message),
        None => ConnectError::Away(message),
    }
}

pub(super) fn store_error(error: &tokio_postgres::Error) -> StoreError {
    let message = describe(error);
    match error.code() {
        None => StoreError::Unavailable { message },
        Some(code) if *code == SqlState::LOCK_NOT_AVAILABLE => {
            StoreError::unavailable("another process has held its lock for more than 5 s")
        }
        Some(code) if *code == SqlState::DATA_CORRUPTED || *code == SqlState::INDEX_CORRUPTED => {
            StoreError::Corrupt { message }
        }
        Some(code) if is_passing(code) => StoreError::Unavailable { message },
        Some(_) => StoreError::Statement { message },
    }
}

/// Connections (08), transactions that met others (40), resources (53), the operator (57), the system (58), and a server
/// that only reads: all of it may be over a moment later.
fn is_passing(code: &SqlState) -> bool {
    let passing = ["08", "40", "53", "57", "58"].iter().any(|class| code.code().starts_with(class));
    passing
        || *code == SqlState::READ_ONLY_SQL_TRANSACTION
        || *code == SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT
}

/// What happened, without details: those repeat values.
pub(super) fn describe(error: &tokio_postgres::Error) -> String {
    match error.as_db_error() {
        Some(database) => format!("{} (SQLSTATE {})", database.message(), database.code().code()),
        None => match std::error::Error::source(error) {
            Some(cause) => format!("{error}: {cause}"),
            None => error.to_string(),
        },
    }
}
