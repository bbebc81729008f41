//! A refresh of everything: each table of the demo, read to its end as Power Query does, equals what HubSpot holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use feedgate_tests::edm::EntityType;
use feedgate_tests::replay::{Cell, PowerQuery, Row};
use feedgate_tests::stack::{Options, Stack};
use feedgate_tests::truth::{Truth, same};
use serde_json::Value;

use crate::shared::{demo, filter, rows};

const TABLES: [&str; 8] = [
    "contacts",
    "companies",
    "deals",
    "tickets",
    "owners",
    "pipelines",
    "pipeline_stages",
    "contacts_companies",
];

#[test]
fn the_service_document_names_every_table_and_nothing_undeclared() {
    let tables = demo().client().connect().unwrap();
    for table in TABLES {
        assert!(tables.iter().any(|name| name == table), "{table} in {tables:?}");
    }
}

#[test]
fn every_record_of_every_object_arrives_once_and_with_every_property() {
    let demo = demo();
    let mut client = demo.client();
    for object in ["contacts", "companies", "deals", "tickets"] {
        let records = compare(&mut client, object, demo.simulator.rows(object));
        if object == "contacts" {
            assert_eq!(records, 10_000);
        }
    }
}

/// Reads a table page by page beside the truth; how many rows there were.
fn compare(client: &mut PowerQuery, object: &str, truth: Vec<Truth>) -> usize {
    let ty = client.metadata().unwrap().sets[object].clone();
    let mut waiting: HashMap<u64, Truth> = truth.into_iter().map(|record| (record.id(), record)).collect();
    let expected = waiting.len();
    let mut feed = client.feed(object).unwrap();
    while let Some(page) = feed.page().unwrap() {
        for row in &page.rows {
            let record =
                waiting.remove(&row.id()).unwrap_or_else(|| panic!("{object} has no record {}", row.id()));
            record.equals(row, &ty).unwrap_or_else(|difference| panic!("{object}: {difference}"));
        }
    }
    assert!(feed.pages > 1 || expected < 1_000, "{object}: {expected} rows in one page");
    assert!(waiting.is_empty(), "{object}: {} of {expected} records never came", waiting.len());
    expected
}

#[test]
fn products_and_line_items_are_tables_like_the_others() {
    let stack = Stack::start(&Options::with(400, &["products", "line_items"]));
    let mut client = stack.client();
    assert_eq!(client.connect().unwrap(), ["products", "line_items"]);
    for object in ["products", "line_items"] {
        assert!(compare(&mut client, object, stack.simulator.rows(object)) > 10, "{object}");
    }
}

#[test]
fn every_declared_type_follows_hubspots_type() {
    let demo = demo();
    let metadata = demo.client().metadata().unwrap();
    for object in ["contacts", "companies", "deals", "tickets"] {
        let ty = &metadata.sets[object];
        assert_eq!((&ty.key, ty.property("id").unwrap().ty.as_str()), (&vec!["id".to_owned()], "Edm.Int64"));
        let definitions = demo.simulator.properties(object);
        let mut offered = BTreeSet::from(["id".to_owned()]);
        for definition in definitions.iter().filter(|definition| is_offered(definition)) {
            let name = definition["name"].as_str().unwrap();
            offered.insert(name.to_owned());
            let property = ty.property(name).unwrap_or_else(|| panic!("{object} lacks {name}"));
            assert_eq!(property.ty, edm_type(definition), "{object}/{name}");
        }
        let declared: BTreeSet<String> = ty.names().into_iter().collect();
        let times = ["createdate", "hs_createdate", "lastmodifieddate", "hs_lastmodifieddate"];
        let surplus: Vec<_> =
            declared.difference(&offered).filter(|name| !times.contains(&name.as_str())).collect();
        assert!(surplus.is_empty(), "{object} shows {surplus:?}, which HubSpot hides or does not have");
    }
}

fn is_offered(definition: &Value) -> bool {
    let is = |name: &str| definition[name].as_bool().unwrap_or(false);
    let sensitive = definition["dataSensitivity"].as_str().is_some_and(|level| level != "non_sensitive");
    !is("hidden") && !is("archived") && !sensitive
}

fn edm_type(definition: &Value) -> &'static str {
    match (definition["name"].as_str().unwrap(), definition["type"].as_str().unwrap()) {
        ("hs_object_id", _) => "Edm.Int64",
        (_, "number") => "Edm.Decimal",
        (_, "date") => "Edm.Date",
        (_, "datetime") => "Edm.DateTimeOffset",
        (_, "bool") => "Edm.Boolean",
        _ => "Edm.String",
    }
}

#[test]
fn owners_pipelines_and_stages_are_those_of_hubspot() {
    let demo = demo();
    let mut truth = Vec::new();
    for archived in [false, true] {
        let answer = demo.simulator.api(&format!("/crm/owners/2026-09?limit=500&archived={archived}"));
        truth.extend(answer["results"].as_array().unwrap().iter().map(|owner| flat(owner, &[])));
    }
    check_reference("owners", &["id"], &truth);

    let (mut pipelines, mut stages) = (Vec::new(), Vec::new());
    for object in ["deals", "tickets"] {
        let answer = demo.simulator.api(&format!("/crm/pipelines/2026-09/{object}"));
        for pipeline in answer["results"].as_array().unwrap() {
            let id = pipeline["id"].as_str().unwrap();
            pipelines.push(flat(pipeline, &[("object_type", object)]));
            let of = [("object_type", object), ("pipeline_id", id)];
            stages.extend(pipeline["stages"].as_array().unwrap().iter().map(|stage| flat(stage, &of)));
        }
    }
    check_reference("pipelines", &["object_type", "id"], &pipelines);
    check_reference("pipeline_stages", &["object_type", "id"], &stages);
}

