//! Products and the line items that sell them.

use super::contacts::decimal;
use super::words::ARTICLES;
use super::{PRODUCTS, Plan, Sheet};

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

/// `412.5` as 41250.
fn hundredths(price: &str) -> i64 {
    let (whole, rest) = price.split_once('.').unwrap_or((price, ""));
    let rest = format!("{rest:0<2}");
    whole.parse::<i64>().unwrap_or(0) * 100 + rest.get(..2).and_then(|r| r.parse().ok()).unwrap_or(0)
}
