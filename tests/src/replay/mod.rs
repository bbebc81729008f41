//! Power Query, as far as its requests and its strictness are known from captures and Microsoft's pages.
//!
//! It sends the captured fields and nothing else, presents Basic credentials at once, follows next links on the same
//! origin and path only, repeats what Power Query repeats, and stops for ever at a 401 or 403, where Power BI would discard
//! the credential. Every rule of OData V4 that it is known to insist on is checked on every answer.

mod dialect;
mod fault;
mod feed;
mod page;
mod row;

use std::collections::VecDeque;
use std::time::Duration;

pub use dialect::Dialect;
pub use fault::Fault;
pub use feed::Feed;
pub use page::Page;
pub use row::{Cell, Row};

use crate::edm::Metadata;
use crate::wire::{Answer, Connection, Framing, Request, Url, basic};

/// What Power Query repeats, and how often.
const REPEATED: [u16; 4] = [408, 429, 503, 504];
const REPEATS: usize = 3;

/// Between repeats Power Query waits for `Retry-After`; a test waits no longer than this.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A client of one feed with one credential.
pub struct PowerQuery {
    root: Url,
    authorization: String,
    dialect: Dialect,
    prefer: Option<String>,
    repeats: usize,
    connection: Option<Connection>,
    discarded: bool,
    metadata: Option<Metadata>,
    /// Every status with its `Retry-After`, newest last.
    pub statuses: VecDeque<(u16, Option<u64>)>,
}

impl PowerQuery {
    /// A client that was given the feed's URL, a user name and a token.
    #[must_use]
    pub fn new(root: &str, user: &str, token: &str) -> PowerQuery {
        PowerQuery {
            root: Url::parse(root),
            authorization: basic(user, token),
            dialect: Dialect::PowerQuery,
            prefer: None,
            repeats: REPEATS,
            connection: None,
            discarded: false,
            metadata: None,
            statuses: VecDeque::new(),
        }
    }

    /// Sends `Prefer` with each request, as the headers argument of `OData.Feed` does.
    #[must_use]
    pub fn prefer(mut self, preference: &str) -> PowerQuery {
        self.prefer = Some(preference.to_owned());
        self
    }

    /// Sends the fields of another client.
    #[must_use]
    pub fn speaking(mut self, dialect: Dialect) -> PowerQuery {
        self.dialect = dialect;
        self
    }

    /// Takes the first refusal for the last, for tests that provoke many.
    #[must_use]
    pub fn without_repeats(mut self) -> PowerQuery {
        self.repeats = 0;
        self
    }

    /// Connects as `OData.Feed` does: service document, then `$metadata`; the names of the tables.
    ///
    /// # Errors
    /// What would have stopped Power Query.
    pub fn connect(&mut self) -> Result<Vec<String>, Fault> {
        let tables = page::tables(&self.json(&self.url(""))?, &self.url(""))?;
        let metadata = self.read_metadata()?;
        let unknown: Vec<_> = tables.iter().filter(|table| !metadata.sets.contains_key(*table)).collect();
        Fault::unless(unknown.is_empty(), || {
            format!("the service document names undeclared tables {unknown:?}")
        })?;
        self.metadata = Some(metadata);
        Ok(tables)
    }

    /// What `$metadata` declares; read once.
    ///
    /// # Errors
    /// What would have stopped Power Query.
    pub fn metadata(&mut self) -> Result<Metadata, Fault> {
        if self.metadata.is_none() {
            self.metadata = Some(self.read_metadata()?);
        }
        self.metadata.clone().ok_or_else(|| Fault::Rule("unreachable: it was just read".to_owned()))
    }

