//! Connections to a simulated portal.

use hubspot_sim::Settings;

use crate::support::{Admin, Portal};

const TOKEN: &str = "pat-na1-demo";

#[test]
fn a_good_credential_is_stored_sealed_and_never_shown() {
    let portal = Portal::start(Settings::small(20));
    let admin = Admin::at(&portal.url()).with_acme();
    let added = admin.json_with(&["connection", "add", "hub"], TOKEN);
    assert_eq!((&added["status"], &added["portal_id"]), (&"working".into(), &48_213_377.into()));
    for line in ["connection list", "connection list --output json", "history --output json"] {
        assert!(!admin.run(line).out.contains(TOKEN), "{line}");
    }
    let store = std::fs::read(admin.path("feedgate.db")).unwrap();
    let log = std::fs::read(admin.path("feedgate.db-wal")).unwrap_or_default();
    for bytes in [store, log] {
        assert!(!bytes.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes()));
    }
    assert_eq!(admin.run_with(&["connection", "add", "hub"], TOKEN).code, 4);
}

#[test]
fn a_refused_credential_is_not_stored() {
    let portal = Portal::start(Settings::small(20));
    let admin = Admin::at(&portal.url()).with_acme();
    let ran = admin.run_with(&["connection", "add", "hub"], "pat-na1-wrong");
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("nothing was stored") && !ran.err.contains("pat-na1-wrong"), "{}", ran.err);
    assert_eq!(admin.json("connection list"), serde_json::json!([]));
    admin.json_with(&["connection", "add", "hub", "--no-test"], "pat-na1-wrong");
    admin.refusal("connection test hub", 1);
    assert_eq!(admin.json("connection list")[0]["status"], "rejected");
}

#[test]
fn a_credential_comes_from_standard_input_only() {
    let admin = Admin::acme();
    admin.refusal("connection add hub", 2);
    admin.refusal("connection add hub pat-na1-demo", 2);
}

#[test]
fn a_test_tells_what_may_be_read() {
    let scopes = ["oauth", "crm.objects.contacts.read"].map(str::to_owned).to_vec();
    let portal = Portal::start(Settings { granted_scopes: Some(scopes), ..Settings::small(20) });
    let admin = Admin::at(&portal.url()).with_acme();
    admin.json_with(&["connection", "add", "hub"], TOKEN);
    let told = admin.json("connection test hub");
    let readable = |object: &str| {
        let objects = told["objects"].as_array().unwrap();
        objects.iter().find(|reading| reading["object"] == object).unwrap()["readable"].clone()
    };
    assert_eq!((readable("contacts"), readable("deals")), (true.into(), false.into()), "{told}");
    assert_eq!(told["portal_id"], 48_213_377);
    assert!(told["time_zone"].is_string(), "{told}");
    let text = admin.run("connection test hub").out;
    assert!(text.contains("48213377") && text.contains("crm.objects.deals.read"), "{text}");
}

#[test]
fn a_credential_can_be_replaced_by_one_of_the_same_portal() {
    let portal = Portal::start(Settings::small(20));
    let admin = Admin::at(&portal.url()).with_acme();
    admin.json_with(&["connection", "add", "hub", "--no-test"], "pat-na1-old");
    let replaced = admin.json_with(&["connection", "replace-credential", "hub"], TOKEN);
    assert_eq!((&replaced["status"], &replaced["version"]), (&"working".into(), &2.into()));
    let other = Portal::start(Settings { portal_id: 4711, ..Settings::small(20) });
    let mut command = admin.command(&["connection", "replace-credential", "hub"]);
    let ran = crate::support::fed(command.env("FEEDGATE_HUBSPOT_BASE_URL", other.url()), TOKEN);
    assert_eq!(ran.code, 4, "{}", ran.err);
    admin.json("connection remove hub");
    admin.refusal("connection test hub", 3);
}

#[test]
fn a_connection_has_a_share_of_the_day_that_can_be_changed_and_is_told() {
    let portal = Portal::start(Settings::small(20));
    let admin = Admin::at(&portal.url()).with_acme();
    let added = admin.json_with(&["connection", "add", "hub", "--daily-share", "75"], TOKEN);
    assert_eq!(added["daily_share"], 75);
    assert!(admin.run("connection list").out.contains("75 %"));
    assert_eq!(admin.json("connection edit hub --daily-share 60%")["daily_share"], 60);
    assert_eq!(admin.json("connection test hub")["daily_share"], 60);
    assert!(admin.run("connection test hub").out.contains("60 %"));
    let history = admin.json("history --kind connection");
    let entries = history.as_array().unwrap();
    let edit = &entries.iter().find(|entry| entry["action"] == "edit").unwrap()["details"];
    assert_eq!(
        (&edit["before"]["daily_share"], &edit["after"]["daily_share"]),
        (&75.into(), &60.into()),
        "{edit}"
    );
    assert!(admin.json("connection edit hub --daily-share default")["daily_share"].is_null());
    assert!(admin.run("connection list").out.contains("default"));
    admin.refusal("connection edit hub --daily-share 0", 2);
    admin.refusal("connection edit other --daily-share 5", 3);
}
