//! `history`: who did what, as sentences.

mod export;
mod follow;

use jiff::{SignedDuration, Timestamp};
use schema::operations::refresh_list;
use schema::operations::{history_list, request_list};
use schema::refresh::Refresh;
use schema::{Context, HistoryEntry, HistoryKind};
use serde_json::Value;

use super::ids;
use crate::args::{FormatArg, HistoryArgs, HistoryKindArg};
use crate::failure::Failure;
use crate::output::{Answer, Table, count, instant, instant_or};
use crate::session::Session;

/// What is said when nothing happened.
const NOTHING: &str = "Nothing of the kind happened in this time.";

pub(super) async fn run(session: &Session, request: HistoryArgs) -> Result<Answer, Failure> {
    if request.follow {
        return follow::run(session, request).await;
    }
    let wanted = history_list::Request {
        kind: request.kind.map(Into::into),
        token: request.token.as_deref().map(ids::token).transpose()?,
        data_source: request.data_source.as_deref().map(ids::data_source).transpose()?,
        since: Some(earlier(session.now(), request.since)),
        limit: request.limit,
    };
    let ctx = session.context().await?;
    match request.kind {
        Some(HistoryKindArg::Refresh) => {
            let refreshes = refresh_list::run(&ctx, wanted).await?;
            if let Some(format) = request.format {
                return export::answer(format, &export::REFRESH, &refreshes);
            }
            Answer::new(&refreshes, refresh_table(&refreshes))
        }
        Some(HistoryKindArg::Request) => listed(&requests(&ctx, wanted).await?, request.format),
        _ => listed(&history_list::run(&ctx, wanted).await?, request.format),
    }
}

fn listed(entries: &[HistoryEntry], format: Option<FormatArg>) -> Result<Answer, Failure> {
    match format {
        Some(format) => export::answer(format, &export::ENTRY, entries),
        None => Answer::new(&entries, table(entries)),
    }
}

/// Answered requests, and those whose credentials were refused: these are counted by the minute.
async fn requests(ctx: &Context, wanted: history_list::Request) -> Result<Vec<HistoryEntry>, Failure> {
    let limit = usize::try_from(wanted.limit).unwrap_or(usize::MAX);
    let mut entries = request_list::run(ctx, wanted.clone()).await?;
    let of_tokens = history_list::Request { kind: Some(HistoryKind::Token), ..wanted };
    let refused =
        history_list::run(ctx, of_tokens).await?.into_iter().filter(|entry| entry.action == "refuse");
    entries.extend(refused.map(|entry| HistoryEntry { kind: HistoryKind::Request, ..entry }));
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
    entries.truncate(limit);
    Ok(entries)
}

/// `at - by`, or the beginning of the calendar.
fn earlier(at: Timestamp, by: std::time::Duration) -> Timestamp {
    SignedDuration::try_from(by).ok().and_then(|by| at.checked_sub(by).ok()).unwrap_or(Timestamp::MIN)
}

fn table(entries: &[HistoryEntry]) -> String {
    let mut table = Table::new(&["AT", "WHO", "WHAT"], NOTHING);
    for entry in entries {
        table.row([instant(entry.at), entry.actor.clone(), sentence(entry)]);
    }
    table.render()
}

fn refresh_table(refreshes: &[Refresh]) -> String {
    let header = ["STARTED", "ENDED", "USER", "TOKEN", "DATA SOURCE", "OUTCOME", "REQUESTS", "ROWS", "ERROR"];
    let mut table = Table::new(&header, NOTHING);
    for refresh in refreshes {
        table.row([
            instant(refresh.started_at),
            instant(refresh.ended_at),
            refresh.user.clone().unwrap_or_default(),
            refresh.label.clone().unwrap_or_else(|| refresh.token_id.to_string()),
            refresh.data_source.to_string(),
            format!("{:?}", refresh.outcome).to_lowercase(),
            refresh.requests.to_string(),
            refresh.rows.to_string(),
            refresh.error_code.clone().unwrap_or_default(),
        ]);
    }
    table.render()
}

