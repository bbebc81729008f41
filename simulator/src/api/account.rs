//! The account: its details, today's calls, and how many records it holds.

use serde::Serialize;

use super::answer::Answer;
use crate::budget::UNLIMITED;
use crate::instant::{DAY_MS, iso};
use crate::portal::state::State;
use crate::world::World;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details {
    portal_id: u32,
    account_type: &'static str,
    time_zone: String,
    company_currency: &'static str,
    additional_currencies: [&'static str; 3],
    utc_offset: String,
    utc_offset_milliseconds: i32,
    ui_domain: &'static str,
    data_hosting_location: &'static str,
}

/// Who the account is.
pub(super) fn details(world: &World) -> Answer {
    let minutes = world.behaviour().utc_offset_minutes;
    let (sign, hours, rest) = (if minutes < 0 { '-' } else { '+' }, minutes.abs() / 60, minutes.abs() % 60);
    // The names of fixed offsets count from the other side.
    let zone = |hours: i32| format!("Etc/GMT{}{hours}", if minutes < 0 { '+' } else { '-' });
    Answer::json(
        200,
        &Details {
            portal_id: world.settings.portal_id,
            account_type: "STANDARD",
            time_zone: if minutes == 0 { "UTC".to_owned() } else { zone(hours) },
            company_currency: "EUR",
            additional_currencies: ["USD", "GBP", "CHF"],
            utc_offset: format!("{sign}{hours:02}:{rest:02}"),
            utc_offset_milliseconds: minutes * 60_000,
            ui_domain: "app.hubspot.com",
            data_hosting_location: "na1",
        },
    )
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Usage {
    name: &'static str,
    usage_limit: u32,
    current_usage: u32,
    collected_at: String,
    fetch_status: &'static str,
    resets_at: String,
}

/// Today's calls of all private apps.
pub(super) fn daily_usage(world: &World) -> Answer {
    #[derive(Serialize)]
    struct Body {
        results: [Usage; 1],
    }
    let now = world.clock.now_ms();
    let offset = i64::from(world.behaviour().utc_offset_minutes) * 60_000;
    let usage = Usage {
        name: "private-apps-api-calls-daily",
        usage_limit: world.behaviour().budgets.daily.unwrap_or(UNLIMITED),
        current_usage: world.meter().today(),
        collected_at: iso(now),
        fetch_status: "SUCCESS",
        resets_at: iso((world.local_day() + 1) * DAY_MS - offset),
    };
    Answer::json(200, &Body { results: [usage] })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Limits<'a> {
    hubspot_defined_object_types: Vec<Count<'a>>,
    custom_object_types: Vec<Count<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Count<'a> {
    object_type_id: &'a str,
    singular_label: &'a str,
    plural_label: &'a str,
    limit: usize,
    usage: usize,
    percentage: usize,
}

/// The number of records of each type.
pub(super) fn record_limits(state: &State) -> Answer {
    const LIMIT: usize = 15_000_000; // of one object type in an Enterprise account
    let counts = |custom: bool| {
        let tables = state.tables.iter().filter(|table| table.kind.custom == custom);
        let count = tables.map(|table| {
            let usage = table.records.values().filter(|record| record.archived.is_none()).count();
            Count {
                object_type_id: &table.kind.id,
                singular_label: &table.kind.singular_label,
                plural_label: &table.kind.plural_label,
                limit: LIMIT,
                usage,
                percentage: usage * 100 / LIMIT,
            }
        });
        count.collect()
    };
    Answer::json(
        200,
        &Limits { hubspot_defined_object_types: counts(false), custom_object_types: counts(true) },
    )
}
