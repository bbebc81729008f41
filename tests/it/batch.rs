//! Many requests in one, in both formats.

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;
use feedgate_tests::wire::{Answer, Request};
use serde_json::{Value, json};

use crate::shared::portal;

/// One answer out of a multipart batch.
#[derive(Debug)]
struct Part {
    status: u16,
    fields: Vec<(String, String)>,
    body: String,
}

impl Part {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A multipart batch as OpenUI5 writes it: something before the first boundary and after the last one.
fn multipart(requests: &[String]) -> String {
    let part = |request: &String| {
        format!(
            "--b\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n{request}\r\n\r\n\r\n"
        )
    };
    let parts: String = requests.iter().map(part).collect();
    format!("preamble\r\n{parts}--b--\r\nGroup ID: $auto")
}

fn gets(urls: &[&str]) -> Vec<String> {
    urls.iter().map(|url| format!("GET {url} HTTP/1.1\r\nAccept: application/json")).collect()
}

fn posted(stack: &Stack, content_type: &str, body: &str, fields: &[(&str, &str)]) -> Answer {
    let mut request = Request::of("POST", &stack.at("$batch")).basic(USER, &stack.token);
    request = request.field("Content-Type", content_type);
    for (name, value) in fields {
        request = request.field(name, value);
    }
    request.body = body.as_bytes().to_vec();
    stack.send(&request)
}

fn send(requests: &[String], fields: &[(&str, &str)]) -> Answer {
    posted(portal(), "multipart/mixed;boundary=b", &multipart(requests), fields)
}

fn send_json(requests: &Value, fields: &[(&str, &str)]) -> Answer {
    posted(portal(), "application/json", &json!({ "requests": requests }).to_string(), fields)
}

/// The answers in a multipart body.
fn parts(answer: &Answer) -> Vec<Part> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let content_type = answer.field("Content-Type").unwrap();
    let boundary = content_type.split_once("boundary=").unwrap_or_else(|| panic!("{content_type}")).1;
    let text = answer.text();
    let delimiter = format!("--{boundary}");
    let mut pieces = text.split(delimiter.as_str());
    assert_eq!(pieces.next(), Some(""));
    let mut pieces: Vec<&str> = pieces.collect();
    assert_eq!(pieces.pop(), Some("--\r\n"));
    pieces.into_iter().map(part).collect()
}

fn part(text: &str) -> Part {
    let (head, rest) = text.trim_start().split_once("\r\n\r\n").unwrap();
    assert!(head.contains("Content-Type: application/http"), "{head}");
    let (head, body) = rest.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let field =
        |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned())).unwrap();
    Part { status, fields: lines.map(field).collect(), body: body.trim_end_matches("\r\n").to_owned() }
}

fn statuses(answer: &Answer) -> Vec<u16> {
    parts(answer).iter().map(|part| part.status).collect()
}

/// Ids and statuses of a JSON batch.
fn responses(answer: &Answer) -> Vec<(String, u64)> {
    assert_eq!(answer.status, 200, "{answer:?}");
    let body = answer.json();
    let responses = body["responses"].as_array().unwrap_or_else(|| panic!("{body}"));
    responses
        .iter()
        .map(|response| (response["id"].as_str().unwrap().to_owned(), response["status"].as_u64().unwrap()))
        .collect()
}

#[test]
fn every_request_of_a_batch_gets_the_answer_it_would_get_alone() {
    let urls = ["contacts?$top=2&$select=id,email", "companies/$count", "$metadata", "/", "contacts?$top=0"];
    let answer = send(&gets(&urls), &[]);
    assert_eq!(answer.all("OData-Version"), ["4.0"], "{answer:?}");
    for (part, url) in parts(&answer).iter().zip(urls) {
        let request = Request::get(&portal().at(url.trim_start_matches('/'))).basic(USER, &portal().token);
        let alone = portal().send(&request.field("Accept", "application/json"));
        assert_eq!((part.status, part.body.trim_end()), (200, alone.text().trim_end()), "{url}");
        assert_eq!(part.field("Content-Type"), alone.field("Content-Type"), "{url}");
        assert_eq!(part.field("OData-Version"), Some("4.0"), "{url}");
    }
}

