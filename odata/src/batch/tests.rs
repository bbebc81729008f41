//! Batches as clients write them, and their answers.

use proptest::prelude::*;

use super::*;

fn multipart(body: &str) -> Result<Batch, Error> {
    parse("multipart/mixed; boundary=\"b 1\"; charset=utf-8", body.as_bytes(), &Limits::default())
}

fn json(body: &str) -> Result<Batch, Error> {
    parse("application/json;odata.metadata=minimal", body.as_bytes(), &Limits::default())
}

fn only(batch: &Batch) -> &Request {
    let [Item::Request(request)] = &batch.items[..] else { panic!("{batch:?}") };
    request
}

#[test]
fn a_part_is_read_with_either_line_end_and_text_around_the_parts() {
    let unix = "This is ignored.\n--b 1\nContent-Type: application/http; msgtype=request\nContent-Transfer-Encoding: binary\n\
                content-id: 7\n\nGET contacts?$filter=email eq 'a b' HTTP/1.1\nAccept: application/json\nX: 1,\n 2\n\n\n--b 1-- \n\
                Group ID: $auto";
    for body in [unix.to_owned(), unix.replace('\n', "\r\n")] {
        let batch = multipart(&body).unwrap_or_else(|error| panic!("{error}"));
        let request = only(&batch);
        assert_eq!(request.id.as_deref(), Some("7"));
        assert_eq!(
            (request.method.as_str(), request.url.as_str()),
            ("GET", "contacts?$filter=email eq 'a b'")
        );
        assert_eq!(request.header("accept"), Some("application/json"));
        assert_eq!(request.header("x"), Some("1, 2"));
        assert!(request.body.iter().all(u8::is_ascii_whitespace));
    }
}

#[test]
fn a_change_set_is_one_item() {
    let part = "Content-Type: application/http\r\n\r\n";
    let body = format!(
        "--b 1\r\n{part}GET a HTTP/1.1\r\n\r\n--b 1\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n--c\r\n\
         Content-ID: 1\r\n{part}POST a HTTP/1.1\r\nContent-Length: 4\r\n\r\n{{}}\r\njunk\r\n--c--\r\n\r\n--b 1--"
    );
    let batch = multipart(&body).unwrap();
    let Item::Group { id: None, requests } = &batch.items[1] else { panic!("{batch:?}") };
    assert_eq!((requests[0].method.as_str(), requests[0].id.as_deref()), ("POST", Some("1")));
    assert_eq!(requests[0].body, b"{}\r\n");
}

#[test]
fn what_is_no_multipart_is_refused_by_part() {
    let http = "--b 1\nContent-Type: application/http\n\n";
    for (body, message) in [
        (String::new(), "The boundary of the Content-Type does not occur in the batch."),
        ("--b 2\n".to_owned(), "The boundary of the Content-Type does not occur in the batch."),
        (
            format!("{http}GET a HTTP/1.1\n"),
            "The batch has no end: its last line is not the boundary with `--` behind it.",
        ),
        (
            format!("{http}GET a HTTP/1.1\n\n{http}GET a\n--b 1--"),
            "Part 2 of the batch: `GET a` is not a request line such as `GET contacts HTTP/1.1`.",
        ),
        (
            "--b 1\nContent-Type: text/plain\n\nx\n--b 1--".to_owned(),
            "Part 1 of the batch: expected `application/http`, found `text/plain`.",
        ),
        (format!("{http}GET a HTTP/1.1\nx\n--b 1--"), "Part 1 of the batch: `x` is not a header."),
        (
            "--b 1\nContent-Type: multipart/mixed\n\nx\n--b 1--".to_owned(),
            "Part 1 of the batch: a change set needs a `boundary`.",
        ),
    ] {
        assert_eq!(multipart(&body).expect_err(&body).message, message, "{body}");
    }
    assert_eq!(multipart("--b 1--").unwrap().items, []);
    let parse = |content_type: &str| parse(content_type, b"", &Limits::default()).unwrap_err().kind;
    assert_eq!(parse("multipart/mixed"), ErrorKind::Syntax);
    assert_eq!(parse("text/plain"), ErrorKind::NotAcceptable);
}

