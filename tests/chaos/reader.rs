//! Reads to the end, as Power Query does: page after page, each repeated three times at 408, 429, 503 and 504.

use std::collections::BTreeMap;
use std::time::Duration;

use feedgate_tests::edm::Metadata;
use feedgate_tests::replay::Cell;
use feedgate_tests::stack::{Stack, USER};
use feedgate_tests::wire::{Answer, Connection, Framing, Request, Url};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::question::{Form, Question};

/// A row, by column.
pub(crate) type Cells = BTreeMap<String, Cell>;

/// A row, and the rows expanded in it.
pub(crate) type Expanded = (Cells, Vec<Cells>);

/// What came of a read.
pub(crate) enum Outcome {
    /// Rows, each with what was expanded of it.
    Rows(Vec<Expanded>),
    /// A number of rows.
    Number(u64),
    /// Status and code of the refusal that ended it.
    Refused(u16, String),
    /// Something no client could make sense of.
    Broken(String),
}

/// What is repeated, how often, and how long is waited at most, whatever `Retry-After` says.
const REPEATED: [u16; 4] = [408, 429, 503, 504];
const REPEATS: usize = 3;
const LONGEST_WAIT: Duration = Duration::from_secs(2);

pub(crate) struct Reader<'a> {
    stack: &'a Stack,
    connection: Option<Connection>,
    pub(crate) metadata: Metadata,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(stack: &'a Stack) -> Reader<'a> {
        let metadata = stack.client().metadata().unwrap_or_default();
        Reader { stack, connection: None, metadata }
    }

    pub(crate) fn read(&mut self, question: &Question) -> Outcome {
        let mut next = Some(self.stack.at(&question.url()));
        let (mut rows, mut pages) = (Vec::new(), 0);
        while let Some(url) = next.take() {
            let answer = match self.get(&url) {
                Ok(answer) => answer,
                Err(outcome) => return outcome,
            };
            let read = match question.form {
                Form::Count => return number(&answer),
                Form::Row(_) => return row(&answer),
                _ => page(&answer),
            };
            let page = match read {
                Ok(page) => page,
                Err(reason) => return Outcome::Broken(format!("{reason} at {url}")),
            };
            rows.extend(page.rows);
            next = page.next;
            pages += 1;
            if pages > 10_000 || next.as_ref() == Some(&url) {
                return Outcome::Broken(format!("the chain of pages does not end: {url}"));
            }
        }
        Outcome::Rows(rows)
    }

    fn get(&mut self, url: &str) -> Result<Answer, Outcome> {
        for repeat in 0..=REPEATS {
            let answer = self.exchange(url).map_err(|error| Outcome::Broken(format!("{error} at {url}")))?;
            if answer.status == 200 {
                let whole = matches!(answer.framing, Framing::Length(_));
                return if whole { Ok(answer) } else { Err(Outcome::Broken(format!("no length at {url}"))) };
            }
            if !REPEATED.contains(&answer.status) || repeat == REPEATS {
                return Err(Outcome::Refused(answer.status, answer.code().unwrap_or_default()));
            }
            let pause = answer.retry_after().map_or(LONGEST_WAIT, Duration::from_secs);
            std::thread::sleep(pause.min(LONGEST_WAIT));
        }
        Err(Outcome::Broken("unreachable: the last repeat returns".to_owned()))
    }

    fn exchange(&mut self, url: &str) -> std::io::Result<Answer> {
        let request = Request::get(url).basic(USER, &self.stack.token);
        let kept = self.connection.take().and_then(|mut kept| (!kept.is_closed()).then_some(kept));
        let mut connection = match kept {
            Some(connection) => connection,
            None => Connection::open(&Url::parse(url).authority)?,
        };
        let answer = connection.exchange(&request)?;
        if answer.field("Connection").is_none_or(|value| !value.eq_ignore_ascii_case("close")) {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}

fn number(answer: &Answer) -> Outcome {
    match answer.text().parse() {
        Ok(number) => Outcome::Number(number),
        Err(_) => Outcome::Broken(format!("a count that is no number: {answer:?}")),
    }
}

fn row(answer: &Answer) -> Outcome {
    match serde_json::from_slice::<Fields<'_>>(&answer.body)
        .map_err(|error| error.to_string())
        .and_then(cells)
    {
        Ok(row) => Outcome::Rows(vec![row]),
        Err(reason) => Outcome::Broken(reason),
    }
}

type Fields<'a> = BTreeMap<String, &'a RawValue>;

#[derive(Deserialize)]
struct Payload<'a> {
    #[serde(borrow)]
    value: Vec<Fields<'a>>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

struct Page {
    rows: Vec<Expanded>,
    next: Option<String>,
}

fn page(answer: &Answer) -> Result<Page, String> {
    let payload: Payload<'_> = serde_json::from_slice(&answer.body).map_err(|error| error.to_string())?;
    let rows = payload.value.into_iter().map(cells).collect::<Result<_, _>>()?;
    Ok(Page { rows, next: payload.next })
}

/// The values of a row, and the rows expanded in it.
fn cells(fields: Fields<'_>) -> Result<Expanded, String> {
    let (mut row, mut expanded) = (Cells::new(), Vec::new());
    for (name, raw) in fields {
        let text = raw.get();
        if name.contains("@odata.nextLink") {
            return Err(format!("an expansion that goes on elsewhere: {text}"));
        }
        if name.contains('@') {
            continue;
        }
        let cell = match text.as_bytes().first() {
            Some(b'[') => {
                let inner: Vec<Fields<'_>> = serde_json::from_str(text).map_err(|error| error.to_string())?;
                for fields in inner {
                    expanded.push(cells(fields)?.0);
                }
                continue;
            }
            Some(b'n') => Cell::Null,
            Some(b't') => Cell::Bool(true),
            Some(b'f') => Cell::Bool(false),
            Some(b'"') => Cell::Text(serde_json::from_str(text).map_err(|error| error.to_string())?),
            _ => Cell::Number(text.to_owned()),
        };
        row.insert(name, cell);
    }
    Ok((row, expanded))
}
