//! The refreshes that run by themselves: what depends on a token.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::clock::from_milliseconds;
use crate::id::DataSourceId;
use crate::schedule::Schedule;
use crate::token::TokenId;

/// Requests are looked at by the ten minutes they fall into: the gap that parts two refreshes.
pub(crate) const BUCKET: i64 = 600_000;
/// So far back is looked: four rounds of a weekly schedule.
pub(crate) const LOOK_BACK: SignedDuration = SignedDuration::from_hours(28 * 24);
/// A refresh that did not run for so long is given up, not silent: a weekly one has missed two rounds.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(15 * 24);

/// A refresh that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Habit {
    /// The token it uses.
    pub token_id: TokenId,
    /// The data source it reads.
    pub data_source: DataSourceId,
    /// When it begins.
    #[serde(flatten)]
    pub schedule: Schedule,
    /// The rows it usually reads (the median).
    pub rows: u64,
    /// How long it usually takes, in whole ten minutes (the median).
    pub minutes_taken: u64,
}

/// Ten minutes in which a token was used on a data source.
#[derive(Debug, Clone)]
pub(crate) struct Busy {
    pub(crate) token: TokenId,
    pub(crate) data_source: DataSourceId,
    pub(crate) bucket: i64,
    pub(crate) rows: u64,
}

/// Buckets that follow one another.
struct Run {
    begin: i64,
    end: i64,
    rows: u64,
}

/// The habits in `busy` as seen at `now`.
pub(crate) fn recognise(busy: Vec<Busy>, now: Timestamp) -> Vec<Habit> {
    let mut runs: BTreeMap<(TokenId, DataSourceId), Vec<Run>> = BTreeMap::new();
    let mut busy = busy;
    busy.sort_by_key(|busy| busy.bucket);
    for Busy { token, data_source, bucket, rows } in busy {
        let runs = runs.entry((token, data_source)).or_default();
        match runs.last_mut() {
            Some(last) if bucket <= last.end + 1 => {
                last.end = bucket;
                last.rows += rows;
            }
            _ => runs.push(Run { begin: bucket, end: bucket, rows }),
        }
    }
    let habit = |((token, source), runs): ((TokenId, DataSourceId), Vec<Run>)| habit(token, source, &runs);
    let kept = |habit: &Habit| now.duration_since(habit.schedule.last) <= GIVEN_UP;
    runs.into_iter().filter_map(habit).filter(kept).collect()
}

fn habit(token_id: TokenId, data_source: DataSourceId, runs: &[Run]) -> Option<Habit> {
    let begins: Vec<Timestamp> = runs.iter().map(|run| from_milliseconds(run.begin * BUCKET)).collect();
    let taken = |run: &Run| u64::try_from(run.end - run.begin + 1).unwrap_or(1) * 10;
    Some(Habit {
        token_id,
        data_source,
        schedule: Schedule::of(&begins)?,
        rows: median(runs.iter().map(|run| run.rows)),
        minutes_taken: median(runs.iter().map(taken)),
    })
}

fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400_000;

    /// Ten minutes each at `day` and `minute`, with as many rows as the minute of the day.
    fn seen(moments: &[(i64, i64)], now: i64) -> Vec<Habit> {
        let busy = moments.iter().map(|(day, minute)| Busy {
            token: TokenId::stored("t".into()),
            data_source: DataSourceId::stored("s".into()),
            bucket: (day * DAY + minute * 60_000) / BUCKET,
            rows: u64::try_from(*minute).unwrap(),
        });
        recognise(busy.collect(), from_milliseconds(now * DAY))
    }

    #[test]
    fn requests_that_follow_one_another_are_one_refresh_of_a_habit() {
        let habits = seen(&[(1, 180), (1, 190), (2, 180), (3, 180), (3, 190)], 4);
        assert_eq!(habits.len(), 1);
        assert_eq!(habits[0].schedule.hours(), "03:00 UTC");
        assert_eq!((habits[0].rows, habits[0].minutes_taken), (370, 20));
        assert_eq!(habits[0].schedule.last, from_milliseconds(3 * DAY + 180 * 60_000));
        assert!(seen(&[(1, 180), (2, 180)], 4).is_empty(), "two days are chance");
    }

    #[test]
    fn what_stopped_two_weeks_ago_is_no_habit_any_more() {
        let moments = [(1, 180), (2, 180), (3, 180)];
        assert_eq!(seen(&moments, 18).len(), 1);
        assert!(seen(&moments, 19).is_empty());
    }
}
