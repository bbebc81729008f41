//! The answers to a batch, in the format the batch had.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::{Format, Item};
use crate::write::Object;

/// The answer to one request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// Headers, without `Content-Length`.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

/// The answers so far, each with the ids it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answers {
    format: Format,
    answers: Vec<Answer>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    id: Option<String>,
    group: Option<String>,
    response: Response,
}

impl Answers {
    /// None yet.
    pub fn new(format: Format) -> Self {
        Self { format, answers: Vec::new() }
    }

    /// Adds the answer to an item. A group that is refused has one answer in multipart, and in JSON the same one for
    /// each of its requests.
    pub fn push(&mut self, item: &Item, response: Response) {
        let answer = |id: &Option<String>, group: &Option<String>, response: Response| Answer {
            id: id.clone(),
            group: group.clone(),
            response,
        };
        match (item, self.format) {
            (Item::Request(request), _) => self.answers.push(answer(&request.id, &None, response)),
            (Item::Group { id, .. }, Format::Multipart) => self.answers.push(answer(id, &None, response)),
            (Item::Group { id, requests }, Format::Json) => {
                let same = requests.iter().map(|request| answer(&request.id, id, response.clone()));
                self.answers.extend(same);
            }
        }
    }

    /// How many answers there are.
    pub fn len(&self) -> usize {
        self.answers.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.answers.is_empty()
    }

    /// The `Content-Type` and the body.
    pub fn finish(self) -> (String, Vec<u8>) {
        match self.format {
            Format::Multipart => multipart(&self.answers),
            Format::Json => ("application/json".to_owned(), json(&self.answers)),
        }
    }
}

fn multipart(answers: &[Answer]) -> (String, Vec<u8>) {
    let boundary = boundary(answers);
    let mut out = Vec::new();
    for answer in answers {
        let response = &answer.response;
        let id =
            answer.id.as_ref().map_or_else(String::new, |id| format!("Content-ID: {}\r\n", one_line(id)));
        out.extend_from_slice(format!("--{boundary}\r\nContent-Type: application/http\r\n").as_bytes());
        out.extend_from_slice(format!("Content-Transfer-Encoding: binary\r\n{id}\r\n").as_bytes());
        let reason = reason(response.status);
        out.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", response.status).as_bytes());
        for (name, value) in &response.headers {
            out.extend_from_slice(format!("{}: {}\r\n", one_line(name), one_line(value)).as_bytes());
        }
        if !response.body.is_empty() {
            out.extend_from_slice(format!("Content-Length: {}\r\n", response.body.len()).as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&response.body);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    (format!("multipart/mixed;boundary={boundary}"), out)
}

/// A boundary that occurs in no body.
fn boundary(answers: &[Answer]) -> String {
    let occurs = |boundary: &String| {
        let needle = boundary.as_bytes();
        answers.iter().any(|answer| answer.response.body.windows(needle.len()).any(|window| window == needle))
    };
    let free = (0_u32..).map(|number| format!("batchresponse_{number}")).find(|boundary| !occurs(boundary));
    free.unwrap_or_default()
}

/// What a client has sent must not begin a header of its own.
fn one_line(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).collect()
}

fn json(answers: &[Answer]) -> Vec<u8> {
    Object::document(|document| {
        document.objects("responses", answers, |object, answer| {
            let response = &answer.response;
            if let Some(id) = &answer.id {
                object.text("id", id);
            }
            if let Some(group) = &answer.group {
                object.text("atomicityGroup", group);
            }
            object.number("status", response.status.into());
            object.object("headers", |headers| {
                for (name, value) in &response.headers {
                    headers.text(&name.to_ascii_lowercase(), value);
                }
            });
            body(object, response);
        });
    })
}

/// JSON as it is, text as text, anything else in base64url.
fn body(object: &mut Object<'_>, response: &Response) {
    if response.body.is_empty() {
        return;
    }
    let media_type = response.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    let media_type = media_type.map(|(_, value)| value.to_ascii_lowercase()).unwrap_or_default();
    match std::str::from_utf8(&response.body) {
        Ok(text) if media_type.starts_with("application/json") => object.raw("body", text),
        Ok(text) if media_type.starts_with("text/") || media_type.starts_with("application/xml") => {
            object.text("body", text);
        }
        _ => object.text("body", &URL_SAFE.encode(&response.body)),
    }
}

/// The words of RFC 9110 for what a service that only reads may answer.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        204 => "No Content",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        406 => "Not Acceptable",
        410 => "Gone",
        408 => "Request Timeout",
        413 => "Content Too Large",
        414 => "URI Too Long",
        415 => "Unsupported Media Type",
        424 => "Failed Dependency",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        // The words are for people; a client reads the number.
        _ => "Status",
    }
}
