//! Tokens, their users, and what was refused to them.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use schema::operations::refusal_summary::Refused;
use schema::operations::token_show::TokenView;
use schema::operations::user_list::UserView;
use schema::{DataSourceId, TokenStatus};

use super::words::{EVERYWHERE, first_to_fail, sentence, serves, times, token as named, until};
use super::{Finding, Severity};
use crate::doctor::facts::Facts;
use crate::output::{instant, quoted};

/// A token that ends within this is announced: as the notices have it, with time to act on a working day.
const SOON: SignedDuration = SignedDuration::from_hours(24 * 14);

pub(super) fn examine(facts: &Facts) -> Vec<Finding> {
    let mut findings: Vec<Finding> = tenant(facts).into_iter().collect();
    for token in &facts.tokens {
        findings.extend(refusals(facts, token));
        findings.extend(ending(facts, token));
        findings.extend(retiring(facts, token));
    }
    findings.extend(unknown(facts));
    findings.extend(facts.users.iter().flat_map(|user| users(facts, user)));
    findings
}

fn tenant(facts: &Facts) -> Option<Finding> {
    let since = facts.tenant.suspended_at?;
    let name = &facts.tenant.name;
    let told = format!("The tenant {name} is suspended: every request gets 403, whatever token it has.");
    let remedy = format!("run `feedgate-admin tenant resume {}`", quoted(name));
    Some(Finding::error("TenantSuspended", told).since(since).mend("operator", remedy))
}

/// What was refused to the token and is not mended: nothing was accepted after it.
fn refusals(facts: &Facts, token: &TokenView) -> Vec<Finding> {
    let own = facts.refused.iter().filter(|sum| sum.token_id.as_ref() == Some(&token.id));
    let mut sums: BTreeMap<&str, Vec<&Refused>> = BTreeMap::new();
    for sum in own.filter(|sum| token.last_used_at.is_none_or(|used| sum.last_at > used)) {
        sums.entry(sum.reason.as_str()).or_default().push(sum);
    }
    sums.into_iter().filter_map(|(reason, sums)| refusal(facts, token, reason, &Tried::of(&sums))).collect()
}

/// Refusals of one reason from anywhere.
struct Tried {
    count: u64,
    first: Timestamp,
    last: Timestamp,
    addresses: Vec<String>,
    /// The data sources that were asked for.
    sources: Vec<DataSourceId>,
    client: Option<String>,
}

impl Tried {
    fn of(sums: &[&Refused]) -> Tried {
        let mut addresses: Vec<String> = sums.iter().map(|sum| sum.address.clone()).collect();
        addresses.sort();
        addresses.dedup();
        let mut sources: Vec<DataSourceId> = sums.iter().filter_map(|sum| sum.data_source.clone()).collect();
        sources.sort();
        sources.dedup();
        Tried {
            count: sums.iter().map(|sum| sum.count).sum(),
            first: sums.iter().map(|sum| sum.first_at).min().unwrap_or_default(),
            last: sums.iter().map(|sum| sum.last_at).max().unwrap_or_default(),
            addresses,
            sources,
            client: sums.iter().find_map(|sum| sum.client.clone()),
        }
    }

    /// `3 times, last 2026-01-05T03:00:00Z from 203.0.113.7 (Microsoft.Data.Mashup), for "Sales" (k7m2q9x4tb)`.
    fn told(&self, facts: &Facts) -> String {
        // A list that fills the terminal helps nobody.
        const SHOWN: usize = 5;
        let shown = &self.addresses[..self.addresses.len().min(SHOWN)];
        let more = self.addresses.len() - shown.len();
        let more = if more > 0 { format!(" and {more} more addresses") } else { String::new() };
        let client = self.client.as_ref().map(|client| format!(" ({client})")).unwrap_or_default();
        let sources: Vec<String> = self.sources.iter().map(|id| facts.source_name(id)).collect();
        let what = if sources.is_empty() { String::new() } else { format!(", for {}", sources.join(", ")) };
        let (times, last) = (times(self.count), instant(self.last));
        format!("{times}, last {last} from {}{more}{client}{what}", shown.join(", "))
    }
}

