//! `multipart/mixed` (RFC 2046 section 5.1) with parts of `application/http`.
//!
//! Lines may end in CRLF or LF. What stands before the first boundary and after the last one is ignored, as the RFC
//! wants it; OpenUI5 writes something there.

use super::{Item, Request};
use crate::error::{Error, ErrorKind};
use crate::http::parameter;

/// The longest boundary (RFC 2046 section 5.1.1).
const MAX_BOUNDARY: usize = 70;

/// Headers of a part or a request, with names in lower case, and what follows the empty line behind them.
struct Head<'a> {
    headers: Vec<(String, String)>,
    rest: &'a [u8],
}

pub(super) fn items(boundary: &str, body: &[u8]) -> Result<Vec<Item>, Error> {
    let parts = parts(boundary, body)?;
    parts
        .into_iter()
        .enumerate()
        .map(|(index, part)| item(part).map_err(|error| in_part(index, error)))
        .collect()
}

fn in_part(index: usize, mut error: Error) -> Error {
    error.message = format!("Part {} of the batch: {}", index + 1, error.message);
    error
}

fn item(part: &[u8]) -> Result<Item, Error> {
    let head = head(part)?;
    let content_type = header(&head.headers, "content-type").unwrap_or_default().to_owned();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match media_type.as_str() {
        "application/http" => request(&head).map(Item::Request),
        "multipart/mixed" => {
            let boundary = parameter(&content_type, "boundary")
                .ok_or_else(|| Error::syntax("a change set needs a `boundary`."))?;
            let requests = parts(&boundary, head.rest)?.into_iter().map(change).collect::<Result<_, _>>()?;
            Ok(Item::Group { id: None, requests })
        }
        other => Err(Error::syntax(format!("expected `application/http`, found `{other}`."))),
    }
}

fn change(part: &[u8]) -> Result<Request, Error> {
    let head = head(part)?;
    let is_http = header(&head.headers, "content-type")
        .is_some_and(|value| value.to_ascii_lowercase().starts_with("application/http"));
    if is_http { request(&head) } else { Err(Error::syntax("expected `application/http` in a change set.")) }
}

/// The contents between the boundaries.
fn parts<'a>(boundary: &str, body: &'a [u8]) -> Result<Vec<&'a [u8]>, Error> {
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
        return Err(Error::syntax(format!("A boundary has 1 to {MAX_BOUNDARY} characters.")));
    }
    let delimiter = format!("--{boundary}");
    let (mut parts, mut open) = (Vec::new(), None);
    let mut at = 0;
    while at < body.len() {
        let line = &body[at..];
        let length = line.iter().position(|byte| *byte == b'\n').map_or(line.len(), |newline| newline + 1);
        let next = at + length;
        if let Some(last) = boundary_line(&line[..length], delimiter.as_bytes()) {
            if let Some(start) = open {
                parts.push(without_line_end(&body[start..at]));
            }
            if last {
                return Ok(parts);
            }
            open = Some(next);
        }
        at = next;
    }
    Err(match open {
        None => Error::syntax("The boundary of the Content-Type does not occur in the batch."),
        Some(_) => {
            Error::syntax("The batch has no end: its last line is not the boundary with `--` behind it.")
        }
    })
}

/// Whether a line is a boundary, and whether it is the last one.
fn boundary_line(line: &[u8], delimiter: &[u8]) -> Option<bool> {
    let rest = line.strip_prefix(delimiter)?;
    let (last, rest) = rest.strip_prefix(b"--").map_or((false, rest), |rest| (true, rest));
    rest.iter().all(u8::is_ascii_whitespace).then_some(last)
}

/// The line end before a boundary belongs to the boundary.
fn without_line_end(part: &[u8]) -> &[u8] {
    let part = part.strip_suffix(b"\n").unwrap_or(part);
    part.strip_suffix(b"\r").unwrap_or(part)
}

/// A request line, headers and a body.
fn request(head: &Head<'_>) -> Result<Request, Error> {
    let content = head.rest;
    let start = content.iter().position(|byte| !byte.is_ascii_whitespace()).unwrap_or(content.len());
    let (line, rest) = line(&content[start..])?;
    let (method, url) = request_line(line)?;
    let inner = self::head(rest)?;
    let id = header(&head.headers, "content-id").or_else(|| header(&inner.headers, "content-id"));
    Ok(Request {
        id: id.map(str::to_owned),
        method,
        url,
        body: body(&inner).to_vec(),
        headers: inner.headers,
        ..Request::default()
    })
}

/// As long as `Content-Length` says, if it says so.
fn body<'a>(head: &Head<'a>) -> &'a [u8] {
    let length = header(&head.headers, "content-length").and_then(|length| length.parse().ok());
    length.and_then(|length: usize| head.rest.get(..length)).unwrap_or(head.rest)
}

/// `GET url HTTP/1.1`; a URL that was not encoded may have blanks in it.
fn request_line(line: &str) -> Result<(String, String), Error> {
    let malformed =
        || Error::syntax(format!("`{line:.100}` is not a request line such as `GET contacts HTTP/1.1`."));
    let (method, rest) = line.trim().split_once(' ').ok_or_else(malformed)?;
    let (url, version) = rest.trim().rsplit_once(' ').ok_or_else(malformed)?;
    let is_method = method.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !is_method || !version.starts_with("HTTP/") || url.trim().is_empty() {
        return Err(malformed());
    }
    Ok((method.to_ascii_uppercase(), url.trim().to_owned()))
}

fn header<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// Headers up to an empty line, or up to the end.
fn head(mut rest: &[u8]) -> Result<Head<'_>, Error> {
    let mut headers: Vec<(String, String)> = Vec::new();
    while !rest.is_empty() {
        let (line, after) = line(rest)?;
        rest = after;
        if line.is_empty() {
            break;
        }
        match (line.starts_with([' ', '\t']), headers.last_mut(), line.split_once(':')) {
            // A folded header goes on in the next line (RFC 9112 section 5.2).
            (true, Some((_, value)), _) => *value = format!("{value} {}", line.trim()).trim().to_owned(),
            (false, _, Some((name, value))) if !name.trim().is_empty() => {
                headers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
            _ => return Err(Error::syntax(format!("`{line:.100}` is not a header."))),
        }
    }
    Ok(Head { headers, rest })
}

fn line(text: &[u8]) -> Result<(&str, &[u8]), Error> {
    let end = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
    let line = text[..end].strip_suffix(b"\r").unwrap_or(&text[..end]);
    let line = std::str::from_utf8(line)
        .map_err(|_| Error::new(ErrorKind::Syntax, "a header or request line is not UTF-8."))?;
    Ok((line, text.get(end + 1..).unwrap_or_default()))
}
