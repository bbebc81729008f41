//! Contacts: about thirty of some 280 properties are set on a typical one.

use super::companies::ascii;
use super::words::{FIRST_NAMES, JOBS, LAST_NAMES, PLACES, REMARKS, STREETS};
use super::{COMPANIES, CONTACTS, Plan, Sheet};
use crate::instant::DAY_MS;

pub(super) fn fill(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let frame = plan.frames[CONTACTS][number];
    person(sheet, plan, number);
    place(sheet, plan, number);
    sheet.owner(plan, frame.created);
    sheet.origin();
    stages(sheet, frame.created, plan.now);
    traffic(sheet, frame.created, frame.updated);
    emails(sheet, frame.created, frame.updated);
    activity(sheet, frame.created, frame.updated);
    own_fields(sheet, plan, number);
    sheet.put("hs_all_contact_vids", frame.id);
    sheet.set("hs_is_contact", "true");
    sheet.set("hs_pipeline", "contacts-lifecycle-pipeline");
    let deals = plan.relations.deals_of_contact[number];
    if deals > 0 {
        sheet.put("num_associated_deals", deals);
        let amount = sheet.dice.between(1, 900) * 100;
        sheet.put("recent_deal_amount", amount);
    }
}

fn person(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let (first, last) = (sheet.dice.pick(FIRST_NAMES), sheet.dice.pick(LAST_NAMES));
    if !sheet.dice.chance(25) {
        sheet.set("firstname", first);
    }
    match sheet.dice.below(60) {
        0 => {}
        1 => sheet.set("lastname", ""),
        2 => sheet.set("lastname", &last.to_uppercase()),
        _ => sheet.set("lastname", last),
    }
    let employer = plan.relations.contact_companies[number].first().map(|at| &plan.companies[*at]);
    let domain = employer.map_or("mailbox.example", |company| company.domain.as_str());
    if !sheet.dice.chance(30) {
        let address = format!("{}.{}{number}@{domain}", ascii(first), ascii(last));
        sheet.set("email", &address);
        sheet.set("hs_email_domain", domain);
        sheet.set("hs_full_name_or_email", &format!("{first} {last}"));
        if sheet.dice.chance(20) {
            sheet.set(
                "hs_additional_emails",
                &format!("{}@mailbox.example;{number}@private.example", ascii(first)),
            );
        }
    }
    if let Some(company) = employer {
        if sheet.dice.chance(800) {
            sheet.set("company", &company.name);
        }
        let at = plan.relations.contact_companies[number][0];
        sheet.put("associatedcompanyid", plan.frames[COMPANIES][at].id);
    }
    if sheet.dice.chance(600) {
        let job = sheet.dice.pick(JOBS);
        sheet.set("jobtitle", job);
    }
}

fn place(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let employer = plan.relations.contact_companies[number].first().map(|at| plan.companies[*at].place);
    let place = employer.unwrap_or_else(|| sheet.dice.pick(PLACES));
    if sheet.dice.chance(550) {
        let (street, house) = (sheet.dice.pick(STREETS), sheet.dice.between(1, 99));
        sheet.set("address", &format!("{street} {house}"));
        sheet.set("city", place.0);
        sheet.set("state", place.1);
        sheet.set("zip", place.2);
    }
    if sheet.dice.chance(800) {
        sheet.set("country", place.3);
    }
    if sheet.dice.chance(500) {
        let phone = format!("{} {}", place.4, sheet.dice.between(100_000, 9_999_999));
        sheet.set("phone", &phone);
        sheet.set("hs_calculated_phone_number", &phone.replace(' ', ""));
    }
    if sheet.dice.chance(120) {
        sheet.choose("hs_language", "language");
    }
}

fn stages(sheet: &mut Sheet, created: i64, now: i64) {
    let stage = sheet.choose("lifecyclestage", "lifecycle");
    let entered = created + sheet.dice.between(0, (now - created).min(90 * DAY_MS));
    let property = format!("hs_lifecyclestage_{stage}_date");
    sheet.time(&property, entered);
    sheet.time(&format!("hs_v2_date_entered_{stage}"), entered);
    if stage == "customer" {
        sheet.time("closedate", entered);
        let days = (entered - created) / DAY_MS;
        sheet.put("days_to_close", days);
    }
    if sheet.dice.chance(400) {
        sheet.choose("hs_lead_status", "lead_status");
    }
    if sheet.dice.chance(150) {
        sheet.choose_some("hs_buying_role", "buying_role");
    }
    if sheet.dice.chance(200) {
        sheet.choose("numemployees", "headcount");
    }
    sheet.choose("hs_marketable_status", "marketable");
    let unworked = sheet.dice.chance(400);
    sheet.put("hs_is_unworked", unworked);
}

