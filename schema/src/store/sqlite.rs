//! SQLite: every connection lives on its own thread and gets its work through a channel, so that no thread of the
//! runtime ever waits for a lock. One connection writes, a few read. A session borrows one of them; whatever becomes
//! of it, its transaction is rolled back before the connection serves the next.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::time::Duration;

use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OpenFlags, params_from_iter};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::timeout;

use super::value::{Cell, Row, SqlValue};
use crate::error::StoreError;
use crate::store::sqlite::file::{create_private, storable_path};

mod file;
mod migrate;

/// More readers than this add no throughput on the machines we measured: a read takes microseconds.
const READERS: usize = 4;
/// How long a write waits for another process before the store counts as unavailable.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);
/// How long an end waits for what still runs: longer than any write, which waits for its lock at most so long.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(8);
/// Statements kept prepared on each connection: all there are.
const STATEMENTS: usize = 256;

/// An open SQLite file.
pub(super) struct Sqlite {
    path: PathBuf,
    readers: Arc<Pool>,
    writer: Arc<Pool>,
}

impl Sqlite {
    /// Opens or creates the file, brings it up to date, starts the threads.
    pub(super) async fn open(path: &Path) -> Result<Sqlite, StoreError> {
        let path = storable_path(path)?;
        let writer = Lane::start("store-writer", &path, open_writer).await?;
        let mut readers = Vec::new();
        for _ in 0..READERS {
            readers.push(Lane::start("store-reader", &path, open_reader).await?);
        }
        let (readers, writer) = (Pool::of(readers, "BEGIN"), Pool::of(vec![writer], "BEGIN IMMEDIATE"));
        Ok(Sqlite { path, readers, writer })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// A session that sees one state, from its first statement on.
    pub(super) async fn read(&self) -> Result<Session, StoreError> {
        Session::borrow(&self.readers).await
    }

    /// A session that holds the write lock.
    pub(super) async fn write(&self) -> Result<Session, StoreError> {
        let mut session = Session::borrow(&self.writer).await?;
        session.run(|_| Ok(())).await?;
        Ok(session)
    }

    /// Ends all connections, the writer's last: the last one of all processes takes the log into the file and removes it.
    pub(super) async fn close(&self) {
        let ended = async {
            self.readers.close().await;
            self.writer.close().await;
        };
        if timeout(CLOSE_TIMEOUT, ended).await.is_err() {
            tracing::warn!("the store is still in use at the end: its log stays beside it");
        }
    }

    /// A consistent copy into a new file, on a connection of its own.
    pub(super) async fn copy_to(&self, target: &Path) -> Result<(), StoreError> {
        create_private(target)?;
        let lane = Lane::start("store-copy", &self.path, open_reader_for_copy).await?;
        let text = target.to_string_lossy().into_owned();
        let copied =
            lane.run(move |connection| connection.execute("VACUUM INTO ?1", [text]).map(|_| ())).await;
        lane.end().await;
        let synced = copied.and_then(|()| file::sync(target));
        if synced.is_err() {
            // What could not be finished must not be mistaken for a backup.
            let _ = std::fs::remove_file(target);
        }
        synced
    }
}

/// Connections of one kind that lie idle, and the permits to borrow them.
struct Pool {
    all: u32,
    idle: Mutex<Vec<Lane>>,
    permits: Arc<Semaphore>,
    begin: &'static str,
}

impl Pool {
    fn of(lanes: Vec<Lane>, begin: &'static str) -> Arc<Pool> {
        let permits = Arc::new(Semaphore::new(lanes.len()));
        let all = u32::try_from(lanes.len()).unwrap_or(u32::MAX);
        Arc::new(Pool { all, idle: Mutex::new(lanes), permits, begin })
    }

