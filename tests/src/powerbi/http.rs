//! Requests and answers of the look-alike, one for each connection.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::Value;

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// `GET`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// Names in small letters.
    pub fields: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// Fields beside those of the body.
    pub fields: Vec<(String, String)>,
    /// The body; none: an empty one.
    pub body: Option<Value>,
}

impl Asked {
    /// A field.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON; nothing when it is none or is not said to be.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        let is_json = self.field("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        is_json.then(|| serde_json::from_str(&self.body).ok()).flatten()
    }
}

impl Reply {
    /// An answer with a body.
    #[must_use]
    pub fn of(status: u16, body: Value) -> Reply {
        Reply { status, fields: Vec::new(), body: Some(body) }
    }

    /// An answer without one.
    #[must_use]
    pub fn empty(status: u16) -> Reply {
        Reply { status, fields: Vec::new(), body: None }
    }

    /// The same with a field.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Reply {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }
}

pub(super) fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let mut fields = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let length = fields.iter().find(|(name, _)| name == "content-length");
    let length = length.and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let (path, query) = (path.to_owned(), query.to_owned());
    Some(Asked { method, path, query, fields, body: String::from_utf8_lossy(&body).into_owned() })
}

pub(super) fn write(mut stream: &TcpStream, reply: &Reply) {
    let body = reply.body.as_ref().map(Value::to_string).unwrap_or_default();
    let mut text = format!("HTTP/1.1 {} As Documented\r\nConnection: close\r\n", reply.status);
    if reply.body.is_some() {
        text.push_str("Content-Type: application/json; charset=utf-8\r\n");
    }
    for (name, value) in &reply.fields {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    // A client that is gone hears nothing.
    drop(stream.write_all(text.as_bytes()));
}
