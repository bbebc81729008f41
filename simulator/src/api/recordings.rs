//! Our answers against recorded traffic of the real API, where the recordings lie beside the repository.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::testing::Bench;
use crate::settings::Settings;

#[derive(Deserialize)]
struct Recorded {
    method: String,
    path: String,
    status: u16,
    #[serde(default)]
    body: Value,
    response: Box<RawValue>,
}

/// The recorded calls of a file; empty, with a line that says so, where there are none.
fn recorded(file: &str) -> Vec<Recorded> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/hubspot-recordings").join(file);
    let Ok(text) = fs::read_to_string(&path) else {
        println!("skipped: no recordings at {}", path.display());
        return Vec::new();
    };
    serde_json::from_str(&text).unwrap()
}

/// The keys of an object in the order in which they are written.
fn keys(json: &str) -> Vec<String> {
    struct Keys(Vec<String>);
    impl<'de> Deserialize<'de> for Keys {
        fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Keys, D::Error> {
            struct Visitor;
            impl<'de> serde::de::Visitor<'de> for Visitor {
                type Value = Keys;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("an object")
                }
                fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                    let mut keys = Vec::new();
                    while let Some((key, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                        keys.push(key);
                    }
                    Ok(Keys(keys))
                }
            }
            deserializer.deserialize_map(Visitor)
        }
    }
    serde_json::from_str::<Keys>(json).unwrap().0
}

/// The first entry of a list in an answer, as written.
fn first(json: &str, list: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Body<'a>(#[serde(borrow)] std::collections::HashMap<&'a str, &'a RawValue>);
    let body: Body = serde_json::from_str(json).unwrap();
    let entries: Vec<&RawValue> = serde_json::from_str(body.0.get(list)?.get()).unwrap();
    entries.first().map(|entry| entry.get().to_owned())
}

fn text(bench: &Bench, method: &str, target: &str, body: &str) -> String {
    String::from_utf8(bench.call(method, target, body).body).unwrap()
}

