//! A row while it is filled in: values by property name, and the row's own dice.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::OnceLock;

use super::Plan;
use crate::catalogue::choice_list;
use crate::dice::Dice;
use crate::instant::{DAY_MS, iso, iso_date};
use crate::portal::property::Properties;
use crate::portal::record::{Draft, Values};

/// Collects the values of one row.
pub(super) struct Sheet<'a> {
    properties: &'a Properties,
    draft: Draft,
    pub(super) dice: Dice,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(properties: &'a Properties, seed: u64, kind: usize, number: usize) -> Sheet<'a> {
        Sheet { properties, draft: Draft::default(), dice: Dice::new(seed, kind as u64, number as u64) }
    }

    /// Sets a property; one that the catalogue lacks is left out (a test watches over that).
    pub(super) fn set(&mut self, name: &str, value: &str) {
        let found = self.properties.find(name);
        debug_assert!(found.is_some(), "the catalogue has no {name}");
        if let Some(index) = found {
            self.draft.set(index, value);
        }
    }

    /// Sets a number or the like.
    pub(super) fn put(&mut self, name: &str, value: impl Display) {
        self.set(name, &value.to_string());
    }

    /// Sets a datetime.
    pub(super) fn time(&mut self, name: &str, ms: i64) {
        self.set(name, &iso(ms));
    }

    /// Sets a date.
    pub(super) fn date(&mut self, name: &str, ms: i64) {
        self.set(name, &iso_date(ms));
    }

    /// Sets one of the choices of a list, and returns it.
    pub(super) fn choose(&mut self, name: &str, list: &str) -> &'static str {
        let choices = choices(list);
        let value = choices[self.dice.below(choices.len())];
        self.set(name, value);
        value
    }

    /// Sets one to three choices of a list, joined as HubSpot does.
    pub(super) fn choose_some(&mut self, name: &str, list: &str) {
        let choices = choices(list);
        let count = 1 + self.dice.below(3);
        let start = self.dice.below(choices.len());
        let some: Vec<&str> =
            (0..count.min(choices.len())).map(|n| choices[(start + n) % choices.len()]).collect();
        self.set(name, &some.join(";"));
    }

    /// An owner for most rows, with what goes with it.
    pub(super) fn owner(&mut self, plan: &Plan, created: i64) {
        if plan.owners.is_empty() || !self.dice.chance(850) {
            return;
        }
        let owner = &plan.owners[self.dice.below(plan.owners.len())];
        self.set("hubspot_owner_id", owner);
        self.set("hs_all_owner_ids", owner);
        let assigned = created + self.dice.between(0, 20 * DAY_MS);
        self.time("hubspot_owner_assigneddate", assigned.min(plan.now));
    }

    /// Where the row came from.
    pub(super) fn origin(&mut self) {
        let source = self.choose("hs_object_source_label", "source");
        self.set("hs_object_source", source);
        if source == "IMPORT" {
            self.set("hs_was_imported", "true");
        }
    }

    pub(super) fn finish(self) -> Values {
        self.draft.finish()
    }
}

/// The values of a list of choices; parsed once.
fn choices(list: &str) -> &'static [&'static str] {
    static LISTS: OnceLock<HashMap<&'static str, Vec<&'static str>>> = OnceLock::new();
    const USED: &[&str] = &[
        "lifecycle",
        "lead_status",
        "headcount",
        "language",
        "buying_role",
        "traffic",
        "source",
        "topics",
        "daytime",
        "currency",
        "industry",
        "company_type",
        "technology",
        "tier",
        "deal_type",
        "lost_reason",
        "forecast",
        "priority",
        "competitor",
        "ticket_category",
        "resolution",
        "channel",
        "marketable",
        "timezone",
        "activity",
        "sla",
        "direction",
        "disposition",
        "call_status",
        "meeting_location",
        "meeting_outcome",
        "task_status",
        "task_priority",
        "task_type",
        "email_direction",
        "email_status",
        "quote_status",
        "lead_label",
        "lead_type",
        "availability",
        "drive",
    ];
    let lists = LISTS.get_or_init(|| {
        USED.iter()
            .map(|name| (*name, choice_list(name).into_iter().map(|(value, _)| value).collect()))
            .collect()
    });
    debug_assert!(lists.contains_key(list), "no list {list}");
    lists.get(list).filter(|values| !values.is_empty()).map_or(&[""], Vec::as_slice)
}
