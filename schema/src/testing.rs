//! A small world for the tests of the operations: the tenant `acme` with the admin `ada` and the analysts `ann` and
//! `bob`, one connection, a clock that stands at the beginning of 2026.
//!
//! It stands on SQLite, or with `FEEDGATE_TEST_STORE=postgres` on a database of its own in PostgreSQL. One test
//! (`store::tests`) runs all others a second time like that: the operations' tests are the contract of both stores.

use std::sync::Arc;

use feedgate_tests::contract::new_database;
pub(crate) use feedgate_tests::contract::on_postgres;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::clock::TestClock;
use crate::context::{Actor, Context};
use crate::error::OperationError;
use crate::hashing::{HashSettings, Hasher};
use crate::history::HistoryEntry;
use crate::id::DataSourceId;
use crate::keys::Keys;
use crate::operations::{connection_add, history_list, source_create, tenant_create, token_create, user_add};
use crate::random::{SeededRandom, SystemRandom};
use crate::records::{ConnectionKind, Role, UserRecord};
use crate::secret::Secret;
use crate::store::Store;
use crate::{lookup, token::TokenStatus};

pub(crate) struct World {
    pub(crate) ctx: Context,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) directory: TempDir,
    address: String,
}

/// The address of a store that does not exist yet, or is empty.
pub(crate) fn new_store(directory: &TempDir) -> String {
    new_database().unwrap_or_else(|| sqlite_store(directory))
}

pub(crate) fn start() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

impl World {
    pub(crate) async fn new() -> World {
        let world = World::empty().await;
        let tenant =
            tenant_create::run(&world.ctx, tenant_create::Request { name: "acme".into() }).await.unwrap();
        let world = World { ctx: Context { tenant: Some(tenant.id), ..world.ctx }, ..world };
        for (name, role) in [("ada", Role::Admin), ("ann", Role::Analyst), ("bob", Role::Analyst)] {
            world.add_user(name, role).await.unwrap();
        }
        let request = connection_add::Request {
            name: "portal".into(),
            kind: ConnectionKind::Token,
            credential: Secret::new("pat-na1-demo".into()),
            portal_id: None,
            daily_share: None,
        };
        connection_add::run(&world.ctx, request).await.unwrap();
        world
    }

    /// A store without a tenant.
    pub(crate) async fn empty() -> World {
        let directory = tempfile::tempdir().unwrap();
        let address = new_store(&directory);
        let store = Store::open(&address).await.unwrap();
        let clock = Arc::new(TestClock::at(start()));
        let key = Keys::generate("k1", &SeededRandom::new(1));
        let ctx = Context {
            store,
            clock: clock.clone(),
            random: Arc::new(SystemRandom),
            keys: Some(Arc::new(Keys::parse(key.expose()).unwrap())),
            hasher: Arc::new(Hasher::new(HashSettings::default(), &SystemRandom)),
            actor: Actor::Operator { os_user: "root".into() },
            tenant: None,
            request_id: None,
        };
        World { ctx, clock, directory, address }
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(crate) async fn add_user(&self, name: &str, role: Role) -> Result<UserRecord, OperationError> {
        let request = user_add::Request { name: name.into(), email: None, role, owner: None };
        user_add::run(&self.ctx, request).await
    }

    /// Adds a service user that `owner` answers for.
    pub(crate) async fn service(&self, name: &str, owner: &str) {
        let owner = Some(owner.to_owned());
        let request = user_add::Request { name: name.into(), email: None, role: Role::Service, owner };
        user_add::run(&self.ctx, request).await.unwrap();
    }

    pub(crate) async fn acting(&self, user: &str) -> Context {
        let user = lookup::user(&self.ctx.store, self.ctx.tenant.unwrap(), user).await.unwrap();
        Context { actor: Actor::User { id: user.id, name: user.name }, ..self.ctx.clone() }
    }

    pub(crate) async fn mint(&self, user: &str) -> Result<token_create::Outcome, OperationError> {
        let request = token_create::Request {
            user: user.into(),
            label: "refresh".into(),
            expires_in: None,
            data_sources: Vec::new(),
        };
        token_create::run(&self.ctx, request).await
    }

    pub(crate) async fn source(&self, owner: &str, name: &str) -> DataSourceId {
        let request = source_create::Request {
            name: name.into(),
            owner: owner.into(),
            connection: "portal".into(),
            definition: r#"{"objects":[{"object":"contacts","properties":null,"filter":null}]}"#.into(),
            model: None,
        };
        source_create::run(&self.ctx, request).await.unwrap().id
    }

    pub(crate) async fn status(&self, id: &crate::TokenId) -> TokenStatus {
        let credential = lookup::credential(&self.ctx.store, id).await.unwrap().unwrap();
        credential.token.status(self.ctx.now())
    }

    /// What happened, as `action user details`, oldest first.
    pub(crate) async fn history(&self) -> Vec<HistoryEntry> {
        let request = history_list::Request { limit: 1_000, ..history_list::Request::default() };
        let mut entries = history_list::run(&self.ctx, request).await.unwrap();
        entries.reverse();
        entries
    }

    pub(crate) async fn actions(&self) -> Vec<String> {
        self.history().await.iter().map(|entry| format!("{} {}", entry.kind.as_str(), entry.action)).collect()
    }
}

/// The address of a file, on whatever the tests stand.
pub(crate) fn sqlite_store(directory: &TempDir) -> String {
    format!("sqlite:{}", directory.path().join("feedgate.db").display())
}
