//! Single records, single values, and the forms an answer can take.

use feedgate_tests::stack::USER;
use feedgate_tests::wire::{Answer, Request};
use serde_json::Value;

use crate::shared::portal;

fn get(behind: &str) -> Answer {
    portal().get(behind)
}

fn get_with(behind: &str, fields: &[(&str, &str)]) -> Answer {
    let request = Request::get(&portal().at(behind)).basic(USER, &portal().token);
    portal().send(&fields.iter().fold(request, |request, (name, value)| request.field(name, value)))
}

fn somebody() -> (String, String) {
    let truth = portal().simulator.rows("contacts");
    let record = truth.iter().find(|record| record.text("email").is_some()).unwrap();
    (record.id.clone(), record.text("email").unwrap().to_owned())
}

#[test]
fn a_record_is_found_by_its_key_in_both_forms() {
    let (id, email) = somebody();
    for behind in [format!("contacts({id})"), format!("contacts(id={id})"), format!("contacts%28{id}%29")] {
        let answer = get(&behind);
        assert_eq!(answer.status, 200, "{behind}: {answer:?}");
        let record = answer.json();
        assert_eq!((record["email"].as_str(), record["id"].to_string()), (Some(email.as_str()), id.clone()));
        assert_eq!(record["@odata.context"], portal().at("$metadata#contacts/$entity"));
    }
    let selected = get(&format!("contacts({id})?$select=email")).json();
    assert_eq!(selected["email"], email);
    assert!(selected["firstname"].is_null() && selected.get("firstname").is_none());
}

#[test]
fn a_single_value_comes_as_json_and_as_text() {
    let (id, email) = somebody();
    let property = get(&format!("contacts({id})/email"));
    assert_eq!(
        (property.status, property.json()["value"].as_str()),
        (200, Some(email.as_str())),
        "{property:?}"
    );
    let value = get(&format!("contacts({id})/email/$value"));
    assert_eq!((value.status, value.text()), (200, email));
    assert!(value.field("Content-Type").unwrap().starts_with("text/plain"), "{value:?}");
    // A null has no representation: 204.
    let truth = portal().simulator.rows("contacts");
    let nobody = truth.iter().find(|record| record.text("jobtitle").is_none()).unwrap();
    let null = get(&format!("contacts({})/jobtitle/$value", nobody.id));
    assert_eq!(null.status, 204, "{null:?}");
}

#[test]
fn what_is_not_there_is_named_with_a_hint() {
    for (behind, status, code) in [
        ("contact", 404, "EntitySetNotFound"),
        ("contacts(1)", 404, "EntityNotFound"),
        ("contacts(1)/emial", 404, "PropertyNotFound"),
        ("contacts?$select=emial", 400, "PropertyNotFound"),
        ("contacts?$filter=emial%20eq%20%27x%27", 400, "UnknownProperty"),
        ("contacts?$orderby=emial", 400, "UnknownProperty"),
        ("contacts?$filter=email%20eq", 400, "QuerySyntax"),
        ("contacts?$filter=email%20eq%205", 400, "QueryType"),
        ("contacts?$top=-1", 400, "QuerySyntax"),
        ("contacts?$top=1&$top=2", 400, "QuerySyntax"),
        ("contacts?$skiptoken=abc", 400, "SkipTokenInvalid"),
    ] {
        let answer = get(behind);
        assert_eq!((answer.status, answer.code().as_deref()), (status, Some(code)), "{behind}: {answer:?}");
        let message = answer.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(' '), "a sentence, not {message:?}");
        if code.ends_with("Property") || code == "PropertyNotFound" {
            assert!(message.contains("email"), "{behind}: no hint in {message:?}");
        }
        if code == "EntitySetNotFound" {
            assert!(message.contains("contacts"), "{behind}: no hint in {message:?}");
        }
    }
}

#[test]
fn what_is_not_built_is_a_501_so_that_power_query_folds_less() {
    // Whoever builds one of these takes it out here.
    for behind in [
        "contacts?$apply=aggregate(id%20with%20max%20as%20m)",
        "contacts?$compute=id%20add%201%20as%20next",
        "contacts?$deltatoken=x",
    ] {
        let answer = get(behind);
        assert_eq!(
            (answer.status, answer.code().as_deref()),
            (501, Some("NotSupported")),
            "{behind}: {answer:?}"
        );
    }
}

#[test]
fn numbers_become_texts_only_for_who_asks_for_it() {
    let (id, _) = somebody();
    let plain = get(&format!("contacts({id})")).json();
    assert!(plain["id"].is_u64(), "{}", plain["id"]);
    let accept = "application/json;odata.metadata=minimal;IEEE754Compatible=true";
    let answer = get_with(&format!("contacts({id})"), &[("Accept", accept)]);
    assert_eq!(answer.json()["id"], Value::String(id));
    assert!(answer.field("Content-Type").unwrap().contains("IEEE754Compatible=true"), "{answer:?}");
}

#[test]
fn odd_clients_get_json_and_metadata_is_xml_whatever_they_accept() {
    for accept in ["*/*", "application/json", "application/json;odata=verbose, text/plain, */*; q=0.01"] {
        let answer = get_with("contacts?$top=1", &[("Accept", accept)]);
        assert_eq!(answer.status, 200, "{accept}: {answer:?}");
        assert!(answer.field("Content-Type").unwrap().starts_with("application/json"), "{accept}");
        let metadata = get_with("$metadata", &[("Accept", accept)]);
        let ty = metadata.field("Content-Type").unwrap().to_owned();
        let wants_json = accept == "application/json";
        assert!(
            ty.starts_with("application/xml") || (wants_json && ty.starts_with("application/json")),
            "{accept}"
        );
    }
    assert!(get("$metadata?$format=json").field("Content-Type").unwrap().starts_with("application/json"));
    let none = get_with("contacts?$top=1", &[("Accept", "application/json;odata.metadata=none")]).json();
    assert!(none.get("@odata.context").is_none(), "{none}");
    let unacceptable = get_with("contacts?$top=1", &[("Accept", "image/png")]);
    assert_eq!(unacceptable.code().as_deref(), Some("NotAcceptable"), "{unacceptable:?}");
}

#[test]
fn the_root_answers_with_and_without_its_slash() {
    let with = get("");
    let without = Request::get(portal().at("").trim_end_matches('/')).basic(USER, &portal().token);
    let without = portal().send(&without);
    assert_eq!((with.status, without.status), (200, 200), "{without:?}");
    assert_eq!(with.body, without.body);
    let head = Request::of("HEAD", &portal().at("contacts?$top=1")).basic(USER, &portal().token);
    let head = portal().send(&head);
    assert_eq!((head.status, head.body.len()), (200, 0), "{head:?}");
}
