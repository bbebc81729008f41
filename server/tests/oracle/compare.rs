//! One question, asked of the product and of the plain evaluation; and the shortest question with another answer.

use std::collections::BTreeSet;

use feedgate::execute::ExecuteError;
use feedgate::plan::{Plan, Source};
use odata::eval::Related as _;
use odata::expr::Expr;
use odata::url::{PathStart, Request};
use odata::{ErrorKind, Row, Value};

use super::feed::Feed;
use super::shrink;
use super::truth::{Truth, masked, window};

/// Questions tried while a failing one is made shorter.
const SHORTENINGS: usize = 150;

/// What became of a question that was not answered wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Truly.
    Answered {
        /// Rows.
        rows: usize,
        /// Pages.
        pages: usize,
        /// Whether HubSpot's search or the ids it names narrowed it.
        pushed: bool,
    },
    /// 501
    NotSupported,
    /// A calculation that has no outcome (an overflow), or a meaning that is not the language's own.
    Undefined,
}

/// How often each outcome came.
#[derive(Debug, Default)]
pub(crate) struct Census {
    pub(crate) asked: usize,
    pub(crate) with_rows: usize,
    pub(crate) on_several_pages: usize,
    pub(crate) pushed: usize,
    pub(crate) not_supported: usize,
    pub(crate) undefined: usize,
    /// Every text that was answered.
    pub(crate) answered: Vec<String>,
}

impl Census {
    /// Asks, and counts; the question is said again, shortened, when the answer is wrong.
    pub(crate) async fn ask(&mut self, feed: &Feed, truth: &Truth<'_>, url: &str, size: u64, seed: u64) {
        let said = Said(format!("seed {seed}: {url}"));
        let outcome = match compare(feed, truth, url, size).await {
            Ok(outcome) => outcome,
            Err(difference) => {
                let (short, difference) = shortened(feed, truth, url, size, difference).await;
                panic!("seed {seed}: {url}\nshortened: {short}\n{difference}");
            }
        };
        drop(said);
        self.asked += 1;
        match outcome {
            Outcome::Answered { rows, pages, pushed } => {
                self.with_rows += usize::from(rows > 0);
                self.on_several_pages += usize::from(pages > 1);
                self.pushed += usize::from(pushed);
                self.answered.push(url.to_owned());
            }
            Outcome::NotSupported => self.not_supported += 1,
            Outcome::Undefined => self.undefined += 1,
        }
    }

    /// Holds at least (or at most) so many of a hundred.
    #[track_caller]
    pub(crate) fn least(&self, what: &str, count: usize, percent: usize) {
        assert!(count * 100 >= self.asked * percent, "{what}: only {count} of {}", self.asked);
    }

    #[track_caller]
    pub(crate) fn most(&self, what: &str, count: usize, percent: usize) {
        assert!(count * 100 <= self.asked * percent, "{what}: {count} of {}", self.asked);
    }
}

/// Prints the question when the product panics over it.
pub(crate) struct Said(pub(crate) String);

impl Drop for Said {
    #[expect(clippy::print_stderr, reason = "the only way to say it while another panic is on its way")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0);
        }
    }
}

/// Asks both.
///
/// # Errors
/// The difference.
pub(crate) async fn compare(feed: &Feed, truth: &Truth<'_>, url: &str, size: u64) -> Result<Outcome, String> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let (request, plan) = match understood(feed, url)? {
        Understood::Planned(planned) => *planned,
        Understood::Otherwise(outcome) => return Ok(outcome),
    };
    let Ok(all) = truth.answer(candidates(feed, truth, &request, plan.set), &request.options, None) else {
        return Ok(Outcome::Undefined);
    };
    let total = all.len() as u64;
    let expected = window(all, plan.skip, plan.top);
    let read = match feed.read_pages(path, query, Some(size), |_| {}).await {
        Ok(read) => read,
        Err(ExecuteError::NotSupported { .. }) => return Ok(Outcome::NotSupported),
        Err(error) => return Err(format!("{error}\n{plan}")),
    };
    let expected_rows: Vec<Row> = expected.iter().map(|row| masked(row, &plan.read)).collect();
    same(&keys(&read.rows), &keys(&expected_rows), "keys")?;
    // What is there anyway, although nobody asked for it, is no difference: links come whole.
    let read_rows: Vec<Row> = read.rows.iter().map(|row| masked(row, &plan.read)).collect();
    same(&read_rows, &expected_rows, "rows")?;
    for (entity, row) in read.entities.iter().zip(expected) {
        let Ok(expanded) = truth.expanded(row, &request.options, &plan.expand) else {
            return Ok(Outcome::Undefined);
        };
        same(&entity.expanded, &expanded, &format!("expanded of {:?}", row[0]))?;
    }
    for counted in read.counts.iter().flatten() {
        same(counted, &total, "@odata.count")?;
    }
    match feed.count(path, query).await {
        Ok(counted) => same(&counted, &total, "$count")?,
        Err(ExecuteError::NotSupported { .. }) => {}
        Err(error) => return Err(format!("$count: {error}\n{plan}")),
    }
    let pushed = !matches!(plan.source, Source::List { .. });
    Ok(Outcome::Answered { rows: read.rows.len(), pages: read.pages.len(), pushed })
}

