//! What the portal does to those who read it.

use hubspot::{AccessToken, Client};
use hubspot_sim::{Churn, Fault, Preset, Quirks, Running};
use rand::RngExt as _;
use rand::rngs::StdRng;
use serde_json::{Map, Value};

/// Refusals that say what is the matter with the source.
pub(super) const HONEST: [&str; 7] = [
    "502 SourceCredentialsRejected",
    "502 SourceScopeMissing",
    "502 SourceDailyLimit",
    "503 SourceUnavailable",
    "503 SourceThrottled",
    "503 SourceChanged",
    "504 SourceTimeout",
];

/// Faults in a thousand calls. Those that pass are of fifteen sorts, among them every 429 but that of the day.
const FAULTS: [(Preset, u32); 8] = [
    (Preset::Passing, 30),
    (Preset::HalfJson, 2),
    (Preset::EmptyBody, 2),
    (Preset::Html, 2),
    (Preset::Hanging, 1),
    (Preset::DailyLimit, 1),
    (Preset::TokenExpired, 1),
    (Preset::ScopeMissing, 1),
];

/// The client of the service, with the limits of the smallest portal until this one says what it grants.
pub(super) fn client(portal: &Running) -> Client {
    let settings = hubspot::Settings { base_url: portal.base_url(), ..hubspot::Settings::default() };
    Client::new(&settings, AccessToken::new(portal.access_token())).unwrap()
}

/// Everything at once, or a part of it: some troubles hide others.
pub(super) fn unleash(portal: &Running, dice: &mut StdRng) {
    let everything = Quirks::everything();
    let quirks = if dice.random_bool(0.5) { everything } else { some(&everything, dice) };
    // A portal may stop taking any id as a cursor.
    let strict_cursor = portal.settings().quirks.strict_cursor || dice.random_bool(0.15);
    portal.set_quirks(Quirks { strict_cursor, ..quirks });
    let objects = ["contacts", "contacts", "companies", "deals", "tickets"].map(str::to_owned).to_vec();
    let per_100_calls = [3, 15, 60][dice.random_range(0..3)];
    portal.set_churn(Some(Churn { per_100_calls, objects, ..Churn::default() }));
    portal.set_latency(std::time::Duration::from_millis(dice.random_range(100..600)));
    for (preset, per_mille) in FAULTS {
        portal.inject(Fault { preset: Some(preset), per_mille: Some(per_mille), ..Fault::default() });
    }
}

/// Half of the oddities, and now and then one that hardly anything can be proven against.
fn some(everything: &Quirks, dice: &mut StdRng) -> Quirks {
    let Ok(Value::Object(all)) = serde_json::to_value(everything) else { panic!("quirks are an object") };
    let chosen: Map<String, Value> = all.into_iter().filter(|_| dice.random_bool(0.5)).collect();
    let association_after_ignored = dice.random_bool(0.05);
    Quirks { association_after_ignored, ..Quirks::default().with(chosen).unwrap() }
}

/// Nobody changes anything, and nothing fails.
pub(super) fn calm(portal: &Running) {
    portal.set_churn(None);
    portal.clear_faults();
    portal.set_quirks(portal.settings().quirks.clone());
    portal.set_latency(std::time::Duration::ZERO);
}
