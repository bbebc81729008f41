//! The object this portal has defined itself: the fleet of its customers. Its property names have capitals, as people
//! type them, and one of its link types has a name.

use super::words::REMARKS;
use super::{COMPANIES, CONTACTS, Plan, Sheet, VEHICLES};
use crate::catalogue;
use crate::dice::Dice;
use crate::instant::DAY_MS;
use crate::portal::kind::Kind;
use crate::portal::links::Links;
use crate::portal::state::Table;

const MODELS: &[&str] = &["Lastesel 3t", "Kurier", "Kurier XL", "Nordwind", "Señora", "Type \"R\""];

/// The empty table.
pub(super) fn table(portal_id: u32) -> Table {
    let mut kind = Kind::custom(portal_id, "2-20710421", "vehicle", "vehicles", "VIN");
    kind.display.push("model".to_owned());
    kind.searchable.push("Plate_No".to_owned());
    kind.required.push("VIN".to_owned());
    let properties = catalogue::from(&kind, &[catalogue::VEHICLES]);
    Table::new(kind, properties)
}

/// A vehicle belongs to a company, and most have a driver.
pub(super) fn link(links: &mut Links, plan: &Plan) {
    const USER: &str = "USER_DEFINED";
    links.define(VEHICLES, COMPANIES, (45, 46), USER, None);
    links.define(VEHICLES, CONTACTS, (41, 42), USER, None);
    links.define(VEHICLES, CONTACTS, (43, 44), USER, Some("Driver"));
    for (number, vehicle) in plan.frames[VEHICLES].iter().enumerate() {
        let mut dice = Dice::new(plan.seed, 68, number as u64);
        let from = (VEHICLES, vehicle.id);
        if let Some(company) = plan.frames[COMPANIES].get(dice.below(plan.frames[COMPANIES].len())) {
            links.add(from, (COMPANIES, company.id), 45);
        }
        if dice.chance(700)
            && let Some(contact) = plan.frames[CONTACTS].get(dice.below(plan.frames[CONTACTS].len()))
        {
            links.add(from, (CONTACTS, contact.id), 41);
            links.add(from, (CONTACTS, contact.id), 43);
        }
    }
}

pub(super) fn fill(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let frame = plan.frames[VEHICLES][number];
    sheet.put("VIN", format_args!("WFG{:014}", frame.id));
    sheet.put("Plate_No", format_args!("B-FG {}", 1_000 + number));
    let model = sheet.dice.pick(MODELS);
    sheet.set("model", model);
    let drive = sheet.choose("drive", "drive");
    sheet.put("electric", drive == "electric");
    let year = sheet.dice.between(2014, 2026);
    sheet.put("model_year", year);
    let price = sheet.dice.between(14_000, 98_000) * 10 + 9;
    sheet.set("List_Price", &super::contacts::decimal(price));
    if sheet.dice.chance(800) {
        let km = sheet.dice.between(0, 380_000);
        sheet.put("mileage_km", km);
        sheet.date("delivered_on", frame.created - 20 * DAY_MS);
        sheet.time("last_service_at", frame.updated);
    }
    if sheet.dice.chance(200) {
        let text = sheet.dice.pick(REMARKS);
        sheet.set("remarks", text);
    }
}
