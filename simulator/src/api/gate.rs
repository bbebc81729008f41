//! What stands before every call: the token, its scopes, the budgets and their headers.

use super::answer::Problem;
use super::request::Request;
use super::{Route, table};
use crate::budget::{Allowance, Pool};
use crate::instant::DAY_MS;
use crate::world::World;

/// Whether the call carries the portal's token.
pub(super) fn authenticate(world: &World, request: &Request) -> Result<(), Problem> {
    let token = request.authorization.as_deref().and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
    });
    match token {
        None => Err(Problem::CredentialsMissing),
        Some(token) if token == world.settings.access_token => Ok(()),
        Some(_) => Err(Problem::TokenUnknown { days: world.clock.now_ms() / DAY_MS }),
    }
}

/// Whether the token may make the call.
pub(super) fn check_scopes(world: &World, route: &Route) -> Result<(), Problem> {
    let Some(granted) = world.behaviour().granted_scopes else { return Ok(()) };
    let required = scopes(world, route)?;
    let allowed = required.is_empty() || required.iter().any(|scope| granted.contains(scope));
    if allowed { Ok(()) } else { Err(Problem::ScopesMissing(required)) }
}

/// The scopes of which a call needs one.
fn scopes(world: &World, route: &Route) -> Result<Vec<String>, Problem> {
    let of = |name: &str| Ok(table(&world.read(), name)?.1.kind.scopes.clone());
    match route {
        Route::List(kind) | Route::Get(kind, _) | Route::Search(kind) | Route::BatchRead(kind) => of(kind),
        Route::Associations(from, _) | Route::AssociationsOf(from, ..) | Route::Labels(from, _) => of(from),
        Route::Owners | Route::Owner(_) => Ok(vec!["crm.objects.owners.read".to_owned()]),
        Route::Schemas => Ok(vec!["crm.schemas.custom.read".to_owned()]),
        Route::RecordLimits => Ok(world.read().tables.iter().flat_map(|t| t.kind.scopes.clone()).collect()),
        Route::Properties(_)
        | Route::Property(..)
        | Route::Schema(_)
        | Route::Pipelines(_)
        | Route::Pipeline(..)
        | Route::AccountDetails
        | Route::DailyUsage => Ok(Vec::new()),
    }
}

/// Counts the call and writes the headers; search answers have none of them.
pub(super) fn count(world: &World, pool: Pool, headers: &mut Vec<(String, String)>) -> Result<(), Problem> {
    let behaviour = world.behaviour();
    let (allowance, refusal) = world.meter().admit(pool, &behaviour.budgets, world.clock.now_ms());
    if pool != Pool::Search {
        headers.extend(rate_headers(allowance));
    }
    let Some(refusal) = refusal else { return Ok(()) };
    if behaviour.quirks.retry_after {
        headers.push(("Retry-After".to_owned(), "1".to_owned()));
    }
    Err(Problem::Rate(refusal))
}

fn rate_headers(allowance: Allowance) -> impl Iterator<Item = (String, String)> {
    // The secondly pair is deprecated, but still sent: a tenth of the ten-second budget, as recorded (100 and 10).
    let secondly = allowance.max / 10;
    let values = [
        ("Daily", allowance.daily),
        ("Daily-Remaining", allowance.daily_remaining),
        ("Interval-Milliseconds", 10_000),
        ("Max", allowance.max),
        ("Remaining", allowance.remaining),
        ("Secondly", secondly),
        ("Secondly-Remaining", secondly.saturating_sub(1).min(allowance.remaining)),
    ];
    values.into_iter().map(|(name, value)| (format!("X-HubSpot-RateLimit-{name}"), value.to_string()))
}
