//! `powerbi history`.

use feedgate::powerbi::Run;
use feedgate::powerbi::sets;
use serde::Serialize;

use super::{Desk, reads, report};
use crate::failure::Failure;
use crate::output::{Answer, Table, instant_or};
use crate::session::Session;

/// A refresh with its data set.
#[derive(Serialize)]
struct Told<'a> {
    workspace: &'a str,
    dataset: &'a str,
    dataset_id: &'a str,
    #[serde(flatten)]
    run: Run,
}

pub(super) async fn history(
    session: &Session,
    data_source: Option<&str>,
    limit: usize,
) -> Result<Answer, Failure> {
    let desk = Desk::open(session).await?;
    let wanted = desk.named(data_source).await?;
    let found = sets::find(&desk.client, &desk.feeds).await?;
    let mut told = Vec::new();
    for set in found.sets.iter().filter(|set| reads(set, wanted.as_ref())) {
        for run in sets::state(&desk.client, set, limit).await?.runs {
            let (workspace, dataset, dataset_id) = (&set.workspace, &set.name, &set.id);
            told.push(Told { workspace, dataset, dataset_id, run });
        }
    }
    told.sort_by_key(|told| std::cmp::Reverse(told.run.started_at));
    let text = format!("{}{}", table(&told), report::hidden(&found.hidden));
    Answer::new(&told, text)
}

fn table(told: &[Told<'_>]) -> String {
    let header = ["STARTED", "ENDED", "WORKSPACE", "DATA SET", "BY", "STATUS", "ERROR"];
    let mut table = Table::new(&header, "Power BI tells of no refresh.");
    for Told { workspace, dataset, run, .. } in told {
        let parts = [run.error_code.as_deref(), run.error.as_deref()];
        table.row([
            instant_or(run.started_at, ""),
            instant_or(run.ended_at, ""),
            (*workspace).to_owned(),
            (*dataset).to_owned(),
            run.kind.clone().unwrap_or_default(),
            run.word().to_owned(),
            parts.into_iter().flatten().collect::<Vec<_>>().join(": "),
        ]);
    }
    table.render()
}
