//! The forms of resource paths, and what a data source's own filter hides on every one of them.

use std::collections::BTreeSet;

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wire::Answer;
use serde_json::Value;

use crate::shared::{filter, portal};

fn get(behind: &str) -> Answer {
    let answer = portal().get(behind);
    assert_eq!(answer.status, 200, "{behind}: {answer:?}");
    answer
}

fn rows(behind: &str) -> Vec<Value> {
    let body = get(behind).json();
    body["value"].as_array().unwrap_or_else(|| panic!("{behind}: {body}")).clone()
}

/// A contact and the companies it is linked to, by the table of links.
fn linked() -> (u64, BTreeSet<u64>) {
    let links = rows("contacts_companies?$select=contact_id,company_id&$top=400");
    let contact = links[links.len() / 2]["contact_id"].as_u64().unwrap();
    let own = rows(&format!("contacts_companies?{}", filter(&format!("contact_id eq {contact}"))));
    (contact, own.iter().map(|link| link["company_id"].as_u64().unwrap()).collect())
}

fn ids(rows: &[Value]) -> BTreeSet<u64> {
    rows.iter().map(|row| row["id"].as_u64().unwrap()).collect()
}

fn references(rows: &[Value]) -> BTreeSet<String> {
    rows.iter().map(|row| row["@odata.id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn navigation_leads_to_rows_references_counts_and_values() {
    let (contact, companies) = linked();
    let urls: BTreeSet<String> =
        companies.iter().map(|id| portal().at(&format!("companies({id})"))).collect();
    assert_eq!(ids(&rows(&format!("contacts({contact})/companies"))), companies);
    assert_eq!(references(&rows(&format!("contacts({contact})/companies/$ref"))), urls);
    assert_eq!(get(&format!("contacts({contact})/companies/$count")).text(), companies.len().to_string());
    let none = format!("contacts({contact})/companies/$count?{}", filter("id lt 0"));
    assert_eq!(get(&none).text(), "0");
    let company = companies.first().unwrap();
    let one = get(&format!("contacts({contact})/companies({company})?$select=id,name")).json();
    let alone = get(&format!("companies({company})?$select=id,name")).json();
    assert_eq!(one, alone);
    let back = rows(&format!("contacts({contact})/companies({company})/contacts?$select=id"));
    assert!(ids(&back).contains(&contact), "{back:?}");
    assert_eq!(portal().get(&format!("contacts({contact})/companies(1)")).status, 404);
}

#[test]
fn properties_are_reached_over_single_valued_navigation() {
    let owned = &rows(&format!("contacts?$top=1&$select=id,hubspot_owner_id&{}", filter("owner ne null")))[0];
    let (contact, owner) = (&owned["id"], owned["hubspot_owner_id"].as_str().unwrap());
    let own = get(&format!("owners('{owner}')")).json();
    let reached = get(&format!("contacts({contact})/owner")).json();
    assert_eq!(reached["email"], own["email"]);
    let email = get(&format!("contacts({contact})/owner/email")).json();
    assert_eq!(email["value"], own["email"]);
    assert_eq!(email["@odata.context"], portal().at(&format!("$metadata#owners('{owner}')/email")));
    assert_eq!(
        get(&format!("contacts({contact})/owner/email/$value")).text(),
        own["email"].as_str().unwrap()
    );
    let reference = get(&format!("contacts({contact})/owner/$ref")).json();
    assert_eq!(reference["@odata.id"], portal().at(&format!("owners('{owner}')")));
    let nobodys = &rows(&format!("contacts?$top=1&$select=id&{}", filter("owner eq null")))[0]["id"];
    assert_eq!(portal().get(&format!("contacts({nobodys})/owner")).status, 204);
}

#[test]
fn references_are_expanded() {
    let (contact, companies) = linked();
    let urls: BTreeSet<String> =
        companies.iter().map(|id| portal().at(&format!("companies({id})"))).collect();
    let expanded = get(&format!("contacts({contact})?$select=id&$expand=companies/$ref,owner/$ref")).json();
    let found = expanded["companies"].as_array().unwrap();
    assert_eq!(references(found), urls);
    assert!(found.iter().all(|reference| reference.as_object().unwrap().len() == 1), "{found:?}");
    let filtered =
        get(&format!("contacts({contact})?$select=id&$expand=companies/$ref($filter=id%20lt%200)")).json();
    assert_eq!(filtered["companies"].as_array().map(Vec::len), Some(0), "{filtered}");
    let counted = get(&format!("contacts({contact})?$select=id&$expand=companies/$count")).json();
    assert_eq!(counted["companies@odata.count"].as_u64(), Some(companies.len() as u64), "{counted}");
}

#[test]
fn an_entity_is_found_by_its_id() {
    let (contact, _) = linked();
    let wanted = get(&format!("contacts({contact})?$select=id,email")).json();
    for id in [format!("contacts({contact})"), portal().at(&format!("contacts({contact})"))] {
        assert_eq!(get(&format!("$entity?$id={id}&$select=id,email")).json(), wanted, "{id}");
    }
    let elsewhere = portal().get("$entity?$id=http://example.com/contacts(1)");
    assert!((400..500).contains(&elsewhere.status), "{elsewhere:?}");
}

#[test]
fn filters_stand_in_paths_and_counts_of_filtered_collections_in_filters() {
    let (contact, _) = linked();
    let segment = format!("contacts/$filter(id%20eq%20{contact})");
    assert_eq!(ids(&rows(&format!("{segment}?$select=id"))), BTreeSet::from([contact]));
    assert_eq!(get(&format!("{segment}/$count")).text(), "1");
    assert_eq!(rows(&format!("{segment}?$select=id&{}", filter("id lt 0"))), [] as [Value; 0]);
    let alias = format!("contacts/$filter(@wanted)?@wanted=id%20eq%20{contact}&$select=id");
    assert_eq!(ids(&rows(&alias)), BTreeSet::from([contact]));
    let all = rows(&format!("contacts({contact})/companies/$filter(id%20gt%200)?$select=id"));
    assert_eq!(ids(&all), linked().1);

    let truth = rows("contacts?$select=id&$top=400&$expand=companies($select=id,country)");
    let german = |row: &&Value| {
        row["companies"].as_array().unwrap().iter().filter(|company| company["country"] == "Germany").count()
            > 0
    };
    let expected: BTreeSet<u64> =
        truth.iter().filter(german).map(|row| row["id"].as_u64().unwrap()).collect();
    assert!(!expected.is_empty() && expected.len() < truth.len());
    let largest = truth.last().unwrap()["id"].as_u64().unwrap();
    let asked = format!("id le {largest} and companies/$count($filter=country eq 'Germany') gt 0");
    assert_eq!(ids(&rows(&format!("contacts?$select=id&{}", filter(&asked)))), expected);
    assert_eq!(get(&format!("contacts/$count?{}", filter(&asked))).text(), expected.len().to_string());
}

#[test]
fn forms_that_are_not_built_say_so() {
    let (contact, _) = linked();
    for behind in ["contacts/$each", "$all", "$crossjoin(contacts,companies)", &format!("contacts/{contact}")]
    {
        let answer = portal().get(behind);
        assert_eq!(
            (answer.status, answer.code().as_deref()),
            (501, Some("NotSupported")),
            "{behind}: {answer:?}"
        );
    }
    for behind in ["contacts/$count/id", "contacts(1)/nothing", "nothing"] {
        assert_eq!(portal().get(behind).status, 404, "{behind}");
    }
}

#[test]
fn what_a_data_sources_filter_hides_is_hidden_on_every_way() {
    let stack = Stack::start(&Options::small());
    let whole = stack.get("contacts_companies?$select=contact_id,company_id").json();
    let pairs = |body: &Value| -> BTreeSet<(u64, u64)> {
        let link = |row: &Value| (row["contact_id"].as_u64().unwrap(), row["company_id"].as_u64().unwrap());
        body["value"].as_array().unwrap().iter().map(link).collect()
    };
    let all = pairs(&whole);
    let shown =
        ids(stack.get(&format!("companies?$select=id&{}", filter("country eq 'Germany'"))).json()["value"]
            .as_array()
            .unwrap());
    let expected: BTreeSet<(u64, u64)> =
        all.iter().filter(|(_, company)| shown.contains(company)).copied().collect();
    assert!(!expected.is_empty() && expected.len() < all.len(), "{} of {}", expected.len(), all.len());
    let source = stack.admin.ok(&[
        "source",
        "create",
        "Germany",
        "--owner",
        USER,
        "--connection",
        "crm",
        "--object",
        "contacts",
        "--object",
        "companies",
        "--filter",
        "companies=country eq 'Germany'",
    ]);
    let root = source["id"].as_str().unwrap();
    let get = |behind: &str| {
        let url = stack.url(root) + behind;
        let answer = stack.send(&feedgate_tests::wire::Request::get(&url).basic(USER, &stack.token));
        assert_eq!(answer.status, 200, "{behind}: {answer:?}");
        answer
    };
    let links = get("contacts_companies?$select=contact_id,company_id").json();
    assert_eq!(pairs(&links), expected);
    // A pair has a link for each type of its association.
    let count = links["value"].as_array().unwrap().len();
    assert_eq!(get("contacts_companies/$count").text(), count.to_string());
    let hidden = all.iter().find(|pair| !expected.contains(pair)).unwrap();
    for one in [
        format!("company_id eq {}", hidden.1),
        format!("contact_id eq {} and company_id eq {}", hidden.0, hidden.1),
    ] {
        let found = get(&format!("contacts_companies?{}", filter(&one))).json();
        assert_eq!(found["value"].as_array().map(Vec::len), Some(0), "{one}: {found}");
    }
    let reached = get(&format!("contacts({})/companies?$select=id", hidden.0)).json();
    assert!(!ids(reached["value"].as_array().unwrap()).contains(&hidden.1), "{reached}");
    let expanded = get(&format!("contacts({})?$select=id&$expand=companies($select=id)", hidden.0)).json();
    assert!(!ids(expanded["companies"].as_array().unwrap()).contains(&hidden.1), "{expanded}");
}
