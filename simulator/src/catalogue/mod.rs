//! The property catalogue: definitions of every standard object, written as text tables beside this file.
//!
//! A line is `name kind flags… | label`; `[group]` starts a group; `{x}` with `each=list` makes one definition for each
//! choice of a list of `options.txt`. `common.txt` belongs to every object.

use std::collections::HashMap;

use crate::dice::Dice;
use crate::instant::iso;
use crate::portal::kind::{Kind, label};
use crate::portal::property::{Properties, PropertyDefinition, PropertyOption};

const COMMON: &str = include_str!("common.txt");
const OPTIONS: &str = include_str!("options.txt");

const ENGAGEMENT: &str = include_str!("engagement.txt");
const CUSTOM: &str = "[custominformation]\nhs_createdate time readonly\nhs_lastmodifieddate time readonly";

/// The object that the generated portal has defined itself.
pub(crate) const VEHICLES: &str = include_str!("vehicles.txt");

/// The standard objects of which only names were seen.
pub(crate) const FURTHER: &str = include_str!("further.txt");

/// The tables of one object type. A custom object may be called like a standard one, and still has none of its own.
fn tables(kind: &Kind) -> Vec<&'static str> {
    match kind.plural.as_str() {
        _ if kind.custom => vec![CUSTOM],
        "contacts" => vec![include_str!("contacts.txt")],
        "companies" => vec![include_str!("companies.txt")],
        "deals" => vec![include_str!("deals.txt")],
        "tickets" => vec![include_str!("tickets.txt")],
        "products" => vec![include_str!("products.txt")],
        "line_items" => vec![include_str!("line_items.txt")],
        "quotes" => vec![include_str!("quotes.txt")],
        "leads" => vec![include_str!("leads.txt")],
        "users" => vec![include_str!("users.txt")],
        "calls" => vec![ENGAGEMENT, include_str!("calls.txt")],
        "emails" => vec![ENGAGEMENT, include_str!("emails.txt")],
        "meetings" => vec![ENGAGEMENT, include_str!("meetings.txt")],
        "notes" => vec![ENGAGEMENT, include_str!("notes.txt")],
        "tasks" => vec![ENGAGEMENT, include_str!("tasks.txt")],
        _ => Vec::new(),
    }
}

/// The definitions of one object type.
pub(crate) fn properties(kind: &Kind) -> Properties {
    from(kind, &tables(kind))
}

/// The definitions of an object type that has tables of its own.
pub(crate) fn from(kind: &Kind, tables: &[&str]) -> Properties {
    let choices = choices();
    let mut properties = Properties::default();
    for text in [COMMON].iter().chain(tables) {
        let mut group = String::new();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
            if let Some(name) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
                group = name.replace("{singular}", &kind.singular.replace('_', ""));
                continue;
            }
            for definition in definitions(line, &group, kind, &choices) {
                properties.put(definition);
            }
        }
    }
    properties
}

/// The choices of one list, by value and label.
pub(crate) fn choice_list(name: &str) -> Vec<(&'static str, &'static str)> {
    choices().remove(name).unwrap_or_default()
}

type Choices = HashMap<&'static str, Vec<(&'static str, &'static str)>>;

fn choices() -> Choices {
    let pair = |choice: &'static str| choice.trim().split_once('=');
    OPTIONS
        .lines()
        .filter_map(|line| line.split_once(": "))
        .filter(|(name, _)| !name.starts_with('#'))
        .map(|(name, list)| (name, list.split(';').filter_map(pair).collect()))
        .collect()
}

/// One line may stand for several definitions.
fn definitions(line: &str, group: &str, kind: &Kind, choices: &Choices) -> Vec<PropertyDefinition> {
    let (columns, label) = match line.split_once('|') {
        Some((columns, label)) => (columns, Some(label.trim())),
        None => (line, None),
    };
    let words: Vec<&str> = columns.split_whitespace().collect();
    let [name, form, flags @ ..] = words.as_slice() else { return Vec::new() };
    match flags.iter().find_map(|flag| flag.strip_prefix("each=")) {
        None => vec![definition(name, form, flags, label, group, kind, choices)],
        Some(list) => choices
            .get(list)
            .into_iter()
            .flatten()
            .map(|(value, _)| {
                definition(&name.replace("{x}", value), form, flags, label, group, kind, choices)
            })
            .collect(),
    }
}

