//! Data sources: whether they are found, have columns, and are refreshed when they usually are.

use jiff::SignedDuration;
use schema::TokenStatus;
use schema::operations::request_summary::Answered;
use schema::operations::source_access::Outcome as Access;

use super::words::{EVERYWHERE, refreshes, sentence, times, token as named};
use super::{Finding, hubspot};
use crate::doctor::facts::{Facts, NotFound, Served};
use crate::output::{instant, quoted};

/// Failures of the last two days are news; an older one that nobody repeated is nobody's trouble any more.
const NEWS: SignedDuration = SignedDuration::from_hours(48);

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = facts.not_found.iter().filter_map(|one| not_found(facts, one)).collect();
    findings.extend(models(facts));
    findings.extend(facts.answered.iter().filter_map(|answered| failing(facts, answered)));
    findings.extend(facts.served.iter().filter_map(|served| silent(facts, served)));
    findings
}

/// `3 times, last 2026-01-05T03:00:00Z from 203.0.113.7 (Microsoft.Data.Mashup)`.
fn asked(answered: &Answered) -> String {
    let from = answered.address.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
    let client = answered.client.as_ref().map(|client| format!(" ({client})")).unwrap_or_default();
    format!("{}, last {}{from}{client}", times(answered.count), instant(answered.last_at))
}

fn not_found(facts: &Facts, one: &NotFound) -> Option<Finding> {
    let (asked_for, token) = (&one.asked, facts.token(&one.asked.token_id)?);
    let (name, source) = (named(token), facts.source_name(&asked_for.data_source));
    let asked = asked(asked_for);
    let finding = match &one.access {
        Access::Readable => return None,
        Access::OutOfScope => {
            let scope: Vec<String> =
                one.scope.iter().map(|own| format!("\"{}\" ({})", own.name, own.id)).collect();
            let told = format!(
                "{} is limited to {} and is sent for {source} of the same host, which it does not read: {asked}. \
                 Power BI keeps one credential for a whole host unless a deeper level was chosen.",
                sentence(&name),
                scope.join(", ")
            );
            let remedy = "in Power BI clear the permissions of the host (File, Options, Data source settings), connect \
                 again and choose the full path of each data source as the level; or use a token without that limit";
            Finding::error("TokenOutOfScope", told).mend(&token.user, remedy)
        }
        Access::NotShared { ended } => {
            let ended = ended.as_ref().map_or_else(
                || "It is not shared with them.".to_owned(),
                |act| format!("{} ended the sharing at {}.", act.by, instant(act.at)),
            );
            let told = format!("{} may not read {source}. {ended} {name} asked {asked}.", token.user);
            let remedy = format!(
                "run `feedgate-admin source share {} --with {}`, or take the data source out of the report",
                asked_for.data_source,
                quoted(&token.user)
            );
            Finding::error("DataSourceNotShared", told).mend(owner(facts, one), remedy)
        }
        Access::Deleted(act) => {
            let told = format!(
                "{} deleted the data source {} at {}, and it is still asked for: {name} {asked}.",
                act.by,
                asked_for.data_source,
                instant(act.at)
            );
            let remedy =
                "make a new data source and put its URL into the report, or take it out of the report";
            Finding::error("DataSourceDeleted", told).since(act.at).mend(&token.user, remedy)
        }
        Access::Unknown => {
            let told = format!(
                "There is no data source {} that {} may read; {name} asked {asked}.",
                asked_for.data_source, token.user
            );
            let remedy = "look at the URL in the report: `feedgate-admin source list` shows the right ones";
            Finding::error("DataSourceUnknown", told).mend(&token.user, remedy)
        }
    };
    let since = finding.since.unwrap_or(asked_for.first_at);
    Some(finding.since(since).token(&token.id, &token.user).source(&asked_for.data_source))
}

fn owner(facts: &Facts, one: &NotFound) -> String {
    let known = facts.sources.iter().find(|source| source.id == one.asked.data_source);
    known.map_or_else(|| "admin".to_owned(), |source| source.owner.clone())
}

fn models(facts: &Facts) -> Vec<Finding> {
    let without = facts.sources.iter().filter(|source| source.model_version.is_none());
    let told = |source: &schema::operations::source_show::SourceView| {
        let told = format!(
            "{} has no columns yet: every request gets 500.",
            sentence(&facts.source_name(&source.id))
        );
        let remedy =
            format!("run `feedgate-admin source refresh {}`, which asks HubSpot for them", source.id);
        Finding::error("ModelMissing", told)
            .since(source.created_at)
            .mend(&source.owner, remedy)
            .source(&source.id)
    };
    without.map(told).collect()
}

