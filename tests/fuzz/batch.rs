//! A batch is read, written and read again as the same one; its answers are well-formed whatever was asked.

use odata::batch::{Answers, Format, Item, Limits, Response, address, parse};

/// Words of both formats.
pub(crate) const WORDS: &[&str] = &[
    "--b\r\n",
    "--b--",
    "--c\n",
    "--c--\r\n",
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    ":",
    ";",
    "\"",
    "Content-Type: application/http\r\n",
    "Content-Type: multipart/mixed;boundary=c\r\n",
    "Content-ID: 1\r\n",
    "Content-Length: 3\r\n",
    "Content-Length: 99999999999999999999\r\n",
    "GET contacts HTTP/1.1\r\n",
    "POST contacts/$query HTTP/1.1\r\n",
    "HTTP/1.1",
    "Prefer: odata.continue-on-error\r\n",
    "$1/companies",
    "http://host/odata/contacts",
    "//host",
    "../",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"requests\":",
    "\"id\":\"1\",",
    "\"method\":\"get\",",
    "\"url\":\"contacts\",",
    "\"dependsOn\":[\"1\"],",
    "\"atomicityGroup\":\"g\",",
    "\"headers\":{\"A\":\"b\",\"a\":1},",
    "\"body\":{\"a\":1e400},",
    "\"body\":0.1,",
    "null",
    "true",
    "1e-7",
    "\\u0000",
    "\\ud800",
    "multipart/mixed",
    "application/json",
    "boundary=\"b\"",
    "batch_0",
    "changeset_0",
];

/// Nesting.
pub(crate) const WRAPS: &[(&str, &str)] = &[
    ("[", "]"),
    ("{\"a\":", "}"),
    ("\"", "\""),
    ("--b\r\n", ""),
    ("Content-Type: multipart/mixed;boundary=b\r\n\r\n--b\r\n", "\r\n--b--\r\n"),
];

const LIMITS: Limits = Limits { requests: 100, bytes: 64 * 1024 };

/// Whether the text, whose first line is the `Content-Type`, is a batch.
///
/// # Panics
/// When the property does not hold.
pub(crate) fn hold(data: &[u8]) -> bool {
    let line = data.iter().position(|byte| *byte == b'\n').unwrap_or(data.len());
    let content_type = String::from_utf8_lossy(&data[..line]);
    let body = data.get(line + 1..).unwrap_or_default();
    let batch = match parse(&content_type, body, &LIMITS) {
        Ok(batch) => batch,
        Err(error) => {
            assert!(error.message.ends_with('.'), "no sentence: {error:?}");
            return false;
        }
    };
    let requests: usize = batch.items.iter().map(|item| item.requests().len()).sum();
    assert!(requests <= LIMITS.requests && requests <= body.len(), "{requests} requests");
    let (written_type, written) = batch.compose();
    let again = parse(&written_type, &written, &Limits { bytes: usize::MAX, ..LIMITS });
    let again = again.unwrap_or_else(|error| panic!("{error}: {}", written.escape_ascii()));
    assert_eq!(again, batch, "{}", written.escape_ascii());
    answer(batch.format, &batch.items);
    true
}

/// Every request is answered with itself.
fn answer(format: Format, items: &[Item]) {
    let mut answers = Answers::new(format);
    for item in items {
        for request in item.requests() {
            // Any URL has an address or is refused; an address stays where it is.
            if let Ok(found) = address(&request.url, "https://host/odata/") {
                let url =
                    found.query.iter().fold(found.path.clone(), |path, query| format!("{path}?{query}"));
                let same = address(&format!("https://host/odata/{url}"), "https://host/odata/");
                assert_eq!(same.as_ref(), Ok(&found), "{}", request.url);
            }
        }
        let body = item.requests().first().map(|request| request.body.clone()).unwrap_or_default();
        let headers = vec![("Content-Type".to_owned(), "text/plain".to_owned())];
        answers.push(item, Response { status: 200, headers, body });
    }
    let count = answers.len();
    let (content_type, body) = answers.finish();
    match format {
        Format::Json => {
            let document: serde_json::Value = serde_json::from_slice(&body).expect("the answers are JSON");
            assert_eq!(document["responses"].as_array().map(Vec::len), Some(count));
        }
        Format::Multipart => {
            let boundary = content_type.split_once("boundary=").expect("a boundary").1;
            let (needle, end) = (format!("--{boundary}\r\n"), format!("--{boundary}--\r\n"));
            let found = body.windows(needle.len()).filter(|window| *window == needle.as_bytes()).count();
            assert_eq!(found, count);
            assert!(body.ends_with(end.as_bytes()));
        }
    }
}