/// What was done; the actor stands before it.
fn sentence(entry: &HistoryEntry) -> String {
    let told = match entry.kind {
        HistoryKind::Token => token(entry),
        HistoryKind::Request if entry.details.get("count").is_some() => token(entry),
        HistoryKind::Source => source(entry),
        HistoryKind::Request => read(entry),
        HistoryKind::Policy => policy(entry),
        HistoryKind::Connection => connection(entry),
        HistoryKind::User => user(entry),
        HistoryKind::Tenant => tenant(entry),
        HistoryKind::Refresh => past(&entry.action, "a refresh"),
    };
    match (&entry.reason, entry.action.as_str()) {
        (Some(reason), action) if action != "refuse" => format!("{told} ({reason})"),
        _ => told,
    }
}

/// The action in words, with what it was done to.
fn past(action: &str, what: &str) -> String {
    let verb = match action {
        "create" => "created",
        "delete" => "deleted",
        "remove" => "removed",
        "revoke" => "revoked",
        "expire" => "saw the end of",
        "clamp" => "shortened",
        "rotate" => "rotated",
        "refuse" => "refused",
        "edit" => "changed",
        "share" => "shared",
        "clone" => "made",
        "transfer" => "gave",
        "unshare" => "stopped sharing",
        "property_vanished" => "saw a property vanish from",
        "property_returned" => "saw a property come back to",
        "property_retyped" => "saw another type of a property of",
        "refresh_model" => "refreshed the columns of",
        "rekey" => "sealed anew the credential of",
        "replace_credential" => "replaced the credential of",
        "suspend" => "suspended",
        "resume" => "resumed",
        "disable" => "disabled",
        "enable" => "enabled",
        "powerbi_push" => "put into Power BI",
        "powerbi_push_failed" => "could not put into Power BI",
        other => return format!("did {other} to {what}"),
    };
    format!("{verb} {what}")
}

fn tenant(entry: &HistoryEntry) -> String {
    let (channel, address) = (text(entry, "channel"), text(entry, "address"));
    match entry.action.as_str() {
        "notice_target_add" => format!("had notices sent to {address} by {channel}"),
        "notice_target_remove" => format!("had no more notices sent to {address} by {channel}"),
        action => past(action, "the tenant"),
    }
}

/// Nobody knows whose it was: there was no token, or none of this store.
fn refused(entry: &HistoryEntry) -> String {
    let source = entry.data_source.as_ref().map(|id| format!(" to {id}")).unwrap_or_default();
    format!("refused a request{source} {}", tries(entry))
}

/// `3 times from 203.0.113.7: TokenRevoked`.
fn tries(entry: &HistoryEntry) -> String {
    let times = count(usize::try_from(number(entry, "count")).unwrap_or_default(), "time");
    let reason = entry.reason.as_deref().unwrap_or("no reason given");
    format!("{times} from {}: {reason}", text(entry, "address"))
}

fn token(entry: &HistoryEntry) -> String {
    if entry.action == "refuse" && entry.token_id.is_none() {
        return refused(entry);
    }
    let id = entry.token_id.as_ref().map(ToString::to_string).unwrap_or_default();
    let user = entry.user.as_deref().unwrap_or("somebody");
    let what = format!("the token {id} (\"{}\" of {user})", text(entry, "label"));
    let done = past(&entry.action, &what);
    match entry.action.as_str() {
        "clamp" => {
            let (before, after) = (expiry(&entry.details["before"]), expiry(&entry.details["after"]));
            format!("{done}: expires {after} instead of {before}")
        }
        "rotate" => {
            let (to, end) = (text(entry, "rotated_to"), expiry(&entry.details));
            format!("{done}: its successor is {to}, it works until {end}")
        }
        "powerbi_push" | "powerbi_push_failed" => {
            format!("{done}: data set {} of {}", text(entry, "dataset"), text(entry, "workspace"))
        }
        "create" if !text(entry, "rotated_from").is_empty() => {
            format!("{done}, the successor of {}", text(entry, "rotated_from"))
        }
        "refuse" => format!("{done} {}", tries(entry)),
        _ => done,
    }
}

