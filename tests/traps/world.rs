//! The portals in which the traps are set, and how an answer is judged.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use feedgate_tests::replay::{Fault, Row};
use feedgate_tests::stack::{Options, Stack};
use feedgate_tests::truth::Truth;
use serde_json::{Value, json};

/// A stack that one test at a time may spoil; it is mended when the test ends.
pub(crate) struct World {
    stack: MutexGuard<'static, Stack>,
}

impl World {
    fn of(cell: &'static OnceLock<Mutex<Stack>>, start: impl FnOnce() -> Stack) -> World {
        let stack = cell.get_or_init(|| Mutex::new(start()));
        // A test that failed with it has mended it while it unwound.
        World { stack: stack.lock().unwrap_or_else(PoisonError::into_inner) }
    }

    /// 700 contacts with what belongs to them.
    pub(crate) fn small() -> World {
        static SMALL: OnceLock<Mutex<Stack>> = OnceLock::new();
        World::of(&SMALL, || {
            let objects = [
                "contacts:email,firstname,lastname,city,credit_limit,loyalty_points,vip,contract_signed_on,\
                            lifecyclestage,createdate,lastmodifieddate",
                "companies:name,city,numberofemployees",
            ];
            Stack::start(&Options::with(700, &objects).set("request_deadline", "8s"))
        })
    }

    /// 12,000 contacts, most of which came in one millisecond.
    pub(crate) fn large() -> World {
        static LARGE: OnceLock<Mutex<Stack>> = OnceLock::new();
        World::of(&LARGE, || {
            let mut options = Options::with(12_000, &["contacts:email,createdate"]);
            let few = ["--imported", "10500", "--companies", "10", "--deals", "10", "--tickets", "10"];
            options.simulator.extend(few.map(str::to_owned));
            Stack::start(&options)
        })
    }

    /// A portal of one's own, for traps that leave something behind.
    pub(crate) fn own(contacts: u32, objects: &[&str]) -> Stack {
        Stack::start(&Options::with(contacts, objects).set("request_deadline", "8s"))
    }
}

impl Deref for World {
    type Target = Stack;

    fn deref(&self) -> &Stack {
        &self.stack
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.stack.simulator.mend();
        self.stack.simulator.control("DELETE", "/__sim/quirks", None);
    }
}

/// Turns quirks on.
pub(crate) fn quirks(stack: &Stack, quirks: &Value) {
    stack.simulator.control("POST", "/__sim/quirks", Some(quirks));
}

/// Lets calls whose path holds `part` fail by this preset from the second one on, so many times.
pub(crate) fn fault(stack: &Stack, preset: &str, part: &str, times: Option<u64>) {
    let mut fault = json!({"preset": preset, "match": {"path_contains": part}, "after": 1});
    if let Some(times) = times {
        fault["times"] = json!(times);
    }
    stack.simulator.fault(&fault);
}

/// The ids of live records that match, ascending.
pub(crate) fn true_ids(stack: &Stack, object: &str, matches: impl Fn(&Truth) -> bool) -> Vec<u64> {
    let mut ids: Vec<u64> =
        stack.simulator.rows(object).iter().filter(|row| matches(row)).map(Truth::id).collect();
    ids.sort_unstable();
    ids
}

/// What came of a read: the ids, ascending, or status and code.
pub(crate) type Outcome = Result<Vec<u64>, (u16, String)>;

/// Reads to the end, as Power Query does. Anything but a table or an honest refusal fails the test.
pub(crate) fn read(stack: &Stack, request: &str) -> Outcome {
    match rows(stack, request) {
        Ok(rows) => Ok(ids(&rows)),
        Err(refusal) => Err(refusal),
    }
}

/// The same with the rows.
pub(crate) fn rows(stack: &Stack, request: &str) -> Result<Vec<Row>, (u16, String)> {
    stack.client().rows(request).map_err(|fault| refusal(request, &fault))
}

pub(crate) fn refusal(request: &str, fault: &Fault) -> (u16, String) {
    let refusal = fault.refusal().unwrap_or_else(|| panic!("{request}: {fault:?}"));
    let honest = refusal.1.starts_with("Source") && matches!(refusal.0, 502..=504) || refusal.0 == 501;
    assert!(honest, "{request}: not an error of the source: {refusal:?}");
    refusal
}

pub(crate) fn ids(rows: &[Row]) -> Vec<u64> {
    let mut ids: Vec<u64> = rows.iter().map(Row::id).collect();
    ids.sort_unstable();
    ids
}

/// The table is whole.
#[track_caller]
pub(crate) fn complete(outcome: &Outcome, expected: &[u64]) {
    match outcome {
        Ok(read) if read == expected => {}
        Ok(read) => {
            let missing: Vec<_> = expected.iter().filter(|id| !read.contains(id)).take(5).collect();
            let surplus: Vec<_> = read.iter().filter(|id| !expected.contains(id)).take(5).collect();
            let (read, all) = (read.len(), expected.len());
            panic!("a wrong table: {read} rows of {all}, missing {missing:?}, too many {surplus:?}");
        }
        Err(refusal) => panic!("the table could be read, and was not: {refusal:?}"),
    }
}

/// The table is whole, or there is this honest error instead.
#[track_caller]
pub(crate) fn complete_or(outcome: &Outcome, expected: &[u64], refusal: (u16, &str)) {
    if let Err((status, code)) = outcome {
        assert_eq!((*status, code.as_str()), refusal);
    } else {
        complete(outcome, expected);
    }
}

/// `contacts?$filter=…`, encoded like Power Query's.
pub(crate) fn filtered(set: &str, expression: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    let encoded: String = expression
        .bytes()
        .map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") })
        .collect();
    format!("{set}?$filter={encoded}&$select=id")
}

/// How often this object was searched since a call.
pub(crate) fn searches(stack: &Stack, object: &str, since: u64) -> usize {
    stack.simulator.journal(since).iter().filter(|call| call.searches(object)).count()
}
