//! PostgreSQL: a small pool of connections. A session borrows one of them; whatever becomes of it, its transaction is
//! rolled back before the connection serves the next.
//!
//! A write takes one advisory lock of the whole database before its first statement, so that writes of all replicas
//! happen one after the other, as they do in SQLite (docs/adr/0010). A read sees one snapshot. A connection that was lost
//! is replaced when it is next needed; a session that has not done anything yet does not even notice.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

pub(super) use address::{Address, shown};
pub(super) use clock::DatabaseClock;
use link::{ConnectError, Link, PATIENCE, lost};

use super::value::{Row, SqlValue};
use crate::error::StoreError;

/// Waits for the right to write, until the end of the transaction. The number is "feedgate" in ASCII.
macro_rules! take_lock {
    () => {
        "SELECT pg_advisory_xact_lock(7378415046422000741)"
    };
}
use take_lock;

mod address;
mod clock;
mod link;
mod migrate;
mod types;

/// Reads at the same time. One takes a fraction of a millisecond, so that six answer thousands of requests a second;
/// together with the two below, ten replicas stay under PostgreSQL's default of 100 connections.
const READERS: usize = 6;
/// Writes happen one after the other anyway: the others of this process wait here, without a connection.
const WRITERS: usize = 1;

/// What several processes count together waits for nobody but those who count the same.
const COUNTERS: usize = 2;

/// One state, from the first statement on. A read-only transaction also keeps a fault of ours from writing.
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
/// Each statement sees what was committed before it: a snapshot of the whole transaction would be taken before the
/// lock was waited for.
const BEGIN_WRITE: &str = concat!("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ", take_lock!());

/// For counters: no lock but that of the row, and no wait for the disk, since nothing there outlives a crash.
const BEGIN_COUNT: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL synchronous_commit = off";

/// The next number of a table follows the greatest there is: rows were written with the numbers they had elsewhere.
const CONTINUE_NUMBERS: &str = "SELECT setval(pg_get_serial_sequence(t, 'id'), n + 1, false) FROM (VALUES \
     ('tenants', (SELECT COALESCE(MAX(id), 0) FROM tenants)), ('users', (SELECT COALESCE(MAX(id), 0) FROM users)), \
     ('groups', (SELECT COALESCE(MAX(id), 0) FROM groups)), ('history', (SELECT COALESCE(MAX(id), 0) FROM history)), \
     ('requests', (SELECT COALESCE(MAX(id), 0) FROM requests)), \
     ('notice_targets', (SELECT COALESCE(MAX(id), 0) FROM notice_targets))) AS numbers (t, n)";

/// An open PostgreSQL store.
pub(super) struct Postgres {
    address: Arc<Address>,
    clock: Arc<DatabaseClock>,
    idle: Mutex<Vec<Link>>,
    readers: Arc<Semaphore>,
    writers: Arc<Semaphore>,
    counters: Arc<Semaphore>,
}

impl Postgres {
    /// Connects and brings the tables up to date.
    pub(super) async fn open(address: &str) -> Result<Arc<Postgres>, StoreError> {
        let postgres = Postgres::connect(address).await?;
        let mut link = postgres.link().await?;
        migrate::migrate(&link).await?;
        link.forget_statements();
        postgres.idle().push(link);
        Ok(postgres)
    }

    async fn connect(address: &str) -> Result<Arc<Postgres>, StoreError> {
        let address = Arc::new(Address::parse(address)?);
        let clock = Arc::new(DatabaseClock::default());
        let link = Link::open(&address, &clock).await.map_err(ConnectError::at_the_start)?;
        let permits = |count| Arc::new(Semaphore::new(count));
        Ok(Arc::new(Postgres {
            address,
            clock,
            idle: Mutex::new(vec![link]),
            readers: permits(READERS),
            writers: permits(WRITERS),
            counters: permits(COUNTERS),
        }))
    }

    /// Lends no connection any more, and ends those that lie idle; borrowed ones end with their sessions' process.
    pub(super) fn close(&self) {
        for permits in [&self.readers, &self.writers, &self.counters] {
            permits.close();
        }
        self.idle().clear();
    }

    pub(super) fn clock(&self) -> Arc<DatabaseClock> {
        Arc::clone(&self.clock)
    }

    pub(super) fn shown(&self) -> &str {
        self.address.shown()
    }

    /// A session that sees one state, from its first statement on.
    pub(super) async fn read(self: &Arc<Self>) -> Result<Session, StoreError> {
        Session::borrow(self, &self.readers, BEGIN_READ).await
    }

    /// A session that holds the write lock.
    pub(super) async fn write(self: &Arc<Self>) -> Result<Session, StoreError> {
        let mut session = Session::borrow(self, &self.writers, BEGIN_WRITE).await?;
        session.begin().await?;
        Ok(session)
    }

