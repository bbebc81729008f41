//! Filters: groups are alternatives, the filters of a group must all match.
//!
//! Strings compare without case, enumerations with case, and IN on strings finds lower-cased values only.
//! A negation also matches records without a value (nobody has documented it; a quirk turns it around).

use std::borrow::Cow;
use std::cmp::Ordering;

use rust_decimal::Decimal;

use super::super::Scene;
use super::super::answer::Problem;
use super::body::{FilterBody, plain};
use super::tokens::Pattern;
use crate::instant::parse;
use crate::portal::record::Record;
use crate::portal::state::{Column, State};
use crate::quirks::Quirks;

/// Values of one IN; the real maximum is unknown, more than this is never needed.
const MAX_VALUES: usize = 100;

/// The filters of a search.
pub(super) struct Filters<'a> {
    groups: Vec<Vec<Filter<'a>>>,
}

enum Filter<'a> {
    Value(Condition),
    /// `associations.company`: linked to one of these records.
    Linked {
        state: &'a State,
        from: usize,
        to: usize,
        ids: Vec<u64>,
    },
}

struct Condition {
    column: Column,
    nature: Nature,
    test: Test,
    negated: bool,
    skip_missing: bool,
    members_only: bool,
}

/// How values of a property compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nature {
    Text,
    Choice,
    Number,
    Instant,
}

/// A value that can be compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell<'a> {
    Text(Cow<'a, str>),
    Number(Decimal),
    Instant(i64),
}

