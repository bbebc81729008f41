//! A tenant whose night refresh works: the admin `ada`, the analysts `ann` and `bob`, the data source "Sales" of ann, a
//! token "night" that has read it each night at three for twenty nights. The clock stands at eight in the morning after.
//! It stands on SQLite, and once more on PostgreSQL.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use feedgate_tests::contract::new_database;
use jiff::SignedDuration;
use schema::operations::record_refusals::{self, Refusal};
use schema::operations::record_requests::{self, RequestEntry};
use schema::operations::source_share::Grantee;
use schema::operations::{
    connection_add, connection_list, connection_status, mark_used, meta_get, meta_set, source_create,
    source_share, tenant_create, token_create, token_revoke, user_add,
};
use schema::{
    Actor, ConnectionKind, ConnectionStatus, Context, DataSourceId, HashSettings, Hasher, Keys, Role, Secret,
    SeededRandom, Store, TestClock, TokenId, lookup,
};
use tempfile::TempDir;

use super::super::collect::collect;
use super::super::facts::{Facts, Focus};
use super::super::probe::Reach;
use crate::failure::Failure;

pub(super) struct Desk {
    pub(super) ctx: Context,
    pub(super) clock: Arc<TestClock>,
    pub(super) sales: DataSourceId,
    pub(super) token: TokenId,
    /// HubSpot's address, when it is to be asked.
    pub(super) hubspot: Option<String>,
    /// Whether the public URL is to be asked.
    pub(super) public_url: bool,
    /// The store, when it is a file.
    store_file: Option<PathBuf>,
    _folder: TempDir,
}

/// Where the requests of the night come from.
pub(super) const CLOUD: &str = "198.51.100.20";

impl Desk {
    pub(super) async fn new() -> Desk {
        Desk::with("pat-na1-demo").await
    }

