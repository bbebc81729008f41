//! How the portal behaves, read and changed while it runs: `settings`, `quirks`, `churn`.

use serde::{Deserialize, Serialize};

use super::super::answer::Answer;
use super::super::request::Request;
use super::{refuse, with_body};
use crate::churn::Churn;
use crate::portal::Portal;
use crate::quirks::Quirks;
use crate::settings::Budgets;

/// Answers a call about one of the three.
pub(super) fn answer(portal: &Portal, request: &Request, what: &str) -> Answer {
    let world = &portal.world;
    match (request.method.as_str(), what) {
        ("GET", "settings") => settings(portal),
        ("POST", "settings") => with_body(request, |new: NewSettings| {
            new.apply(portal);
            Ok(settings(portal))
        }),
        ("GET", "quirks") => Answer::json(200, &world.behaviour().quirks),
        ("POST", "quirks") => turn(portal, request),
        ("DELETE", "quirks") => {
            world.change_behaviour(|behaviour| behaviour.quirks = Quirks::default());
            Answer::empty(204)
        }
        ("GET", "churn") => Answer::json(200, &world.behaviour().churn),
        ("POST", "churn") => with_body(request, |churn: Churn| {
            world.change_behaviour(|behaviour| behaviour.churn = Some(churn));
            Ok(Answer::json(200, &world.behaviour().churn))
        }),
        ("DELETE", "churn") => {
            world.change_behaviour(|behaviour| behaviour.churn = None);
            Answer::empty(204)
        }
        _ => refuse(405, "GET, POST or DELETE"),
    }
}

/// Turns some switches; a name that is none changes nothing.
fn turn(portal: &Portal, request: &Request) -> Answer {
    let world = &portal.world;
    let changed = serde_json::from_slice(&request.body)
        .map_err(|error| error.to_string())
        .and_then(|changes| world.behaviour().quirks.with(changes));
    match changed {
        Ok(quirks) => {
            world.change_behaviour(|behaviour| behaviour.quirks = quirks);
            Answer::json(200, &world.behaviour().quirks)
        }
        Err(reason) => refuse(400, &reason),
    }
}

/// What can be changed while the simulator runs; what is absent stays.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewSettings {
    #[serde(default)]
    budgets: Option<Budgets>,
    #[serde(default)]
    quirks: Option<Quirks>,
    #[serde(default)]
    latency_ms: Option<u64>,
    #[serde(default)]
    latency_jitter_ms: Option<u64>,
    #[serde(default)]
    utc_offset_minutes: Option<i32>,
    /// Null revokes it.
    #[serde(default, deserialize_with = "given")]
    access_token: Option<Option<String>>,
    /// Null grants every scope.
    #[serde(default, deserialize_with = "given")]
    granted_scopes: Option<Option<Vec<String>>>,
}

/// Tells null from absent.
fn given<'de, D, T>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Some)
}

impl NewSettings {
    fn apply(self, portal: &Portal) {
        portal.world.change_behaviour(|behaviour| {
            behaviour.budgets = self.budgets.unwrap_or(behaviour.budgets);
            if let Some(quirks) = self.quirks {
                behaviour.quirks = quirks;
            }
            if let Some(ms) = self.latency_ms {
                behaviour.latency = std::time::Duration::from_millis(ms);
            }
            if let Some(ms) = self.latency_jitter_ms {
                behaviour.latency_jitter = std::time::Duration::from_millis(ms);
            }
            if let Some(token) = self.access_token {
                behaviour.access_token = token;
            }
            behaviour.utc_offset_minutes = self.utc_offset_minutes.unwrap_or(behaviour.utc_offset_minutes);
            if let Some(scopes) = self.granted_scopes {
                behaviour.granted_scopes = scopes;
            }
        });
    }
}

