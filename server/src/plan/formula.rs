//! What HubSpot's search can be asked: groups of tests, any of which a record has to pass whole.
//!
//! A formula is always a superset of the expression it stands for: what does not fit is left out, and the filter is
//! evaluated again on every row that comes back. It also knows whether it is exactly the expression, because then its
//! number of hits is the number of rows.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Groups that a search may have.
const MAX_GROUPS: usize = 5;
/// Tests that each group keeps for the ids between which a page lies.
const ID_TESTS: usize = 2;
/// Tests in a group: HubSpot allows 6.
const MAX_TESTS: usize = 6 - ID_TESTS;
/// Tests in all groups, with those for the ids.
const MAX_ALL_TESTS: usize = 18;
/// Characters of the filters' JSON: HubSpot allows 3,000, each group keeps [`ID_TESTS_JSON`].
const MAX_JSON: usize = 3_000;
/// Twice `{"propertyName":"hs_object_id","operator":"LTE","value":"18446744073709551615"},` and the brackets of a group.
const ID_TESTS_JSON: usize = 180;
/// Values of one `IN`: HubSpot documents no limit, and nobody has been seen to use more.
const MAX_VALUES: usize = 100;

/// A disjunction of conjunctions. No group at all matches nothing; an empty group matches everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Formula {
    /// Any of these, of each all tests.
    pub groups: Vec<Vec<Test>>,
    /// Whether it matches no more than the expression does.
    pub exact: bool,
}

/// One condition on one property.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Test {
    /// HubSpot's name of the property.
    pub property: String,
    /// What its value has to be.
    pub is: Is,
}

/// A condition on a value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Is {
    /// Equal; text without regard to case, unless it is an enumeration's.
    Equal(String),
    /// Equal to any of these.
    OneOf(Vec<String>),
    /// Greater.
    Above(String),
    /// Greater or equal.
    AtLeast(String),
    /// Less.
    Below(String),
    /// Less or equal.
    AtMost(String),
    /// From the first to the second, both included.
    Between(String, String),
    /// Any value.
    Present,
    /// No value.
    Absent,
}

impl Formula {
    /// Matches every record, as a superset of whatever was meant.
    pub(super) fn unknown() -> Self {
        Self { groups: vec![Vec::new()], exact: false }
    }

    /// Matches every record, and that is what was meant.
    pub(super) fn everything() -> Self {
        Self { groups: vec![Vec::new()], exact: true }
    }

    /// Matches no record.
    pub(super) fn nothing() -> Self {
        Self { groups: Vec::new(), exact: true }
    }

    pub(super) fn test(property: &str, is: Is, exact: bool) -> Self {
        Self { groups: vec![vec![Test { property: property.to_owned(), is }]], exact }
    }

    /// Whether it narrows nothing.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.groups.iter().any(Vec::is_empty)
    }

    /// Whether it can match nothing.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.groups.is_empty()
    }

    /// All of the operands; those that would not fit any more are left out.
    pub(super) fn all(mut operands: Vec<Self>) -> Self {
        // Those without alternatives first: they cost least and narrow every group.
        operands.sort_by_key(|operand| operand.groups.len());
        let mut all = Self::everything();
        for operand in operands {
            let exact = operand.exact;
            match all.and(&operand) {
                Some(narrower) => all = narrower,
                None => all.exact = false,
            }
            all.exact &= exact;
        }
        all
    }

    fn and(&self, other: &Self) -> Option<Self> {
        if other.is_everything() {
            return Some(self.clone());
        }
        let mut groups = Vec::new();
        for left in &self.groups {
            for right in &other.groups {
                let both: BTreeSet<&Test> = left.iter().chain(right).collect();
                groups.push(both.into_iter().cloned().collect());
            }
        }
        fitting(Self { groups, exact: self.exact })
    }

    /// Any of the operands; everything, when they do not fit: leaving out an alternative would lose rows.
    pub(super) fn any(operands: Vec<Self>, is_enumeration: impl Fn(&str) -> bool) -> Self {
        let exact = operands.iter().all(|operand| operand.exact);
        if let Some(everything) = operands.iter().find(|operand| operand.is_everything()) {
            return Self { groups: everything.groups.clone(), exact: exact || everything.exact };
        }
        let groups = operands.into_iter().flat_map(|operand| operand.groups).collect();
        let groups = merged(groups, is_enumeration);
        fitting(Self { groups, exact }).unwrap_or_else(Self::unknown)
    }

    /// The same, or everything when it would not fit into a search beside so many characters of another sort.
    pub(super) fn beside(self, characters: usize) -> Self {
        if self.json_len() + characters <= MAX_JSON { self } else { Self::unknown() }
    }

    /// Roughly the characters of its JSON, rather more than less.
    fn json_len(&self) -> usize {
        let value = |text: &String| serde_json::to_string(text).map_or(text.len() * 6, |json| json.len()) + 1;
        let test = |test: &Test| {
            let values = match &test.is {
                Is::Equal(v) | Is::Above(v) | Is::AtLeast(v) | Is::Below(v) | Is::AtMost(v) => value(v),
                Is::OneOf(values) => values.iter().map(value).sum(),
                Is::Between(low, high) => value(low) + value(high) + "highValue".len(),
                Is::Present | Is::Absent => 0,
            };
            r#"{"propertyName":"","operator":"NOT_HAS_PROPERTY","values":[]},"#.len()
                + test.property.len()
                + values
        };
        self.groups.iter().map(|group| ID_TESTS_JSON + group.iter().map(test).sum::<usize>()).sum()
    }
}