/// HubSpot's `camelCase` members as `snake_case` texts; those of `metadata` stand beside the others.
fn flat(value: &Value, further: &[(&str, &str)]) -> BTreeMap<String, String> {
    let mut texts: BTreeMap<String, String> =
        further.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    for (name, value) in value.as_object().unwrap() {
        match value {
            Value::Object(_) if name == "metadata" => texts.extend(flat(value, &[])),
            Value::String(text) => drop(texts.insert(snake(name), text.clone())),
            Value::Number(_) | Value::Bool(_) => drop(texts.insert(snake(name), value.to_string())),
            _ => {}
        }
    }
    texts
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

fn check_reference(set: &str, key: &[&str], truth: &[BTreeMap<String, String>]) {
    let mut client = demo().client();
    let ty: EntityType = client.metadata().unwrap().sets[set].clone();
    let read = rows(&mut client, set);
    assert_eq!(read.len(), truth.len(), "{set}");
    for record in truth {
        let is_it =
            |row: &&Row| key.iter().all(|name| row.text(name) == record.get(*name).map(String::as_str));
        let row = read.iter().find(is_it).unwrap_or_else(|| panic!("{set} lacks {record:?}"));
        for property in ty.properties.iter().filter(|property| property.name != "teams") {
            let text = record.get(&property.name).map(String::as_str);
            same(&property.ty, row.cell(&property.name), text)
                .unwrap_or_else(|difference| panic!("{set}/{}: {difference} in {record:?}", property.name));
        }
    }
}

/// The objects of the demo, in the order in which link tables name them.
const OBJECTS: [&str; 4] = ["contacts", "companies", "deals", "tickets"];

#[test]
fn links_have_the_ids_of_both_ends_and_none_is_missing() {
    let demo = demo();
    let mut client = demo.client();
    let tables = client.connect().unwrap();
    let live = |object: &str| demo.simulator.rows(object).iter().map(Truth::id).collect::<BTreeSet<u64>>();
    let live: HashMap<&str, BTreeSet<u64>> =
        OBJECTS.into_iter().map(|object| (object, live(object))).collect();
    let pairs = OBJECTS.iter().flat_map(|from| OBJECTS.iter().map(move |to| (*from, *to)));
    let mut read = 0;
    for (from, to) in pairs.filter(|(from, to)| tables.contains(&format!("{from}_{to}"))) {
        read += usize::from(check_links(&mut client, (from, &live[from]), (to, &live[to])));
    }
    assert!(read >= 3, "{tables:?}");
}

/// Compares a table of links with the portal's; says whether there are any.
fn check_links(client: &mut PowerQuery, from: (&str, &BTreeSet<u64>), to: (&str, &BTreeSet<u64>)) -> bool {
    let set = format!("{}_{}", from.0, to.0);
    // Behind the key stand the ids of both ends.
    let [_, from_id, to_id, ..] = &client.metadata().unwrap().sets[&set].names()[..] else { panic!("{set}") };
    let stored = demo().simulator.links(from.0, to.0);
    let truth: BTreeSet<_> =
        stored.iter().flat_map(triples).filter(|(a, b, _)| from.1.contains(a) && to.1.contains(b)).collect();
    let all = rows(client, &set);
    let triple = |row: &Row| (whole(row.cell(from_id)), whole(row.cell(to_id)), whole(row.cell("type_id")));
    let found: BTreeSet<_> = all.iter().map(triple).collect();
    assert_eq!(found.len(), all.len(), "{set} has a link twice");
    let (missing, surplus) = (truth.difference(&found).count(), found.difference(&truth).count());
    assert_eq!((missing, surplus), (0, 0), "{set}: missing and surplus of {}", truth.len());
    let (Some(first), Some(last)) = (truth.first(), truth.last()) else { return false };
    // The links of one record, asked for from either end.
    for (column, id) in [(from_id, first.0), (to_id, last.1)] {
        let request = format!("{set}?{}", filter(&format!("{column} eq {id}")));
        let found: BTreeSet<_> = rows(client, &request).iter().map(triple).collect();
        let is_it = |link: &&(u64, u64, u64)| if column == from_id { link.0 == id } else { link.1 == id };
        assert_eq!(found, truth.iter().filter(is_it).copied().collect::<BTreeSet<_>>(), "{request}");
    }
    true
}

fn triples(link: &Value) -> Vec<(u64, u64, u64)> {
    let id = |name: &str| link[name].as_str().unwrap().parse::<u64>().unwrap();
    let types = link["typeIds"].as_array().unwrap();
    types.iter().map(|ty| (id("from"), id("to"), ty.as_u64().unwrap())).collect()
}

fn whole(cell: &Cell) -> u64 {
    match cell {
        Cell::Number(text) => text.parse().unwrap(),
        other => panic!("no number: {other:?}"),
    }
}
