//! Tokens.

use schema::PlainToken;

use crate::support::{Admin, ended};

const CREATE: &str = "token create --user anna --label desktop";

fn active(admin: &Admin) -> usize {
    admin.json("token list --user anna --status active").as_array().unwrap().len()
}

#[test]
fn a_token_is_shown_once_and_has_the_agreed_shape() {
    let admin = Admin::acme();
    let mut token = admin.json(CREATE);
    let plain = PlainToken::parse(token["token"].as_str().unwrap()).unwrap();
    assert_eq!(token["id"], plain.id().as_str());
    token.as_object_mut().unwrap().remove("token");
    let names = [
        "id",
        "label",
        "user",
        "status",
        "created_at",
        "expires_at",
        "revoked_at",
        "last_used_at",
        "data_sources",
        "rotated_to",
    ];
    for name in names {
        assert!(token.get(name).is_some(), "{name} is missing: {token}");
    }
    assert_eq!(admin.json(&format!("token show {}", plain.id())), token);
    assert_eq!(admin.json("token list"), serde_json::json!([token]));
    let secret = &plain.expose()["fg_".len() + 16..];
    for line in ["token list", "history", "history --output json"] {
        assert!(!admin.run(line).out.contains(secret), "{line}");
    }
}

#[test]
fn people_learn_what_to_do_with_a_token() {
    let ran = Admin::acme().run(CREATE);
    assert!(ran.out.starts_with("fg_"), "{}", ran.out);
    assert!(ran.out.contains("only this once") && ran.out.contains("Power BI"), "{}", ran.out);
}

