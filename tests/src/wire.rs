//! HTTP/1.1 as bytes: what is sent is exactly what the test wrote, and the answer is kept as it came.
//!
//! No redirects, no repeated fields joined, no framing hidden: a test can see each of them.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::{GzDecoder, ZlibDecoder};

/// No answer takes longer: a request ends within its deadline of 45 s.
const SILENCE: Duration = Duration::from_secs(90);

/// An absolute URL, cut into what a client needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    /// `http`.
    pub scheme: String,
    /// `127.0.0.1:8080`.
    pub authority: String,
    /// `/odata/…?…`, as sent.
    pub target: String,
}

impl Url {
    /// Cuts an absolute URL.
    ///
    /// # Panics
    /// When it is relative or has a fragment.
    #[must_use]
    pub fn parse(text: &str) -> Url {
        let (scheme, rest) = text.split_once("://").unwrap_or_else(|| panic!("no absolute URL: {text}"));
        let (authority, target) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
        assert!(!target.contains('#'), "a URL with a fragment cannot be requested: {text}");
        Url { scheme: scheme.to_owned(), authority: authority.to_owned(), target: target.to_owned() }
    }

    /// The target without its query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }
}

/// A request, field by field.
#[derive(Debug, Clone)]
pub struct Request {
    /// `GET`.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// All fields in their order, `Host` among them.
    pub fields: Vec<(String, String)>,
    /// The body; its length is sent only when there is one.
    pub body: Vec<u8>,
}

impl Request {
    /// A GET of a URL with nothing but `Host`.
    #[must_use]
    pub fn get(url: &str) -> Request {
        Request::of("GET", url)
    }

    /// Any method.
    #[must_use]
    pub fn of(method: &str, url: &str) -> Request {
        let url = Url::parse(url);
        let fields = vec![("Host".to_owned(), url.authority)];
        Request { method: method.to_owned(), target: url.target, fields, body: Vec::new() }
    }

    /// Adds a field.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Request {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Adds Basic credentials.
    #[must_use]
    pub fn basic(self, user: &str, password: &str) -> Request {
        self.field("Authorization", &basic(user, password))
    }

    /// Adds a JSON body.
    #[must_use]
    pub fn json(mut self, body: &serde_json::Value) -> Request {
        self.body = body.to_string().into_bytes();
        self.field("Content-Type", "application/json")
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.fields {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        if !self.body.is_empty() {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", self.body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }

    /// Sends it over a connection of its own.
    ///
    /// # Panics
    /// When there is no answer.
    #[must_use]
    pub fn send(&self, authority: &str) -> Answer {
        let answer = Connection::open(authority).and_then(|mut connection| connection.exchange(self));
        answer.unwrap_or_else(|error| panic!("no answer to {} {}: {error}", self.method, self.target))
    }
}

/// The value of an `Authorization` field.
#[must_use]
pub fn basic(user: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))
}

/// How the end of a body was marked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// By its length, in bytes.
    Length(usize),
    /// By chunks.
    Chunked,
    /// By the end of the connection.
    Close,
}

/// An answer as it came; only a compressed body is opened.
#[derive(Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// All fields in their order.
    pub fields: Vec<(String, String)>,
    /// How the body ended.
    pub framing: Framing,
    /// The body, decompressed.
    pub body: Vec<u8>,
}

impl Answer {
    /// All values of a field.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        let named = self.fields.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// The value of a field that comes at most once.
    ///
    /// # Panics
    /// When it comes twice.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "{name} comes {} times: {all:?}", all.len());
        all.first().copied()
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    /// `error.code`, or nothing.
    #[must_use]
    pub fn code(&self) -> Option<String> {
        let body: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
        Some(body.get("error")?.get("code")?.as_str()?.to_owned())
    }

    /// `Retry-After` in whole seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.field("Retry-After")?.parse().ok()
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.fields {
            writeln!(f, "{name}: {value}")?;
        }
        write!(f, "{}", self.text().chars().take(2_000).collect::<String>())
    }
}