    /// Opens a table by the path and query behind the root: `contacts?$top=10`, already encoded.
    ///
    /// # Errors
    /// When `$metadata` cannot be read or does not declare the table.
    pub fn feed(&mut self, request: &str) -> Result<Feed<'_>, Fault> {
        let metadata = self.metadata()?;
        let first = self.url(request);
        Feed::new(self, &first, &metadata)
    }

    /// All rows of a table, page by page.
    ///
    /// # Errors
    /// What would have stopped Power Query.
    pub fn rows(&mut self, request: &str) -> Result<Vec<Row>, Fault> {
        self.feed(request)?.rows()
    }

    /// All rows of a request as JSON, page by page: for rows with other rows in them.
    ///
    /// # Errors
    /// What would have stopped Power Query.
    pub fn values(&mut self, request: &str) -> Result<Vec<serde_json::Value>, Fault> {
        let set = request.split(['?', '(', '/']).next().unwrap_or_default();
        let start = self.url(&format!("$metadata#{set}"));
        let mut rows = Vec::new();
        let mut next = Some(self.url(request));
        while let Some(url) = next {
            let mut page = self.json(&url)?.json();
            let context = page["@odata.context"].as_str().unwrap_or_default();
            // Power Query refuses the empty brackets of later versions.
            Fault::unless(context.starts_with(&start) && !context.contains("()"), || {
                format!("context {context:?}")
            })?;
            let value = page["value"].as_array_mut().map(std::mem::take);
            rows.extend(value.ok_or_else(|| Fault::Rule(format!("no rows in {page}")))?);
            next = page["@odata.nextLink"].as_str().map(str::to_owned);
        }
        Ok(rows)
    }

    /// Folds as Power Query does: everything, and after a refusal that it can work around (400 or 501) the same without
    /// the last option, until nothing is folded. How many options were, and the rows; the rest is the caller's to do.
    ///
    /// # Errors
    /// What would have stopped Power Query.
    pub fn folding(&mut self, set: &str, options: &[&str]) -> Result<(usize, Vec<Row>), Fault> {
        let mut folded = options.len();
        loop {
            match self.rows(&format!("{set}?{}", options[..folded].join("&"))) {
                Err(Fault::Refused(answer)) if matches!(answer.status, 400 | 501) && folded > 0 => {
                    folded -= 1;
                }
                other => return other.map(|rows| (folded, rows)),
            }
        }
    }

    /// `contacts/$count`, with or without a filter.
    ///
    /// # Errors
    /// What would have stopped Power Query.
    pub fn count(&mut self, request: &str) -> Result<u64, Fault> {
        let answer = self.get(&self.url(request))?;
        let plain = answer.field("Content-Type").is_some_and(|ty| ty.starts_with("text/plain"));
        Fault::unless(plain, || format!("a count that is no text/plain: {answer:?}"))?;
        answer.text().parse().map_err(|_| Fault::Rule(format!("a count that is no number: {answer:?}")))
    }

    /// The absolute URL of what stands behind the root.
    #[must_use]
    pub fn url(&self, request: &str) -> String {
        format!("{}://{}{}{request}", self.root.scheme, self.root.authority, self.root.target)
    }

    /// A GET whose answer must be JSON.
    pub(crate) fn json(&mut self, url: &str) -> Result<Answer, Fault> {
        let answer = self.get(url)?;
        let ty = answer.field("Content-Type").unwrap_or_default();
        Fault::unless(ty.starts_with("application/json"), || format!("an answer of type {ty:?}"))?;
        Ok(answer)
    }

    fn read_metadata(&mut self) -> Result<Metadata, Fault> {
        let answer = self.get(&self.url("$metadata"))?;
        let ty = answer.field("Content-Type").unwrap_or_default();
        Fault::unless(ty.starts_with("application/xml"), || format!("$metadata of type {ty:?}"))?;
        let metadata = Metadata::parse(&answer.text()).map_err(Fault::Rule)?;
        Fault::unless(metadata.version == "4.0", || format!("an Edmx of version {}", metadata.version))?;
        Ok(metadata)
    }

    /// A GET with the repeats of Power Query; the answer is a 200 that keeps the rules of the envelope.
    fn get(&mut self, url: &str) -> Result<Answer, Fault> {
        let url = self.same_origin(url)?;
        for repeat in 0..=self.repeats {
            Fault::unless(!self.discarded, || "a request after the credential was discarded".to_owned())?;
            let answer = self.exchange(&url)?;
            self.statuses.push_back((answer.status, answer.retry_after()));
            match answer.status {
                200 => return envelope(answer),
                401 | 403 => {
                    self.discarded = true;
                    return Err(Fault::Discarded(answer));
                }
                300..=399 => return Err(Fault::Rule(format!("a redirect: {answer:?}"))),
                status if REPEATED.contains(&status) && repeat < self.repeats => {
                    std::thread::sleep(pause(&answer)?.min(LONGEST_WAIT));
                }
                _ => return Err(Fault::Refused(answer)),
            }
        }
        Err(Fault::Rule("unreachable: the last repeat returns".to_owned()))
    }

    /// Credentials belong to an origin and a path: a link that leaves them would be read without.
    fn same_origin(&self, url: &str) -> Result<Url, Fault> {
        let absolute = url.starts_with("http://") || url.starts_with("https://");
        Fault::unless(absolute, || format!("a relative link: {url}"))?;
        let url = Url::parse(url);
        let same = url.scheme == self.root.scheme && url.authority == self.root.authority;
        Fault::unless(same && url.target.starts_with(&self.root.target), || {
            format!("a link that leaves {:?}: {url:?}", self.root)
        })?;
        Ok(url)
    }

    fn exchange(&mut self, url: &Url) -> Result<Answer, Fault> {
        let mut fields =
            vec![("Host", url.authority.as_str()), ("Authorization", self.authorization.as_str())];
        fields.extend(self.dialect.fields(url.target.ends_with("/$metadata")));
        fields.extend(self.prefer.as_deref().map(|preference| ("Prefer", preference)));
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let request =
            Request { method: "GET".to_owned(), target: url.target.clone(), fields, body: Vec::new() };
        let reused = self.connection.take().filter_map_open();
        let mut connection = match reused {
            Some(connection) => connection,
            None => Connection::open(&url.authority).map_err(|error| Fault::Broken(error.to_string()))?,
        };
        let answer = connection.exchange(&request).map_err(|error| Fault::Broken(error.to_string()))?;
        if !answer.field("Connection").is_some_and(|value| value.eq_ignore_ascii_case("close")) {
            self.connection = Some(connection);
        }
        Ok(answer)
    }
}