fn refusal(facts: &Facts, token: &TokenView, reason: &str, tried: &Tried) -> Option<Finding> {
    let (name, user) = (named(token), &token.user);
    let served = serves(facts, token);
    let finding = match reason {
        "TokenExpired" => {
            let told = format!(
                "{} expired {} and is still tried: {}.{served}",
                sentence(&name),
                since_when(token.expires_at),
                tried.told(facts)
            );
            let remedy = format!(
                "make a new one (`feedgate-admin token create --user {} --label TEXT`). {EVERYWHERE}",
                quoted(user)
            );
            Finding::error("TokenExpired", told).since(tried.first).mend(user, remedy)
        }
        "TokenRevoked" => {
            let why = token.revoke_reason.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            let told = format!(
                "{} was revoked {}{why} and is still tried: {}.{served}",
                sentence(&name),
                since_when(token.revoked_at),
                tried.told(facts)
            );
            let remedy = format!(
                "if these are your own reports, give them another token: {EVERYWHERE}. If you do not know the address, \
                 the token has leaked; it is refused, and nothing else is to be done"
            );
            Finding::error("TokenRevokedStillUsed", told).since(tried.first).mend(user, remedy)
        }
        "wrong_user" => {
            let told = format!(
                "{} came with another user name than {user}, to whom it belongs: {}.",
                sentence(&name),
                tried.told(facts)
            );
            let remedy = format!("type {user} as the user name beside this token. {EVERYWHERE}");
            Finding::error("WrongUserName", told).since(tried.first).mend(user, remedy)
        }
        "wrong_secret" => {
            let told = format!(
                "Somebody came with the id of {name} and another secret: {}. No mistyped token looks like this.",
                tried.told(facts)
            );
            let remedy = "find out who is at the address; the token itself is not known to them";
            Finding::warning("WrongSecret", told).since(tried.first).mend("admin", remedy)
        }
        "UserDisabled" => {
            let told = format!(
                "The user {user} is disabled, and {name} is still tried: {}.{served}",
                tried.told(facts)
            );
            let remedy = format!(
                "run `feedgate-admin user enable {}`, or give the reports a token of another user: \
                 a service user outlives people",
                quoted(user)
            );
            Finding::error("UserDisabled", told).since(tried.first).mend("admin", remedy)
        }
        "AddressNotAllowed" => {
            let admitted = facts.policy.allow_addresses.join(", ");
            let told = format!(
                "{} is refused where it comes from: {}. The policy admits {admitted} only.{served}",
                sentence(&name),
                tried.told(facts)
            );
            let remedy =
                "add the address with `feedgate-admin policy set --allow-address CIDR` (the whole list anew)";
            Finding::error("AddressNotAllowed", told).since(tried.first).mend("admin", remedy)
        }
        // Told once for all, as the tenant's.
        _ => return None,
    };
    Some(finding.token(&token.id, user))
}

fn since_when(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "by not being used".to_owned(), |at| format!("at {}", instant(at)))
}

/// Attempts with what is no token of this store.
fn unknown(facts: &Facts) -> Option<Finding> {
    let sums: Vec<&Refused> = facts
        .refused
        .iter()
        .filter(|sum| sum.token_id.is_none())
        .filter(|sum| matches!(sum.reason.as_str(), "unknown_token" | "malformed" | "undecodable"))
        .collect();
    let tried = Tried::of(&sums);
    // What is older than a day and did not come again was somebody's slip.
    if sums.is_empty() || facts.now.duration_since(tried.last) > SignedDuration::from_hours(24) {
        return None;
    }
    let told = format!(
        "Somebody comes with a password that is no token of this store: {}. Perhaps it was cut off when it was pasted, \
         belongs to another Feedgate, or is a HubSpot token.",
        tried.told(facts)
    );
    let remedy =
        "paste the whole token: fg_ and 54 letters and digits. `feedgate-admin token list` shows which exist";
    Some(Finding::warning("UnknownToken", told).since(tried.first).mend("admin", remedy))
}

/// When the token ends by itself.
fn end(token: &TokenView) -> Option<Timestamp> {
    let used = token.last_used_at.unwrap_or(token.created_at).max(token.created_at);
    let idle = token.max_idle.0.and_then(|idle| used.checked_add(idle).ok());
    token.expires_at.into_iter().chain(idle).min()
}

