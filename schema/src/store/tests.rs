//! What every operation builds on: atomic writes, fresh reads, several processes on one file.

use std::collections::HashSet;

use super::*;
use crate::operations::{token_create, token_list};
use crate::testing::{World, new_store, on_postgres};
use crate::token::TokenStatus;

const INSERT: &str = "INSERT INTO meta (name, value) VALUES (?1, 'x')";

async fn names(store: &Store) -> Vec<String> {
    store
        .read()
        .await
        .unwrap()
        .list("SELECT name FROM meta ORDER BY name", params![], Row::take)
        .await
        .unwrap()
}

async fn open(address: &str) -> Store {
    Store::open(address).await.unwrap()
}

/// An address, and the folder in which it may lie.
fn somewhere() -> (String, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    (new_store(&directory), directory)
}

#[tokio::test]
async fn what_is_not_committed_leaves_nothing() {
    let (address, _directory) = somewhere();
    let store = open(&address).await;
    let mut tx = store.write().await.unwrap();
    tx.execute_one(INSERT, params!["dropped"]).await.unwrap();
    drop(tx);
    let mut tx = store.write().await.unwrap();
    tx.execute_one(INSERT, params!["kept"]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&store).await, ["kept"]);
}

#[tokio::test]
async fn a_cancelled_write_leaves_nothing_and_frees_the_lock() {
    let (address, _directory) = somewhere();
    let store = open(&address).await;
    let (begun, wait) = tokio::sync::oneshot::channel();
    let write = async {
        let mut tx = store.write().await.unwrap();
        tx.execute_one(INSERT, params!["cancelled"]).await.unwrap();
        begun.send(()).unwrap();
        std::future::pending::<()>().await;
        tx.commit().await.unwrap();
    };
    tokio::select! {
        () = write => unreachable!("it waits for ever"),
        outcome = wait => outcome.unwrap(),
    }
    let mut tx = store.write().await.unwrap();
    tx.execute_one(INSERT, params!["next"]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(names(&store).await, ["next"]);
}

#[tokio::test]
async fn a_read_sees_one_state_and_the_next_read_the_newest() {
    let (address, _directory) = somewhere();
    let (store, other) = (open(&address).await, open(&address).await);
    let count = "SELECT COUNT(*) FROM meta";
    let mut reading = store.read().await.unwrap();
    let before: i64 = reading.query_one(count, params![]).await.unwrap().take().unwrap();
    let mut tx = other.write().await.unwrap();
    tx.execute_one(INSERT, params!["new"]).await.unwrap();
    tx.commit().await.unwrap();
    let same: i64 = reading.query_one(count, params![]).await.unwrap().take().unwrap();
    drop(reading);
    assert_eq!((before, same), (0, 0));
    assert_eq!(names(&store).await, ["new"]);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let (address, _directory) = somewhere();
    let store = open(&address).await;
    let written = store.read().await.unwrap().query(INSERT, params!["x"]).await;
    assert!(written.is_err());
}

#[tokio::test]
async fn an_update_that_misses_its_row_is_an_error() {
    let (address, _directory) = somewhere();
    let store = open(&address).await;
    let mut tx = store.write().await.unwrap();
    let missed = tx.execute_one("UPDATE meta SET value = ?2 WHERE name = ?1", params!["none", "x"]).await;
    assert!(matches!(missed, Err(StoreError::Statement { .. })), "{missed:?}");
}

#[tokio::test]
async fn the_history_cannot_be_changed() {
    let world = World::new().await;
    let mut tx = world.ctx.store.write().await.unwrap();
    let changed = tx.execute("UPDATE history SET actor = 'nobody'", params![]).await;
    assert!(changed.unwrap_err().to_string().contains("append-only"));
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_its_companions_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    if on_postgres() {
        return;
    }
    let world = World::new().await;
    let files: Vec<_> =
        std::fs::read_dir(world.directory.path()).unwrap().map(|file| file.unwrap()).collect();
    assert_eq!(files.len(), 3, "the store, its log and its index");
    for file in files {
        let mode = file.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.path().display());
    }
}

#[tokio::test]
async fn a_store_that_was_closed_is_one_file_and_answers_nobody() {
    let world = World::new().await;
    let store = &world.ctx.store;
    // The first one ends while the other is still there, and whoever is in the middle of something is waited for.
    let other = Store::open(&world.address()).await.unwrap();
    let mut tx = store.write().await.unwrap();
    tx.execute_one(INSERT, params!["kept"]).await.unwrap();
    let written = async {
        tokio::task::yield_now().await;
        if !on_postgres() {
            tx.commit().await.unwrap();
        }
    };
    tokio::join!(store.close(), written);
    for refused in [store.read().await.err(), store.write().await.err()] {
        assert!(matches!(refused, Some(StoreError::Unavailable { .. })), "{refused:?}");
    }
    store.close().await;
    if on_postgres() {
        return;
    }
    assert_eq!(names(&other).await, ["kept"]);
    other.close().await;
    let files = std::fs::read_dir(world.directory.path()).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["feedgate.db"]);
}

