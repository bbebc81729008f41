//! What stands before every call: the token, its scopes, the budgets and their headers.

use super::answer::Problem;
use super::request::Request;
use super::{Route, table};
use crate::budget::{Allowance, Pool};
use crate::world::World;

/// Who calls.
pub(super) struct Caller {
    /// What the token may do; `None`: everything.
    scopes: Option<Vec<String>>,
    /// By OAuth: the headers then say nothing about the day.
    oauth: bool,
}

/// Whose token the call carries.
pub(super) fn authenticate(world: &World, request: &Request) -> Result<Caller, Problem> {
    let token = request.authorization.as_deref().and_then(|header| {
        let (scheme, token) = header.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim()).filter(|token| !token.is_empty())
    });
    match token {
        None => Err(Problem::CredentialsMissing),
        Some(token) if world.behaviour().access_token.as_deref() == Some(token) => {
            Ok(Caller { scopes: world.behaviour().granted_scopes, oauth: false })
        }
        Some(token) => {
            super::oauth::access(world, token).map(|scopes| Caller { scopes: Some(scopes), oauth: true })
        }
    }
}

/// Whether the token may make the call.
pub(super) fn check_scopes(world: &World, caller: &Caller, route: &Route) -> Result<(), Problem> {
    let Some(granted) = &caller.scopes else { return Ok(()) };
    let lacks = |any: &Vec<String>| !any.iter().any(|scope| granted.contains(scope));
    let missing: Vec<String> = scopes(world, route)?.into_iter().filter(lacks).flatten().collect();
    if missing.is_empty() { Ok(()) } else { Err(Problem::ScopesMissing(missing)) }
}

/// The scopes a call needs: one of each list.
fn scopes(world: &World, route: &Route) -> Result<Vec<Vec<String>>, Problem> {
    let one = |scope: &str| Ok(vec![vec![scope.to_owned()]]);
    let of = |name: &str| Ok(table(&world.read(), name)?.1.kind.scopes.clone());
    match route {
        Route::List(kind) | Route::Get(kind, _) | Route::Search(kind) | Route::BatchRead(kind) => of(kind),
        Route::AssociationsV3(from, _)
        | Route::AssociationsV3Of(from, ..)
        | Route::Associations(from, _)
        | Route::AssociationsOf(from, ..)
        | Route::Labels(from, _) => of(from),
        Route::Lists | Route::ListOf(_) | Route::Memberships(_) => one("crm.lists.read"),
        Route::Owners | Route::Owner(_) => one("crm.objects.owners.read"),
        Route::Schemas => one("crm.schemas.custom.read"),
        Route::RecordLimits => {
            Ok(vec![world.read().tables.iter().flat_map(|t| t.kind.scopes.concat()).collect()])
        }
        Route::Properties(_)
        | Route::Property(..)
        | Route::Groups(_)
        | Route::Schema(_)
        | Route::Pipelines(_)
        | Route::Pipeline(..)
        | Route::AccountDetails
        | Route::DailyUsage => Ok(Vec::new()),
    }
}

