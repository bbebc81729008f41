//! Traps of change: properties, rights and rows that are not the same at the end of a read as at its beginning.

use feedgate_tests::replay::{Cell, Row};
use feedgate_tests::stack::Stack;
use serde_json::{Value, json};

use crate::world::{World, refusal, true_ids};

/// Reads the first page, lets something happen, and reads the rest.
fn read_around(stack: &Stack, request: &str, event: impl FnOnce(&[Row])) -> Result<Vec<Row>, (u16, String)> {
    let mut client = stack.client();
    let mut feed = client.feed(request).unwrap();
    let mut rows = feed.page().unwrap().unwrap().rows;
    assert!(feed.next().is_some(), "there is no second page");
    event(&rows);
    loop {
        match feed.page() {
            Ok(Some(page)) => rows.extend(page.rows),
            Ok(None) => return Ok(rows),
            Err(fault) => return Err(refusal(request, &fault)),
        }
    }
}

fn portal() -> Stack {
    World::own(900, &["contacts:email,city,loyalty_points,lifecyclestage,createdate", "companies:name"])
}

fn ids(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(Row::id).collect()
}

/// A property that is archived stays as a column, empty from then on: the refresh goes on.
#[test]
fn a_property_that_is_archived_while_it_is_read() {
    let stack = portal();
    let expected = true_ids(&stack, "contacts", |_| true);
    let (mut first, all) = (0, "contacts");
    let rows = read_around(&stack, all, |rows| {
        first = rows.len();
        stack.simulator.control("DELETE", "/__sim/properties/contacts/city", None);
    });
    let rows = rows.unwrap();
    assert_eq!(ids(&rows), expected);
    assert!(rows[..first].iter().any(|row| row.text("city").is_some()));
    assert!(rows[first..].iter().all(|row| *row.cell("city") == Cell::Null));
    // A filter on it can no longer be asked of HubSpot; the table is still right.
    let filtered = crate::world::read(&stack, &crate::world::filtered("contacts", "city ne null"));
    crate::world::complete(&filtered, &[]);
}

/// A property that changes its type keeps the column's: what does not fit is null, and nothing is refused.
#[test]
fn a_property_that_changes_its_type_while_it_is_read() {
    let stack = portal();
    let expected = true_ids(&stack, "contacts", |_| true);
    let mut changed = 0;
    let rows = read_around(&stack, "contacts", |rows| {
        let retyped = json!({"name": "loyalty_points", "type": "string", "fieldType": "text"});
        stack.simulator.control("POST", "/__sim/properties/contacts", Some(&retyped));
        changed = *expected.iter().find(|id| !ids(rows).contains(id)).unwrap();
        let change = json!({"id": changed.to_string(), "properties": {"loyalty_points": "a lot"}});
        stack.simulator.change("contacts", &change);
    });
    let rows = rows.unwrap();
    assert_eq!(ids(&rows), expected);
    let row = rows.iter().find(|row| row.id() == changed).unwrap();
    assert_eq!(*row.cell("loyalty_points"), Cell::Null);
}

/// A scope that is taken away ends the read with its name; given back, the same page can be read.
#[test]
fn a_scope_that_is_taken_away_while_it_is_read() {
    let stack = portal();
    let scopes = |scopes: Value| stack.simulator.settings(&json!({"granted_scopes": scopes}));
    let refused = read_around(&stack, "contacts", |_| scopes(json!(["crm.objects.companies.read"])));
    assert_eq!(refused.unwrap_err(), (502, "SourceScopeMissing".to_owned()));
    scopes(Value::Null);
    let rows = read_around(&stack, "contacts", |_| {}).unwrap();
    assert_eq!(ids(&rows), true_ids(&stack, "contacts", |_| true));
}

/// A token that is revoked ends the read; the page goes on where it stopped once there is a new one.
#[test]
fn a_token_that_is_revoked_while_it_is_read() {
    let stack = portal();
    let token = |token: Value| stack.simulator.settings(&json!({"access_token": token}));
    let expected = true_ids(&stack, "contacts", |_| true);
    let mut client = stack.client();
    let mut feed = client.feed("contacts?$select=id").unwrap();
    let mut read = ids(&feed.page().unwrap().unwrap().rows);
    let next = feed.next().unwrap().strip_prefix(&stack.at("")).unwrap().to_owned();
    token(Value::Null);
    let refused = stack.get(&next);
    assert_eq!((refused.status, refused.code().as_deref()), (502, Some("SourceCredentialsRejected")));
    token(json!("pat-na1-new"));
    stack.admin.ok_with(&["connection", "replace-credential", "crm"], "pat-na1-new");
    let rest = stack.get(&next).json();
    read.extend(rest["value"].as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()));
    assert_eq!(read, expected);
}

/// Rows come, go, and become one while their table is read: those that were there all the time come once.
#[test]
fn rows_that_are_created_deleted_and_merged_while_they_are_read() {
    let stack = portal();
    let before = true_ids(&stack, "contacts", |_| true);
    let mut touched = Vec::new();
    let rows = read_around(&stack, "contacts?$select=id", |rows| {
        let (early, late) = (ids(rows), &before[before.len() - 50..]);
        stack.simulator.change("contacts", &json!([{"properties": {"email": "new@x.example"}}, {}]));
        for id in [early[3], late[4]] {
            stack.simulator.change("contacts", &json!({"id": id.to_string(), "archived": true}));
        }
        for (from, into) in [(early[10], late[11]), (late[20], early[21]), (late[30], late[31])] {
            let merge = json!({"from": from.to_string(), "into": into.to_string()});
            stack.simulator.control("POST", "/__sim/merge/contacts", Some(&merge));
            touched.push(from);
        }
        touched.extend([early[3], late[4]]);
    });
    let read = ids(&rows.unwrap());
    let mut distinct = read.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), read.len(), "a row came twice");
    let steady: Vec<u64> = before.iter().copied().filter(|id| !touched.contains(id)).collect();
    let missing: Vec<&u64> = steady.iter().filter(|id| !read.contains(id)).collect();
    assert!(missing.is_empty(), "rows that were there all the time are missing: {missing:?}");
    let last = before.last().unwrap();
    assert!(read.iter().all(|id| before.contains(id) || id > last), "a row that never was");
}

/// A row that changes moves in a table sorted by its time of change: connectors that page by that time lose rows, or
/// read them twice, for ever.
#[test]
fn rows_that_move_in_their_order_while_they_are_read() {
    let stack = World::own(6_000, &["contacts:email,lastmodifieddate"]);
    let before = true_ids(&stack, "contacts", |_| true);
    let mut moved = Vec::new();
    let rows = read_around(
        &stack,
        "contacts?$select=id,lastmodifieddate&$orderby=lastmodifieddate",
        |rows| {
            let now = feedgate_tests::wait::now().to_string();
            moved = ids(rows).into_iter().step_by(500).collect();
            moved.extend(before.iter().copied().filter(|id| !ids(rows).contains(id)).take(10));
            for id in &moved {
                let change = json!({"id": id.to_string(), "properties": {"email": "moved@x.example"}, "updatedAt": now});
                stack.simulator.change("contacts", &change);
            }
        },
    );
    let mut read = ids(&rows.unwrap());
    read.sort_unstable();
    let count = read.len();
    read.dedup();
    assert_eq!(read.len(), count, "a row came twice");
    let steady = before.iter().filter(|id| !moved.contains(id));
    let missing: Vec<&u64> = steady.filter(|id| !read.contains(id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
