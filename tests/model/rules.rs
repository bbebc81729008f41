//! The rules of credentials, small enough to be read whole: no store, no hashes, no HTTP. Times are whole seconds. What
//! changes something takes the step and gives the reasons against it; it happened when there are none.

mod sources;

use std::collections::BTreeSet;

use crate::history::SERVICE;

/// A token as the rules see it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) user: usize,
    pub(crate) created: i64,
    pub(crate) expires: Option<i64>,
    pub(crate) max_idle: Option<i64>,
    pub(crate) idle_grace: Option<i64>,
    pub(crate) last_used: Option<i64>,
    pub(crate) seen_expired: bool,
    pub(crate) retiring: bool,
    pub(crate) revoked: bool,
    /// Its user was removed: one of the same name does not see it.
    pub(crate) orphaned: bool,
    /// The data sources it is limited to; none: all of its user's.
    pub(crate) scope: Option<BTreeSet<usize>>,
}

/// A data source.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    pub(crate) owner: usize,
    pub(crate) shared_with: BTreeSet<usize>,
    pub(crate) shared_with_the_group: bool,
    pub(crate) deleted: bool,
}

/// A user.
#[derive(Debug, Clone, Default)]
pub(crate) struct User {
    pub(crate) disabled: bool,
    pub(crate) removed: bool,
    /// Who answers for a service user.
    pub(crate) owner: Option<usize>,
}

/// Everything the rules depend on.
#[derive(Debug, Clone)]
pub(crate) struct Rules {
    pub(crate) now: i64,
    pub(crate) suspended: bool,
    pub(crate) max_lifetime: Option<i64>,
    pub(crate) max_idle: Option<i64>,
    pub(crate) max_active: usize,
    /// Whether requests are admitted from one of the two addresses only.
    pub(crate) only_from: Option<usize>,
    /// The last is an admin and reads everything.
    pub(crate) users: Vec<User>,
    /// The members of the one group, while it exists.
    pub(crate) group: Option<BTreeSet<usize>>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) sources: Vec<Source>,
}

/// A wish for a length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wish {
    Longest,
    Endless,
    Seconds(i64),
}

/// Why not.
pub(crate) type Reasons = Vec<&'static str>;

