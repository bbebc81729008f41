//! The plan in sentences, for the person who asks why a table is slow.

use std::fmt;

use odata::edm::EntityType;

use super::{Counting, Ends, Plan, Source};
use crate::model::StoredSet;

/// Sentences about a plan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Explained(Vec<String>);

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.explained.0.join("\n"))
    }
}

impl Explained {
    pub(super) fn of(plan: &Plan, set: &StoredSet, entity_type: &EntityType) -> Self {
        let mut sentences = vec![reading(plan)];
        if matches!(plan.source, Source::List { .. } | Source::Search { .. } | Source::Ids { .. }) {
            sentences.push(format!("Reads {} of {} columns.", plan.read.len(), set.properties.len()));
        }
        if let Some(filter) = &plan.filter {
            sentences.push(format!("Filters every row here: {}.", filter.display(entity_type)));
        }
        for end in &plan.shown {
            sentences.push(format!("Leaves out links to {} that the data source does not show.", end.object));
        }
        if let Some(filter) = &plan.distant {
            sentences.push(format!("Reads related rows to filter here: {}.", filter.display(entity_type)));
        }
        sentences.extend(sorting(plan, entity_type));
        if !plan.expand.is_empty() {
            sentences.push(format!("Reads what {} navigation properties lead to.", plan.expand.len()));
        }
        sentences.extend(ending(plan));
        if plan.key.is_none() {
            sentences.push(counting(plan));
        }
        Self(sentences)
    }
}

fn reading(plan: &Plan) -> String {
    if let Some(via) = &plan.via {
        return format!("Follows {} navigation properties from one row.", via.steps.len());
    }
    match &plan.source {
        Source::Nothing => "Reads nothing: no row can match.".to_owned(),
        Source::List { object } => format!("Lists all {object} by id, 100 a call."),
        Source::Search { object, formula, words } => {
            let how = if formula.exact { "exactly the filter" } else { "a superset of the filter" };
            let filter = (!formula.is_everything()).then(|| format!("{how}: {formula}"));
            let words = words.as_ref().map(|words| format!("the words {words}"));
            let what: Vec<String> = words.into_iter().chain(filter).collect();
            format!("Searches {object} by id, 200 a call, for {}.", what.join(" and "))
        }
        Source::Ids { object, ids } => format!("Reads {} of {object} by their ids, 100 a call.", ids.len()),
        Source::WithDeleted { object, ids: None } => {
            format!("Lists all {object} by id, living ones and deleted ones, 100 of each a call.")
        }
        Source::WithDeleted { object, ids: Some(ids) } => {
            format!("Reads {} of {object} by their ids, living ones and deleted ones.", ids.len())
        }
        Source::History { object, properties, ids, .. } => {
            let which = ids.as_ref().map_or_else(|| "all".to_owned(), |ids| format!("{} of", ids.len()));
            format!("Reads what {} of {which} {object} was and is, 50 records a call.", properties.join(", "))
        }
        Source::Lists => "Reads all lists.".to_owned(),
        Source::Memberships { lists: None } => "Reads all lists and their records, 250 a call.".to_owned(),
        Source::Memberships { lists: Some(lists) } => {
            format!("Reads the records on {} of the lists, 250 a call.", lists.len())
        }
        Source::Owners => "Reads all owners.".to_owned(),
        Source::Pipelines(objects) => format!("Reads the pipelines of {}.", objects.join(" and ")),
        Source::Stages(objects) => format!("Reads the stages of the pipelines of {}.", objects.join(" and ")),
        Source::Links { from, to, ends: Ends::All } => {
            format!("Lists all {from} by id, 100 a call, and reads their links to {to}, up to 1,000 a call.")
        }
        Source::Links { from, to, ends: Ends::From(ids) } => {
            format!("Reads the links of {} of {from} to {to}.", ids.len())
        }
        Source::Links { from, to, ends: Ends::To(ids) } => {
            format!("Reads which {from} have links to {} of {to}, and their links.", ids.len())
        }
    }
}

fn sorting(plan: &Plan, entity_type: &EntityType) -> Option<String> {
    let by = |by: &odata::url::OrderBy| {
        let direction = if by.descending { " desc" } else { "" };
        format!("{}{direction}", by.expr.display(entity_type))
    };
    let keys: Vec<String> = plan.order.iter().map(by).collect();
    (!keys.is_empty()).then(|| format!("Sorts here, reading the columns that decide of everything for each page, and the rows of the page by their ids: {}.", keys.join(", ")))
}

fn ending(plan: &Plan) -> Option<String> {
    match (plan.skip, plan.top) {
        (0, None) => None,
        (0, Some(top)) => Some(format!("Ends after {top} rows.")),
        (skip, None) => Some(format!("Leaves out the first {skip} rows.")),
        (skip, Some(top)) => Some(format!("Leaves out the first {skip} rows and ends after {top} more.")),
    }
}

fn counting(plan: &Plan) -> String {
    match plan.count {
        Counting::ByIndex => "Counts by one search; HubSpot's index may lag some moments behind.".to_owned(),
        Counting::ByReading => "Counts by reading.".to_owned(),
    }
}
