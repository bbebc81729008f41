//! Whether what was read is what was there.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use feedgate_tests::edm::Metadata;
use feedgate_tests::judge::{Allowed, Cut, Lives, Reading, faults};
use feedgate_tests::replay::{Cell, Row};
use feedgate_tests::truth::{Meaning, Truth, meaning};

use crate::condition::order;
use crate::history::{History, Window};
use crate::question::{Form, Question};
use crate::reader::{Cells, Expanded, Outcome};

/// What a read is worth.
pub(crate) enum Verdict {
    /// The table, or the number, is right.
    Complete,
    /// None, and the status and code say honestly why.
    Error(String),
    /// Neither: what is wrong.
    Wrong(String),
}

/// Refusals that say what is the matter with the source: never the caller's credential, never a fault of the service.
const HONEST: [(u16, &str); 6] = [
    (501, "NotSupported"),
    (502, "SourceRejected"),
    (503, "SourceUnavailable"),
    (503, "SourceThrottled"),
    (503, "SourceChanged"),
    (504, "SourceTimeout"),
];

/// Differences that are told of one wrong table.
const TOLD: usize = 5;

pub(crate) fn judge(
    history: &History,
    window: Window,
    metadata: &Metadata,
    question: &Question,
    outcome: &Outcome,
) -> Verdict {
    let case = Case { history, window, metadata, question };
    match outcome {
        Outcome::Refused(status, code) => case.refused(*status, code),
        Outcome::Broken(reason) => Verdict::Wrong(reason.clone()),
        Outcome::Number(number) => case.number(*number),
        Outcome::Rows(rows) if question.form == Form::Links => case.links(rows),
        Outcome::Rows(rows) => case.table(rows),
    }
}

struct Case<'a> {
    history: &'a History,
    window: Window,
    metadata: &'a Metadata,
    question: &'a Question,
}

impl Case<'_> {
    fn refused(&self, status: u16, code: &str) -> Verdict {
        if (status, code) == (404, "EntityNotFound")
            && let Form::Row(id) = self.question.form
        {
            let always = self.history.row(self.question.object, id, self.window).always;
            return if always { wrong(&["a row that is there is not found"]) } else { Verdict::Complete };
        }
        if HONEST.contains(&(status, code)) {
            Verdict::Error(format!("{status} {code}"))
        } else {
            wrong(&[format!("an answer that is not honest: {status} {code}")])
        }
    }

    fn number(&self, number: u64) -> Verdict {
        self.allowed().count_fault(number).map_or(Verdict::Complete, |fault| wrong(&[fault]))
    }

    fn allowed(&self) -> Allowed<u64, &Truth> {
        let matches = |row: &&Truth| self.question.filter.as_ref().is_none_or(|filter| filter.matches(row));
        let mut allowed = Allowed::default();
        let one = match self.question.form {
            Form::Row(id) => Some(id),
            _ => None,
        };
        for (id, lives) in self.history.rows(self.question.object, self.window) {
            if one.is_none_or(|one| one == id) {
                let rows = lives.rows.into_iter().map(Arc::as_ref).collect();
                let lives = Lives { always: lives.always, rows };
                allowed.add(id, lives, self.question.order.is_some(), matches);
            }
        }
        allowed
    }

    fn table(&self, rows: &[Expanded]) -> Verdict {
        if rows.iter().any(|(cells, _)| whole(cells, "id").is_none()) {
            return wrong(&["a row without a key"]);
        }
        let cut = Cut { skip: 0, top: self.question.top };
        let mut faults = faults(self, &self.allowed(), cut, rows);
        if self.question.form == Form::Expanded {
            faults.extend(rows.iter().flat_map(|row| self.companies(self.key(row), &row.1)));
        }
        if faults.is_empty() { Verdict::Complete } else { wrong(&faults) }
    }

    /// What is wrong with the companies of a contact.
    fn companies(&self, contact: u64, expanded: &[Cells]) -> Vec<String> {
        let allowed: BTreeMap<u64, bool> = self
            .history
            .links(Some(contact), self.window)
            .map(|((_, company), always)| (company, always))
            .collect();
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        for cells in expanded {
            let Some(id) = whole(cells, "id") else { return vec!["a company without a key".to_owned()] };
            if !seen.insert(id) {
                faults.push(format!("company {id} comes twice in contact {contact}"));
            }
            if !allowed.contains_key(&id) {
                faults.push(format!("company {id} does not belong to contact {contact}"));
            }
            let versions = self.history.row("companies", id, self.window).rows;
            let named = |row: &&std::sync::Arc<Truth>| text(cells, "name") == row.text("name");
            if !versions.iter().any(named) {
                faults.push(format!("company {id} was never called {:?}", cells.get("name")));
            }
        }
        let missing = allowed.iter().filter(|(id, always)| **always && !seen.contains(id));
        faults.extend(missing.map(|(id, _)| format!("company {id} is missing in contact {contact}")));
        faults
    }

    fn links(&self, rows: &[Expanded]) -> Verdict {
        let names = self.metadata.sets["contacts_companies"].names();
        let [_, from, to, ..] = names.as_slice() else { return wrong(&["the links have no ends"]) };
        let allowed: BTreeMap<(u64, u64), bool> = self.history.links(None, self.window).collect();
        let (mut faults, mut keys) = (Vec::new(), HashSet::new());
        let mut types: BTreeMap<(u64, u64), BTreeSet<u64>> = BTreeMap::new();
        for (cells, _) in rows {
            let (Some(from), Some(to), Some(ty)) =
                (whole(cells, from), whole(cells, to), whole(cells, "type_id"))
            else {
                return wrong(&[format!("a link without ends: {cells:?}")]);
            };
            if !keys.insert(format!("{:?}", cells.get("id")))
                || !types.entry((from, to)).or_default().insert(ty)
            {
                faults.push(format!("the link {from} to {to} of type {ty} comes twice"));
            }
            if !allowed.contains_key(&(from, to)) {
                faults.push(format!("there never was a link {from} to {to}"));
            }
        }
        for (pair, _) in allowed.iter().filter(|(_, always)| **always) {
            let known = self.history.types(*pair).map(|types| types.iter().copied().collect::<BTreeSet<_>>());
            match (types.get(pair), known) {
                (None, _) => faults.push(format!("the link {pair:?} is missing")),
                (Some(read), Some(known)) if *read != known => {
                    faults.push(format!("the link {pair:?} has the types {read:?}, not {known:?}"));
                }
                _ => {}
            }
        }
        if faults.is_empty() { Verdict::Complete } else { wrong(&faults) }
    }
}

