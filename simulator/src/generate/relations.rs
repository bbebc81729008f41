//! Who belongs to whom: decided before any value, so that values (counts, names) can follow.

use super::frame::Frame;
use super::{COMPANIES, CONTACTS, DEALS, LINE_ITEMS, Plan, TICKETS};
use crate::dice::Dice;
use crate::portal::links::Links;

/// The relations by the places of rows, before they are links between ids.
pub(super) struct Relations {
    /// The companies of each contact, the primary one first.
    pub(super) contact_companies: Vec<Vec<usize>>,
    /// The company of each deal.
    pub(super) deal_company: Vec<Option<usize>>,
    /// The contacts of each deal.
    pub(super) deal_contacts: Vec<Vec<usize>>,
    /// The contact of each ticket.
    pub(super) ticket_contact: Vec<Option<usize>>,
    /// Deals of each contact, contacts and deals of each company.
    pub(super) deals_of_contact: Vec<u32>,
    pub(super) contacts_of_company: Vec<u32>,
    pub(super) deals_of_company: Vec<u32>,
}

impl Relations {
    pub(super) fn new(seed: u64, frames: &[Vec<Frame>]) -> Relations {
        let size = |kind: usize| frames[kind].len();
        let contact_companies: Vec<Vec<usize>> =
            (0..size(CONTACTS)).map(|n| companies_of(seed, n, size(COMPANIES))).collect();
        let mut relations = Relations {
            deal_company: Vec::new(),
            deal_contacts: Vec::new(),
            ticket_contact: (0..size(TICKETS)).map(|n| some(seed, 63, n, 930, size(CONTACTS))).collect(),
            deals_of_contact: vec![0; size(CONTACTS)],
            contacts_of_company: vec![0; size(COMPANIES)],
            deals_of_company: vec![0; size(COMPANIES)],
            contact_companies,
        };
        for company in relations.contact_companies.iter().flatten() {
            relations.contacts_of_company[*company] += 1;
        }
        for number in 0..size(DEALS) {
            relations.add_deal(seed, number, size(CONTACTS), size(COMPANIES));
        }
        relations
    }

    fn add_deal(&mut self, seed: u64, number: usize, contacts: usize, companies: usize) {
        let mut dice = Dice::new(seed, 62, number as u64);
        let company = (companies > 0 && dice.chance(900)).then(|| dice.below(companies));
        let mut people: Vec<usize> =
            (0..if contacts == 0 { 0 } else { dice.below(4) }).map(|_| dice.below(contacts)).collect();
        people.sort_unstable();
        people.dedup();
        for contact in &people {
            self.deals_of_contact[*contact] += 1;
        }
        if let Some(company) = company {
            self.deals_of_company[company] += 1;
        }
        self.deal_company.push(company);
        self.deal_contacts.push(people);
    }
}

/// A third of the contacts sits in the first hundredth of the companies: a few are large, many have nobody.
fn companies_of(seed: u64, number: usize, companies: usize) -> Vec<usize> {
    let mut dice = Dice::new(seed, 61, number as u64);
    if companies == 0 || !dice.chance(880) {
        return Vec::new();
    }
    let few = (companies / 100).max(1);
    let mut chosen = vec![if dice.chance(330) { dice.below(few) } else { dice.below(companies) }];
    if dice.chance(80) {
        chosen.push(dice.below(companies));
    }
    chosen.dedup();
    chosen
}

pub(super) fn some(seed: u64, kind: u64, number: usize, per_mille: usize, end: usize) -> Option<usize> {
    let mut dice = Dice::new(seed, kind, number as u64);
    (end > 0 && dice.chance(per_mille)).then(|| dice.below(end))
}

/// A label that the people of the portal defined.
pub(crate) const BILLING_CONTACT: (u32, u32) = (37, 38);

/// Defines the types HubSpot documents (and one of the portal's own) and links the rows.
pub(super) fn link(links: &mut Links, plan: &Plan) {
    define(links);
    let id = |kind: usize, number: usize| (kind, plan.frames[kind][number].id);
    let relations = &plan.relations;
    for (contact, companies) in relations.contact_companies.iter().enumerate() {
        for (place, company) in companies.iter().enumerate() {
            let (from, to) = (id(CONTACTS, contact), id(COMPANIES, *company));
            links.add(from, to, 279);
            if place == 0 {
                links.add(from, to, 1);
            }
            if contact % 40 == 7 {
                links.add(from, to, BILLING_CONTACT.0);
            }
        }
    }
    for (deal, contacts) in relations.deal_contacts.iter().enumerate() {
        for contact in contacts {
            links.add(id(DEALS, deal), id(CONTACTS, *contact), 3);
        }
        if let Some(company) = relations.deal_company[deal] {
            links.add(id(DEALS, deal), id(COMPANIES, company), 341);
            links.add(id(DEALS, deal), id(COMPANIES, company), 5);
        }
    }
    for (ticket, contact) in relations.ticket_contact.iter().enumerate() {
        let Some(contact) = *contact else { continue };
        links.add(id(TICKETS, ticket), id(CONTACTS, contact), 16);
        if let Some(company) = relations.contact_companies[contact].first() {
            links.add(id(TICKETS, ticket), id(COMPANIES, *company), 339);
            links.add(id(TICKETS, ticket), id(COMPANIES, *company), 26);
        }
    }
    for item in 0..plan.frames[LINE_ITEMS].len() {
        if let Some(deal) = deal_of_item(plan, item) {
            links.add(id(DEALS, deal), id(LINE_ITEMS, item), 19);
        }
    }
}

/// Line items lie two by two on the deals.
pub(super) fn deal_of_item(plan: &Plan, item: usize) -> Option<usize> {
    let deals = plan.frames[DEALS].len();
    (deals > 0).then(|| (item / 2) % deals)
}

fn define(links: &mut Links) {
    const HUBSPOT: &str = "HUBSPOT_DEFINED";
    links.define(CONTACTS, COMPANIES, (279, 280), HUBSPOT, None);
    links.define(CONTACTS, COMPANIES, (1, 2), HUBSPOT, Some("Primary"));
    links.define(CONTACTS, COMPANIES, BILLING_CONTACT, "USER_DEFINED", Some("Billing contact"));
    links.define(DEALS, CONTACTS, (3, 4), HUBSPOT, None);
    links.define(DEALS, COMPANIES, (341, 342), HUBSPOT, None);
    links.define(DEALS, COMPANIES, (5, 6), HUBSPOT, Some("Primary"));
    links.define(DEALS, LINE_ITEMS, (19, 20), HUBSPOT, None);
    links.define(TICKETS, CONTACTS, (16, 15), HUBSPOT, None);
    links.define(TICKETS, COMPANIES, (339, 340), HUBSPOT, None);
    links.define(TICKETS, COMPANIES, (26, 25), HUBSPOT, Some("Primary"));
    links.define(DEALS, TICKETS, (27, 28), HUBSPOT, None);
}
