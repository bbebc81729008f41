//! The client of one portal.

use std::fmt;
use std::sync::{Arc, OnceLock};

use reqwest::header::HeaderValue;

use crate::budget::Budgets;
use crate::latency::Latency;
use crate::oauth::{OAuth, OAuthCredential};
use crate::range::Cursors;
use crate::retry::Retries;
use crate::{AccessToken, Call, Error, Settings, transport};

/// Calls HubSpot for one portal. Cheap to clone; all clones share connections, budgets and the allowance for retries.
#[derive(Debug, Clone)]
pub struct Client {
    pub(crate) portal: Arc<Portal>,
    credential: Credential,
}

/// What a call proves itself with.
#[derive(Debug, Clone)]
enum Credential {
    /// A service key or private-app token: lives until somebody ends it.
    Token(Arc<AccessToken>),
    /// Renews itself.
    OAuth(OAuthCredential),
}

/// What all clones share.
pub(crate) struct Portal {
    pub(crate) http: reqwest::Client,
    /// Without a slash at its end.
    pub(crate) base: String,
    pub(crate) budgets: Budgets,
    pub(crate) retries: Retries,
    pub(crate) max_answer_bytes: usize,
    /// How far the portal's clock is ahead of UTC, once its account was read.
    pub(crate) utc_offset_ms: OnceLock<i64>,
    /// How long lists take lately.
    pub(crate) latency: Latency,
    pub(crate) cursors: Cursors,
}

impl Client {
    /// A client with budgets of its own: make one for each portal and clone it.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the settings do not make a client, [`Error::CredentialsRejected`] when the token
    /// holds characters that no token holds.
    pub fn new(settings: &Settings, token: AccessToken) -> Result<Self, Error> {
        bearer(&token)?;
        let portal = Arc::new(Portal::new(settings)?);
        Ok(Self { portal, credential: Credential::Token(Arc::new(token)) })
    }

    /// A client whose access tokens come by OAuth, and are renewed whenever they have to be.
    ///
    /// # Errors
    /// [`Error::Configuration`] when the settings do not make a client.
    pub fn with_oauth(settings: &Settings, oauth: OAuth) -> Result<Self, Error> {
        let portal = Arc::new(Portal::new(settings)?);
        let credential = OAuthCredential::new(oauth, Arc::clone(&portal));
        Ok(Self { portal, credential: Credential::OAuth(credential) })
    }

    /// The same portal with another credential, such as a renewed one.
    ///
    /// # Errors
    /// [`Error::CredentialsRejected`] when the token holds characters that no token holds.
    pub fn with_token(&self, token: AccessToken) -> Result<Self, Error> {
        bearer(&token)?;
        Ok(Self { portal: Arc::clone(&self.portal), credential: Credential::Token(Arc::new(token)) })
    }

    /// The same portal by another OAuth connection.
    #[must_use]
    pub fn with_grant(&self, oauth: OAuth) -> Self {
        let credential = OAuthCredential::new(oauth, Arc::clone(&self.portal));
        Self { portal: Arc::clone(&self.portal), credential: Credential::OAuth(credential) }
    }

    /// The portal's budgets, for showing them.
    #[must_use]
    pub fn budgets(&self) -> &Budgets {
        &self.portal.budgets
    }

    /// What the next call proves itself with.
    pub(crate) async fn token(&self, call: &Call) -> Result<Arc<AccessToken>, Error> {
        match &self.credential {
            Credential::Token(token) => Ok(Arc::clone(token)),
            Credential::OAuth(oauth) => oauth.token(call).await.map(Arc::new),
        }
    }

    /// Gets another token for one that HubSpot refused; false when there is no way to.
    pub(crate) async fn replace(&self, call: &Call, refused: &AccessToken) -> Result<bool, Error> {
        match &self.credential {
            Credential::Token(_) => Ok(false),
            Credential::OAuth(oauth) => oauth.replace(call, refused).await.map(|_| true),
        }
    }
}

impl Portal {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Error> {
        let base = transport::base_url(&settings.base_url)?;
        Ok(Self {
            http: transport::connect(settings, &base)?,
            base: base.as_str().trim_end_matches('/').to_owned(),
            budgets: Budgets::new(settings),
            retries: Retries::new(settings.retry_pause, settings.jitter_seed),
            max_answer_bytes: settings.max_answer_bytes,
            utc_offset_ms: OnceLock::new(),
            latency: Latency::default(),
            cursors: Cursors::default(),
        })
    }
}

/// Without the connections, whose own form shows the proxy.
impl fmt::Debug for Portal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Portal")
            .field("base", &self.base)
            .field("budgets", &self.budgets)
            .finish_non_exhaustive()
    }
}

/// The credential of one request. Made anew for each, since a header is not wiped when it is dropped.
pub(crate) fn bearer(token: &AccessToken) -> Result<HeaderValue, Error> {
    let shaped = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic());
    let value = zeroize::Zeroizing::new(format!("Bearer {}", token.expose()));
    let mut header =
        HeaderValue::from_str(&value).ok().filter(|_| shaped(token.expose())).ok_or_else(|| {
            let message = "the credential holds characters that no HubSpot token holds".to_owned();
            Error::CredentialsRejected { message }
        })?;
    header.set_sensitive(true);
    Ok(header)
}
