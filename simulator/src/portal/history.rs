//! What properties were before. Changes made while the simulator runs are kept; for what was generated a past is made
//! up when it is asked for, so that it costs nothing at the start: always the same one.

use super::record::Record;
use super::state::{Column, Table};
use crate::catalogue::choice_list;
use crate::dice::Dice;
use crate::instant::parse;

/// A value and since when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Version {
    /// "" where it was cleared.
    pub(crate) value: String,
    /// Milliseconds since 1970.
    pub(crate) at: i64,
    pub(crate) source: &'static str,
    pub(crate) user: Option<u32>,
}

/// The user who moved what was moved by hand.
const SOMEBODY: u32 = 13_534_722;

/// Stages that end a path; no path leads through them.
const LAST: [&str; 4] = ["closedwon", "closedlost", "88120433", "88120434"];

impl Table {
    /// The versions of a property, the present one first. One that never had a value has none.
    pub(crate) fn versions(&self, record: &Record, column: Column) -> Vec<Version> {
        let mut versions = match column {
            Column::Stored(index) => match self.history.get(&(record.id, index)) {
                Some(kept) => kept.clone(),
                None => self.made_up(record, index),
            },
            Column::Id | Column::Created => vec![once(record.text(column).as_deref(), record.created)],
            Column::Modified => vec![once(record.text(column).as_deref(), record.updated)],
        };
        versions.reverse();
        versions
    }

    /// Keeps what a change makes of the values.
    pub(super) fn keep_history(&mut self, old: Option<&Record>, new: &Record) {
        let none = super::record::Values::default();
        let before = old.map_or(&none, |record| &record.values);
        let mut changed: Vec<u16> = before.iter().chain(new.values.iter()).map(|(index, _)| index).collect();
        changed.sort_unstable();
        changed.dedup();
        changed.retain(|index| before.get(*index) != new.values.get(*index));
        for index in changed {
            let past = match (self.history.remove(&(new.id, index)), old) {
                (Some(kept), _) => kept,
                (None, Some(old)) => self.made_up(old, index),
                (None, None) => Vec::new(),
            };
            let value = new.values.get(index).unwrap_or_default().to_owned();
            let now = Version { value, at: new.updated, source: "API", user: None };
            self.history.insert((new.id, index), past.into_iter().chain([now]).collect());
        }
    }

    /// The past of a generated value, the oldest first: a stage was reached through others, anything else was set once.
    fn made_up(&self, record: &Record, index: u16) -> Vec<Version> {
        let Some(value) = record.values.get(index) else { return Vec::new() };
        let path =
            self.properties.get(index).and_then(|p| path(&self.kind.plural, self.kind.custom, &p.name));
        let Some(stages) = path else { return vec![once(Some(value), record.created)] };
        let entered = self
            .column(&format!("hs_v2_date_entered_{value}"))
            .and_then(|column| parse(&record.text(column)?))
            .unwrap_or(record.updated)
            .max(record.created);
        let mut dice = Dice::new(record.id, 80, u64::from(index));
        let mut way: Vec<&str> = before(&stages, value).into_iter().filter(|_| dice.chance(700)).collect();
        way.push(value);
        let mut times: Vec<i64> = way.iter().map(|_| dice.between(record.created, entered)).collect();
        times.sort_unstable();
        if let Some(last) = times.last_mut() {
            *last = entered;
        }
        let moved = |(value, at): (&str, i64)| Version {
            value: value.to_owned(),
            at,
            source: "CRM_UI",
            user: Some(SOMEBODY),
        };
        way.into_iter().zip(times).map(moved).collect()
    }
}

fn once(value: Option<&str>, at: i64) -> Version {
    Version { value: value.unwrap_or_default().to_owned(), at, source: "CRM_UI", user: Some(SOMEBODY) }
}

/// The stages that a property leads through, in their order.
fn path(object: &str, custom: bool, property: &str) -> Option<Vec<&'static str>> {
    let list = match (object, property) {
        _ if custom => return None,
        ("deals", "dealstage") => "dealstage",
        ("tickets", "hs_pipeline_stage") => "ticketstage",
        ("leads", "hs_pipeline_stage") => "leadstage",
        ("contacts", "lifecyclestage") => "lifecycle",
        _ => return None,
    };
    Some(choice_list(list).into_iter().map(|(value, _)| value).collect())
}

