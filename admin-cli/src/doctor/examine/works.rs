//! What works, in sentences: half of an answer to "why is my refresh failing".

use schema::ConnectionStatus;

use super::words::{refreshes, sentence, token as named};
use crate::doctor::facts::{Facts, Seen};
use crate::output::{instant, instant_or};

/// What works.
pub(crate) fn works(facts: &Facts) -> Vec<String> {
    let mut works = Vec::new();
    if let (Some(url), Some(Seen::Feedgate(_))) = (&facts.server.public_url, &facts.server.asked) {
        works.push(format!("Feedgate answers at {url}."));
    }
    if let Some(Ok(store)) = facts.machine.as_ref().map(|machine| &machine.store) {
        works.push(format!("The store (version {}) can be read and written.", store.version));
    }
    for connection in &facts.connections {
        let name = &connection.record.name;
        match (&connection.asked, connection.record.status) {
            (Some(Ok(_)), _) => {
                works.push(format!("HubSpot accepts the credential of the connection {name}."));
            }
            (None, ConnectionStatus::Working) => works.push(format!(
                "HubSpot accepted the credential of the connection {name} when it was used last."
            )),
            _ => {}
        }
    }
    for token in facts.tokens.iter().filter(|token| token.status.authenticates()) {
        let until = instant_or(token.expires_at, "it is revoked");
        let used = token.last_used_at.map(|at| format!(", was last used {}", instant(at)));
        let used = used.unwrap_or_else(|| ", was never used".to_owned());
        works.push(format!("{} works until {until}{used}.", sentence(&named(token))));
    }
    for served in &facts.served {
        if let Some(at) = served.last_success {
            let what = refreshes(facts, served);
            works.push(format!("The last success of {what} ended {}.", instant(at)));
        }
    }
    works
}
