//! Products, the line items that sell them, and quotes.

use super::contacts::decimal;
use super::words::{ARTICLES, DEAL_SUBJECTS, REMARKS};
use super::{DEALS, PRODUCTS, Plan, QUOTES, Sheet};
use crate::instant::DAY_MS;

pub(super) fn fill_product(sheet: &mut Sheet, _plan: &Plan, number: usize) {
    let (name, sku, price, r#type, billing) = *ARTICLES[number % ARTICLES.len()];
    sheet.set("name", name);
    sheet.put("hs_sku", format_args!("{sku}-{number}"));
    sheet.set("price", price);
    sheet.set("hs_product_type", r#type);
    if !billing.is_empty() {
        sheet.set("recurringbillingfrequency", billing);
        sheet.set("hs_recurring_billing_period", "P12M");
    }
    if number.is_multiple_of(3) {
        sheet.put("description", format_args!("{name}.\nSee the price list; conditions apply."));
    }
    sheet.set("hs_status", "active");
}

pub(super) fn fill_line_item(sheet: &mut Sheet, plan: &Plan, _number: usize) {
    let products = plan.frames[PRODUCTS].len();
    let at = sheet.dice.below(products);
    let (name, sku, price, r#type, billing) = *ARTICLES[at % ARTICLES.len()];
    sheet.set("name", name);
    sheet.put("hs_sku", format_args!("{sku}-{at}"));
    sheet.put("hs_product_id", plan.frames[PRODUCTS][at].id);
    sheet.set("price", price);
    sheet.set("hs_product_type", r#type);
    let quantity = sheet.dice.between(1, 40);
    sheet.put("quantity", quantity);
    sheet.set("amount", &decimal(hundredths(price) * quantity));
    sheet.set("hs_line_item_currency_code", "EUR");
    let place = sheet.dice.pick(&["0", "1"]);
    sheet.set("hs_position_on_quote", place);
    if !billing.is_empty() {
        sheet.set("recurringbillingfrequency", billing);
    }
    if sheet.dice.chance(150) {
        let percent = sheet.dice.pick(&["5", "7.5", "10"]);
        sheet.set("hs_discount_percentage", percent);
    }
}

/// Quotes lie on deals one by one.
pub(super) fn deal_of_quote(plan: &Plan, quote: usize) -> Option<usize> {
    let deals = plan.frames[DEALS].len();
    (deals > 0).then(|| (quote * 5) % deals)
}

pub(super) fn fill_quote(sheet: &mut Sheet, plan: &Plan, number: usize) {
    let frame = plan.frames[QUOTES][number];
    let company = deal_of_quote(plan, number).and_then(|deal| plan.relations.deal_company[deal]);
    let name = company.map_or("(no company)", |at| plan.companies[at].name.as_str());
    let subject = sheet.dice.pick(DEAL_SUBJECTS);
    sheet.put("hs_title", format_args!("{subject}: offer for {name}"));
    let status = sheet.choose("hs_status", "quote_status");
    sheet.put("hs_quote_number", format_args!("{}-{:05}", 20_260_000 + number % 365, number));
    let amount = sheet.dice.between(20_000, 9_000_000);
    sheet.set("hs_quote_amount", &decimal(amount));
    sheet.set("hs_currency", "EUR");
    sheet.date("hs_expiration_date", frame.created + 30 * DAY_MS);
    if status != "DRAFT" {
        sheet.put("hs_public_url_key", format_args!("{:032x}", u128::from(frame.id) << 60));
        sheet.put("hs_quote_link", format_args!("https://quotes.feedgate-demo.example/{}", frame.id));
    }
    sheet.choose("hs_language", "language");
    if sheet.dice.chance(300) {
        let terms = sheet.dice.pick(REMARKS);
        sheet.set("hs_terms", terms);
    }
    sheet.owner(plan, frame.created);
    sheet.origin();
}

/// `412.5` as 41250.
fn hundredths(price: &str) -> i64 {
    let (whole, rest) = price.split_once('.').unwrap_or((price, ""));
    let rest = format!("{rest:0<2}");
    whole.parse::<i64>().unwrap_or(0) * 100 + rest.get(..2).and_then(|r| r.parse().ok()).unwrap_or(0)
}