#[test]
fn a_json_batch_has_ids_groups_and_dependencies() {
    let batch = json(
        r#"{"requests":[{"id":"0","method":"get","url":"a","headers":{"Accept":"x","N":1},"body":{"k":[1]}},
           {"id":"1","method":"POST","url":"b","atomicityGroup":"g"},{"id":"2","method":"POST","url":"c","atomicityGroup":"g"},
           {"id":"3","method":"GET","url":"d","dependsOn":["0","g"]}]}"#,
    )
    .unwrap();
    assert_eq!(batch.items.len(), 3);
    let [first] = batch.items[0].requests() else { panic!("one") };
    assert_eq!(
        (first.method.as_str(), first.header("n"), first.body.as_slice()),
        ("GET", Some("1"), &br#"{"k":[1]}"#[..])
    );
    assert!(
        matches!(&batch.items[1], Item::Group { id: Some(id), requests } if id == "g" && requests.len() == 2)
    );
    assert_eq!(batch.items[2].requests()[0].depends_on, ["0", "g"]);
}

#[test]
fn what_is_no_json_batch_is_refused_by_request() {
    for (requests, message) in [
        (r#"1"#, "Request 1 of the batch is not an object."),
        (r#"{"method":"GET","url":"a"}"#, "Request 1 of the batch has no `id`."),
        (r#"{"id":1,"method":"GET","url":"a"}"#, "Request 1 of the batch has a `id` that is no text."),
        (r#"{"id":"1","method":"GET"}"#, "Request 1 of the batch has no `url`."),
        (
            r#"{"id":"1","method":"GET","url":"a"},{"id":"1","method":"GET","url":"a"}"#,
            "Request 2 of the batch has the id `1`, which is taken.",
        ),
        (
            r#"{"id":"1","method":"GET","url":"a","dependsOn":["2"]}"#,
            "Request 1 of the batch depends on `2`, which is no request before it.",
        ),
        (
            r#"{"id":"1","method":"GET","url":"a","dependsOn":["1"]}"#,
            "Request 1 of the batch depends on `1`, which is no request before it.",
        ),
        (
            r#"{"id":"1","method":"GET","url":"a","atomicityGroup":"1"}"#,
            "Request 1 of the batch has the group `1`, which is taken or not adjacent.",
        ),
        (
            r#"{"id":"1","method":"GET","url":"a","headers":[]}"#,
            "Request 1 of the batch has `headers` that are no object.",
        ),
    ] {
        let body = format!(r#"{{"requests":[{requests}]}}"#);
        assert_eq!(json(&body).expect_err(&body).message, message, "{body}");
    }
    assert_eq!(json("{}").unwrap_err().message, "The batch has no array `requests`.");
    assert!(json("{").unwrap_err().message.starts_with("The batch is not JSON: "));
    assert!(json(&"[".repeat(100_000)).is_err());
}

#[test]
fn a_batch_has_limits() {
    let part = "--b 1\nContent-Type: application/http\n\nGET a HTTP/1.1\n\n";
    let body = format!("{}--b 1--", part.repeat(3));
    let kind = |limits: Limits| {
        parse("multipart/mixed;boundary=\"b 1\"", body.as_bytes(), &limits).expect_err("too much").kind
    };
    assert_eq!(kind(Limits { requests: 2, ..Limits::default() }), ErrorKind::TooComplex);
    assert_eq!(kind(Limits { bytes: 10, ..Limits::default() }), ErrorKind::TooComplex);
}

#[test]
fn urls_lead_below_the_root_or_nowhere() {
    let find = |url: &str, root: &str| address(url, root).map(|address| (address.path, address.query));
    let contacts = |query: Option<&str>| Ok(("contacts(1)".to_owned(), query.map(str::to_owned)));
    for url in [
        "contacts(1)",
        "./contacts(1)",
        "/contacts(1)",
        "/odata/x/contacts(1)",
        "https://host:8443/odata/x/contacts(1)",
        "HTTP://HOST:8443/odata/x/contacts(1)#frag",
    ] {
        assert_eq!(find(url, "https://host:8443/odata/x/"), contacts(None), "{url}");
        assert_eq!(find(url, "https://host:8443/odata/x"), contacts(None), "{url}");
    }
    assert_eq!(find("contacts(1)?$filter=a eq 'b'", "https://h/"), contacts(Some("$filter=a%20eq%20'b'")));
    assert_eq!(find("/contacts(1)?q=https://x/", "https://h"), contacts(Some("q=https://x/")));
    assert_eq!(find("https://h/o", "https://h/o/"), Ok((String::new(), None)));
    for url in [
        "https://other/odata/x/contacts",
        "https://host:8443/odata/xy/contacts",
        "https://host/odata/x/contacts",
    ] {
        assert_eq!(
            address(url, "https://host:8443/odata/x").unwrap_err().kind,
            ErrorKind::EntitySetNotFound,
            "{url}"
        );
    }
    assert_eq!(address("$1/companies", "https://h/").unwrap_err().kind, ErrorKind::NotSupported);
    assert!(address("$metadata", "https://h/").is_ok());
}

#[test]
fn a_batch_ends_at_a_failure_unless_it_shall_go_on() {
    let batch = json(
        r#"{"requests":[{"id":"0","method":"GET","url":"a"},{"id":"1","method":"GET","url":"b","dependsOn":["0"]},
           {"id":"2","method":"GET","url":"c","dependsOn":["1"]},{"id":"3","method":"GET","url":"d"}]}"#,
    )
    .unwrap();
    let verdicts = |continue_on_error: bool| {
        let mut progress = Progress::new(continue_on_error);
        let judge = |item: &Item| {
            let verdict = progress.verdict(item);
            let status = match verdict {
                Verdict::Answer if item.requests()[0].id.as_deref() == Some("0") => 404,
                Verdict::Answer => 200,
                _ => 424,
            };
            progress.answered(item, status);
            verdict
        };
        batch.items.iter().map(judge).collect::<Vec<_>>()
    };
    use Verdict::{Answer, Ended, FailedDependency};
    assert_eq!(verdicts(true), [Answer, FailedDependency, FailedDependency, Answer]);
    assert_eq!(verdicts(false), [Answer, Ended, Ended, Ended]);
}

fn answered(batch: &Batch, body: &[u8], content_type: &str) -> (String, String) {
    let mut answers = Answers::new(batch.format);
    let headers = vec![("Content-Type".to_owned(), content_type.to_owned())];
    for item in &batch.items {
        answers.push(item, Response { status: 200, headers: headers.clone(), body: body.to_vec() });
    }
    let (content_type, body) = answers.finish();
    (content_type, String::from_utf8(body).unwrap())
}

#[test]
fn answers_are_written_in_the_format_of_the_batch() {
    let part = "--b 1\nContent-Type: application/http\nContent-ID: 1\n\nGET a HTTP/1.1\n\n--b 1--";
    let (content_type, body) = answered(&multipart(part).unwrap(), b"batchresponse_0", "text/plain");
    assert_eq!(content_type, "multipart/mixed;boundary=batchresponse_1");
    insta::assert_snapshot!(body.replace('\r', ""), @r"
    --batchresponse_1
    Content-Type: application/http
    Content-Transfer-Encoding: binary
    Content-ID: 1

    HTTP/1.1 200 OK
    Content-Type: text/plain
    Content-Length: 15

    batchresponse_0
    --batchresponse_1--
    ");
    let batch = json(
        r#"{"requests":[{"id":"\n0","method":"GET","url":"a"},{"id":"1","method":"PUT","url":"a","atomicityGroup":"g"}]}"#,
    );
    let batch = batch.unwrap();
    let (content_type, body) = answered(&batch, b"{\"a\":1}", "application/json;odata.metadata=minimal");
    assert_eq!(content_type, "application/json");
    insta::assert_snapshot!(body, @r#"{"responses":[{"id":"\n0","status":200,"headers":{"content-type":"application/json;odata.metadata=minimal"},"body":{"a":1}},{"id":"1","atomicityGroup":"g","status":200,"headers":{"content-type":"application/json;odata.metadata=minimal"},"body":{"a":1}}]}"#);
    assert!(answered(&batch, b"7", "text/plain").1.contains(r#""body":"7"}"#));
    assert!(answered(&batch, &[1, 2], "application/octet-stream").1.contains(r#""body":"AQI="}"#));
    assert!(answered(&batch, b"", "x/y").1.contains(r#""headers":{"content-type":"x/y"}}"#));
}

#[test]
fn a_header_cannot_be_smuggled_into_an_answer() {
    let request = Request { id: Some("1\r\nX: y".into()), ..Request::default() };
    let mut answers = Answers::new(Format::Multipart);
    answers.push(&Item::Request(request), Response { status: 404, ..Response::default() });
    let text = String::from_utf8(answers.finish().1).unwrap();
    assert!(text.contains("Content-ID: 1X: y\r\n"), "{text}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_the_readers_panic(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        text in "(--b( 1)?(--)?|\r?\n|Content-(Type|ID|Length):|application/http|multipart/mixed;boundary=b|GET a HTTP/1.1| |[a-z:{}\\[\\]\",]){0,40}",
    ) {
        for body in [&bytes[..], text.as_bytes()] {
            for content_type in ["multipart/mixed;boundary=b", "multipart/mixed;boundary=\"b 1\"", "application/json"] {
                let _outcome = parse(content_type, body, &Limits::default());
            }
        }
        let _outcome = address(&text, "https://host/odata");
        let _outcome = parse(&text, text.as_bytes(), &Limits::default());
    }
}
