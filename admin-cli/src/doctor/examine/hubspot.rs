//! Connections: whether HubSpot takes their credentials, what those may read, and what is left of the day.

use feedgate::model::Definition;
use hubspot::Error;
use schema::operations::source_show::SourceView;
use schema::{ConnectionKind, ConnectionRecord, ConnectionStatus};

use super::Finding;
use super::words::sentence;
use crate::doctor::facts::{Connected, Facts, Portal};
use crate::output::{count, instant, quoted};

/// From here on the day may not suffice.
const NEARLY_USED: u64 = 90;

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    facts.connections.iter().flat_map(|connection| one(facts, connection)).collect()
}

/// Whether what is found out about the data source's connection tells already why its requests fail with `code`.
pub(super) fn tells(facts: &Facts, code: &str, source: &SourceView) -> bool {
    let told = match code {
        "SourceCredentialsRejected" => "HubspotCredentialRejected",
        "SourceScopeMissing" => "HubspotScopeMissing",
        "SourceDailyLimit" => "HubspotDailyLimit",
        _ => return false,
    };
    let own = |finding: &Finding| {
        finding.code == told && finding.data_source.as_ref().is_none_or(|other| *other == source.id)
    };
    let through = facts.connections.iter().filter(|connection| connection.record.name == source.connection);
    through.flat_map(|connection| one(facts, connection)).any(|finding| own(&finding))
}

fn one(facts: &Facts, connection: &Connected) -> Vec<Finding> {
    let name = &connection.record.name;
    let mut findings = Vec::new();
    if let (Some(problem), Some(_)) = (&connection.sealed, &facts.machine) {
        findings.push(sealed(name, problem));
    }
    match &connection.asked {
        Some(Ok(portal)) => findings.extend(portal_of(facts, connection, portal)),
        Some(Err(error)) => findings.push(refused(facts, connection, error)),
        None if is_refused(connection) => {
            let message = connection.record.status_message.clone().unwrap_or_default();
            findings.push(rejected(facts, connection, &message));
        }
        None => {}
    }
    findings.into_iter().map(|finding| finding.connection(name)).collect()
}

fn is_refused(connection: &Connected) -> bool {
    matches!(connection.record.status, ConnectionStatus::Rejected | ConnectionStatus::Reconnect)
}

fn sealed(name: &str, problem: &str) -> Finding {
    let told = format!("The credential of the connection {name} does not open here: {problem}.");
    let remedy = format!(
        "give this machine the FEEDGATE_SECRET_KEYS of the server, with the older keys behind the active one; when a key \
         is lost, `feedgate-admin connection replace-credential {}`",
        quoted(name)
    );
    Finding::error("KeyMissing", told).mend("operator", remedy)
}

/// The data sources that read through the connection, by name.
fn reading<'a>(facts: &'a Facts, connection: &'a Connected) -> impl Iterator<Item = &'a SourceView> {
    facts.sources.iter().filter(|source| source.connection == connection.record.name)
}

fn affected(facts: &Facts, connection: &Connected) -> String {
    let names: Vec<String> = reading(facts, connection).map(|source| facts.source_name(&source.id)).collect();
    if names.is_empty() { String::new() } else { format!(" Affected: {}.", names.join(", ")) }
}

fn rejected(facts: &Facts, connection: &Connected, message: &str) -> Finding {
    let name = &connection.record.name;
    let told = format!(
        "HubSpot does not accept the credential of the connection {name}: {}.{} The access tokens are fine.",
        message.trim_end_matches('.'),
        affected(facts, connection)
    );
    let name = quoted(name);
    let remedy = match connection.record.kind {
        ConnectionKind::Token => format!(
            "make a new token in HubSpot's private app or service key and run `feedgate-admin connection replace-credential {name}`"
        ),
        ConnectionKind::OAuth => format!(
            "connect the portal again: `feedgate-admin connection replace-credential {name} --oauth --client-id ID`"
        ),
    };
    let since = connection.since.filter(|_| is_refused(connection));
    Finding::error("HubspotCredentialRejected", told).since(since).mend("admin", remedy)
}