fn fitting(formula: Formula) -> Option<Formula> {
    let groups = &formula.groups;
    let all: usize = groups.iter().map(Vec::len).sum();
    let fits = groups.len() <= MAX_GROUPS
        && groups.iter().all(|group| group.len() <= MAX_TESTS)
        && all + ID_TESTS * groups.len() <= MAX_ALL_TESTS
        && formula.json_len() <= MAX_JSON;
    fits.then_some(formula)
}

/// Groups that only ask one property for one of some values become one group: clients write `in` as a chain of `or`.
fn merged(groups: Vec<Vec<Test>>, is_enumeration: impl Fn(&str) -> bool) -> Vec<Vec<Test>> {
    let mut values: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut others: BTreeSet<Vec<Test>> = BTreeSet::new();
    for group in groups {
        match listable(&group, &is_enumeration) {
            Some((property, listed)) => values.entry(property).or_default().extend(listed),
            None => drop(others.insert(group)),
        }
    }
    let mut merged = Vec::new();
    for (property, listed) in values {
        let listed: Vec<String> = listed.into_iter().collect();
        for chunk in listed.chunks(MAX_VALUES) {
            let is = if let [one] = chunk { Is::Equal(one.clone()) } else { Is::OneOf(chunk.to_vec()) };
            merged.push(vec![Test { property: property.clone(), is }]);
        }
    }
    merged.extend(others);
    merged
}

/// The values of a group that can join an `IN`, which wants text in lower case. Only ASCII has one lower case that
/// everybody agrees on.
fn listable(group: &[Test], is_enumeration: impl Fn(&str) -> bool) -> Option<(String, Vec<String>)> {
    let [Test { property, is }] = group else { return None };
    let values = match is {
        Is::Equal(value) => std::slice::from_ref(value),
        Is::OneOf(values) => values,
        _ => return None,
    };
    if is_enumeration(property) {
        return Some((property.clone(), values.to_vec()));
    }
    let ascii = values.iter().all(|value| value.is_ascii());
    ascii.then(|| (property.clone(), values.iter().map(|value| value.to_ascii_lowercase()).collect()))
}

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, group) in self.groups.iter().enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            let tests: Vec<String> = group.iter().map(ToString::to_string).collect();
            f.write_str(&tests.join(" and "))?;
        }
        Ok(())
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let property = &self.property;
        match &self.is {
            Is::Equal(value) => write!(f, "{property} EQ {value}"),
            Is::OneOf(values) => write!(f, "{property} IN ({})", values.join(", ")),
            Is::Above(value) => write!(f, "{property} GT {value}"),
            Is::AtLeast(value) => write!(f, "{property} GTE {value}"),
            Is::Below(value) => write!(f, "{property} LT {value}"),
            Is::AtMost(value) => write!(f, "{property} LTE {value}"),
            Is::Between(low, high) => write!(f, "{property} BETWEEN {low} AND {high}"),
            Is::Present => write!(f, "{property} HAS_PROPERTY"),
            Is::Absent => write!(f, "{property} NOT_HAS_PROPERTY"),
        }
    }
}