fn traffic(sheet: &mut Sheet, created: i64, updated: i64) {
    let source = sheet.choose("hs_analytics_source", "traffic");
    sheet.set("hs_latest_source", source);
    sheet.time("hs_analytics_first_timestamp", created);
    if source == "OFFLINE" {
        sheet.set("hs_analytics_source_data_1", "IMPORT");
        return;
    }
    let visits = sheet.dice.between(1, 40);
    sheet.put("hs_analytics_num_visits", visits);
    let views = visits + sheet.dice.between(0, 120);
    sheet.put("hs_analytics_num_page_views", views);
    let hundredths = views * 100 / visits;
    sheet.set("hs_analytics_average_page_views", &decimal(hundredths));
    sheet.set(
        "hs_analytics_first_url",
        "https://www.feedgate-demo.example/preise?utm_source=x&utm_term=a%20b",
    );
    sheet.time("hs_analytics_last_timestamp", updated);
}

/// Hundredths as HubSpot writes numbers: no needless zeros.
pub(super) fn decimal(hundredths: i64) -> String {
    let (whole, rest) = (hundredths / 100, (hundredths % 100).abs());
    match rest {
        0 => whole.to_string(),
        _ if rest % 10 == 0 => format!("{whole}.{}", rest / 10),
        _ => format!("{whole}.{rest:02}"),
    }
}

fn emails(sheet: &mut Sheet, created: i64, updated: i64) {
    if !sheet.dice.chance(450) {
        return;
    }
    let delivered = sheet.dice.between(1, 60);
    sheet.put("hs_email_delivered", delivered);
    let opened = sheet.dice.between(0, delivered);
    sheet.put("hs_email_open", opened);
    let clicked = sheet.dice.between(0, opened);
    sheet.put("hs_email_click", clicked);
    let sent = sheet.dice.between(created, updated);
    sheet.time("hs_email_last_send_date", sent);
    sheet.set("hs_email_last_email_name", "Newsletter “Frühling” – nr. 4");
    let optout = sheet.dice.chance(60);
    sheet.put("hs_email_optout", optout);
    if optout {
        sheet.set("hs_email_optout_23783731", "true");
    }
}

fn activity(sheet: &mut Sheet, created: i64, updated: i64) {
    if sheet.dice.chance(400) {
        let at = sheet.dice.between(created, updated);
        sheet.time("notes_last_updated", at);
        sheet.time("notes_last_contacted", at);
        sheet.time("hs_last_sales_activity_timestamp", at);
        let notes = sheet.dice.between(1, 25);
        sheet.put("num_notes", notes);
        sheet.put("num_contacted_notes", notes);
    }
    if sheet.dice.chance(200) {
        let forms = sheet.dice.between(1, 6);
        sheet.put("num_conversion_events", forms);
        sheet.set("recent_conversion_event_name", "Kontakt: Seite „Über uns“");
        sheet.time("recent_conversion_date", updated);
    }
}

fn own_fields(sheet: &mut Sheet, plan: &Plan, number: usize) {
    if sheet.dice.chance(250) {
        sheet.choose_some("newsletter_topics", "topics");
    }
    if sheet.dice.chance(150) {
        match sheet.dice.below(25) {
            0 => sheet.set("credit_limit", "N/A"),
            1 => sheet.set("credit_limit", "1,234"),
            2 => sheet.set("credit_limit", ""),
            3 => sheet.set("credit_limit", "12345678901234567.89"),
            4 => sheet.set("credit_limit", "-0.5"),
            5 => sheet.set("credit_limit", "1234.5"),
            _ => {
                let limit = sheet.dice.between(1, 80) * 250;
                sheet.put("credit_limit", limit);
            }
        }
    }
    if sheet.dice.chance(120) {
        let signed = plan.now - sheet.dice.between(0, 900 * DAY_MS);
        sheet.date("contract_signed_on", signed);
    }
    if sheet.dice.chance(300) {
        let vip = sheet.dice.below(12);
        sheet.set(
            "vip",
            if vip == 0 {
                ""
            } else if vip < 4 {
                "true"
            } else {
                "false"
            },
        );
    }
    if sheet.dice.chance(100) {
        let text = sheet.dice.pick(REMARKS);
        sheet.set("internal_note", text);
    }
    if sheet.dice.chance(60) {
        sheet.choose("preferred_contact_time", "daytime");
    }
    if sheet.dice.chance(200) {
        let points = sheet.dice.between(0, 500_000);
        sheet.put("loyalty_points", points);
    }
    if sheet.dice.chance(80) {
        sheet.put("legacy_customer_no", format_args!("{:08}", number * 7 + 13));
    }
}
