//! The figures of a run.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::history::History;
use crate::judge::Verdict;
use crate::limits::Peaks;
use crate::question::{Form, Question};
use crate::reader::Outcome;

#[derive(Default)]
pub(crate) struct Report {
    pub(crate) reads: u64,
    rows: usize,
    pub(crate) complete: u64,
    errors: BTreeMap<String, u64>,
    forms: BTreeMap<&'static str, u64>,
    /// The wrong tables, with their URLs and what is wrong.
    pub(crate) wrong: Vec<String>,
}

impl Report {
    pub(crate) fn add(&mut self, number: u64, question: &Question, outcome: &Outcome, verdict: Verdict) {
        self.reads += 1;
        if let Outcome::Rows(rows) = outcome {
            self.rows += rows.len();
        }
        let form = match question.form {
            Form::Table if question.order.is_some() => "sorted",
            Form::Table if question.filter.is_some() => "filtered",
            Form::Table => "whole",
            Form::Expanded => "expanded",
            Form::Count => "counted",
            Form::Links => "links",
            Form::Row(_) => "one row",
        };
        *self.forms.entry(form).or_default() += 1;
        if self.reads.is_multiple_of(50) {
            println!("chaos: {} reads, {} complete, {} wrong", self.reads, self.complete, self.wrong.len());
        }
        match verdict {
            Verdict::Complete => self.complete += 1,
            Verdict::Error(code) => *self.errors.entry(code).or_default() += 1,
            Verdict::Wrong(what) => {
                let told = format!("read {number}: {}: {what}", question.url());
                println!("chaos: WRONG {told}");
                self.wrong.push(told);
            }
        }
    }

    pub(crate) fn text(
        &self,
        took: Duration,
        (calls, failed): (usize, usize),
        history: &History,
        peaks: &Peaks,
    ) -> String {
        format!(
            "chaos: {} reads {:?}, {} rows; complete {}, honest errors {:?}, wrong {}; {} changes meanwhile; {calls} calls of \
             HubSpot, {failed} of them refused, in {} s; fullest windows {peaks:?}, of search {} in a \
             second as they arrived",
            self.reads,
            self.forms,
            self.rows,
            self.complete,
            self.errors,
            self.wrong.len(),
            history.changes(),
            took.as_secs(),
            peaks.search_arrived,
        )
    }
}
