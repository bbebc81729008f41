//! Every step in both worlds: what the rules say to it, and the operation that does it. Who acts as a user needs a user's
//! rights besides.

use crate::history::{Policy, Step};
use crate::real::{Answer, NINETY_DAYS, Tenant};
use crate::rules::{Reasons, Rules, Wish};

impl Rules {
    /// The reasons against a step; it has happened when there are none.
    pub(crate) fn take(&mut self, step: &Step) -> Reasons {
        match *step {
            Step::Mint { user, wish, ref scope } => self.mint(user, wish, scope.clone()),
            Step::Rotate { token, overlap } => self.rotate(token, overlap),
            Step::Revoke(token) => self.revoke(token),
            Step::RevokeLeaked { token, right: true } => self.revoke(token),
            Step::RevokeLeaked { right: false, .. } => vec!["NothingToRevoke"],
            Step::RevokeAll(user) => self.revoke_all(user),
            Step::Policy(ref policy) => self.change(policy),
            Step::Disable(user) => self.set_disabled(user, true),
            Step::Enable(user) => self.set_disabled(user, false),
            Step::Remove(user) => self.remove(user),
            Step::Add(user) => self.add_user(user),
            Step::Answer(user) => self.answer_for_service(user),
            Step::Share { source, with, shared } => self.share(source, with, shared),
            Step::Join(user) => self.join(user),
            Step::Leave(user) => self.leave(user),
            Step::Dissolve => self.dissolve(),
            Step::Transfer { source, to } => self.transfer(&[source], to),
            Step::TransferAll { from, to } => self.transfer_all(from, to),
            Step::Clone { source, by } => self.clone_source(source, by),
            Step::Create(user) => self.create(user),
            Step::Delete(source) => self.delete(source),
            Step::Suspend | Step::Resume => self.suspend(matches!(step, Step::Suspend)),
            Step::By { actor, ref step } => self.take_by(actor, step),
            Step::Sweep => self.sweep(),
            Step::Clock(_) | Step::ClockToEndOf { .. } | Step::Request { .. } => Vec::new(),
        }
    }

    /// Of several reasons any may be told.
    fn take_by(&mut self, actor: usize, step: &Step) -> Reasons {
        let mut allowed = self.clone();
        let mut against = allowed.take(step);
        let forbidden = self.forbidden(actor, step);
        if forbidden.is_empty() {
            *self = allowed;
        }
        against.extend(forbidden);
        against
    }

    /// Admins manage the tenant, everybody else what is their own; the tenant itself is the operator's.
    fn forbidden(&self, actor: usize, step: &Step) -> Reasons {
        let user = &self.users[actor];
        let unless = |holds: bool, reason| if holds { Vec::new() } else { vec![reason] };
        match *step {
            _ if user.removed => vec!["UserNotFound"],
            Step::Suspend | Step::Resume => vec!["NotAllowed"],
            _ if user.disabled => vec!["UserDisabled"],
            Step::RevokeLeaked { .. } => Vec::new(),
            _ if actor + 1 == self.users.len() => Vec::new(),
            Step::Mint { user, .. }
            | Step::RevokeAll(user)
            | Step::TransferAll { from: user, .. }
            | Step::Create(user) => unless(user == actor, "NotAllowed"),
            Step::Rotate { token, .. } | Step::Revoke(token) => {
                let token = &self.tokens[token];
                unless(token.user == actor && !token.orphaned, "TokenNotFound")
            }
            Step::Share { source, .. } | Step::Transfer { source, .. } | Step::Delete(source) => {
                if self.reads(actor, source) {
                    unless(self.sources[source].owner == actor, "NotAllowed")
                } else {
                    vec!["DataSourceNotFound"]
                }
            }
            _ => vec!["NotAllowed"],
        }
    }

    fn change(&mut self, policy: &Policy) -> Reasons {
        if policy.dry_run {
            return Vec::new();
        }
        match policy.lifetime {
            Some(Wish::Longest) => self.max_lifetime = Some(NINETY_DAYS),
            Some(Wish::Endless) => self.max_lifetime = None,
            Some(Wish::Seconds(seconds)) => self.max_lifetime = Some(seconds),
            None => {}
        }
        if let Some(idle) = policy.idle {
            self.max_idle = if let Wish::Seconds(seconds) = idle { Some(seconds) } else { None };
        }
        self.max_active = policy.max_active.map_or(self.max_active, |number| number as usize);
        self.only_from = policy.only_from.unwrap_or(self.only_from);
        if let Some(grace) = policy.clamp {
            self.clamp(grace);
        }
        Vec::new()
    }
}

impl Tenant<'_> {
    /// Does it by the operation that is there for it.
    pub(crate) async fn take(&mut self, step: &Step) -> Answer {
        match *step {
            Step::Mint { user, wish, ref scope } => {
                let sources: Vec<usize> = scope.iter().flatten().copied().collect();
                self.mint(user, wish, &sources).await
            }
            Step::Rotate { token, overlap } => self.rotate(token, overlap).await,
            Step::Revoke(token) => self.revoke(token).await,
            Step::RevokeLeaked { token, right } => self.revoke_leaked(token, right).await,
            Step::RevokeAll(user) => self.revoke_all(user).await,
            Step::Policy(ref policy) => self.policy(policy).await,
            Step::Disable(user) => self.set_disabled(user, true).await,
            Step::Enable(user) => self.set_disabled(user, false).await,
            Step::Remove(user) => self.remove(user).await,
            Step::Add(user) => self.add(user).await,
            Step::Answer(user) => self.answer_for_service(user).await,
            Step::Share { source, with, shared } => self.share(source, with, shared).await,
            Step::Join(user) => self.join(user).await,
            Step::Leave(user) => self.leave(user).await,
            Step::Dissolve => self.dissolve().await,
            Step::Transfer { source, to } => self.transfer(source, to).await,
            Step::TransferAll { from, to } => self.transfer_all(from, to).await,
            Step::Clone { source, by } => self.clone_source(source, by).await,
            Step::Create(user) => self.create(user).await,
            Step::Delete(source) => self.delete(source).await,
            Step::Suspend | Step::Resume => self.suspend(matches!(step, Step::Suspend)).await,
            Step::By { actor, ref step } => self.take_by(actor, step).await,
            Step::Sweep => self.sweep().await,
            Step::Clock(_) | Step::ClockToEndOf { .. } | Step::Request { .. } => Ok(()),
        }
    }

    async fn take_by(&mut self, actor: usize, step: &Step) -> Answer {
        let mut theirs = self.in_the_hands_of(actor).await?;
        let answer = Box::pin(theirs.take(step)).await;
        let (sources, tokens) = (theirs.sources, theirs.tokens);
        (self.sources, self.tokens) = (sources, tokens);
        answer
    }
}
