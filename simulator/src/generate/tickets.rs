//! Tickets of the support pipeline.

use super::words::{REMARKS, TICKET_SUBJECTS};
use super::{Plan, Sheet, TICKETS};
use crate::instant::DAY_MS;

pub(super) fn fill(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let frame = plan.frames[TICKETS][number];
    let (subject, content) = (sheet.dice.pick(TICKET_SUBJECTS), sheet.dice.pick(REMARKS));
    sheet.set("subject", subject);
    if sheet.dice.chance(900) {
        sheet.set("content", content);
    }
    sheet.set("hs_pipeline", "0");
    let stage = sheet.dice.pick(&["1", "2", "3", "4", "4", "4"]);
    sheet.set("hs_pipeline_stage", stage);
    sheet.time(&format!("hs_v2_date_entered_{stage}"), frame.updated);
    if stage == "4" {
        sheet.time("closed_date", frame.updated);
        sheet.put("time_to_close", frame.updated - frame.created);
        sheet.choose("hs_resolution", "resolution");
    }
    sheet.put("hs_ticket_id", frame.id);
    sheet.choose("source_type", "channel");
    if sheet.dice.chance(800) {
        sheet.choose("hs_ticket_priority", "priority");
    }
    if sheet.dice.chance(700) {
        sheet.choose_some("hs_ticket_category", "ticket_category");
    }
    sheet.owner(plan, frame.created);
    sheet.origin();
    if sheet.dice.chance(600) {
        let reply = (frame.created + sheet.dice.between(60_000, 3 * DAY_MS)).min(plan.now);
        sheet.time("first_agent_reply_date", reply);
        sheet.put("time_to_first_agent_reply", reply - frame.created);
    }
    if sheet.dice.chance(150) {
        let version = sheet.dice.pick(&["1.0", "1.10", "2.0-beta", "2.0"]);
        sheet.set("affected_version", version);
    }
    if sheet.dice.chance(200) {
        let due = frame.created + sheet.dice.between(0, 30 * DAY_MS);
        sheet.date("due_on", due);
    }
}