    /// With this credential for HubSpot.
    pub(super) async fn with(credential: &str) -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("feedgate.db");
        let database = new_database();
        let store_file = database.is_none().then(|| file.clone());
        let address = database.unwrap_or_else(|| format!("sqlite:{}", file.display()));
        let clock = Arc::new(TestClock::at("2026-01-04T08:00:00Z".parse().unwrap()));
        let random = Arc::new(SeededRandom::new(7));
        let ctx = Context {
            store: Store::open(&address).await.unwrap(),
            clock: clock.clone(),
            keys: Some(Arc::new(keys("k1"))),
            hasher: Arc::new(Hasher::new(HashSettings::default(), random.as_ref())),
            random,
            actor: Actor::Operator { os_user: "root".into() },
            tenant: None,
            request_id: None,
        };
        let tenant = tenant_create::run(&ctx, tenant_create::Request { name: "acme".into() }).await.unwrap();
        let ctx = Context { tenant: Some(tenant.id), ..ctx };
        for (name, role) in [("ada", Role::Admin), ("ann", Role::Analyst), ("bob", Role::Analyst)] {
            let request = user_add::Request { name: name.into(), email: None, role, owner: None };
            user_add::run(&ctx, request).await.unwrap();
        }
        let nowhere = DataSourceId::parse("aaaaaaaaaa").unwrap();
        let token = TokenId::parse("0123456789abcdef").unwrap();
        let mut desk = Desk {
            ctx,
            clock,
            sales: nowhere,
            token,
            hubspot: None,
            public_url: false,
            store_file,
            _folder: folder,
        };
        desk.connect("portal", credential).await;
        desk.note(meta_get::PUBLIC_URL, "https://feeds.example.org").await;
        desk.note(meta_get::SERVER_VERSION, env!("CARGO_PKG_VERSION")).await;
        desk.sales = desk.source("ann", "Sales").await;
        desk.token = desk.mint("ann", "night", &[]).await;
        desk.nights(20).await;
        desk
    }

    /// Adds a connection.
    pub(super) async fn connect(&self, name: &str, credential: &str) {
        let request = connection_add::Request {
            name: name.into(),
            kind: ConnectionKind::Token,
            credential: Secret::new(credential.into()),
            portal_id: None,
            daily_share: None,
        };
        connection_add::run(&self.ctx, request).await.unwrap();
    }

    /// As the service notes that HubSpot rejected a connection's credential.
    pub(super) async fn reject(&self, name: &str) {
        let list = connection_list::run(&self.ctx, connection_list::Request {}).await.unwrap();
        let connection = list.into_iter().find(|one| one.name == name).unwrap();
        let request = connection_status::Request {
            connection: connection.id,
            version: connection.version,
            status: ConnectionStatus::Rejected,
            message: Some("the token expired yesterday".into()),
            portal_id: None,
        };
        connection_status::run(&self.ctx, request).await.unwrap();
    }

    /// So many nights, each with a refresh at three; it is eight in the morning afterwards.
    pub(super) async fn nights(&self, count: u32) {
        for _ in 0..count {
            self.pass(19 * 3_600);
            self.answer(&self.token, &self.sales, None).await;
            self.pass(5 * 3_600);
        }
    }

    pub(super) fn pass(&self, seconds: i64) {
        self.clock.advance(SignedDuration::from_secs(seconds));
    }

    pub(super) async fn note(&self, name: &'static str, value: &str) {
        meta_set::run(&self.ctx, meta_set::Request { name, value: value.into() }).await.unwrap();
    }

    pub(super) async fn acting(&self, user: &str) -> Context {
        let user = lookup::user(&self.ctx.store, self.ctx.tenant.unwrap(), user).await.unwrap();
        Context { actor: Actor::User { id: user.id, name: user.name }, ..self.ctx.clone() }
    }

    pub(super) async fn mint(&self, user: &str, label: &str, data_sources: &[DataSourceId]) -> TokenId {
        let request = token_create::Request {
            user: user.into(),
            label: label.into(),
            expires_in: None,
            data_sources: data_sources.to_vec(),
        };
        token_create::run(&self.ctx, request).await.unwrap().view.id
    }

    pub(super) async fn revoke(&self, token: &TokenId) {
        let request = token_revoke::Request { id: token.clone(), reason: None };
        token_revoke::run(&self.ctx, request).await.unwrap();
    }

    /// A data source over contacts, with a model that has no columns of HubSpot's.
    pub(super) async fn source(&self, owner: &str, name: &str) -> DataSourceId {
        self.source_with(owner, name, "contacts", Some(r#"{"format":1,"sets":[]}"#)).await
    }

    pub(super) async fn source_with(
        &self,
        owner: &str,
        name: &str,
        object: &str,
        model: Option<&str>,
    ) -> DataSourceId {
        let definition =
            format!(r#"{{"objects":[{{"object":"{object}","properties":null,"filter":null}}]}}"#);
        let request = source_create::Request {
            name: name.into(),
            owner: owner.into(),
            connection: "portal".into(),
            definition,
            model: model.map(str::to_owned),
        };
        source_create::run(&self.ctx, request).await.unwrap().id
    }

    pub(super) async fn share(&self, source: &DataSourceId, user: &str) {
        let request = source_share::Request { id: source.clone(), with: Grantee::User(user.into()) };
        source_share::run(&self.ctx, request).await.unwrap();
    }

    /// As the service records an answer to a token at this instant.
    pub(super) async fn answer(&self, token: &TokenId, source: &DataSourceId, error: Option<(u16, &str)>) {
        let credential = lookup::credential(&self.ctx.store, token).await.unwrap().unwrap();
        let entry = RequestEntry {
            at: self.ctx.now(),
            request_id: "r".into(),
            tenant: self.ctx.tenant,
            token: Some(token.clone()),
            user: Some(credential.user.name),
            data_source: Some(source.clone()),
            entity_set: Some("contacts".into()),
            query: None,
            address: Some(CLOUD.into()),
            client: Some("Microsoft.Data.Mashup".into()),
            status: error.map_or(200, |(status, _)| status),
            error_code: error.map(|(_, code)| code.to_owned()),
            rows: 100,
            bytes: 5_000,
            duration: Duration::from_millis(40),
            upstream_calls: 1,
            nulled_values: 0,
            more: false,
            chain: None,
        };
        record_requests::run(&self.ctx, record_requests::Request { entries: vec![entry] }).await.unwrap();
        let used = mark_used::Use { token: token.clone(), at: self.ctx.now(), address: Some(CLOUD.into()) };
        mark_used::run(&self.ctx, mark_used::Request { uses: vec![used] }).await.unwrap();
    }

    /// As the service records a refused credential.
    pub(super) async fn refuse(&self, token: &TokenId, reason: &'static str, address: &str) {
        self.refused(Some(token), reason, address, &self.sales).await;
    }

    /// The same with or without a token that exists, at this data source.
    pub(super) async fn refused(
        &self,
        token: Option<&TokenId>,
        reason: &'static str,
        address: &str,
        source: &DataSourceId,
    ) {
        let refusal = Refusal {
            token: token.cloned(),
            tenant: self.ctx.tenant,
            reason,
            address: address.into(),
            at: self.ctx.now(),
            count: 3,
            request_id: None,
            data_source: Some(source.clone()),
            client: Some("Microsoft.Data.Mashup".into()),
        };
        let request = record_refusals::Request { refusals: vec![refusal] };
        record_refusals::run(&self.ctx, request).await.unwrap();
    }

    pub(super) fn reach(&self) -> Reach {
        Reach {
            hubspot: self.hubspot.clone(),
            random: self.ctx.random.clone(),
            public_url: self.public_url,
            power_bi: None,
            store_file: self.store_file.clone(),
        }
    }

    pub(super) async fn facts(&self, ctx: &Context, focus: Focus) -> Facts {
        self.try_facts(ctx, focus).await.unwrap()
    }

    pub(super) async fn try_facts(&self, ctx: &Context, focus: Focus) -> Result<Facts, Failure> {
        let tenant = lookup::tenant(&self.ctx.store, None).await.unwrap();
        collect(ctx, tenant, focus, &self.reach()).await
    }
}

/// A key of this id.
pub(super) fn keys(id: &str) -> Keys {
    Keys::parse(Keys::generate(id, &SeededRandom::new(1)).expose()).unwrap()
}
