//! Recognises refreshes: the requests of one token on one data source without a gap of more than ten minutes.
//!
//! How one ended follows from its answers. An error that a client does not repeat (401, 403, 404, 410, 500, 502) fails
//! the refresh. One that it repeats (408, 429, 503, 504) fails it unless a success of the same chain of pages follows
//! within ten minutes. What makes a client ask in another way (400, 501 and the like) never counts: Power Query tries,
//! and folds less. A refresh has succeeded when every chain of pages that it began was read to its end.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::id::DataSourceId;
use crate::token::TokenId;

/// Between two refreshes of one token and data source lies more than this; after an error that is worth a repetition,
/// so long is waited for the success.
pub const GAP: SignedDuration = SignedDuration::from_mins(10);

/// How a refresh ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RefreshOutcome {
    /// Every chain of pages was read to its end.
    Succeeded,
    /// A chain of pages was not read to its end, perhaps not yet.
    Unfinished,
    /// An answer ended it.
    Failed,
}

impl RefreshOutcome {
    /// The word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            RefreshOutcome::Succeeded => "succeeded",
            RefreshOutcome::Unfinished => "unfinished",
            RefreshOutcome::Failed => "failed",
        }
    }
}

/// A refresh.
#[derive(Debug, Clone, Serialize)]
pub struct Refresh {
    /// When its first request arrived.
    pub started_at: Timestamp,
    /// When its last request arrived.
    pub ended_at: Timestamp,
    /// The token.
    pub token_id: TokenId,
    /// The token's label.
    pub label: Option<String>,
    /// The user.
    pub user: Option<String>,
    /// The data source.
    pub data_source: DataSourceId,
    /// Requests in it.
    pub requests: u64,
    /// Rows in its answers.
    pub rows: u64,
    /// Bytes of its answers.
    pub bytes: u64,
    /// How it ended.
    pub outcome: RefreshOutcome,
    /// The code of the first error that made it fail.
    pub error_code: Option<String>,
    /// When that was answered.
    pub failed_at: Option<Timestamp>,
    /// Values that could not be read and were answered as null.
    pub nulled_values: u64,
    /// Answers with rows, however many.
    #[serde(skip)]
    pub(crate) pages: u64,
}

/// An answered request, or some refused ones that are equal.
#[derive(Debug, Clone)]
pub(crate) struct Answered {
    pub(crate) at: Timestamp,
    pub(crate) token: TokenId,
    pub(crate) label: Option<String>,
    pub(crate) user: Option<String>,
    pub(crate) data_source: DataSourceId,
    pub(crate) status: i64,
    pub(crate) error_code: Option<String>,
    pub(crate) chain: Chain,
    /// How many requests it stands for.
    pub(crate) count: u64,
    pub(crate) rows: u64,
    pub(crate) bytes: u64,
    pub(crate) nulled_values: u64,
    pub(crate) more: bool,
}

/// What the pages of one chain have in common: its keyed hash, or the query without its literals where there is none.
pub(crate) type Chain = (Option<i64>, Option<String>, Option<String>);

/// What an answer says about the refresh it belongs to.
enum Says {
    /// A page or a document; with a link to the next page, the chain goes on.
    Served { more: bool },
    /// The client gives up.
    Fatal,
    /// The client repeats it.
    Passing,
    /// The client asks for something else, or hung up.
    Nothing,
}

impl Answered {
    /// Whether it is about no table: metadata, or the list of the tables.
    fn is_document(&self) -> bool {
        self.chain.1.as_deref().is_none_or(|name| name == "$metadata" || name == "service document")
    }

    fn says(&self) -> Says {
        match self.status {
            ..=399 => Says::Served { more: self.more },
            401 | 403 | 404 | 410 | 500 | 502 => Says::Fatal,
            408 | 429 | 503 | 504 => Says::Passing,
            _ => Says::Nothing,
        }
    }
}

