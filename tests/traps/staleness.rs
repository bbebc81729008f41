//! Traps of caches: what HubSpot changes without saying so is new in the next read all the same.

use feedgate_tests::replay::Cell;
use serde_json::json;

use crate::world::{World, rows};

/// A calculated property changes and the record's time of change does not.
#[test]
fn calculated_properties_that_change_without_a_time() {
    let world = World::own(60, &["contacts:loyalty_points,lastmodifieddate"]);
    let record = world.simulator.rows("contacts")[5].clone();
    let request = format!("contacts?$filter=id%20eq%20{}", record.id);
    let modified = record.properties["lastmodifieddate"].clone();
    for points in ["41", "42"] {
        let change =
            json!({"id": record.id, "properties": {"loyalty_points": points}, "updatedAt": modified});
        world.simulator.change("contacts", &change);
        let read = rows(&world, &request).unwrap();
        assert_eq!(*read[0].cell("loyalty_points"), Cell::Number(points.to_owned()));
    }
}

/// An association comes and goes, and the record's time of change does not move either.
#[test]
fn associations_that_change_without_their_record() {
    let stack = World::own(60, &["contacts:email", "companies:name"]);
    let contact = stack.simulator.rows("contacts")[5].clone();
    let company = stack.simulator.rows("companies")[5].id.clone();
    let companies = || {
        let query = format!("contacts?$filter=id%20eq%20{}&$expand=companies($select=id)", contact.id);
        let answer = stack.get(&query).json();
        let all = answer["value"][0]["companies"].as_array().unwrap().clone();
        all.iter().any(|row| row["id"].as_u64() == company.parse().ok())
    };
    for removed in [true, false, true] {
        let link = json!({"to": "companies", "id": company, "removed": removed});
        let modified = &contact.properties["lastmodifieddate"];
        let change = json!({"id": contact.id, "updatedAt": modified, "associations": [link]});
        stack.simulator.change("contacts", &change);
        assert_eq!(companies(), !removed);
    }
}
