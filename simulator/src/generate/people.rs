//! Users of the portal, and the leads they work on.

use super::words::{JOBS, REMARKS};
use super::{COMPANIES, CONTACTS, DEALS, LEADS, Plan, Sheet};
use crate::dice::Dice;
use crate::portal::links::Links;

/// The contact of a lead.
fn contact_of_lead(plan: &Plan, lead: usize) -> Option<usize> {
    let contacts = plan.frames[CONTACTS].len();
    (contacts > 0).then(|| Dice::new(plan.seed, 67, lead as u64).below(contacts))
}

/// Leads belong to contacts and companies. What links them to deals is kept on the lead's side only.
pub(super) fn link(links: &mut Links, plan: &Plan) {
    const HUBSPOT: &str = "HUBSPOT_DEFINED";
    links.define(LEADS, CONTACTS, (578, 579), HUBSPOT, Some("Primary"));
    links.define(LEADS, COMPANIES, (610, 609), HUBSPOT, Some("Primary"));
    links.define_one_way(LEADS, DEALS, 583, HUBSPOT);
    links.define(super::QUOTES, DEALS, (64, 63), HUBSPOT, None);
    for (number, lead) in plan.frames[LEADS].iter().enumerate() {
        let Some(contact) = contact_of_lead(plan, number) else { continue };
        links.add((LEADS, lead.id), (CONTACTS, plan.frames[CONTACTS][contact].id), 578);
        if let Some(company) = plan.relations.contact_companies[contact].first() {
            links.add((LEADS, lead.id), (COMPANIES, plan.frames[COMPANIES][*company].id), 610);
        }
        if let Some(deal) = plan.frames[DEALS].get(number * 3) {
            links.add((LEADS, lead.id), (DEALS, deal.id), 583);
        }
    }
    for (number, quote) in plan.frames[super::QUOTES].iter().enumerate() {
        if let Some(deal) = super::trade::deal_of_quote(plan, number) {
            links.add((super::QUOTES, quote.id), (DEALS, plan.frames[DEALS][deal].id), 64);
        }
    }
}

pub(super) fn fill_lead(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let frame = plan.frames[LEADS][number];
    let company = contact_of_lead(plan, number)
        .and_then(|contact| plan.relations.contact_companies[contact].first())
        .map_or("(no company)", |at| plan.companies[*at].name.as_str());
    sheet.put("hs_lead_name", format_args!("{company} – lead {number}"));
    sheet.choose("hs_lead_label", "lead_label");
    sheet.choose("hs_lead_type", "lead_type");
    sheet.choose("hs_lead_source", "traffic");
    sheet.set("hs_pipeline", "lead-pipeline-id");
    let stages = [
        "new-stage-id",
        "attempting-stage-id",
        "connected-stage-id",
        "qualified-stage-id",
        "unqualified-stage-id",
    ];
    let stage = sheet.dice.pick(&stages);
    sheet.set("hs_pipeline_stage", stage);
    if stage == "unqualified-stage-id" {
        sheet.choose("hs_lead_disqualification_reason", "lost_reason");
        let note = sheet.dice.pick(REMARKS);
        sheet.set("hs_lead_disqualification_note", note);
    }
    if let Some(contact) = contact_of_lead(plan, number) {
        sheet.put("hs_primary_contact_id", plan.frames[CONTACTS][contact].id);
    }
    sheet.set("hs_associated_company_name", company);
    sheet.owner(plan, frame.created);
    sheet.origin();
}

/// One for each owner who is a person.
pub(super) fn fill_user(sheet: &mut Sheet, plan: &Plan, number: usize) {
    if plan.people.is_empty() {
        return;
    }
    let person = &plan.people[number % plan.people.len()];
    sheet.set("hs_given_name", &person.first_name);
    sheet.set("hs_family_name", &person.last_name);
    sheet.put("hs_searchable_name", format_args!("{} {}", person.first_name, person.last_name));
    sheet.set("hs_email", &person.email);
    sheet.put("hs_internal_user_id", person.user_id_including_inactive);
    sheet.put("hs_deactivated", person.archived);
    sheet.set("hubspot_owner_id", &person.id);
    let job = sheet.dice.pick(JOBS);
    sheet.set("hs_job_title", job);
    sheet.choose("hs_availability_status", "availability");
    sheet.set("hs_standard_time_zone", "Europe/Berlin");
    if let Some(team) = person.teams.first() {
        sheet.set("hs_user_assigned_primary_team", &team.id);
    }
}
