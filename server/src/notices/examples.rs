//! The examples of `docs/guide/notices.md`: the operations raise a notice of each kind, the code that sends it writes it.
//! `UPDATE_DOCS=1` writes them anew.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use schema::duration::Span;
use schema::notice::{Channel, NoticeKind};
use schema::operations::notice_claim::Claimed;
use schema::operations::record_requests::RequestEntry;
use schema::operations::source_update_model::{Drift, DriftKind};
use schema::operations::{self as op, mark_used, notice_target_add};
use schema::policy::Existing;
use schema::{
    Actor, ConnectionKind, ConnectionStatus, Context, DataSourceId, HashSettings, Hasher, Keys, Role, Secret,
    SeededRandom, Store, TestClock, TokenId,
};

use super::webhook::{body, signature};

const PUBLIC_URL: &str = "https://feeds.acme.example";
/// Printed on the page, so that a receiver can be tried with it.
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const MARK: &str =
    "<!-- From here on a test writes: UPDATE_DOCS=1 cargo test -p feedgate --lib examples -->\n";

struct Scene {
    ctx: Context,
    clock: Arc<TestClock>,
    source: DataSourceId,
    token: TokenId,
    told: BTreeMap<NoticeKind, Claimed>,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Scene {
        let folder = tempfile::tempdir().unwrap();
        let random = Arc::new(SeededRandom::new(7));
        let clock = Arc::new(TestClock::at("2026-01-01T00:00:00Z".parse().unwrap()));
        let ctx = Context {
            store: Store::open(&format!("sqlite:{}", folder.path().join("s.db").display())).await.unwrap(),
            clock: clock.clone(),
            keys: Some(Arc::new(Keys::parse(Keys::generate("k1", &SeededRandom::new(1)).expose()).unwrap())),
            hasher: Arc::new(Hasher::new(HashSettings::default(), random.as_ref())),
            random,
            actor: Actor::Operator { os_user: "ops".into() },
            tenant: None,
            request_id: None,
        };
        let tenant = op::tenant_create::Request { name: "acme".into() };
        let ctx = Context { tenant: Some(op::tenant_create::run(&ctx, tenant).await.unwrap().id), ..ctx };
        let user =
            op::user_add::Request { name: "anna".into(), email: None, role: Role::Analyst, owner: None };
        op::user_add::run(&ctx, user).await.unwrap();
        let secret = || Secret::new(SECRET.into());
        let connection = op::connection_add::Request {
            name: "crm".into(),
            kind: ConnectionKind::Token,
            credential: secret(),
            portal_id: None,
            daily_share: None,
        };
        op::connection_add::run(&ctx, connection).await.unwrap();
        let url = "https://hooks.acme.example/feedgate".into();
        notice_target_add::run(&ctx, notice_target_add::Request::Webhook { url, secret: secret() })
            .await
            .unwrap();
        let source = op::source_create::Request {
            name: "Sales".into(),
            owner: "anna".into(),
            connection: "crm".into(),
            definition: r#"{"objects":[{"object":"contacts"}]}"#.into(),
            model: Some(r#"{"format":1,"sets":[]}"#.into()),
        };
        let source = op::source_create::run(&ctx, source).await.unwrap().id;
        let token = op::token_create::Request {
            user: "anna".into(),
            label: "Sales report, service".into(),
            expires_in: None,
            data_sources: Vec::new(),
        };
        let token = op::token_create::run(&ctx, token).await.unwrap().view.id;
        Scene { ctx, clock, source, token, told: BTreeMap::new(), _folder: folder }
    }

    /// What the service does at this instant: it looks, and takes what is to be sent.
    async fn look(&mut self, at: &str) {
        self.clock.set(at.parse().unwrap());
        op::notice_watch::run(&self.ctx, op::notice_watch::Request::All).await.unwrap();
        let lease = Duration::from_secs(60);
        let request = op::notice_claim::Request { channels: vec![Channel::Webhook], limit: 20, lease };
        for claimed in op::notice_claim::run(&self.ctx, request).await.unwrap() {
            self.told.entry(claimed.notice.kind).or_insert(claimed);
        }
    }

    /// A refresh that one answer makes up.
    async fn refresh(&self, at: &str, failure: Option<(u16, &str)>) {
        self.clock.set(at.parse().unwrap());
        let entry = RequestEntry {
            at: self.ctx.clock.now(),
            request_id: at.into(),
            tenant: self.ctx.tenant,
            token: Some(self.token.clone()),
            user: Some("anna".into()),
            data_source: Some(self.source.clone()),
            entity_set: Some("contacts".into()),
            query: None,
            address: Some("203.0.113.7".into()),
            client: None,
            status: failure.map_or(200, |(status, _)| status),
            error_code: failure.map(|(_, code)| code.to_owned()),
            rows: if failure.is_none() { 12_000 } else { 0 },
            bytes: 2_000_000,
            duration: Duration::from_secs(9),
            upstream_calls: 60,
            nulled_values: 0,
            more: false,
            chain: Some(7),
        };
        op::record_requests::run(&self.ctx, op::record_requests::Request { entries: vec![entry] })
            .await
            .unwrap();
        self.used().await;
    }

    async fn used(&self) {
        let at = self.ctx.clock.now();
        let used = mark_used::Use { token: self.token.clone(), at, address: Some("203.0.113.7".into()) };
        mark_used::run(&self.ctx, mark_used::Request { uses: vec![used] }).await.unwrap();
    }

    async fn connection(&self, status: ConnectionStatus, message: Option<&str>) {
        let list = op::connection_list::Request::default();
        let connection = op::connection_list::run(&self.ctx, list).await.unwrap().remove(0);
        let (connection, version) = (connection.id, connection.version);
        let message = message.map(str::to_owned);
        let request =
            op::connection_status::Request { connection, version, status, message, portal_id: None };
        op::connection_status::run(&self.ctx, request).await.unwrap();
    }

    /// Two months of a tenant to which everything happens.
    async fn live(&mut self) {
        for day in 10..=28 {
            self.refresh(&format!("2026-02-{day}T03:00:00Z"), None).await;
        }
        self.look("2026-03-02T00:00:00Z").await;
        self.refresh("2026-03-02T03:00:00Z", Some((502, "SourceCredentialsRejected"))).await;
        self.connection(ConnectionStatus::Rejected, Some("HubSpot refuses the credential")).await;
        self.look("2026-03-02T03:00:05Z").await;
        self.clock.set("2026-03-02T08:00:00Z".parse().unwrap());
        self.connection(ConnectionStatus::Working, None).await;
        self.refresh("2026-03-02T08:05:00Z", None).await;
        self.look("2026-03-02T08:20:00Z").await;
        let drift = vec![Drift { kind: DriftKind::Vanished, column: "contacts/score".into() }];
        let model = r#"{"format":1,"sets":[],"changed":true}"#.into();
        let request =
            op::source_update_model::Request { id: self.source.clone(), model, based_on: None, drift };
        op::source_update_model::run(&self.ctx, request).await.unwrap();
        let request = op::policy_set::Request {
            max_lifetime: Some(Span::days(20)),
            existing: Existing::Clamp { grace: Duration::ZERO },
            ..op::policy_set::Request::default()
        };
        op::policy_set::run(&self.ctx, request).await.unwrap();
        let overlap = Duration::from_secs(14 * 86_400);
        let rotate = op::token_rotate::Request { id: self.token.clone(), overlap };
        op::token_rotate::run(&self.ctx, rotate).await.unwrap();
        op::notice_test::run(&self.ctx, op::notice_test::Request::default()).await.unwrap();
        self.look("2026-03-02T09:00:00Z").await;
        self.clock.set("2026-03-09T03:00:00Z".parse().unwrap());
        self.used().await;
        self.look("2026-03-09T09:00:00Z").await;
    }
}

fn written(told: &BTreeMap<NoticeKind, Claimed>) -> String {
    let mut text = String::new();
    for kind in NoticeKind::ALL {
        let claimed = told.get(kind).unwrap_or_else(|| panic!("{kind:?} was not raised"));
        let body = serde_json::to_string_pretty(&body(claimed, PUBLIC_URL)).unwrap();
        writeln!(text, "\n### {}\n\n```json\n{body}\n```", kind.as_str()).unwrap();
    }
    let test = &told[&NoticeKind::Test];
    let body = body(test, PUBLIC_URL).to_string();
    let at = test.notice.at.as_second().to_string();
    let signature = signature(&Secret::new(SECRET.into()), &test.notice.id, &at, &body);
    write!(
        text,
        "\n## A request to try a receiver with\n\nThe last example as it is sent, signed with the secret `{SECRET}`. A \
         receiver that checks the time has to be told that it is {} (or to skip that check for this once); with any other \
         byte in the body it must refuse.\n\n```http\nPOST /feedgate HTTP/1.1\nContent-Type: application/json\n\
         webhook-id: {}\nwebhook-timestamp: {at}\nwebhook-signature: {signature}\n\n{body}\n```\n",
        test.notice.at, test.notice.id,
    )
    .unwrap();
    text
}

#[tokio::test]
async fn the_guide_shows_a_notice_of_each_kind_as_it_is_sent() {
    let mut scene = Scene::new().await;
    scene.live().await;
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/guide/notices.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (prose, found) = page.split_once(MARK).expect("the page has the mark");
    for kind in NoticeKind::ALL {
        assert!(prose.contains(&format!("`{}`", kind.as_str())), "the page says when {kind:?} is sent");
    }
    let text = written(&scene.told);
    #[expect(clippy::disallowed_methods, reason = "a switch of this test, not configuration")]
    let updating = std::env::var("UPDATE_DOCS").is_ok();
    if updating {
        std::fs::write(&path, format!("{prose}{MARK}{text}")).unwrap();
        return;
    }
    assert!(
        found == text,
        "docs/guide/notices.md is stale: UPDATE_DOCS=1 cargo test -p feedgate --lib examples"
    );
}