#[test]
fn the_sixth_token_is_refused_with_the_way_out() {
    let admin = Admin::acme();
    for _ in 0..5 {
        admin.json(CREATE);
    }
    let sentence = admin.refusal(CREATE, 4);
    assert!(sentence.contains("feedgate-admin token revoke"), "{sentence}");
    let first = admin.json("token list")[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(admin.json(&format!("token revoke {first}"))["status"], "revoked");
    admin.json(CREATE);
}

#[test]
fn sixteen_processes_at_once_leave_exactly_five_tokens() {
    let admin = Admin::acme();
    let running: Vec<_> = (0..16).map(|_| admin.start(CREATE)).collect();
    let mut codes: Vec<i32> = running.into_iter().map(|child| ended(child).code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [[0; 5].as_slice(), &[4; 11]].concat());
    assert_eq!(active(&admin), 5);
}

#[test]
fn an_unknown_token_is_not_found() {
    let admin = Admin::acme();
    for line in ["token show 0123456789abcdef", "token show nothing", "token revoke 0123456789abcdef"] {
        admin.refusal(line, 3);
    }
    admin.refusal("token create --user nobody --label x", 3);
    admin.refusal("token create --user anna --label x --data-source k7m2q9x4tb", 3);
    let other = admin.json("token create --user ben --label x")["id"].as_str().unwrap().to_owned();
    admin.refusal(&format!("token show {other} --as anna"), 3);
}

#[test]
fn a_whole_token_typed_as_an_id_is_not_repeated() {
    let admin = Admin::acme();
    let token = admin.json(CREATE)["token"].as_str().unwrap().to_owned();
    let sentence = admin.refusal(&format!("token revoke {token}"), 3);
    assert!(!sentence.contains(&token[19..]), "{sentence}");
}

#[test]
fn expiring_tokens_are_found() {
    let admin = Admin::acme();
    admin.json("token create --user anna --label short --expires-in 10d");
    admin.json("token create --user anna --label long --expires-in 20d");
    assert_eq!(admin.run("token list --expiring 5d").code, 0);
    let ran = admin.run("token list --expiring 14d --output json");
    assert_eq!(ran.code, 1, "{}", ran.err);
    let found = ran.value();
    assert_eq!((found.as_array().unwrap().len(), &found[0]["label"]), (1, &"short".into()));
}

#[test]
fn all_tokens_of_a_user_are_revoked_at_once() {
    let admin = Admin::acme();
    admin.json(CREATE);
    admin.json(CREATE);
    admin.json("token create --user ben --label his");
    assert_eq!(admin.json("token revoke-all --user anna")["revoked"].as_array().unwrap().len(), 2);
    assert_eq!(active(&admin), 0);
    assert_eq!(admin.json("token list --status active").as_array().unwrap().len(), 1);
}

#[test]
fn the_history_tells_who_did_it() {
    let admin = Admin::acme();
    let id = admin.json(CREATE)["id"].as_str().unwrap().to_owned();
    admin.json(&format!("token revoke {id} --as anna"));
    let entries = admin.json(&format!("history --kind token --token {id}"));
    let told: Vec<_> =
        entries.as_array().unwrap().iter().map(|entry| (&entry["action"], &entry["actor"])).collect();
    assert_eq!(told.len(), 2, "{entries}");
    assert!(
        told.iter()
            .any(|(action, actor)| **action == "create" && actor.as_str().unwrap().starts_with("operator:"))
    );
    assert!(told.iter().any(|(action, actor)| **action == "revoke" && **actor == "anna"));
    for name in
        ["at", "kind", "action", "actor", "token_id", "data_source", "outcome", "reason", "request_id"]
    {
        assert!(entries[0].get(name).is_some(), "{name} is missing: {entries}");
    }
    assert!(admin.run("history").out.contains("revoked the token"));
}

#[test]
fn a_rotation_hands_over_a_successor_and_lets_the_old_token_retire() {
    let admin = Admin::acme();
    for _ in 0..4 {
        admin.json(CREATE);
    }
    let old = admin.json(CREATE)["id"].as_str().unwrap().to_owned();
    let fresh = admin.json(&format!("token rotate {old} --overlap 3d --as anna"));
    assert_eq!(PlainToken::parse(fresh["token"].as_str().unwrap()).unwrap().id().as_str(), fresh["id"]);
    assert_eq!((&fresh["user"], &fresh["label"]), (&"anna".into(), &"desktop".into()));
    let shown = admin.json(&format!("token show {old}"));
    assert_eq!((&shown["status"], &shown["rotated_to"]), (&"retiring".into(), &fresh["id"]));
    assert_eq!(fresh["old"], shown);
    assert_eq!(active(&admin), 5);
    let sentence = admin.refusal(&format!("token rotate {old}"), 4);
    assert!(sentence.contains(fresh["id"].as_str().unwrap()), "{sentence}");
    let ran = admin.run(&format!("token rotate {} --overlap 0d", fresh["id"].as_str().unwrap()));
    assert!(ran.out.contains("has ended at") && ran.out.contains("never used"), "{}", ran.out);
    admin.refusal("token rotate 0123456789abcdef", 3);
    assert!(admin.run("history --kind token").out.contains("rotated the token"));
}

#[test]
fn of_processes_that_rotate_one_token_at_once_one_wins() {
    let admin = Admin::acme();
    let id = admin.json(CREATE)["id"].as_str().unwrap().to_owned();
    let running: Vec<_> = (0..6).map(|_| admin.start(&format!("token rotate {id}"))).collect();
    let mut codes: Vec<i32> = running.into_iter().map(|child| ended(child).code).collect();
    codes.sort_unstable();
    assert_eq!(codes, [0, 4, 4, 4, 4, 4]);
    assert_eq!(active(&admin), 1);
}

#[test]
fn a_leaked_token_is_revoked_by_whoever_has_it_and_never_repeated() {
    let admin = Admin::acme();
    let leaked = admin.json(CREATE)["token"].as_str().unwrap().to_owned();
    let stranger = Admin::acme().json(CREATE)["token"].as_str().unwrap().to_owned();
    for nothing in [stranger.as_str(), "fg_nonsense", &leaked[1..]] {
        let ran = admin.run_with(&["token", "revoke-leaked"], nothing);
        assert_eq!((ran.code, ran.out.as_str()), (3, ""), "{}", ran.err);
        assert!(ran.err.contains("nothing to revoke") && !ran.err.contains(nothing), "{}", ran.err);
    }
    assert_eq!(active(&admin), 1);
    admin.json("tenant create globex");
    let revoked = admin.json_with(&["token", "revoke-leaked"], &leaked);
    assert_eq!((&revoked["status"], &revoked["revoke_reason"]), (&"revoked".into(), &"leaked".into()));
    let ran = admin.run_with(&["token", "revoke-leaked"], &leaked);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(!ran.out.contains(&leaked), "{}", ran.out);
}