/// What holds and is no reason.
fn reasons(all: &[(bool, &'static str)]) -> Reasons {
    all.iter().filter(|(holds, _)| *holds).map(|(_, reason)| *reason).collect()
}

impl Token {
    fn end(&self) -> Option<i64> {
        let used = self.last_used.map_or(self.created, |used| used.max(self.created));
        let idle = self.max_idle.map(|idle| (used + idle).max(self.idle_grace.unwrap_or(i64::MIN)));
        self.expires.into_iter().chain(idle).min()
    }
}

impl Rules {
    fn is_expired(&self, token: &Token) -> bool {
        token.seen_expired || token.end().is_some_and(|end| self.now >= end)
    }

    /// Active or retiring.
    fn works(&self, token: &Token) -> bool {
        !token.revoked && !self.is_expired(token)
    }

    pub(crate) fn end_of(&self, token: usize) -> Option<i64> {
        self.tokens[token].end()
    }

    fn against_minting(&self, user: usize, wish: Wish, scope: Option<&BTreeSet<usize>>) -> Reasons {
        let too_long = match (self.max_lifetime, wish) {
            (Some(_), Wish::Endless) => true,
            (Some(limit), Wish::Seconds(wish)) => wish > limit,
            _ => false,
        };
        let active = |token: &&Token| token.user == user && !token.retiring && self.works(token);
        reasons(&[
            (self.users[user].removed, "UserNotFound"),
            (self.users[user].disabled, "UserDisabled"),
            (
                scope.is_some_and(|scope| scope.iter().any(|source| !self.reads(user, *source))),
                "DataSourceNotFound",
            ),
            (self.tokens.iter().filter(active).count() >= self.max_active, "TokenLimitReached"),
            (too_long, "LifetimeTooLong"),
        ])
    }

    pub(crate) fn mint(&mut self, user: usize, wish: Wish, scope: Option<BTreeSet<usize>>) -> Reasons {
        let reasons = self.against_minting(user, wish, scope.as_ref());
        if reasons.is_empty() {
            let lifetime = match wish {
                Wish::Longest => self.max_lifetime,
                Wish::Endless => None,
                Wish::Seconds(wish) => Some(wish),
            };
            self.add(user, lifetime, scope);
        }
        reasons
    }

    fn add(&mut self, user: usize, lifetime: Option<i64>, scope: Option<BTreeSet<usize>>) {
        self.tokens.push(Token {
            user,
            created: self.now,
            expires: lifetime.map(|lifetime| self.now + lifetime),
            max_idle: self.max_idle,
            idle_grace: None,
            last_used: None,
            seen_expired: false,
            retiring: false,
            revoked: false,
            orphaned: false,
            scope,
        });
    }

    /// A successor takes the token's place, also where no further one would be allowed.
    pub(crate) fn rotate(&mut self, index: usize, overlap: i64) -> Reasons {
        let token = self.tokens[index].clone();
        let expired = self.is_expired(&token);
        let against = reasons(&[
            (token.revoked, "TokenRevoked"),
            (!token.revoked && expired, "TokenExpired"),
            (self.works(&token) && token.retiring, "TokenRetiring"),
            (self.works(&token) && !token.retiring && self.users[token.user].disabled, "UserDisabled"),
        ]);
        if against.is_empty() {
            let end = self.now + overlap;
            let old = &mut self.tokens[index];
            old.expires = Some(old.expires.map_or(end, |own| own.min(end)));
            old.seen_expired = overlap == 0;
            old.retiring = true;
            self.add(token.user, self.max_lifetime, token.scope);
        }
        against
    }

    pub(crate) fn revoke_all(&mut self, user: usize) -> Reasons {
        let against = reasons(&[(self.users[user].removed, "UserNotFound")]);
        if against.is_empty() {
            // Expired ones too: a clock that steps back must not revive them.
            self.tokens.iter_mut().filter(|token| token.user == user).for_each(|token| token.revoked = true);
        }
        against
    }

    /// A policy that clamps: no token that works outlives now + the lifetime, nor is idle for longer than is allowed,
    /// but each works for the grace.
    pub(crate) fn clamp(&mut self, grace: i64) {
        for index in 0..self.tokens.len() {
            if !self.works(&self.tokens[index]) {
                continue;
            }
            let (now, max_lifetime, max_idle) = (self.now, self.max_lifetime, self.max_idle);
            let token = &mut self.tokens[index];
            if let Some(lifetime) = max_lifetime {
                let latest = now + lifetime.max(grace);
                token.expires = Some(token.expires.map_or(latest, |end| end.min(latest)));
            }
            if let Some(idle) = max_idle.filter(|idle| token.max_idle.is_none_or(|own| own > *idle)) {
                token.max_idle = Some(idle);
                token.idle_grace = token.idle_grace.max(Some(now + grace));
            }
        }
    }

    pub(crate) fn set_disabled(&mut self, user: usize, disabled: bool) -> Reasons {
        let against = reasons(&[(self.users[user].removed, "UserNotFound")]);
        if against.is_empty() {
            self.users[user].disabled = disabled;
        }
        against
    }

    pub(crate) fn remove(&mut self, user: usize) -> Reasons {
        let owns = self.sources.iter().any(|source| source.owner == user && !source.deleted);
        let answers = self.users.iter().any(|service| service.owner == Some(user));
        let against = reasons(&[
            (self.users[user].removed, "UserNotFound"),
            (owns, "UserOwnsDataSources"),
            (answers, "UserOwnsServices"),
        ]);
        if against.is_empty() {
            self.revoke_all(user);
            self.tokens.iter_mut().filter(|token| token.user == user).for_each(|token| token.orphaned = true);
            self.users[user] = User { disabled: false, removed: true, owner: None };
            for source in &mut self.sources {
                source.shared_with.remove(&user);
            }
            self.take_out(user);
        }
        against
    }

    /// Somebody of the same name, who inherits nothing. The first user answers for the service user.
    pub(crate) fn add_user(&mut self, user: usize) -> Reasons {
        let owner = (user == SERVICE).then_some(0);
        let against = reasons(&[
            (!self.users[user].removed, "UserExists"),
            (owner.is_some_and(|owner| self.users[owner].removed), "UserNotFound"),
        ]);
        if against.is_empty() {
            self.users[user] = User { owner, ..User::default() };
        }
        against
    }

    pub(crate) fn answer_for_service(&mut self, user: usize) -> Reasons {
        let gone = self.users[SERVICE].removed || self.users[user].removed;
        let against = reasons(&[(gone, "UserNotFound")]);
        if against.is_empty() {
            self.users[SERVICE].owner = Some(user);
        }
        against
    }

    /// What has expired stays so.
    pub(crate) fn sweep(&mut self) -> Reasons {
        for index in 0..self.tokens.len() {
            self.tokens[index].seen_expired = self.is_expired(&self.tokens[index]);
        }
        Vec::new()
    }

    pub(crate) fn suspend(&mut self, suspended: bool) -> Reasons {
        self.suspended = suspended;
        Vec::new()
    }

    /// In whatever state it is.
    pub(crate) fn revoke(&mut self, token: usize) -> Reasons {
        self.tokens[token].revoked = true;
        Vec::new()
    }

    /// The answer to a proven secret with its own user name, asking for a data source from one of two addresses.
    pub(crate) fn answer(&mut self, token: usize, source: usize, from: usize) -> &'static str {
        let expired = self.is_expired(&self.tokens[token]);
        if self.tokens[token].revoked {
            return "TokenRevoked";
        }
        if expired {
            self.tokens[token].seen_expired = true;
            return "TokenExpired";
        }
        let (user, now) = (self.tokens[token].user, self.now);
        if self.users[user].disabled {
            return "UserDisabled";
        }
        if self.suspended {
            return "TenantSuspended";
        }
        if self.only_from.is_some_and(|only| only != from) {
            return "AddressNotAllowed";
        }
        let outside = self.tokens[token].scope.as_ref().is_some_and(|scope| !scope.contains(&source));
        if outside || !self.reads(user, source) {
            return "DataSourceNotFound";
        }
        self.tokens[token].last_used = self.tokens[token].last_used.max(Some(now));
        "ok"
    }
}
