//! The store and its transactions.
//!
//! A [`Store`] hands out read and write transactions; every statement is written once, with `?1` placeholders, and
//! sent through them. What lies behind (SQLite or PostgreSQL) is seen nowhere else. A write transaction takes the write lock
//! when it begins, so that what it counted is still true when it writes. A transaction that is dropped without
//! `commit` leaves nothing behind, also when the task that held it was cancelled.
//!
//! Recipe for the next record: a table in a new migration (one file for each dialect), a struct with `from_row` in `records.rs`, statements in
//! the operation that needs them.

mod migrations;
mod postgres;
mod sqlite;
mod value;

use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) use value::{Cell, Row, SqlValue, params};

use crate::clock::{Clock, SystemClock};
use crate::error::StoreError;
use postgres::Postgres;
use sqlite::Sqlite;

/// A handle on the store. Clones share its connections.
#[derive(Clone)]
pub struct Store(Backend);

#[derive(Clone)]
enum Backend {
    Sqlite(Arc<Sqlite>),
    Postgres(Arc<Postgres>),
}

impl Store {
    /// Opens the store at `address` (`sqlite:PATH` or `postgres://…`), creates it when it does not exist (a database of
    /// PostgreSQL must exist), and brings its tables to this program's version. Several processes may open one store at
    /// the same time.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] when the address cannot be used, [`StoreError::TooNew`] when a later version of
    /// Feedgate wrote it.
    pub async fn open(address: &str) -> Result<Store, StoreError> {
        Ok(Store(match backend_of(address)? {
            Named::Sqlite(path) => Backend::Sqlite(Arc::new(Sqlite::open(&path).await?)),
            Named::Postgres => Backend::Postgres(Postgres::open(address).await?),
        }))
    }

    /// Whether an address can be meant for a store at all; nothing is opened.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] with a sentence that repeats no password.
    pub fn check_address(address: &str) -> Result<(), StoreError> {
        match backend_of(address)? {
            Named::Sqlite(_) => Ok(()),
            Named::Postgres => postgres::Address::parse(address).map(drop),
        }
    }

    /// An address as people may see it: without user and password.
    #[must_use]
    pub fn shown(address: &str) -> String {
        match backend_of(address) {
            Ok(Named::Sqlite(_)) => address.to_owned(),
            Ok(Named::Postgres) => postgres::shown(address),
            Err(_) => "(not understood)".to_owned(),
        }
    }

    /// The time that everybody on this store agrees on: the database's, or for a file that of the machine.
    #[must_use]
    pub fn clock(&self) -> Arc<dyn Clock> {
        match &self.0 {
            Backend::Sqlite(_) => Arc::new(SystemClock),
            Backend::Postgres(postgres) => postgres.clock(),
        }
    }

    /// Whether other machines may use the same store: what processes count together is counted in it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Backend::Postgres(_))
    }

    /// The version of the tables.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn version(&self) -> Result<i64, StoreError> {
        let mut row =
            self.read().await?.query_one("SELECT MAX(version) FROM schema_migrations", params![]).await?;
        row.take()
    }

    /// Ends the connections of this and all clones, once what runs on them has ended; whatever is asked afterwards is
    /// refused. When no other process has a file open, it is whole by itself then, without a log beside it. Without this
    /// a process that ends leaves that to chance.
    pub async fn close(&self) {
        match &self.0 {
            Backend::Sqlite(sqlite) => sqlite.close().await,
            Backend::Postgres(postgres) => postgres.close(),
        }
    }

    /// Begins a read of one consistent state.
    pub(crate) async fn read(&self) -> Result<Read, StoreError> {
        Ok(Read(match &self.0 {
            Backend::Sqlite(sqlite) => Session::Sqlite(sqlite.read().await?),
            Backend::Postgres(postgres) => Session::Postgres(Box::new(postgres.read().await?)),
        }))
    }

    /// Begins a write: takes the lock at once, waits up to five seconds for other processes.
    pub(crate) async fn write(&self) -> Result<Write, StoreError> {
        Ok(Write(Read(match &self.0 {
            Backend::Sqlite(sqlite) => Session::Sqlite(sqlite.write().await?),
            Backend::Postgres(postgres) => Session::Postgres(Box::new(postgres.write().await?)),
        })))
    }

    /// Begins a write to what processes count together, which a crash of the store may lose. It locks only its rows.
    ///
    /// # Errors
    /// When the store is no shared one, or away.
    pub(crate) async fn count(&self) -> Result<Write, StoreError> {
        match &self.0 {
            Backend::Sqlite(_) => Err(StoreError::misconfigured("a file is not shared between replicas")),
            Backend::Postgres(postgres) => {
                Ok(Write(Read(Session::Postgres(Box::new(postgres.count().await?)))))
            }
        }
    }

    /// Runs one statement on what processes count together, in one round trip: it is its own transaction.
    ///
    /// # Errors
    /// As [`Self::count`].
    pub(crate) async fn count_once(
        &self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<Vec<Row>, StoreError> {
        match &self.0 {
            Backend::Sqlite(_) => Err(StoreError::misconfigured("a file is not shared between replicas")),
            Backend::Postgres(postgres) => postgres.count_once(sql, params).await,
        }
    }

    /// Writes a consistent copy into the new file `path`.
    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        match &self.0 {
            Backend::Sqlite(sqlite) => sqlite.copy_to(path).await,
            Backend::Postgres(_) => Err(StoreError::misconfigured(
                "Feedgate makes no backup of a PostgreSQL database: use `pg_dump --format=custom`",
            )),
        }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Backend::Sqlite(sqlite) => write!(f, "Store({})", sqlite.path().display()),
            Backend::Postgres(postgres) => write!(f, "Store({})", postgres.shown()),
        }
    }
}

