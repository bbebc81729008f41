//! The body of a search as clients send it: everything optional, numbers as numbers or texts.

use serde::Deserialize;
use serde_json::Value;

use super::super::answer::Problem;

/// Groups of filters, filters of a group, filters of all groups.
const MAX_GROUPS: usize = 5;
const MAX_FILTERS_OF_GROUP: usize = 6;
const MAX_FILTERS: usize = 18;

/// Characters of the filters and of the full text, each.
const MAX_CHARACTERS: usize = 3_000;

/// A search.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SearchBody {
    #[serde(default)]
    filter_groups: Option<Vec<Group>>,
    #[serde(default)]
    filters: Option<Vec<FilterBody>>,
    #[serde(default)]
    sorts: Option<Vec<Value>>,
    #[serde(default)]
    pub(super) query: Option<String>,
    #[serde(default)]
    pub(super) properties: Option<Vec<String>>,
    #[serde(default)]
    limit: Option<Value>,
    #[serde(default)]
    after: Option<Value>,
}

/// Filters that must all match.
#[derive(Debug, Deserialize)]
struct Group {
    #[serde(default)]
    filters: Option<Vec<FilterBody>>,
}

/// One filter.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FilterBody {
    pub(super) property_name: String,
    pub(super) operator: String,
    #[serde(default)]
    pub(super) value: Option<Value>,
    #[serde(default)]
    pub(super) high_value: Option<Value>,
    #[serde(default)]
    pub(super) values: Option<Vec<Value>>,
}

impl SearchBody {
    /// Reads an object; serde alone would take an array of the fields as well.
    pub(super) fn read(json: &[u8]) -> Result<SearchBody, Problem> {
        if !json.trim_ascii_start().starts_with(b"{") {
            return Err(Problem::BadSearch);
        }
        serde_json::from_slice(json).map_err(|_| Problem::BadSearch)
    }

    /// The groups; top-level filters are one more.
    pub(super) fn groups(&self) -> Vec<&[FilterBody]> {
        let groups =
            self.filter_groups.iter().flatten().map(|group| group.filters.as_deref().unwrap_or_default());
        groups.chain(self.filters.as_deref().filter(|filters| !filters.is_empty())).collect()
    }

    pub(super) fn sorts(&self) -> &[Value] {
        self.sorts.as_deref().unwrap_or_default()
    }

    pub(super) fn limit(&self) -> Option<String> {
        self.limit.as_ref().and_then(plain)
    }

    pub(super) fn after(&self) -> Option<String> {
        self.after.as_ref().and_then(plain)
    }

    /// Refuses more than HubSpot takes.
    pub(super) fn check_size(&self) -> Result<(), Problem> {
        let groups = self.groups();
        let filters: usize = groups.iter().map(|group| group.len()).sum();
        let largest = groups.iter().map(|group| group.len()).max().unwrap_or(0);
        let refuse = |text: String| Err(Problem::Invalid(text));
        if groups.len() > MAX_GROUPS {
            return refuse(format!("Too many filter groups: {} (at most {MAX_GROUPS})", groups.len()));
        }
        if largest > MAX_FILTERS_OF_GROUP {
            return refuse(format!(
                "Too many filters in a group: {largest} (at most {MAX_FILTERS_OF_GROUP})"
            ));
        }
        if filters > MAX_FILTERS {
            return refuse(format!("Too many filters: {filters} (at most {MAX_FILTERS})"));
        }
        let characters: usize =
            groups.iter().flat_map(|group| group.iter()).map(FilterBody::characters).sum();
        if characters > MAX_CHARACTERS
            || self.query.as_ref().is_some_and(|q| q.chars().count() > MAX_CHARACTERS)
        {
            return refuse(format!("The query is longer than {MAX_CHARACTERS} characters"));
        }
        Ok(())
    }
}

impl FilterBody {
    /// What it adds to the length of the query: names and values, and the quotes around them.
    fn characters(&self) -> usize {
        let operands = self.values.iter().flatten().chain(&self.value).chain(&self.high_value);
        let operands: usize = operands.filter_map(plain).map(|text| text.chars().count() + 3).sum();
        self.property_name.len() + self.operator.len() + operands
    }
}

/// A text, number or bool as text.
pub(super) fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}