/// What a token gets from a data source that it finds: errors that no success followed. Errors that Power Query
/// recovers from (400, 501) are none, those of credentials and of a missing model are told elsewhere, and so are HubSpot's
/// as long as it says the same when it is asked now: a portal that answers here may be left alone by the server for a while.
fn failing(facts: &Facts, answered: &Answered) -> Option<Finding> {
    let code = answered.error_code.as_deref()?;
    let success = facts.last_success(&answered.token_id, &answered.data_source);
    let mended = success.is_some_and(|success| success >= answered.last_at);
    if mended || facts.now.duration_since(answered.last_at) > NEWS {
        return None;
    }
    let token = facts.token(&answered.token_id)?;
    let row = feedgate::error::ROWS.iter().find(|row| row.name == code)?;
    let told = |what: &str| {
        format!(
            "{what} {} asked {} {}.",
            sentence(&named(token)),
            facts.source_name(&answered.data_source),
            asked(answered)
        )
    };
    let finding = match code {
        "TooManyRequests" => {
            let policy = &facts.policy;
            let what = format!(
                "A rate of the policy is used up (token {}, user {}, tenant {}).",
                policy.rate_token, policy.rate_user, policy.rate_tenant
            );
            let remedy = "refresh fewer reports at a time, or raise the rate: `feedgate-admin policy set --rate-token RATE`";
            Finding::error("TooManyRequests", told(&what)).mend("admin", remedy)
        }
        "PageExpired" => Finding::warning("PageExpired", told(row.meaning)).mend(&token.user, row.remedy),
        "Internal" if has_model(facts, answered) => {
            Finding::error("Internal", told(row.meaning)).mend("operator", row.remedy)
        }
        _ if matches!(row.status, 502..=504) => {
            let source = facts.sources.iter().find(|source| source.id == answered.data_source);
            if source.is_some_and(|source| hubspot::tells(facts, code, source)) {
                return None;
            }
            let (who, remedy) = remedy(row, source.map(|source| source.connection.as_str()));
            Finding::error("RefreshFailing", format!("{} ({code})", told(row.meaning))).mend(who, remedy)
        }
        _ => return None,
    };
    let finding = finding.since(answered.first_at.max(success.unwrap_or(answered.first_at)));
    Some(finding.token(&token.id, &token.user).source(&answered.data_source))
}

/// Who can mend what fails between HubSpot, the store and the service, and how. The table of errors speaks to whoever got
/// the answer; here the connection has a name.
fn remedy(row: &feedgate::error::Row, connection: Option<&str>) -> (&'static str, String) {
    let name = connection.map_or_else(|| "NAME".to_owned(), quoted);
    let test = format!("`feedgate-admin connection test {name}`");
    match row.name {
        "SourceCredentialsRejected" => {
            let replace = format!("`feedgate-admin connection replace-credential {name}`");
            ("admin", format!("run {test}, and {replace} when it fails"))
        }
        "SourceScopeMissing" => {
            ("admin", format!("run {test}, and grant the scope that is missing in HubSpot"))
        }
        "SourceDailyLimit" => {
            let edit = format!("`feedgate-admin connection edit {name} --daily-share PERCENT`");
            let wait = "wait until midnight in the time zone of the HubSpot account; look in HubSpot which app uses the calls";
            ("admin", format!("{wait}, and change the share of the day that feeds may use with {edit}"))
        }
        _ => {
            let own = row.remedy.split_once("Operator: ").map_or(row.remedy, |(_, own)| own);
            ("operator", own.to_owned())
        }
    }
}

fn has_model(facts: &Facts, answered: &Answered) -> bool {
    let own = facts.sources.iter().find(|source| source.id == answered.data_source);
    own.is_some_and(|source| source.model_version.is_some())
}

/// A schedule that nothing came of. Power BI switches one off after failures, and tells its owner by mail only.
fn silent(facts: &Facts, served: &Served) -> Option<Finding> {
    let schedule = served.schedule.as_ref()?;
    let since = schedule.silent_since(facts.now)?;
    let token = facts.token(&served.token)?;
    // Another token may have taken over: then the reports are read.
    let others = facts.served.iter().filter(|other| other.source == served.source);
    if others.into_iter().any(|other| other.last.started_at > since) {
        return None;
    }
    let why = if token.status == TokenStatus::Expired || token.status == TokenStatus::Revoked {
        format!(" The token is {}.", token.status)
    } else {
        String::new()
    };
    let told = format!(
        "Nothing came of {} with {}: the last began {}, none at {} or since.{why}",
        refreshes(facts, served),
        named(token),
        instant(schedule.last),
        instant(since)
    );
    let remedy = format!(
        "in Power BI look at the data set's refresh history and switch the schedule on again: Power BI switches it off \
         after failed refreshes, and after two months without visitors. {EVERYWHERE}"
    );
    let finding = Finding::warning("ScheduleSilent", told).since(since).mend(&token.user, remedy);
    Some(finding.token(&token.id, &token.user).source(&served.source))
}
