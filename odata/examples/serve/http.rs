//! HTTP/1.1 over a TCP connection, as much of it as reading needs (RFC 9112): heads of a bounded size, bodies of a known
//! length, connections that stay open.

use std::io::{ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use odata::service::{Answer, Refusal};

/// Request line and fields: URLs of 32 KiB, and the fields of a chatty client.
const MAX_HEAD: usize = 64 * 1024;

/// The largest body that is read.
const MAX_BODY: usize = 1024 * 1024;

/// A client that says nothing for so long has gone.
const IDLE: Duration = Duration::from_secs(60);

/// A request has to be complete after this time.
const WHOLE: Duration = Duration::from_secs(30);

/// A request with its body.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    pub(crate) fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Whether the connection stays open.
    pub(crate) keep_alive: bool,
}

impl Request {
    /// How the client calls us, if that can be part of a link.
    pub(crate) fn host(&self) -> Option<&str> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-.:[]_".contains(c);
        self.field("host").filter(|host| !host.is_empty() && host.chars().all(plain))
    }

    fn field(&self, name: &str) -> Option<&str> {
        let mut own = self.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        own.next().map(|(_, value)| value.as_str())
    }
}

/// A connection and what was read of it beyond the last request.
#[derive(Debug)]
pub(crate) struct Wire<'a> {
    stream: &'a TcpStream,
    ahead: Vec<u8>,
}

impl<'a> Wire<'a> {
    pub(crate) fn new(stream: &'a TcpStream) -> Result<Self> {
        stream.set_write_timeout(Some(WHOLE))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, ahead: Vec::new() })
    }

    /// The next request; none when the client has closed the connection or keeps silent. After a refusal the connection
    /// is of no more use.
    pub(crate) fn request(&mut self) -> Result<Option<std::result::Result<Request, Refusal>>> {
        self.stream.set_read_timeout(Some(IDLE))?;
        if self.ahead.is_empty() && !self.more()? {
            return Ok(None);
        }
        let deadline = Instant::now() + WHOLE;
        Ok(Some(match self.head(deadline)? {
            Err(refusal) => Err(refusal),
            Ok(head) => match parse(&head) {
                Err(refusal) => Err(refusal),
                Ok(request) => self.body(&request, deadline)?.map(|body| Request { body, ..request }),
            },
        }))
    }

    /// Everything before the empty line.
    fn head(&mut self, deadline: Instant) -> Result<std::result::Result<Vec<u8>, Refusal>> {
        loop {
            let end = self.ahead.windows(4).position(|bytes| bytes == b"\r\n\r\n");
            if end.unwrap_or(self.ahead.len()) > MAX_HEAD {
                let message = "The URL and the header fields are larger than 64 KiB.";
                return Ok(Err(refused(431, "HeadersTooLarge", message)));
            }
            if let Some(end) = end {
                return Ok(Ok(self.ahead.drain(..end + 4).take(end).collect()));
            }
            if !self.until(deadline)? {
                return Ok(Err(refused(408, "Timeout", "The request did not arrive as a whole.")));
            }
        }
    }

    /// Reads the body, whose length must be known.
    fn body(
        &mut self,
        request: &Request,
        deadline: Instant,
    ) -> Result<std::result::Result<Vec<u8>, Refusal>> {
        if request.field("transfer-encoding").is_some() {
            return Ok(Err(refused(411, "LengthRequired", "A body must come with a Content-Length.")));
        }
        let length = request.field("content-length").map_or(Ok(0), str::parse::<usize>);
        let Ok(length) = length else {
            return Ok(Err(refused(400, "BadRequest", "Content-Length is no number.")));
        };
        if length > MAX_BODY {
            return Ok(Err(refused(413, "BodyTooLarge", "The body is larger than 1 MiB.")));
        }
        if length > 0 && request.field("expect").is_some_and(|own| own.eq_ignore_ascii_case("100-continue")) {
            self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        while self.ahead.len() < length {
            if !self.until(deadline)? {
                return Ok(Err(refused(408, "Timeout", "The body did not arrive as a whole.")));
            }
        }
        Ok(Ok(self.ahead.drain(..length).collect()))
    }

    fn until(&mut self, deadline: Instant) -> Result<bool> {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(false);
        }
        self.stream.set_read_timeout(Some(left))?;
        self.more()
    }

    /// Reads something; false at the end and when nothing comes.
    fn more(&mut self) -> Result<bool> {
        let mut buffer = [0; 8 * 1024];
        match self.stream.read(&mut buffer) {
            Ok(read) => {
                self.ahead.extend_from_slice(&buffer[..read]);
                Ok(read > 0)
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => Ok(false),
            Err(error) if matches!(error.kind(), ErrorKind::ConnectionReset) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sends an answer.
    pub(crate) fn answer(&mut self, answer: &Answer, stay: bool) -> Result<()> {
        let mut out = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
        for (name, value) in &answer.fields {
            out.push_str(&format!("{name}: {value}\r\n"));
        }
        if !stay {
            out.push_str("connection: close\r\n");
        }
        out.push_str("\r\n");
        let mut out = out.into_bytes();
        out.extend_from_slice(&answer.body);
        self.stream.write_all(&out)
    }
}

/// A head without its empty line.
fn parse(head: &[u8]) -> std::result::Result<Request, Refusal> {
    let malformed = |what: &str| refused(400, "BadRequest", what);
    let text = std::str::from_utf8(head).map_err(|_| malformed("The head of the request is not UTF-8."))?;
    let mut lines = text.split("\r\n");
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some(method), Some(target), Some(version), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(malformed("The request line is malformed; blanks in a URL are written %20."));
    };
    if !matches!(version, "HTTP/1.1" | "HTTP/1.0") {
        return Err(refused(505, "VersionNotSupported", "HTTP/1.1 is spoken here."));
    }
    let field = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let token = !name.is_empty()
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        token.then(|| (name.to_owned(), value.trim().to_owned()))
    };
    let fields = lines.map(field).collect::<Option<Vec<_>>>();
    let fields = fields.ok_or_else(|| malformed("A header field is malformed."))?;
    let mut request = Request {
        method: method.to_owned(),
        target: origin_form(target),
        fields,
        body: Vec::new(),
        keep_alive: version == "HTTP/1.1",
    };
    let once =
        |name: &str| request.fields.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name)).count() <= 1;
    if !once("host") || !once("content-length") {
        return Err(malformed("A header field that may come once comes twice."));
    }
    if let Some(connection) = request.field("connection") {
        let says = |word: &str| connection.split(',').any(|own| own.trim().eq_ignore_ascii_case(word));
        request.keep_alive = !says("close") && (request.keep_alive || says("keep-alive"));
    }
    Ok(request)
}

/// `http://host/path` as `/path`.
fn origin_form(target: &str) -> String {
    let rest = target.strip_prefix("http://").map(|rest| rest.find('/').map_or("/", |slash| &rest[slash..]));
    rest.unwrap_or(target).to_owned()
}

fn refused(status: u16, code: &'static str, message: &str) -> Refusal {
    Refusal { status, code, message: message.to_owned(), target: None, allow: None }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        501 => "Not Implemented",
        _ => "",
    }
}
