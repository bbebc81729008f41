//! When refreshes usually begin: what depends on a token, and what is missing when it falls silent.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::clock::from_milliseconds;
use crate::id::DataSourceId;
use crate::token::TokenId;

/// Requests are looked at by the ten minutes they fall into: the gap that parts two refreshes.
pub(crate) const BUCKET: i64 = 600_000;
const BUCKETS_OF_A_DAY: i64 = 86_400_000 / BUCKET;
/// So far back is looked: four rounds of a weekly schedule.
pub(crate) const LOOK_BACK: SignedDuration = SignedDuration::from_hours(28 * 24);
/// Beginnings this near to each other are one time of a schedule: the service starts a refresh up to 15 minutes late,
/// and within an hour in busy times.
const NEAR: i64 = 3;
/// A time is usual when it was met on as many days.
const DAYS: usize = 3;
/// A refresh that did not run for so long is given up, not silent: a weekly one has missed two rounds.
const GIVEN_UP: SignedDuration = SignedDuration::from_hours(15 * 24);

/// A refresh that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Habit {
    /// The token it uses.
    pub token_id: TokenId,
    /// The data source it reads.
    pub data_source: DataSourceId,
    /// When it usually begins, in minutes after midnight UTC, in the order of the day.
    pub minutes: Vec<u16>,
    /// On how many days it was seen.
    pub days: usize,
    /// When it was last seen.
    pub last_at: Timestamp,
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

impl Habit {
    /// The first usual beginning after `now`.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        let day = now.as_millisecond().div_euclid(86_400_000);
        let at = |day: i64, minute: u16| from_milliseconds(day * 86_400_000 + i64::from(minute) * 60_000);
        let candidates =
            [day, day + 1].into_iter().flat_map(|day| self.minutes.iter().map(move |m| at(day, *m)));
        candidates.filter(|at| *at > now).min()
    }
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
    let kept = |habit: &Habit| now.duration_since(habit.last_at) <= GIVEN_UP;
    runs.into_iter().filter_map(habit).filter(kept).collect()
}

fn habit(token_id: TokenId, data_source: DataSourceId, runs: &[Run]) -> Option<Habit> {
    let times = usual_times(runs);
    let usual: Vec<&Run> =
        runs.iter().filter(|run| times.iter().any(|time| near(time_of(run), *time))).collect();
    let last = usual.last()?;
    let days: BTreeSet<i64> = usual.iter().map(|run| run.begin / BUCKETS_OF_A_DAY).collect();
    let minutes = times.iter().filter_map(|time| u16::try_from(time * 10).ok()).collect();
    Some(Habit {
        token_id,
        data_source,
        minutes,
        days: days.len(),
        last_at: from_milliseconds(last.begin * BUCKET),
        rows: median(usual.iter().map(|run| run.rows)),
        minutes_taken: median(
            usual.iter().map(|run| u64::try_from(run.end - run.begin + 1).unwrap_or(1) * 10),
        ),
    })
}

/// The earliest of beginnings that lie near each other on enough days, as buckets of the day.
fn usual_times(runs: &[Run]) -> Vec<i64> {
    let mut times: Vec<i64> = Vec::new();
    let mut begins: Vec<i64> = runs.iter().map(time_of).collect();
    begins.sort_unstable();
    begins.dedup();
    for begin in begins {
        let close = runs.iter().filter(|run| (0..=NEAR).contains(&(time_of(run) - begin)));
        let days: BTreeSet<i64> = close.map(|run| run.begin / BUCKETS_OF_A_DAY).collect();
        if days.len() >= DAYS && times.iter().all(|time| begin - time > NEAR) {
            times.push(begin);
        }
    }
    times
}

fn time_of(run: &Run) -> i64 {
    run.begin % BUCKETS_OF_A_DAY
}

fn near(begin: i64, time: i64) -> bool {
    (0..=NEAR).contains(&(begin - time))
}

fn median(values: impl Iterator<Item = u64>) -> u64 {
    let mut values: Vec<u64> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten minutes each at `day` and `minute`, with as many rows as the minute of the day.
    fn seen(moments: &[(i64, i64)], now: i64) -> Vec<Habit> {
        let busy = moments.iter().map(|(day, minute)| Busy {
            token: TokenId::stored("t".into()),
            data_source: DataSourceId::stored("s".into()),
            bucket: day * BUCKETS_OF_A_DAY + minute / 10,
            rows: u64::try_from(*minute).unwrap(),
        });
        recognise(busy.collect(), from_milliseconds(now * 86_400_000))
    }

    #[test]
    fn what_begins_at_one_time_on_three_days_is_a_habit() {
        let habits = seen(&[(1, 180), (2, 200), (3, 180), (3, 190), (2, 720)], 4);
        assert_eq!(habits.len(), 1);
        assert_eq!((habits[0].minutes.as_slice(), habits[0].days), ([180].as_slice(), 3));
        assert_eq!((habits[0].rows, habits[0].minutes_taken), (200, 10));
        assert_eq!(habits[0].last_at, from_milliseconds(3 * 86_400_000 + 180 * 60_000));
        assert!(seen(&[(1, 180), (2, 180), (2, 400)], 4).is_empty(), "two days are chance");
        assert!(seen(&[(1, 0), (2, 300), (3, 700)], 4).is_empty(), "a person at work");
    }

    #[test]
    fn several_times_a_day_are_several_times() {
        let moments: Vec<(i64, i64)> = (1..5).flat_map(|day| [(day, 180), (day, 720)]).collect();
        assert_eq!(seen(&moments, 5)[0].minutes, [180, 720]);
    }

    #[test]
    fn what_stopped_two_weeks_ago_is_no_habit_any_more() {
        let moments = [(1, 180), (2, 180), (3, 180)];
        assert_eq!(seen(&moments, 18).len(), 1);
        assert!(seen(&moments, 19).is_empty());
    }

    #[test]
    fn the_next_beginning_is_today_or_tomorrow() {
        let habit = seen(&[(1, 180), (2, 180), (3, 180)], 4).remove(0);
        let next = |minute: i64| habit.next(from_milliseconds(4 * 86_400_000 + minute * 60_000)).unwrap();
        assert_eq!(next(0), from_milliseconds(4 * 86_400_000 + 180 * 60_000));
        assert_eq!(next(180), from_milliseconds(5 * 86_400_000 + 180 * 60_000));
    }
}
