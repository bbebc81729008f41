//! Rows of the standard objects that were never seen: a few of each, linked to contacts.

use super::words::{DEAL_SUBJECTS, REMARKS};
use super::{CONTACTS, FURTHER, Plan, Sheet};
use crate::instant::DAY_MS;
use crate::portal::further;
use crate::portal::links::Links;

/// Numbers of link types, far from those that HubSpot uses.
const FIRST_LINK_TYPE: u32 = 9_000;

/// Each row belongs to a contact.
pub(super) fn link(links: &mut Links, plan: &Plan) {
    for (at, number) in (0..further::COUNT).zip(0..) {
        let (kind, id) = (FURTHER + at, FIRST_LINK_TYPE + 2 * number);
        links.define(kind, CONTACTS, (id, id + 1), "HUBSPOT_DEFINED", None);
        for (row, frame) in plan.frames[kind].iter().enumerate() {
            if let Some(contact) = plan.frames[CONTACTS].get(row * 7) {
                links.add((kind, frame.id), (CONTACTS, contact.id), id);
            }
        }
    }
}

pub(super) fn fill(sheet: &mut Sheet, plan: &Plan, kind: usize, number: usize) {
    let frame = plan.frames[kind][number];
    let subject = sheet.dice.pick(DEAL_SUBJECTS);
    sheet.put("hs_name", format_args!("{subject} {number}"));
    sheet.choose("hs_status", "meeting_outcome");
    let amount = sheet.dice.between(100, 900_000);
    sheet.set("hs_amount", &super::contacts::decimal(amount));
    sheet.choose("hs_currency", "currency");
    sheet.date("hs_due_date", frame.created + 14 * DAY_MS);
    sheet.time("hs_start_date", frame.created);
    let is_paid = sheet.dice.chance(600);
    sheet.put("hs_is_paid", is_paid);
    if sheet.dice.chance(300) {
        let text = sheet.dice.pick(REMARKS);
        sheet.set("hs_comments", text);
    }
    sheet.owner(plan, frame.created);
    sheet.origin();
}