#[test]
fn search_answers_and_rows_have_the_recorded_keys_in_their_order() {
    let bench = Bench::with(Settings::small(20));
    let ours =
        text(&bench, "POST", "/crm/v3/objects/CONTACT/search", r#"{"properties":["email"],"limit":100}"#);
    let row = first(&ours, "results").unwrap();
    for call in
        recorded("crm-v3-objects.json").iter().filter(|c| c.path.ends_with("/search") && c.status == 200)
    {
        let theirs = call.response.get();
        assert_eq!(keys(theirs), keys(&ours), "{}", call.path);
        if let Some(their_row) = first(theirs, "results") {
            assert_eq!(keys(&their_row), keys(&row), "{}", call.path);
        }
    }
}

#[test]
fn every_recorded_row_is_alphabetical_and_says_twice_when_it_changed() {
    let of = |row: &Value, names: [&str; 2]| {
        names.iter().find_map(|n| row["properties"][*n].as_str()).map(str::to_owned)
    };
    let check = |row: &Value| {
        let changed = of(row, ["lastmodifieddate", "hs_lastmodifieddate"]);
        assert_eq!(changed.as_deref(), row["updatedAt"].as_str());
    };
    for call in recorded("crm-v3-objects.json").iter().filter(|c| c.status < 300 && c.status != 204) {
        let answer: Value = serde_json::from_str(call.response.get()).unwrap();
        answer["results"].as_array().unwrap().iter().for_each(check);
    }
    let bench = Bench::with(Settings::small(20));
    for kind in ["contacts", "companies", "deals", "tickets", "products", "line_items"] {
        let ours = text(&bench, "GET", &format!("/crm/v3/objects/{kind}?limit=100"), "");
        let answer: Value = serde_json::from_str(&ours).unwrap();
        answer["results"].as_array().unwrap().iter().for_each(check);
    }
}

#[test]
fn batch_answers_have_the_recorded_keys_in_their_order() {
    let bench = Bench::empty();
    let id = bench.add("companies", &[]);
    let body = format!(r#"{{"inputs":[{{"id":"{id}"}}]}}"#);
    let ours = text(&bench, "POST", "/crm/v3/objects/companies/batch/read", &body);
    for call in recorded("crm-v3-objects.json").iter().filter(|c| c.path.ends_with("/batch/update")) {
        assert_eq!(keys(call.response.get()), keys(&ours));
        assert_eq!(
            keys(&first(call.response.get(), "results").unwrap()),
            keys(&first(&ours, "results").unwrap())
        );
    }
}

#[test]
fn the_search_limit_answers_as_recorded() {
    let bench = Bench::with(Settings { search_budget: Some(0), ..Settings::small(0) });
    for call in recorded("search-429.json") {
        assert_eq!((call.method.as_str(), call.status), ("POST", 429));
        let ours = text(&bench, &call.method, "/crm/v3/objects/COMPANY/search", "{}");
        let theirs: Value = serde_json::from_str(call.response.get()).unwrap();
        let id = |answer: &Value| answer["correlationId"].as_str().unwrap().to_owned();
        let our_id = id(&serde_json::from_str(&ours).unwrap());
        let compact = serde_json::to_string(&*call.response).unwrap();
        let recorded_keys = keys(&compact);
        assert_eq!(keys(&ours), recorded_keys);
        let ours: Value = serde_json::from_str(&ours.replace(&our_id, &id(&theirs))).unwrap();
        assert_eq!(ours, theirs);
    }
}

#[test]
fn schemas_and_definitions_have_the_recorded_keys_in_their_order() {
    // Known today, and not yet in 2022.
    const NEWER: [&str; 2] = ["dataSensitivity", "currencyPropertyName"];
    let bench = Bench::empty();
    let ours = text(&bench, "GET", "/crm/v3/schemas/CONTACT", "");
    let schemas = recorded("crm-v3-schemas.json");
    let Some(theirs) = schemas.iter().find(|call| call.path.ends_with("/CONTACT")) else { return };
    assert_eq!(keys(theirs.response.get()), keys(&ours));
    assert_eq!(
        keys(&first(theirs.response.get(), "associations").unwrap()),
        keys(&first(&ours, "associations").unwrap())
    );
    let definition = |name: &str| {
        let ours = text(&bench, "GET", &format!("/crm/v3/properties/contacts/{name}"), "");
        let mut keys = keys(&ours);
        keys.retain(|key| !NEWER.contains(&key.as_str()));
        keys
    };
    #[derive(Deserialize)]
    struct Schema {
        properties: Vec<Box<RawValue>>,
    }
    let schema: Schema = serde_json::from_str(theirs.response.get()).unwrap();
    let mut compared = 0;
    for raw in &schema.properties {
        let value: Value = serde_json::from_str(raw.get()).unwrap();
        let name = value["name"].as_str().unwrap();
        if ["email", "firstname", "hubspot_owner_id", "lifecyclestage", "hs_is_unworked", "hs_object_id"]
            .contains(&name)
        {
            assert_eq!(keys(raw.get()), definition(name), "{name}");
            compared += 1;
        }
    }
    assert_eq!(compared, 6);
}

/// The object type of a path, `CONTACT` in `/crm/v3/objects/CONTACT/search`.
fn object(path: &str) -> &str {
    path.split('/').nth(4).unwrap()
}

/// A portal that holds the recorded rows and nothing else, with every property they name.
fn holding(object: &str, rows: &[Value]) -> Bench {
    let bench = Bench::empty();
    if object == "2-3604285" {
        bench.portal.add_object(
            3_604_285,
            "grouparoo_object",
            "grouparoo_objects",
            "grouparoo_object_property",
        );
    }
    for row in rows {
        let properties = row["properties"].as_object().unwrap();
        for name in properties.keys() {
            let found = bench.get(&format!("/crm/v3/properties/{object}/{name}")).0;
            if found == 404 {
                let new = serde_json::json!({ "name": name });
                bench.control("POST", &format!("/__sim/properties/{object}"), &new.to_string());
            }
        }
        let mut values = properties.clone();
        values.retain(|name, _| name != "hs_object_id");
        let change = serde_json::json!({"id": row["id"], "properties": values, "createdAt": row["createdAt"],
            "updatedAt": row["updatedAt"]});
        let (status, told) = bench.control("POST", &format!("/__sim/objects/{object}"), &change.to_string());
        assert_eq!(status, 200, "{told}");
    }
    bench
}

/// The entries of a list in an answer as written, in the order of their texts: theirs have no order, without a sort.
fn entries(json: &str, list: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Body<'a>(#[serde(borrow)] std::collections::HashMap<&'a str, &'a RawValue>);
    let body: Body = serde_json::from_str(json).unwrap();
    let entries: Vec<&RawValue> = serde_json::from_str(body.0[list].get()).unwrap();
    let mut entries: Vec<String> = entries.iter().map(|entry| compact(entry.get())).collect();
    entries.sort_unstable();
    entries
}

/// The same JSON without white space outside texts.
fn compact(json: &str) -> String {
    let (mut out, mut quoted, mut escaped) = (String::new(), false, false);
    for c in json.chars() {
        if quoted || !c.is_whitespace() {
            out.push(c);
        }
        quoted ^= c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
    }
    out
}

#[test]
fn recorded_searches_over_the_recorded_rows_find_them_byte_for_byte() {
    let (mut compared, mut stale, mut nulls) = (0, 0, 0);
    let calls = recorded("crm-v3-objects.json");
    for call in calls.iter().filter(|call| call.path.ends_with("/search") && call.status == 200) {
        let theirs: Value = serde_json::from_str(call.response.get()).unwrap();
        let rows = theirs["results"].as_array().unwrap();
        let bench = holding(object(&call.path), rows);
        let ours = text(&bench, "POST", &call.path, &call.body.to_string());
        if entries(&ours, "results") == entries(call.response.get(), "results") {
            compared += rows.len();
            nulls += rows
                .iter()
                .filter(|row| row["properties"].as_object().unwrap().values().any(Value::is_null))
                .count();
        } else {
            stale += 1; // the recorded index answered with rows that no longer matched
        }
    }
    assert!(
        calls.is_empty() || (compared > 50 && nulls > 5 && stale < 10),
        "{compared} rows, {nulls} nulls, {stale} stale"
    );
}

#[test]
fn recorded_changes_are_read_back_byte_for_byte() {
    let mut compared = 0;
    for call in
        recorded("crm-v3-objects.json").iter().filter(|c| c.path.contains("/batch/") && c.status < 202)
    {
        let theirs: Value = serde_json::from_str(call.response.get()).unwrap();
        // A change of a contact is answered without its creation, unlike every read.
        let whole = |row: &Value| row["properties"].get("hs_object_id").is_some();
        let rows: Vec<Value> =
            theirs["results"].as_array().unwrap().iter().filter(|row| whole(row)).cloned().collect();
        let bench = holding(object(&call.path), &rows);
        for row in &rows {
            let names: Vec<&String> = row["properties"].as_object().unwrap().keys().collect();
            let body = serde_json::json!({"inputs": [{"id": row["id"]}], "properties": names});
            let path = format!("/crm/v3/objects/{}/batch/read", object(&call.path));
            let ours = text(&bench, "POST", &path, &body.to_string());
            let recorded = entries(call.response.get(), "results");
            assert!(recorded.contains(&entries(&ours, "results")[0]), "{ours}\n{recorded:?}");
            compared += 1;
        }
    }
    println!("{compared} rows compared");
}

#[test]
fn refusals_have_the_recorded_envelope() {
    let bench = Bench::empty();
    let ours = keys(&text(&bench, "GET", "/crm/v3/objects/contacts/99", ""));
    for call in recorded("errors-v1.json").iter().filter(|call| call.status == 404) {
        let mut theirs = keys(call.response.get());
        theirs.retain(|key| key != "errors"); // the old API named what it had looked for
        assert_eq!(theirs, ours);
    }
}
