//! Editing data sources over a simulated portal.

use hubspot_sim::Settings;
use serde_json::{Value, json};

use crate::support::{Admin, Portal};

fn hub() -> (Portal, Admin, String) {
    let portal = Portal::start(Settings::small(30));
    let admin = Admin::at(&portal.url()).with_acme();
    admin.json_with(&["connection", "add", "hub"], "pat-na1-demo");
    admin.record_public_url("https://feeds.example.org");
    let source = admin.json(
        "source create Sales --owner anna --connection hub --object contacts:email,firstname --object deals:amount",
    );
    (portal, admin, source["id"].as_str().unwrap().to_owned())
}

fn columns(admin: &Admin, source: &str, set: &str) -> Vec<String> {
    let preview = admin.json(&format!("source preview {source} {set} --top 1"));
    preview["value"][0].as_object().unwrap().keys().cloned().collect()
}

#[test]
fn an_edit_changes_what_is_named_and_keeps_the_url() {
    let (_portal, admin, id) = hub();
    let before = admin.json(&format!("source show {id}"));
    let edited = admin
        .json(&format!("source edit {id} --name EU --object contacts:email,phone --remove-object deals"));
    assert_eq!((&edited["url"], &edited["name"]), (&before["url"], &json!("EU")));
    assert_eq!(edited["columns"]["added"], json!(["contacts/phone"]));
    assert!(edited["columns"]["removed"].as_array().unwrap().contains(&json!("contacts/firstname")));
    assert_eq!((&edited["model_version"], &edited["version"]), (&json!(2), &json!(2)));
    let shown = columns(&admin, &id, "contacts");
    assert!(shown.contains(&"phone".to_owned()) && !shown.contains(&"firstname".to_owned()), "{shown:?}");
    admin.refusal(&format!("source preview {id} deals"), 3);
    let entries = admin.json(&format!("history --kind source --data-source {id}"));
    assert_eq!(
        (&entries[0]["action"], &entries[0]["details"]["before"]["name"]),
        (&json!("edit"), &json!("Sales"))
    );
    assert!(admin.run("history --kind source").out.contains("name Sales → EU"));
}

#[test]
fn a_filter_is_checked_with_its_position_before_it_is_stored() {
    let (_portal, admin, id) = hub();
    let words = ["source", "edit", &id, "--filter"];
    let ran = admin.run_with(&[&words[..], &["contacts=email eq 'a' and emial ne null"]].concat(), "");
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("contacts") && ran.err.contains("at character"), "{}", ran.err);
    let filtered = admin.json_with(&[&words[..], &["contacts=email eq 'nobody'"]].concat(), "");
    assert_eq!(filtered["model_version"], 1, "a filter needs no other columns");
    assert_eq!(admin.json(&format!("source preview {id} contacts")), json!({"value": []}));
    admin.json(&format!("source edit {id} --remove-filter contacts"));
    assert_ne!(admin.json(&format!("source preview {id} contacts")), json!({"value": []}));
}

#[test]
fn an_edit_keeps_the_column_that_only_hubspot_took_away() {
    let (portal, admin, id) = hub();
    portal.archive_property("contacts", "firstname");
    let edited = admin.json(&format!("source edit {id} --object contacts:email,firstname,phone"));
    assert_eq!(edited["columns"]["vanished"], json!(["contacts/firstname"]));
    assert!(columns(&admin, &id, "contacts").contains(&"firstname".to_owned()));
    let sentence = admin.refusal(&format!("source edit {id} --object contacts:emial"), 3);
    assert!(sentence.contains("email"), "{sentence}");
}

#[test]
fn who_only_reads_cannot_edit() {
    let (_portal, admin, id) = hub();
    admin.refusal(&format!("source edit {id} --name x --as ben"), 3);
    admin.json(&format!("source share {id} --with ben"));
    admin.refusal(&format!("source edit {id} --name x --as ben"), 4);
    admin.refusal(&format!("source transfer {id} --to ben --as ben"), 4);
}