/// Counts the call and writes the headers; search answers have none of them.
pub(super) fn count(
    world: &World,
    caller: &Caller,
    pool: Pool,
    headers: &mut Vec<(String, String)>,
) -> Result<(), Problem> {
    let behaviour = world.behaviour();
    let day = world.local_day();
    let (allowance, refusal) = world.meter().admit(pool, &behaviour.budgets, (world.clock.now_ms(), day));
    if pool != Pool::Search {
        headers.extend(rate_headers(allowance).filter(|(name, _)| !caller.oauth || !name.contains("Daily")));
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Bench, request};
    use super::super::{Answer, answer};
    use crate::quirks::Quirks;
    use crate::settings::Settings;

    const LIST: &str = "/crm/objects/2026-09/contacts";
    const SEARCH: &str = "/crm/objects/2026-09/contacts/search";

    fn header<'a>(answer: &'a Answer, name: &str) -> Option<&'a str> {
        answer.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    #[test]
    fn only_the_portal_s_token_is_let_in() {
        let bench = Bench::empty();
        let status = |authorization: Option<&str>| {
            let mut request = request("GET", LIST, "");
            request.authorization = authorization.map(str::to_owned);
            let answer = answer(&bench.portal.world, &request);
            assert!(header(&answer, "X-HubSpot-Correlation-Id").is_some());
            (answer.status, String::from_utf8(answer.body).unwrap().contains("EXPIRED_AUTHENTICATION"))
        };
        assert_eq!(status(None), (401, false));
        assert_eq!(status(Some("Basic eDp5")), (401, false));
        assert_eq!(status(Some("Bearer ")), (401, false));
        assert_eq!(status(Some("Bearer wrong")), (401, true));
        assert_eq!(status(Some("bearer pat-na1-demo")), (200, false));
    }

    #[test]
    fn a_missing_scope_names_what_is_required() {
        let scopes = Some(vec!["crm.objects.contacts.read".to_owned(), "e-commerce".to_owned()]);
        let bench = Bench::with(Settings { granted_scopes: scopes, ..Settings::small(0) });
        assert_eq!(bench.get(LIST).0, 200);
        assert_eq!(bench.get("/crm/v3/objects/products").0, 200, "one of two is enough");
        assert_eq!(bench.get("/crm/v3/properties/deals").0, 200);
        let (status, answer) = bench.get("/crm/v3/objects/deals");
        assert_eq!((status, answer["category"].as_str()), (403, Some("MISSING_SCOPES")));
        assert_eq!(
            answer["errors"][0]["context"],
            json!({"requiredGranularScopes": ["crm.objects.deals.read"]})
        );
    }

    #[test]
    fn general_answers_say_what_is_left_and_search_answers_do_not() {
        let bench = Bench::with(Settings { contacts: 0, ..Settings::default() });
        let list = bench.call("GET", LIST, "");
        let value = |name: &str| header(&list, &format!("X-HubSpot-RateLimit-{name}")).unwrap().to_owned();
        assert_eq!(
            [value("Max"), value("Remaining"), value("Interval-Milliseconds")],
            ["190", "189", "10000"]
        );
        assert_eq!([value("Daily"), value("Daily-Remaining")], ["625000", "624999"]);
        let search = bench.call("POST", SEARCH, "{}");
        assert!(search.headers.iter().all(|(name, _)| !name.contains("RateLimit")));
    }

    #[test]
    fn each_budget_refuses_with_its_own_body_and_forgets_in_time() {
        let settings = Settings {
            budget: Some(1),
            search_budget: Some(1),
            association_budget: Some(1),
            ..Settings::small(0)
        };
        let bench = Bench::with(settings);
        let associations =
            || bench.post("/crm/v4/associations/contacts/companies/batch/read", &json!({"inputs": []}));
        let search = || bench.post(SEARCH, &json!({}));
        assert_eq!([bench.get(LIST).0, search().0, associations().0], [200, 200, 200]);
        let (status, body) = bench.get(LIST);
        assert_eq!((status, body["policyName"].as_str()), (429, Some("TEN_SECONDLY_ROLLING")));
        let (status, body) = search();
        assert_eq!(
            (status, body["category"].as_str(), body.get("policyName")),
            (429, Some("RATE_LIMITS"), None)
        );
        assert_eq!(associations().0, 429);
        assert!(header(&bench.call("GET", LIST, ""), "Retry-After").is_none());
        bench.wait_ms(1_000);
        assert_eq!([search().0, bench.get(LIST).0], [200, 429]);
        bench.wait_ms(9_000);
        assert_eq!([associations().0, bench.get(LIST).0], [200, 200]);
    }

    #[test]
    fn the_daily_budget_and_retry_after() {
        let bench = Bench::with(Settings { daily_budget: Some(1), ..Settings::small(0) });
        let bench = bench.quirks(Quirks { retry_after: true, ..Quirks::default() });
        assert_eq!(bench.get(LIST).0, 200);
        let refused = bench.call("POST", SEARCH, "{}");
        assert_eq!((refused.status, header(&refused, "Retry-After")), (429, Some("1")));
        assert!(String::from_utf8(refused.body).unwrap().contains(r#""policyName":"DAILY""#));
    }
}
