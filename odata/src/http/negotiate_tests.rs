//! Tests of the negotiation, as tables of what real clients send.

use super::*;
use MetadataLevel::{Full, Minimal, None as NoMetadata};

const POWER_QUERY: &str = "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,\
    application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7";

fn check(accept: &str, metadata: MetadataLevel, ieee754: bool, streaming: bool) {
    assert_eq!(
        negotiate(Some(accept), None).unwrap(),
        Format { metadata, ieee754, streaming, version: Version::V4_0 },
        "{accept}"
    );
}

#[test]
fn what_real_clients_send_is_answered_with_json() {
    check(POWER_QUERY, Minimal, false, false);
    check("*/*", Minimal, false, false);
    check("*", Minimal, false, false);
    check("application/*", Minimal, false, false);
    check("application/json", Minimal, false, false);
    check("Application/JSON", Minimal, false, false);
    check("application/json; charset=utf-8", Minimal, false, false);
    check("application/json;odata=verbose, text/plain, */*; q=0.01", Minimal, false, false);
    check("application/json;odata=verbose", Minimal, false, false);
    check("application/json;odata.metadata=minimal;IEEE754Compatible=true", Minimal, true, false);
    check(
        "application/json;odata.metadata=full;IEEE754Compatible=true;odata.streaming=true",
        Full,
        true,
        true,
    );
    check("application/json;metadata=none", NoMetadata, false, false);
    check("application/json;odata.metadata=\"none\"", NoMetadata, false, false);
    check("application/json ; ODATA.METADATA = NONE", NoMetadata, false, false);
    check(
        "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8",
        Minimal,
        false,
        false,
    );
    check("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", Minimal, false, false);
    check("application/atom+xml,application/json;q=0.5", Minimal, false, false);
    assert_eq!(negotiate(None, None).unwrap(), Format::default());
    assert_eq!(negotiate(Some(" "), None).unwrap(), Format::default());
}

#[test]
fn quality_decides_between_amounts_of_metadata_and_the_most_specific_range_speaks() {
    check("application/json;odata.metadata=full;q=0.9, */*;q=0.1", Full, false, false);
    check(
        "application/json;odata.metadata=full;q=0.5, application/json;odata.metadata=none",
        NoMetadata,
        false,
        false,
    );
    check("application/json;odata.metadata=full, application/json", Minimal, false, false);
    check("application/json;odata.metadata=minimal;q=0, */*", NoMetadata, false, false);
    check("application/json;q=0.3;IEEE754Compatible=true, application/json;q=0.4", Minimal, false, false);
    check("application/json;IEEE754Compatible=true, application/json", Minimal, true, false);
    check("application/json;q=nonsense", Minimal, false, false);
    check(
        "application/json;odata.metadata=huge, application/json;odata.metadata=full;q=0.1",
        Full,
        false,
        false,
    );
}

#[test]
fn an_accept_header_that_admits_no_json_is_refused() {
    for accept in [
        "application/atom+xml",
        "text/plain",
        "text/*",
        "application/xml",
        "application/json;q=0",
        "application/json;q=0, */*",
        "application/json;odata.metadata=huge",
        "application/json;IEEE754Compatible=perhaps",
        "*/*;q=0.000",
        ",",
    ] {
        let error = negotiate(Some(accept), None).unwrap_err();
        assert_eq!(
            (error.kind, error.target.as_deref()),
            (ErrorKind::NotAcceptable, Some("Accept")),
            "{accept}"
        );
    }
}

#[test]
fn the_format_option_goes_before_the_header() {
    for (format, metadata) in [
        ("json", Minimal),
        ("JSON", Minimal),
        ("application/json", Minimal),
        ("application/json;odata.metadata=none", NoMetadata),
        ("application/json; metadata=full", Full),
        ("json;odata.metadata=full", Full),
        ("application/json;q=0", Minimal),
    ] {
        let outcome = negotiate(Some("application/atom+xml"), Some(format)).unwrap();
        assert_eq!(outcome.metadata, metadata, "{format}");
    }
    for format in ["xml", "atom", "", "application/atom+xml", "application/json;odata.metadata=huge"] {
        let error = negotiate(Some("*/*"), Some(format)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotAcceptable, "{format}");
    }
}

#[test]
fn metadata_is_xml_unless_json_is_all_there_is() {
    use MetadataFormat::{Json, Xml};
    for (accept, format, expected) in [
        (None, None, Xml),
        (Some(""), None, Xml),
        (Some(POWER_QUERY), None, Xml),
        (Some("*/*"), None, Xml),
        (Some("application/*"), None, Xml),
        (Some("application/xml"), None, Xml),
        (Some("text/html"), None, Xml),
        (Some("application/json, text/plain, */*"), None, Xml),
        (Some("application/json"), None, Json),
        (Some("application/json;odata.metadata=minimal"), None, Json),
        (Some("application/json, application/xml;q=0"), None, Json),
        (Some("application/xml"), Some("json"), Json),
        (Some("application/xml"), Some("application/json;odata.metadata=minimal"), Json),
        (Some("application/json"), Some("xml"), Xml),
        (None, Some("application/xml"), Xml),
    ] {
        assert_eq!(negotiate_metadata(accept, format).unwrap(), expected, "{accept:?} {format:?}");
    }
    assert!(negotiate_metadata(None, Some("atom")).is_err());
}

#[test]
fn the_content_type_names_what_was_agreed() {
    let all = Format { metadata: Full, ieee754: true, streaming: true, version: Version::V4_0 };
    insta::assert_snapshot!(Format::default().content_type(), @"application/json;odata.metadata=minimal;charset=utf-8");
    insta::assert_snapshot!(
        all.content_type(),
        @"application/json;odata.metadata=full;odata.streaming=true;IEEE754Compatible=true;charset=utf-8"
    );
}
