//! HubSpot's API: the way of a call, and all routes on one page.

mod account;
mod answer;
mod associations;
mod batch;
mod control;
mod gate;
mod legacy;
mod list;
mod lists;
mod oauth;
mod properties;
#[cfg(test)]
mod recordings;
mod reference;
mod request;
mod rows;
mod schemas;
mod search;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use answer::Answer;
use answer::Problem;
pub(crate) use control::answer as control;
pub(crate) use request::Request;

use crate::budget::Pool;
use crate::portal::state::{State, Table};
use crate::quirks::Quirks;
use crate::world::World;

/// Longest path and query that HubSpot's edge lets through (measured by others as "around 16.2k").
const MAX_URI: usize = 16_200;

/// Path of the calls that steer the simulator; they are no part of the API.
pub(crate) const CONTROL_PREFIX: &str = "/__sim/";

/// Answers one call of the API: authenticate, find the route, check scopes, count it, read.
pub(crate) fn answer(world: &World, request: &Request) -> Answer {
    let correlation_id = world.correlation_id();
    if request.uri_length() > MAX_URI {
        return Problem::UriTooLong.answer(&correlation_id);
    }
    let mut answer =
        oauth::answer(world, request).unwrap_or_else(|| match gate::authenticate(world, request) {
            Err(problem) => problem.answer(&correlation_id),
            Ok(caller) => authenticated(world, &caller, request, &correlation_id),
        });
    answer.headers.push(("X-HubSpot-Correlation-Id".to_owned(), correlation_id));
    answer
}

fn authenticated(world: &World, caller: &gate::Caller, request: &Request, correlation_id: &str) -> Answer {
    let route = route(request);
    let pool = route.as_ref().map_or(Pool::General, Route::pool);
    let mut headers = Vec::new();
    let outcome = route.and_then(|route| {
        gate::check_scopes(world, caller, &route)?;
        gate::count(world, caller, pool, &mut headers)?;
        route.answer(world, request)
    });
    let mut answer = outcome.unwrap_or_else(|problem| problem.answer(correlation_id));
    answer.headers.append(&mut headers);
    answer
}

/// What a path asks for; object types are still names.
#[derive(Debug, PartialEq, Eq)]
enum Route {
    List(String),
    Get(String, String),
    Search(String),
    BatchRead(String),
    Properties(String),
    Property(String, String),
    Groups(String),
    Schemas,
    Schema(String),
    Associations(String, String),
    AssociationsOf(String, String, String),
    AssociationsV3(String, String),
    AssociationsV3Of(String, String, String),
    Labels(String, String),
    Lists,
    ListOf(String),
    Memberships(String),
    Owners,
    Owner(String),
    Pipelines(String),
    Pipeline(String, String),
    RecordLimits,
    AccountDetails,
    DailyUsage,
}

/// Versions a path may name: the dated ones, and the legacy one of its area.
fn is_version(area: &str, text: &str) -> bool {
    let dated = ["2026-09", "2026-03", "2025-09"].contains(&text);
    dated || text == if area == "associations" { "v4" } else { "v3" }
}

