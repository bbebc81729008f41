//! Usage, configuration and the store itself.

use serde_json::Value;

use crate::support::Admin;

#[test]
fn wrong_usage_ends_with_2() {
    let admin = Admin::acme();
    for line in ["", "tokens", "token rotate", "policy set", "token list --expiring soon"] {
        admin.refusal(line, 2);
    }
}

#[test]
fn wrong_usage_is_json_when_json_was_asked_for() {
    let ran = Admin::bare().run("token list --expiring soon --output json");
    let error: Value = serde_json::from_str(&ran.err).unwrap();
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(error["error"]["code"], "Usage");
    assert!(error["error"]["message"].as_str().unwrap().contains("--expiring"), "{error}");
}

#[test]
fn what_is_wrong_with_several_things_is_one_line_of_json() {
    let ran = Admin::bare().run("source create crm --output json");
    let error: Value = serde_json::from_str(&ran.err).unwrap();
    let message = error["error"]["message"].as_str().unwrap();
    assert!(message.contains("--owner") && message.contains("--connection"), "{message}");
    assert!(!message.contains('\n') && !message.contains("  "), "{message}");
}

#[test]
fn the_user_may_be_named_before_the_command() {
    let admin = Admin::acme();
    for scope in ["--mine", "--shared"] {
        let listed = admin.json(&format!("--as anna source list {scope}"));
        assert_eq!(listed, serde_json::json!([]));
        let sentence = admin.refusal(&format!("source list {scope}"), 2);
        assert!(sentence.contains("--as"), "{sentence}");
    }
}

#[test]
fn help_is_no_failure() {
    let ran = Admin::bare().run("token create --help");
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("--expires-in"));
}

#[test]
fn a_missing_store_is_named_and_not_created() {
    let admin = Admin::bare();
    for line in ["tenant list", "token list", "backup copy.db"] {
        let sentence = admin.refusal(line, 2);
        assert!(sentence.contains("feedgate-admin tenant create"), "{sentence}");
    }
    assert!(!std::path::Path::new(&admin.path("feedgate.db")).exists());
}

#[test]
fn migrating_makes_a_store() {
    let admin = Admin::bare();
    assert!(admin.json("store migrate")["version"].as_i64().unwrap() >= 1);
    assert_eq!(admin.json("tenant list"), serde_json::json!([]));
    let sentence = admin.refusal("user list", 3);
    assert!(sentence.contains("feedgate-admin tenant create"), "{sentence}");
}

#[test]
fn a_store_option_wins_over_the_environment() {
    let admin = Admin::bare();
    let other = format!("sqlite:{}", admin.path("other.db"));
    admin.json(&format!("tenant create acme --store {other}"));
    assert_eq!(admin.json(&format!("tenant list --store {other}"))[0]["name"], "acme");
    admin.refusal("tenant list", 2);
}

#[test]
fn a_store_that_is_none_of_ours_is_reported() {
    let admin = Admin::bare();
    std::fs::write(admin.path("feedgate.db"), "this is no database, and long enough to be mistaken for one")
        .unwrap();
    admin.refusal("tenant list", 5);
    admin.refusal("tenant list --store mysql://user:secret@host/db", 2);
    // Nobody listens on the first port of a machine.
    let away = admin.refusal("tenant list --store postgres://user:secret@127.0.0.1:1/db", 5);
    assert!(!away.contains("secret"), "{away}");
}

#[test]
fn a_faulty_configuration_is_reported_without_its_secrets() {
    let admin = Admin::bare();
    let output =
        admin.command(&["tenant", "list"]).env("FEEDGATE_SECRET_KEYS", "a:c2VjcmV0").output().unwrap();
    let sentence = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{sentence}");
    assert!(!sentence.contains("c2VjcmV0"), "{sentence}");
}

#[test]
fn a_key_can_be_made_before_anything_is_configured() {
    let admin = Admin::bare();
    let output = admin.command(&["keys", "generate"]).env("FEEDGATE_SECRET_KEYS", "broken").output().unwrap();
    let line = String::from_utf8(output.stdout).unwrap();
    assert_eq!(line.lines().count(), 1);
    assert!(schema::Keys::parse(&line).is_ok());
}

#[test]
fn with_several_tenants_one_must_be_named() {
    let admin = Admin::acme();
    admin.json("tenant create globex");
    let sentence = admin.refusal("user list", 2);
    assert!(sentence.contains("--tenant"), "{sentence}");
    assert_eq!(admin.json("user list --tenant globex"), serde_json::json!([]));
    assert_eq!(admin.json("user list --tenant ACME").as_array().unwrap().len(), 2);
    admin.refusal("user list --tenant initech", 3);
}

#[test]
fn a_user_acts_with_a_users_rights() {
    let admin = Admin::acme();
    admin.refusal("user add carl --as anna", 4);
    admin.refusal("tenant list --as anna", 4);
    admin.refusal("token list --as nobody", 3);
    admin.json("token create --user anna --label mine --as anna");
    admin.refusal("token create --user ben --label his --as anna", 4);
    admin.json("user add root --role admin");
    admin.json("token create --user ben --label his --as root");
    assert_eq!(admin.json("token list --as anna").as_array().unwrap().len(), 1);
    assert_eq!(admin.json("token list --as root").as_array().unwrap().len(), 2);
}