/// A transaction on either.
enum Session {
    Sqlite(sqlite::Session),
    Postgres(Box<postgres::Session>),
}

impl Session {
    async fn query(&mut self, sql: &'static str, params: Vec<SqlValue>) -> Result<Vec<Row>, StoreError> {
        match self {
            Session::Sqlite(session) => session.query(sql, params).await,
            Session::Postgres(session) => session.query(sql, params).await,
        }
    }

    async fn execute(&mut self, sql: &'static str, params: Vec<SqlValue>) -> Result<u64, StoreError> {
        match self {
            Session::Sqlite(session) => session.execute(sql, params).await,
            Session::Postgres(session) => session.execute(sql, params).await,
        }
    }

    async fn commit(self) -> Result<(), StoreError> {
        match self {
            Session::Sqlite(session) => session.commit().await,
            Session::Postgres(session) => session.commit().await,
        }
    }
}

/// A read transaction. Statements are finished before a call returns: nothing is held open between two calls but the
/// state they see.
pub(crate) struct Read(Session);

impl Read {
    /// All rows.
    pub(crate) async fn query(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<Vec<Row>, StoreError> {
        self.0.query(sql, params).await
    }

    /// The first row, if there is one.
    pub(crate) async fn query_optional(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<Option<Row>, StoreError> {
        Ok(self.query(sql, params).await?.into_iter().next())
    }

    /// The one row there must be.
    pub(crate) async fn query_one(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<Row, StoreError> {
        let row = self.query_optional(sql, params).await?;
        row.ok_or_else(|| StoreError::Statement { message: format!("no row where one must be: {sql}") })
    }

    /// All rows, each read by `from_row`.
    pub(crate) async fn list<T>(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
        from_row: fn(&mut Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        self.query(sql, params).await?.iter_mut().map(from_row).collect()
    }
}

/// A write transaction: all of it happens at `commit`, or nothing.
pub(crate) struct Write(Read);

impl Write {
    /// Runs a statement, gives the number of affected rows.
    pub(crate) async fn execute(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<u64, StoreError> {
        self.0.0.execute(sql, params).await
    }

    /// Runs a statement that must affect exactly one row.
    pub(crate) async fn execute_one(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<(), StoreError> {
        match self.execute(sql, params).await? {
            1 => Ok(()),
            count => Err(StoreError::Statement { message: format!("{count} rows where one must be: {sql}") }),
        }
    }

    /// Lets new rows be numbered behind those that were written with their numbers. SQLite does so by itself.
    pub(crate) async fn continue_numbers(&mut self) -> Result<(), StoreError> {
        match &mut self.0.0 {
            Session::Sqlite(_) => Ok(()),
            Session::Postgres(session) => session.continue_numbers().await,
        }
    }

    /// Makes everything permanent: when this returns, a crash or a power cut loses nothing of it.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        self.0.0.commit().await
    }
}

impl Deref for Write {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.0
    }
}

impl DerefMut for Write {
    fn deref_mut(&mut self) -> &mut Read {
        &mut self.0
    }
}

/// What an address names.
enum Named {
    Sqlite(PathBuf),
    Postgres,
}

fn backend_of(address: &str) -> Result<Named, StoreError> {
    if let Some(path) = address.strip_prefix("sqlite:") {
        if path.is_empty() || path.starts_with(":memory:") {
            return Err(StoreError::misconfigured("the store must be a file: write sqlite:PATH"));
        }
        return Ok(Named::Sqlite(path.into()));
    }
    match address.split_once("://") {
        Some(("postgres" | "postgresql", _)) => Ok(Named::Postgres),
        // The address may hold a password: it is not repeated.
        _ => Err(StoreError::misconfigured(
            "the address of the store is not understood: write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        )),
    }
}

#[cfg(test)]
mod tests;
