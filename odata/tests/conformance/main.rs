//! What the OData conformance levels ask of a read-only service, and whether Feedgate does it: `docs/odata-conformance.md`
//! is written from here.
//!
//! A requirement is met only if a test shows it. Whoever builds something changes its row in [`v4_0`],
//! [`v4_0_advanced`] or [`v4_01`] and runs `UPDATE_DOCS=1 cargo test -p odata --test conformance`.

#[cfg(test)]
mod v4_0;
#[cfg(test)]
mod v4_01;
#[cfg(test)]
mod v4_0_advanced;

use std::fmt::Write as _;
use std::path::PathBuf;

/// How strongly the specification asks for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Force {
    Must,
    Should,
    May,
}
use Force::{May, Must, Should};

/// What Feedgate does about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    /// Done, and the tests show it: path of the file from the root of the repository, and the test's name.
    Yes(&'static [(&'static str, &'static str)]),
    /// Not done, with what happens instead.
    No(&'static str),
    /// The condition of the requirement does not hold here.
    NotApplicable(&'static str),
}
use Status::{No, NotApplicable, Yes};

/// A requirement: its number in the specification, its force, what it asks for, and how it stands.
type Row = (&'static str, Force, &'static str, Status);

/// A conformance level of a version.
struct Level {
    title: &'static str,
    rows: &'static [Row],
}

fn levels() -> [Level; 6] {
    [
        v4_0::MINIMAL,
        v4_0::INTERMEDIATE,
        v4_0_advanced::ADVANCED,
        v4_01::MINIMAL,
        v4_01::INTERMEDIATE,
        v4_01::ADVANCED,
    ]
}

#[test]
fn every_test_that_is_named_exists() {
    for level in levels() {
        for (number, _, _, status) in level.rows {
            let Yes(proofs) = status else { continue };
            assert!(!proofs.is_empty(), "{} {number} is claimed without a test", level.title);
            for (file, test) in *proofs {
                let text = std::fs::read_to_string(path(file)).unwrap_or_default();
                let found = text.contains(&format!("fn {test}("));
                assert!(found, "{} {number}: there is no test `{test}` in {file}", level.title);
            }
        }
    }
}

#[test]
fn a_level_is_claimed_only_with_everything_it_asks_for() {
    let all = levels();
    for (level, parts) in [(1, &[0][..]), (2, &[1]), (3, &[0]), (4, &[1, 3]), (5, &[2, 4])] {
        for &part in parts {
            let whole =
                all[part].rows.iter().all(|(_, force, _, status)| *force != Must || !matches!(status, No(_)));
            let title = all[part].title;
            let claim =
                all[level].rows.iter().find(|(_, _, what, _)| *what == format!("{title}, as a whole"));
            let (_, _, _, claimed) = claim.expect("every level names the levels it builds on");
            assert_eq!(matches!(claimed, Yes(_)), whole, "{} on {title}", all[level].title);
        }
    }
}

#[test]
fn the_page_is_current() {
    let path = path("docs/odata-conformance.md");
    let page = page();
    if updating() {
        std::fs::write(&path, &page).unwrap();
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/odata-conformance.md is stale: run UPDATE_DOCS=1 cargo test -p odata --test conformance"
    );
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test's own switch")]
fn updating() -> bool {
    std::env::var("UPDATE_DOCS").is_ok()
}

fn path(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(file)
}

fn page() -> String {
    let mut page = String::from(
        "# OData conformance\n\nGenerated from `odata/tests/conformance/`. What the conformance levels of OData 4.0 and 4.01 ask of \
         a read-only service, in our words, and whether Feedgate does it. A *yes* names the tests that show it; what is \
         understood and not built is answered with 501.\n\n| level | MUST | SHOULD | MAY |\n|---|---|---|---|\n",
    );
    for level in levels() {
        let [must, should, may] = [Must, Should, May].map(|force| score(&level, force));
        let _ = writeln!(page, "| {} | {must} | {should} | {may} |", level.title);
    }
    for level in levels() {
        let _ = writeln!(
            page,
            "\n## {}\n\n| | | asks for | status | shown by |\n|---|---|---|---|---|",
            level.title
        );
        for (number, force, what, status) in level.rows {
            let (word, shown) = match status {
                Yes(proofs) => ("yes", proofs.iter().map(proof).collect::<Vec<_>>().join("<br>")),
                No(instead) => ("no", (*instead).to_owned()),
                NotApplicable(why) => ("not applicable", (*why).to_owned()),
            };
            let force = format!("{force:?}").to_uppercase();
            let _ = writeln!(page, "| {number} | {force} | {what} | {word} | {shown} |");
        }
    }
    page
}

fn proof((file, test): &(&str, &str)) -> String {
    format!("[`{test}`](../{file})")
}

/// `7 of 9`, without what does not apply.
fn score(level: &Level, force: Force) -> String {
    let rows = || {
        level.rows.iter().filter(|(_, own, _, status)| *own == force && !matches!(status, NotApplicable(_)))
    };
    match (rows().filter(|(_, _, _, status)| matches!(status, Yes(_))).count(), rows().count()) {
        (_, 0) => "–".to_owned(),
        (met, all) => format!("{met} of {all}"),
    }
}
