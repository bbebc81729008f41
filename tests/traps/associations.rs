//! Traps of the associations, and of everything that is read in batches.

use std::collections::BTreeSet;

use feedgate_tests::replay::Cell;
use feedgate_tests::stack::Stack;
use feedgate_tests::truth::Truth;
use serde_json::{Value, json};

use crate::world::{World, quirks, refusal};

/// Both ends of every link that the feed shows, or status and code.
fn links(stack: &Stack) -> Result<BTreeSet<(u64, u64)>, (u16, String)> {
    let mut client = stack.client();
    let names = client.metadata().unwrap().sets["contacts_companies"].names();
    let rows = client.rows("contacts_companies").map_err(|fault| refusal("contacts_companies", &fault))?;
    let end = |row: &feedgate_tests::replay::Row, name: &str| match row.cell(name) {
        Cell::Number(text) => text.parse::<u64>().unwrap(),
        other => panic!("no id: {other:?}"),
    };
    Ok(rows.iter().map(|row| (end(row, &names[1]), end(row, &names[2]))).collect())
}

/// Both ends of every link between living records.
fn true_links(stack: &Stack) -> BTreeSet<(u64, u64)> {
    let live = |object: &str| stack.simulator.rows(object).iter().map(Truth::id).collect::<BTreeSet<u64>>();
    let (contacts, companies) = (live("contacts"), live("companies"));
    let id = |link: &Value, end: &str| link[end].as_str().unwrap().parse::<u64>().unwrap();
    let all = stack.simulator.links("contacts", "companies");
    let pairs = all.iter().map(|link| (id(link, "from"), id(link, "to")));
    pairs.filter(|(contact, company)| contacts.contains(contact) && companies.contains(company)).collect()
}

/// The companies expanded in one contact, or status and code.
fn expanded(stack: &Stack, contact: u64) -> Result<BTreeSet<u64>, (u16, String)> {
    let answer =
        stack.get(&format!("contacts?$filter=id%20eq%20{contact}&$select=id&$expand=companies($select=id)"));
    if answer.status != 200 {
        return Err((answer.status, answer.code().unwrap_or_default()));
    }
    let body = answer.json();
    let companies = body["value"][0]["companies"].as_array().unwrap();
    assert!(body["value"][0].get("companies@odata.nextLink").is_none(), "the rest is elsewhere");
    Ok(companies.iter().map(|company| company["id"].as_u64().unwrap()).collect())
}

/// A stack with a contact that belongs to so many companies.
fn crowded(companies: u64) -> (Stack, u64) {
    let stack = World::own(300, &["contacts:email", "companies:name"]);
    let new: Vec<Value> =
        (0..companies).map(|n| json!({"properties": {"name": format!("Company {n}")}})).collect();
    let made = stack.simulator.control("POST", "/__sim/objects/companies", Some(&json!(new))).json();
    let links: Vec<Value> =
        made.as_array().unwrap().iter().map(|row| json!({"to": "companies", "id": row["id"]})).collect();
    let contact = stack.simulator.rows("contacts")[3].id();
    stack.simulator.change("contacts", &json!({"id": contact.to_string(), "associations": links}));
    (stack, contact)
}

/// The most frequent loss of all: the first hundred, or five hundred, associations of a record taken for all.
#[test]
fn a_record_with_more_associations_than_a_page_holds() {
    let (stack, contact) = crowded(1_300);
    let all = true_links(&stack);
    assert_eq!(links(&stack).unwrap(), all);
    let own: BTreeSet<u64> = all.iter().filter(|(from, _)| *from == contact).map(|(_, to)| *to).collect();
    assert!(own.len() >= 1_300);
    assert_eq!(expanded(&stack, contact).unwrap(), own);
}

/// A cursor that is ignored gives the first page for ever.
#[test]
fn a_cursor_that_is_ignored() {
    let (stack, contact) = crowded(600);
    quirks(&stack, &json!({"association_after_ignored": true}));
    let refused = links(&stack).unwrap_err();
    assert_eq!(refused.0 / 100, 5, "{refused:?}");
    let refused = expanded(&stack, contact).unwrap_err();
    assert_eq!(refused.0 / 100, 5, "{refused:?}");
}

/// A 207 is success, also when it is full of errors: most records have no association.
#[test]
fn records_without_any_association() {
    let world = World::small();
    let all = true_links(&world);
    let linked: BTreeSet<u64> = all.iter().map(|(contact, _)| *contact).collect();
    let contacts = world.simulator.rows("contacts");
    assert!(linked.len() < contacts.len());
    assert_eq!(links(&world).unwrap(), all);
    let alone = contacts.iter().find(|row| !linked.contains(&row.id())).unwrap();
    assert_eq!(expanded(&world, alone.id()).unwrap(), BTreeSet::new());
}

/// A batch that says nothing about a record is no proof that there is nothing.
#[test]
fn batches_that_are_silent_about_records() {
    let world = World::small();
    let all = true_links(&world);
    quirks(&world, &json!({"silent_batches": true}));
    for _ in 0..3 {
        assert_eq!(links(&world).unwrap(), all);
    }
}

#[test]
fn a_batch_that_fails_for_one_of_its_records() {
    let world = World::small();
    let all = true_links(&world);
    quirks(&world, &json!({"failing_inputs": true}));
    for _ in 0..3 {
        match links(&world) {
            Ok(read) => assert_eq!(read, all),
            Err((status, code)) => assert!(code.starts_with("Source"), "{status} {code}"),
        }
    }
}
