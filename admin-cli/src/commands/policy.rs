//! `policy`.

use schema::habit::Habit;
use schema::operations::policy_set::{self, Clamped, FirstFailure, Reached};
use schema::operations::policy_show;
use schema::policy::{Existing, Policy};
use serde::Serialize;

use crate::args::{ExistingArg, PolicyCommand, SetPolicy};
use crate::failure::Failure;
use crate::output::{Answer, Card, Table, count, instant, instant_or};
use crate::session::Session;

pub(super) async fn run(session: &Session, command: PolicyCommand) -> Result<Answer, Failure> {
    match command {
        PolicyCommand::Show => show(session).await,
        PolicyCommand::Set(change) => set(session, change).await,
    }
}

async fn show(session: &Session) -> Result<Answer, Failure> {
    let policy = policy_show::run(&session.context().await?, policy_show::Request::default()).await?;
    Answer::new(&policy, card(&policy))
}

/// The policy as it is afterwards, and what becomes of the tokens that exist.
#[derive(Serialize)]
struct Changed<'a> {
    #[serde(flatten)]
    policy: &'a Policy,
    dry_run: bool,
    clamped: &'a [Clamped],
}

async fn set(session: &Session, change: SetPolicy) -> Result<Answer, Failure> {
    let clamps = change.existing == Some(ExistingArg::Clamp);
    let request = requested(change)?;
    let outcome = policy_set::run(&session.context().await?, request).await?;
    let (policy, dry_run, clamped) = (&outcome.policy, outcome.dry_run, outcome.clamped.as_slice());
    let mut text = card(policy);
    if clamps {
        text = format!("{text}\n\n{}", fates(clamped, dry_run));
    }
    if dry_run {
        text = format!("{text}\n\nThis was a dry run: nothing was changed.");
    }
    Answer::new(&Changed { policy, dry_run, clamped }, text)
}

fn requested(change: SetPolicy) -> Result<policy_set::Request, Failure> {
    let existing = match (change.existing, change.grace) {
        (Some(ExistingArg::Clamp), grace) => Existing::Clamp { grace: grace.unwrap_or_default() },
        (_, None) => Existing::Keep,
        (_, Some(_)) => return Err(Failure::usage("Usage", "--grace goes with --existing clamp only")),
    };
    Ok(policy_set::Request {
        max_lifetime: change.max_lifetime,
        max_active_tokens: change.max_active_tokens,
        max_idle: change.max_idle,
        rate_token: change.rate_token,
        rate_user: change.rate_user,
        rate_tenant: change.rate_tenant,
        concurrent: change.concurrent,
        allow_addresses: addresses(change.allow_addresses)?,
        existing,
        dry_run: change.dry_run,
    })
}

/// What was not named stays; `none` alone empties the list.
fn addresses(given: Vec<String>) -> Result<Option<Vec<String>>, Failure> {
    match given.as_slice() {
        [] => Ok(None),
        [only] if only == "none" => Ok(Some(Vec::new())),
        several if several.iter().any(|text| text == "none") => Err(Failure::usage(
            "Usage",
            "--allow-address none stands alone: it accepts requests from everywhere",
        )),
        _ => Ok(Some(given)),
    }
}

/// The policy for people.
pub(super) fn card(policy: &Policy) -> String {
    let addresses = policy.allow_addresses.join(", ");
    Card::new()
        .line("Maximum lifetime", policy.max_lifetime.to_string())
        .line("Active tokens per user", policy.max_active_tokens.to_string())
        .line("Maximum idle time", policy.max_idle.to_string())
        .line("Rate of a token", policy.rate_token.to_string())
        .line("Rate of a user", policy.rate_user.to_string())
        .line("Rate of the tenant", policy.rate_tenant.to_string())
        .line("Concurrent requests", policy.concurrent.to_string())
        .line("Allowed addresses", if addresses.is_empty() { "everywhere" } else { &addresses })
        .render()
}

