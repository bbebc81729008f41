//! A whole portal from a seed: the same seed and sizes give the same ids and values at every start.
//!
//! First the frames (ids, instants), then who belongs to whom, then the values, which may look at both.

mod companies;
mod contacts;
mod deals;
mod frame;
mod reference;
mod relations;
mod sheet;
mod tickets;
mod trade;
mod words;

use frame::Frame;
use sheet::Sheet;

use crate::catalogue;
use crate::portal::kind::Kind;
use crate::portal::record::Record;
use crate::portal::state::{State, Table};
use crate::settings::Settings;

/// Places in the registry of standard objects.
pub(crate) const CONTACTS: usize = 0;
pub(crate) const COMPANIES: usize = 1;
pub(crate) const DEALS: usize = 2;
pub(crate) const TICKETS: usize = 3;
pub(crate) const PRODUCTS: usize = 4;
pub(crate) const LINE_ITEMS: usize = 5;

/// What every value may depend on.
struct Plan {
    seed: u64,
    now: i64,
    frames: Vec<Vec<Frame>>,
    companies: Vec<companies::Company>,
    owners: Vec<String>,
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
    state.owners = reference::owners(seed, now);
    state.tables[DEALS].pipelines = reference::deal_pipelines();
    state.tables[TICKETS].pipelines = reference::ticket_pipelines();
    let plan = plan(settings, seed, now, &state);
    relations::link(&mut state.links, &plan);
    fill(&mut state.tables[CONTACTS], &plan, CONTACTS, contacts::fill);
    fill(&mut state.tables[COMPANIES], &plan, COMPANIES, companies::fill);
    fill(&mut state.tables[DEALS], &plan, DEALS, deals::fill);
    fill(&mut state.tables[TICKETS], &plan, TICKETS, tickets::fill);
    fill(&mut state.tables[PRODUCTS], &plan, PRODUCTS, trade::fill_product);
    fill(&mut state.tables[LINE_ITEMS], &plan, LINE_ITEMS, trade::fill_line_item);
    state
}

fn plan(settings: &Settings, seed: u64, now: i64, state: &State) -> Plan {
    let products = u32::try_from(words::ARTICLES.len()).unwrap_or(0);
    let deals = settings.deal_count();
    let counts = [
        settings.contacts,
        settings.company_count(),
        deals,
        settings.ticket_count(),
        products,
        deals.saturating_mul(2),
    ];
    let frames: Vec<Vec<Frame>> =
        counts.iter().enumerate().map(|(kind, count)| frame::frames(seed, kind, *count, now)).collect();
    let companies = (0..frames[COMPANIES].len()).map(|n| companies::Company::new(seed, n)).collect();
    let owners = state.owners.iter().filter(|o| o.r#type == "PERSON").map(|o| o.id.clone()).collect();
    let relations = relations::Relations::new(seed, &frames);
    Plan { seed, now, frames, companies, owners, relations }
}

/// Gives every row of a table its values.
fn fill(table: &mut Table, plan: &Plan, kind: usize, values: fn(&mut Sheet, &Plan, usize)) {
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
