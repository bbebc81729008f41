//! A whole portal from a seed: the same seed and sizes give the same ids and values at every start.
//!
//! First the frames (ids, instants), then who belongs to whom, then the values, which may look at both.

mod activities;
mod companies;
mod contacts;
mod deals;
mod frame;
mod further;
mod people;
mod reference;
mod relations;
mod sheet;
mod tickets;
mod trade;
mod vehicles;
mod words;

use frame::Frame;
use sheet::Sheet;

use crate::catalogue;
use crate::instant::DAY_MS;
use crate::portal::kind::Kind;
use crate::portal::record::Record;
use crate::portal::reference::Owner;
use crate::portal::state::{State, Table};
use crate::settings::Settings;

/// Places in the registry of standard objects.
pub(crate) const CONTACTS: usize = 0;
pub(crate) const COMPANIES: usize = 1;
pub(crate) const DEALS: usize = 2;
pub(crate) const TICKETS: usize = 3;
pub(crate) const PRODUCTS: usize = 4;
pub(crate) const LINE_ITEMS: usize = 5;
const QUOTES: usize = 6;
const TASKS: usize = 7;
const NOTES: usize = 8;
const MEETINGS: usize = 9;
const CALLS: usize = 10;
const EMAILS: usize = 11;
const USERS: usize = 12;
const LEADS: usize = 13;
/// The portal's own object stands behind the standard ones.
const VEHICLES: usize = 14;
/// The standard objects that were never seen, behind that.
const FURTHER: usize = 15;

/// Rows of each of these: enough for several pages of a few rows.
const FURTHER_ROWS: u32 = 12;

/// What every value may depend on.
struct Plan {
    seed: u64,
    now: i64,
    frames: Vec<Vec<Frame>>,
    companies: Vec<companies::Company>,
    owners: Vec<String>,
    people: Vec<Owner>,
    relations: relations::Relations,
}

/// Makes the portal.
pub(crate) fn portal(settings: &Settings) -> State {
    let (seed, now) = (settings.seed, settings.now.as_millisecond());
    let mut state = State::default();
    for kind in Kind::standard() {
        let properties = catalogue::properties(&kind);
        state.tables.push(Table::new(kind, properties));
    }
    state.tables.push(vehicles::table(settings.portal_id));
    for kind in crate::portal::further::kinds() {
        let properties = catalogue::from(&kind, &[catalogue::FURTHER]);
        state.tables.push(Table::new(kind, properties));
    }
    state.lists = reference::lists(now);
    state.owners = reference::owners(seed, now);
    state.tables[DEALS].pipelines = reference::deal_pipelines();
    state.tables[TICKETS].pipelines = reference::ticket_pipelines();
    state.tables[LEADS].pipelines = reference::lead_pipelines();
    let plan = plan(settings, seed, now, &state);
    relations::link(&mut state.links, &plan);
    activities::link(&mut state.links, &plan);
    people::link(&mut state.links, &plan);
    vehicles::link(&mut state.links, &plan);
    further::link(&mut state.links, &plan);
    fill(&mut state.tables[CONTACTS], &plan, CONTACTS, contacts::fill);
    fill(&mut state.tables[COMPANIES], &plan, COMPANIES, companies::fill);
    fill(&mut state.tables[DEALS], &plan, DEALS, deals::fill);
    fill(&mut state.tables[TICKETS], &plan, TICKETS, tickets::fill);
    fill(&mut state.tables[PRODUCTS], &plan, PRODUCTS, trade::fill_product);
    fill(&mut state.tables[LINE_ITEMS], &plan, LINE_ITEMS, trade::fill_line_item);
    fill(&mut state.tables[QUOTES], &plan, QUOTES, trade::fill_quote);
    fill(&mut state.tables[TASKS], &plan, TASKS, activities::fill_task);
    fill(&mut state.tables[NOTES], &plan, NOTES, activities::fill_note);
    fill(&mut state.tables[MEETINGS], &plan, MEETINGS, activities::fill_meeting);
    fill(&mut state.tables[CALLS], &plan, CALLS, activities::fill_call);
    fill(&mut state.tables[EMAILS], &plan, EMAILS, activities::fill_email);
    fill(&mut state.tables[USERS], &plan, USERS, people::fill_user);
    fill(&mut state.tables[LEADS], &plan, LEADS, people::fill_lead);
    fill(&mut state.tables[VEHICLES], &plan, VEHICLES, vehicles::fill);
    for kind in FURTHER..FURTHER + crate::portal::further::COUNT {
        fill(&mut state.tables[kind], &plan, kind, |sheet, plan, number| {
            further::fill(sheet, plan, kind, number);
        });
    }
    import(&mut state.tables[CONTACTS], settings.imported, now);
    state
}

fn plan(settings: &Settings, seed: u64, now: i64, state: &State) -> Plan {
    let products = u32::try_from(words::ARTICLES.len()).unwrap_or(0);
    let (contacts, deals) = (settings.contacts, settings.deal_count());
    let people: Vec<Owner> = state.owners.iter().filter(|o| o.r#type == "PERSON").cloned().collect();
    // Fewer activities than a real portal has of each contact: what matters here is that there are some.
    let counts = [
        contacts,
        settings.company_count(),
        deals,
        settings.ticket_count(),
        products,
        deals.saturating_mul(2),
        deals / 6,
        contacts / 10,
        contacts / 8,
        contacts / 20,
        contacts / 12,
        contacts / 10,
        u32::try_from(people.len()).unwrap_or(0),
        contacts / 20,
        contacts / 100,
    ];
    let further = [FURTHER_ROWS.min(contacts); crate::portal::further::COUNT];
    let frames: Vec<Vec<Frame>> = counts
        .iter()
        .chain(&further)
        .enumerate()
        .map(|(kind, count)| frame::frames(seed, kind, *count, now))
        .collect();
    let companies = (0..frames[COMPANIES].len()).map(|n| companies::Company::new(seed, n)).collect();
    let owners = people.iter().map(|person| person.id.clone()).collect();
    let relations = relations::Relations::new(seed, &frames);
    Plan { seed, now, frames, companies, owners, people, relations }
}

/// Gives every row of a table its values.
fn fill(table: &mut Table, plan: &Plan, kind: usize, values: impl Fn(&mut Sheet, &Plan, usize)) {
    for (number, frame) in plan.frames[kind].iter().enumerate() {
        let mut sheet = Sheet::new(&table.properties, plan.seed, kind, number);
        values(&mut sheet, plan, number);
        let record = Record {
            id: frame.id,
            created: frame.created,
            updated: frame.updated,
            archived: frame.archived,
            values: sheet.finish(),
        };
        table.records.insert(frame.id, record);
    }
}

/// The first living rows of a table come from one import: created in the same millisecond, a month ago.
fn import(table: &mut Table, rows: u32, now: i64) {
    let at = now - 30 * DAY_MS;
    let living = table.records.values_mut().filter(|record| record.archived.is_none());
    for record in living.take(rows as usize) {
        record.created = at;
        record.updated = record.updated.max(at);
    }
}

#[cfg(test)]
mod tests;
