//! The journal beside the limits: no sliding window may hold more calls than the portal allows.

use feedgate_tests::simulator::Call;

/// Calls that a portal allows: in ten seconds, searches in one, associations in ten.
pub(crate) struct Limits {
    pub(crate) general: u16,
    pub(crate) search: u16,
    pub(crate) associations: u16,
}

/// A search counts for its second from the latest instant at which it can have arrived: a quarter of a second after its
/// start. On a machine that is busy with other things it arrives later than that now and then, and comes too near to those
/// behind it. By so much, and no more, windows of search may be shorter here than a second.
const LATE_MS: i64 = 250;

/// The fullest window of each sort.
#[derive(Debug)]
pub(crate) struct Peaks {
    pub(crate) general: usize,
    /// In a second less [`LATE_MS`].
    pub(crate) search: usize,
    /// In a whole second, as it arrived.
    pub(crate) search_arrived: usize,
    pub(crate) associations: usize,
}

impl Peaks {
    pub(crate) fn kept(&self, limits: &Limits) -> bool {
        self.general <= limits.general.into()
            && self.search <= limits.search.into()
            && self.associations <= limits.associations.into()
    }
}

pub(crate) fn peaks(calls: &[Call]) -> Peaks {
    let search = |call: &Call| call.path.ends_with("/search") && call.method == "POST";
    let associations = |call: &Call| call.path.contains("/associations/");
    Peaks {
        general: peak(calls, 10_000, |call| !search(call) && !associations(call)),
        search: peak(calls, 1_000 - LATE_MS, search),
        search_arrived: peak(calls, 1_000, search),
        associations: peak(calls, 10_000, associations),
    }
}

/// Most calls in any window of so many milliseconds.
fn peak(calls: &[Call], window_ms: i64, counts: impl Fn(&Call) -> bool) -> usize {
    let mut times: Vec<i64> =
        calls.iter().filter(|call| counts(call)).map(|call| call.at.as_millisecond()).collect();
    times.sort_unstable();
    let (mut first, mut most) = (0, 0);
    for (last, at) in times.iter().enumerate() {
        while times[first] <= at - window_ms {
            first += 1;
        }
        most = most.max(last + 1 - first);
    }
    most
}
