//! The rules of credentials, small enough to be read whole: no store, no hashes, no HTTP. Times are whole seconds.

use std::collections::BTreeSet;

/// A token as the rules see it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) user: usize,
    pub(crate) expires: Option<i64>,
    pub(crate) seen_expired: bool,
    pub(crate) revoked: bool,
    /// The data sources it is limited to; none: all of its user's.
    pub(crate) scope: Option<BTreeSet<usize>>,
}

/// A data source.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) owner: usize,
    pub(crate) shared_with: BTreeSet<usize>,
    pub(crate) deleted: bool,
}

/// Everything the rules depend on.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) now: i64,
    pub(crate) suspended: bool,
    pub(crate) max_lifetime: Option<i64>,
    pub(crate) max_active: usize,
    /// The last user is an admin and reads everything.
    pub(crate) disabled: Vec<bool>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) sources: Vec<Source>,
}

/// A wish for a lifetime.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Longest,
    Endless,
    Seconds(i64),
}

impl Rules {
    fn is_expired(&self, token: &Token) -> bool {
        token.seen_expired || token.expires.is_some_and(|end| self.now >= end)
    }

    fn is_active(&self, token: &Token) -> bool {
        !token.revoked && !self.is_expired(token)
    }

    fn reads(&self, user: usize, source: usize) -> bool {
        self.sources.get(source).is_some_and(|source| {
            let admin = user + 1 == self.disabled.len();
            !source.deleted && (source.owner == user || source.shared_with.contains(&user) || admin)
        })
    }

    /// Why a token may not be made; it may when there is no reason.
    pub(crate) fn against_minting(
        &self,
        user: usize,
        wish: Wish,
        scope: Option<&BTreeSet<usize>>,
    ) -> Vec<&'static str> {
        let mut reasons = Vec::new();
        if self.disabled[user] {
            reasons.push("UserDisabled");
        }
        if scope.is_some_and(|scope| scope.iter().any(|source| !self.reads(user, *source))) {
            reasons.push("DataSourceNotFound");
        }
        let active = self.tokens.iter().filter(|token| token.user == user && self.is_active(token)).count();
        if active >= self.max_active {
            reasons.push("TokenLimitReached");
        }
        match (self.max_lifetime, wish) {
            (Some(_), Wish::Endless) => reasons.push("LifetimeTooLong"),
            (Some(limit), Wish::Seconds(wish)) if wish > limit => reasons.push("LifetimeTooLong"),
            _ => {}
        }
        reasons
    }

    pub(crate) fn mint(&mut self, user: usize, wish: Wish, scope: Option<BTreeSet<usize>>) {
        let lifetime = match wish {
            Wish::Longest => self.max_lifetime,
            Wish::Endless => None,
            Wish::Seconds(wish) => Some(wish),
        };
        let expires = lifetime.map(|lifetime| self.now + lifetime);
        self.tokens.push(Token { user, expires, seen_expired: false, revoked: false, scope });
    }

    /// A policy that clamps: no token that works outlives now + the lifetime, but each works for the grace.
    pub(crate) fn clamp(&mut self, grace: i64) {
        let Some(lifetime) = self.max_lifetime else { return };
        let latest = self.now + lifetime.max(grace);
        for index in 0..self.tokens.len() {
            if self.is_active(&self.tokens[index]) {
                let token = &mut self.tokens[index];
                token.expires = Some(token.expires.map_or(latest, |end| end.min(latest)));
            }
        }
    }

    /// The answer to a proven secret with its own user name, asking for a data source.
    pub(crate) fn answer(&mut self, token: usize, source: usize) -> &'static str {
        let expired = self.is_expired(&self.tokens[token]);
        if self.tokens[token].revoked {
            return "TokenRevoked";
        }
        if expired {
            self.tokens[token].seen_expired = true;
            return "TokenExpired";
        }
        let token = &self.tokens[token];
        if self.disabled[token.user] {
            "UserDisabled"
        } else if self.suspended {
            "TenantSuspended"
        } else if !self.reads(token.user, source)
            || token.scope.as_ref().is_some_and(|s| !s.contains(&source))
        {
            "DataSourceNotFound"
        } else {
            "ok"
        }
    }
}
