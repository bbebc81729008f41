//! What a newcomer does first: start the demo, paste the printed line.

use std::process::{Command, Stdio};

use feedgate_tests::process::Process;
use feedgate_tests::{binaries, wait};

use crate::shared::demo;

#[test]
fn the_line_of_the_demo_names_everything_a_client_needs() {
    let demo = demo();
    let line: serde_json::Value = serde_json::from_str(&demo.line).unwrap();
    for name in ["url", "user", "token", "tenant", "data_source", "store", "simulator", "config", "pid"] {
        assert!(!line[name].is_null(), "{name} in {line}");
    }
    assert_eq!(line["pid"], demo.process.id());
    assert_eq!(demo.url, format!("http://{}/odata/{}/", demo.authority(), demo.data_source));
    assert!(demo.store.starts_with("sqlite:"), "{}", demo.store);
    // A second or two on a quiet machine; this test shares it with others.
    assert!(demo.ready_after.as_secs() < 15, "ready after {:?}", demo.ready_after);
}

#[test]
fn a_token_has_the_form_and_the_check_characters_of_the_contract() {
    let token = &demo().token;
    assert!(token.is_ascii() && token.starts_with("fg_") && token.len() == 57, "{} characters", token.len());
    let (front, check) = token.split_at(51);
    let mut crc = flate2::Crc::new();
    crc.update(front.as_bytes());
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut rest = crc.sum() as usize;
    let mut expected = [b'0'; 6];
    for place in expected.iter_mut().rev() {
        *place = alphabet[rest % 62];
        rest /= 62;
    }
    assert_eq!(check.as_bytes(), expected);
}

#[test]
fn the_printed_curl_line_works_as_it_is() {
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("skipped: there is no curl on this machine");
        return;
    }
    let mut command = Command::new(binaries::path("feedgate"));
    command.args(["demo", "--listen", "127.0.0.1:0", "--contacts", "50"]);
    let mut demo = Process::start(&mut command);
    demo.log_everything();
    let line = wait::until("the curl line", wait::PATIENCE, || {
        let log = demo.log();
        let line = log.lines().find(|line| line.trim_start().starts_with("curl "))?;
        // A line that is still being written has no end yet.
        log.contains(&format!("{line}\n")).then(|| line.trim().to_owned())
    });
    let status = ["sh", "-c", &format!("{line} --silent --write-out '\\n%{{http_code}}'")];
    let output = Command::new(status[0]).args(&status[1..]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.trim_end().rsplit_once('\n').unwrap();
    assert_eq!(status, "200", "{line}\n{text}");
    assert!(body.contains("$metadata"), "{body}");
}

#[test]
fn a_terminated_demo_leaves_no_folder_behind() {
    let mut demo = feedgate_tests::feedgate::Feedgate::demo(&feedgate_tests::feedgate::Demo::of(50));
    let store = std::path::PathBuf::from(demo.store.trim_start_matches("sqlite:"));
    assert!(store.is_file());
    demo.process.terminate();
    let status = demo.process.wait(wait::PATIENCE);
    assert!(status.success(), "{status}");
    assert!(!store.exists(), "{} is still there", store.display());
}
