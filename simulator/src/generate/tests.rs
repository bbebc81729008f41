//! The generated portal as a whole.

use serde_json::json;

use crate::api::testing::Bench;
use crate::settings::Settings;

const ALL: [&str; 15] = [
    "contacts",
    "companies",
    "deals",
    "tickets",
    "products",
    "line_items",
    "quotes",
    "tasks",
    "notes",
    "meetings",
    "calls",
    "emails",
    "users",
    "leads",
    "vehicles",
];

#[test]
fn every_object_has_rows_whose_default_properties_are_mostly_set() {
    let bench = Bench::with(Settings::small(400));
    let objects = bench.portal.objects();
    assert_eq!(objects[..ALL.len()], ALL);
    assert_eq!(objects.len(), ALL.len() + crate::portal::further::COUNT);
    for object in &objects {
        let rows = bench.portal.rows(object).unwrap();
        assert!(rows.len() >= 4, "{object}: {} rows", rows.len());
        assert!(rows.iter().all(|row| row.properties.len() > 4), "{object}");
        let (status, answer) = bench.get(&format!("/crm/objects/2026-09/{object}?limit=100"));
        assert_eq!((status, answer["results"].as_array().unwrap().is_empty()), (200, false), "{object}");
    }
}

#[test]
fn users_are_the_people_among_the_owners() {
    let bench = Bench::empty();
    let (_, users) = bench.get("/crm/objects/2026-09/0-115?properties=hs_email,hubspot_owner_id&limit=100");
    let (_, owner) = bench.get(&format!(
        "/crm/owners/2026-09/{}",
        users["results"][0]["properties"]["hubspot_owner_id"].as_str().unwrap()
    ));
    assert_eq!(users["results"][0]["properties"]["hs_email"], owner["email"]);
}

#[test]
fn what_leads_are_linked_to_is_not_seen_from_the_deals() {
    let bench = Bench::with(Settings::small(400));
    let there = bench.portal.links("leads", "deals").unwrap();
    assert!(!there.is_empty());
    assert!(bench.portal.links("deals", "leads").unwrap().is_empty());
    let inputs = json!({"inputs": [{"id": there[0].1.to_string()}]});
    assert_eq!(bench.post("/crm/associations/2026-09/deals/leads/batch/read", &inputs).0, 207);
}

#[test]
fn the_portals_own_object_has_names_with_capitals_and_named_links() {
    let bench = Bench::with(Settings::small(400));
    let (_, answer) = bench.get("/crm/objects/2026-09/2-20710421?properties=VIN,Plate_No,List_Price&limit=1");
    let properties = answer["results"][0]["properties"].as_object().unwrap();
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    assert!(names.contains(&"VIN") && names.contains(&"List_Price"), "{names:?}");
    let vin = properties["VIN"].as_str().unwrap();
    let search =
        json!({"filterGroups": [{"filters": [{"propertyName": "VIN", "operator": "EQ", "value": vin}]}]});
    assert_eq!(bench.post("/crm/objects/2026-09/vehicles/search", &search).1["total"], 1);
    let (_, schema) = bench.get("/crm-object-schemas/2026-09/schemas/p48213377_vehicle");
    assert_eq!(schema["requiredProperties"], json!(["VIN"]));
    let ends: Vec<&str> = schema["associations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a["toObjectTypeId"].as_str().unwrap())
        .collect();
    assert!(ends.contains(&"0-1") && ends.contains(&"0-2") && ends.contains(&"2-20710421"), "{ends:?}");
    let (_, labels) = bench.get("/crm/associations/2026-09/vehicles/contacts/labels");
    assert_eq!(labels["results"][1], json!({"category": "USER_DEFINED", "typeId": 43, "label": "Driver"}));
}

#[test]
fn a_custom_object_called_like_a_standard_one_is_reached_by_its_id() {
    let bench = Bench::with(Settings::small(20));
    bench.portal.add_object(77, "contact", "contacts", "nick");
    let id = bench.add("2-77", &[("nick", "Ann")]);
    let (_, custom) = bench.get("/crm/objects/2026-09/2-77?properties=nick");
    assert_eq!(custom["results"][0]["id"], id.to_string());
    assert_eq!(custom["results"].as_array().unwrap().len(), 1);
    let (_, by_name) = bench.get("/crm/objects/2026-09/p48213377_contact?properties=nick");
    assert_eq!(by_name["results"], custom["results"]);
    let (_, standard) = bench.get("/crm/objects/2026-09/contacts?limit=100");
    assert_eq!(standard["results"].as_array().unwrap().len(), 20);
    let (_, properties) = bench.get("/crm/properties/2026-09/2-77");
    assert!(properties["results"].as_array().unwrap().iter().all(|p| p["name"] != "firstname"));
}

#[test]
fn mails_are_hidden_from_who_may_only_read_contacts() {
    let scopes = Some(vec!["crm.objects.contacts.read".to_owned()]);
    let bench = Bench::with(Settings { granted_scopes: scopes, ..Settings::small(20) });
    assert_eq!(bench.get("/crm/objects/2026-09/notes").0, 200);
    let (status, answer) = bench.get("/crm/objects/2026-09/emails");
    assert_eq!(status, 403);
    assert_eq!(answer["errors"][0]["context"]["requiredGranularScopes"], json!(["sales-email-read"]));
}
