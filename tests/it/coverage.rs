//! What a data source can show beside standard tables: custom objects, histories, deleted rows, lists; and what becomes of
//! it when scopes or properties go.

use std::collections::BTreeSet;

use feedgate_tests::replay::{Cell, PowerQuery, Row};
use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::truth::Truth;
use feedgate_tests::wait;
use serde_json::{Value, json};

use crate::refusals::refused;
use crate::shared::{ids, rows};

fn stack() -> Stack {
    Stack::start(&Options::with(3_000, &["contacts:email"]))
}

fn source(stack: &Stack, further: &[&str]) -> String {
    let line = ["source", "create", "More", "--owner", USER, "--connection", "crm"];
    let created: Value = stack.admin.ok(&[&line, further].concat());
    created["id"].as_str().unwrap().to_owned()
}

fn client(stack: &Stack, source: &str) -> PowerQuery {
    PowerQuery::new(&stack.url(source), USER, &stack.token)
}

fn text(row: &Row, column: &str) -> String {
    match row.cell(column) {
        Cell::Text(text) | Cell::Number(text) => text.clone(),
        Cell::Bool(value) => value.to_string(),
        Cell::Null => String::new(),
    }
}

#[test]
fn a_custom_object_its_links_its_history_lists_and_deleted_rows_are_the_portals() {
    let stack = stack();
    let deal = stack.simulator.rows("deals")[3].id.clone();
    for stage in ["qualifiedtobuy", "closedwon"] {
        stack.simulator.change("deals", &json!({"id": deal, "properties": {"dealstage": stage}}));
    }
    let objects = ["--object", "2-20710421", "--object", "contacts:email", "--object", "deals:dealstage"];
    let others = ["--object", "lists", "--history", "deals:dealstage", "--archived", "contacts"];
    let id = source(&stack, &[&objects[..], &others].concat());
    let mut client = client(&stack, &id);
    let vehicles: BTreeSet<u64> = stack.simulator.rows("vehicles").iter().map(Truth::id).collect();
    let read = rows(&mut client, "vehicle");
    assert_eq!(ids(&read), vehicles.iter().copied().collect::<Vec<_>>());
    let plate = |row: &&Row| text(row, "Plate_No").starts_with("B-FG ");
    assert_eq!(read.iter().filter(plate).count(), read.len());
    let links = rows(&mut client, "vehicle_contacts");
    let types = |link: &Value| link["typeIds"].as_array().unwrap().len();
    assert_eq!(links.len(), stack.simulator.links("vehicles", "contacts").iter().map(types).sum::<usize>());
    let history = rows(&mut client, &format!("deals_history?$filter=record_id%20eq%20{deal}"));
    let values: Vec<String> = history.iter().map(|row| text(row, "value")).collect();
    assert!(values.ends_with(&["qualifiedtobuy".into(), "closedwon".into()]), "{values:?}");
    let contacts = rows(&mut client, "contacts");
    let living: BTreeSet<u64> = stack.simulator.rows("contacts").iter().map(Truth::id).collect();
    let alive: BTreeSet<u64> =
        contacts.iter().filter(|row| text(row, "archived") == "false").map(Row::id).collect();
    assert_eq!(alive, living);
    assert!(contacts.len() > living.len(), "deleted rows are kept");
    let lists = rows(&mut client, "lists");
    let memberships = rows(&mut client, "list_memberships");
    let sizes: u64 = lists.iter().map(|row| text(row, "size").parse::<u64>().unwrap()).sum();
    assert!(sizes > 0);
    assert_eq!(memberships.len() as u64, sizes);
}

#[test]
fn what_may_not_be_read_is_in_no_document_and_named_when_it_is_asked_for() {
    let stack = stack();
    stack.simulator.settings(&json!({"granted_scopes": ["crm.objects.contacts.read"]}));
    let id = source(&stack, &["--object", "contacts:email", "--object", "deals"]);
    let get = |behind: &str| {
        let request = feedgate_tests::wire::Request::get(&format!("{}{behind}", stack.url(&id)));
        stack.send(&request.basic(USER, &stack.token))
    };
    assert_eq!(get("contacts?$top=1").status, 200);
    for document in ["", "$metadata"] {
        assert!(!get(document).text().contains("deals"), "{document}");
    }
    for path in ["deals", "deals(1)", "deals/$count", "deals?$top=1"] {
        let answer = get(path);
        refused(&answer, 502, "SourceScopeMissing");
        assert!(answer.text().contains("crm.objects.deals.read"), "{answer:?}");
    }
    assert_eq!(get("dealz").code().as_deref(), Some("EntitySetNotFound"));
    stack.simulator.settings(&json!({"granted_scopes": null}));
    let refreshed = stack.admin.ok(&["source", "refresh", &id]);
    assert_eq!(refreshed["readable"], json!(["deals"]));
    assert_eq!(get("deals?$top=1").status, 200);
    assert!(get("$metadata").text().contains("contacts_deals"));
}

#[test]
fn days_can_be_instants_for_clients_that_know_no_days() {
    let stack = stack();
    let id = source(&stack, &["--object", "vehicle:delivered_on", "--dates", "datetime"]);
    let mut client = client(&stack, &id);
    let read = rows(&mut client, "vehicle");
    let truth = stack.simulator.rows("vehicles");
    let mut days = 0;
    for (row, record) in read.iter().zip(&truth) {
        let expected = record.text("delivered_on").map_or(String::new(), |day| format!("{day}T00:00:00Z"));
        assert_eq!(text(row, "delivered_on"), expected);
        days += usize::from(!expected.is_empty());
    }
    assert!(days > 0);
}

#[test]
fn a_property_that_vanishes_while_nobody_looks_is_in_the_history_once() {
    let stack = Stack::start(&Options::with(50, &["vehicle:VIN,mileage_km"]).set("model_check", "1s"));
    let archive = |method: &str| {
        let url = format!("{}/__sim/properties/vehicles/mileage_km", stack.simulator.base_url);
        let authority = feedgate_tests::wire::Url::parse(&url).authority;
        assert!(feedgate_tests::wire::Request::of(method, &url).send(&authority).status < 300);
    };
    let told = |action: &str| {
        let history = stack.admin.ok(&["history", "--kind", "source"]);
        history.as_array().unwrap().iter().filter(|entry| entry["action"] == action).count()
    };
    archive("DELETE");
    wait::until("the service to notice", wait::PATIENCE, || {
        assert_eq!(stack.get("vehicle").status, 200);
        (told("property_vanished") > 0).then_some(())
    });
    let version = || stack.admin.ok(&["source", "show", &stack.data_source])["model_version"].clone();
    let noticed = version();
    assert!(stack.get("$metadata").text().contains("mileage_km"), "the column stays");
    let refreshed = stack.admin.ok(&["source", "refresh", &stack.data_source]);
    assert_eq!(refreshed["vanished"], json!([]), "it is no news");
    assert_eq!((version(), told("property_vanished")), (noticed, 1));
}
