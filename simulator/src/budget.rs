//! Rate budgets as true sliding windows: of any interval of the window's length, no more calls are admitted than allowed.

use std::collections::VecDeque;

use crate::settings::Budgets;

/// One window; times in milliseconds.
struct Window {
    length_ms: i64,
    admitted: VecDeque<i64>,
}

impl Window {
    fn new(length_ms: i64) -> Window {
        Window { length_ms, admitted: VecDeque::new() }
    }

    /// Admits a call at `now` and returns what is left, or `None` when nothing was left. A refused call costs nothing.
    fn admit(&mut self, limit: Option<u32>, now: i64) -> Option<u32> {
        let Some(limit) = limit else { return Some(UNLIMITED - 1) };
        while self.admitted.front().is_some_and(|at| *at <= now - self.length_ms) {
            self.admitted.pop_front();
        }
        let used = u32::try_from(self.admitted.len()).unwrap_or(u32::MAX);
        let left = limit.checked_sub(used + 1)?;
        self.admitted.push_back(now);
        Some(left)
    }
}

/// Written into the headers where there is no limit.
pub(crate) const UNLIMITED: u32 = 1_000_000;

/// Which window a call counts in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pool {
    General,
    Search,
    Associations,
}

/// Why a call was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    Secondly,
    TenSecondly,
    Daily,
}

/// What the headers say after an admitted or refused call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Allowance {
    pub(crate) max: u32,
    pub(crate) remaining: u32,
    pub(crate) daily: u32,
    pub(crate) daily_remaining: u32,
}

/// All windows of one portal.
pub(crate) struct Meter {
    general: Window,
    search: Window,
    associations: Window,
    day: i64,
    today: u32,
}

impl Meter {
    pub(crate) fn new() -> Meter {
        Meter {
            general: Window::new(10_000),
            search: Window::new(1_000),
            associations: Window::new(10_000),
            day: 0,
            today: 0,
        }
    }

    /// Calls counted today, by the account's time zone.
    pub(crate) fn today(&self) -> u32 {
        self.today
    }

    /// Counts one call at an instant of a day of the account, or says which budget refuses it.
    pub(crate) fn admit(
        &mut self,
        pool: Pool,
        limits: &Budgets,
        (now, day): (i64, i64),
    ) -> (Allowance, Option<Refusal>) {
        if day != self.day {
            self.day = day;
            self.today = 0;
        }
        let (window, limit, refusal) = match pool {
            Pool::General => (&mut self.general, limits.general, Refusal::TenSecondly),
            Pool::Search => (&mut self.search, limits.search, Refusal::Secondly),
            Pool::Associations => (&mut self.associations, limits.associations, Refusal::TenSecondly),
        };
        let mut allowance = Allowance {
            max: limit.unwrap_or(UNLIMITED),
            daily: limits.daily.unwrap_or(UNLIMITED),
            ..Allowance::default()
        };
        if limits.daily.is_some_and(|daily| self.today >= daily) {
            return (allowance, Some(Refusal::Daily));
        }
        let admitted = window.admit(limit, now);
        if admitted.is_some() {
            self.today += 1;
        }
        allowance.remaining = admitted.unwrap_or(0);
        allowance.daily_remaining = allowance.daily.saturating_sub(self.today);
        (allowance, admitted.is_none().then_some(refusal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_interval_of_ten_seconds_admits_more_than_the_budget() {
        let (mut meter, limits) = (Meter::new(), Budgets { general: Some(190), ..Budgets::default() });
        let mut admitted = Vec::new();
        for now in (0..40_000).step_by(7) {
            if meter.admit(Pool::General, &limits, (now, 0)).1.is_none() {
                admitted.push(now);
            }
        }
        for (i, start) in admitted.iter().enumerate() {
            let inside = admitted[i..].iter().take_while(|at| *at - start < 10_000).count();
            assert!(inside <= 190, "{inside} calls from {start}");
        }
        assert!(admitted.len() >= 190 * 4);
    }

    #[test]
    fn the_budgets_are_separate() {
        let (mut meter, limits) =
            (Meter::new(), Budgets { general: Some(1), search: Some(1), associations: Some(1), daily: None });
        for pool in [Pool::General, Pool::Search, Pool::Associations] {
            assert_eq!(meter.admit(pool, &limits, (5, 0)).1, None);
        }
        assert_eq!(meter.admit(Pool::General, &limits, (6, 0)).1, Some(Refusal::TenSecondly));
        assert_eq!(meter.admit(Pool::Search, &limits, (6, 0)).1, Some(Refusal::Secondly));
        assert_eq!(meter.admit(Pool::Search, &limits, (1_005, 0)).1, None);
    }

    #[test]
    fn the_daily_budget_is_reset_with_the_day() {
        let (mut meter, limits) = (Meter::new(), Budgets { daily: Some(1), ..Budgets::none() });
        assert_eq!(meter.admit(Pool::Search, &limits, (5, 1)).1, None);
        assert_eq!(meter.admit(Pool::General, &limits, (6, 1)).1, Some(Refusal::Daily));
        assert_eq!(meter.admit(Pool::General, &limits, (7, 2)).1, None);
    }
}