/// The open stages before one, in its own pipeline: a closed stage is where the pipeline before ended.
fn before<'a>(stages: &[&'a str], value: &str) -> Vec<&'a str> {
    let end = stages.iter().position(|stage| *stage == value).unwrap_or(0);
    let open = match LAST.contains(&value) {
        true => stages[..end].iter().rposition(|stage| !LAST.contains(stage)).map_or(0, |at| at + 1),
        false => end,
    };
    let start = stages[..open].iter().rposition(|stage| LAST.contains(stage)).map_or(0, |at| at + 1);
    stages[start..open].to_vec()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::api::testing::Bench;
    use crate::settings::Settings;

    const DEALS: &str = "/crm/objects/2026-09/deals";

    fn history(row: &Value, property: &str) -> Vec<(String, String)> {
        let versions = row["propertiesWithHistory"][property].as_array().unwrap();
        let text = |v: &Value, name: &str| v[name].as_str().unwrap().to_owned();
        versions.iter().map(|v| (text(v, "value"), text(v, "timestamp"))).collect()
    }

    #[test]
    fn a_way_leads_through_open_stages_of_the_same_pipeline() {
        let stages: Vec<&str> = choice_list("dealstage").into_iter().map(|(value, _)| value).collect();
        assert_eq!(before(&stages, "qualifiedtobuy"), ["appointmentscheduled"]);
        assert_eq!(before(&stages, "closedlost").len(), 5);
        assert_eq!(before(&stages, "88120434"), ["88120431", "88120432"]);
        assert!(before(&stages, "88120431").is_empty());
    }

    #[test]
    fn deals_have_come_to_their_stage_over_time() {
        let bench = Bench::with(Settings::small(400));
        let path = format!("{DEALS}?limit=50&properties=dealstage&propertiesWithHistory=dealstage,amount");
        let (_, answer) = bench.get(&path);
        let mut longest = 0;
        for row in answer["results"].as_array().unwrap() {
            let stages = history(row, "dealstage");
            longest = longest.max(stages.len());
            assert_eq!(stages[0].0, row["properties"]["dealstage"].as_str().unwrap());
            assert!(stages.windows(2).all(|pair| pair[0].1 >= pair[1].1), "{stages:?}");
            assert!(stages.iter().all(|(_, at)| at.as_str() >= row["createdAt"].as_str().unwrap()));
        }
        assert!(longest >= 4, "{longest}");
        assert_eq!(bench.get(&path).1, answer, "it is the same past every time");
    }

    #[test]
    fn a_change_becomes_a_version_and_the_past_stays() {
        let bench = Bench::with(Settings::small(100));
        let row =
            bench.get(&format!("{DEALS}?limit=1&propertiesWithHistory=dealstage")).1["results"][0].clone();
        let id = row["id"].as_str().unwrap();
        let past = history(&row, "dealstage");
        for stage in [json!("contractsent"), json!(null)] {
            let change = json!({"id": id, "properties": {"dealstage": stage}});
            bench.control("POST", "/__sim/objects/deals", &change.to_string());
        }
        let (_, now) = bench.get(&format!("{DEALS}/{id}?propertiesWithHistory=dealstage"));
        let stages = history(&now, "dealstage");
        assert_eq!((stages[0].0.as_str(), stages[1].0.as_str()), ("", "contractsent"));
        assert_eq!(stages[2..], past);
        let version = &now["propertiesWithHistory"]["dealstage"][1];
        assert_eq!(version["sourceType"], "API");
    }

    #[test]
    fn what_never_had_a_value_has_no_history() {
        let bench = Bench::empty();
        bench.add("deals", &[("dealname", "x")]);
        let (_, answer) = bench.get(&format!("{DEALS}?propertiesWithHistory=amount,dealname"));
        assert_eq!(answer["results"][0]["propertiesWithHistory"]["amount"], json!([]));
        assert_eq!(history(&answer["results"][0], "dealname").len(), 1);
    }
}
