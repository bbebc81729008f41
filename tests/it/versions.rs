//! Which version of OData an answer is written in.

use feedgate_tests::stack::USER;
use feedgate_tests::wire::{Answer, Request};

use crate::shared::portal;

fn get(behind: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::get(&portal().at(behind)).basic(USER, &portal().token);
    portal().send(&fields.iter().fold(request, |request, (name, value)| request.field(name, value)))
}

const LATER: (&str, &str) = ("OData-MaxVersion", "4.01");

#[test]
fn version_4_01_is_written_for_who_asks_for_it_and_its_pages_are_linked() {
    let page = get("contacts?$top=600&$select=id,email&$count=true&$expand=companies($select=id)", &[LATER]);
    assert_eq!((page.status, page.all("OData-Version")), (200, vec!["4.01"]), "{page:?}");
    assert!(page.field("Content-Type").unwrap().starts_with("application/json;metadata=minimal"), "{page:?}");
    assert!(!page.text().contains("@odata."), "{page:?}");
    let body = page.json();
    assert_eq!(body["@context"], portal().at("$metadata#contacts(id,email,companies(id))"));
    assert_eq!((body["@count"].as_u64(), body["value"].as_array().unwrap().len()), (Some(1_200), 500));
    let next = body["@nextLink"].as_str().unwrap().strip_prefix(&portal().at("")).unwrap().to_owned();
    let rest = get(&next, &[LATER]).json();
    assert_eq!(rest["value"].as_array().unwrap().len(), 100);
    assert!(rest.get("@nextLink").is_none());
    let expanded = get("contacts?$top=1&$expand=companies", &[LATER]).json();
    assert_eq!(expanded["@context"], portal().at("$metadata#contacts(companies())"));
    let reference = get("contacts/$ref?$top=1", &[LATER]).json();
    assert!(reference["value"][0]["@id"].is_string(), "{reference}");
}

#[test]
fn types_of_version_4_01_have_no_hash() {
    let accept = ("Accept", "application/json;metadata=full");
    let body = get("contacts?$top=1&$select=id", &[LATER, accept]).json();
    let row = &body["value"][0];
    assert_eq!(
        (row["id@type"].as_str(), row["@type"].as_str()),
        (Some("Int64"), Some("#HubSpot.Contact")),
        "{row}"
    );
    let before = get("contacts?$top=1&$select=id", &[accept]).json();
    assert_eq!(before["value"][0]["id@odata.type"], "#Int64", "{before}");
}

#[test]
fn nobody_else_gets_4_01() {
    for fields in [
        &[][..],
        &[("OData-MaxVersion", "4.0")],
        &[LATER, ("OData-Version", "4.0")],
        &[("OData-Version", "4.01")],
        &[("OData-MaxVersion", "4.0"), ("MaxDataServiceVersion", "3.0")],
    ] {
        let answer = get("contacts?$top=1", fields);
        assert_eq!(
            (answer.status, answer.all("OData-Version")),
            (200, vec!["4.0"]),
            "{fields:?}: {answer:?}"
        );
        assert!(answer.json()["@odata.context"].is_string(), "{fields:?}: {answer:?}");
        assert!(answer.field("Vary").unwrap().contains("OData-MaxVersion"), "{answer:?}");
    }
    let metadata = get("$metadata", &[LATER]);
    assert_eq!(metadata.all("OData-Version"), ["4.0"]);
    assert!(metadata.text().contains("Version=\"4.0\""), "the document is one of 4.0 for everybody");
    let refused = get("contacts?$top=1", &[("OData-MaxVersion", "3.0")]);
    assert_eq!((refused.status, refused.code().as_deref()), (406, Some("NotAcceptable")), "{refused:?}");
}

#[test]
fn the_options_of_4_01_are_understood_in_any_version() {
    let schema = get("contacts?$schemaversion=*&$top=1", &[]);
    assert_eq!(schema.status, 200, "{schema:?}");
    let other = get("contacts?$schemaversion=7&$top=1", &[]);
    assert_eq!((other.status, other.code().as_deref()), (501, Some("NotSupported")), "{other:?}");
    let cast = get(
        "contacts/$count?$filter=id%20eq%20cast('0',Edm.Int64)%20or%20id%20gt%20cast('1',Edm.Int64)",
        &[],
    );
    assert_eq!((cast.status, cast.text().as_str()), (200, "1200"), "{cast:?}");
    let either = get("contacts?top=1&select=id&$FILTER=id%20GT%200", &[]);
    assert_eq!(either.json()["value"].as_array().map(Vec::len), Some(1), "{either:?}");
}
