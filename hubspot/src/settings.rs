//! How to reach HubSpot, and with what credential.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use crate::budget::shared::SharedWindows;

/// Where HubSpot is and how much of it we may use.
#[derive(Clone)]
pub struct Settings {
    /// Scheme and host, `https://api.hubapi.com`; only ever from the operator's configuration.
    pub base_url: String,
    /// An HTTP proxy for the calls; none is taken from the environment.
    pub proxy: Option<String>,
    /// Until a connection stands.
    pub connect_timeout: Duration,
    /// Longest silence inside an answer.
    pub read_timeout: Duration,
    /// Longest answer that is held, after decompression.
    pub max_answer_bytes: usize,
    /// Calls in any ten seconds, until an answer's headers say what the portal really has.
    pub list_budget: u32,
    /// Searches in any second.
    pub search_budget: u32,
    /// Association calls in any ten seconds.
    pub association_budget: u32,
    /// Per cent of the day's calls that all apps of the account together may have made while this client still asks; 1 to
    /// 100.
    pub daily_share: u32,
    /// Pause before the first retry; each further one is three times as long.
    pub retry_pause: Duration,
    /// Seeds the jitter of the pauses: give each process its own.
    pub jitter_seed: u64,
    /// Where other processes count the calls to the same portal, if there are any.
    pub shared_windows: Option<Arc<dyn SharedWindows>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            base_url: "https://api.hubapi.com".to_owned(),
            proxy: None,
            // Three round trips around the world and one lost packet.
            connect_timeout: Duration::from_secs(5),
            // HubSpot answers in 0.2 to 0.8 s as a rule; its edge gives up on its own servers only after 100 s, which
            // is longer than any of our requests lives.
            read_timeout: Duration::from_secs(20),
            // 200 rows with a text of 65,536 characters each come to 13 MB; twice that, and some room for escapes.
            max_answer_bytes: 32 * 1024 * 1024,
            // What the smallest HubSpot subscription grants.
            list_budget: 100,
            search_budget: 5,
            association_budget: 100,
            daily_share: 100,
            // 0.3, 0.9, 2.7 and 8.1 s: HubSpot asks for "a few seconds", most troubles are over sooner.
            retry_pause: Duration::from_millis(300),
            jitter_seed: 0,
            shared_windows: None,
        }
    }
}

/// A proxy's address may hold a password.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let proxy = self.proxy.as_ref().map(|_| "(set)");
        f.debug_struct("Settings")
            .field("base_url", &self.base_url)
            .field("proxy", &proxy)
            .finish_non_exhaustive()
    }
}

/// A service key, private-app token or OAuth access token. Wiped from memory when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// Takes the token as HubSpot shows it; white space around it is dropped.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = Zeroizing::new(text.into());
        Self(Zeroizing::new(text.trim().to_owned()))
    }

    /// The token itself, for keeping it encrypted.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AccessToken(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_never_printed() {
        let token = AccessToken::new(" pat-na1-secret\n");
        assert_eq!(format!("{token:?}"), "AccessToken(..)");
        assert_eq!(token.expose(), "pat-na1-secret");
    }

    #[test]
    fn a_proxys_password_is_never_printed() {
        let proxy = Some("http://user:geheim@proxy.example:3128".to_owned());
        let text = format!("{:?}", Settings { proxy, ..Settings::default() });
        assert!(text.contains("api.hubapi.com") && !text.contains("geheim"), "{text}");
    }
}
