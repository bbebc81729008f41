//! What is on the disk and in the log after a refresh: no CRM value, no secret.

use std::path::Path;

use feedgate_tests::stack::{Options, Stack, USER};
use feedgate_tests::wait;

use crate::shared::{filter, rows};

#[test]
fn neither_store_nor_log_holds_a_crm_value_or_a_secret() {
    let options =
        Options::with(300, &["contacts", "companies"]).set("log", "trace").set("log_format", "json");
    let mut stack = Stack::start(&options);
    let contacts = stack.simulator.rows("contacts");
    let mut client = stack.client();
    assert_eq!(rows(&mut client, "contacts").len(), contacts.len());
    let email = contacts.iter().find_map(|c| c.text("email")).unwrap();
    let filtered = rows(&mut client, &format!("contacts?{}", filter(&format!("email eq '{email}'"))));
    assert_eq!(filtered.len(), 1);
    assert_eq!(stack.get_as("mallory@acme.example", &stack.token, "contacts").status, 401);
    // The history is written in batches; the stop flushes what is left, and the store is closed.
    let used = stack.admin.ok(&["history", "--kind", "request"]).to_string();
    wait::until("the history to be written", wait::PATIENCE, || {
        stack.admin.ok(&["history", "--kind", "request"]).to_string().contains("wrong_user").then_some(())
    });
    assert!(!used.contains(email), "the history shows a literal of a filter");

    let mut places = files(stack.folder());
    stack.server.terminate();
    stack.server.wait(wait::PATIENCE);
    places.extend(files(stack.folder()));
    places.push(("the log".to_owned(), stack.server.log()));
    assert!(places.iter().any(|(name, text)| name == "feedgate.db" && text.len() > 4_096));
    assert!(stack.server.log().contains("TRACE"), "the log is not as talkative as it was asked to be");

    let mut needles = vec![
        ("the secret of a token".to_owned(), stack.token[19..51].to_owned()),
        ("HubSpot's token".to_owned(), stack.simulator.access_token.clone()),
        (
            "the credentials field".to_owned(),
            feedgate_tests::wire::basic(USER, &stack.token)[6..60].to_owned(),
        ),
    ];
    for record in contacts.iter().step_by(3) {
        for name in ["email", "phone", "lastname", "address"] {
            // Short texts may stand in a file by chance.
            if let Some(text) = record.text(name).filter(|text| text.len() >= 9) {
                needles.push((format!("{name} of {}", record.id), text.to_owned()));
            }
        }
    }
    assert!(needles.len() > 100, "{}", needles.len());
    for (place, text) in &places {
        for (what, needle) in &needles {
            assert!(!text.contains(needle), "{place} holds {what}: {needle}");
        }
    }
}

/// Every file in the folder but the configuration, which the operator wrote.
fn files(folder: &Path) -> Vec<(String, String)> {
    let entries = std::fs::read_dir(folder).unwrap().filter_map(Result::ok);
    let files = entries.filter(|entry| entry.path().extension().is_none_or(|extension| extension != "toml"));
    files.map(|entry| (entry.file_name().to_string_lossy().into_owned(), text(&entry.path()))).collect()
}

/// The bytes of a file as text: what is no UTF-8 becomes another character, and the needles are all UTF-8.
fn text(file: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned()
}