/// Finds the route. Legacy paths have the version in second place, dated ones behind the area.
fn route(request: &Request) -> Result<Route, Problem> {
    let segments = request.segments();
    let mut path: Vec<&str> = segments.iter().map(String::as_str).collect();
    if let ["crm", version @ ("v3" | "v4"), area, ..] = path.as_slice() {
        let (version, area) = (*version, *area);
        if area == "schemas" {
            path.splice(..3, ["crm-object-schemas", version, "schemas"]); // an older alias
        } else {
            path.splice(1..3, [area, version]);
        }
    }
    let own = |text: &str| text.to_owned();
    let (method, route) = match path.as_slice() {
        ["crm", "objects", "v4", kind, id, "associations", to] => {
            ("GET", Route::AssociationsOf(own(kind), own(id), own(to)))
        }
        ["crm", "objects", "v3", kind, id, "associations", to] => {
            ("GET", Route::AssociationsV3Of(own(kind), own(id), own(to)))
        }
        ["crm", "associations", "v3", from, to, "batch", "read"] => {
            ("POST", Route::AssociationsV3(own(from), own(to)))
        }
        ["crm", "lists", v, "search"] if is_version("lists", v) => ("POST", Route::Lists),
        ["crm", "lists", v, id] if is_version("lists", v) => ("GET", Route::ListOf(own(id))),
        ["crm", "lists", v, id, "memberships"] if is_version("lists", v) => {
            ("GET", Route::Memberships(own(id)))
        }
        ["crm", "properties", v, kind, "groups"] if is_version("properties", v) => {
            ("GET", Route::Groups(own(kind)))
        }
        ["crm", "objects", v, kind, "search"] if is_version("objects", v) => {
            ("POST", Route::Search(own(kind)))
        }
        ["crm", "objects", v, kind, "batch", "read"] if is_version("objects", v) => {
            ("POST", Route::BatchRead(own(kind)))
        }
        ["crm", "objects", v, kind] if is_version("objects", v) => ("GET", Route::List(own(kind))),
        ["crm", "objects", v, kind, id] if is_version("objects", v) => {
            ("GET", Route::Get(own(kind), own(id)))
        }
        ["crm", "properties", v, kind] if is_version("properties", v) => {
            ("GET", Route::Properties(own(kind)))
        }
        ["crm", "properties", v, kind, name] if is_version("properties", v) => {
            ("GET", Route::Property(own(kind), own(name)))
        }
        ["crm-object-schemas", v, "schemas"] if is_version("schemas", v) => ("GET", Route::Schemas),
        ["crm-object-schemas", v, "schemas", kind] if is_version("schemas", v) => {
            ("GET", Route::Schema(own(kind)))
        }
        ["crm", "associations", v, from, to, "batch", "read"] if is_version("associations", v) => {
            ("POST", Route::Associations(own(from), own(to)))
        }
        ["crm", "associations", v, from, to, "labels"] if is_version("associations", v) => {
            ("GET", Route::Labels(own(from), own(to)))
        }
        ["crm", "owners", v] if is_version("owners", v) => ("GET", Route::Owners),
        ["crm", "owners", v, id] if is_version("owners", v) => ("GET", Route::Owner(own(id))),
        ["crm", "pipelines", v, kind] if is_version("pipelines", v) => ("GET", Route::Pipelines(own(kind))),
        ["crm", "pipelines", v, kind, id] if is_version("pipelines", v) => {
            ("GET", Route::Pipeline(own(kind), own(id)))
        }
        ["crm", "limits", v, "records"] if is_version("limits", v) => ("GET", Route::RecordLimits),
        ["account-info", v, "details"] if is_version("account-info", v) => ("GET", Route::AccountDetails),
        ["account-info", v, "api-usage", "daily", "private-apps"]
        | ["account-info", v, "api-usage", "daily"]
            if is_version("account-info", v) =>
        {
            ("GET", Route::DailyUsage)
        }
        _ => return Err(Problem::NotFound("No resource at this path.".to_owned())),
    };
    if method == request.method { Ok(route) } else { Err(Problem::MethodNotAllowed) }
}

impl Route {
    /// The budget it counts in.
    fn pool(&self) -> Pool {
        match self {
            Route::Search(_) => Pool::Search,
            Route::Associations(..)
            | Route::AssociationsOf(..)
            | Route::AssociationsV3(..)
            | Route::AssociationsV3Of(..)
            | Route::Labels(..) => Pool::Associations,
            _ => Pool::General,
        }
    }

