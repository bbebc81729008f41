//! One HubSpot client for each connection, so that all requests on a portal share its budgets.
//!
//! Promise: a credential is opened once for each version of its row; a replaced one is used from the next request on, and
//! so is another share of the portal's day.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hubspot::budget::shared::{Away, Claim, Claimed, Claiming, SharedWindows};
use hubspot::{AccessToken, Call, Client, Settings};
use schema::operations::connection_status;
use schema::{
    Actor, ConnectionId, ConnectionKind, ConnectionRecord, ConnectionStatus, Context, Keys, Random, Secret,
    Store, shared_window,
};

use crate::config::Config;
use crate::error::{Failure, HubspotFailure};
use crate::oauth;
use crate::tasks::Tasks;

/// The clients of this process.
pub struct Portals {
    settings: Settings,
    context: Context,
    /// Where the calls of all replicas are counted, if there can be several.
    shared: Option<Store>,
    clients: Mutex<HashMap<ConnectionId, (i64, Client)>>,
}

impl Portals {
    /// Clients that call the configured HubSpot root.
    pub(crate) fn new(config: &Config, context: Context) -> Self {
        let settings = settings(&config.hubspot_base_url, context.random.as_ref());
        let settings = Settings { daily_share: config.hubspot_daily_share, ..settings };
        let shared = context.store.is_shared().then(|| context.store.clone());
        Self { settings, context, shared, clients: Mutex::default() }
    }

    /// The client of `connection`.
    ///
    /// # Errors
    /// A fault of ours when the credential cannot be opened: the key is missing, or the row was tampered with.
    pub(crate) fn client(
        &self,
        keys: &Keys,
        connection: &ConnectionRecord,
        tasks: &Tasks,
    ) -> Result<Client, Failure> {
        let share = connection.daily_share.unwrap_or(self.settings.daily_share);
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = clients.get(&connection.id) {
            client.budgets().keep_to_share(share);
        }
        let known = match clients.get(&connection.id) {
            Some((version, client)) if *version == connection.version => return Ok(client.clone()),
            // The same portal with a new credential: its budgets have not changed.
            Some((_, client)) => Some(client.clone()),
            None => None,
        };
        let credential = opened(keys, connection)?;
        let client = match (known, connection.kind) {
            (Some(client), ConnectionKind::Token) => {
                client.with_token(AccessToken::new(credential.expose()))?
            }
            (Some(client), ConnectionKind::OAuth) => {
                client.with_grant(oauth::oauth(&self.context, connection, &credential, tasks)?)
            }
            (None, _) => {
                let windows = self.shared.as_ref().map(|store| shared_windows(store, connection));
                let settings =
                    Settings { shared_windows: windows, daily_share: share, ..self.settings.clone() };
                let client = open(&settings, &self.context, connection, &credential, tasks)?;
                learn(&client, tasks);
                client
            }
        };
        clients.insert(connection.id.clone(), (connection.version, client.clone()));
        Ok(client)
    }

    /// Remembers what HubSpot said to the credential of a connection, when it is news. Nobody waits for it. What an OAuth
    /// connection needs is remembered where its tokens are renewed.
    pub(crate) fn heard<T>(&self, connection: &ConnectionRecord, answer: &Result<T, Failure>, tasks: &Tasks) {
        let (status, message) = match answer {
            Ok(_) => (ConnectionStatus::Working, None),
            Err(Failure::Hubspot(HubspotFailure::CredentialsRejected)) => {
                (ConnectionStatus::Rejected, Some("HubSpot refuses the credential".to_owned()))
            }
            Err(_) => return,
        };
        if connection.kind == ConnectionKind::OAuth || connection.status == status {
            return;
        }
        let context = Context { actor: Actor::System { reason: "refresh" }, ..self.context.clone() };
        let (id, version) = (connection.id.clone(), connection.version);
        let learned =
            connection_status::Request { connection: id, version, status, message, portal_id: None };
        tasks.spawn(async move {
            if let Err(error) = connection_status::run(&context, learned).await {
                tracing::error!(%error, "the state of a connection could not be written down");
            }
        });
    }
}

/// Asks once for the account: its time zone tells when a spent daily limit resets. Nobody waits for it.
fn learn(client: &Client, tasks: &Tasks) {
    const ENOUGH: Duration = Duration::from_secs(10);
    let (client, stopping, call) = (client.clone(), tasks.clone(), Call::within(ENOUGH));
    tasks.spawn(async move {
        tokio::select! {
            () = stopping.stopping() => {}
            // What goes wrong here goes wrong in the next read as well, and is told there.
            _ = client.account(&call) => {}
        }
    });
}

/// The windows in which the calls through `connection` are counted, those of all replicas together.
fn shared_windows(store: &Store, connection: &ConnectionRecord) -> Arc<dyn SharedWindows> {
    Arc::new(StoredWindows { store: store.clone(), connection: connection.id.clone() })
}

#[derive(Debug)]
struct StoredWindows {
    store: Store,
    connection: ConnectionId,
}

impl SharedWindows for StoredWindows {
    fn claim(&self, claim: Claim) -> Claiming<'_> {
        Box::pin(async move {
            let wanted = shared_window::Claim {
                window: format!("{} {}", self.connection, claim.kind.as_str()),
                limit: claim.limit,
                counts_for: claim.counts_for,
                settled: claim.settled.iter().map(|settled| (settled.place, settled.until)).collect(),
            };
            match shared_window::claim(&self.store, wanted).await {
                Ok(shared_window::Claimed::Place { place, at }) => Ok(Claimed::Place { place, at }),
                Ok(shared_window::Claimed::Wait(wait)) => Ok(Claimed::Wait(wait)),
                Err(error) => Err(Away(error.to_string())),
            }
        })
    }
}

/// The settings of clients of `base_url`, with a jitter of their own.
#[must_use]
pub fn settings(base_url: &str, random: &dyn Random) -> Settings {
    let mut seed = [0; 8];
    random.fill(&mut seed);
    Settings { base_url: base_url.to_owned(), jitter_seed: u64::from_le_bytes(seed), ..Settings::default() }
}

/// A client of `connection`, whose credential is opened. What it starts beside its calls runs in `tasks`.
///
/// # Errors
/// A fault of ours when the credential is none of its kind.
pub fn open(
    settings: &Settings,
    context: &Context,
    connection: &ConnectionRecord,
    credential: &Secret,
    tasks: &Tasks,
) -> Result<Client, Failure> {
    Ok(match connection.kind {
        ConnectionKind::Token => Client::new(settings, AccessToken::new(credential.expose()))?,
        ConnectionKind::OAuth => {
            Client::with_oauth(settings, oauth::oauth(context, connection, credential, tasks)?)?
        }
    })
}

fn opened(keys: &Keys, connection: &ConnectionRecord) -> Result<Secret, Failure> {
    schema::lookup::open_credential(keys, connection).map_err(|error| {
        Failure::Internal(format!("the credential of connection {}: {error}", connection.name))
    })
}
