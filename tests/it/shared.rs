//! What several tests read and none changes, started once; and small helpers.

use std::sync::OnceLock;

use feedgate_tests::feedgate::{Demo, Feedgate};
use feedgate_tests::replay::{PowerQuery, Row};
use feedgate_tests::stack::{Options, Stack};
use feedgate_tests::truth::Truth;

/// The demo as a newcomer starts it: 10,000 contacts behind real budgets. Nobody changes it.
pub(crate) fn demo() -> &'static Feedgate {
    static DEMO: OnceLock<Feedgate> = OnceLock::new();
    DEMO.get_or_init(|| Feedgate::demo(&Demo::of(10_000)))
}

/// A portal of 1,200 contacts without budgets, for many queries. Nobody changes it.
pub(crate) fn portal() -> &'static Stack {
    static PORTAL: OnceLock<Stack> = OnceLock::new();
    PORTAL.get_or_init(|| Stack::start(&Options::with(1_200, &["contacts", "companies", "deals", "owners"])))
}

/// Percent-encodes like Power Query: everything but letters, digits and `-_.~`.
pub(crate) fn encoded(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `$filter=…`, encoded like Power Query's.
pub(crate) fn filter(expression: &str) -> String {
    format!("$filter={}", encoded(expression))
}

/// The ids of rows, ascending.
pub(crate) fn ids(rows: &[Row]) -> Vec<u64> {
    let mut ids: Vec<u64> = rows.iter().map(Row::id).collect();
    ids.sort_unstable();
    ids
}

/// The ids of the records that match, ascending.
pub(crate) fn true_ids(truth: &[Truth], matches: impl Fn(&Truth) -> bool) -> Vec<u64> {
    let mut ids: Vec<u64> = truth.iter().filter(|record| matches(record)).map(Truth::id).collect();
    ids.sort_unstable();
    ids
}

/// All rows of a request, or the reason there are none.
pub(crate) fn rows(client: &mut PowerQuery, request: &str) -> Vec<Row> {
    client.rows(request).unwrap_or_else(|fault| panic!("{request}: {fault:?}"))
}
