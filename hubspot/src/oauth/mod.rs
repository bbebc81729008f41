//! OAuth: an app that people connect to their portal. The access token lives for half an hour and is renewed with the
//! refresh token, which HubSpot may replace at any renewal.
//!
//! Promises: however many calls need a new token, one renewal runs in this process, and under the store's lock one in
//! all processes. It runs to its end also when everybody who waited has gone, so that a replaced refresh token is never
//! lost on the way. A refresh token that HubSpot no longer takes is told to the store: only people can mend that.

mod credential;
mod endpoint;
mod store;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::exchange::encoded;
use crate::{AccessToken, Error};

pub(crate) use credential::OAuthCredential;
pub use endpoint::{Grant, Introspection};
pub use store::{LockedTokens, MemoryTokenStore, Pending, TokenStore, TokenStoreError};

/// The app, as HubSpot knows it.
#[derive(Clone)]
pub struct OAuthApp {
    /// Public name of the app.
    pub client_id: String,
    client_secret: Zeroizing<String>,
    /// Where people come back to after their consent; exactly as HubSpot knows it.
    pub redirect_uri: String,
}

/// What a connection lives by.
#[derive(Clone, PartialEq, Eq)]
pub struct Tokens {
    /// Lives until it is replaced or revoked.
    pub refresh: RefreshToken,
    /// Lives until `expires_at`; absent before the first renewal.
    pub access: Option<AccessToken>,
    /// Of the access token.
    pub expires_at: Timestamp,
}

/// A refresh token. Wiped from memory when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshToken(Zeroizing<String>);

/// What a client needs to keep itself in access tokens.
#[derive(Clone)]
pub struct OAuth {
    /// The app.
    pub app: OAuthApp,
    /// Where the tokens are kept, and the lock on them.
    pub store: Arc<dyn TokenStore>,
    /// The time of day.
    pub now: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    /// Starts a task that is not dropped with its caller, and is waited for at shutdown.
    pub spawn: Arc<dyn Fn(BoxFuture<'static, ()>) + Send + Sync>,
}

/// Why there is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// HubSpot no longer takes the refresh token: somebody must connect the portal again.
    #[error("the portal must be connected again: {message}")]
    ReconnectNeeded {
        /// HubSpot's sentence.
        message: String,
    },
    /// The code of a consent is unknown, used, or too old.
    #[error("HubSpot does not take the code: {message}")]
    CodeRejected {
        /// HubSpot's sentence.
        message: String,
    },
    /// HubSpot does not know the app by this id and secret.
    #[error("HubSpot does not take the app's id and secret: {message}")]
    AppRejected {
        /// HubSpot's sentence.
        message: String,
    },
    /// The store has no answer.
    #[error("the tokens cannot be read or kept: {0}")]
    Store(String),
    /// HubSpot cannot be reached, or answers with something else.
    #[error(transparent)]
    Hubspot(#[from] Error),
}

impl OAuthApp {
    /// An app.
    #[must_use]
    pub fn new(
        client_id: impl Into<String>,
        client_secret: impl Into<String>,
        redirect_uri: impl Into<String>,
    ) -> Self {
        Self {
            client_id: client_id.into(),
            client_secret: Zeroizing::new(client_secret.into()),
            redirect_uri: redirect_uri.into(),
        }
    }

    /// Where people consent. `root` is HubSpot's own site, `https://app.hubspot.com`; `state` comes back with them and
    /// proves that they were sent.
    #[must_use]
    pub fn authorize_url(&self, root: &str, scopes: &[&str], optional: &[&str], state: &str) -> String {
        let list = |name: &str, scopes: &[&str]| match scopes {
            [] => String::new(),
            scopes => format!("&{name}={}", encoded(&scopes.join(" "))),
        };
        format!(
            "{}/oauth/authorize?client_id={}&redirect_uri={}{}{}&state={}",
            root.trim_end_matches('/'),
            encoded(&self.client_id),
            encoded(&self.redirect_uri),
            list("scope", scopes),
            list("optional_scope", optional),
            encoded(state)
        )
    }
}

impl RefreshToken {
    /// Takes the token as HubSpot sent it.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The token itself, for keeping it encrypted.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for OAuthApp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuthApp").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth").field("app", &self.app).finish_non_exhaustive()
    }
}

/// What a call sees of it.
impl From<OAuthError> for Error {
    fn from(error: OAuthError) -> Self {
        match error {
            OAuthError::Hubspot(error) => error,
            OAuthError::Store(_) => Self::Unavailable { retry_after: None, message: error.to_string() },
            OAuthError::ReconnectNeeded { .. }
            | OAuthError::CodeRejected { .. }
            | OAuthError::AppRejected { .. } => Self::CredentialsRejected { message: error.to_string() },
        }
    }
}

impl From<TokenStoreError> for OAuthError {
    fn from(error: TokenStoreError) -> Self {
        Self::Store(error.0)
    }
}
