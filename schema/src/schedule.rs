//! Recognises a schedule in the instants at which refreshes began: the times of day that come again and again. Power BI
//! tells nobody that it has switched a schedule off; that nothing comes at the usual time is the only sign.
//!
//! Times are of UTC. A schedule in a zone with summer time moves by an hour twice a year: a time counts as kept when the
//! refresh begins within [`LATE`] of it.

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Refreshes whose times of day lie within this belong together: Power BI begins some minutes after the appointed time.
const TOGETHER: i64 = 20;
/// A time of day is usual when it was kept on so many days.
const DAYS: usize = 3;
/// Of ten refreshes, so many must begin at a usual time: what people start by hand has no schedule.
const OF_TEN: usize = 7;
/// What has not begun so long after its time does not come: longer than any delay of Power BI and than summer time.
pub const LATE: SignedDuration = SignedDuration::from_hours(6);

/// When refreshes usually begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Schedule {
    /// Times of day in UTC, in order.
    pub times: Vec<Time>,
    /// The days of the week on which they begin, from Monday; all seven while less than a week is known.
    #[serde(skip)]
    days: [bool; 7],
    /// When the last one began.
    pub last: Timestamp,
}

impl Schedule {
    /// The schedule behind these beginnings, in any order. `None` when there is no regularity in them.
    #[must_use]
    pub fn of(starts: &[Timestamp]) -> Option<Schedule> {
        let (first, last) = (*starts.iter().min()?, *starts.iter().max()?);
        let mut begun: Vec<(i64, Date)> = starts.iter().map(|at| minute_and_day(*at)).collect();
        begun.sort_unstable();
        let mut times = Vec::new();
        let (mut days, mut kept) = ([false; 7], 0);
        for together in begun.chunk_by(|a, b| b.0 - a.0 <= TOGETHER) {
            let mut on: Vec<Date> = together.iter().map(|(_, day)| *day).collect();
            on.sort_unstable();
            on.dedup();
            if on.len() >= DAYS {
                times.extend(time_of(together[0].0));
                kept += together.len();
                on.iter().for_each(|day| days[place(day.weekday())] = true);
            }
        }
        if times.is_empty() || kept * 10 < starts.len() * OF_TEN {
            return None;
        }
        if last.duration_since(first) < SignedDuration::from_hours(24 * 7) {
            days = [true; 7];
        }
        Some(Schedule { times, days, last })
    }

    /// The next usual time after `at`.
    #[must_use]
    pub fn next_after(&self, at: Timestamp) -> Option<Timestamp> {
        let today = at.to_zoned(TimeZone::UTC).date();
        let week = (0..=7).filter_map(|ahead| today.checked_add(SignedDuration::from_hours(24 * ahead)).ok());
        let on = week.filter(|day| self.days[place(day.weekday())]);
        let times = on.flat_map(|day| self.times.iter().map(move |time| day.to_datetime(*time)));
        let instants = times.filter_map(|time| TimeZone::UTC.to_timestamp(time).ok());
        instants.into_iter().find(|instant| *instant > at)
    }

    /// The next usual time at `at` or later: the first one that a token which ends then does not serve.
    #[must_use]
    pub fn next_from(&self, at: Timestamp) -> Option<Timestamp> {
        self.next_after(at.checked_sub(SignedDuration::from_millis(1)).ok()?)
    }

    /// The usual time at which nothing began, when that is long enough ago to be told from a delay.
    #[must_use]
    pub fn silent_since(&self, now: Timestamp) -> Option<Timestamp> {
        // The last one may have begun a little before its own time: times of day are the earliest that were seen.
        let missed = self.next_after(self.last.checked_add(SignedDuration::from_mins(TOGETHER)).ok()?)?;
        (now.duration_since(missed) > LATE).then_some(missed)
    }

    /// `03:00 and 15:30 UTC`.
    #[must_use]
    pub fn hours(&self) -> String {
        let times: Vec<String> = self.times.iter().map(|time| time.strftime("%H:%M").to_string()).collect();
        match times.split_last() {
            Some((last, [])) => format!("{last} UTC"),
            Some((last, before)) => format!("{} and {last} UTC", before.join(", ")),
            None => String::new(),
        }
    }
}

fn minute_and_day(at: Timestamp) -> (i64, Date) {
    let at = at.to_zoned(TimeZone::UTC);
    (i64::from(at.hour()) * 60 + i64::from(at.minute()), at.date())
}

fn time_of(minute: i64) -> Option<Time> {
    Time::new(i8::try_from(minute / 60).ok()?, i8::try_from(minute % 60).ok()?, 0, 0).ok()
}

fn place(day: Weekday) -> usize {
    usize::try_from(day.to_monday_zero_offset()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Each of these days at these times, some minutes late.
    fn begun(days: std::ops::RangeInclusive<i8>, times: &[&str]) -> Vec<Timestamp> {
        let on = |day: i8| times.iter().map(move |time| at(&format!("2026-01-{day:02}T{time}Z")));
        days.flat_map(on).map(|at| at + SignedDuration::from_mins(at.as_second() % 7)).collect()
    }

    #[test]
    fn what_comes_each_night_is_a_schedule() {
        let schedule = Schedule::of(&begun(5..=16, &["03:00:00", "15:30:00"])).unwrap();
        assert_eq!(schedule.hours().len(), "03:00 and 15:30 UTC".len());
        assert_eq!(schedule.times.len(), 2);
        let next = schedule.next_after(at("2026-01-16T04:00:00Z")).unwrap();
        assert_eq!(next.to_string()[..13], *"2026-01-16T15");
        assert_eq!(schedule.silent_since(at("2026-01-17T08:00:00Z")), None);
        let since = schedule.silent_since(at("2026-01-17T10:00:00Z")).unwrap();
        assert_eq!(since.to_string()[..13], *"2026-01-17T03");
    }

    #[test]
    fn a_weekend_is_no_silence_where_nothing_comes_on_weekends() {
        // The fifth is a Monday.
        let days = [begun(5..=9, &["03:00:00"]), begun(12..=16, &["03:00:00"])].concat();
        let schedule = Schedule::of(&days).unwrap();
        assert_eq!(schedule.silent_since(at("2026-01-18T23:00:00Z")), None);
        assert!(schedule.silent_since(at("2026-01-19T12:00:00Z")).is_some());
    }

    #[test]
    fn what_people_start_by_hand_is_no_schedule() {
        assert_eq!(Schedule::of(&[]), None);
        assert_eq!(Schedule::of(&begun(5..=6, &["03:00:00"])), None);
        let by_hand: Vec<_> =
            (0..20).map(|n| at("2026-01-05T08:00:00Z") + SignedDuration::from_mins(n * 1_187)).collect();
        assert_eq!(Schedule::of(&by_hand), None);
    }
}
