//! Whether an answer is right, although what it is about changed while it was given.
//!
//! A row that nothing reached is held to everything: whether it comes, its values, its place, what is expanded of it. One
//! that was changed must have matched at some instant, and comes as it was then. Where something changed that the row is
//! related to, and the question looks there, it may come or not: related rows are read one after the other.

use std::cell::Cell;
use std::cmp::Ordering;
use std::collections::HashSet;

use feedgate::model::Origin;
use feedgate::plan::Plan;
use feedgate_tests::judge::{self, Allowed, Cut, Lives, Reading};
use jiff::Timestamp;
use odata::edm::Step;
use odata::eval::{self, Scope};
use odata::expr::{Expr, Node};
use odata::url::{Options, PathStart, Request};
use odata::{Row, Value};

use super::Key;
use super::meanwhile::{Meanwhile, Place};
use crate::compare::candidates;
use crate::feed::{Chain, Feed};
use crate::truth::{Truth, masked};

/// Rows, or how many there are.
pub(super) enum Answer {
    Chain(Chain),
    Number(u64),
}

pub(super) enum Verdict {
    /// With so many rows that had to come.
    Right {
        settled: usize,
    },
    /// A calculation has no outcome.
    Undefined,
    Wrong(Vec<String>),
}

/// A question that was asked, and what `now()` was in it.
pub(super) struct Asked<'a> {
    pub(super) feed: &'a Feed,
    pub(super) request: &'a Request,
    pub(super) plan: &'a Plan,
    pub(super) now: Timestamp,
}

impl Asked<'_> {
    pub(super) fn judge(
        &self,
        (before, after): (&Truth<'_>, &Truth<'_>),
        meanwhile: &Meanwhile,
        answer: &Answer,
    ) -> Verdict {
        let undefined = Cell::new(false);
        let mut settled = 0;
        let mut allowed = self.allowed((before, after), meanwhile, &undefined);
        let mut faults = Vec::new();
        match answer {
            Answer::Number(number) => faults.extend(self.count_fault(&allowed, *number)),
            Answer::Chain(chain) => {
                let counts = chain.counts.iter().flatten();
                faults.extend(counts.filter_map(|count| self.count_fault(&allowed, *count)));
                let required = |row: &&Row| allowed.required.contains(&super::key(row));
                settled = chain.rows.iter().filter(required).count();
                self.excuse_links(&mut allowed, meanwhile, chain);
                let size = |number: u64| usize::try_from(number).unwrap();
                let cut = Cut { skip: size(self.plan.skip), top: self.plan.top.map(size) };
                let table = Table { asked: self, truth: after };
                faults.extend(judge::faults(&table, &allowed, cut, &chain.rows));
                faults.extend(self.expanded_faults(after, meanwhile, chain, &undefined));
            }
        }
        match (undefined.get(), faults.is_empty()) {
            (true, _) => Verdict::Undefined,
            (false, true) => Verdict::Right { settled },
            (false, false) => Verdict::Wrong(faults),
        }
    }

    /// Links can be made and taken away again, and nobody knows them afterwards.
    fn count_fault(&self, allowed: &Allowed<Key, Row>, number: u64) -> Option<String> {
        let fault = allowed.count_fault(number)?;
        let of_links = !self.is_of_records() && number >= allowed.required.len() as u64;
        (!of_links).then_some(fault)
    }

    fn is_of_records(&self) -> bool {
        matches!(self.feed.stored.sets[self.plan.set].origin, Origin::Object(_))
    }

    fn is_sorted(&self) -> bool {
        !self.plan.order.is_empty()
    }

    /// The row that the path begins at.
    fn root(&self) -> Option<(Place, Step)> {
        let path = self.request.resource.path()?;
        match (&path.start, path.steps.first()) {
            (PathStart::Entity(set, key), Some(step)) => Some(((set.0, super::key(key)), step.step)),
            _ => None,
        }
    }

    /// Whether the row that the path begins at may have been absent.
    pub(super) fn may_lead_nowhere(&self, meanwhile: &Meanwhile) -> bool {
        self.root().is_some_and(|(root, _)| meanwhile.is_touched(&root))
    }

    /// Every row that may come, and those that have to.
    fn allowed(
        &self,
        (before, after): (&Truth<'_>, &Truth<'_>),
        meanwhile: &Meanwhile,
        undefined: &Cell<bool>,
    ) -> Allowed<Key, Row> {
        let set = self.plan.set;
        let steps = self.request.options.filter.as_ref().map_or(0, depth);
        let reached = meanwhile.reach(self.feed, after, steps);
        let members = candidates(self.feed, after, self.request, set);
        let members: HashSet<Key> = members.into_iter().map(super::key).collect();
        let everyone_may = self.may_lead_nowhere(meanwhile);
        let searched = self.request.options.search.is_some();
        let mut allowed = Allowed::default();
        let mut take = |row: &Row, lives: Lives<Row>| {
            let place = (set, super::key(row));
            let uncertain = everyone_may
                || (steps > 0 && reached.contains(&place))
                || (searched && meanwhile.rows.contains_key(&place))
                || self.is_link_of_changed(row, meanwhile);
            if !uncertain && !members.contains(&place.1) && !meanwhile.is_touched(&place) {
                return;
            }
            if uncertain {
                allowed.rows.insert(place.1, lives.rows);
            } else {
                let is_member = members.contains(&place.1);
                let lives = Lives { always: lives.always && is_member, ..lives };
                allowed
                    .add(place.1, lives, self.is_sorted(), |version| self.matches(version, after, undefined));
            }
        };
        let still = |row: &Row| Lives { always: true, rows: vec![row.clone()] };
        let unchanged = |row: &&Row| !meanwhile.rows.contains_key(&(set, super::key(row)));
        after.rows[set].iter().filter(unchanged).for_each(|row| take(row, still(row)));
        for ((_, _), lives) in meanwhile.rows.iter().filter(|((other, _), _)| *other == set) {
            let Some(row) = lives.rows.first() else { continue };
            take(row, Lives { always: lives.always, rows: lives.rows.clone() });
        }
        if !self.is_of_records() {
            let gone = before.rows[set].iter().filter(|row| self.is_link_of_changed(row, meanwhile));
            gone.for_each(|row| take(row, still(row)));
        }
        allowed
    }

    fn matches(&self, row: &Row, truth: &Truth<'_>, undefined: &Cell<bool>) -> bool {
        let Some(filter) = &self.request.options.filter else { return true };
        let scope = Scope { row, root: None, related: truth };
        eval::matches_in(filter, &scope, &eval::Context { now: self.now }).unwrap_or_else(|_| {
            undefined.set(true);
            false
        })
    }

    fn is_link_of_changed(&self, row: &[Value], meanwhile: &Meanwhile) -> bool {
        let Origin::Links { from, to } = &self.feed.stored.sets[self.plan.set].origin else { return false };
        let end = |object: &str, column: usize| match (self.feed.stored.set(object), &row[column]) {
            (Some((set, _)), Value::Int64(id)) => meanwhile.is_touched(&(set, (*id, String::new()))),
            _ => false,
        };
        end(from, 1) || end(to, 2)
    }

    /// Links that were made and taken away again are known to nobody afterwards.
    fn excuse_links(&self, allowed: &mut Allowed<Key, Row>, meanwhile: &Meanwhile, chain: &Chain) {
        for row in chain.rows.iter().filter(|row| self.is_link_of_changed(row, meanwhile)) {
            allowed.rows.entry(super::key(row)).or_insert_with(|| vec![row.clone()]);
        }
    }

    /// What is wrong with the rows that are expanded of those that nothing reached.
    fn expanded_faults(
        &self,
        truth: &Truth<'_>,
        meanwhile: &Meanwhile,
        chain: &Chain,
        undefined: &Cell<bool>,
    ) -> Option<String> {
        let options = &self.request.options;
        let reached = meanwhile.reach(self.feed, truth, levels(options));
        for entity in &chain.entities {
            let key = super::key(&entity.row);
            let row = truth.rows[self.plan.set].iter().find(|row| super::key(row) == key);
            let Some(row) = row.filter(|_| !reached.contains(&(self.plan.set, key.clone()))) else {
                continue;
            };
            let Ok(expanded) = truth.expanded(row, options, &self.plan.expand) else {
                undefined.set(true);
                return None;
            };
            if entity.expanded != expanded {
                return Some(format!("expanded of {key:?}: {:?}, not {expanded:?}", entity.expanded));
            }
        }
        None
    }
}

