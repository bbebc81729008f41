//! Companies: name and domain belong together, and contacts' e-mail addresses follow the domain.

use super::words::{COMPANY_FIRST, COMPANY_FORM, COMPANY_SECOND, PLACES, Place, REMARKS, STREETS};
use super::{COMPANIES, Plan, Sheet};
use crate::dice::Dice;
use crate::instant::DAY_MS;

/// What others need to know of a company.
pub(super) struct Company {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) place: &'static Place,
}

impl Company {
    pub(super) fn new(seed: u64, number: usize) -> Company {
        let mut dice = Dice::new(seed, 60, number as u64);
        let (first, second) = (dice.pick(COMPANY_FIRST), dice.pick(COMPANY_SECOND));
        let place = dice.pick(PLACES);
        let name = match dice.below(40) {
            0 => format!("{first} \"{second}\""),
            1 => first.to_lowercase(),
            2 => format!("{first}, {second} & Söhne"),
            _ => format!("{first} {second} {}", dice.pick(COMPANY_FORM)),
        };
        // The number keeps domains apart; the first letters are what an address line can hold.
        let stem: String = ascii(first).chars().chain(ascii(second).chars()).collect();
        Company { name, domain: format!("{stem}{number}.{}", place.5), place }
    }
}

/// Lower-case ASCII letters of a name, with umlauts written out.
pub(super) fn ascii(text: &str) -> String {
    let mut out = String::new();
    for c in text.to_lowercase().chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'ä' => out.push_str("ae"),
            'ö' | 'ø' => out.push_str("oe"),
            'ü' => out.push_str("ue"),
            'ß' => out.push_str("ss"),
            'é' | 'è' | 'ë' | 'ê' => out.push('e'),
            'å' | 'á' => out.push('a'),
            _ => {}
        }
    }
    if out.is_empty() { "x".to_owned() } else { out }
}

pub(super) fn fill(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let company = &plan.companies[number];
    let frame = plan.frames[COMPANIES][number];
    if !sheet.dice.chance(8) {
        sheet.set("name", &company.name);
    }
    if !sheet.dice.chance(40) {
        sheet.set("domain", &company.domain);
        sheet.put("website", format_args!("https://www.{}", company.domain));
    }
    address(sheet, company.place);
    sizes(sheet);
    sheet.owner(plan, frame.created);
    sheet.origin();
    sheet.choose("lifecyclestage", "lifecycle");
    if sheet.dice.chance(700) {
        sheet.choose("industry", "industry");
    }
    if sheet.dice.chance(500) {
        sheet.choose("type", "company_type");
    }
    if sheet.dice.chance(300) {
        sheet.choose_some("web_technologies", "technology");
    }
    if sheet.dice.chance(150) {
        let text = sheet.dice.pick(REMARKS);
        sheet.set("description", text);
    }
    counts(sheet, plan, number);
    own_fields(sheet, plan, number);
}

fn address(sheet: &mut Sheet, place: &Place) {
    if sheet.dice.chance(700) {
        let house = sheet.dice.between(1, 240);
        let street = sheet.dice.pick(STREETS);
        sheet.put("address", format_args!("{street} {house}"));
        sheet.set("city", place.0);
        sheet.set("state", place.1);
        sheet.set("zip", place.2);
    }
    sheet.set("country", place.3);
    if sheet.dice.chance(600) {
        let phone = sheet.dice.between(1_000_000, 9_999_999);
        sheet.put("phone", format_args!("{} {phone}", place.4));
    }
}

fn sizes(sheet: &mut Sheet) {
    if sheet.dice.chance(550) {
        let people = sheet.dice.between(1, 90).pow(2);
        match sheet.dice.below(200) {
            0 => sheet.set("numberofemployees", "N/A"),
            1 => sheet.set("numberofemployees", "1,234"),
            2 => sheet.set("numberofemployees", ""),
            _ => sheet.put("numberofemployees", people),
        }
    }
    if sheet.dice.chance(450) {
        let revenue = sheet.dice.between(1, 9_000_000) * 1_000;
        sheet.put("annualrevenue", revenue);
    }
    if sheet.dice.chance(350) {
        let year = sheet.dice.between(1849, 2024);
        sheet.put("founded_year", year);
    }
    if sheet.dice.chance(400) {
        let public = sheet.dice.chance(100);
        sheet.put("is_public", public);
    }
}

fn counts(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let (contacts, deals) =
        (plan.relations.contacts_of_company[number], plan.relations.deals_of_company[number]);
    if contacts > 0 {
        sheet.put("num_associated_contacts", contacts);
    }
    if deals > 0 {
        sheet.put("num_associated_deals", deals);
    }
    if sheet.dice.chance(300) {
        sheet.choose("hs_analytics_source", "traffic");
    }
}

fn own_fields(sheet: &mut Sheet, plan: &Plan, number: usize) {
    if sheet.dice.chance(250) {
        sheet.put("erp_account", format_args!("K-{:06}", number + 1));
    }
    if sheet.dice.chance(300) {
        sheet.choose("segment", "tier");
    }
    if sheet.dice.chance(200) {
        let review = plan.now + sheet.dice.between(-90 * DAY_MS, 200 * DAY_MS);
        sheet.date("next_review", review);
    }
    if sheet.dice.chance(300) {
        let days = sheet.dice.pick(&["0", "14", "30", "60", "90"]);
        sheet.set("payment_terms_days", days);
    }
}