/// What became of the text of a question.
pub(crate) enum Understood {
    /// It can be asked.
    Planned(Box<(Request, Plan)>),
    /// It has been answered before HubSpot was asked.
    Otherwise(Outcome),
}

/// Parses and plans a question.
///
/// # Errors
/// Why it cannot be asked, which is for no reason that it should have.
pub(crate) fn understood(feed: &Feed, url: &str) -> Result<Understood, String> {
    let (path, query) = url.split_once('?').unwrap_or((url, ""));
    let request = match odata::url::parse(&feed.model, path, Some(query)) {
        Ok(request) => request,
        Err(error) if error.kind == ErrorKind::NotSupported => {
            return Ok(Understood::Otherwise(Outcome::NotSupported));
        }
        // What overflows between constants is refused where it is read.
        Err(error) if error.kind == ErrorKind::Overflow => {
            return Ok(Understood::Otherwise(Outcome::Undefined));
        }
        Err(error) => return Err(error.to_string()),
    };
    if request.options.filter.iter().any(has_empty_text) {
        return Ok(Understood::Otherwise(Outcome::Undefined));
    }
    match feed.try_plan(&request) {
        Ok(plan) => Ok(Understood::Planned(Box::new((request, plan)))),
        Err(error) if error.kind == ErrorKind::NotSupported => {
            Ok(Understood::Otherwise(Outcome::NotSupported))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn same<T: PartialEq + std::fmt::Debug>(actual: &T, expected: &T, what: &str) -> Result<(), String> {
    if actual == expected { Ok(()) } else { Err(format!("{what}: {actual:?}\nexpected: {expected:?}")) }
}

fn keys(rows: &[Row]) -> Vec<&Value> {
    rows.iter().map(|row| &row[0]).collect()
}

/// HubSpot has no empty texts: in a comparison `''` means null, which the planner's own tests hold, and the plain
/// evaluation does not know.
fn has_empty_text(expr: &Expr) -> bool {
    let empty = matches!(expr.as_literal(), Some(Value::String(text)) if text.is_empty());
    empty || expr.operands().into_iter().any(has_empty_text)
}

/// The rows a path leads to, in the order of their keys, among them those that a search finds.
pub(crate) fn candidates<'t>(
    feed: &Feed,
    truth: &'t Truth<'_>,
    request: &Request,
    set: usize,
) -> Vec<&'t [Value]> {
    let Some(path) = request.resource.path() else { return Vec::new() };
    let rows: Vec<&[Value]> = match (&path.start, path.steps.first()) {
        (PathStart::Entity(set, key), Some(step)) => {
            let row = truth.rows[set.0].iter().find(|row| row.starts_with(key));
            row.map(|row| truth.related(&step.step, row).unwrap_or_default()).unwrap_or_default()
        }
        _ => truth.rows[set].iter().map(Vec::as_slice).collect(),
    };
    let Some(search) = &request.options.search else { return rows };
    let found = found(feed, &feed.stored.sets[set].name, &search.term.to_string());
    rows.into_iter().filter(|row| matches!(row[0], Value::Int64(id) if found.contains(&id))).collect()
}

/// The records of which every word begins a word of a searchable property (as the simulator's portal searches).
fn found(feed: &Feed, set: &str, text: &str) -> BTreeSet<i64> {
    let searchable: &[&str] = match set {
        "contacts" => &[
            "firstname",
            "lastname",
            "email",
            "phone",
            "hs_additional_emails",
            "fax",
            "mobilephone",
            "company",
        ],
        "companies" => &["website", "phone", "name", "domain"],
        _ => &["dealname", "pipeline", "dealstage", "description", "dealtype"],
    };
    let words: Vec<String> =
        text.replace(" AND ", " ").to_lowercase().split(' ').map(str::to_owned).collect();
    let begins = |value: &str, word: &str| {
        let value = value.to_lowercase();
        let tokens = value.split(|c: char| c.is_whitespace() || c == ';');
        tokens
            .flat_map(|token| [token, token.trim_matches(|c: char| !c.is_alphanumeric())])
            .any(|token| token.starts_with(word))
    };
    let rows = feed.portal.portal().rows(set).unwrap_or_default();
    let matches = |properties: &std::collections::BTreeMap<String, String>| {
        let has = |word: &String| {
            searchable.iter().filter_map(|name| properties.get(*name)).any(|value| begins(value, word))
        };
        words.iter().all(has)
    };
    rows.iter().filter(|row| matches(&row.properties)).map(|row| row.id.cast_signed()).collect()
}

/// The shortest question found that is answered wrongly too.
async fn shortened(
    feed: &Feed,
    truth: &Truth<'_>,
    url: &str,
    size: u64,
    difference: String,
) -> (String, String) {
    let (mut best, mut difference) = (url.to_owned(), difference);
    let mut tries = 0;
    'again: while tries < SHORTENINGS {
        for shorter in shrink::shorter(&feed.model, &best) {
            tries += 1;
            if let Err(other) = compare(feed, truth, &shorter, size).await {
                (best, difference) = (shorter, other);
                continue 'again;
            }
        }
        break;
    }
    (best, difference)
}
