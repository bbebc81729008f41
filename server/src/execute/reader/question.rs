//! What HubSpot's index is asked, and how it is asked for a part of it.

use hubspot::{Condition, Filter, SEARCH_PAGE, SearchPage, SearchRequest, Sort};

use crate::execute::{Context, ExecuteError};
use crate::model::OBJECT_ID;
use crate::plan::{Formula, Is, Test};

/// What the index is asked.
#[derive(Clone, Copy)]
pub(in crate::execute) struct Question<'a> {
    pub(in crate::execute) formula: &'a Formula,
    /// To be found in the records.
    pub(in crate::execute) words: Option<&'a str>,
}

/// A search with everything but the part of the ids that is asked for.
pub(super) struct Asking {
    pub(super) object: String,
    groups: Vec<Vec<Filter>>,
    pub(super) words: Option<String>,
    pub(super) properties: Vec<String>,
}

/// Ids from above the first to the second; without one to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) above: u64,
    pub(super) upto: Option<u64>,
}

impl Asking {
    pub(super) fn new(object: &str, question: Question<'_>, properties: Vec<String>) -> Self {
        Self {
            object: object.to_owned(),
            groups: filters(question.formula),
            words: question.words.map(str::to_owned),
            properties,
        }
    }

    /// The first records of a part, by ascending id.
    pub(super) async fn page(&self, context: &Context<'_>, part: Part) -> Result<SearchPage, ExecuteError> {
        let request = SearchRequest {
            groups: within(&self.groups, part),
            sort: Some(by_id(false)),
            query: self.words.clone(),
            properties: self.properties.clone(),
            limit: SEARCH_PAGE,
            after: None,
        };
        Ok(context.client.search(context.call, &self.object, &request).await?)
    }

    /// How many records a part has.
    pub(super) async fn count(&self, context: &Context<'_>, part: Part) -> Result<u64, ExecuteError> {
        let request = SearchRequest {
            groups: within(&self.groups, part),
            query: self.words.clone(),
            properties: vec![OBJECT_ID.to_owned()],
            limit: 1,
            ..SearchRequest::default()
        };
        Ok(context.client.search(context.call, &self.object, &request).await?.total)
    }
}

/// The last records that the index knows of an object, below an id if one is given: those with the highest ids, if its
/// order is to be trusted.
pub(super) async fn latest(
    context: &Context<'_>,
    object: &str,
    below: Option<u64>,
) -> Result<SearchPage, ExecuteError> {
    let below = below.map(|id| vec![vec![test_id(Condition::Lt(id.to_string()))]]);
    let request = SearchRequest {
        groups: below.unwrap_or_default(),
        sort: Some(by_id(true)),
        properties: vec![OBJECT_ID.to_owned()],
        limit: SEARCH_PAGE,
        ..SearchRequest::default()
    };
    Ok(context.client.search(context.call, object, &request).await?)
}

/// HubSpot refuses the question as such, for example because a property in it was deleted meanwhile.
pub(in crate::execute) fn is_refusal(error: &ExecuteError) -> bool {
    matches!(error, ExecuteError::Hubspot(hubspot::Error::Rejected { status: 400, .. }))
}

/// How many records the index finds.
pub(in crate::execute) async fn total(
    context: &Context<'_>,
    object: &str,
    question: Option<Question<'_>>,
) -> Result<u64, ExecuteError> {
    let everything = Formula { groups: vec![Vec::new()], exact: true };
    let question = question.unwrap_or(Question { formula: &everything, words: None });
    let whole = Part { above: 0, upto: None };
    Asking::new(object, question, Vec::new()).count(context, whole).await
}

fn by_id(descending: bool) -> Sort {
    Sort { property: OBJECT_ID.to_owned(), descending }
}

fn test_id(condition: Condition) -> Filter {
    Filter { property: OBJECT_ID.to_owned(), condition }
}

/// The groups, each with the ends of the part. Both ends are tests of their own: whether HubSpot's BETWEEN includes its
/// ends is only known from others' code.
fn within(groups: &[Vec<Filter>], part: Part) -> Vec<Vec<Filter>> {
    let mut groups = groups.to_vec();
    for group in &mut groups {
        group.extend((part.above > 0).then(|| test_id(Condition::Gt(part.above.to_string()))));
        group.extend(part.upto.map(|upto| test_id(Condition::Lte(upto.to_string()))));
    }
    // A group that asks nothing is none.
    if groups.iter().any(Vec::is_empty) { Vec::new() } else { groups }
}

fn filters(formula: &Formula) -> Vec<Vec<Filter>> {
    formula.groups.iter().map(|group| group.iter().map(filter).collect()).collect()
}

fn filter(test: &Test) -> Filter {
    let condition = match test.is.clone() {
        Is::Equal(value) => Condition::Eq(value),
        Is::OneOf(values) => Condition::In(values),
        Is::Above(value) => Condition::Gt(value),
        Is::AtLeast(value) => Condition::Gte(value),
        Is::Below(value) => Condition::Lt(value),
        Is::AtMost(value) => Condition::Lte(value),
        Is::Between(low, high) => Condition::Between { low, high },
        Is::Present => Condition::HasProperty,
        Is::Absent => Condition::NotHasProperty,
    };
    Filter { property: test.property.clone(), condition }
}
