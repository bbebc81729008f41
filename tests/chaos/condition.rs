//! Random conditions: as OData text, and as what they mean, by other code than the product's.

use std::cmp::Ordering;

use feedgate_tests::truth::{Meaning, Truth, meaning};
use rand::RngExt as _;
use rand::rngs::StdRng;

/// A condition on one row.
pub(crate) enum Condition {
    Compare { column: &'static str, ty: &'static str, operator: &'static str, value: Option<String> },
    OneOf { column: &'static str, values: Vec<String> },
    Text { function: &'static str, column: &'static str, part: String },
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

/// Columns that conditions look at, by object.
const CONTACTS: [(&str, &str); 9] = [
    ("email", "Edm.String"),
    ("city", "Edm.String"),
    ("lastname", "Edm.String"),
    ("lifecyclestage", "Edm.String"),
    ("hubspot_owner_id", "Edm.String"),
    ("credit_limit", "Edm.Decimal"),
    ("vip", "Edm.Boolean"),
    ("contract_signed_on", "Edm.Date"),
    ("createdate", "Edm.DateTimeOffset"),
];
const COMPANIES: [(&str, &str); 4] = [
    ("city", "Edm.String"),
    ("numberofemployees", "Edm.Decimal"),
    ("hubspot_owner_id", "Edm.String"),
    ("createdate", "Edm.DateTimeOffset"),
];
const DEALS: [(&str, &str); 3] =
    [("dealstage", "Edm.String"), ("amount", "Edm.Decimal"), ("createdate", "Edm.DateTimeOffset")];

impl Condition {
    /// A condition with values that some rows have.
    pub(crate) fn random(
        object: &str,
        dice: &mut StdRng,
        some: &mut impl FnMut(&mut StdRng) -> Truth,
    ) -> Condition {
        match dice.random_range(0..10) {
            0..=4 => Condition::leaf(object, dice, some),
            5..=7 => Condition::All((0..2).map(|_| Condition::leaf(object, dice, some)).collect()),
            8 => Condition::Any((0..2).map(|_| Condition::leaf(object, dice, some)).collect()),
            _ => Condition::All(vec![
                Condition::leaf(object, dice, some),
                Condition::Not(Box::new(Condition::leaf(object, dice, some))),
            ]),
        }
    }

    fn leaf(object: &str, dice: &mut StdRng, some: &mut impl FnMut(&mut StdRng) -> Truth) -> Condition {
        let columns: &'static [(&str, &str)] = match object {
            "contacts" => &CONTACTS,
            "companies" => &COMPANIES,
            _ => &DEALS,
        };
        let (column, ty) = columns[dice.random_range(0..columns.len())];
        let value =
            |row: &Truth| row.text(column).filter(|text| meaning(ty, text).is_some()).map(str::to_owned);
        if ty == "Edm.String" {
            match dice.random_range(0..6) {
                0 => {
                    let values: Vec<String> = (0..4).filter_map(|_| value(&some(dice))).collect();
                    if !values.is_empty() {
                        return Condition::OneOf { column, values };
                    }
                }
                1 => {
                    let part: String = value(&some(dice)).unwrap_or_default().chars().take(4).collect();
                    if !part.is_empty() {
                        let function = if dice.random_bool(0.5) { "contains" } else { "startswith" };
                        return Condition::Text { function, column, part };
                    }
                }
                _ => {}
            }
        }
        let operators: &[&str] = match ty {
            "Edm.String" => &["eq", "eq", "eq", "ne"],
            "Edm.Boolean" => &["eq", "ne"],
            _ => &["eq", "ge", "gt", "le", "lt", "ne"],
        };
        let operator = operators[dice.random_range(0..operators.len())];
        let value = value(&some(dice));
        // Only equality with null means something.
        let operator = if value.is_none() { "ne" } else { operator };
        Condition::Compare { column, ty, operator, value }
    }

    /// As it stands in a URL, before it is encoded.
    pub(crate) fn text(&self) -> String {
        let joined = |all: &[Condition], word: &str| {
            all.iter().map(|one| format!("({})", one.text())).collect::<Vec<_>>().join(word)
        };
        match self {
            Condition::Compare { column, ty, operator, value } => {
                let value = value.as_deref().map_or("null".to_owned(), |value| literal(ty, value));
                format!("{column} {operator} {value}")
            }
            Condition::OneOf { column, values } => {
                let values: Vec<String> = values.iter().map(|value| literal("Edm.String", value)).collect();
                format!("{column} in ({})", values.join(","))
            }
            Condition::Text { function, column, part } => {
                format!("{function}({column},{})", literal("Edm.String", part))
            }
            Condition::All(all) => joined(all, " and "),
            Condition::Any(all) => joined(all, " or "),
            Condition::Not(one) => format!("not ({})", one.text()),
        }
    }

    /// Whether a row matches.
    pub(crate) fn matches(&self, row: &Truth) -> bool {
        self.holds(row) == Some(true)
    }

    /// In the three values of OData: a function of null is null, a comparison never is.
    fn holds(&self, row: &Truth) -> Option<bool> {
        match self {
            Condition::Compare { column, ty, operator, value } => {
                let of = |text: Option<&str>| text.and_then(|text| meaning(ty, text));
                Some(compare(operator, of(row.text(column)).as_ref(), of(value.as_deref()).as_ref()))
            }
            Condition::OneOf { column, values } => {
                Some(row.text(column).is_some_and(|text| values.iter().any(|value| value == text)))
            }
            Condition::Text { function, column, part } => row.text(column).map(|text| match *function {
                "contains" => text.contains(part.as_str()),
                _ => text.starts_with(part.as_str()),
            }),
            Condition::All(all) => junction(all, row, false),
            Condition::Any(all) => junction(all, row, true),
            Condition::Not(one) => one.holds(row).map(|holds| !holds),
        }
    }
}

/// `or` is decided by the first true, `and` by the first false; else by a null.
fn junction(all: &[Condition], row: &Truth, deciding: bool) -> Option<bool> {
    let mut result = Some(!deciding);
    for one in all {
        match one.holds(row) {
            Some(holds) if holds == deciding => return Some(deciding),
            None => result = None,
            Some(_) => {}
        }
    }
    result
}

fn compare(operator: &str, left: Option<&Meaning>, right: Option<&Meaning>) -> bool {
    match (operator, left, right) {
        ("eq", left, right) => left == right,
        ("ne", left, right) => left != right,
        (_, Some(left), Some(right)) => order(left, right).is_some_and(|order| match operator {
            "gt" => order.is_gt(),
            "ge" => order.is_ge(),
            "lt" => order.is_lt(),
            _ => order.is_le(),
        }),
        _ => false,
    }
}

/// The order of two values of one type.
pub(crate) fn order(left: &Meaning, right: &Meaning) -> Option<Ordering> {
    match (left, right) {
        (Meaning::Integer(a), Meaning::Integer(b)) => Some(a.cmp(b)),
        (Meaning::Number(a), Meaning::Number(b)) => Some(a.cmp(b)),
        (Meaning::Day(a), Meaning::Day(b)) => Some(a.cmp(b)),
        (Meaning::Instant(a), Meaning::Instant(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

fn literal(ty: &str, value: &str) -> String {
    match meaning(ty, value) {
        Some(Meaning::Text(text)) => format!("'{}'", text.replace('\'', "''")),
        Some(Meaning::Number(number)) => number.to_string(),
        Some(Meaning::Truth(truth)) => truth.to_string(),
        Some(Meaning::Day(day)) => day.to_string(),
        Some(Meaning::Instant(at)) => at.to_string(),
        Some(Meaning::Integer(number)) => number.to_string(),
        None => "null".to_owned(),
    }
}
