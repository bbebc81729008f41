//! Tests of the whole service over the bundled sample: protocol first, then pages.

use jiff::Timestamp;

use super::*;
use crate::csdl;
use crate::memory::Data;

struct Service {
    model: Model,
    data: Data,
}

fn service() -> Service {
    let model = csdl::read(include_str!("../../examples/shop.xml")).unwrap().model;
    let data = Data::load(&model, include_str!("../../examples/shop.json")).unwrap();
    Service { model, data }
}

impl Service {
    fn send(&self, method: &str, url: &str, fields: &[(&str, &str)]) -> Answer {
        let (path, query) = url.split_once('?').map_or((url, None), |(path, query)| (path, Some(query)));
        let now = Timestamp::UNIX_EPOCH;
        let call = Call { method, path, query, body: b"", fields, root: "http://h/", now };
        answer(&self.model, &self.data, &call)
    }

    fn get(&self, url: &str) -> Answer {
        self.send("GET", url, &[])
    }

    /// Status and `error.code`.
    fn refused(&self, method: &str, url: &str, fields: &[(&str, &str)]) -> (u16, String) {
        let answer = self.send(method, url, fields);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        (answer.status, body["error"]["code"].as_str().unwrap().to_owned())
    }
}

#[test]
fn every_answer_has_one_version_and_its_length() {
    let service = service();
    for url in
        ["", "$metadata", "Products", "Products/$count", "Products(1)", "Nothing", "Products(1)/Name/$value"]
    {
        let answer = service.get(url);
        let versions = answer.fields.iter().filter(|(name, _)| *name == "odata-version").count();
        assert_eq!((versions, answer.field("odata-version")), (1, Some("4.0")), "{url}");
        assert_eq!(answer.field("content-length"), Some(answer.body.len().to_string().as_str()), "{url}");
    }
}

#[test]
fn head_is_get_without_the_body() {
    let service = service();
    for url in ["", "$metadata", "Products?$top=1", "Products(9)", "Products(5)/Price"] {
        let (get, head) = (service.get(url), service.send("HEAD", url, &[]));
        assert_eq!((head.status, &head.fields, head.body.len()), (get.status, &get.fields, 0), "{url}");
    }
}

#[test]
fn types_of_answers_follow_what_they_are() {
    let service = service();
    let json = "application/json;odata.metadata=minimal;charset=utf-8";
    for (url, accept, content_type) in [
        ("", "", json),
        ("$metadata", "", "application/xml;charset=utf-8"),
        ("$metadata?$format=json", "", "application/json;charset=utf-8"),
        ("$metadata", "application/json", "application/json;charset=utf-8"),
        ("Products", "application/json;metadata=none", "application/json;odata.metadata=none;charset=utf-8"),
        ("Products?$format=json", "application/xml", json),
        ("Products/$count", "application/json", "text/plain;charset=utf-8"),
        ("Products(1)/Name/$value", "", "text/plain;charset=utf-8"),
        ("Products(1)/Thumbnail/$value", "", "application/octet-stream"),
        ("Products(9)", "text/html", json),
    ] {
        let answer = service.send("GET", url, &[("accept", accept)]);
        assert_eq!(answer.field("content-type"), Some(content_type), "{url} {accept}");
    }
}

#[test]
fn what_cannot_be_answered_is_refused_with_status_and_code() {
    let service = service();
    let text = |status: u16, code: &str| (status, code.to_owned());
    for (url, expected) in [
        ("Nothing", text(404, "EntitySetNotFound")),
        ("Products(9)", text(404, "EntityNotFound")),
        ("Products(1)/Nothing", text(404, "PropertyNotFound")),
        ("Products?$select=Nothing", text(400, "PropertyNotFound")),
        ("Products?$filter=Nothing eq 1", text(400, "UnknownProperty")),
        ("Products?$filter=Name eq 1", text(400, "QueryType")),
        ("Products?$filter=(", text(400, "QuerySyntax")),
        ("Products?$skiptoken=abc", text(400, "QuerySyntax")),
        ("Products?$format=atom", text(406, "NotAcceptable")),
        ("Products?$apply=x", text(501, "NotSupported")),
        ("$crossjoin(Products,Orders)", text(501, "NotSupported")),
        ("$batch", text(405, "MethodNotAllowed")),
        ("Products/$query", text(405, "MethodNotAllowed")),
    ] {
        assert_eq!(service.refused("GET", url, &[]), expected, "{url}");
    }
    let field = |name, value| service.refused("GET", "Products", &[(name, value)]);
    assert_eq!(field("accept", "text/html"), text(406, "NotAcceptable"));
    assert_eq!(field("OData-MaxVersion", "3.0"), text(406, "NotAcceptable"));
    assert_eq!(field("odata-version", "x"), text(406, "NotAcceptable"));
}