/// Gives a kept connection back if the other side has not closed it.
trait FilterOpen {
    fn filter_map_open(self) -> Option<Connection>;
}

impl FilterOpen for Option<Connection> {
    fn filter_map_open(self) -> Option<Connection> {
        self.and_then(|mut connection| (!connection.is_closed()).then_some(connection))
    }
}

/// What every good answer has: one OData version, a known length, bytes that arrived whole.
fn envelope(answer: Answer) -> Result<Answer, Fault> {
    let versions = answer.all("OData-Version");
    Fault::unless(versions == ["4.0"], || format!("OData-Version {versions:?}"))?;
    let known = matches!(answer.framing, Framing::Length(_));
    Fault::unless(known, || format!("an answer without Content-Length: {:?}", answer.framing))?;
    Fault::unless(answer.all("Content-Type").len() == 1, || "no Content-Type, or several".to_owned())?;
    Ok(answer)
}

/// How long Power Query waits: whole seconds only, and never longer than 120.
fn pause(answer: &Answer) -> Result<Duration, Fault> {
    match answer.field("Retry-After") {
        // 504 and 408 say nothing: Power Query then backs off by itself.
        None if matches!(answer.status, 408 | 504) => Ok(Duration::from_millis(500)),
        _ => match answer.retry_after() {
            Some(seconds @ 1..=120) => Ok(Duration::from_secs(seconds)),
            _ => Err(Fault::Rule(format!("no Retry-After of 1 to 120 whole seconds: {answer:?}"))),
        },
    }
}
