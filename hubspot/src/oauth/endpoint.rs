//! HubSpot's token endpoint. Its calls count in no rate limit.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use super::{OAuthApp, OAuthError, RefreshToken, Tokens};
use crate::client::Portal;
use crate::exchange::{LONGEST_ERROR, encoded, lost, read, understand};
use crate::failure::{self, Failure, Verdict};
use crate::{API_VERSION, AccessToken, Call, Error, Settings, wire};

/// Longest answer of the endpoint: tokens are a few hundred characters, scopes a few thousand.
const LONGEST_ANSWER: usize = 64 * 1024;

/// A renewal with all its attempts.
const RENEWAL: Duration = Duration::from_secs(30);

/// What a consent gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// For the store.
    pub tokens: Tokens,
    /// Number of the portal.
    pub portal_id: Option<u64>,
    /// What the app may do there.
    pub scopes: Vec<String>,
}

/// What HubSpot knows about a token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Introspection {
    /// Whether it works.
    pub active: bool,
    /// Number of the portal.
    #[serde(deserialize_with = "wire::optional_id")]
    pub hub_id: Option<u64>,
    /// The portal's main domain.
    pub hub_domain: Option<String>,
    /// Who consented.
    #[serde(deserialize_with = "wire::optional_id")]
    pub user_id: Option<u64>,
    /// What it may do.
    #[serde(deserialize_with = "wire::or_default")]
    pub scopes: Vec<String>,
    /// Seconds.
    pub expires_in: Option<i64>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Wiped,
    #[serde(default)]
    refresh_token: Option<Wiped>,
    expires_in: i64,
    #[serde(default, deserialize_with = "wire::optional_id")]
    hub_id: Option<u64>,
    #[serde(default, deserialize_with = "wire::or_default")]
    scopes: Vec<String>,
}

/// A text that does not stay in memory.
#[derive(Deserialize)]
#[serde(from = "String")]
struct Wiped(Zeroizing<String>);

impl From<String> for Wiped {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl OAuthApp {
    /// Turns the code of a consent into tokens. A code works once.
    ///
    /// # Errors
    /// [`OAuthError::CodeRejected`] for a code that does not work any more, [`OAuthError::AppRejected`] for an app that
    /// HubSpot does not know, others when HubSpot has no answer.
    pub async fn exchange(
        &self,
        settings: &Settings,
        code: &str,
        now: Timestamp,
    ) -> Result<Grant, OAuthError> {
        let portal = Portal::new(settings)?;
        let fields =
            [("grant_type", "authorization_code"), ("redirect_uri", &self.redirect_uri), ("code", code)];
        // Not tried again: the code may be used up by an answer that was lost.
        let answer: Answer = attempt(&portal, self, "token", &fields).await.map_err(once)?;
        answer.grant(None, now)
    }

    /// Asks HubSpot about a token of its own.
    ///
    /// # Errors
    /// As of [`OAuthApp::exchange`].
    pub async fn introspect(
        &self,
        settings: &Settings,
        token: &RefreshToken,
    ) -> Result<Introspection, OAuthError> {
        let portal = Portal::new(settings)?;
        let fields = [("token_type_hint", "refresh_token"), ("token", token.expose())];
        attempt(&portal, self, "token/introspect", &fields).await.map_err(once)
    }

    /// Gives a connection back: its refresh token does not work any more.
    ///
    /// # Errors
    /// As of [`OAuthApp::exchange`].
    pub async fn revoke(&self, settings: &Settings, token: &RefreshToken) -> Result<(), OAuthError> {
        let portal = Portal::new(settings)?;
        let fields = [("token_type_hint", "refresh_token"), ("token", token.expose())];
        send(&portal, self, "token/revoke", &fields).await.map(|_| ()).map_err(once)
    }
}

/// New tokens for a refresh token.
pub(super) async fn renew(
    portal: &Portal,
    app: &OAuthApp,
    refresh: &RefreshToken,
    now: Timestamp,
) -> Result<Tokens, OAuthError> {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose())];
    let refused = std::sync::Mutex::new(None);
    let outcome = portal
        .retries
        .persist(&Call::within(RENEWAL), || async {
            attempt::<Answer>(portal, app, "token", &fields).await.map_err(|trouble| match trouble {
                Trouble::Failed(failure) => failure,
                Trouble::Refused(error) => {
                    let told = Error::from(error.clone());
                    *refused.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(error);
                    Failure::Final(told)
                }
            })
        })
        .await;
    let refused = refused.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    match (outcome, refused) {
        (Ok(answer), _) => answer.grant(Some(refresh), now).map(|grant| grant.tokens),
        (Err(_), Some(refused)) => Err(refused),
        (Err(error), None) => Err(error.into()),
    }
}

