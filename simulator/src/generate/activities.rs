//! What people did with contacts: calls, e-mails, meetings, notes and tasks. Most belong to a contact, and with it to
//! the company; some to a deal too.

use super::words::{DEAL_SUBJECTS, FIRST_NAMES, LAST_NAMES, REMARKS, TICKET_SUBJECTS};
use super::{CALLS, COMPANIES, CONTACTS, DEALS, EMAILS, MEETINGS, NOTES, Plan, Sheet, TASKS};
use crate::dice::Dice;
use crate::instant::DAY_MS;
use crate::portal::links::Links;

/// An activity, and the ids of its links to contacts, companies and deals, there and back.
type Ways = (usize, [(u32, u32); 3]);

const WAYS: [Ways; 5] = [
    (CALLS, [(194, 193), (182, 181), (206, 205)]),
    (EMAILS, [(198, 197), (186, 185), (210, 209)]),
    (MEETINGS, [(200, 199), (188, 187), (212, 211)]),
    (NOTES, [(202, 201), (190, 189), (214, 213)]),
    (TASKS, [(204, 203), (192, 191), (216, 215)]),
];

/// Defines the types of links and links the rows.
pub(super) fn link(links: &mut Links, plan: &Plan) {
    for (kind, ways) in WAYS {
        for (other, ids) in [CONTACTS, COMPANIES, DEALS].into_iter().zip(ways) {
            links.define(kind, other, ids, "HUBSPOT_DEFINED", None);
        }
        for (number, frame) in plan.frames[kind].iter().enumerate() {
            let mut dice = Dice::new(plan.seed, 200 + kind as u64, number as u64);
            let from = (kind, frame.id);
            if let Some(contact) = pick(&mut dice, plan, CONTACTS, 950) {
                links.add(from, (CONTACTS, plan.frames[CONTACTS][contact].id), ways[0].0);
                if let Some(company) = plan.relations.contact_companies[contact].first() {
                    links.add(from, (COMPANIES, plan.frames[COMPANIES][*company].id), ways[1].0);
                }
            }
            if let Some(deal) = pick(&mut dice, plan, DEALS, 300) {
                links.add(from, (DEALS, plan.frames[DEALS][deal].id), ways[2].0);
            }
        }
    }
}

fn pick(dice: &mut Dice, plan: &Plan, kind: usize, per_mille: usize) -> Option<usize> {
    let end = plan.frames[kind].len();
    (dice.chance(per_mille) && end > 0).then(|| dice.below(end))
}

/// What all of them have.
fn begin(sheet: &mut Sheet, plan: &Plan, kind: usize, number: usize) -> i64 {
    let frame = plan.frames[kind][number];
    let at = (frame.created - sheet.dice.between(0, 3 * DAY_MS)).min(plan.now);
    sheet.time("hs_timestamp", at);
    sheet.owner(plan, frame.created);
    sheet.origin();
    at
}

/// A text with its HTML form, and the preview.
fn body(sheet: &mut Sheet, property: &str) {
    let text = sheet.dice.pick(REMARKS);
    sheet.put(property, format_args!("<p>{text}</p>"));
    sheet.set("hs_body_preview", text);
    sheet.put("hs_body_preview_html", format_args!("<html><body><p>{text}</p></body></html>"));
    sheet.set("hs_body_preview_is_truncated", "false");
}

pub(super) fn fill_call(sheet: &mut Sheet, plan: &Plan, number: usize) {
    begin(sheet, plan, CALLS, number);
    let subject = sheet.dice.pick(DEAL_SUBJECTS);
    sheet.put("hs_call_title", format_args!("Call about {subject}"));
    sheet.choose("hs_call_direction", "direction");
    let status = sheet.choose("hs_call_status", "call_status");
    if status == "COMPLETED" {
        let ms = sheet.dice.between(3, 3_600) * 1_000;
        sheet.put("hs_call_duration", ms);
        sheet.choose("hs_call_disposition", "disposition");
    }
    let phone = sheet.dice.between(1_000_000, 9_999_999);
    sheet.put("hs_call_to_number", format_args!("+49 30 {phone}"));
    if sheet.dice.chance(400) {
        body(sheet, "hs_call_body");
    }
}

pub(super) fn fill_meeting(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let at = begin(sheet, plan, MEETINGS, number);
    let subject = sheet.dice.pick(DEAL_SUBJECTS);
    sheet.put("hs_meeting_title", format_args!("Meeting: {subject}"));
    sheet.time("hs_meeting_start_time", at);
    let minutes = sheet.dice.pick(&["15", "30", "45", "60", "90"]).parse().unwrap_or(30);
    sheet.time("hs_meeting_end_time", at + minutes * 60_000);
    sheet.choose("hs_meeting_outcome", "meeting_outcome");
    sheet.choose("hs_meeting_location_type", "meeting_location");
    if sheet.dice.chance(300) {
        sheet.set("hs_meeting_location", "Konferenzraum „Süd“, 2. OG");
    }
    if sheet.dice.chance(500) {
        body(sheet, "hs_meeting_body");
    }
}

pub(super) fn fill_task(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let at = begin(sheet, plan, TASKS, number);
    let subject = sheet.dice.pick(TICKET_SUBJECTS);
    sheet.put("hs_task_subject", format_args!("Follow up: {subject}"));
    let status = sheet.choose("hs_task_status", "task_status");
    sheet.choose("hs_task_priority", "task_priority");
    sheet.choose("hs_task_type", "task_type");
    if status == "COMPLETED" {
        sheet.time("hs_task_completion_date", (at + DAY_MS).min(plan.now));
    }
    if sheet.dice.chance(300) {
        body(sheet, "hs_task_body");
    }
}

pub(super) fn fill_note(sheet: &mut Sheet, plan: &Plan, number: usize) {
    begin(sheet, plan, NOTES, number);
    body(sheet, "hs_note_body");
}

pub(super) fn fill_email(sheet: &mut Sheet, plan: &Plan, number: usize) {
    begin(sheet, plan, EMAILS, number);
    let subject = sheet.dice.pick(TICKET_SUBJECTS);
    sheet.put("hs_email_subject", format_args!("RE: {subject}"));
    sheet.choose("hs_email_direction", "email_direction");
    sheet.choose("hs_email_status", "email_status");
    let (first, last) = (sheet.dice.pick(FIRST_NAMES), sheet.dice.pick(LAST_NAMES));
    sheet.set("hs_email_from_firstname", first);
    sheet.set("hs_email_from_lastname", last);
    sheet.put("hs_email_from_email", format_args!("sender{number}@mailbox.example"));
    sheet.put("hs_email_to_email", format_args!("team@feedgate-demo.example;{number}@mailbox.example"));
    let text = sheet.dice.pick(REMARKS);
    sheet.set("hs_email_text", text);
    sheet.put("hs_email_html", format_args!("<p>{text}</p>"));
}