/// One connection; requests follow each other on it.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// Connects to `127.0.0.1:8080`.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn open(authority: &str) -> io::Result<Connection> {
        let stream = TcpStream::connect(authority)?;
        stream.set_read_timeout(Some(SILENCE))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream: BufReader::new(stream) })
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// When the connection breaks before the answer is complete.
    pub fn exchange(&mut self, request: &Request) -> io::Result<Answer> {
        self.send(&request.bytes())?;
        self.answer(request.method == "HEAD")
    }

    /// Sends bytes.
    ///
    /// # Errors
    /// When the connection is broken.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// Reads an answer; one to HEAD has no body.
    ///
    /// # Errors
    /// When it is cut, is no HTTP, or does not open.
    pub fn answer(&mut self, without_body: bool) -> io::Result<Answer> {
        let head = self.line()?;
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        let status = status.ok_or_else(|| broken(&format!("no status line: {head:?}")))?;
        let mut fields = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').ok_or_else(|| broken(&format!("no field: {line:?}")))?;
            fields.push((name.to_owned(), value.trim().to_owned()));
        }
        let mut answer = Answer { status, fields, framing: Framing::Close, body: Vec::new() };
        answer.framing = framing(&answer)?;
        if !without_body && status != 204 && status != 304 {
            let raw = self.body(answer.framing)?;
            answer.body = open(raw, answer.field("Content-Encoding"))?;
        }
        Ok(answer)
    }

    /// Whether the other side has closed.
    pub fn is_closed(&mut self) -> bool {
        let _ = self.stream.get_ref().set_read_timeout(Some(Duration::from_millis(1)));
        let closed = match self.stream.fill_buf() {
            Ok(bytes) => bytes.is_empty(),
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        };
        let _ = self.stream.get_ref().set_read_timeout(Some(SILENCE));
        closed
    }

    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        let text = String::from_utf8(line).map_err(|_| broken("a line that is no text"))?;
        text.strip_suffix("\r\n").map(str::to_owned).ok_or_else(|| broken(&format!("a cut line: {text:?}")))
    }

    fn body(&mut self, framing: Framing) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        match framing {
            Framing::Length(length) => {
                body.resize(length, 0);
                self.stream.read_exact(&mut body)?;
            }
            Framing::Close => {
                self.stream.read_to_end(&mut body)?;
            }
            Framing::Chunked => loop {
                let size = self.line()?;
                let size = size.split(';').next().unwrap_or_default();
                let size = usize::from_str_radix(size, 16).map_err(|_| broken("a chunk without a size"))?;
                let start = body.len();
                body.resize(start + size, 0);
                self.stream.read_exact(&mut body[start..])?;
                self.line()?;
                if size == 0 {
                    break;
                }
            },
        }
        Ok(body)
    }
}

fn framing(answer: &Answer) -> io::Result<Framing> {
    if answer.field("Transfer-Encoding").is_some_and(|coding| coding.eq_ignore_ascii_case("chunked")) {
        return Ok(Framing::Chunked);
    }
    match answer.field("Content-Length").map(str::parse) {
        Some(Ok(length)) => Ok(Framing::Length(length)),
        Some(Err(_)) => Err(broken("a Content-Length that is no number")),
        None => Ok(Framing::Close),
    }
}

fn open(raw: Vec<u8>, coding: Option<&str>) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    match coding.map(str::to_ascii_lowercase).as_deref() {
        None | Some("identity") => return Ok(raw),
        Some("gzip") => GzDecoder::new(raw.as_slice()).read_to_end(&mut body)?,
        Some("deflate") => ZlibDecoder::new(raw.as_slice()).read_to_end(&mut body)?,
        Some(other) => return Err(broken(&format!("an unasked coding: {other}"))),
    };
    Ok(body)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
