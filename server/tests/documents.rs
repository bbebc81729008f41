//! Documents that are generated from the code: checked here, written anew with `UPDATE_DOCS=1`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::fmt::Write;
use std::path::Path;

use feedgate::config::SETTINGS;
use feedgate::error::ROWS;

#[expect(clippy::disallowed_methods, reason = "a test's own switch")]
fn updating() -> bool {
    std::env::var("UPDATE_DOCS").is_ok()
}

#[track_caller]
fn check(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name);
    if updating() {
        std::fs::write(&path, text).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == text, "docs/{name} is stale: run UPDATE_DOCS=1 cargo test -p feedgate --test documents");
}

/// From Microsoft's documentation of Power Query's handling of status codes; the real service was not tried.
fn in_power_bi(status: u16) -> &'static str {
    match status {
        401 => "asks for credentials; a scheduled refresh fails, and the schedule may be switched off",
        403 => {
            "says that access is forbidden; a scheduled refresh fails, and the schedule may be switched off"
        }
        408 | 429 | 503 | 504 => "repeats up to three times, then fails",
        400 | 501 => "asks for more and does the rest itself where it can, else shows the sentence",
        _ => "fails and shows the sentence",
    }
}

#[test]
fn the_table_of_errors_is_documented() {
    let mut text = String::from(
        "# Errors\n\nGenerated from `server/src/error/table.rs`. Every error body is OData JSON: `error.code` is one of \
         these, `error.message` a sentence for a person. Power BI shows that sentence for a 400 and its like, but not for \
         a 401 or 403; `feedgate-admin history --kind request` has it for all.\n\nPower Query discards the stored \
         credential at 401 and 403, and repeats 408, 429, 503 and 504 up to three times after `Retry-After`.\n\n\
         | status | `error.code` | what happened | what Power BI does | what to do |\n|---|---|---|---|---|\n",
    );
    for row in ROWS {
        let seen = in_power_bi(row.status);
        writeln!(text, "| {} | `{}` | {} | {seen} | {} |", row.status, row.name, row.meaning, row.remedy)
            .unwrap();
    }
    check("errors.md", &text);
}

#[test]
fn every_setting_is_documented() {
    let mut text = String::from(
        "# Configuration\n\nGenerated from `server/src/config/settings.rs`. Each setting is a key in the TOML file given \
         with `--config`, and an environment variable, which wins. `feedgate check` reports every fault at once.\n\n\
         | key | variable | default | meaning |\n|---|---|---|---|\n",
    );
    for setting in SETTINGS {
        let default = setting.default.map_or_else(|| "none".to_owned(), |value| format!("`{value}`"));
        writeln!(text, "| `{}` | `{}` | {default} | {} |", setting.key, setting.variable(), setting.meaning)
            .unwrap();
    }
    check("configuration.md", &text);
}
