//! Connecting by OAuth, against a portal that plays HubSpot's part.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hubspot::{
    Client, Error, ListRequest, MemoryTokenStore, OAuth, OAuthApp, OAuthError, RefreshToken, Settings,
};
use hubspot_sim::{Quirks, Running, Simulator};
use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

use crate::world::soon;

const SCOPES: &str = "crm.objects.contacts.read";

struct World {
    portal: Running,
    app: OAuthApp,
    settings: Settings,
    clock: Arc<Mutex<Timestamp>>,
}

impl World {
    async fn new() -> World {
        let portal = Simulator::start(hubspot_sim::Settings::small(20), "127.0.0.1:0").await.unwrap();
        let app = OAuthApp::new("feedgate-demo", "feedgate-demo-secret", "https://feedgate.example/callback");
        let retry_pause = Duration::from_millis(1);
        let settings = Settings { base_url: portal.base_url(), retry_pause, ..Settings::default() };
        World { portal, app, settings, clock: Arc::new(Mutex::new(Timestamp::UNIX_EPOCH)) }
    }

    /// The code that the browser of somebody who consents comes back with.
    async fn consent(&self) -> String {
        let url = self.app.authorize_url(&self.portal.base_url(), &[SCOPES], &[], "state");
        let path = url.strip_prefix(&self.portal.base_url()).unwrap();
        let mut stream = tokio::net::TcpStream::connect(self.portal.address()).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (_, rest) = answer.split_once("callback?code=").unwrap();
        rest.split_once("&state=state").unwrap().0.to_owned()
    }

    async fn connect(&self) -> (Client, MemoryTokenStore) {
        let now = *self.clock.lock().unwrap();
        let grant = self.app.exchange(&self.settings, &self.consent().await, now).await.unwrap();
        assert_eq!((grant.portal_id, grant.scopes), (Some(48_213_377), vec![SCOPES.to_owned()]));
        let (store, clock) = (MemoryTokenStore::new(grant.tokens), Arc::clone(&self.clock));
        let tasks: Mutex<JoinSet<()>> = Mutex::default();
        let oauth = OAuth {
            app: self.app.clone(),
            store: Arc::new(store.clone()),
            now: Arc::new(move || *clock.lock().unwrap()),
            spawn: Arc::new(move |task| {
                tasks.lock().unwrap().spawn(task);
            }),
        };
        (Client::with_oauth(&self.settings, oauth).unwrap(), store)
    }

    /// Time passes for both sides.
    fn pass(&self, seconds: u32) {
        self.portal.advance_clock(Duration::from_secs(seconds.into()));
        *self.clock.lock().unwrap() += SignedDuration::from_secs(seconds.into());
    }

    fn renewals(&self) -> usize {
        self.portal.journal(0).iter().filter(|call| call.body.contains("grant_type=refresh_token")).count()
    }
}

async fn read(client: &Client) -> Result<usize, Error> {
    let request = ListRequest { limit: 100, ..ListRequest::default() };
    client.list(&soon(), "contacts", &request).await.map(|page| page.records.len())
}

#[tokio::test]
async fn a_connection_outlives_its_access_tokens() {
    for rotate_refresh_tokens in [false, true] {
        let world = World::new().await;
        world.portal.set_quirks(Quirks { rotate_refresh_tokens, ..Quirks::default() });
        let (client, _) = world.connect().await;
        for _ in 0..5 {
            assert_eq!(read(&client).await, Ok(20));
            world.pass(1_790);
        }
        assert_eq!(world.renewals(), 4);
        assert!(world.portal.journal(0).iter().all(|call| call.status != 401));
    }
}

#[tokio::test]
async fn a_token_that_ends_before_its_time_is_replaced() {
    let world = World::new().await;
    let (client, _) = world.connect().await;
    world.portal.advance_clock(Duration::from_secs(3_600));
    assert_eq!(read(&client).await, Ok(20));
    assert_eq!(world.renewals(), 1);
}

#[tokio::test]
async fn a_revoked_connection_says_that_somebody_must_connect_again() {
    let world = World::new().await;
    let (client, store) = world.connect().await;
    let refresh = store.tokens().await.refresh;
    assert!(world.app.introspect(&world.settings, &refresh).await.unwrap().active);
    world.app.revoke(&world.settings, &refresh).await.unwrap();
    assert!(!world.app.introspect(&world.settings, &refresh).await.unwrap().active);
    world.pass(1_800);
    let outcome = read(&client).await;
    assert!(matches!(outcome, Err(Error::CredentialsRejected { .. })), "{outcome:?}");
    assert!(store.reconnect_reason().await.is_some());
}

#[tokio::test]
async fn a_stranger_is_not_taken_for_the_app() {
    let world = World::new().await;
    let stranger = OAuthApp::new("feedgate-demo", "wrong", "https://feedgate.example/callback");
    let outcome = stranger.introspect(&world.settings, &RefreshToken::new("x")).await;
    assert!(matches!(outcome, Err(OAuthError::AppRejected { .. })), "{outcome:?}");
    let outcome = world.app.exchange(&world.settings, "no such code", Timestamp::UNIX_EPOCH).await;
    assert!(matches!(outcome, Err(OAuthError::CodeRejected { .. })), "{outcome:?}");
}
