//! Whether a table that was read while its rows changed is right.
//!
//! Every row that matched throughout stands in it exactly once, no row twice, none that never matched, each as it was at
//! some instant, and in order. What rows are, and how they are compared, is the [`Reading`]'s to say.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

/// A row while a table was read.
pub struct Lives<V> {
    /// It was there all the time.
    pub always: bool,
    /// All that it was while it was there.
    pub rows: Vec<V>,
}

/// The rows of a table that may be in an answer.
pub struct Allowed<K, V> {
    /// As what they matched at some instant.
    pub rows: BTreeMap<K, Vec<V>>,
    /// They matched at every instant.
    pub required: BTreeSet<K>,
}

impl<K, V> Default for Allowed<K, V> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), required: BTreeSet::new() }
    }
}

impl<K: Ord + Clone, V> Allowed<K, V> {
    /// Takes up a row. In the natural order a row that changes keeps its place, and comes whatever changes in it. In another
    /// order it may move behind what was read, and then it is one of those that may be missing.
    pub fn add(&mut self, key: K, lives: Lives<V>, sorted: bool, matches: impl Fn(&V) -> bool) {
        let all = lives.rows.len();
        let matching: Vec<V> = lives.rows.into_iter().filter(matches).collect();
        if lives.always && matching.len() == all && (all == 1 || !sorted) {
            self.required.insert(key.clone());
        }
        if !matching.is_empty() {
            self.rows.insert(key, matching);
        }
    }

    /// What is wrong with a number of rows.
    #[must_use]
    pub fn count_fault(&self, number: u64) -> Option<String> {
        let (least, most) = (self.required.len() as u64, self.rows.len() as u64);
        (number < least || number > most).then(|| format!("{number} rows were counted, of {least} to {most}"))
    }
}

/// Which part of a table was asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cut {
    /// Rows left out.
    pub skip: usize,
    /// Rows wanted at most.
    pub top: Option<usize>,
}

/// What has to be known about the rows of a table.
pub trait Reading {
    /// What tells rows apart.
    type Key: Ord + Clone + Debug;
    /// What a row was at some instant.
    type Version;
    /// A row as it was read.
    type Row;

    /// The key of a row.
    fn key(&self, row: &Self::Row) -> Self::Key;

    /// How a row differs from everything that it was.
    fn difference(&self, row: &Self::Row, versions: &[Self::Version]) -> Option<String>;

    /// Where a row that nobody changed, or that has its place by its key, stands from one that was read: before it or
    /// behind it. Nothing when that cannot be said.
    fn place(&self, key: &Self::Key, versions: &[Self::Version], read: &Self::Row) -> Option<Ordering>;

    /// Whether two rows that follow each other may do so.
    fn in_order(&self, row: &Self::Row, next: &Self::Row) -> bool;
}

/// Everything that is wrong with a table.
pub fn faults<R: Reading>(
    reading: &R,
    allowed: &Allowed<R::Key, R::Version>,
    cut: Cut,
    rows: &[R::Row],
) -> Vec<String> {
    let (mut faults, mut seen) = (Vec::new(), BTreeSet::new());
    for row in rows {
        let key = reading.key(row);
        match allowed.rows.get(&key) {
            None => faults.push(format!("row {key:?} does not match, and never did")),
            Some(versions) => faults.extend(reading.difference(row, versions)),
        }
        if !seen.insert(key.clone()) {
            faults.push(format!("row {key:?} comes twice"));
        }
    }
    faults.extend(missing(reading, allowed, cut, rows, &seen));
    let pairs = rows.iter().zip(rows.iter().skip(1));
    let wrong = pairs.enumerate().find(|(_, (row, next))| !reading.in_order(row, next));
    faults.extend(wrong.map(|(place, (row, next))| {
        format!("rows {place} and the next are not in order: {:?}, {:?}", reading.key(row), reading.key(next))
    }));
    faults
}