fn expiry(details: &Value) -> String {
    let at = details["expires_at"].as_str().and_then(|at| at.parse().ok());
    instant_or(at, "never")
}

fn source(entry: &HistoryEntry) -> String {
    let id = entry.data_source.as_ref().map(ToString::to_string).unwrap_or_default();
    let done = past(&entry.action, &format!("the data source {id} (\"{}\")", text(entry, "name")));
    match entry.action.as_str() {
        "share" | "unshare" => format!("{done} with {}", text(entry, "with")),
        "transfer" => format!("{done} of {} to {}", text(entry, "from"), text(entry, "to")),
        "clone" => format!("{done}, a copy of {}", text(entry, "cloned_from")),
        "edit" => format!("{done}: {}", changes(entry).join(", ")),
        action if action.starts_with("property_") => format!("{done}: {}", text(entry, "column")),
        _ => done,
    }
}

fn read(entry: &HistoryEntry) -> String {
    let source = entry.data_source.as_ref().map(|id| format!(" of {id}")).unwrap_or_default();
    let set = entry.details["entity_set"].as_str();
    let query = entry.details["query"].as_str().map(|query| format!("?{query}")).unwrap_or_default();
    match &entry.reason {
        Some(code) => {
            let set = set.unwrap_or("a request");
            format!("was refused {set}{query}{source}: {} {code}", entry.outcome)
        }
        None => {
            let set = set.unwrap_or("the service");
            let (rows, time) = (number(entry, "rows"), number(entry, "duration_ms"));
            format!("read {set}{query}{source}: {rows} rows in {time} ms")
        }
    }
}

fn policy(entry: &HistoryEntry) -> String {
    let mut changes = changes(entry);
    let clamped = number(entry, "clamped_tokens");
    if clamped > 0 {
        changes.push(format!("{clamped} tokens shortened"));
    }
    let done = past(&entry.action, "the policy");
    if changes.is_empty() { done } else { format!("{done}: {}", changes.join(", ")) }
}

/// What is different afterwards, by the entry's `before` and `after`.
fn changes(entry: &HistoryEntry) -> Vec<String> {
    let (before, after) = (&entry.details["before"], &entry.details["after"]);
    let changed =
        after.as_object().into_iter().flatten().filter(|(name, value)| before[name.as_str()] != **value);
    changed
        .map(|(name, value)| format!("{name} {} → {}", plain(&before[name.as_str()]), plain(value)))
        .collect()
}

fn connection(entry: &HistoryEntry) -> String {
    let name = text(entry, "connection");
    match entry.action.as_str() {
        "status" => format!("found the connection {name} {}", text(entry, "after")),
        "powerbi_connect" => format!("connected Power BI as {}", text(entry, "client_id")),
        "powerbi_disconnect" => format!("disconnected Power BI, which was {}", text(entry, "client_id")),
        action => past(action, &format!("the connection {name}")),
    }
}

fn user(entry: &HistoryEntry) -> String {
    let (user, group) = (entry.user.as_deref().unwrap_or("somebody"), text(entry, "group"));
    match entry.action.as_str() {
        "join" => format!("put {user} into the group {group}"),
        "leave" => format!("took {user} out of the group {group}"),
        "create_group" => format!("created the group {group}"),
        "remove_group" => format!("removed the group {group}"),
        "edit" => format!("changed the user {user}: {}", changes(entry).join(", ")),
        action => past(action, &format!("the user {user}")),
    }
}

fn text<'a>(entry: &'a HistoryEntry, name: &str) -> &'a str {
    entry.details[name].as_str().unwrap_or_default()
}

fn number(entry: &HistoryEntry, name: &str) -> i64 {
    entry.details[name].as_i64().unwrap_or_default()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests;
