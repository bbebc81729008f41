//! The example program from outside: it serves the bundled sample over HTTP, and every answer is compared with what is
//! written here.

#[cfg(test)]
mod alone;
#[cfg(test)]
mod program;
#[cfg(test)]
mod table;
#[cfg(test)]
mod wire;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use program::Program;
use wire::Connection;

#[test]
fn every_url_of_the_table_gets_its_answer() {
    let program = Program::start();
    let mut connection = Connection::open(program.address());
    let mut wrong = Vec::new();
    for (url, expected) in table::urls() {
        let answer = connection.get(url);
        let found = table::Expected::of(&answer, program.root());
        if found != expected {
            wrong.push(format!("{url}\n  expected {expected:?}\n  found    {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_links_of_a_chain_of_pages_lead_on_as_they_are() {
    let program = Program::start();
    let mut connection = Connection::open(program.address());
    let mut next = Some("Products?$select=ID&$orderby=Name".to_owned());
    let mut keys = Vec::new();
    while let Some(url) = next {
        let answer = connection.send(&format!(
            "GET /{url} HTTP/1.1\r\nHost: {}\r\nPrefer: odata.maxpagesize=2\r\n\r\n",
            program.address()
        ));
        assert_eq!(answer.field("preference-applied"), Some("odata.maxpagesize=2"));
        let page = answer.json();
        keys.extend(page["value"].as_array().unwrap().iter().map(|row| row["ID"].as_i64().unwrap()));
        let link = page["@odata.nextLink"].as_str();
        next = link.map(|link| link.strip_prefix(program.root()).expect("an absolute link").to_owned());
    }
    assert_eq!(keys, [4, 1, 2, 3, 5]);
}

#[test]
fn a_connection_stays_open_over_get_head_and_refusals() {
    let program = Program::start();
    let mut connection = Connection::open(program.address());
    let host = program.address();
    for (request, status, length) in [
        (format!("HEAD /Products HTTP/1.1\r\nHost: {host}\r\n\r\n"), 200, 0),
        (format!("DELETE /Products(1) HTTP/1.1\r\nHost: {host}\r\n\r\n"), 405, 1),
        (format!("POST /Products HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\n\r\n{{}}"), 405, 1),
        (
            format!(
                "POST /Products/$query HTTP/1.1\r\nHost: {host}\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n$top=1"
            ),
            200,
            1,
        ),
        (format!("GET http://{host}/Products/$count HTTP/1.1\r\nHost: {host}\r\n\r\n"), 200, 1),
        (format!("GET /Products(5)/Price HTTP/1.1\r\nHost: {host}\r\n\r\n"), 204, 0),
    ] {
        let answer = connection.send(&request);
        assert_eq!((answer.status, answer.body.len().min(1)), (status, length), "{request}");
    }
    let answer = connection
        .send(&format!("GET /Products/$count HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"));
    assert_eq!((answer.status, answer.field("connection")), (200, Some("close")));
    assert!(connection.is_closed());
}

#[test]
fn a_batch_is_answered_with_links_to_this_service() {
    let program = Program::start();
    let url = format!("{}Products(1)/Category/$ref", program.root());
    let body = format!(r#"{{"requests":[{{"id":"a","method":"GET","url":"{url}"}}]}}"#);
    let head =
        format!("POST /$batch HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json", program.address());
    let request = format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let answer = Connection::open(program.address()).send(&request).json();
    let id = format!("{}Categories('bikes%2Fcity')", program.root());
    assert_eq!(answer["responses"][0]["status"], 200, "{answer}");
    assert_eq!(answer["responses"][0]["body"]["@odata.id"].as_str(), Some(id.as_str()));
}

#[test]
fn what_is_no_request_is_refused_and_the_connection_closed() {
    let program = Program::start();
    for (request, status) in [
        ("GET /Products?$filter=ID eq 1 HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/2.0\r\n\r\n".to_owned(), 505),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned(), 400),
        ("GET / HTTP/1.1\r\n folded: a\r\n\r\n".to_owned(), 400),
        ("POST / HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n".to_owned(), 413),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(), 411),
        (format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(70_000)), 431),
    ] {
        let mut connection = Connection::open(program.address());
        let answer = connection.send(&request);
        assert_eq!(answer.status, status, "{}", &request[..request.len().min(60)]);
        assert!(answer.json()["error"]["message"].is_string());
        assert!(connection.is_closed());
    }
}

#[test]
fn several_clients_are_answered_at_once() {
    let program = Program::start();
    let mut connections: Vec<Connection> = (0..20).map(|_| Connection::open(program.address())).collect();
    for connection in connections.iter_mut().rev() {
        assert_eq!(connection.get("Products/$count").body, b"5");
    }
}

#[test]
fn the_metadata_that_is_served_is_valid_and_is_read_as_the_same_model() {
    let program = Program::start();
    let answer = Connection::open(program.address()).get("$metadata");
    let text = String::from_utf8(answer.body).unwrap();
    let own = odata::csdl::read(include_str!("../../examples/shop.xml")).unwrap();
    let announced = odata::memory::Data::announce(own.model).unwrap();
    assert!(odata::csdl::read(&text).unwrap().model == announced, "{text}");
    validate(&text);
}

/// Needs xmllint and a copy of the schemas beside the repository; says so when one is missing.
#[cfg(test)]
fn validate(document: &str) {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/odata/edmx.xsd");
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--noout", "--nonet", "--schema"]).arg(&schema).arg("-");
    let child = xmllint.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let (true, Ok(mut child)) = (schema.exists(), child) else {
        println!("skipped: no xmllint, or no schemas at {}", schema.display());
        return;
    };
    child.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
    let outcome = child.wait_with_output().unwrap();
    assert!(outcome.status.success(), "{}\n{document}", String::from_utf8_lossy(&outcome.stderr));
}

#[test]
fn what_cannot_be_served_is_said_before_anything_is_served() {
    for (arguments, message) in [
        (&[][..], "usage: serve"),
        (&["--model"], "--model needs a value"),
        (&["--modle", "x"], "unknown argument --modle"),
        (&["--model", "nothing.xml"], "nothing.xml: "),
        (&["--model", "shop.json"], "shop.json: line "),
        (&["--model", "shop.xml", "--data", "shop.xml"], "The data is no JSON"),
    ] {
        let output = program::command().args(arguments).output().unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && log.starts_with(message), "{arguments:?}: {log}");
    }
}
