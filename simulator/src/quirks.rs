//! Behaviours that the real portal shows at times, each with a switch of its own.
//!
//! A switch is turned by `--quirk NAME` or `--quirk NAME=VALUE` of the program, by `POST /__sim/quirks` while it runs, or
//! in [`Settings`](crate::Settings).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Behaviours that HubSpot shows sometimes, or may show: nobody has documented them. All are off by default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Quirks {
    /// NEQ, NOT_IN and NOT_CONTAINS_TOKEN skip records without a value (default: they match).
    pub negation_skips_missing: bool,
    /// Every third page of list and search holds half of its rows, with a cursor that continues behind them.
    pub short_pages: bool,
    /// Every fourth page of list and search is empty and its cursor repeats the same place.
    pub empty_pages: bool,
    /// The rows of a search page come in another order than asked for.
    pub unordered_pages: bool,
    /// Search sees the rows as they were this many milliseconds ago.
    pub index_lag_ms: u64,
    /// Up to so many milliseconds more, different for each record: the index catches up with some sooner than with others.
    pub index_lag_jitter_ms: u64,
    /// A requested property without a value is absent instead of null.
    pub absent_nulls: bool,
    /// Every fifth page of search shows its first row twice, and its last one not at all.
    pub repeated_rows: bool,
    /// Every fifth page of search leaves a row out of its middle, which its total counts nevertheless.
    pub skipped_rows: bool,
    /// Search's total is wrong by so many rows.
    pub total_off_by: i64,
    /// Every third batch (records and associations) says nothing about some of its inputs, neither rows nor errors.
    pub silent_batches: bool,
    /// Every third batch fails for one of its inputs, for no reason of that input, and answers 207.
    pub failing_inputs: bool,
    /// Search sorts `hs_object_id` as text ("7198" before "72").
    pub text_sorted_ids: bool,
    /// Search reports at most this total.
    pub total_cap: Option<u64>,
    /// `paging.next.after` is a JSON number.
    pub numeric_after: bool,
    /// List refuses an `after` that is neither a record's id nor one more than one.
    pub strict_cursor: bool,
    /// Values of type date and datetime come as epoch milliseconds.
    pub epoch_dates: bool,
    /// A 429 carries `Retry-After: 1`.
    pub retry_after: bool,
    /// Of the associations API of version 3, `after` continues in a batch too. (In reality it is ignored: every page is
    /// the first one.)
    pub v3_after_honoured: bool,
    /// `after` is ignored in association batches of every version.
    pub association_after_ignored: bool,
    /// Each refresh of an OAuth token replaces the refresh token too.
    pub rotate_refresh_tokens: bool,
    /// An enumeration matches by one of its `;`-joined members only, never by the whole text.
    pub members_only: bool,
}

impl Quirks {
    /// Everything that a portal may do at one time while tables can still be read from it: what lies about totals, or
    /// ignores every cursor, is missing, because next to nothing could be proven against it.
    pub fn everything() -> Quirks {
        Quirks {
            negation_skips_missing: true,
            short_pages: true,
            empty_pages: true,
            unordered_pages: true,
            // "Some seconds, now and then minutes" are half a minute here, different for each record.
            index_lag_ms: 2_000,
            index_lag_jitter_ms: 28_000,
            absent_nulls: true,
            repeated_rows: true,
            skipped_rows: true,
            total_off_by: 0,
            silent_batches: true,
            failing_inputs: true,
            text_sorted_ids: true,
            total_cap: None,
            numeric_after: true,
            strict_cursor: true,
            epoch_dates: true,
            retry_after: true,
            v3_after_honoured: false,
            association_after_ignored: false,
            rotate_refresh_tokens: true,
            members_only: true,
        }
    }

    /// The same with some switches turned: a JSON object of names and values, in which what is absent stays.
    ///
    /// # Errors
    /// A sentence about a name that is none, or a value that does not fit.
    pub fn with(&self, changes: Map<String, Value>) -> Result<Quirks, String> {
        let Ok(Value::Object(mut all)) = serde_json::to_value(self) else { return Ok(self.clone()) };
        all.extend(changes);
        serde_json::from_value(Value::Object(all)).map_err(|error| error.to_string())
    }

    /// The same with `name` switched on, or `name=value` set.
    ///
    /// # Errors
    /// As [`Quirks::with`].
    pub fn with_text(&self, text: &str) -> Result<Quirks, String> {
        let (name, value) = text.split_once('=').unwrap_or((text, "true"));
        let value = serde_json::from_str(value).map_err(|error| format!("{text}: {error}"))?;
        self.with(Map::from_iter([(name.to_owned(), value)])).map_err(|error| format!("{text}: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_switch_is_turned_by_its_name_and_the_others_stay() {
        let lagging = Quirks::default().with_text("index_lag_ms=2000").unwrap();
        let both = lagging.with_text("short_pages").unwrap();
        assert_eq!((both.index_lag_ms, both.short_pages, both.empty_pages), (2_000, true, false));
        assert!(!both.with_text("short_pages=false").unwrap().short_pages);
        for wrong in ["sort_pages", "short_pages=7", "total_cap=many"] {
            assert!(both.with_text(wrong).is_err(), "{wrong}");
        }
    }
}