/// A living token that ends soon, or one that ended while refreshes depended on it.
fn ending(facts: &Facts, token: &TokenView) -> Option<Finding> {
    let end = end(token)?;
    let depends = facts.served_by(&token.id).any(|served| served.schedule.is_some());
    let name = sentence(&named(token));
    match token.status {
        TokenStatus::Active if end.duration_since(facts.now) <= SOON => {
            let severity = if depends { Severity::Warning } else { Severity::Note };
            let (served, first) = (serves(facts, token), first_to_fail(facts, token, end));
            let told = format!("{name} ends {} at {}.{served}{first}", until(facts.now, end), instant(end));
            let remedy = format!(
                "run `feedgate-admin token rotate {}`: both work until the old one ends. {EVERYWHERE}",
                token.id
            );
            let finding = Finding::new(severity, "TokenExpiresSoon", told);
            Some(finding.mend(&token.user, remedy).token(&token.id, &token.user))
        }
        TokenStatus::Expired if depends && !tried_since(facts, token) => {
            let told = format!("{name} expired at {}.{}", instant(end), serves(facts, token));
            let remedy = format!(
                "make a new one (`feedgate-admin token create --user {} --label TEXT`). {EVERYWHERE}",
                quoted(&token.user)
            );
            let finding = Finding::error("TokenExpired", told).since(end);
            Some(finding.mend(&token.user, remedy).token(&token.id, &token.user))
        }
        _ => None,
    }
}

fn tried_since(facts: &Facts, token: &TokenView) -> bool {
    facts.refused.iter().any(|sum| sum.token_id.as_ref() == Some(&token.id) && sum.reason == "TokenExpired")
}

/// A token whose successor exists and which is used nevertheless.
fn retiring(facts: &Facts, token: &TokenView) -> Option<Finding> {
    let used = token.last_used_at.filter(|_| token.status == TokenStatus::Retiring)?;
    let successor = token.rotated_to.as_ref()?;
    let born = facts.token(successor).map_or(token.created_at, |successor| successor.created_at);
    if used <= born {
        return None;
    }
    let from = token.last_used_address.as_ref().map(|from| format!(" from {from}")).unwrap_or_default();
    let end = token.expires_at?;
    let told = format!(
        "{} was rotated and is still used, last {}{from}. It ends {} at {}.{}",
        sentence(&named(token)),
        instant(used),
        until(facts.now, end),
        instant(end),
        first_to_fail(facts, token, end)
    );
    let remedy = format!("put its successor {successor} wherever the old one is. {EVERYWHERE}");
    let finding = Finding::warning("RetiringTokenStillUsed", told).since(born);
    Some(finding.mend(&token.user, remedy).token(&token.id, &token.user))
}

fn users(facts: &Facts, view: &UserView) -> Vec<Finding> {
    let user = &view.user;
    let own = |token: &&TokenView| token.user == user.name;
    let mut findings = Vec::new();
    let living = facts.tokens.iter().filter(own).filter(|token| token.status.authenticates()).count();
    let tried = |sum: &Refused| {
        let token = sum.token_id.as_ref().and_then(|id| facts.token(id));
        sum.reason == "UserDisabled" && token.is_some_and(|token| token.user == user.name)
    };
    // What is tried is told as what fails.
    let told_already = facts.refused.iter().any(tried);
    if let Some(since) = user.disabled_at.filter(|_| living > 0 && !told_already) {
        let told = format!("The user {} is disabled: none of their tokens works.", user.name);
        let remedy = format!(
            "run `feedgate-admin user enable {0}` when that was not meant, else `feedgate-admin source transfer --all-of {0} --to USER`",
            quoted(&user.name)
        );
        let finding = Finding::note("UserIsDisabled", told).since(since);
        findings.push(finding.mend("admin", remedy).user(&user.name));
    }
    let active = facts.tokens.iter().filter(own).filter(|token| token.status == TokenStatus::Active).count();
    let limit = usize::try_from(facts.policy.max_active_tokens).unwrap_or(usize::MAX);
    // With a data source or a token in focus, not all tokens of a user are known.
    let all = facts.focus.data_source.is_none() && facts.focus.token.is_none();
    if all && active >= limit {
        let told = format!("{} has {active} active tokens, as many as the policy allows.", user.name);
        let remedy = format!(
            "revoke one that is not used (`feedgate-admin token list --user {}`), or rotate one: that needs no free place",
            quoted(&user.name)
        );
        findings.push(Finding::note("TokenLimitReached", told).mend(&user.name, remedy).user(&user.name));
    }
    findings
}
