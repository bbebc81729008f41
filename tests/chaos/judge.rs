//! Whether what was read is what was there.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use feedgate_tests::edm::{EntityType, Metadata};
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

/// The rows of a table that may be in an answer.
struct Allowed<'a> {
    /// As what they matched at some instant.
    rows: BTreeMap<u64, Vec<&'a Truth>>,
    /// They matched at every instant.
    required: BTreeSet<u64>,
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
        let allowed = self.allowed();
        let (least, most) = (allowed.required.len() as u64, allowed.rows.len() as u64);
        if (least..=most).contains(&number) {
            return Verdict::Complete;
        }
        wrong(&[format!("{number} rows were counted, of {least} to {most}")])
    }

    fn allowed(&self) -> Allowed<'_> {
        let matches = |row: &Truth| self.question.filter.as_ref().is_none_or(|filter| filter.matches(row));
        let mut allowed = Allowed { rows: BTreeMap::new(), required: BTreeSet::new() };
        let one = match self.question.form {
            Form::Row(id) => Some(id),
            _ => None,
        };
        for (id, lives) in self.history.rows(self.question.object, self.window) {
            if one.is_some_and(|one| one != id) {
                continue;
            }
            let matching: Vec<&Truth> =
                lives.rows.iter().copied().map(std::sync::Arc::as_ref).filter(|row| matches(row)).collect();
            // In the natural order a row that changes keeps its place, and comes whatever changes in it. In another order
            // it may move behind what was read, and then it is one of those that may be missing.
            let steady = self.question.order.is_none() || lives.rows.len() == 1;
            if lives.always && steady && matching.len() == lives.rows.len() {
                allowed.required.insert(id);
            }
            if !matching.is_empty() {
                allowed.rows.insert(id, matching);
            }
        }
        allowed
    }

    fn table(&self, rows: &[Expanded]) -> Verdict {
        let allowed = self.allowed();
        let mut faults = Vec::new();
        let mut seen = HashSet::new();
        let ty = &self.metadata.sets[self.question.object];
        for (cells, expanded) in rows {
            let Some(id) = whole(cells, "id") else { return wrong(&["a row without a key"]) };
            if !seen.insert(id) {
                faults.push(format!("row {id} comes twice"));
            }
            match allowed.rows.get(&id) {
                None => faults.push(format!("row {id} does not match, and never did")),
                Some(versions) => faults.extend(difference(cells, versions, ty)),
            }
            if self.question.form == Form::Expanded {
                faults.extend(self.companies(id, expanded));
            }
        }
        faults.extend(self.missing(&allowed, &seen, rows));
        faults.extend(self.disorder(rows));
        if faults.is_empty() { Verdict::Complete } else { wrong(&faults) }
    }

    /// Rows that had to be there.
    fn missing(&self, allowed: &Allowed<'_>, seen: &HashSet<u64>, rows: &[Expanded]) -> Vec<String> {
        let top = self.question.top.unwrap_or(usize::MAX);
        if rows.len() > top {
            return vec![format!("{} rows, although {top} were asked for", rows.len())];
        }
        let full = rows.len() == top;
        let absent = allowed.required.iter().filter(|id| !seen.contains(id));
        if !full {
            return absent.map(|id| format!("row {id} is missing")).collect();
        }
        // Of a table that was cut off, those that come before its last row.
        let (Some((column, ty, descending)), Some((last, _))) = (self.question.order, rows.last()) else {
            return Vec::new();
        };
        let last = key(last, column, ty);
        let before = |id: &&u64| {
            let versions = &allowed.rows[*id];
            versions.iter().all(|row| {
                let own = row.text(column).and_then(|text| meaning(ty, text));
                compare(own.as_ref(), last.as_ref(), descending) == Ordering::Less
            })
        };
        absent.filter(before).map(|id| format!("row {id} is missing before the last")).collect()
    }

    /// Rows that do not follow their order.
    fn disorder(&self, rows: &[Expanded]) -> Option<String> {
        let (column, ty, descending) = self.question.order?;
        let keys: Vec<Option<Meaning>> = rows.iter().map(|(cells, _)| key(cells, column, ty)).collect();
        let place = keys
            .windows(2)
            .position(|pair| compare(pair[0].as_ref(), pair[1].as_ref(), descending).is_gt())?;
        Some(format!("rows {place} and the next are not in order: {:?}, {:?}", keys[place], keys[place + 1]))
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

/// How a row differs from everything that it was.
fn difference(cells: &Cells, versions: &[&Truth], ty: &EntityType) -> Option<String> {
    let row = Row(cells.clone());
    let mut differences = Vec::new();
    for version in versions {
        match version.equals(&row, ty) {
            Ok(()) => return None,
            Err(difference) => differences.push(difference),
        }
    }
    Some(format!("of {} versions none fits: {}", versions.len(), differences.join("; ")))
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