#[test]
fn what_is_shown_as_a_file_can_be_applied_and_changes_nothing() {
    let (_portal, admin, id) = hub();
    admin.json(&format!("source share {id} --with ben"));
    let file = admin.path("sales.toml");
    let shown = admin.run(&format!("source show {id} --output toml"));
    assert_eq!(shown.code, 0, "{}", shown.err);
    std::fs::write(&file, &shown.out).unwrap();
    let before = admin.json(&format!("source show {id}"));
    let applied = admin.json(&format!("source apply {file}"));
    assert_eq!((&applied["after"], &applied["created"]), (&json!({}), &json!(false)));
    assert_eq!(admin.json(&format!("source show {id}")), before);
    assert_eq!(admin.run(&format!("source show {id} --output toml")).out, shown.out);
}

#[test]
fn a_file_creates_once_and_changes_from_then_on() {
    let (_portal, admin, _) = hub();
    let file = admin.path("new.toml");
    let text = "name = \"New\"\nowner = \"anna\"\nconnection = \"hub\"\nshared_with = [\"ben\"]\n\
                [[objects]]\nobject = \"contacts\"\nproperties = [\"email\"]\n";
    std::fs::write(&file, text).unwrap();
    assert_eq!(admin.json(&format!("source apply {file} --dry-run"))["created"], true);
    assert_eq!(admin.json("source list --search New"), json!([]));
    let created = admin.json(&format!("source apply {file}"));
    assert_eq!((&created["name"], &created["shared_with"]), (&json!("New"), &json!(["ben"])));
    std::fs::write(&file, text.replace("\"ben\"", "").replace("email", "phone")).unwrap();
    let dry = admin.json(&format!("source apply {file} --dry-run"));
    assert_eq!((&dry["id"], &dry["columns"]["added"]), (&created["id"], &json!(["contacts/phone"])));
    assert_eq!(admin.json(&format!("source show {}", created["id"].as_str().unwrap())), created);
    let applied = admin.json(&format!("source apply {file}"));
    assert_eq!((&applied["id"], &applied["shared_with"]), (&created["id"], &json!([])));
    assert_eq!(admin.json("source list --search New").as_array().unwrap().len(), 1);
}

#[test]
fn a_file_that_makes_no_sense_is_refused_with_the_place() {
    let (_portal, admin, id) = hub();
    let file = admin.path("wrong.toml");
    let head = "name = \"Sales\"\nowner = \"anna\"\nconnection = \"hub\"\n";
    let apply = |text: String, code: i32| {
        std::fs::write(&file, text).unwrap();
        admin.refusal(&format!("source apply {file}"), code)
    };
    let contacts = "[[objects]]\nobject = \"contacts\"\n";
    let sentence = apply(format!("{head}{contacts}filtre = \"x\"\n"), 2);
    assert!(sentence.contains("line 6") && sentence.contains("filtre"), "{sentence}");
    apply(format!("{head}{contacts}filter = \"emial eq 1\"\n"), 2);
    apply(format!("{head}[[objects]]\nobject = \"contcts\"\n"), 3);
    apply(format!("{head}{contacts}properties = [\"emial\"]\n"), 3);
    apply(format!("id = \"aaaaaaaaaa\"\n{head}{contacts}"), 3);
    let sentence = apply(format!("id = \"{id}\"\n{}{contacts}", head.replace("anna", "ben")), 4);
    assert!(sentence.contains("source transfer"), "{sentence}");
    apply(format!("{head}{contacts}shared_with = []\n"), 2);
    admin.refusal(&format!("source apply {}", admin.path("none.toml")), 2);
    admin.refusal("source list --output toml", 2);
}

#[test]
fn a_copy_has_a_url_of_its_own_and_is_shared_with_nobody() {
    let (_portal, admin, id) = hub();
    admin.json(&format!("source share {id} --with ben"));
    let copy = admin.json(&format!("source clone {id} Copy --as ben"));
    assert_ne!(copy["url"], admin.json(&format!("source show {id}"))["url"]);
    assert_eq!((&copy["owner"], &copy["shared_with"]), (&json!("ben"), &json!([])));
    assert_eq!(columns(&admin, copy["id"].as_str().unwrap(), "contacts"), columns(&admin, &id, "contacts"));
}

