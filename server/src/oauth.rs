//! The OAuth tokens of connections, sealed in the store, renewed by one process at a time.
//!
//! What is sealed is the whole of it: the app with its secret, the refresh token, and the access token, which every process
//! uses while it lives. The lock on it is a lease in the connection's row, so that a process that dies with it stops the
//! others for no longer than it lasts.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use hubspot::{
    AccessToken, LockedTokens, OAuth, OAuthApp, Pending, RefreshToken, TokenStore, TokenStoreError, Tokens,
};
use jiff::Timestamp;
use schema::operations::{connection_lock, connection_renew, connection_status, connection_unlock};
use schema::{Actor, ConnectionId, ConnectionRecord, ConnectionStatus, Context, Secret};
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::error::Failure;
use crate::tasks::Tasks;

/// Longer than a renewal with all its attempts takes.
const LEASE: Duration = Duration::from_secs(40);

/// Between two looks whether the lock is free: a renewal is one call.
const LOOK: Duration = Duration::from_millis(100);

/// An app's access to one portal, as it is sealed.
#[derive(Serialize, Deserialize)]
pub struct Grant {
    client_id: String,
    client_secret: String,
    redirect_uri: String,
    refresh_token: String,
    access_token: Option<String>,
    expires_at: Timestamp,
}

impl Grant {
    /// The access that somebody just gave.
    #[must_use]
    pub fn new(app: &OAuthApp, client_secret: &Secret, tokens: &Tokens) -> Self {
        Self {
            client_id: app.client_id.clone(),
            client_secret: client_secret.expose().to_owned(),
            redirect_uri: app.redirect_uri.clone(),
            refresh_token: tokens.refresh.expose().to_owned(),
            access_token: tokens.access.as_ref().map(|access| access.expose().to_owned()),
            expires_at: tokens.expires_at,
        }
    }

    /// Reads what was sealed.
    ///
    /// # Errors
    /// When it is no grant: what, without any of it.
    pub fn read(credential: &Secret) -> Result<Self, &'static str> {
        serde_json::from_str(credential.expose()).map_err(|_| "the credential is no OAuth grant")
    }

    /// What is sealed.
    #[must_use]
    pub fn credential(&self) -> Secret {
        Secret::new(serde_json::to_string(self).unwrap_or_default())
    }

    /// The app.
    #[must_use]
    pub fn app(&self) -> OAuthApp {
        OAuthApp::new(&self.client_id, &self.client_secret, &self.redirect_uri)
    }

    /// Its tokens.
    #[must_use]
    pub fn tokens(&self) -> Tokens {
        Tokens {
            refresh: RefreshToken::new(&self.refresh_token),
            access: self.access_token.as_deref().map(AccessToken::new),
            expires_at: self.expires_at,
        }
    }

    fn renewed(&self, tokens: &Tokens) -> Self {
        Self::new(&self.app(), &Secret::new(self.client_secret.clone()), tokens)
    }
}

impl Drop for Grant {
    fn drop(&mut self) {
        self.client_secret.zeroize();
        self.refresh_token.zeroize();
        self.access_token.zeroize();
    }
}

/// What a client of `connection` keeps itself in access tokens with. `credential` is the opened one.
///
/// # Errors
/// A fault of ours when what was sealed is no grant.
pub(crate) fn oauth(
    context: &Context,
    connection: &ConnectionRecord,
    credential: &Secret,
    tasks: &Tasks,
) -> Result<OAuth, Failure> {
    let unreadable =
        |why| Failure::Internal(format!("the credential of connection {}: {why}", connection.name));
    let grant = Grant::read(credential).map_err(unreadable)?;
    let actor = Actor::System { reason: "oauth" };
    let context = Context { actor, tenant: Some(connection.tenant), ..context.clone() };
    let (clock, starter) = (Arc::clone(&context.clock), tasks.clone());
    let place = Place {
        context,
        connection: connection.id.clone(),
        version: connection.version,
        tasks: tasks.clone(),
    };
    Ok(OAuth {
        app: grant.app(),
        store: Arc::new(StoredTokens(place)),
        now: Arc::new(move || clock.now()),
        spawn: Arc::new(move |task| starter.spawn(task)),
    })
}

