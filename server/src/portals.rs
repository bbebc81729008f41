//! One HubSpot client for each connection, so that all requests on a portal share its budgets.
//!
//! Promise: a credential is opened once for each version of its row; a replaced one is used from the next request on.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use hubspot::{AccessToken, Call, Client, Settings};
use schema::{ConnectionId, ConnectionRecord, Keys, Random};

use crate::config::Config;
use crate::error::Failure;
use crate::tasks::Tasks;

/// The clients of this process.
pub struct Portals {
    settings: Settings,
    clients: Mutex<HashMap<ConnectionId, (i64, Client)>>,
}

impl Portals {
    /// Clients that call the configured HubSpot root.
    pub(crate) fn new(config: &Config, random: &dyn Random) -> Self {
        let settings = settings(&config.hubspot_base_url, random);
        let settings = Settings { daily_share: config.hubspot_daily_share, ..settings };
        Self { settings, clients: Mutex::default() }
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
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let client = match clients.get(&connection.id) {
            Some((version, client)) if *version == connection.version => return Ok(client.clone()),
            // The same portal with a new credential: its budgets have not changed.
            Some((_, client)) => client.with_token(credential(keys, connection)?)?,
            None => {
                let client = open(&self.settings, keys, connection)?;
                learn(&client, tasks);
                client
            }
        };
        clients.insert(connection.id.clone(), (connection.version, client.clone()));
        Ok(client)
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

/// The settings of clients of `base_url`, with a jitter of their own.
#[must_use]
pub fn settings(base_url: &str, random: &dyn Random) -> Settings {
    let mut seed = [0; 8];
    random.fill(&mut seed);
    Settings { base_url: base_url.to_owned(), jitter_seed: u64::from_le_bytes(seed), ..Settings::default() }
}

/// A client with the opened credential of `connection`.
///
/// # Errors
/// A fault of ours when the credential cannot be opened.
pub fn open(settings: &Settings, keys: &Keys, connection: &ConnectionRecord) -> Result<Client, Failure> {
    Ok(Client::new(settings, credential(keys, connection)?)?)
}

fn credential(keys: &Keys, connection: &ConnectionRecord) -> Result<AccessToken, Failure> {
    let secret = schema::lookup::open_credential(keys, connection).map_err(|error| {
        Failure::Internal(format!("the credential of connection {}: {error}", connection.name))
    })?;
    Ok(AccessToken::new(secret.expose()))
}
