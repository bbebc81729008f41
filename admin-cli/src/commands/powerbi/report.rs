//! What was done in Power BI, for people and programs.

use feedgate::powerbi::choice::{Left, Why};
use feedgate::powerbi::delivery::{Delivery, Outcome};
use feedgate::powerbi::sets::Hidden;
use schema::TokenId;
use serde::Serialize;

use crate::output::{Table, count};

/// A data set that was left alone.
#[derive(Serialize)]
pub(super) struct LeftAlone<'a> {
    workspace: &'a str,
    pub(super) dataset: &'a str,
    dataset_id: &'a str,
    /// The token it holds, where that is known.
    token_id: Option<&'a TokenId>,
    pub(super) reason: String,
}

/// What programs get of one token.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    pub(super) datasets: &'a [Delivery],
    pub(super) left: Vec<LeftAlone<'a>>,
    pub(super) unreadable: &'a [Hidden],
}

impl<'a> Report<'a> {
    pub(super) fn of(datasets: &'a [Delivery], left: &'a [Left], unreadable: &'a [Hidden]) -> Report<'a> {
        Report { datasets, left: left.iter().map(alone).collect(), unreadable }
    }

    /// The same for people.
    pub(super) fn text(&self) -> String {
        format!("{}{}{}", steps(self.datasets), alone_text(&self.left), hidden(self.unreadable))
    }
}

const UNCLEAR: &str = "other tokens read this feed too, and nobody knows which of them it holds: settle it once with \
                       `feedgate-admin token rotate ID --push-to-powerbi` and --dataset";

const WHOLE: &str = "its credential is for the whole address and Feedgate never put one there: name the data set with \
                     --dataset if it is one of Feedgate's";

pub(super) fn alone(left: &Left) -> LeftAlone<'_> {
    let (token_id, reason) = match &left.why {
        Why::Holds(id) => (
            Some(id),
            format!(
                "it holds the token {id}, which works: rotate that one, or name the data set with --dataset"
            ),
        ),
        Why::Unclear => (None, UNCLEAR.to_owned()),
        Why::Whole => (None, WHOLE.to_owned()),
    };
    let Left { workspace, dataset, dataset_id, .. } = left;
    LeftAlone { workspace, dataset, dataset_id, token_id, reason }
}

fn steps(deliveries: &[Delivery]) -> String {
    let mut table = Table::new(&["WORKSPACE", "DATA SET", "STEP", "OUTCOME", "WHAT"], "");
    for delivery in deliveries {
        for step in &delivery.steps {
            let outcome = match step.outcome {
                Outcome::Done => "done",
                Outcome::Skipped => "nothing to do",
                Outcome::Pending => "goes on",
                Outcome::Failed => "FAILED",
            };
            table.row([
                delivery.workspace.clone(),
                delivery.dataset.clone(),
                step.step.to_owned(),
                outcome.to_owned(),
                step.message.clone(),
            ]);
        }
    }
    table.render()
}

fn alone_text(left: &[LeftAlone<'_>]) -> String {
    let line = |left: &LeftAlone<'_>| {
        let (workspace, dataset) = (left.workspace, left.dataset);
        crate::output::harmless(&format!("Left alone: {workspace} / {dataset}: {}.", left.reason))
    };
    left.iter().map(|left| format!("\n{}", line(left))).collect()
}

/// What could not be looked at, below a table; nothing when everything was.
pub(super) fn hidden(hidden: &[Hidden]) -> String {
    if hidden.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&["WORKSPACE", "DATA SET", "WHY"], "");
    for one in hidden {
        let dataset = one.dataset.clone().unwrap_or_else(|| "all of them".to_owned());
        table.row([one.workspace.clone(), dataset, one.reason.clone()]);
    }
    let number = count(hidden.len(), "place");
    format!("\n\n{number} could not be looked at, and may read a feed as well:\n{}", table.render())
}