#[test]
fn a_backup_is_a_store_of_its_own_and_overwrites_nothing() {
    let admin = Admin::acme();
    let file = admin.path("copy.db");
    admin.json(&format!("backup {file}"));
    admin.json("user add carl");
    let users = admin.json(&format!("user list --store sqlite:{file}"));
    assert_eq!(users.as_array().unwrap().len(), 2);
    let ran = admin.run(&format!("backup {file}"));
    assert_ne!(ran.code, 0, "{}", ran.out);
}

#[test]
fn a_suspended_tenant_shows_it_and_can_be_resumed() {
    let admin = Admin::acme();
    assert!(admin.json("tenant suspend acme")["suspended_at"].is_string());
    assert!(admin.run("tenant list").out.contains("suspended since"));
    assert!(admin.json("tenant resume acme")["suspended_at"].is_null());
    assert_eq!(admin.json("tenant show")["policy"]["max_active_tokens"], 5);
}

#[test]
fn groups_have_members() {
    let admin = Admin::acme();
    assert_eq!(admin.json("user group add sales anna")["created"], true);
    assert_eq!(admin.json("user group add sales ben")["created"], false);
    admin.refusal("user group add sales carl", 3);
    assert_eq!(admin.json("user group list")[0]["members"], serde_json::json!(["anna", "ben"]));
    admin.json("user group remove sales anna");
    assert!(admin.run("user group list").out.contains("ben"));
    admin.json("user group remove sales");
    admin.refusal("user group remove sales", 3);
}

#[test]
fn a_service_user_is_marked_and_keeps_its_owner_until_another_one_is_named() {
    let admin = Admin::acme();
    assert_eq!(admin.json("user add nightly --role service --owner anna")["owner"], "anna");
    let users = admin.json("user list");
    let nightly = users.as_array().unwrap().iter().find(|user| user["name"] == "nightly").unwrap();
    assert_eq!((&nightly["role"], &nightly["owner"]), (&"service".into(), &"anna".into()));
    assert!(admin.run("user list").out.contains("OWNER"));
    let sentence = admin.refusal("user remove anna", 4);
    assert!(sentence.contains("nightly") && sentence.contains("user edit"), "{sentence}");
    assert_eq!(admin.json("user edit nightly --owner ben --email bi@example.org")["owner"], "ben");
    admin.json("user remove anna");
    let told = admin.run("history --kind user").out;
    assert!(told.contains("owner anna → ben"), "{told}");
}

#[test]
fn the_history_is_exported_oldest_first() {
    let admin = Admin::acme();
    admin.json("token create --user anna --label =1+1");
    let csv = admin.run("history --format csv").out;
    let lines: Vec<&str> = csv.lines().collect();
    assert!(lines[0].starts_with("at,kind,action,actor,token_id"), "{csv}");
    assert!(lines[1].contains("tenant,create") && lines.last().unwrap().contains("token,create"), "{csv}");
    let jsonl = admin.run("history --format jsonl").out;
    let last: Value = serde_json::from_str(jsonl.lines().last().unwrap()).unwrap();
    assert_eq!((&last["action"], &last["details"]["label"]), (&"create".into(), &"=1+1".into()));
    assert!(admin.run("history --kind refresh --format csv").out.starts_with("started_at,"));
    admin.refusal("history --kind refresh --follow", 2);
}

#[test]
fn new_entries_are_followed_until_nobody_reads() {
    use std::io::{BufRead, BufReader};
    let admin = Admin::acme();
    let mut child = admin.start("history --follow --format csv");
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    // The header is written before the first look; an entry made right behind it may belong to "before".
    assert!(lines.next().unwrap().unwrap().starts_with("at,"));
    let mut made = 0;
    let line = std::thread::scope(|scope| {
        let reader = scope.spawn(|| lines.next().unwrap().unwrap());
        while !reader.is_finished() {
            made += 1;
            admin.json(&format!("user group add g{made}"));
        }
        reader.join().unwrap()
    });
    assert!(line.contains("user,create_group"), "{line}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn credentials_move_to_the_first_key() {
    let admin = Admin::acme();
    admin.json_with(&["connection", "add", "hub", "--no-test"], "pat-na1-x");
    admin.json("token create --user anna --label x");
    let old = schema::Keys::generate("test", &schema::SeededRandom::new(1)).expose().to_owned();
    let new = schema::Keys::generate("new", &schema::SeededRandom::new(2)).expose().to_owned();
    let with = |keys: &str, words: &[&str]| {
        crate::support::fed(admin.command(words).env("FEEDGATE_SECRET_KEYS", keys), "")
    };
    let both = format!("{new},{old}");
    for resealed in [serde_json::json!(["hub"]), serde_json::json!([])] {
        let ran = with(&both, &["keys", "rekey", "--output", "json"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let told = ran.value();
        assert_eq!((&told["resealed"], &told["connections"]["new"]), (&resealed, &1.into()));
        assert_eq!(told["tokens"]["test"], 1);
    }
    let ran = with(&old, &["rekey"]);
    assert!(ran.code == 1 && ran.out.contains("left as it is"), "{}", ran.out);
}
