//! The credential against scripted answers: one renewal whoever waits, and what becomes of its outcome.

use std::sync::Mutex;

use futures_util::FutureExt;
use tokio::task::JoinSet;

use super::*;
use crate::scripted::{Answer, Script, soon};
use crate::{Client, Error};

const NOW: i64 = 1_793_498_400;
const EMPTY: &str = r#"{"results":[]}"#;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(NOW + seconds).unwrap()
}

fn app() -> OAuthApp {
    OAuthApp::new("app", "geheim", "https://feedgate.example/callback")
}

fn tokens(access: Option<&str>, life: i64) -> Tokens {
    let refresh = RefreshToken::new("na1-refresh");
    Tokens { refresh, access: access.map(AccessToken::new), expires_at: at(life) }
}

/// A client, its store, and the tasks it started.
struct World {
    client: Client,
    store: MemoryTokenStore,
    tasks: Arc<Mutex<JoinSet<()>>>,
}

fn world(script: &Script, tokens: Tokens) -> World {
    let store = MemoryTokenStore::new(tokens);
    let tasks: Arc<Mutex<JoinSet<()>>> = Arc::default();
    let started = Arc::clone(&tasks);
    let oauth = OAuth {
        app: app(),
        store: Arc::new(store.clone()),
        now: Arc::new(|| at(0)),
        spawn: Arc::new(move |task| {
            started.lock().unwrap().spawn(task);
        }),
    };
    World { client: Client::with_oauth(&script.settings(), oauth).unwrap(), store, tasks }
}

fn given(access: &str, refresh: &str) -> Answer {
    let body = format!(
        r#"{{"token_type":"bearer","refresh_token":"{refresh}","access_token":"{access}","hub_id":7,"expires_in":1800}}"#
    );
    Answer::json(200, &body)
}

const DEAD: &str = r#"{"error":"invalid_grant","error_description":"refresh token is invalid, expired or revoked",
    "status":"BAD_REFRESH_TOKEN","message":"refresh token is invalid, expired or revoked"}"#;

async fn ask(client: &Client) -> Result<usize, Error> {
    client.pipelines(&soon(), "deals").await.map(|found| found.len())
}

/// Who asked with which token, and what for.
fn asked(script: &Script) -> Vec<String> {
    let one = |asked: &crate::scripted::Asked| {
        let bearer = asked.head.lines().find_map(|line| line.strip_prefix("authorization: bearer "));
        bearer.map_or_else(|| asked.target.clone(), str::to_owned)
    };
    script.asked().iter().map(one).collect()
}

#[tokio::test]
async fn a_token_that_lives_is_used_and_one_that_ends_within_a_minute_is_renewed() {
    let script = Script::of([Answer::json(200, EMPTY)]).await;
    assert_eq!(ask(&world(&script, tokens(Some("old"), 61)).client).await, Ok(0));
    assert_eq!(asked(&script), ["old"]);
    let script = Script::of([given("new", "na1-next"), Answer::json(200, EMPTY)]).await;
    let world = world(&script, tokens(Some("old"), 60));
    assert_eq!(ask(&world.client).await, Ok(0));
    assert_eq!(asked(&script), ["/oauth/2026-09/token", "new"]);
    let form = "client_id=app&client_secret=geheim&grant_type=refresh_token&refresh_token=na1-refresh";
    assert_eq!(script.asked()[0].body, form);
    let kept = world.store.tokens().await;
    assert_eq!((kept.refresh.expose(), kept.expires_at), ("na1-next", at(1_800)));
}

#[tokio::test]
async fn many_calls_share_one_renewal() {
    let answers = [given("new", "r")].into_iter().chain((0..8).map(|_| Answer::json(200, EMPTY)));
    let script = Script::of(answers).await;
    let world = world(&script, tokens(None, 0));
    let mut calls = JoinSet::new();
    for _ in 0..8 {
        let client = world.client.clone();
        calls.spawn(async move { ask(&client).await });
    }
    assert!(calls.join_all().await.iter().all(|outcome| *outcome == Ok(0)));
    assert_eq!(asked(&script).iter().filter(|what| what.starts_with("/oauth")).count(), 1);
}