    /// Waits for those that are borrowed, lends none any more, ends them.
    async fn close(&self) {
        let returned = self.permits.acquire_many(self.all).await;
        self.permits.close();
        drop(returned);
        let lanes = std::mem::take(&mut *self.idle());
        for lane in lanes {
            lane.end().await;
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Lane>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A borrowed connection. Its transaction begins with the first statement.
pub(super) struct Session {
    lane: Option<Lane>,
    begun: bool,
    pool: Arc<Pool>,
    // Last: it is given back after the connection was.
    _permit: OwnedSemaphorePermit,
}

impl Session {
    async fn borrow(pool: &Arc<Pool>) -> Result<Session, StoreError> {
        let closed = || StoreError::unavailable("it is closed");
        let permit = Arc::clone(&pool.permits).acquire_owned().await.map_err(|_| closed())?;
        let lane = pool.idle().pop().ok_or_else(closed)?;
        Ok(Session { lane: Some(lane), begun: false, pool: Arc::clone(pool), _permit: permit })
    }

    pub(super) async fn query(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<Vec<Row>, StoreError> {
        self.run(move |connection| {
            let mut statement = connection.prepare_cached(sql)?;
            let columns = statement.column_count();
            let rows = statement.query_map(params_from_iter(params.into_iter().map(Value::from)), |row| {
                let values: Result<Vec<Cell>, _> =
                    (0..columns).map(|index| row.get_ref(index).map(Cell::from)).collect();
                values.map(Row::new)
            })?;
            rows.collect()
        })
        .await
    }

    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<u64, StoreError> {
        self.run(move |connection| {
            let params = params_from_iter(params.into_iter().map(Value::from));
            connection.prepare_cached(sql)?.execute(params).map(|count| count as u64)
        })
        .await
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.run(|connection| connection.execute_batch("COMMIT")).await
    }

    /// Sends one job to the connection, with the transaction's begin in front of the first.
    async fn run<T: Send + 'static>(
        &mut self,
        work: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let lane = self.lane.as_ref().ok_or_else(|| StoreError::unavailable("it is closed"))?;
        let begin = (!self.begun).then_some(self.pool.begin);
        self.begun = true;
        lane.run(move |connection| {
            if let Some(begin) = begin {
                connection.execute_batch(begin)?;
            }
            work(connection)
        })
        .await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(lane) = self.lane.take() else { return };
        if self.begun {
            lane.send(Box::new(roll_back));
        }
        self.pool.idle().push(lane);
    }
}

/// Ends whatever is still open. A connection that cannot even roll back closes its transaction at its next use.
fn roll_back(connection: &mut Connection) {
    if !connection.is_autocommit()
        && let Err(error) = connection.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a transaction of the store could not be rolled back");
    }
}

type Job = Box<dyn FnOnce(&mut Connection) + Send>;

/// A connection's thread, seen from outside. The thread ends when this is dropped.
struct Lane {
    jobs: mpsc::Sender<Job>,
    /// Heard of when the connection is closed.
    closed: oneshot::Receiver<()>,
}

impl Lane {
    /// Starts a thread that opens a connection and serves it.
    async fn start(
        name: &str,
        path: &Path,
        open: fn(&Path) -> Result<Connection, StoreError>,
    ) -> Result<Lane, StoreError> {
        let (sender, jobs) = mpsc::channel::<Job>();
        let (opened, outcome) = oneshot::channel();
        let (end, closed) = oneshot::channel();
        let path = path.to_owned();
        let serve = move || match open(&path) {
            Err(error) => drop(opened.send(Err(error))),
            Ok(mut connection) => {
                // When nobody waits any more, the sender is gone too and the loop ends at once.
                drop(opened.send(Ok(())));
                for job in jobs {
                    job(&mut connection);
                }
                drop(connection);
                // Nobody may wait for it.
                let _ = end.send(());
            }
        };
        std::thread::Builder::new().name(name.to_owned()).spawn(serve).map_err(StoreError::unavailable)?;
        outcome.await.map_err(|_| StoreError::unavailable("its thread ended"))??;
        Ok(Lane { jobs: sender, closed })
    }

    /// Returns when everything that was sent is done and the connection is closed.
    async fn end(self) {
        drop(self.jobs);
        // An error: the thread has panicked, and its connection was closed by that.
        let _ = self.closed.await;
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, rusqlite::Error> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (sender, outcome) = oneshot::channel();
        self.send(Box::new(move |connection| drop(sender.send(work(connection)))));
        let outcome = outcome.await.map_err(|_| StoreError::unavailable("its thread ended"))?;
        outcome.map_err(|error| sqlite_error(&error))
    }

    /// Sends a job. When the thread has ended the job is dropped, and whoever waits for its outcome learns it.
    fn send(&self, job: Job) {
        drop(self.jobs.send(job));
    }
}

fn open_writer(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = connect(path)?;
    migrate::enter_wal(&connection)?;
    migrate::migrate(&mut connection)?;
    Ok(connection)
}

fn open_reader(path: &Path) -> Result<Connection, StoreError> {
    let connection = connect(path)?;
    connection.pragma_update(None, "query_only", true).map_err(|error| sqlite_error(&error))?;
    Ok(connection)
}

fn open_reader_for_copy(path: &Path) -> Result<Connection, StoreError> {
    connect(path)
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let open = || {
        let connection = Connection::open_with_flags(path, flags)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // A revocation that was acknowledged must survive a power cut.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        // A file has no time of its own: the clock of whoever reads it decides.
        let none = |_: &rusqlite::functions::Context<'_>| Ok(None::<i64>);
        connection.create_scalar_function("store_now", 0, FunctionFlags::SQLITE_UTF8, none)?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| sqlite_error(&error))
}

fn sqlite_error(error: &rusqlite::Error) -> StoreError {
    use rusqlite::ErrorCode;
    let message = match error {
        // Without the whole text of the statement.
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        error => error.to_string(),
    };
    match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            StoreError::unavailable("another process has held its lock for more than 5 s")
        }
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => StoreError::Corrupt { message },
        Some(
            ErrorCode::SystemIoFailure
            | ErrorCode::DiskFull
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory
            | ErrorCode::PermissionDenied
            | ErrorCode::FileLockingProtocolFailed,
        ) => StoreError::Unavailable { message },
        _ => StoreError::Statement { message },
    }
}

impl From<SqlValue> for Value {
    fn from(value: SqlValue) -> Value {
        let known = match value {
            SqlValue::Boolean(value) => value.map(|value| Value::Integer(value.into())),
            SqlValue::Integer(value) => value.map(Value::Integer),
            SqlValue::Text(value) => value.map(Value::Text),
            SqlValue::Blob(value) => value.map(Value::Blob),
        };
        known.unwrap_or(Value::Null)
    }
}

impl From<ValueRef<'_>> for Cell {
    fn from(value: ValueRef<'_>) -> Cell {
        match value {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(value) => Cell::Integer(value),
            // No column is a floating-point number; as a null it is refused where a value is wanted.
            ValueRef::Real(_) => Cell::Null,
            ValueRef::Text(value) => Cell::Text(String::from_utf8_lossy(value).into_owned()),
            ValueRef::Blob(value) => Cell::Blob(value.to_vec()),
        }
    }
}