/// Rows that had to be there, and rows beyond what was asked for.
fn missing<R: Reading>(
    reading: &R,
    allowed: &Allowed<R::Key, R::Version>,
    cut: Cut,
    rows: &[R::Row],
    seen: &BTreeSet<R::Key>,
) -> Vec<String> {
    let top = cut.top.unwrap_or(usize::MAX);
    if rows.len() > top {
        return vec![format!("{} rows, although {top} were asked for", rows.len())];
    }
    let place = |key: &R::Key, row: Option<&R::Row>| reading.place(key, &allowed.rows[key], row?);
    let before = |key: &R::Key| place(key, rows.first()).is_some_and(Ordering::is_lt);
    // Of a table that begins later, or was cut off, those between its first row and its last.
    let begun = |key: &R::Key| cut.skip == 0 || place(key, rows.first()).is_some_and(Ordering::is_gt);
    let ended = |key: &R::Key| rows.len() == top && !place(key, rows.last()).is_some_and(Ordering::is_lt);
    let absent = allowed.required.iter().filter(|key| !seen.contains(*key));
    let absent = absent.filter(|key| begun(key) && !ended(key));
    let mut faults: Vec<String> = absent.map(|key| format!("row {key:?} is missing")).collect();
    let passed = match rows {
        [] if top > 0 => allowed.required.len(),
        _ => allowed.required.iter().filter(|key| before(key)).count(),
    };
    if passed > cut.skip {
        faults.push(format!("{passed} rows were left out at the beginning, not {}", cut.skip));
    }
    let behind = |key: &&R::Key| place(key, rows.first()).is_some_and(Ordering::is_ge);
    let most = allowed.rows.len() - allowed.rows.keys().filter(behind).count();
    if !rows.is_empty() && most < cut.skip {
        faults.push(format!("{most} rows at most were left out at the beginning, not {}", cut.skip));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows that are a key and a value, in the order of the key.
    struct Plain;

    impl Reading for Plain {
        type Key = u64;
        type Version = &'static str;
        type Row = (u64, &'static str);

        fn key(&self, row: &Self::Row) -> u64 {
            row.0
        }

        fn difference(&self, row: &Self::Row, versions: &[&'static str]) -> Option<String> {
            (!versions.contains(&row.1)).then(|| format!("row {} was never {}", row.0, row.1))
        }

        fn place(&self, key: &u64, _: &[&'static str], read: &Self::Row) -> Option<Ordering> {
            Some(key.cmp(&read.0))
        }

        fn in_order(&self, row: &Self::Row, next: &Self::Row) -> bool {
            row.0 < next.0
        }
    }

    /// 1, 2 and 4 stayed, 3 was deleted, 5 changed from a to b, 6 matched at times.
    fn allowed() -> Allowed<u64, &'static str> {
        let mut allowed = Allowed::default();
        for (key, always, rows) in [
            (1, true, vec!["a"]),
            (2, true, vec!["a"]),
            (3, false, vec!["a"]),
            (4, true, vec!["a"]),
            (5, true, vec!["a", "b"]),
            (6, true, vec!["a", "never"]),
        ] {
            allowed.add(key, Lives { always, rows }, false, |value| *value != "never");
        }
        allowed
    }

    #[track_caller]
    fn check(rows: &str, skip: usize, top: Option<usize>, told: &str) {
        let rows: Vec<(u64, &'static str)> = rows
            .split_whitespace()
            .map(|row| (row[..1].parse().unwrap(), if row.ends_with('b') { "b" } else { "a" }))
            .collect();
        let faults = faults(&Plain, &allowed(), Cut { skip, top }, &rows);
        assert_eq!(faults.join("; "), told, "{rows:?}");
    }

    #[test]
    fn rows_that_stayed_are_required_and_the_others_may_come() {
        check("1 2 3 4 5 6", 0, None, "");
        check("1 2 4 5b", 0, None, "");
        check("1 2 4", 0, None, "row 5 is missing");
        check("1 2 4 5 7", 0, None, "row 7 does not match, and never did");
        check("1 2b 4 5", 0, None, "row 2 was never b");
        check("1 2 2 4 5", 0, None, "row 2 comes twice; rows 1 and the next are not in order: 2, 2");
        check("1 4 2 5", 0, None, "rows 1 and the next are not in order: 4, 2");
    }

    #[test]
    fn of_a_part_of_a_table_only_what_lies_in_it_is_required() {
        check("1 2", 0, Some(2), "");
        check("1 4", 0, Some(2), "row 2 is missing");
        check("1 2 4", 0, Some(2), "3 rows, although 2 were asked for");
        check("1 2 4", 0, Some(4), "row 5 is missing");
        check("2 3 4 5", 1, None, "");
        check("4 5", 1, None, "2 rows were left out at the beginning, not 1");
        check("2 4 5", 2, None, "1 rows at most were left out at the beginning, not 2");
        check("", 3, None, "4 rows were left out at the beginning, not 3");
        check("", 4, None, "");
        check("", 0, Some(0), "");
    }

    #[test]
    fn numbers_of_rows_lie_between_those_that_stayed_and_those_that_could_come() {
        for (number, right) in [(3, false), (4, true), (6, true), (7, false)] {
            assert_eq!(allowed().count_fault(number).is_none(), right, "{number}");
        }
    }

    #[test]
    fn a_row_that_changes_in_a_sorted_table_may_be_missing() {
        let mut allowed = Allowed::default();
        allowed.add(1_u64, Lives { always: true, rows: vec!["a", "b"] }, true, |_| true);
        assert!(allowed.required.is_empty() && allowed.rows.len() == 1);
    }
}