#[test]
fn nothing_can_be_changed() {
    let service = service();
    for method in ["PUT", "PATCH", "DELETE", "POST", "OPTIONS", "get", ""] {
        let answer = service.send(method, "Products", &[]);
        assert_eq!((answer.status, answer.field("allow")), (405, Some("GET, HEAD")), "{method}");
    }
}

#[test]
fn documents_are_not_sent_to_who_holds_them() {
    let service = service();
    for url in ["", "$metadata", "$metadata?$format=json"] {
        let tag = service.get(url).field("etag").unwrap().to_owned();
        for known in [tag.as_str(), &format!("\"x\", {tag}"), "*", tag.trim_start_matches("W/")] {
            let answer = service.send("GET", url, &[("If-None-Match", known)]);
            assert_eq!((answer.status, answer.body.len()), (304, 0), "{url} {known}");
            assert_eq!((answer.field("etag"), answer.field("content-type")), (Some(tag.as_str()), None));
        }
        assert_eq!(service.send("GET", url, &[("If-None-Match", "W/\"x\"")]).status, 200);
    }
}

#[test]
fn what_is_null_has_no_content() {
    let service = service();
    for url in ["Products(5)/Price", "Products(5)/Price/$value", "Products(5)/Size"] {
        let answer = service.get(url);
        assert_eq!((answer.status, answer.field("content-type"), answer.body.len()), (204, None, 0), "{url}");
    }
}

#[test]
fn preferences_are_honoured_and_acknowledged() {
    let service = service();
    let answer =
        service.send("GET", "Products", &[("Prefer", "maxpagesize=2"), ("prefer", "omit-values=nulls")]);
    assert_eq!(answer.field("preference-applied"), Some("maxpagesize=2, omit-values=nulls"));
    let large = service.send("GET", "Products", &[("Prefer", "odata.maxpagesize=1000000")]);
    assert_eq!(large.field("preference-applied"), Some("odata.maxpagesize=1000"));
    assert_eq!(service.get("Products").field("preference-applied"), None);
}

/// The keys on each page of a chain.
fn chain(service: &Service, url: &str, size: u64) -> Vec<Vec<i64>> {
    let (mut pages, mut next) = (Vec::new(), Some(url.to_owned()));
    let prefer = format!("odata.maxpagesize={size}");
    while let Some(url) = next {
        let answer = service.send("GET", url.trim_start_matches("http://h/"), &[("prefer", &prefer)]);
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let rows = body["value"].as_array().unwrap();
        pages.push(rows.iter().map(|row| row["ID"].as_i64().unwrap()).collect());
        next = body["@odata.nextLink"].as_str().map(str::to_owned);
    }
    pages
}

#[test]
fn a_chain_of_pages_has_every_row_once_and_in_order() {
    let service = service();
    for (url, whole) in [
        ("Products", vec![1, 2, 3, 4, 5]),
        ("Products?$orderby=Price%20desc", vec![2, 1, 4, 3, 5]),
        ("Products?$orderby=InStock,Name%20desc&$skip=1", vec![5, 3, 1, 4]),
        ("Products?$top=3&$skip=1", vec![2, 3, 4]),
        ("Products?$filter=Price%20gt%2010&$select=ID", vec![1, 2, 4]),
        ("Products?$top=0", vec![]),
        ("Products?$skip=9", vec![]),
    ] {
        for size in 1..=6 {
            let pages = chain(&service, url, size);
            assert_eq!(pages.concat(), whole, "{url} by {size}");
            assert!(pages.iter().all(|page| page.len() as u64 <= size), "{url} by {size}");
            assert!(
                pages.len() == 1 || pages.iter().all(|page| !page.is_empty()),
                "{url} by {size}: an empty page"
            );
        }
    }
}

#[test]
fn the_count_is_that_of_all_pages() {
    let service = service();
    let answer = service.get("Products?$filter=InStock&$count=true&$top=1&$skip=1");
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!((body["@odata.count"].as_i64(), body["value"].as_array().map(Vec::len)), (Some(4), Some(1)));
    assert_eq!(service.get("Products/$count?$filter=InStock").body, b"4");
}