/// Steps over navigation properties that a condition looks at.
fn depth(expr: &Expr) -> usize {
    let inside = expr.operands().into_iter().map(depth).max().unwrap_or(0);
    match &expr.node {
        Node::Lambda(lambda) => {
            1 + lambda.predicate.as_ref().map_or(0, |(_, predicate)| depth(predicate)).max(inside)
        }
        Node::Count(_) => 1 + inside,
        _ => inside,
    }
}

/// Steps over navigation properties that an expansion makes.
fn levels(options: &Options) -> usize {
    let below = |expand: &odata::url::Expand| {
        let filter = expand.options.filter.as_ref().map_or(0, depth);
        1 + levels(&expand.options).max(filter)
    };
    options.expand.iter().map(below).max().unwrap_or(0)
}

/// The rows of a question's set.
struct Table<'a> {
    asked: &'a Asked<'a>,
    truth: &'a Truth<'a>,
}

impl Table<'_> {
    /// By what the order looks at, and by the key between equals.
    fn compare(&self, a: &[Value], b: &[Value]) -> Option<Ordering> {
        let order = &self.asked.request.options.orderby;
        let keys = |row| {
            let scope = Scope { row, root: None, related: self.truth };
            eval::sort_keys_in(order, &scope, &eval::Context { now: self.asked.now }).ok()
        };
        let by_order = eval::compare_keys(order, &keys(a)?, &keys(b)?);
        let by_key = self.asked.is_of_records().then(|| super::key(a).cmp(&super::key(b)));
        if by_order.is_eq() { by_key } else { Some(by_order) }
    }
}

impl Reading for Table<'_> {
    type Key = Key;
    type Version = Row;
    type Row = Row;

    fn key(&self, row: &Row) -> Key {
        super::key(row)
    }

    fn difference(&self, row: &Row, versions: &[Row]) -> Option<String> {
        let read = &self.asked.plan.read;
        let row = masked(row, read);
        let fits = versions.iter().any(|version| masked(version, read) == row);
        (!fits).then(|| format!("{row:?} was never so, but {versions:?}"))
    }

    fn place(&self, _: &Key, versions: &[Row], read: &Row) -> Option<Ordering> {
        let mut places = versions.iter().map(|row| self.compare(row, read));
        let first = places.next()??;
        places.all(|place| place == Some(first)).then_some(first)
    }

    fn in_order(&self, row: &Row, next: &Row) -> bool {
        self.compare(row, next).is_none_or(Ordering::is_lt)
    }
}