enum Test {
    Compare(fn(Ordering) -> bool, Cell<'static>),
    Between(Cell<'static>, Cell<'static>),
    OneOf(Vec<Cell<'static>>),
    Token(Pattern),
    Present,
}

impl<'a> Filters<'a> {
    /// Checks names, operators and operands.
    pub(super) fn compile(scene: &Scene<'a>, groups: &[&[FilterBody]]) -> Result<Filters<'a>, Problem> {
        let compile =
            |group: &&[FilterBody]| group.iter().map(|filter| Filter::compile(scene, filter)).collect();
        Ok(Filters { groups: groups.iter().map(compile).collect::<Result<_, _>>()? })
    }

    /// Whether one group matches; no group at all matches everything.
    pub(super) fn match_record(&self, record: &Record) -> bool {
        self.groups.is_empty()
            || self.groups.iter().any(|group| group.iter().all(|filter| filter.matches(record)))
    }
}

impl<'a> Filter<'a> {
    fn compile(scene: &Scene<'a>, body: &FilterBody) -> Result<Filter<'a>, Problem> {
        if let Some(other) = body.property_name.strip_prefix("associations.") {
            return linked(scene, other, body);
        }
        let (column, nature) = column(scene, &body.property_name)?;
        let (test, negated) = test(body, nature)?;
        let Quirks { negation_skips_missing, members_only, .. } = *scene.quirks;
        Ok(Filter::Value(Condition {
            column,
            nature,
            test,
            negated,
            skip_missing: negation_skips_missing,
            members_only,
        }))
    }

    fn matches(&self, record: &Record) -> bool {
        match self {
            Filter::Value(condition) => condition.matches(record),
            Filter::Linked { state, from, to, ids } => {
                state.links.of(*from, *to, record.id).iter().any(|link| ids.contains(&link.to))
            }
        }
    }
}

fn linked<'a>(scene: &Scene<'a>, other: &str, body: &FilterBody) -> Result<Filter<'a>, Problem> {
    let place = scene.state.resolve(other).filter(|place| !scene.state.tables[*place].kind.custom);
    let to = place.ok_or_else(|| unknown(&body.property_name))?;
    let texts = match body.operator.as_str() {
        "EQ" => vec![operand(body.value.as_ref(), body)?],
        "IN" => operands(body)?,
        _ => return Err(invalid(body, "this operator is not supported for associations")),
    };
    let ids = texts.iter().filter_map(|text| text.parse().ok()).collect();
    Ok(Filter::Linked { state: scene.state, from: scene.place, to, ids })
}

impl Condition {
    fn matches(&self, record: &Record) -> bool {
        let missing = !present(record, self.column);
        if self.negated && missing && !matches!(self.test, Test::Present) {
            return !self.skip_missing;
        }
        self.holds(record, missing) != self.negated
    }

    fn holds(&self, record: &Record, missing: bool) -> bool {
        match &self.test {
            Test::Present => !missing,
            _ if missing => false,
            Test::Token(pattern) => record.text(self.column).is_some_and(|text| pattern.matches(&text)),
            Test::Compare(accept, operand) => {
                self.any(record, |cell| compare(cell, operand).is_some_and(accept))
            }
            Test::Between(low, high) => self.any(record, |cell| {
                compare(cell, low).is_some_and(Ordering::is_ge)
                    && compare(cell, high).is_some_and(Ordering::is_le)
            }),
            Test::OneOf(operands) => {
                self.any(record, |cell| operands.iter().any(|o| compare(cell, o) == Some(Ordering::Equal)))
            }
        }
    }

    /// Whether a test accepts the value; of an enumeration, one of its `;`-joined members is enough.
    fn any(&self, record: &Record, accept: impl Fn(&Cell) -> bool) -> bool {
        let Some(cell) = cell(record, self.column, self.nature) else { return false };
        match &cell {
            Cell::Text(text) if self.nature == Nature::Choice && text.contains(';') => {
                let member = text.split(';').any(|member| accept(&Cell::Text(Cow::Borrowed(member))));
                member || (!self.members_only && accept(&cell))
            }
            _ => accept(&cell),
        }
    }
}

/// Where a property is found, and how it compares.
pub(super) fn column(scene: &Scene, name: &str) -> Result<(Column, Nature), Problem> {
    let column = scene.table.column(name).ok_or_else(|| unknown(name))?;
    let properties = &scene.table.properties;
    let r#type =
        properties.find(name).and_then(|index| properties.get(index)).map_or("string", |p| p.r#type.as_str());
    let nature = match r#type {
        "number" => Nature::Number,
        "date" | "datetime" => Nature::Instant,
        "enumeration" => Nature::Choice,
        _ => Nature::Text,
    };
    Ok((column, nature))
}

/// A record's value; `None` when it is missing, or not of the property's type ("N/A" in a number).
pub(super) fn cell(record: &Record, column: Column, nature: Nature) -> Option<Cell<'_>> {
    match column {
        Column::Id => return Some(Cell::Number(record.id.into())),
        Column::Created => return Some(Cell::Instant(record.created)),
        Column::Modified => return Some(Cell::Instant(record.updated)),
        Column::Stored(_) => {}
    }
    let text = record.text(column).filter(|text| !text.is_empty())?;
    read(text, nature)
}

fn read(text: Cow<'_, str>, nature: Nature) -> Option<Cell<'_>> {
    match nature {
        Nature::Number => decimal(&text).map(Cell::Number),
        Nature::Instant => parse(&text).map(Cell::Instant),
        Nature::Choice => Some(Cell::Text(text)),
        Nature::Text => Some(Cell::Text(Cow::Owned(text.to_lowercase()))),
    }
}

fn decimal(text: &str) -> Option<Decimal> {
    text.parse().ok().or_else(|| Decimal::from_scientific(text).ok())
}

pub(super) fn compare(a: &Cell, b: &Cell) -> Option<Ordering> {
    match (a, b) {
        (Cell::Text(a), Cell::Text(b)) => Some(a.cmp(b)),
        (Cell::Number(a), Cell::Number(b)) => Some(a.cmp(b)),
        (Cell::Instant(a), Cell::Instant(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn present(record: &Record, column: Column) -> bool {
    match column {
        Column::Stored(index) => record.values.get(index).is_some_and(|text| !text.is_empty()),
        Column::Id | Column::Created | Column::Modified => true,
    }
}

/// The test of a filter, and whether it is negated.
fn test(body: &FilterBody, nature: Nature) -> Result<(Test, bool), Problem> {
    let compare =
        |accept| Ok(Test::Compare(accept, typed(&operand(body.value.as_ref(), body)?, nature, body)?));
    let one_of = || {
        // The searched values are taken as they are: an upper-case letter in one never meets a lower-cased value.
        let exact = |text: &String| match nature {
            Nature::Text => Ok(Cell::Text(Cow::Owned(text.clone()))),
            _ => typed(text, nature, body),
        };
        Ok(Test::OneOf(operands(body)?.iter().map(exact).collect::<Result<_, _>>()?))
    };
    let token =
        || Ok(Test::Token(Pattern::new(&operand(body.value.as_ref(), body)?, nature == Nature::Choice)));
    Ok(match body.operator.as_str() {
        "EQ" => (compare(Ordering::is_eq)?, false),
        "NEQ" => (compare(Ordering::is_eq)?, true),
        "LT" => (compare(Ordering::is_lt)?, false),
        "LTE" => (compare(Ordering::is_le)?, false),
        "GT" => (compare(Ordering::is_gt)?, false),
        "GTE" => (compare(Ordering::is_ge)?, false),
        "BETWEEN" => {
            let low = typed(&operand(body.value.as_ref(), body)?, nature, body)?;
            let high = typed(&operand(body.high_value.as_ref(), body)?, nature, body)?;
            (Test::Between(low, high), false)
        }
        "IN" => (one_of()?, false),
        "NOT_IN" => (one_of()?, true),
        "CONTAINS_TOKEN" => (token()?, false),
        "NOT_CONTAINS_TOKEN" => (token()?, true),
        "HAS_PROPERTY" => (Test::Present, false),
        "NOT_HAS_PROPERTY" => (Test::Present, true),
        _ => return Err(Problem::BadSearch),
    })
}

fn typed(text: &str, nature: Nature, body: &FilterBody) -> Result<Cell<'static>, Problem> {
    match read(Cow::Owned(text.to_owned()), nature) {
        Some(Cell::Instant(0)) => Err(Problem::SearchFailed),
        Some(cell) => Ok(cell),
        None => Err(invalid(body, &format!("{text:?} is not valid for the property"))),
    }
}

fn operand(value: Option<&serde_json::Value>, body: &FilterBody) -> Result<String, Problem> {
    value.and_then(plain).ok_or_else(|| invalid(body, "a value is missing"))
}

fn operands(body: &FilterBody) -> Result<Vec<String>, Problem> {
    let values: Vec<String> = body.values.iter().flatten().filter_map(plain).collect();
    match values.len() {
        1..=MAX_VALUES => Ok(values),
        0 => Err(invalid(body, "values are missing")),
        count => Err(invalid(body, &format!("{count} values are too many"))),
    }
}

fn unknown(name: &str) -> Problem {
    Problem::Invalid(format!("There is no property {name}"))
}

fn invalid(body: &FilterBody, reason: &str) -> Problem {
    Problem::Invalid(format!("{} {}: {reason}", body.property_name, body.operator))
}