/// Groups answers, which come in the order of their arrival, as seen at `now`.
pub(crate) fn recognise(answers: Vec<Answered>, now: Timestamp) -> Vec<Refresh> {
    let mut refreshes: Vec<Course> = Vec::new();
    let mut current: BTreeMap<(TokenId, DataSourceId), usize> = BTreeMap::new();
    for answer in answers {
        let key = (answer.token.clone(), answer.data_source.clone());
        let open = current.get(&key).copied();
        let open = open.filter(|index| answer.at.duration_since(refreshes[*index].refresh.ended_at) <= GAP);
        let index = open.unwrap_or_else(|| {
            refreshes.push(Course::begun_by(&answer));
            refreshes.len() - 1
        });
        current.insert(key, index);
        refreshes[index].add(answer);
    }
    refreshes.into_iter().map(|course| course.ended(now)).collect()
}

/// A refresh while its answers are looked at.
struct Course {
    refresh: Refresh,
    chains: BTreeMap<Chain, Pages>,
    /// Whether metadata or a list of the tables was served.
    documents: bool,
    failure: Option<Failure>,
}

/// An error that ends a refresh.
#[derive(Clone)]
struct Failure {
    at: Timestamp,
    code: Option<String>,
}

/// How far a chain of pages was read.
#[derive(Default)]
struct Pages {
    begun: bool,
    ended: bool,
    /// The first error that was not yet followed by a success, and how long that may take.
    passing: Option<Failure>,
}

impl Course {
    fn begun_by(answer: &Answered) -> Course {
        let refresh = Refresh {
            started_at: answer.at,
            ended_at: answer.at,
            token_id: answer.token.clone(),
            label: answer.label.clone(),
            user: answer.user.clone(),
            data_source: answer.data_source.clone(),
            requests: 0,
            rows: 0,
            bytes: 0,
            outcome: RefreshOutcome::Unfinished,
            error_code: None,
            failed_at: None,
            nulled_values: 0,
            pages: 0,
        };
        Course { refresh, chains: BTreeMap::new(), documents: false, failure: None }
    }

    fn add(&mut self, answer: Answered) {
        let refresh = &mut self.refresh;
        refresh.ended_at = refresh.ended_at.max(answer.at);
        refresh.requests += answer.count;
        refresh.rows += answer.rows;
        refresh.bytes += answer.bytes;
        refresh.nulled_values += answer.nulled_values;
        let says = answer.says();
        let failure = Failure { at: answer.at, code: answer.error_code.clone() };
        let pages = match says {
            Says::Nothing => return,
            Says::Fatal => return self.fail(failure),
            Says::Served { .. } if answer.is_document() => {
                self.documents = true;
                return;
            }
            Says::Served { .. } | Says::Passing => self.chains.entry(answer.chain).or_default(),
        };
        let overdue = pages.passing.take_if(|passing| answer.at.duration_since(passing.at) > GAP);
        match says {
            Says::Served { more } => {
                refresh.pages += 1;
                pages.begun = true;
                pages.ended |= !more;
                pages.passing = None;
            }
            _ => drop(pages.passing.get_or_insert(failure)),
        }
        if let Some(failure) = overdue {
            self.fail(failure);
        }
    }

    /// The first failure is the reason; the others may follow from it.
    fn fail(&mut self, failure: Failure) {
        if self.failure.as_ref().is_none_or(|known| failure.at < known.at) {
            self.failure = Some(failure);
        }
    }

    fn ended(mut self, now: Timestamp) -> Refresh {
        let overdue =
            |pages: &Pages| pages.passing.clone().filter(|failure| now.duration_since(failure.at) > GAP);
        let overdue: Vec<Failure> = self.chains.values().filter_map(overdue).collect();
        for failure in overdue {
            self.fail(failure);
        }
        let waits = |pages: &Pages| pages.passing.is_some() || (pages.begun && !pages.ended);
        let served = self.documents || self.chains.values().any(|pages| pages.ended);
        self.refresh.outcome = match &self.failure {
            Some(_) => RefreshOutcome::Failed,
            None if served && !self.chains.values().any(waits) => RefreshOutcome::Succeeded,
            None => RefreshOutcome::Unfinished,
        };
        if let Some(failure) = self.failure {
            self.refresh.error_code = failure.code;
            self.refresh.failed_at = Some(failure.at);
        }
        self.refresh
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_767_225_600;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(START + seconds).unwrap()
    }

