//! `history --follow`: prints entries as they come, until it is interrupted or nobody reads any more.

use std::time::Duration;

use schema::HistoryEntry;
use schema::operations::{history_follow, history_list};

use super::{export, sentence};
use crate::args::{FormatArg, HistoryArgs, HistoryKindArg};
use crate::commands::ids;
use crate::failure::Failure;
use crate::output::{Answer, instant};
use crate::print;
use crate::session::Session;

/// Entries are in the store within a second; a look takes less than a millisecond.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn run(session: &Session, request: HistoryArgs) -> Result<Answer, Failure> {
    if request.kind == Some(HistoryKindArg::Refresh) {
        return Err(Failure::usage("Usage", "refreshes cannot be followed: follow requests instead"));
    }
    let wanted = history_list::Request {
        kind: request.kind.map(Into::into),
        token: request.token.as_deref().map(ids::token).transpose()?,
        data_source: request.data_source.as_deref().map(ids::data_source).transpose()?,
        ..history_list::Request::default()
    };
    let ctx = session.context().await?;
    let format = request.format.or_else(|| session.wants_json().then_some(FormatArg::Jsonl));
    let mut goes_on = match format.and_then(|format| export::header(format, &export::ENTRY)) {
        Some(header) => print::line(&header)?,
        None => true,
    };
    let mut after = None;
    while goes_on {
        let look = history_follow::Request { wanted: wanted.clone(), after };
        let seen = history_follow::run(&ctx, look).await?;
        for entry in &seen.entries {
            goes_on = goes_on && print::line(&told(format, entry)?)?;
        }
        after = Some(seen.position);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(Answer::written(String::new(), String::new()))
}

fn told(format: Option<FormatArg>, entry: &HistoryEntry) -> Result<String, Failure> {
    match format {
        Some(format) => export::line(format, &export::ENTRY, entry),
        None => {
            let line = format!("{}  {}  {}", instant(entry.at), entry.actor, sentence(entry));
            Ok(crate::output::harmless(&line))
        }
    }
}