    fn answer(&self, world: &World, request: &Request) -> Result<Answer, Problem> {
        let state = world.read();
        let quirks = world.behaviour().quirks;
        let on = |name: &str| {
            table(&state, name).map(|(place, table)| Scene {
                world,
                state: &state,
                place,
                table,
                quirks: &quirks,
            })
        };
        match self {
            Route::List(kind) => list::list(&on(kind)?, request),
            Route::Get(kind, id) => list::get(&on(kind)?, id, request),
            Route::Search(kind) => search::answer(&on(kind)?, request),
            Route::BatchRead(kind) => batch::read(&on(kind)?, request),
            Route::Properties(kind) => Ok(properties::list(&on(kind)?, request)),
            Route::Property(kind, name) => properties::get(&on(kind)?, name),
            Route::Groups(kind) => Ok(properties::groups(&on(kind)?)),
            Route::Lists => lists::search(&state, request),
            Route::ListOf(id) => lists::get(&state, id),
            Route::Memberships(id) => lists::memberships(&state, id, request),
            Route::AssociationsV3(from, to) => legacy::batch(&on(from)?, table(&state, to)?, request),
            Route::AssociationsV3Of(from, id, to) => legacy::one(&on(from)?, id, table(&state, to)?, request),
            Route::Schemas => Ok(schemas::list(&state)),
            Route::Schema(kind) => Ok(schemas::get(&on(kind)?)),
            Route::Associations(from, to) => associations::batch(&on(from)?, table(&state, to)?, request),
            Route::AssociationsOf(from, id, to) => {
                associations::one(&on(from)?, id, table(&state, to)?, request)
            }
            Route::Labels(from, to) => Ok(associations::labels(&on(from)?, table(&state, to)?.0)),
            Route::Owners => reference::owners(&state, request),
            Route::Owner(id) => reference::owner(&state, id, request),
            Route::Pipelines(kind) => Ok(reference::pipelines(&on(kind)?)),
            Route::Pipeline(kind, id) => reference::pipeline(&on(kind)?, id),
            Route::RecordLimits => Ok(account::record_limits(&state)),
            Route::AccountDetails => Ok(account::details(world)),
            Route::DailyUsage => Ok(account::daily_usage(world)),
        }
    }
}

/// One call's view: a table of the portal, and how the portal behaves today.
struct Scene<'a> {
    world: &'a World,
    state: &'a State,
    place: usize,
    table: &'a Table,
    quirks: &'a Quirks,
}

fn table<'a>(state: &'a State, name: &str) -> Result<(usize, &'a Table), Problem> {
    let unknown = || Problem::Invalid(format!("Unable to infer object type from: {name}"));
    let place = state.resolve(name).ok_or_else(unknown)?;
    Ok((place, &state.tables[place]))
}

/// A whole number of a parameter, or the default.
fn whole(text: Option<String>, name: &str, default: usize, max: usize) -> Result<usize, Problem> {
    let Some(text) = text else { return Ok(default) };
    match text.parse::<usize>() {
        Ok(number) if (1..=max).contains(&number) => Ok(number),
        _ => Err(Problem::Invalid(format!("Invalid value for {name}: {text} (allowed: 1 to {max})"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route_of(method: &str, path: &str) -> Result<Route, Problem> {
        route(&Request { method: method.to_owned(), path: path.to_owned(), ..Request::default() })
    }

    #[test]
    fn dated_and_legacy_paths_lead_to_the_same_place() {
        let pairs = [
            ("POST", "/crm/objects/2026-09/deals/search", "/crm/v3/objects/deals/search"),
            ("GET", "/crm/objects/2026-09/contacts/12", "/crm/v3/objects/contacts/12"),
            ("GET", "/crm/properties/2026-03/contacts", "/crm/v3/properties/contacts"),
            ("GET", "/crm-object-schemas/2026-09/schemas/contacts", "/crm/v3/schemas/contacts"),
            ("POST", "/crm/associations/2026-09/a/b/batch/read", "/crm/v4/associations/a/b/batch/read"),
            ("GET", "/crm/owners/2026-09", "/crm/v3/owners/"),
            ("GET", "/crm/pipelines/2026-09/deals", "/crm/v3/pipelines/deals"),
            ("GET", "/account-info/2026-09/details", "/account-info/v3/details"),
        ];
        for (method, dated, legacy) in pairs {
            assert_eq!(route_of(method, dated).unwrap(), route_of(method, legacy).unwrap(), "{dated}");
        }
    }

    #[test]
    fn unknown_paths_versions_and_methods_are_refused() {
        for path in [
            "/",
            "/crm",
            "/crm/objects/2024-01/contacts",
            "/crm/v9/objects/contacts",
            "/crm/objects/contacts",
        ] {
            assert!(matches!(route_of("GET", path), Err(Problem::NotFound(_))), "{path}");
        }
        assert_eq!(route_of("POST", "/crm/v3/objects/contacts"), Err(Problem::MethodNotAllowed));
        assert_eq!(route_of("GET", "/crm/v3/objects/contacts/search"), Err(Problem::MethodNotAllowed));
    }
}