#[test]
fn a_leavers_data_sources_go_to_somebody_else_in_one_command() {
    let (_portal, admin, id) = hub();
    let url = admin.json(&format!("source show {id}"))["url"].clone();
    let sentence = admin.refusal("user remove anna", 4);
    assert!(sentence.contains("Sales") && sentence.contains("--all-of anna"), "{sentence}");
    let moved = admin.json("source transfer --all-of anna --to ben");
    assert_eq!((&moved[0]["id"], &moved[0]["to"]), (&json!(id), &json!("ben")));
    let shown = admin.json(&format!("source show {id} --as anna"));
    assert_eq!(
        (&shown["url"], &shown["owner"], &shown["shared_with"]),
        (&url, &json!("ben"), &json!(["anna"]))
    );
    let back = admin.json(&format!("source transfer {id} --to anna --as ben"));
    assert_eq!((&back["owner"], &back["shared_with"]), (&json!("anna"), &json!(["ben"])));
    admin.refusal(&format!("source transfer {id} --to nobody"), 3);
    assert!(admin.run("source transfer --all-of ben --to anna").out.contains("nothing to give away"));
    assert!(admin.run("history --kind source").out.contains("of ben to anna"));
}

#[test]
fn a_query_is_explained_without_being_asked_with_what_it_costs() {
    let (portal, admin, id) = hub();
    let words = |query: &'static str| vec!["source", "explain", &id, query];
    let told = admin.json_with(&words("contacts?$filter=id gt 5 and email ne null&$top=3"), "");
    let plan = told["plan"].as_array().unwrap();
    assert!(plan[0].as_str().unwrap().contains("contacts") && plan.len() > 2, "{told}");
    let cost = told["cost"].to_string();
    assert!(cost.contains("its search finds") && cost.contains("searches (5 in a second)"), "{cost}");
    assert!(cost.contains("less than a second"), "{cost}");
    let text = admin.run_with(&words("contacts"), "").out;
    assert!(text.contains("Lists all contacts") && text.contains("lists and batch reads ("), "{text}");
    drop(portal);
    let alone = admin.run_with(&words("contacts"), "");
    assert!(
        alone.out.contains("Lists all contacts") && alone.out.contains("could not be asked"),
        "{}",
        alone.out
    );
    assert_eq!(admin.run_with(&words("zebras"), "").code, 3);
    let wrong = admin.run_with(&words("contacts?$filter=emial eq 'x'"), "");
    assert_eq!(wrong.code, 2, "{}", wrong.err);
    assert!(wrong.err.contains("email"), "{}", wrong.err);
}

#[test]
fn objects_are_mapped_and_files_open_them() {
    let (_portal, admin, id) = hub();
    let links = admin.json(&format!("source associations {id}"));
    assert_eq!((&links[0]["from"], &links[0]["link_set"]), (&json!("contacts"), &json!("contacts_deals")));
    let diagram = admin.run(&format!("source associations {id} --output mermaid")).out;
    assert!(diagram.starts_with("erDiagram\n") && diagram.contains("contacts }o--o{ deals"), "{diagram}");
    let url = format!("https://feeds.example.org/odata/{id}/");
    let query = admin.run(&format!("source m {id} contacts")).out;
    assert!(query.contains(&url) && query.contains("[createdate] >= First"), "{query}");
    assert!(!admin.run(&format!("source m {id} contacts_deals")).out.contains("RangeStart"));
    let file = admin.run(&format!("source odc {id} contacts")).out;
    assert!(file.starts_with("<html") && file.contains(&url), "{file}");
    admin.refusal(&format!("source odc {id} zebras"), 3);
}

#[test]
fn shares_of_an_edited_data_source_stay() {
    let (_portal, admin, id) = hub();
    admin.json(&format!("source share {id} --with ben"));
    let edited = admin.json(&format!("source edit {id} --name Other"));
    assert_eq!(edited["shared_with"], json!(["ben"]));
    assert_eq!(edited["after"], json!({"name": "Other"}));
    let untouched: Value = admin.json(&format!("source edit {id} --name Other"));
    assert_eq!((&untouched["after"], &untouched["version"]), (&json!({}), &json!(2)));
}