impl Answer {
    /// The refresh token that came, or the one that was sent: HubSpot does not say whether it always sends one.
    fn grant(self, sent: Option<&RefreshToken>, now: Timestamp) -> Result<Grant, OAuthError> {
        let came = self.refresh_token.filter(|token| !token.0.is_empty()).map(|token| RefreshToken(token.0));
        let refresh = came.or_else(|| sent.cloned());
        let refresh = refresh.ok_or_else(|| Error::malformed("tokens without a refresh token"))?;
        if self.access_token.0.is_empty() || self.expires_in <= 0 {
            return Err(Error::malformed("tokens without an access token that lives").into());
        }
        let life = SignedDuration::from_secs(self.expires_in);
        let expires_at = now.checked_add(life).map_err(|_| Error::malformed("tokens that never expire"))?;
        let access = Some(AccessToken::new(self.access_token.0.as_str()));
        Ok(Grant {
            tokens: Tokens { refresh, access, expires_at },
            portal_id: self.hub_id,
            scopes: self.scopes,
        })
    }
}

/// What went wrong with one attempt.
enum Trouble {
    Failed(Failure),
    Refused(OAuthError),
}

/// Of a call that is not tried again.
fn once(trouble: Trouble) -> OAuthError {
    match trouble {
        Trouble::Refused(error) => error,
        Trouble::Failed(Failure::Final(error) | Failure::Transient { error, .. }) => error.into(),
        Trouble::Failed(Failure::Throttled { pause }) => Error::Throttled { retry_after: pause }.into(),
    }
}

async fn attempt<T: DeserializeOwned>(
    portal: &Portal,
    app: &OAuthApp,
    what: &str,
    fields: &[(&str, &str)],
) -> Result<T, Trouble> {
    understand(&send(portal, app, what, fields).await?).map_err(Trouble::Failed)
}

async fn send(
    portal: &Portal,
    app: &OAuthApp,
    what: &str,
    fields: &[(&str, &str)],
) -> Result<Zeroizing<Vec<u8>>, Trouble> {
    let url = format!("{}/oauth/{API_VERSION}/{what}", portal.base);
    let app = [("client_id", app.client_id.as_str()), ("client_secret", &app.client_secret)];
    let pairs = app.iter().chain(fields).map(|(name, value)| format!("{name}={}", encoded(value)));
    let form = Zeroizing::new(pairs.collect::<Vec<_>>().join("&"));
    let request = portal.http.post(url).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let response =
        request.body(form.as_str().to_owned()).send().await.map_err(lost).map_err(Trouble::Failed)?;
    if response.status().is_success() {
        let body = read(response, LONGEST_ANSWER).await.map_err(Trouble::Failed)?;
        return Ok(Zeroizing::new(body));
    }
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read(response, LONGEST_ERROR).await.unwrap_or_default();
    if let Some(error) = refusal(&body) {
        return Err(Trouble::Refused(error));
    }
    Err(Trouble::Failed(match failure::judge(status, &headers, &body) {
        Verdict::Failed(failure) => failure,
        // No window of ours is about these calls: they are tried again after a pause.
        Verdict::TooFast { asked } => {
            let error = Error::Throttled { retry_after: asked.unwrap_or(Duration::from_secs(1)) };
            Failure::Transient { error, pause: asked }
        }
        Verdict::TooManyToday { .. } => Failure::Final(Error::DailyLimit { resets_at: None }),
    }))
}

/// What HubSpot says about tokens, codes and apps. It has two vocabularies; either will do.
fn refusal(body: &[u8]) -> Option<OAuthError> {
    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Said {
        status: Option<String>,
        error: Option<String>,
        message: Option<String>,
        error_description: Option<String>,
    }
    let said: Said = serde_json::from_slice(body).ok()?;
    let message = said.message.or(said.error_description).unwrap_or_default();
    let message = failure::shortened(&message);
    match (said.status.as_deref().unwrap_or_default(), said.error.as_deref().unwrap_or_default()) {
        ("BAD_AUTH_CODE", _) => Some(OAuthError::CodeRejected { message }),
        ("BAD_REFRESH_TOKEN", _) => Some(OAuthError::ReconnectNeeded { message }),
        ("BAD_CLIENT_ID" | "BAD_CLIENT_SECRET", _) | (_, "invalid_client" | "unauthorized_client") => {
            Some(OAuthError::AppRejected { message })
        }
        (_, "invalid_grant") => Some(OAuthError::ReconnectNeeded { message }),
        _ => None,
    }
}

/// What a credential needs of the portal.
pub(super) type Shared = Arc<Portal>;