#[test]
fn urls_are_absolute_or_begin_at_the_host_or_at_the_service() {
    let root = portal().at("");
    let path = &root[root.find("/odata").unwrap()..];
    let query = "contacts?$top=1&$select=id&$filter=email ne 'a b'";
    let urls = [query.to_owned(), format!("/{query}"), format!("{path}{query}"), format!("{root}{query}")];
    let urls: Vec<&str> = urls.iter().map(String::as_str).collect();
    let answer = send(&gets(&urls), &[]);
    let parts = parts(&answer);
    assert_eq!(parts.len(), 4, "{answer:?}");
    assert!(parts.iter().all(|part| part.status == 200 && part.body == parts[0].body), "{parts:?}");
    for elsewhere in ["http://example.com/odata/x/contacts", "/odata/zzzzzzzzzz/contacts"] {
        assert_eq!(statuses(&send(&gets(&[elsewhere]), &[])), [404], "{elsewhere}");
    }
}

#[test]
fn a_batch_ends_at_its_first_failure_unless_the_client_wishes_otherwise() {
    let urls = ["contacts?$top=1", "contacts?$filter=emial eq 'x'", "companies?$top=1"];
    let stopped = send(&gets(&urls), &[]);
    assert_eq!(statuses(&stopped), [200, 400]);
    assert_eq!(parts(&stopped)[1].json()["error"]["code"], "UnknownProperty");
    assert_eq!(stopped.field("Preference-Applied"), None);
    for wish in ["odata.continue-on-error", "continue-on-error=true", "odata.continue-on-error=true"] {
        let whole = send(&gets(&urls), &[("Prefer", wish)]);
        assert_eq!(statuses(&whole), [200, 400, 200], "{wish}");
        let applied = whole.field("Preference-Applied").unwrap_or_default();
        assert_eq!(applied, wish.trim_end_matches("=true"), "{whole:?}");
    }
    let refused = send(&gets(&urls), &[("Prefer", "odata.continue-on-error=false")]);
    assert_eq!(statuses(&refused), [200, 400]);

    let get = |id: &str, url: &str| json!({"id": id, "method": "get", "url": url});
    let requests = json!([get("a", urls[0]), get("b", urls[1]), get("c", urls[2])]);
    let ids = |answer: &Answer| responses(answer).into_iter().map(|(_, status)| status).collect::<Vec<_>>();
    assert_eq!(ids(&send_json(&requests, &[])), [200, 400]);
    assert_eq!(ids(&send_json(&requests, &[("Prefer", "continue-on-error")])), [200, 400, 200]);
}

#[test]
fn what_depends_on_a_failure_fails_and_references_to_answers_are_not_built() {
    let requests = json!([
        {"id": "bad", "method": "GET", "url": "contact"},
        {"id": "next", "method": "GET", "url": "contacts?$top=1", "dependsOn": ["bad"]},
        {"id": "free", "method": "GET", "url": "contacts?$top=1&$select=email", "headers": {"accept": "application/json"}},
        {"id": "after", "method": "GET", "url": "companies?$top=1", "dependsOn": ["free"]},
        {"id": "reference", "method": "GET", "url": "$free/companies", "dependsOn": ["free"]},
        {"id": "condition", "method": "GET", "url": "contacts?$top=1", "if": "$free/email eq null"},
    ]);
    let answer = send_json(&requests, &[("Prefer", "continue-on-error")]);
    let expected =
        [("bad", 404), ("next", 424), ("free", 200), ("after", 200), ("reference", 501), ("condition", 501)];
    let expected: Vec<(String, u64)> = expected.map(|(id, status)| (id.to_owned(), status)).to_vec();
    assert_eq!(responses(&answer), expected, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["responses"][1]["body"]["error"]["code"], "FailedDependency");
    assert_eq!(body["responses"][2]["body"]["value"].as_array().map(Vec::len), Some(1), "{body}");
    let unknown = send_json(&json!([{"id": "1", "method": "GET", "url": "", "dependsOn": ["2"]}]), &[]);
    assert_eq!((unknown.status, unknown.code().as_deref()), (400, Some("QuerySyntax")), "{unknown:?}");
}