fn definition(
    name: &str,
    form: &str,
    flags: &[&str],
    given_label: Option<&str>,
    group: &str,
    kind: &Kind,
    choices: &Choices,
) -> PropertyDefinition {
    let has = |flag: &str| flags.contains(&flag);
    let (r#type, field_type) = types(form);
    let mut p = PropertyDefinition::user_defined(name, r#type, field_type, group);
    let bare = name.strip_prefix("hs_").unwrap_or(name);
    p.label = given_label.map_or_else(|| label(bare), str::to_owned);
    p.options = options(r#type, flags, choices);
    p.calculated = has("calculated") || form.ends_with(['=', '^']) || form == "score";
    p.external_options = has("external");
    p.referenced_object_type = has("owner").then(|| "OWNER".to_owned());
    p.has_unique_value = has("unique");
    p.hidden = has("hidden");
    p.form_field = has("form") || has("custom");
    p.show_currency_symbol = has("money").then_some(true);
    p.currency_property_name =
        (has("money") && kind.plural == "deals").then(|| "deal_currency_code".to_owned());
    p.calculation_formula = form.ends_with('=').then(|| format!("coalesce({}, null)", kind.created));
    let read_only = has("readonly") || has("calculated") || form.ends_with(['=', '~', '^']);
    p.modification_metadata.read_only_value = read_only;
    let mut dice = Dice::new(
        0,
        40,
        name.bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte))),
    );
    let born = dice.between(1_546_300_800_000, 1_704_067_200_000); // 2019 to 2023
    p.created_at = iso(born);
    p.updated_at = iso(dice.between(born, 1_735_689_600_000)); // until 2024
    if has("custom") {
        p.description = format!("Added by the team for its own {}.", kind.plural_label.to_lowercase());
    } else {
        p.description = description(&p, kind);
        p.created_user_id = None;
        p.updated_user_id = None;
        p.archived = None;
        p.hubspot_defined = Some(true);
        p.modification_metadata.read_only_definition = true;
    }
    p
}

fn description(p: &PropertyDefinition, kind: &Kind) -> String {
    let noun = kind.singular_label.to_lowercase();
    match (p.modification_metadata.read_only_value, p.r#type.as_str()) {
        (true, "datetime" | "date") => format!("{}; kept up to date for each {noun}", p.label),
        (true, _) => format!("{} (computed for each {noun})", p.label),
        (false, "enumeration") => format!("Choice of {} for this {noun}", p.label.to_lowercase()),
        (false, _) => format!("{} of the {noun}", p.label),
    }
}

/// `type` and `fieldType` of a kind: `=` equation, `~` computed when read, `^` rolled up from other records.
fn types(form: &str) -> (&'static str, &'static str) {
    let r#type = match form.trim_end_matches(['=', '~', '^']) {
        "number" | "score" => "number",
        "date" => "date",
        "time" => "datetime",
        "bool" => "bool",
        "select" | "radio" | "check" | "yesno" => "enumeration",
        "phone" => "phone_number",
        _ => "string",
    };
    let field_type = match form {
        _ if form.ends_with('=') => "calculation_equation",
        _ if form.ends_with('~') => "calculation_read_time",
        _ if form.ends_with('^') => "calculation_rollup",
        "score" => "calculation_score",
        "number" => "number",
        "date" | "time" => "date",
        "bool" | "yesno" => "booleancheckbox",
        "select" => "select",
        "radio" => "radio",
        "check" => "checkbox",
        "phone" => "phonenumber",
        "area" => "textarea",
        _ => "text",
    };
    (r#type, field_type)
}

fn options(r#type: &str, flags: &[&str], choices: &Choices) -> Vec<PropertyOption> {
    let list = match flags.iter().find_map(|flag| flag.strip_prefix("options=")) {
        Some(name) => choices.get(name).cloned().unwrap_or_default(),
        None if r#type == "bool" => vec![("true", "True"), ("false", "False")],
        None => Vec::new(),
    };
    let option = |(value, label): (&str, &str), display_order| PropertyOption {
        label: label.to_owned(),
        value: value.to_owned(),
        display_order,
        hidden: false,
    };
    list.into_iter().zip(0..).map(|(choice, order)| option(choice, order)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(plural: &str) -> Properties {
        let kind = Kind::standard().into_iter().find(|kind| kind.plural == plural).unwrap();
        properties(&kind)
    }

    #[test]
    fn contacts_have_as_many_definitions_as_a_real_portal() {
        let contacts = of("contacts");
        let hidden = contacts.iter().filter(|p| p.hidden).count();
        assert!((260..=320).contains(&contacts.iter().count()), "{} definitions", contacts.iter().count());
        assert!((80..=95).contains(&hidden), "{hidden} hidden");
        let open = contacts.iter().filter(|p| p.r#type == "enumeration" && p.options.is_empty()).count();
        assert!(open >= 12, "{open} enumerations without options");
    }

    #[test]
    fn every_named_list_of_choices_exists() {
        let lists = choices();
        let standard = Kind::standard();
        for text in standard.iter().flat_map(tables).chain([COMMON, VEHICLES, FURTHER]) {
            for flag in text.split_whitespace() {
                if let Some(list) = flag.strip_prefix("options=").or_else(|| flag.strip_prefix("each=")) {
                    assert!(lists.contains_key(list), "{list}");
                }
            }
        }
    }

    #[test]
    fn every_object_knows_its_special_properties() {
        for kind in Kind::standard() {
            let properties = properties(&kind);
            for name in
                [&kind.created, &kind.modified].into_iter().chain(&kind.defaults).chain(&kind.searchable)
            {
                assert!(properties.find(name).is_some(), "{} of {}", name, kind.plural);
            }
        }
    }

    #[test]
    fn a_calculated_time_is_a_datetime_whatever_its_field_type() {
        let deals = of("deals");
        let p = deals.get(deals.find("hs_v2_date_entered_closedwon").unwrap()).unwrap();
        assert_eq!((p.r#type.as_str(), p.field_type.as_str()), ("datetime", "calculation_read_time"));
        assert!(p.modification_metadata.read_only_value);
    }
}