#[test]
fn a_query_may_come_in_the_body() {
    let service = service();
    let post = |path: &str, query: Option<&str>, sort: &str, body: &str| {
        let (method, now) = ("POST", Timestamp::UNIX_EPOCH);
        let fields = [
            ("Content-Type", sort),
            ("Prefer", "maxpagesize=1"),
            ("Accept", "application/json;metadata=none"),
        ];
        let call =
            Call { method, path, query, body: body.as_bytes(), fields: &fields, root: "http://h/", now };
        answer(&service.model, &service.data, &call)
    };
    let page = post(
        "Products/$query",
        Some("$select=ID"),
        "text/plain; charset=utf-8",
        "$filter=ID%20gt%202&$top=2\n",
    );
    assert_eq!(
        String::from_utf8_lossy(&page.body),
        r#"{"value":[{"ID":3}],"@odata.nextLink":"http://h/Products?$select=ID&$filter=ID%20gt%202&$top=2&$skiptoken=1"}"#
    );
    assert_eq!(post("Products(1)/Name/$query", None, "text/plain", "").status, 200);
    assert_eq!(post("Products/$query", None, "application/json", "{}").status, 415);
    assert_eq!(post("Products", None, "text/plain", "").field("allow"), Some("GET, HEAD"));
    assert_eq!(post("$batch", None, "text/plain", "").status, 415);
    assert_eq!(service.send("DELETE", "$batch", &[]).field("allow"), Some("POST"));
}

fn batch(service: &Service, prefer: &str, sort: &str, body: &str) -> Answer {
    let fields = [("Content-Type", sort), ("Prefer", prefer)];
    let now = Timestamp::UNIX_EPOCH;
    let call = Call {
        method: "POST",
        path: "$batch",
        query: None,
        body: body.as_bytes(),
        fields: &fields,
        root: "http://h/",
        now,
    };
    answer(&service.model, &service.data, &call)
}

#[test]
fn a_batch_of_json_is_answered_in_its_order_up_to_the_first_failure() {
    let service = service();
    let body = r#"{"requests": [
        {"id": "1", "method": "get", "url": "Products/$count"},
        {"id": "2", "method": "GET", "url": "/Products(99)"},
        {"id": "3", "method": "GET", "url": "http://h/Products(1)/Name/$value", "dependsOn": ["2"]},
        {"id": "4", "method": "DELETE", "url": "Products(1)"},
        {"id": "5", "method": "POST", "url": "$batch", "body": {"requests": []}},
        {"id": "6", "method": "GET", "url": "Products?$select=ID&$filter=ID eq 1", "headers": {"Accept": "application/json;metadata=none"}}
    ]}"#;
    let statuses = |answer: &Answer| {
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        let responses = body["responses"].as_array().unwrap().clone();
        responses
            .iter()
            .map(|one| (one["id"].as_str().unwrap().to_owned(), one["status"].as_i64().unwrap()))
            .collect::<Vec<_>>()
    };
    let expect = |pairs: &[(&str, i64)]| {
        pairs.iter().map(|(id, status)| ((*id).to_owned(), *status)).collect::<Vec<_>>()
    };
    let ended = batch(&service, "", "application/json", body);
    assert_eq!((ended.status, statuses(&ended)), (200, expect(&[("1", 200), ("2", 404)])));
    let whole = batch(&service, "odata.continue-on-error", "application/json", body);
    assert_eq!(
        statuses(&whole),
        expect(&[("1", 200), ("2", 404), ("3", 424), ("4", 405), ("5", 501), ("6", 200)])
    );
    assert_eq!(whole.field("preference-applied"), Some("odata.continue-on-error"));
    let body: serde_json::Value = serde_json::from_slice(&whole.body).unwrap();
    assert_eq!(body["responses"][5]["body"], serde_json::json!({"value": [{"ID": 1}]}));
}

#[test]
fn a_batch_in_parts_is_answered_in_parts() {
    let service = service();
    let part = |request: &str| {
        format!("--b\r\nContent-Type: application/http\r\n\r\n{request} HTTP/1.1\r\n\r\n\r\n")
    };
    let body = format!("{}{}--b--\r\n", part("GET Products/$count"), part("GET Store/Name/$value"));
    let answer = batch(&service, "", "multipart/mixed;boundary=b", &body);
    let text = String::from_utf8(answer.body).unwrap();
    assert!(
        answer
            .fields
            .iter()
            .any(|(name, value)| *name == "content-type" && value.starts_with("multipart/mixed"))
    );
    assert_eq!(text.matches("HTTP/1.1 200").count(), 2, "{text}");
    assert!(text.contains("\r\n\r\n5\r\n") && text.contains("Speichen & Co."), "{text}");
    assert_eq!(batch(&service, "", "multipart/mixed", &body).status, 400);
}