#[test]
fn nothing_in_a_batch_writes() {
    let continuing = [("Prefer", "continue-on-error")];
    let writes = ["POST contacts", "PATCH contacts(1)", "DELETE contacts(1)", "PUT contacts(1)/email"];
    let requests: Vec<String> =
        writes.iter().map(|line| format!("{line} HTTP/1.1\r\nContent-Length: 2\r\n\r\n{{}}")).collect();
    let answer = send(&requests, &continuing);
    assert_eq!(statuses(&answer), [405; 4]);
    assert!(parts(&answer).iter().all(|part| part.field("Allow") == Some("GET, HEAD")), "{answer:?}");
    let change_set = "--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\nContent-Type: application/http\r\nContent-ID: 1\r\n\r\n\
                      POST contacts HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{}\r\n--c--\r\n--b--";
    let answer = posted(portal(), "multipart/mixed;boundary=b", change_set, &[]);
    assert_eq!(statuses(&answer), [405], "{answer:?}");
    let grouped = |method: &str| json!([{"id": "1", "atomicityGroup": "g", "method": method, "url": "contacts?$top=1"}]);
    assert_eq!(responses(&send_json(&grouped("PATCH"), &[])), [("1".to_owned(), 405)]);
    assert_eq!(responses(&send_json(&grouped("GET"), &[])), [("1".to_owned(), 501)]);
}

#[test]
fn a_batch_that_cannot_be_read_is_refused_with_a_sentence() {
    let many = vec!["GET contacts HTTP/1.1".to_owned(); 101];
    let large = format!("{}{}", " ".repeat(1024 * 1024), multipart(&gets(&["contacts"])));
    let multipart_type = "multipart/mixed;boundary=b";
    for (content_type, body, status, code, word) in [
        (multipart_type, multipart(&many), 400, "QuerySyntax", "send several"),
        (multipart_type, large, 413, "BodyTooLarge", "1 MiB"),
        (multipart_type, "nothing".to_owned(), 400, "QuerySyntax", "boundary"),
        ("multipart/mixed", "nothing".to_owned(), 400, "QuerySyntax", "boundary"),
        ("text/plain", "nothing".to_owned(), 415, "UnsupportedMediaType", "multipart/mixed"),
        ("application/json", "{".to_owned(), 400, "QuerySyntax", "JSON"),
        ("application/json", "{}".to_owned(), 400, "QuerySyntax", "requests"),
    ] {
        let answer = posted(portal(), content_type, &body, &[]);
        assert_eq!(
            (answer.status, answer.code().as_deref()),
            (status, Some(code)),
            "{content_type}: {answer:?}"
        );
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(word), "{content_type}: {message}");
    }
    let read = portal().get("$batch");
    assert_eq!((read.status, read.field("Allow")), (405, Some("POST")), "{read:?}");
    let inside = "POST $batch HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{\"requests\":[]}".to_owned();
    assert_eq!(statuses(&send(&[inside], &[])), [501]);
    let long = format!("contacts?$filter=email eq '{}'", "a".repeat(33_000));
    assert_eq!(statuses(&send(&gets(&[&long]), &[])), [414]);
    let version = ["GET contacts?$top=1 HTTP/1.1\r\nOData-MaxVersion: 3.0".to_owned()];
    assert_eq!(statuses(&send(&version, &[])), [406]);
    assert_eq!(statuses(&send(&[], &[])), [0_u16; 0]);
}

#[test]
fn a_batch_of_nobody_is_refused_as_a_whole_and_credentials_inside_count_for_nothing() {
    let url = portal().at("$batch");
    let stranger = Request::of("POST", &url).field("Content-Type", "multipart/mixed;boundary=b");
    let own = feedgate_tests::wire::basic(USER, &portal().token);
    let inside = [format!("GET contacts?$top=1 HTTP/1.1\r\nAuthorization: {own}")];
    let answer = portal().send(&Request { body: multipart(&inside).into_bytes(), ..stranger });
    assert_eq!((answer.status, answer.code().as_deref()), (401, Some("CredentialsMissing")), "{answer:?}");
    let other = ["GET contacts?$top=1 HTTP/1.1\r\nAuthorization: Basic bm9ib2R5Om5vdGhpbmc=".to_owned()];
    assert_eq!(statuses(&send(&other, &[])), [200]);
}