impl<'a> Reading for Case<'a> {
    type Key = u64;
    type Version = &'a Truth;
    type Row = Expanded;

    fn key(&self, row: &Expanded) -> u64 {
        whole(&row.0, "id").unwrap_or_default()
    }

    fn difference(&self, row: &Expanded, versions: &[&'a Truth]) -> Option<String> {
        let (row, ty) = (Row(row.0.clone()), &self.metadata.sets[self.question.object]);
        let mut differences = Vec::new();
        for version in versions {
            match version.equals(&row, ty) {
                Ok(()) => return None,
                Err(difference) => differences.push(difference),
            }
        }
        Some(format!("of {} versions none fits: {}", versions.len(), differences.join("; ")))
    }

    fn place(&self, id: &u64, versions: &[&'a Truth], read: &Expanded) -> Option<Ordering> {
        let Some((column, ty, descending)) = self.question.order else {
            return Some(id.cmp(&self.key(read)));
        };
        let read = key(&read.0, column, ty);
        let own = |row: &&Truth| row.text(column).and_then(|text| meaning(ty, text));
        let mut places = versions.iter().map(|row| compare(own(row).as_ref(), read.as_ref(), descending));
        let first = places.next()?;
        (first.is_ne() && places.all(|place| place == first)).then_some(first)
    }

    fn in_order(&self, row: &Expanded, next: &Expanded) -> bool {
        let Some((column, ty, descending)) = self.question.order else {
            return self.key(row) < self.key(next);
        };
        let (row, next) = (key(&row.0, column, ty), key(&next.0, column, ty));
        compare(row.as_ref(), next.as_ref(), descending).is_le()
    }
}

fn whole(cells: &Cells, name: &str) -> Option<u64> {
    match cells.get(name)? {
        Cell::Number(text) => text.parse().ok(),
        _ => None,
    }
}

fn text<'a>(cells: &'a Cells, name: &str) -> Option<&'a str> {
    match cells.get(name)? {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

fn key(cells: &Cells, column: &str, ty: &str) -> Option<Meaning> {
    match cells.get(column)? {
        Cell::Number(text) | Cell::Text(text) => meaning(ty, text),
        _ => None,
    }
}

/// Null is less than every value; descending turns everything around.
fn compare(a: Option<&Meaning>, b: Option<&Meaning>, descending: bool) -> Ordering {
    let ascending = match (a, b) {
        (Some(a), Some(b)) => order(a, b).unwrap_or(Ordering::Equal),
        (a, b) => a.is_some().cmp(&b.is_some()),
    };
    if descending { ascending.reverse() } else { ascending }
}

fn wrong<T: ToString>(faults: &[T]) -> Verdict {
    let told: Vec<String> = faults.iter().take(TOLD).map(ToString::to_string).collect();
    Verdict::Wrong(format!("{} differences: {}", faults.len(), told.join(" | ")))
}