#[tokio::test]
async fn addresses_that_cannot_be_used_say_why() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().display();
    for (address, hint) in [
        (format!("sqlite:{path}/missing/feedgate.db"), "directory does not exist"),
        (format!("sqlite:{path}"), "is a directory"),
        ("sqlite:".to_owned(), "must be a file"),
        ("sqlite::memory:".to_owned(), "must be a file"),
        ("postgres://u:secret@host".to_owned(), "postgres://USER:PASSWORD"),
        ("postgres://u:secret@host/db?sslmode=prefer".to_owned(), "sslmode=verify-full"),
        ("mysql://u:secret@host/db".to_owned(), "write sqlite:PATH"),
    ] {
        let error = Store::open(&address).await.unwrap_err();
        assert!(matches!(error, StoreError::Misconfigured { .. }), "{error}");
        assert!(error.to_string().contains(hint), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_store_is_damaged() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("feedgate.db"), "This is a letter, not a store. ".repeat(100))
        .unwrap();
    let address = format!("sqlite:{}", directory.path().join("feedgate.db").display());
    let error = Store::open(&address).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(error.to_string().contains("remove the files NAME-wal and NAME-shm"), "{error}");
}

#[tokio::test]
async fn a_store_of_a_newer_version_is_refused() {
    let (address, _directory) = somewhere();
    let store = open(&address).await;
    assert_eq!(store.version().await, Ok(migrations::known()));
    let mut tx = store.write().await.unwrap();
    let sql = "INSERT INTO schema_migrations (version, name) VALUES (99, 'later')";
    tx.execute_one(sql, params![]).await.unwrap();
    tx.commit().await.unwrap();
    let error = Store::open(&address).await.unwrap_err();
    assert_eq!(error, StoreError::TooNew { found: 99, known: migrations::known() });
    assert!(error.to_string().contains("run the newer Feedgate"), "{error}");
}

/// A runtime of its own for each thread: as separate as processes are, but for their locks, which SQLite keeps for
/// each connection anyway.
fn in_threads<T: Send + 'static>(count: usize, work: impl Fn(usize) -> T + Clone + Send + 'static) -> Vec<T> {
    let barrier = Arc::new(std::sync::Barrier::new(count));
    let threads: Vec<_> = (0..count)
        .map(|index| {
            let (work, barrier) = (work.clone(), Arc::clone(&barrier));
            std::thread::spawn(move || {
                barrier.wait();
                work(index)
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn sixteen_who_open_a_new_store_together_migrate_it_once() {
    let (address, _directory) = somewhere();
    let stores = in_threads(16, move |index| {
        block_on(async {
            let store = open(&address).await;
            let mut tx = store.write().await.unwrap();
            tx.execute_one(INSERT, params![index.to_string()]).await.unwrap();
            tx.commit().await.unwrap();
            store
        })
    });
    for store in &stores {
        assert_eq!(block_on(names(store)).len(), 16);
    }
}

#[test]
fn sixteen_who_mint_together_leave_exactly_five() {
    let world = block_on(World::new());
    let (address, ctx) = (world.address(), world.ctx.clone());
    let outcomes = in_threads(16, move |_| {
        block_on(async {
            let store = Store::open(&address).await.unwrap();
            let ctx = crate::Context { store, ..ctx.clone() };
            let request = token_create::Request {
                user: "ann".into(),
                label: "race".into(),
                expires_in: None,
                data_sources: Vec::new(),
            };
            token_create::run(&ctx, request).await.map(|outcome| outcome.view.id).map_err(|error| error.code)
        })
    });
    let minted: HashSet<_> = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok()).collect();
    assert_eq!(minted.len(), 5, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| !matches!(outcome, Err(code) if *code != "TokenLimitReached")));
    let request = token_list::Request { status: Some(TokenStatus::Active), ..token_list::Request::default() };
    assert_eq!(block_on(token_list::run(&world.ctx, request)).unwrap().len(), 5);
}

/// All tests of this crate, on PostgreSQL: the contract suite of the second store. Those that name files stay what they
/// are.
#[test]
fn every_test_passes_on_postgresql_too() {
    feedgate_tests::contract::again_on_postgresql("store::tests::every_test_passes_on_postgresql_too", "");
}
