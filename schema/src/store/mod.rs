//! The store and its transactions.
//!
//! A [`Store`] hands out read and write transactions; every statement is written once, with `?1` placeholders, and
//! sent through them. What lies behind (SQLite today) is seen nowhere else. A write transaction takes the write lock
//! when it begins, so that what it counted is still true when it writes. A transaction that is dropped without
//! `commit` leaves nothing behind, also when the task that held it was cancelled.
//!
//! Recipe for the next record: a table in a new migration, a struct with `from_row` in `records.rs`, statements in
//! the operation that needs them.

mod sqlite;
mod value;

use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::sync::Arc;

pub(crate) use value::{Row, SqlValue, params};

use crate::error::StoreError;

/// A handle on the store. Clones share its connections.
#[derive(Clone)]
pub struct Store(Arc<sqlite::Sqlite>);

impl Store {
    /// Opens the store at `address` (`sqlite:PATH`), creates it when it does not exist, and brings its tables to
    /// this program's version. Several processes may open one store at the same time.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] when the address cannot be used, [`StoreError::TooNew`] when a later version of
    /// Feedgate wrote it.
    pub async fn open(address: &str) -> Result<Store, StoreError> {
        let path = sqlite_path(address)?;
        Ok(Store(Arc::new(sqlite::Sqlite::open(&path).await?)))
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

    /// Begins a read of one consistent state.
    pub(crate) async fn read(&self) -> Result<Read, StoreError> {
        Ok(Read(self.0.read().await?))
    }

    /// Begins a write: takes the lock at once, waits up to five seconds for other processes.
    pub(crate) async fn write(&self) -> Result<Write, StoreError> {
        let session = self.0.write().await?;
        Ok(Write(Read(session)))
    }

    /// Writes a consistent copy into the new file `path`.
    pub(crate) async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        self.0.copy_to(path).await
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({})", self.0.path().display())
    }
}

/// A read transaction. Statements are finished before a call returns: nothing is held open between two calls but the
/// state they see.
pub(crate) struct Read(sqlite::Session);

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

fn sqlite_path(address: &str) -> Result<std::path::PathBuf, StoreError> {
    if let Some(path) = address.strip_prefix("sqlite:") {
        if path.is_empty() || path.starts_with(":memory:") {
            return Err(StoreError::misconfigured("the store must be a file: write sqlite:PATH"));
        }
        return Ok(path.into());
    }
    let scheme = address.split_once(':').map_or("", |(scheme, _)| scheme);
    Err(StoreError::misconfigured(match scheme {
        "postgres" | "postgresql" => {
            "this version of Feedgate has no PostgreSQL store: write sqlite:PATH".to_owned()
        }
        // The address may hold a password: it is not repeated.
        _ => "the address of the store is not understood: write sqlite:PATH".to_owned(),
    }))
}

#[cfg(test)]
mod tests;
