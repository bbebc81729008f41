//! `powerbi datasets`.

use feedgate::powerbi::rotation::Overview;
use feedgate::powerbi::sets::{self, DataSet, Hidden, Place, State};
use feedgate::powerbi::{Run, Schedule};
use schema::TokenId;
use schema::operations::token_show::TokenView;
use serde::Serialize;

use super::{Desk, reads, report};
use crate::failure::Failure;
use crate::output::{Answer, Table, instant_or};
use crate::session::Session;

/// A data source of a data set, as programs see it.
#[derive(Debug, Serialize)]
struct Listed<'a> {
    workspace: &'a str,
    workspace_id: &'a str,
    dataset: &'a str,
    dataset_id: &'a str,
    owner: Option<&'a str>,
    /// None: the service as a whole.
    data_source: &'a feedgate::powerbi::Reads,
    url: &'a str,
    gateway_id: &'a str,
    datasource_id: &'a str,
    on_premises: bool,
    schedule: Option<&'a Schedule>,
    last_refresh: Option<&'a Run>,
    /// The token that Feedgate put there.
    token_id: Option<&'a TokenId>,
    token_status: Option<schema::TokenStatus>,
}

#[derive(Serialize)]
struct List<'a> {
    datasets: Vec<Listed<'a>>,
    unreadable: &'a [Hidden],
}

pub(super) async fn list(session: &Session, data_source: Option<&str>) -> Result<Answer, Failure> {
    let desk = Desk::open(session).await?;
    let wanted = desk.named(data_source).await?;
    let overview = Overview::look(&desk.ctx, &desk.client, &desk.feeds).await?;
    let mut shown = Vec::new();
    for set in overview.sets.iter().filter(|set| reads(set, wanted.as_ref())) {
        shown.push((set, sets::state(&desk.client, set, 1).await?));
    }
    let rows: Vec<Listed<'_>> = shown
        .iter()
        .flat_map(|(set, state)| set.places.iter().map(|place| listed(&overview, set, place, state)))
        .collect();
    let text = format!("{}{}", table(&rows), report::hidden(&overview.hidden));
    Answer::new(&List { datasets: rows, unreadable: &overview.hidden }, text)
}

fn listed<'a>(overview: &'a Overview, set: &'a DataSet, place: &'a Place, state: &'a State) -> Listed<'a> {
    let held = overview.known.holder(place);
    let token =
        |id: &TokenId| -> Option<&TokenView> { overview.known.tokens.iter().find(|token| token.id == *id) };
    Listed {
        workspace: &set.workspace,
        workspace_id: &set.workspace_id,
        dataset: &set.name,
        dataset_id: &set.id,
        owner: set.owner.as_deref(),
        data_source: &place.reads,
        url: &place.url,
        gateway_id: &place.gateway_id,
        datasource_id: &place.datasource_id,
        on_premises: place.on_premises,
        schedule: state.schedule.as_ref(),
        last_refresh: state.runs.first(),
        token_id: held,
        token_status: held.and_then(token).map(|token| token.status),
    }
}

fn table(rows: &[Listed<'_>]) -> String {
    let header = [
        "WORKSPACE",
        "DATA SET",
        "READS",
        "HOLDS",
        "SCHEDULE",
        "LAST REFRESH",
        "GATEWAY",
        "DATA SET ID",
        "GATEWAY ID",
        "DATA SOURCE ID",
    ];
    let mut table = Table::new(&header, "No data set that shows itself reads a feed.");
    for row in rows {
        table.row([
            row.workspace.to_owned(),
            row.dataset.to_owned(),
            row.url.to_owned(),
            holds(row),
            schedule(row.schedule).to_owned(),
            row.last_refresh.map_or_else(|| "not told".to_owned(), last),
            if row.on_premises { "on-premises" } else { "cloud" }.to_owned(),
            row.dataset_id.to_owned(),
            row.gateway_id.to_owned(),
            row.datasource_id.to_owned(),
        ]);
    }
    table.render()
}

fn holds(row: &Listed<'_>) -> String {
    match (row.token_id, row.token_status) {
        (Some(id), Some(status)) => format!("{id} ({status})"),
        (Some(id), None) => id.to_string(),
        (None, _) => "not known".to_owned(),
    }
}

fn schedule(schedule: Option<&Schedule>) -> &'static str {
    match schedule {
        Some(schedule) if schedule.enabled => "on",
        Some(schedule) if schedule.is_set_up() => "off",
        _ => "none",
    }
}

fn last(run: &Run) -> String {
    let at = instant_or(run.ended_at.or(run.started_at), "at a time not told");
    let code = run.error_code.as_deref().map(|code| format!(": {code}")).unwrap_or_default();
    format!("{} {at}{code}", run.word())
}

#[cfg(test)]
mod tests {
    use super::*;
    use feedgate::powerbi::{Reads, RunStatus};

    #[test]
    fn a_data_set_is_shown_with_what_it_holds_and_how_it_fares() {
        let schedule =
            Schedule { enabled: false, days: vec!["Monday".into()], times: vec![], time_zone: None };
        let run = Run {
            request_id: None,
            kind: Some("Scheduled".into()),
            started_at: None,
            ended_at: Some("2026-01-02T03:04:05.6Z".parse().unwrap()),
            status: RunStatus::Failed,
            error_code: Some("ModelRefreshFailed".into()),
            error: None,
        };
        let token = TokenId::parse("0123456789abcdef").unwrap();
        let row = Listed {
            workspace: "Sales",
            workspace_id: "w",
            dataset: "Pipeline",
            dataset_id: "s1",
            owner: None,
            data_source: &Reads::Whole,
            url: "https://feeds.example.org/",
            gateway_id: "g1",
            datasource_id: "d1",
            on_premises: false,
            schedule: Some(&schedule),
            last_refresh: Some(&run),
            token_id: Some(&token),
            token_status: Some(schema::TokenStatus::Retiring),
        };
        insta::assert_snapshot!(table(&[row]), @"
        WORKSPACE  DATA SET  READS                       HOLDS                        SCHEDULE  LAST REFRESH                                     GATEWAY  DATA SET ID  GATEWAY ID  DATA SOURCE ID
        Sales      Pipeline  https://feeds.example.org/  0123456789abcdef (retiring)  off       failed 2026-01-02T03:04:05Z: ModelRefreshFailed  cloud    s1           g1          d1
        ");
    }
}