#[tokio::test]
async fn a_401_leads_to_one_renewal_and_no_second_one() {
    let refused = || Answer::json(401, r#"{"category":"EXPIRED_AUTHENTICATION","message":"expired"}"#);
    let script = Script::of([refused(), given("new", "r"), Answer::json(200, EMPTY)]).await;
    assert_eq!(ask(&world(&script, tokens(Some("old"), 900)).client).await, Ok(0));
    assert_eq!(asked(&script), ["old", "/oauth/2026-09/token", "new"]);
    let script = Script::of([refused(), given("new", "r"), refused(), Answer::json(200, EMPTY)]).await;
    let outcome = ask(&world(&script, tokens(Some("old"), 900)).client).await;
    assert!(matches!(outcome, Err(Error::CredentialsRejected { .. })), "{outcome:?}");
    assert_eq!(script.asked().len(), 3);
}

#[tokio::test]
async fn a_403_leads_to_no_renewal() {
    let script = Script::of([Answer::json(403, r#"{"category":"MISSING_SCOPES"}"#)]).await;
    let outcome = ask(&world(&script, tokens(Some("old"), 900)).client).await;
    assert!(matches!(outcome, Err(Error::ScopeMissing { .. })), "{outcome:?}");
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn a_dead_refresh_token_is_told_to_the_store_and_to_the_caller() {
    let script = Script::of([Answer::json(400, DEAD)]).await;
    let world = world(&script, tokens(None, 0));
    let outcome = ask(&world.client).await;
    let Err(Error::CredentialsRejected { message }) = outcome else { panic!("{outcome:?}") };
    assert!(message.starts_with("the portal must be connected again"), "{message}");
    let reason = world.store.reconnect_reason().await;
    assert_eq!(reason.as_deref(), Some("refresh token is invalid, expired or revoked"));
}

#[tokio::test]
async fn a_renewal_that_failed_in_passing_is_tried_again_and_kills_nothing() {
    let script = Script::of([Answer::json(503, ""), given("new", "r"), Answer::json(200, EMPTY)]).await;
    let world = world(&script, tokens(None, 0));
    assert_eq!(ask(&world.client).await, Ok(0));
    assert_eq!(world.store.reconnect_reason().await, None);
}

#[tokio::test]
async fn what_another_process_renewed_is_taken_over() {
    let script =
        Script::of([Answer::json(200, EMPTY), Answer::json(401, "{}"), Answer::json(200, EMPTY)]).await;
    let world = world(&script, tokens(Some("one"), 900));
    assert_eq!(ask(&world.client).await, Ok(0));
    let held = world.store.lock().await.unwrap();
    held.save(tokens(Some("two"), 1_800)).await.unwrap();
    assert_eq!(ask(&world.client).await, Ok(0));
    assert_eq!(asked(&script), ["one", "one", "two"]);
}

#[tokio::test]
async fn a_renewal_goes_on_when_nobody_waits_any_more() {
    let script = Script::of([given("new", "na1-next")]).await;
    let world = world(&script, tokens(None, 0));
    // Asked for, and dropped at once.
    assert!(world.client.token(&soon()).now_or_never().is_none());
    let tasks = std::mem::take(&mut *world.tasks.lock().unwrap());
    tasks.join_all().await;
    assert_eq!(world.store.tokens().await.refresh.expose(), "na1-next");
}

/// A store that cannot write.
struct Broken(MemoryTokenStore, Arc<Mutex<u32>>);

struct BrokenLock(Box<dyn LockedTokens>, Arc<Mutex<u32>>);

impl TokenStore for Broken {
    fn lock(&self) -> Pending<'_, Result<Box<dyn LockedTokens>, TokenStoreError>> {
        let left = Arc::clone(&self.1);
        Box::pin(async move {
            let held = self.0.lock().await?;
            Ok(Box::new(BrokenLock(held, left)) as Box<dyn LockedTokens>)
        })
    }
}

impl LockedTokens for BrokenLock {
    fn tokens(&self) -> Tokens {
        self.0.tokens()
    }

    fn save(self: Box<Self>, tokens: Tokens) -> Pending<'static, Result<(), TokenStoreError>> {
        let mut left = self.1.lock().unwrap();
        if *left == 0 {
            return self.0.save(tokens);
        }
        *left -= 1;
        Box::pin(std::future::ready(Err(TokenStoreError("the disk is full".to_owned()))))
    }

    fn reconnect_needed(self: Box<Self>, reason: String) -> Pending<'static, Result<(), TokenStoreError>> {
        self.0.reconnect_needed(reason)
    }
}

#[tokio::test]
async fn a_replaced_refresh_token_that_could_not_be_stored_is_not_forgotten() {
    let refused = Answer::json(401, "{}");
    let script = Script::of([
        given("new", "na1-second"),
        Answer::json(200, EMPTY),
        refused,
        given("newer", "na1-third"),
        Answer::json(200, EMPTY),
    ])
    .await;
    let memory = MemoryTokenStore::new(tokens(None, 0));
    let tasks: Arc<Mutex<JoinSet<()>>> = Arc::default();
    let oauth = OAuth {
        app: app(),
        store: Arc::new(Broken(memory.clone(), Arc::new(Mutex::new(1)))),
        now: Arc::new(|| at(0)),
        spawn: Arc::new(move |task| {
            tasks.lock().unwrap().spawn(task);
        }),
    };
    let client = Client::with_oauth(&script.settings(), oauth).unwrap();
    assert_eq!(ask(&client).await, Ok(0));
    assert_eq!(memory.tokens().await.refresh.expose(), "na1-refresh");
    assert_eq!(ask(&client).await, Ok(0));
    assert!(script.asked()[3].body.ends_with("refresh_token=na1-second"), "{:?}", script.asked()[3].body);
    assert_eq!(memory.tokens().await.refresh.expose(), "na1-third");
}

#[tokio::test]
async fn a_code_becomes_tokens_once() {
    let used = r#"{"status":"BAD_AUTH_CODE","message":"missing or unknown auth code"}"#;
    let script = Script::of([given("new", "r"), Answer::json(400, used)]).await;
    let grant = app().exchange(&script.settings(), "a b", at(0)).await.unwrap();
    assert_eq!((grant.portal_id, grant.tokens.expires_at), (Some(7), at(1_800)));
    let form = "client_id=app&client_secret=geheim&grant_type=authorization_code&redirect_uri=https%3A%2F%2Ffeedgate.example%2Fcallback&code=a%20b";
    assert_eq!(script.asked()[0].body, form);
    let again = app().exchange(&script.settings(), "a b", at(0)).await;
    assert!(matches!(again, Err(OAuthError::CodeRejected { .. })), "{again:?}");
}

#[tokio::test]
async fn an_unknown_app_is_not_a_portal_to_connect_again() {
    let said = r#"{"status":"BAD_CLIENT_SECRET","error":"invalid_client","message":"no"}"#;
    let script = Script::of([Answer::json(400, said)]).await;
    let world = world(&script, tokens(None, 0));
    let outcome = ask(&world.client).await;
    assert!(matches!(outcome, Err(Error::CredentialsRejected { .. })), "{outcome:?}");
    assert_eq!(world.store.reconnect_reason().await, None);
}

#[test]
fn the_address_of_the_consent_names_app_scopes_and_state() {
    let url = app().authorize_url("https://app.hubspot.com/", &["a.read", "b"], &["c"], "s&1");
    let expected = "https://app.hubspot.com/oauth/authorize?client_id=app&redirect_uri=https%3A%2F%2Ffeedgate.example\
        %2Fcallback&scope=a.read%20b&optional_scope=c&state=s%261";
    assert_eq!(url, expected);
}

#[test]
fn no_secret_is_printed() {
    let text = format!("{:?} {:?} {:?}", app(), tokens(Some("zugang"), 1), RefreshToken::new("na1-neu"));
    assert!(!["geheim", "zugang", "na1"].iter().any(|secret| text.contains(secret)), "{text}");
}
