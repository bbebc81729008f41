//! Deals: amount, stage, close date; what is closed lies in the past.

use super::contacts::decimal;
use super::words::{DEAL_SUBJECTS, REMARKS};
use super::{DEALS, Plan, Sheet};
use crate::instant::DAY_MS;

/// Stage, pipeline, probability, whether closed.
const STAGES: &[(&str, &str, &str, bool)] = &[
    ("appointmentscheduled", "default", "0.2", false),
    ("qualifiedtobuy", "default", "0.4", false),
    ("presentationscheduled", "default", "0.6", false),
    ("decisionmakerboughtin", "default", "0.8", false),
    ("contractsent", "default", "0.9", false),
    ("closedwon", "default", "1", true),
    ("closedwon", "default", "1", true),
    ("closedlost", "default", "0", true),
    ("88120431", "88120430", "0.5", false),
    ("88120432", "88120430", "0.7", false),
    ("88120433", "88120430", "1", true),
    ("88120434", "88120430", "0", true),
];

pub(super) fn fill(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let frame = plan.frames[DEALS][number];
    let company = plan.relations.deal_company[number].map(|at| plan.companies[at].name.as_str());
    let subject = sheet.dice.pick(DEAL_SUBJECTS);
    sheet.set("dealname", &format!("{} – {subject}", company.unwrap_or("(no company)")));
    let (stage, pipeline, probability, closed) = STAGES[sheet.dice.below(STAGES.len())];
    sheet.set("dealstage", stage);
    sheet.set("pipeline", pipeline);
    sheet.set("hs_deal_stage_probability", probability);
    sheet.put("hs_is_closed", closed);
    sheet.put("hs_is_closed_won", closed && probability == "1");
    let close =
        if closed { frame.updated } else { plan.now + sheet.dice.between(-20 * DAY_MS, 240 * DAY_MS) };
    if !sheet.dice.chance(40) {
        sheet.time("closedate", close);
        let days = ((close - frame.created) / DAY_MS).max(0);
        sheet.put("days_to_close", days);
    }
    sheet.time(&format!("hs_v2_date_entered_{stage}"), frame.updated);
    if stage == "closedlost" && sheet.dice.chance(700) {
        sheet.choose("hs_closed_lost_reason_category", "lost_reason");
        let text = sheet.dice.pick(REMARKS);
        sheet.set("closed_lost_reason", text);
    }
    money(sheet);
    sheet.owner(plan, frame.created);
    sheet.origin();
    sheet.choose("dealtype", "deal_type");
    let contacts = plan.relations.deal_contacts[number].len();
    sheet.put("num_associated_contacts", contacts);
    sheet.set("hs_num_of_associated_line_items", "2");
    extras(sheet, plan, number);
}

fn money(sheet: &mut Sheet) {
    if sheet.dice.chance(60) {
        return;
    }
    let amount = match sheet.dice.below(100) {
        0 => "0".to_owned(),
        1 => "".to_owned(),
        2 => "-1500".to_owned(),
        3 => "98765432109.99".to_owned(),
        4..40 => decimal(sheet.dice.between(100, 9_000_000)),
        _ => (sheet.dice.between(1, 900) * 250).to_string(),
    };
    sheet.set("amount", &amount);
    if !amount.is_empty() {
        sheet.set("amount_in_home_currency", &amount);
    }
    let currency = sheet.dice.pick(&["EUR", "EUR", "EUR", "USD", "GBP", "CHF"]);
    sheet.set("deal_currency_code", currency);
}

fn extras(sheet: &mut Sheet, plan: &Plan, number: usize) {
    if sheet.dice.chance(200) {
        sheet.choose("hs_priority", "priority");
    }
    if sheet.dice.chance(150) {
        let text = sheet.dice.pick(REMARKS);
        sheet.set("description", text);
    }
    if sheet.dice.chance(300) {
        sheet.choose("hs_manual_forecast_category", "forecast");
    }
    if sheet.dice.chance(200) {
        sheet.put("project_code", format_args!("PRJ-{}-{number:05}", 2024 + number % 3));
    }
    if sheet.dice.chance(250) {
        let margin = decimal(sheet.dice.between(-500, 6_500));
        sheet.set("margin_percent", &margin);
    }
    if sheet.dice.chance(200) {
        let day = plan.now + sheet.dice.between(-300 * DAY_MS, 300 * DAY_MS);
        sheet.date("delivery_date", day);
    }
    if sheet.dice.chance(180) {
        sheet.choose_some("competitors", "competitor");
    }
}