fn settings(portal: &Portal) -> Answer {
    #[derive(Serialize)]
    struct Body {
        seed: u64,
        now: String,
        portal_id: u32,
        budgets: Budgets,
        quirks: Quirks,
        latency_ms: u128,
        latency_jitter_ms: u128,
        utc_offset_minutes: i32,
        granted_scopes: Option<Vec<String>>,
    }
    let behaviour = portal.world.behaviour();
    let settings = &portal.world.settings;
    Answer::json(
        200,
        &Body {
            seed: settings.seed,
            now: settings.now.to_string(),
            portal_id: settings.portal_id,
            budgets: behaviour.budgets,
            quirks: behaviour.quirks,
            latency_ms: behaviour.latency.as_millis(),
            latency_jitter_ms: behaviour.latency_jitter.as_millis(),
            utc_offset_minutes: behaviour.utc_offset_minutes,
            granted_scopes: behaviour.granted_scopes,
        },
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::super::testing::Bench;

    #[test]
    fn settings_change_while_it_runs() {
        let bench = Bench::empty();
        let new = r#"{"quirks":{"numeric_after":true},"budgets":{"search":0},"granted_scopes":["tickets"],"latency_ms":5}"#;
        let (status, settings) = bench.control("POST", "/__sim/settings", new);
        assert_eq!((status, &settings["quirks"]["numeric_after"]), (200, &json!(true)));
        assert_eq!(
            settings["budgets"],
            json!({"general": 190, "search": 0, "associations": 150, "daily": 625_000})
        );
        assert_eq!(bench.get("/crm/v3/objects/contacts").0, 403);
        bench.control("POST", "/__sim/settings", r#"{"granted_scopes":null}"#);
        assert_eq!(bench.get("/crm/v3/objects/contacts").0, 200);
        assert_eq!(bench.post("/crm/v3/objects/contacts/search", &json!({})).0, 429);
    }

    #[test]
    fn quirks_are_turned_one_by_one_and_off_together() {
        let bench = Bench::empty();
        let turn = |body: &str| bench.control("POST", "/__sim/quirks", body);
        assert_eq!(turn(r#"{"short_pages":true}"#).1["short_pages"], true);
        let (_, both) = turn(r#"{"index_lag_ms":500}"#);
        assert_eq!((&both["short_pages"], &both["index_lag_ms"]), (&json!(true), &json!(500)));
        assert_eq!(turn(r#"{"shrt_pages":true,"empty_pages":true}"#).0, 400);
        assert_eq!(bench.control("GET", "/__sim/quirks", "").1, both);
        assert_eq!(bench.control("DELETE", "/__sim/quirks", "").0, 204);
        assert_eq!(bench.control("GET", "/__sim/quirks", "").1["short_pages"], false);
    }

    #[test]
    fn churn_begins_and_ends_while_it_runs() {
        let bench = Bench::empty();
        assert_eq!(bench.control("GET", "/__sim/churn", "").1, Value::Null);
        let (status, churn) = bench.control("POST", "/__sim/churn", r#"{"per_100_calls":50}"#);
        assert_eq!((status, &churn["objects"]), (200, &json!(["contacts"])));
        assert_eq!(bench.control("POST", "/__sim/churn", r#"{"rate":50}"#).0, 400);
        assert_eq!(bench.control("DELETE", "/__sim/churn", "").0, 204);
    }

    #[test]
    fn a_token_is_replaced_and_revoked() {
        let bench = Bench::empty();
        let status = || bench.get("/crm/v3/objects/contacts").0;
        bench.control("POST", "/__sim/settings", r#"{"access_token":"pat-na1-other"}"#);
        assert_eq!(status(), 401);
        bench.control("POST", "/__sim/settings", r#"{"access_token":"pat-na1-demo"}"#);
        assert_eq!(status(), 200);
        bench.control("POST", "/__sim/settings", r#"{"access_token":null}"#);
        assert_eq!(status(), 401);
    }

    #[test]
    fn the_account_s_day_ends_at_its_own_midnight() {
        let bench = Bench::empty();
        bench.control("POST", "/__sim/settings", r#"{"utc_offset_minutes":-300}"#);
        let (_, details) = bench.get("/account-info/2026-09/details");
        assert_eq!(
            (&details["timeZone"], &details["utcOffset"], &details["utcOffsetMilliseconds"]),
            (&json!("Etc/GMT+5"), &json!("-05:00"), &json!(-18_000_000))
        );
        let (_, usage) = bench.get("/account-info/2026-09/api-usage/daily");
        // 08:00 in Greenwich: three in the morning there.
        assert_eq!(usage["results"][0]["resetsAt"], "2027-01-16T05:00:00Z");
    }
}