    /// A session that locks only the rows it touches.
    pub(super) async fn count(self: &Arc<Self>) -> Result<Session, StoreError> {
        Session::borrow(self, &self.counters, BEGIN_COUNT).await
    }

    /// One statement that is a transaction by itself. On a dead idle connection it is tried again on a new one: whether
    /// it was counted there nobody knows. A count too many does no harm, and a place too many, which nobody renews, is
    /// free again with the end of its lease.
    pub(super) async fn count_once(
        self: &Arc<Self>,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<Vec<Row>, StoreError> {
        let mut session = Session::borrow(self, &self.counters, "").await?;
        let first = session.run(async |link| link.query(sql, &params).await).await;
        match first {
            Err(error) if session.link.is_none() && lost(&error) => {
                session.link = Some(self.link().await?);
                session.run(async |link| link.query(sql, &params).await).await
            }
            outcome => outcome,
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Link>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection that lies idle and lives, or a new one.
    async fn link(&self) -> Result<Link, StoreError> {
        loop {
            let Some(link) = self.idle().pop() else { break };
            if link.is_alive() {
                return Ok(link);
            }
        }
        Link::open(&self.address, &self.clock).await.map_err(StoreError::from)
    }
}

/// A borrowed connection. Its transaction begins with the first statement, in the same round trip.
pub(super) struct Session {
    link: Option<Link>,
    begun: bool,
    begin: &'static str,
    store: Arc<Postgres>,
    // Last: it is given back after the connection was.
    _permit: OwnedSemaphorePermit,
}

impl Session {
    async fn borrow(
        store: &Arc<Postgres>,
        permits: &Arc<Semaphore>,
        begin: &'static str,
    ) -> Result<Session, StoreError> {
        let permit = timeout(PATIENCE, Arc::clone(permits).acquire_owned()).await;
        let permit = permit.map_err(|_| StoreError::unavailable("all its connections are busy"))?;
        let permit = permit.map_err(|_| StoreError::unavailable("it is closed"))?;
        let link = Some(store.link().await?);
        Ok(Session { link, begun: false, begin, store: Arc::clone(store), _permit: permit })
    }

    /// Begins the transaction, on a new connection when the idle one turns out to be dead.
    async fn begin(&mut self) -> Result<(), StoreError> {
        if self.begun {
            return Ok(());
        }
        for last in [false, true] {
            self.begun = true;
            let begin = self.begin;
            match self.run(async |link| link.batch(begin).await).await {
                Err(error) if self.link.is_none() && !last && lost(&error) => {
                    self.link = Some(self.store.link().await?);
                }
                outcome => return outcome,
            }
        }
        Ok(())
    }

    pub(super) async fn query(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<Vec<Row>, StoreError> {
        if self.begun {
            return self.run(async |link| link.query(sql, &params).await).await;
        }
        self.begun = true;
        let begin = self.begin;
        // The first statement travels with the begin. Nothing has happened yet when the connection turns out to be
        // dead, so that another one may try again.
        let first = self
            .run(async |link| {
                let statement = link.known(sql);
                match statement {
                    Some(statement) => link.query_behind(begin, &statement, &params).await,
                    None => {
                        link.batch(begin).await?;
                        link.query(sql, &params).await
                    }
                }
            })
            .await;
        match first {
            Err(error) if self.link.is_none() && lost(&error) && self.begin == BEGIN_READ => {
                self.link = Some(self.store.link().await?);
                self.begun = false;
                self.begin().await?;
                self.run(async |link| link.query(sql, &params).await).await
            }
            outcome => outcome,
        }
    }

    pub(super) async fn execute(
        &mut self,
        sql: &'static str,
        params: Vec<SqlValue>,
    ) -> Result<u64, StoreError> {
        self.begin().await?;
        self.run(async |link| link.execute(sql, &params).await).await
    }

    /// Lets new rows be numbered behind those that brought their numbers along.
    pub(super) async fn continue_numbers(&mut self) -> Result<(), StoreError> {
        self.query(CONTINUE_NUMBERS, Vec::new()).await.map(drop)
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        self.run(async |link| link.batch("COMMIT").await).await?;
        self.begun = false;
        Ok(())
    }

    /// Has the connection do something within the time a statement may take. A connection that is lost, or silent for
    /// longer, is not used again.
    async fn run<T>(
        &mut self,
        work: impl AsyncFnOnce(&mut Link) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let link = self.link.as_mut().ok_or_else(|| StoreError::unavailable("its connection was lost"))?;
        let outcome = timeout(PATIENCE, work(link)).await;
        let silent = outcome.is_err();
        if silent || !link.is_alive() {
            self.link = None;
        }
        outcome.unwrap_or_else(|_| Err(StoreError::unavailable("it does not answer")))
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(link) = self.link.take().filter(Link::is_alive) else { return };
        if self.begun {
            link.roll_back();
        }
        self.store.idle().push(link);
    }
}