    /// `seconds status[+][@chain]`: `+` is a page with a link to the next.
    fn answer(text: &str) -> Answered {
        let (seconds, rest) = text.split_once(' ').unwrap();
        let (status, chain) = rest.split_once('@').unwrap_or((rest, "a"));
        let number: i64 = status.trim_end_matches('+').parse().unwrap();
        Answered {
            at: at(seconds.parse().unwrap()),
            token: TokenId::stored("t".into()),
            label: Some("nightly".into()),
            user: Some("ann".into()),
            data_source: DataSourceId::stored("s".into()),
            status: number,
            error_code: (number >= 400).then(|| format!("E{number}")),
            chain: (None, Some(chain.to_owned()), None),
            count: 1,
            rows: 10,
            bytes: 100,
            nulled_values: 1,
            more: status.ends_with('+'),
        }
    }

    /// The refreshes in `answers` as seen a second after the last of them, in short.
    fn seen(answers: &[&str]) -> Vec<String> {
        let last: i64 = answers.last().unwrap().split(' ').next().unwrap().parse().unwrap();
        seen_at(answers, last + 1)
    }

    fn seen_at(answers: &[&str], now: i64) -> Vec<String> {
        let refreshes = recognise(answers.iter().map(|text| answer(text)).collect(), at(now));
        let short = |refresh: &Refresh| {
            let code = refresh.error_code.as_deref().unwrap_or_default();
            format!("{} {} {code}", refresh.requests, refresh.outcome.as_str()).trim_end().to_owned()
        };
        refreshes.iter().map(short).collect()
    }

    #[test]
    fn a_gap_of_more_than_ten_minutes_parts_two_refreshes() {
        assert_eq!(seen(&["0 200", "600 200", "1201 200"]), ["2 succeeded", "1 succeeded"]);
    }

    #[test]
    fn every_chain_of_pages_has_to_reach_its_end() {
        assert_eq!(seen(&["0 200+", "1 200+", "2 200"]), ["3 succeeded"]);
        assert_eq!(seen(&["0 200+", "1 200@b"]), ["2 unfinished"]);
        assert_eq!(seen(&["0 200+@a", "1 200+@b", "2 200@b", "3 200@a"]), ["4 succeeded"]);
    }

    #[test]
    fn a_chain_that_is_begun_twice_has_to_reach_its_end_once() {
        assert_eq!(seen(&["0 200+", "1 200+", "2 200", "3 200+"]), ["4 succeeded"]);
    }

    #[test]
    fn what_no_client_repeats_fails_the_refresh_at_once() {
        for status in [401, 403, 404, 410, 500, 502] {
            let answers = ["0 200", &format!("1 {status}@b"), "2 200@b"];
            assert_eq!(seen(&answers), [format!("3 failed E{status}")]);
        }
    }

    #[test]
    fn what_makes_a_client_ask_in_another_way_never_counts() {
        for status in [400, 406, 414, 499, 501] {
            assert_eq!(seen(&[&format!("0 {status}"), "1 200@b"]), ["2 succeeded"], "{status}");
        }
        assert_eq!(seen(&["0 501"]), ["1 unfinished"], "nothing was served");
    }

    #[test]
    fn an_error_that_is_repeated_with_success_within_ten_minutes_is_none() {
        for status in [408, 429, 503, 504] {
            let failed = format!("0 {status}");
            assert_eq!(seen(&[&failed, "1 200"]), ["2 succeeded"], "{status}");
            assert_eq!(seen(&[&failed, "1 200@b"]), ["2 unfinished"], "still waited for");
            assert_eq!(seen_at(&[&failed, "1 200@b"], 601), [format!("2 failed E{status}")]);
            let late = [&failed, "300 200@b", "599 200@b", "601 200"];
            assert_eq!(seen(&late), [format!("4 failed E{status}")], "too late");
        }
    }

    #[test]
    fn the_first_error_is_the_reason() {
        assert_eq!(seen_at(&["0 503@b", "1 502"], 700), ["2 failed E503"]);
        assert_eq!(seen(&["0 404", "1 401"]), ["2 failed E404"]);
    }
}
