//! What the crate promises to be without: nothing it depends on can wait, or speak to anyone.

use std::process::Command;

/// Runtimes, HTTP, sockets, TLS, and the other crates of this repository.
const FORBIDDEN: [&str; 17] = [
    "tokio",
    "async-std",
    "smol",
    "mio",
    "futures",
    "futures-core",
    "futures-util",
    "http",
    "hyper",
    "axum",
    "tower",
    "reqwest",
    "rustls",
    "socket2",
    "hubspot",
    "schema",
    "feedgate",
];

#[test]
fn no_dependency_waits_or_speaks_to_anyone() {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--package",
            "odata",
            "--edges",
            "normal",
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--offline",
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&output.stdout);
    let names: Vec<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(names.contains(&"odata") && names.contains(&"jiff"), "no tree: {text}");
    let found: Vec<&&str> =
        names.iter().filter(|name| FORBIDDEN.contains(name) || name.starts_with("hyper-")).collect();
    assert!(found.is_empty(), "{found:?}");
}
