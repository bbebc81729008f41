//! Random reads, of every sort that Power BI makes.

use feedgate_tests::truth::Truth;
use rand::RngExt as _;
use rand::rngs::StdRng;

use crate::condition::Condition;
use crate::history::History;

/// Rows that twenty searches bring, which takes four seconds.
const FEW: usize = 4_000;

/// Share of the conditions that may leave any number of rows.
const LARGE: f64 = 0.1;

/// What is asked for.
pub(crate) struct Question {
    pub(crate) form: Form,
    pub(crate) object: &'static str,
    pub(crate) filter: Option<Condition>,
    pub(crate) top: Option<usize>,
    /// A column with its type, and whether the largest come first.
    pub(crate) order: Option<(&'static str, &'static str, bool)>,
}

/// The sort of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    /// Rows of a table.
    Table,
    /// Contacts with their companies.
    Expanded,
    /// `$count`.
    Count,
    /// The links of contacts and companies.
    Links,
    /// One row by its key.
    Row(u64),
}

impl Question {
    /// Every row of an object.
    pub(crate) fn whole(object: &'static str) -> Question {
        Question { form: Form::Table, object, filter: None, top: None, order: None }
    }

    /// A random one, with values that rows have now.
    pub(crate) fn random(history: &History, dice: &mut StdRng) -> Question {
        let any = ["contacts", "contacts", "companies", "deals"][dice.random_range(0..4)];
        let plain = Question::whole(any);
        let filter = |object: &str, dice: &mut StdRng| Some(condition(history, object, dice));
        match dice.random_range(0..100) {
            // Whole tables; the larger ones less often.
            0..=3 => Question { object: "contacts", ..plain },
            4..=13 => Question { object: ["companies", "deals"][dice.random_range(0..2)], ..plain },
            14..=18 => Question { top: Some(dice.random_range(1..1_000)), ..plain },
            19..=44 => Question { filter: filter(any, dice), ..plain },
            45..=54 => Question { filter: filter(any, dice), top: Some(dice.random_range(1..300)), ..plain },
            55..=64 => {
                let columns = [
                    ("numberofemployees", "Edm.Decimal"),
                    ("createdate", "Edm.DateTimeOffset"),
                    ("hs_lastmodifieddate", "Edm.DateTimeOffset"),
                ];
                let (column, ty) = columns[dice.random_range(0..columns.len())];
                let order = Some((column, ty, dice.random_bool(0.5)));
                let filter = if dice.random_bool(0.7) { filter("companies", dice) } else { None };
                let top = dice.random_bool(0.6).then(|| dice.random_range(1..200));
                Question { object: "companies", filter, top, order, ..plain }
            }
            65..=77 => {
                let filter = if dice.random_bool(0.6) { filter("contacts", dice) } else { None };
                let top = Some(dice.random_range(1..700));
                Question { form: Form::Expanded, object: "contacts", filter, top, ..plain }
            }
            78..=86 => {
                let filter = if dice.random_bool(0.7) { filter(any, dice) } else { None };
                Question { form: Form::Count, filter, ..plain }
            }
            87..=90 => Question { form: Form::Links, object: "contacts", ..plain },
            _ => Question { form: Form::Row(row(history, any, dice).id()), ..plain },
        }
    }

    /// Path and query behind the root of the feed.
    pub(crate) fn url(&self) -> String {
        let mut options: Vec<String> = Vec::new();
        options.extend(self.filter.as_ref().map(|filter| format!("$filter={}", encoded(&filter.text()))));
        options.extend(self.order.map(|(column, _, descending)| {
            format!("$orderby={column}{}", if descending { "%20desc" } else { "" })
        }));
        options.extend(self.top.map(|top| format!("$top={top}")));
        if self.form == Form::Expanded {
            options.push("$expand=companies($select=id,name)".to_owned());
        }
        let path = match self.form {
            Form::Table | Form::Expanded => self.object.to_owned(),
            Form::Count => format!("{}/$count", self.object),
            Form::Links => "contacts_companies".to_owned(),
            Form::Row(id) => format!("{}({id})", self.object),
        };
        if options.is_empty() { path } else { format!("{path}?{}", options.join("&")) }
    }
}

/// A condition, mostly one that leaves few enough rows for a search of seconds.
fn condition(history: &History, object: &str, dice: &mut StdRng) -> Condition {
    let mut some = |dice: &mut StdRng| row(history, object, dice);
    let large = dice.random_bool(LARGE);
    loop {
        let condition = Condition::random(object, dice, &mut some);
        if large || history.count(object, |row| condition.matches(row)) <= FEW {
            return condition;
        }
    }
}

fn row(history: &History, object: &str, dice: &mut StdRng) -> Truth {
    let row = history.some(object, dice.random_range(0.0..0.99));
    (*row.unwrap()).clone()
}

/// Percent-encodes like Power Query: everything but letters, digits and `-_.~`.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