#[test]
fn options_as_text_and_heads_are_answered_in_a_batch_too() {
    let requests = [
        "POST contacts/$query HTTP/1.1\r\nContent-Type: text/plain\r\n\r\n$top=1&$select=email".to_owned(),
        "HEAD contacts?$top=1 HTTP/1.1".to_owned(),
        "POST contacts/$query HTTP/1.1\r\nContent-Type: application/json\r\n\r\n{}".to_owned(),
    ];
    let answer = send(&requests, &[]);
    let parts = parts(&answer);
    assert_eq!(parts.iter().map(|part| part.status).collect::<Vec<_>>(), [200, 200, 415], "{answer:?}");
    assert_eq!(parts[0].json()["value"].as_array().map(Vec::len), Some(1));
    assert!(parts[1].body.is_empty() && parts[1].field("Content-Type").is_some(), "{parts:?}");
    let text = json!([{"id": "1", "method": "POST", "url": "contacts/$query", "headers": {"content-type": "text/plain"},
        "body": "$top=1&$select=email"}, {"id": "2", "method": "GET", "url": "contacts/$count"}]);
    let answer = send_json(&text, &[("Accept-Encoding", "gzip")]);
    let body = answer.json();
    assert_eq!(body["responses"][0]["body"]["value"].as_array().map(Vec::len), Some(1), "{body}");
    assert_eq!(body["responses"][1]["body"], "1200", "{body}");
}

#[test]
fn pages_of_a_batch_are_continued_by_their_links_until_every_row_is_there() {
    let answer = send(&gets(&["contacts?$select=id", "companies?$select=id"]), &[]);
    for (part, set) in parts(&answer).iter().zip(["contacts", "companies"]) {
        let mut page = part.json();
        let mut found = 0;
        loop {
            found += page["value"].as_array().unwrap().len();
            let Some(next) = page["@odata.nextLink"].as_str() else { break };
            let behind = next.strip_prefix(&portal().at("")).unwrap_or_else(|| panic!("{next}")).to_owned();
            let continued = send(&gets(&[&behind]), &[]);
            page = parts(&continued)[0].json();
        }
        assert_eq!(found, portal().simulator.rows(set).len(), "{set}");
    }
}

#[test]
fn every_request_of_a_batch_takes_its_place_in_the_rate_and_leaves_its_line() {
    let stack = Stack::start(&Options::small());
    let left = |answer: &Answer| -> u32 {
        let limits = answer.field("RateLimit").unwrap().to_owned();
        let token = limits.split(',').find(|item| item.contains("\"token\"")).unwrap();
        token.split(';').find_map(|part| part.trim().strip_prefix("r=")).unwrap().parse().unwrap()
    };
    stack.admin.ok(&["policy", "set", "--rate-token", "60/m"]);
    let urls = ["contacts?$top=1", "companies?$top=2", "contacts?$filter=nothing eq 1"];
    let answer = posted(&stack, "multipart/mixed;boundary=b", &multipart(&gets(&urls)), &[]);
    assert_eq!(statuses(&answer), [200, 200, 400]);
    assert_eq!(left(&answer), 7, "ten at once, of which three were taken: {answer:?}");

    let id = answer.field("Feedgate-Request-Id").unwrap().to_owned();
    let entries = wait::until("the history", wait::PATIENCE, || {
        let entries = stack.admin.ok(&["history", "--kind", "request"]);
        let own: Vec<Value> = entries
            .as_array()
            .unwrap()
            .iter()
            .filter(|entry| entry["request_id"].as_str().is_some_and(|text| text.starts_with(&id)))
            .cloned()
            .collect();
        (own.len() == 4).then_some(own)
    });
    let of = |suffix: &str| {
        let wanted = format!("{id}{suffix}");
        entries
            .iter()
            .find(|entry| entry["request_id"] == wanted.as_str())
            .unwrap_or_else(|| panic!("{entries:?}"))
    };
    assert_eq!(of("")["details"]["entity_set"], "$batch", "{entries:?}");
    assert_eq!(
        (&of(".1")["details"]["entity_set"], &of(".2")["details"]["entity_set"]),
        (&json!("contacts"), &json!("companies"))
    );
    assert_eq!(
        (&of("")["details"]["rows"], &of(".1")["details"]["rows"], &of(".2")["details"]["rows"]),
        (&json!(0), &json!(1), &json!(2))
    );
    assert_eq!(of(".3")["reason"], "UnknownProperty");
    let bytes = |entry: &Value| entry["details"]["bytes"].as_u64().unwrap();
    let total: u64 = ["", ".1", ".2", ".3"].iter().map(|suffix| bytes(of(suffix))).sum();
    assert_eq!(total, answer.body.len() as u64, "every byte is counted once: {entries:?}");
}
