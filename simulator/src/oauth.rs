//! What the portal's authorization server remembers: codes, access tokens that live for half an hour, refresh tokens
//! that live until they are replaced or revoked.

use std::collections::HashMap;

use crate::dice::Dice;

/// Life of an access token.
pub(crate) const ACCESS_MS: i64 = 1_800_000;

/// Life of a code: enough for a redirect.
const CODE_MS: i64 = 60_000;

/// All grants of one portal.
#[derive(Debug, Default)]
pub(crate) struct OAuth {
    codes: HashMap<String, Code>,
    access: HashMap<String, Access>,
    refresh: HashMap<String, Vec<String>>,
    issued: u64,
}

#[derive(Debug, Clone)]
struct Code {
    redirect_uri: String,
    scopes: Vec<String>,
    expires: i64,
}

/// What an access token may do, and until when.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) scopes: Vec<String>,
    pub(crate) expires: i64,
}

/// A fresh pair.
#[derive(Debug)]
pub(crate) struct Issued {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) scopes: Vec<String>,
}

impl OAuth {
    /// Somebody has consented.
    pub(crate) fn consent(&mut self, seed: u64, redirect_uri: &str, scopes: Vec<String>, now: i64) -> String {
        let code = self.name(seed, "na1-code-");
        let redirect_uri = redirect_uri.to_owned();
        self.codes.insert(code.clone(), Code { redirect_uri, scopes, expires: now + CODE_MS });
        code
    }

    /// A code works once, and with the address it was sent to.
    pub(crate) fn exchange(&mut self, seed: u64, code: &str, redirect_uri: &str, now: i64) -> Option<Issued> {
        let code = self.codes.remove(code)?;
        if now >= code.expires || code.redirect_uri != redirect_uri {
            return None;
        }
        let refresh = self.name(seed, "na1-");
        self.refresh.insert(refresh.clone(), code.scopes.clone());
        Some(self.issue(seed, refresh, code.scopes, now))
    }

    /// A new access token; with `rotate` a new refresh token too, which ends the old one.
    pub(crate) fn renew(&mut self, seed: u64, refresh: &str, rotate: bool, now: i64) -> Option<Issued> {
        let scopes = self.refresh.get(refresh)?.clone();
        let mut refresh = refresh.to_owned();
        if rotate {
            self.refresh.remove(&refresh);
            refresh = self.name(seed, "na1-");
            self.refresh.insert(refresh.clone(), scopes.clone());
        }
        Some(self.issue(seed, refresh, scopes, now))
    }

    fn issue(&mut self, seed: u64, refresh: String, scopes: Vec<String>, now: i64) -> Issued {
        let access = self.name(seed, "CIm");
        self.access.insert(access.clone(), Access { scopes: scopes.clone(), expires: now + ACCESS_MS });
        Issued { access, refresh, scopes }
    }

    /// An access token, also one that has expired.
    pub(crate) fn access(&self, token: &str) -> Option<&Access> {
        self.access.get(token)
    }

    /// The scopes of a refresh token.
    pub(crate) fn refresh(&self, token: &str) -> Option<&Vec<String>> {
        self.refresh.get(token)
    }

    /// Ends a token of either kind.
    pub(crate) fn revoke(&mut self, token: &str) {
        self.refresh.remove(token);
        self.access.remove(token);
    }

    fn name(&mut self, seed: u64, prefix: &str) -> String {
        self.issued += 1;
        let mut dice = Dice::new(seed, 98, self.issued);
        format!("{prefix}{:016x}-{:016x}", dice.next(), dice.next())
    }
}