/// Every token that changes, with what it serves.
fn fates(clamped: &[Clamped], dry_run: bool) -> String {
    if clamped.is_empty() {
        return "No token changes.".to_owned();
    }
    let mut table = Table::new(
        &[
            "TOKEN",
            "USER",
            "LABEL",
            "EXPIRES",
            "NEW EXPIRY",
            "MAX IDLE",
            "LAST USED",
            "READS",
            "FIRST TO FAIL",
        ],
        "",
    );
    for change in clamped {
        let token = &change.token;
        let reads: Vec<String> =
            change.reaches.iter().map(|source| read(&change.refreshes, source)).collect();
        table.row([
            token.id.to_string(),
            token.user.clone(),
            token.label.clone(),
            instant_or(token.expires_at, "never"),
            instant_or(change.new_expires_at, "never"),
            change.new_max_idle.to_string(),
            instant_or(token.last_used_at, "never"),
            reads.join(", "),
            first_to_fail(change.first_failure.as_ref(), &change.reaches),
        ]);
    }
    let change = if dry_run { "would change" } else { "changed" };
    format!("{} {change}:\n\n{}", count(clamped.len(), "token"), table.render())
}

/// `Sales (k7m2q9x4tb) at 03:00 UTC`.
fn read(refreshes: &[Habit], source: &Reached) -> String {
    let named = format!("{} ({})", source.name, source.id);
    match refreshes.iter().find(|habit| habit.data_source == source.id) {
        Some(habit) => format!("{named} at {}", habit.schedule.hours()),
        None => named,
    }
}

/// The scheduled refresh that would be the first without its token.
fn first_to_fail(failure: Option<&FirstFailure>, reaches: &[Reached]) -> String {
    let Some(failure) = failure else { return "-".to_owned() };
    let named = reaches.iter().find(|source| source.id == failure.data_source);
    let name = named.map_or(failure.data_source.as_str(), |source| &source.name);
    format!("{}, {name}", instant(failure.at))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use schema::{Schedule, TokenId};

    use super::*;

    #[test]
    fn none_stands_alone_and_empties_the_list_of_addresses() {
        let given = |list: &[&str]| addresses(list.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(given(&[]), Ok(None));
        assert_eq!(given(&["none"]), Ok(Some(Vec::new())));
        assert_eq!(given(&["10.0.0.0/8"]), Ok(Some(vec!["10.0.0.0/8".to_owned()])));
        assert!(given(&["10.0.0.0/8", "none"]).is_err());
    }

    #[test]
    fn the_first_refresh_to_fail_is_named_with_its_time() {
        let source = schema::DataSourceId::parse("k7m2q9x4tb").unwrap();
        let nights = ["2026-01-01T03:00:00Z", "2026-01-02T03:00:00Z", "2026-01-03T03:00:00Z"];
        let nights: Vec<Timestamp> = nights.iter().map(|at| at.parse().unwrap()).collect();
        let habit = Habit {
            token_id: TokenId::parse("0123456789abcdef").unwrap(),
            data_source: source.clone(),
            schedule: Schedule::of(&nights).unwrap(),
            rows: 100,
            minutes_taken: 10,
        };
        let failure =
            FirstFailure { at: "2026-01-05T03:00:00Z".parse().unwrap(), data_source: source.clone() };
        let reached = Reached { id: source, name: "Sales".into() };
        assert_eq!(read(std::slice::from_ref(&habit), &reached), "Sales (k7m2q9x4tb) at 03:00 UTC");
        assert_eq!(read(&[], &reached), "Sales (k7m2q9x4tb)");
        assert_eq!(
            first_to_fail(Some(&failure), std::slice::from_ref(&reached)),
            "2026-01-05T03:00:00Z, Sales"
        );
        assert_eq!(first_to_fail(None, &[reached]), "-");
    }

    #[test]
    fn the_default_policy_reads_like_its_options() {
        insta::assert_snapshot!(card(&Policy::default()), @"
        Maximum lifetime        90d
        Active tokens per user  5
        Maximum idle time       none
        Rate of a token         1200/m
        Rate of a user          2400/m
        Rate of the tenant      6000/m
        Concurrent requests     32
        Allowed addresses       everywhere
        ");
    }
}