/// Where the tokens are.
#[derive(Clone)]
struct Place {
    context: Context,
    connection: ConnectionId,
    version: i64,
    tasks: Tasks,
}

/// The tokens of one connection, in its row.
struct StoredTokens(Place);

impl TokenStore for StoredTokens {
    fn lock(&self) -> Pending<'_, Result<Box<dyn LockedTokens>, TokenStoreError>> {
        Box::pin(async move {
            let place = self.0.clone();
            let holder = holder(&place.context);
            loop {
                let request = connection_lock::Request {
                    connection: place.connection.clone(),
                    version: place.version,
                    holder: holder.clone(),
                    lasts: LEASE,
                };
                match connection_lock::run(&place.context, request).await.map_err(told)? {
                    connection_lock::Outcome::Held(connection) => {
                        let lock = Lock { place, holder, held: true };
                        let grant = open(&lock.place.context, &connection)?;
                        return Ok(Box::new(Held { lock, grant }) as Box<dyn LockedTokens>);
                    }
                    connection_lock::Outcome::Busy => tokio::time::sleep(LOOK).await,
                    connection_lock::Outcome::Gone => {
                        return Err(TokenStoreError("the credential was replaced or removed".to_owned()));
                    }
                }
            }
        })
    }
}

fn open(context: &Context, connection: &ConnectionRecord) -> Result<Grant, TokenStoreError> {
    let keys = context.keys().map_err(told)?;
    let failed = |error: schema::KeysError| TokenStoreError(error.to_string());
    let credential = schema::lookup::open_credential(keys, connection).map_err(failed)?;
    Grant::read(&credential).map_err(|why| TokenStoreError(why.to_owned()))
}

fn told(error: schema::OperationError) -> TokenStoreError {
    TokenStoreError(error.message)
}

/// Sixteen random bytes: no two holders share them.
fn holder(context: &Context) -> String {
    let mut bytes = [0; 16];
    context.random.fill(&mut bytes);
    let mut name = String::new();
    for byte in bytes {
        // Writing to a text cannot fail.
        let _ = write!(name, "{byte:02x}");
    }
    name
}

/// The lease. Dropped, it is given back.
struct Lock {
    place: Place,
    holder: String,
    held: bool,
}

impl Lock {
    async fn give_back(mut self) -> Result<(), TokenStoreError> {
        self.held = false;
        let request = connection_unlock::Request {
            connection: self.place.connection.clone(),
            holder: self.holder.clone(),
        };
        connection_unlock::run(&self.place.context, request).await.map_err(told)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if !self.held {
            return;
        }
        let lock = Lock { place: self.place.clone(), holder: std::mem::take(&mut self.holder), held: false };
        self.place.tasks.spawn(async move {
            if let Err(error) = lock.give_back().await {
                tracing::error!(%error, "the lock on HubSpot tokens could not be given back, and ends by itself");
            }
        });
    }
}

struct Held {
    lock: Lock,
    grant: Grant,
}

impl LockedTokens for Held {
    fn tokens(&self) -> Tokens {
        self.grant.tokens()
    }

    fn save(self: Box<Self>, tokens: Tokens) -> Pending<'static, Result<(), TokenStoreError>> {
        Box::pin(async move {
            let Self { mut lock, grant } = *self;
            let request = connection_renew::Request {
                connection: lock.place.connection.clone(),
                version: lock.place.version,
                holder: lock.holder.clone(),
                credential: grant.renewed(&tokens).credential(),
            };
            connection_renew::run(&lock.place.context, request).await.map_err(told)?;
            lock.held = false;
            Ok(())
        })
    }

    fn reconnect_needed(self: Box<Self>, reason: String) -> Pending<'static, Result<(), TokenStoreError>> {
        Box::pin(async move {
            let lock = self.lock;
            let learned = connection_status::Request {
                connection: lock.place.connection.clone(),
                version: lock.place.version,
                status: ConnectionStatus::Reconnect,
                message: Some(reason),
                portal_id: None,
            };
            connection_status::run(&lock.place.context, learned).await.map_err(told)?;
            lock.give_back().await
        })
    }
}
