//! Waiting for a condition, with a deadline.

use std::time::{Duration, Instant};

/// How long anything may take that normally takes a moment: generous, because a loaded machine is no fault.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Between two looks at a condition: short beside everything that is waited for, long enough to leave the processor alone.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Looks until `condition` gives something.
///
/// # Panics
/// When it has not within `patience`.
pub fn until<T>(what: &str, patience: Duration, mut condition: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(started.elapsed() < patience, "waited {patience:?} in vain for {what}");
        std::thread::sleep(LOOK_AGAIN);
    }
}

/// Waits until the wall clock shows `at`: for expiries, which are wall-clock times.
pub fn until_instant(at: jiff::Timestamp) {
    until(&format!("the clock to show {at}"), PATIENCE, || (now() >= at).then_some(()));
}

/// The wall clock, as the programs under test see it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the programs under test run on the machine's clock")]
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