fn refused(facts: &Facts, connection: &Connected, error: &Error) -> Finding {
    let name = &connection.record.name;
    match error {
        Error::CredentialsRejected { message } => rejected(facts, connection, message),
        Error::DailyLimit { resets_at } => {
            let until = resets_at
                .map_or_else(|| "midnight in the time zone of the HubSpot account".to_owned(), instant);
            let told = format!(
                "HubSpot's daily limit of the portal behind {name} is used up until {until}.{}",
                affected(facts, connection)
            );
            let remedy = "look in HubSpot which app uses the calls; refresh less often, or fewer tables";
            Finding::error("HubspotDailyLimit", told).mend("admin", remedy)
        }
        error => {
            let told = format!(
                "HubSpot could not be asked about the connection {name}: {}.{}",
                error.to_string().trim_end_matches('.'),
                affected(facts, connection)
            );
            let remedy = "look at https://status.hubspot.com and at the way from this machine to HubSpot";
            Finding::error("HubspotUnreachable", told).mend("operator", remedy)
        }
    }
}

fn portal_of(facts: &Facts, connection: &Connected, portal: &Portal) -> Vec<Finding> {
    let name = &connection.record.name;
    let mut findings: Vec<Finding> =
        reading(facts, connection).filter_map(|source| scopes(facts, source, name, portal)).collect();
    findings.extend(reading(facts, connection).filter_map(|source| drift(facts, source, portal)));
    findings.extend(day(&connection.record, portal));
    findings
}

/// Objects of a data source that the credential may not read.
fn scopes(facts: &Facts, source: &SourceView, connection: &str, portal: &Portal) -> Option<Finding> {
    let definition = Definition::from_json(&source.definition.to_string()).ok()?;
    let lacking: Vec<&crate::portal::Reading> = portal
        .readings
        .iter()
        .filter(|reading| !reading.readable)
        .filter(|reading| definition.objects.iter().any(|choice| choice.object == reading.object))
        .collect();
    let (objects, scopes): (Vec<&str>, Vec<String>) =
        lacking.iter().map(|reading| (reading.object.as_str(), reading.missing_scopes.join(" or "))).unzip();
    if objects.is_empty() {
        return None;
    }
    let told = format!(
        "{} shows {}, which the credential of the connection {connection} may not read. The access tokens are fine.",
        sentence(&facts.source_name(&source.id)),
        objects.join(", ")
    );
    let remedy = format!("grant {} in HubSpot", scopes.join(", "));
    Some(Finding::error("HubspotScopeMissing", told).mend("admin", remedy).source(&source.id))
}

/// Columns that HubSpot no longer has. They stay, as nulls, so that no report breaks.
fn drift(facts: &Facts, source: &SourceView, portal: &Portal) -> Option<Finding> {
    let own = portal.vanished.iter().filter(|(id, _)| *id == source.id);
    let gone: Vec<&str> = own.map(|(_, column)| column.as_str()).collect();
    if gone.is_empty() {
        return None;
    }
    let told = format!(
        "HubSpot no longer has {} of {}: {}. The columns stay in the feed and are empty.",
        count(gone.len(), "column"),
        facts.source_name(&source.id),
        gone.join(", ")
    );
    let remedy = "bring the properties back in HubSpot, or take the columns out of the report and then out of the data \
         source (`feedgate-admin source edit`)";
    Some(Finding::warning("PropertyVanished", told).mend(&source.owner, remedy).source(&source.id))
}

fn day(connection: &ConnectionRecord, portal: &Portal) -> Option<Finding> {
    let (used, daily) = (portal.limits.used_today?, portal.limits.daily?);
    let name = &connection.name;
    let told = format!("The portal behind {name} has used {used} of today's {daily} calls.");
    let remedy = "refresh less often or fewer tables, or have HubSpot raise the limit";
    if let Some(share) = connection.daily_share {
        let (used, most) = (used.saturating_mul(100), daily.saturating_mul(share.into()));
        let change = format!("`feedgate-admin connection edit {} --daily-share PERCENT`", quoted(name));
        let remedy = format!("{remedy}, or change the share: {change}");
        let spent = format!("{told} Its feeds stop at {share} % and go on when HubSpot's day begins anew.");
        let near = format!("{told} Its feeds stop at {share} %.");
        return match most {
            0 => None,
            most if used >= most => Some(Finding::error("HubspotDailyLimit", spent).mend("admin", remedy)),
            most if used.saturating_mul(100) / most >= NEARLY_USED => {
                Some(Finding::warning("HubspotDailyLimitNear", near).mend("admin", remedy))
            }
            _ => None,
        };
    }
    let nearly = daily > 0 && used.saturating_mul(100) / daily >= NEARLY_USED;
    nearly.then(|| Finding::warning("HubspotDailyLimitNear", told).mend("admin", remedy))
}
