//! What Power BI says of the data sets that read a feed: schedules that are off, refreshes that failed there.

use feedgate::powerbi::RunStatus;

use super::Finding;
use crate::doctor::facts::{Facts, Published};

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    match &facts.power_bi {
        None => Vec::new(),
        Some(Err(error)) => vec![silent(error)],
        Some(Ok(published)) => published.iter().flat_map(|one| [off(one), failed(one)]).flatten().collect(),
    }
}

/// Without an answer nothing is known to be wrong.
fn silent(error: &str) -> Finding {
    let told = format!("Power BI was not asked for its data sets: {error}.");
    Finding::note("PowerBiSilent", told).mend("operator", "see `feedgate-admin powerbi datasets`")
}

fn off(one: &Published) -> Option<Finding> {
    if !one.schedule_off {
        return None;
    }
    let told = format!(
        "The scheduled refresh of the data set {} in the workspace {} is switched off in Power BI, which does so by \
         itself when refreshes fail.",
        one.dataset, one.workspace
    );
    let remedy = "mend what else is found here, then switch it on in the data set's settings, or put the token there anew \
                  with `feedgate-admin powerbi push`";
    Some(about(one, Finding::warning("PowerBiScheduleOff", told).mend("admin", remedy)))
}

fn failed(one: &Published) -> Option<Finding> {
    let run = one.last.as_ref().filter(|run| run.status == RunStatus::Failed)?;
    let code = run.error_code.as_deref().unwrap_or("no code given");
    let words = run.error.as_deref().map(|words| format!(" ({words})")).unwrap_or_default();
    let told = format!(
        "The last refresh of the data set {} in the workspace {} failed in Power BI with {code}{words}.",
        one.dataset, one.workspace
    );
    let remedy = "compare with what Feedgate answered: `feedgate-admin history --kind refresh`";
    let finding = Finding::error("PowerBiRefreshFailed", told).since(run.ended_at.or(run.started_at));
    Some(about(one, finding.mend("admin", remedy)))
}

fn about(one: &Published, finding: Finding) -> Finding {
    match &one.source {
        Some(source) => finding.source(source),
        None => finding,
    }
}
