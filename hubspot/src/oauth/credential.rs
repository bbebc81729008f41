//! A credential that renews itself.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout_at;

use super::{OAuth, OAuthError, Tokens, endpoint};
use crate::{AccessToken, Call, Error};

/// Renewed so long before it expires: a call that is retried for half a minute must not outlive its token.
const MARGIN: Duration = Duration::from_secs(60);

type Flight = Shared<BoxFuture<'static, Result<AccessToken, OAuthError>>>;

/// The OAuth credential of a client; all its clones share it.
pub(crate) struct OAuthCredential(Arc<Inner>);

struct Inner {
    oauth: OAuth,
    portal: endpoint::Shared,
    /// What is known to work.
    current: Mutex<Option<Tokens>>,
    /// Renewed tokens that the store did not take: the refresh token in the store may be dead.
    unsaved: Mutex<Option<Tokens>>,
    /// The renewal under way, or the last one.
    flight: Mutex<Option<Flight>>,
}

impl OAuthCredential {
    pub(crate) fn new(oauth: OAuth, portal: endpoint::Shared) -> Self {
        let (current, unsaved, flight) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { oauth, portal, current, unsaved, flight }))
    }

    /// A token that works for a while; a new one, if it has to be.
    pub(crate) async fn token(&self, call: &Call) -> Result<AccessToken, Error> {
        match self.0.fresh(None) {
            Some(token) => Ok(token),
            None => self.renew(call, None).await,
        }
    }

    /// Another token than the one that HubSpot refused.
    pub(crate) async fn replace(&self, call: &Call, refused: &AccessToken) -> Result<AccessToken, Error> {
        match self.0.fresh(Some(refused)) {
            Some(token) => Ok(token),
            None => self.renew(call, Some(refused.clone())).await,
        }
    }

    /// Waits for the renewal, which goes on when nobody waits any more.
    async fn renew(&self, call: &Call, refused: Option<AccessToken>) -> Result<AccessToken, Error> {
        let flight = self.board(refused);
        match timeout_at(call.deadline, flight).await {
            Ok(outcome) => outcome.map_err(Error::from),
            Err(_) => Err(Error::Timeout),
        }
    }

    /// The renewal under way, or a new one.
    fn board(&self, refused: Option<AccessToken>) -> Flight {
        let mut flight = lock(&self.0.flight);
        if let Some(under_way) = flight.as_ref().filter(|flight| flight.peek().is_none()) {
            return under_way.clone();
        }
        let inner = Arc::clone(&self.0);
        let started = async move { inner.renewed(refused).await }.boxed().shared();
        (self.0.oauth.spawn)(started.clone().map(|_| ()).boxed());
        *flight = Some(started.clone());
        started
    }
}

impl Inner {
    /// The token in memory, unless it ends soon or is the refused one.
    fn fresh(&self, refused: Option<&AccessToken>) -> Option<AccessToken> {
        usable(lock(&self.current).as_ref()?, refused, (self.oauth.now)())
    }

    async fn renewed(&self, refused: Option<AccessToken>) -> Result<AccessToken, OAuthError> {
        let locked = self.oauth.store.lock().await?;
        let unsaved = lock(&self.unsaved).clone();
        let stored = unsaved.clone().unwrap_or_else(|| locked.tokens());
        // Another process may have been faster.
        let usable = usable(&stored, refused.as_ref(), (self.oauth.now)());
        if let (Some(token), None) = (&usable, &unsaved) {
            *lock(&self.current) = Some(stored);
            return Ok(token.clone());
        }
        let tokens = match usable {
            Some(_) => Ok(stored),
            None => endpoint::renew(&self.portal, &self.oauth.app, &stored.refresh, (self.oauth.now)()).await,
        };
        match tokens {
            Ok(tokens) => self.keep(locked, tokens).await,
            Err(OAuthError::ReconnectNeeded { message }) => {
                *lock(&self.current) = None;
                locked.reconnect_needed(message.clone()).await?;
                Err(OAuthError::ReconnectNeeded { message })
            }
            Err(error) => Err(error),
        }
    }

    /// Tokens that cannot be kept are used none the less, and offered to the store again at the next renewal.
    async fn keep(
        &self,
        locked: Box<dyn super::LockedTokens>,
        tokens: Tokens,
    ) -> Result<AccessToken, OAuthError> {
        let access =
            tokens.access.clone().ok_or_else(|| Error::malformed("tokens without an access token"))?;
        *lock(&self.current) = Some(tokens.clone());
        *lock(&self.unsaved) = Some(tokens.clone());
        match locked.save(tokens).await {
            Ok(()) => *lock(&self.unsaved) = None,
            Err(error) => tracing::error!(%error, "renewed HubSpot tokens could not be stored"),
        }
        Ok(access)
    }
}

fn usable(tokens: &Tokens, refused: Option<&AccessToken>, now: Timestamp) -> Option<AccessToken> {
    let margin = SignedDuration::try_from(MARGIN).unwrap_or_default();
    let lives = now.checked_add(margin).is_ok_and(|soon| soon < tokens.expires_at);
    tokens.access.clone().filter(|access| lives && refused != Some(access))
}

/// Clones share the credential and its renewals.
impl Clone for OAuthCredential {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl fmt::Debug for OAuthCredential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OAuthCredential").field(&self.0.oauth).finish()
    }
}

/// The data behind the locks is whole after every statement, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
