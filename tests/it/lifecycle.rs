//! What an admin does with tokens and data sources, and what the history keeps of it.

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;
use serde_json::Value;

fn stack() -> Stack {
    Stack::start(&Options::with(50, &["contacts:email,firstname"]))
}

#[test]
fn a_token_is_shown_once_and_listed_without_its_secret() {
    let stack = stack();
    let (id, text) = stack.admin.mint(USER, &["--data-source", &stack.data_source]);
    assert_eq!(id, text[3..19]);
    for command in [vec!["token", "list"], vec!["token", "show", &id], vec!["history", "--kind", "token"]] {
        let shown = stack.admin.ok(&command).to_string();
        assert!(shown.contains(&id) && !shown.contains(&text[19..51]), "{command:?}");
    }
    let token = stack.admin.ok(&["token", "show", &id]);
    assert_eq!((token["status"].as_str(), token["user"].as_str()), (Some("active"), Some(USER)));
    assert_eq!(token["data_sources"], serde_json::json!([stack.data_source]));
    for name in ["label", "created_at", "expires_at", "revoked_at", "last_used_at", "rotated_to"] {
        assert!(token.get(name).is_some(), "{name} in {token}");
    }
}

#[test]
fn revoke_all_ends_every_token_of_one_user_and_no_other() {
    let stack = stack();
    let ben = "ben@acme.example";
    stack.admin.ok(&["user", "add", ben]);
    stack.admin.ok(&["source", "share", &stack.data_source, "--with", ben]);
    let (_, bens) = stack.admin.mint(ben, &[]);
    let (_, second) = stack.admin.mint(USER, &[]);
    stack.admin.ok(&["token", "revoke-all", "--user", USER]);
    assert_eq!(stack.get("").code().as_deref(), Some("TokenRevoked"));
    assert_eq!(stack.get_as(USER, &second, "").code().as_deref(), Some("TokenRevoked"));
    assert_eq!(stack.get_as(ben, &bens, "").status, 200);
}

#[test]
fn exit_codes_tell_programs_what_happened() {
    let stack = stack();
    let code = |arguments: &[&str]| stack.admin.run(arguments).code;
    assert_eq!(code(&["token", "show", "0000000000000000"]), 3);
    assert_eq!(code(&["token", "create", "--user", "nobody@acme.example", "--label", "x"]), 3);
    assert_eq!(code(&["source", "show", "aaaaaaaaaa"]), 3);
    assert_eq!(code(&["token", "make"]), 2);
    assert_eq!(code(&["token", "create", "--user", USER, "--label", "x", "--expires-in", "soon"]), 2);
    assert_eq!(code(&["token", "list", "--expiring", "1d"]), 0);
    assert_eq!(code(&["token", "list", "--expiring", "91d"]), 1);
    let ben = "ben@acme.example";
    stack.admin.ok(&["user", "add", ben]);
    let theirs = stack.admin.acting_as(ben).run(&["token", "create", "--user", USER, "--label", "x"]);
    assert!(matches!(theirs.code, 3 | 4), "an analyst mints for somebody else: {theirs:?}");
}

#[test]
fn a_data_source_shows_what_was_chosen_and_its_filter_holds() {
    let stack = stack();
    let create = [
        "source",
        "create",
        "Leads",
        "--owner",
        USER,
        "--connection",
        "crm",
        "--object",
        "contacts:email,lifecyclestage",
        "--filter",
        "contacts=lifecyclestage eq 'lead'",
    ];
    let source = stack.admin.ok(&create);
    let id = source["id"].as_str().unwrap();
    assert_eq!(source["url"], stack.url(id));
    let mut client = feedgate_tests::replay::PowerQuery::new(&stack.url(id), USER, &stack.token);
    assert_eq!(client.connect().unwrap(), ["contacts"]);
    let rows = client.rows("contacts").unwrap();
    let truth = stack.simulator.rows("contacts");
    let leads = crate::shared::true_ids(&truth, |c| c.text("lifecyclestage") == Some("lead"));
    assert_eq!(crate::shared::ids(&rows), leads);
    assert_eq!(client.count("contacts/$count").unwrap(), leads.len() as u64);
    let outsider = truth.iter().find(|c| c.text("lifecyclestage") != Some("lead")).unwrap();
    let answer = feedgate_tests::wire::Request::get(&format!("{}contacts({})", stack.url(id), outsider.id))
        .basic(USER, &stack.token);
    assert_eq!(stack.send(&answer).code().as_deref(), Some("EntityNotFound"));
    let preview = stack.admin.ok(&["source", "preview", id, "contacts", "--top", "3"]).to_string();
    assert!(truth.iter().any(|c| c.text("email").is_some_and(|email| preview.contains(email))), "{preview}");
    let pbids = stack.admin.run(&["source", "pbids", id]);
    assert!(pbids.stdout.contains(&stack.url(id)) && pbids.stdout.contains("\"odata\""), "{pbids:?}");
}

#[test]
fn the_history_names_who_did_what_and_why_a_request_was_refused() {
    let stack = stack();
    let (id, _) = stack.admin.mint(USER, &[]);
    stack.admin.ok(&["token", "revoke", &id]);
    let of_token = stack.admin.ok(&["history", "--kind", "token", "--token", &id]);
    let actions: Vec<&str> =
        of_token.as_array().unwrap().iter().filter_map(|entry| entry["action"].as_str()).collect();
    assert!(actions.contains(&"create") && actions.contains(&"revoke"), "{of_token}");
    assert!(of_token[0]["actor"].as_str().unwrap().starts_with("operator:"), "{of_token}");

    assert_eq!(stack.get("contacts?$top=1").status, 200);
    assert_eq!(stack.get_as("somebody@else.example", &stack.token, "").status, 401);
    let entries = wait::until("the requests to be in the history", wait::PATIENCE, || {
        let entries = stack.admin.ok(&["history", "--kind", "request"]);
        let text = entries.to_string();
        (text.contains("wrong_user") && text.contains(&stack.token_id)).then_some(entries)
    });
    let refusal =
        entries.as_array().unwrap().iter().find(|entry| entry.to_string().contains("wrong_user")).unwrap();
    for name in ["at", "kind", "action", "actor", "outcome", "reason"] {
        assert!(refusal.get(name).is_some_and(|value| *value != Value::Null), "{name} in {refusal}");
    }
}

#[test]
fn last_used_is_known_soon_after_a_request() {
    let stack = stack();
    assert_eq!(stack.admin.ok(&["token", "show", &stack.token_id])["last_used_at"], Value::Null);
    assert_eq!(stack.get("").status, 200);
    wait::until("last_used_at", wait::PATIENCE, || {
        stack.admin.ok(&["token", "show", &stack.token_id])["last_used_at"].as_str().map(str::to_owned)
    });
}

#[test]
fn a_backup_is_a_store_that_serves() {
    let mut stack = stack();
    let file = stack.folder().join("copy.db");
    stack.admin.ok(&["backup", &file.display().to_string()]);
    stack.server.terminate();
    stack.server.wait(wait::PATIENCE);
    let store = stack.folder().join("feedgate.db");
    for suffix in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{suffix}", store.display()));
    }
    std::fs::copy(&file, &store).unwrap();
    stack.start_again();
    assert_eq!(stack.get("contacts?$top=1").status, 200);
}
