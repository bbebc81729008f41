//! `docs/simulator.md` says by which test each behaviour is held: those tests exist.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking with the reason")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn sources(folder: &Path, text: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, text);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            text.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn every_test_that_the_documentation_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut code = String::new();
    for folder in ["simulator/src", "simulator/tests", "hubspot/tests"] {
        sources(&root.join(folder), &mut code);
    }
    let document = fs::read_to_string(root.join("docs/simulator.md")).unwrap();
    let last_columns = document.lines().filter_map(|line| line.trim_end_matches('|').rsplit('|').next());
    let names: BTreeSet<&str> = last_columns
        .flat_map(|column| column.split('`'))
        .filter(|word| word.matches('_').count() > 2)
        .collect();
    assert!(names.len() > 45, "{}", names.len());
    for name in names {
        assert!(code.contains(&format!("fn {name}()")), "there is no test {name}");
    }
}
