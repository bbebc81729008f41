//! Whose a data source is, and who else reads it.

use std::collections::BTreeSet;

use super::{Reasons, Rules, Source, reasons};

impl Source {
    /// A new one, shared with nobody.
    pub(crate) fn of(owner: usize) -> Source {
        Source { owner, shared_with: BTreeSet::new(), shared_with_the_group: false, deleted: false }
    }
}

impl Rules {
    pub(crate) fn reads(&self, user: usize, source: usize) -> bool {
        let in_the_group = self.group.as_ref().is_some_and(|group| group.contains(&user));
        self.sources.get(source).is_some_and(|source| {
            let admin = user + 1 == self.users.len();
            let shared = source.shared_with.contains(&user) || (source.shared_with_the_group && in_the_group);
            !source.deleted && (source.owner == user || shared || admin)
        })
    }

    pub(crate) fn share(&mut self, source: usize, with: Option<usize>, shared: bool) -> Reasons {
        let against = reasons(&[
            (self.sources[source].deleted, "DataSourceNotFound"),
            (with.is_some_and(|user| self.users[user].removed), "UserNotFound"),
            (with.is_none() && self.group.is_none(), "GroupNotFound"),
        ]);
        if against.is_empty() {
            let source = &mut self.sources[source];
            match with {
                None => source.shared_with_the_group = shared,
                Some(user) if shared => {
                    source.shared_with.insert(user);
                }
                Some(user) => {
                    source.shared_with.remove(&user);
                }
            }
        }
        against
    }

    pub(crate) fn join(&mut self, user: usize) -> Reasons {
        let against = reasons(&[(self.users[user].removed, "UserNotFound")]);
        if against.is_empty() {
            self.group.get_or_insert_default().insert(user);
        }
        against
    }

    pub(crate) fn leave(&mut self, user: usize) -> Reasons {
        let against =
            reasons(&[(self.users[user].removed, "UserNotFound"), (self.group.is_none(), "GroupNotFound")]);
        if against.is_empty() {
            self.take_out(user);
        }
        against
    }

    pub(super) fn take_out(&mut self, user: usize) {
        if let Some(group) = &mut self.group {
            group.remove(&user);
        }
    }

    pub(crate) fn dissolve(&mut self) -> Reasons {
        let against = reasons(&[(self.group.is_none(), "GroupNotFound")]);
        self.group = None;
        self.sources.iter_mut().for_each(|source| source.shared_with_the_group = false);
        against
    }

    /// The previous owner goes on reading it.
    pub(crate) fn transfer(&mut self, sources: &[usize], to: usize) -> Reasons {
        let against = reasons(&[
            (sources.iter().any(|source| self.sources[*source].deleted), "DataSourceNotFound"),
            (self.users[to].removed, "UserNotFound"),
            (self.users[to].disabled, "UserDisabled"),
        ]);
        if against.is_empty() {
            for source in sources {
                let source = &mut self.sources[*source];
                if source.owner != to {
                    source.shared_with.insert(source.owner);
                    source.shared_with.remove(&to);
                    source.owner = to;
                }
            }
        }
        against
    }

    pub(crate) fn transfer_all(&mut self, from: usize, to: usize) -> Reasons {
        if self.users[from].removed {
            return vec!["UserNotFound"];
        }
        let owned = |index: &usize| self.sources[*index].owner == from && !self.sources[*index].deleted;
        let sources: Vec<usize> = (0..self.sources.len()).filter(owned).collect();
        self.transfer(&sources, to)
    }

    /// A copy is its maker's, and shared with nobody.
    pub(crate) fn clone_source(&mut self, source: usize, by: usize) -> Reasons {
        let against = reasons(&[
            (!self.reads(by, source), "DataSourceNotFound"),
            (self.users[by].removed, "UserNotFound"),
            (self.users[by].disabled, "UserDisabled"),
        ]);
        if against.is_empty() {
            self.sources.push(Source::of(by));
        }
        against
    }

    pub(crate) fn create(&mut self, owner: usize) -> Reasons {
        let against = reasons(&[
            (self.users[owner].removed, "UserNotFound"),
            (self.users[owner].disabled, "UserDisabled"),
        ]);
        if against.is_empty() {
            self.sources.push(Source::of(owner));
        }
        against
    }

    pub(crate) fn delete(&mut self, source: usize) -> Reasons {
        let against = reasons(&[(self.sources[source].deleted, "DataSourceNotFound")]);
        self.sources[source].deleted = true;
        against
    }
}
