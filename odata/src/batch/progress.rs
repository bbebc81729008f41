//! Which requests of a batch are still answered after one has failed.

use std::collections::HashSet;

use super::Item;

/// From here on a status is a failure.
const FAILURE: u16 = 400;

/// What to do with an item of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Answer it.
    Answer,
    /// What it depends on has failed: answer it with 424 Failed Dependency.
    FailedDependency,
    /// The batch has ended at an earlier failure: write nothing for it.
    Ended,
}

/// Keeps what has failed. Ask before each item, tell after each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    continue_on_error: bool,
    ended: bool,
    failed: HashSet<String>,
}

impl Progress {
    /// `continue_on_error` is the preference of that name; without it a batch ends at the first failure (OData 4.0,
    /// section 8.2.8.3).
    pub fn new(continue_on_error: bool) -> Self {
        Self { continue_on_error, ended: false, failed: HashSet::new() }
    }

    /// What to do with the next item.
    pub fn verdict(&self, item: &Item) -> Verdict {
        let mut needed = item.requests().iter().flat_map(|request| &request.depends_on);
        if self.ended {
            Verdict::Ended
        } else if needed.any(|name| self.failed.contains(name)) {
            Verdict::FailedDependency
        } else {
            Verdict::Answer
        }
    }

    /// Keeps how an item was answered.
    pub fn answered(&mut self, item: &Item, status: u16) {
        if status < FAILURE {
            return;
        }
        self.ended = !self.continue_on_error;
        let group = if let Item::Group { id, .. } = item { id.clone() } else { None };
        self.failed.extend(item.requests().iter().filter_map(|request| request.id.clone()).chain(group));
    }
}
