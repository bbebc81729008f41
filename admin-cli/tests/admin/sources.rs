//! Data sources over a simulated portal.

use hubspot_sim::Settings;
use serde_json::{Value, json};

use crate::support::{Admin, Portal};

fn hub() -> (Portal, Admin) {
    let portal = Portal::start(Settings::small(30));
    let admin = Admin::at(&portal.url()).with_acme();
    admin.json_with(&["connection", "add", "hub"], "pat-na1-demo");
    (portal, admin)
}

fn create(admin: &Admin) -> Value {
    admin.json(
        "source create Sales --owner anna --connection hub --object contacts:email,firstname --object deals",
    )
}

fn id(source: &Value) -> String {
    source["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_data_source_has_the_agreed_shape() {
    let (_portal, admin) = hub();
    let source = create(&admin);
    let names =
        ["id", "name", "url", "owner", "connection", "objects", "shared_with", "created_at", "updated_at"];
    for name in names {
        assert!(source.get(name).is_some(), "{name} is missing: {source}");
    }
    assert_eq!(source["objects"][0]["properties"], json!(["email", "firstname"]));
    assert_eq!(admin.json(&format!("source show {}", id(&source))), source);
    assert_eq!(admin.json("source list"), json!([source]));
    assert_eq!(admin.json("source list --search nothing"), json!([]));
    admin.refusal("source show k7m2q9x4tb", 3);
    admin.refusal("source show nonsense", 3);
}

#[test]
fn slips_of_names_are_noticed_before_anything_is_stored() {
    let (_portal, admin) = hub();
    let rest = "--owner anna --connection hub --object";
    for (object, hint) in [("contacts:emial", "email"), ("contact", "contacts"), ("foo", "connection test")] {
        let sentence = admin.refusal(&format!("source create S {rest} {object}"), 3);
        assert!(sentence.contains(hint), "{sentence}");
    }
    admin.refusal(&format!("source create S {rest} contacts --filter contacts=emial"), 2);
    admin.refusal(&format!("source create S {rest} contacts --filter deals=id"), 2);
    admin.refusal("source create S --owner anna --connection none --object contacts", 3);
    admin.refusal("source create S --owner nobody --connection hub --object contacts", 3);
    assert_eq!(admin.json("source list"), json!([]));
}

#[test]
fn a_preview_shows_the_rows_of_the_feed() {
    let (portal, admin) = hub();
    let source = id(&create(&admin));
    let preview = admin.json(&format!("source preview {source} contacts --top 7"));
    let rows = preview["value"].as_array().unwrap();
    assert_eq!(rows.len(), 7);
    assert!(rows[0]["id"].is_u64() && rows[0].get("email").is_some(), "{preview}");
    assert!(admin.run(&format!("source preview {source} contacts")).out.contains("email"));
    let all = admin.json(&format!("source preview {source} contacts --top 1000"));
    assert_eq!(all["value"].as_array().unwrap().len(), portal.count("contacts"));
    let sentence = admin.refusal(&format!("source preview {source} zebras"), 3);
    assert!(sentence.contains("contacts"), "{sentence}");
}

#[test]
fn the_owners_filter_holds_in_the_preview() {
    let (_portal, admin) = hub();
    let words =
        ["source", "create", "S", "--owner", "anna", "--connection", "hub", "--object", "contacts:email"];
    let filter = ["--filter", "contacts=email eq 'nobody@nowhere.example'"];
    let source = id(&admin.json_with(&[&words[..], &filter[..]].concat(), ""));
    assert_eq!(admin.json(&format!("source preview {source} contacts")), json!({"value": []}));
}

#[test]
fn a_share_lets_another_user_read_until_it_ends() {
    let (_portal, admin) = hub();
    let source = id(&create(&admin));
    admin.refusal(&format!("source show {source} --as ben"), 3);
    let shared = admin.json(&format!("source share {source} --with ben"));
    assert_eq!(shared["shared_with"], json!(["ben"]));
    admin.json(&format!("source show {source} --as ben"));
    assert_eq!(admin.json("source list --as ben --shared").as_array().unwrap().len(), 1);
    assert_eq!(admin.json("source list --as ben --mine"), json!([]));
    admin.refusal(&format!("source delete {source} --as ben"), 4);
    admin.json(&format!("source unshare {source} --with ben"));
    admin.refusal(&format!("source show {source} --as ben"), 3);
    admin.refusal(&format!("source share {source} --with group:none"), 3);
}

#[test]
fn a_token_can_be_limited_to_a_data_source() {
    let (_portal, admin) = hub();
    let source = id(&create(&admin));
    let token = admin.json(&format!("token create --user anna --label x --data-source {source}"));
    assert_eq!(token["data_sources"], json!([source]));
    admin.refusal(&format!("token create --user ben --label x --data-source {source}"), 3);
}

#[test]
fn a_refresh_keeps_a_vanished_column_and_changes_nothing_else() {
    let (portal, admin) = hub();
    let source = id(&create(&admin));
    let same = admin.json(&format!("source refresh {source}"));
    assert_eq!(
        (&same["model_version"], &same["added"], &same["vanished"]),
        (&json!(1), &json!([]), &json!([]))
    );
    portal.archive_property("contacts", "firstname");
    let changed = admin.json(&format!("source refresh {source}"));
    assert_eq!((&changed["model_version"], &changed["added"]), (&json!(2), &json!([])));
    assert_eq!(changed["vanished"], json!(["contacts/firstname"]));
    let preview = admin.json(&format!("source preview {source} contacts --top 3"));
    assert_eq!(
        (preview["value"].as_array().unwrap().len(), &preview["value"][0]["firstname"]),
        (3, &Value::Null)
    );
    assert!(preview["value"][0].as_object().unwrap().contains_key("firstname"), "{preview}");
}

#[test]
fn a_refresh_adds_new_columns_behind_the_old_ones() {
    let (portal, admin) = hub();
    portal.archive_property("contacts", "email");
    let source = id(&admin.json("source create All --owner anna --connection hub --object contacts"));
    portal.restore_property("contacts", "email");
    let changed = admin.json(&format!("source refresh {source}"));
    assert_eq!((&changed["added"], &changed["vanished"]), (&json!(["contacts/email"]), &json!([])));
    assert!(admin.run(&format!("source refresh {source}")).out.contains("has the columns it had"));
}

#[test]
fn a_pbids_file_needs_a_server_that_ran() {
    let (_portal, admin) = hub();
    let source = id(&create(&admin));
    let sentence = admin.refusal(&format!("source pbids {source}"), 1);
    assert!(sentence.contains("feedgate serve"), "{sentence}");
    admin.record_public_url("https://feeds.example.org");
    let url = format!("https://feeds.example.org/odata/{source}/");
    let file = admin.json(&format!("source pbids {source}"));
    assert_eq!(file["connections"][0]["details"], json!({"protocol": "odata", "address": {"url": url}}));
    assert_eq!(admin.run(&format!("source pbids {source}")).value(), file);
    assert_eq!(admin.json("source list")[0]["url"], url.as_str());
}

#[test]
fn a_deleted_data_source_is_gone_and_frees_its_connection() {
    let (_portal, admin) = hub();
    let source = id(&create(&admin));
    admin.refusal("connection remove hub", 4);
    admin.refusal("user remove anna", 4);
    admin.json(&format!("source delete {source}"));
    admin.refusal(&format!("source show {source}"), 3);
    admin.json("connection remove hub");
    admin.json("user remove anna");
    let told = admin.run(&format!("history --kind source --data-source {source}")).out;
    assert!(told.contains("created the data source") && told.contains("deleted the data source"), "{told}");
}
