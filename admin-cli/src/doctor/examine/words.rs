//! Phrases that several findings share.

use jiff::{SignedDuration, Timestamp};
use schema::operations::token_show::TokenView;

use crate::doctor::facts::{Facts, Served};
use crate::output::{count, instant};

/// What people must do after a credential changed, wherever it is kept.
pub(super) const EVERYWHERE: &str = "Power BI Desktop, the data set in the service and each gateway keep separate copies: \
     edit the credentials in each, then look whether the data set's scheduled refresh is still switched on";

/// `the token 0123456789abcdef ("Sales desktop" of anna)`.
pub(super) fn token(token: &TokenView) -> String {
    format!("the token {} (\"{}\" of {})", token.id, token.label, token.user)
}

/// The first letter in upper case.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// What a token serves: ` It serves the refreshes of "Sales" (k7m2q9x4tb), usually at 03:00 UTC.`
pub(super) fn serves(facts: &Facts, token: &TokenView) -> String {
    let served: Vec<String> = facts.served_by(&token.id).map(|served| refreshes(facts, served)).collect();
    if served.is_empty() { String::new() } else { format!(" It serves {}.", served.join("; ")) }
}

/// `the refreshes of "Sales" (k7m2q9x4tb), usually at 03:00 UTC`.
pub(super) fn refreshes(facts: &Facts, served: &Served) -> String {
    let name = facts.source_name(&served.source);
    match &served.schedule {
        Some(schedule) => format!("the refreshes of {name}, usually at {}", schedule.hours()),
        None => format!("reads of {name}, the last {}", instant(served.last.started_at)),
    }
}

/// The first scheduled refresh from `end` on, which will fail: ` The first refresh that would fail is that of … at ….`
pub(super) fn first_to_fail(facts: &Facts, token: &TokenView, end: Timestamp) -> String {
    let next = facts.served_by(&token.id).filter_map(|served| {
        let at = served.schedule.as_ref()?.next_from(end.max(facts.now))?;
        Some((at, &served.source))
    });
    next.min().map_or_else(String::new, |(at, source)| {
        let name = facts.source_name(source);
        format!(" The first refresh that would fail is that of {name} at {}.", instant(at))
    })
}

/// `once`, `3 times`.
pub(super) fn times(number: u64) -> String {
    if number == 1 { "once".to_owned() } else { format!("{number} times") }
}

/// `in 3 days`, `in 5 hours`.
pub(super) fn until(now: Timestamp, end: Timestamp) -> String {
    format!("in {}", length(end.duration_since(now)))
}

/// `3 days`, `5 hours`, `12 minutes`, `40 seconds`.
pub(super) fn length(time: SignedDuration) -> String {
    let seconds = time.as_secs().abs();
    let (number, unit) = match seconds {
        172_800.. => (seconds / 86_400, "day"),
        7_200.. => (seconds / 3_600, "hour"),
        120.. => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    count(usize::try_from(number).unwrap_or_default(), unit)
}
