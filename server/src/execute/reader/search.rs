//! Records that HubSpot's index finds, in ascending order of their ids.
//!
//! Each call asks for what comes after the last id, so that the 10,000 rows which a search can reach are never met. The
//! index lags and its answers can be torn, so a page is only handed out when it is proven: its ids ascend, and the next
//! page counts no fewer rows than this one leaves. A page that is not is read again; when it
//! does not mend, the caller lists instead.

use hubspot::{Condition, Filter, SEARCH_PAGE, SearchPage, SearchRequest, Sort};

use super::list::ListReader;
use super::{Records, TRIES, ascend, settle};
use crate::execute::{Context, ExecuteError};
use crate::model::OBJECT_ID;
use crate::plan::{Formula, Is, Test};

pub(super) struct SearchReader {
    object: String,
    groups: Vec<Vec<Filter>>,
    words: Option<String>,
    properties: Vec<String>,
    /// The last id handed out, or that of the cursor.
    last: u64,
    /// The page after it, which was read to prove the one before.
    ahead: Option<SearchPage>,
    end: bool,
}

/// What the index is asked.
#[derive(Clone, Copy)]
pub(in crate::execute) struct Question<'a> {
    pub(in crate::execute) formula: &'a Formula,
    /// To be found in the records.
    pub(in crate::execute) words: Option<&'a str>,
}

pub(super) enum Reply {
    Proven(Records),
    /// Why the index cannot be followed further.
    Unsound(String),
}

/// What a page says about itself.
enum Judgement {
    /// Everything that is left.
    Last,
    /// Sound if the next page agrees. HubSpot sends short pages now and then: that alone means nothing.
    Open,
    Torn(&'static str),
}

impl SearchReader {
    pub(super) fn new(object: &str, question: Question<'_>, properties: Vec<String>, last: u64) -> Self {
        Self {
            object: object.to_owned(),
            groups: filters(question.formula),
            words: question.words.map(str::to_owned),
            properties,
            last,
            ahead: None,
            end: false,
        }
    }

    pub(super) fn looks_for_words(&self) -> bool {
        self.words.is_some()
    }

    pub(super) fn object(&self) -> &str {
        &self.object
    }

    /// A list of everything after the last proven record.
    pub(super) fn as_list(&self) -> ListReader {
        let after = (self.last > 0).then(|| (self.last + 1).to_string());
        ListReader::new(&self.object, self.properties.clone(), after)
    }

    pub(super) async fn next(&mut self, context: &Context<'_>) -> Result<Reply, ExecuteError> {
        let mut tries = 1;
        while !self.end {
            let torn = match self.proven(context).await? {
                Ok(records) => return Ok(Reply::Proven(records)),
                Err(why) => why,
            };
            if tries == TRIES {
                return Ok(Reply::Unsound(format!("{torn} after id {}", self.last)));
            }
            settle(context, tries).await;
            tries += 1;
        }
        Ok(Reply::Proven(Records { records: Vec::new(), end: true }))
    }

    /// The next page with its proof, or what is wrong with it.
    async fn proven(&mut self, context: &Context<'_>) -> Result<Result<Records, &'static str>, ExecuteError> {
        let page = match self.ahead.take() {
            Some(page) => page,
            None => match self.read(context, self.last).await {
                Ok(page) => page,
                Err(error) if is_refusal(&error) => return Ok(Err("the search is refused")),
                Err(error) => return Err(error),
            },
        };
        match judge(&page, self.last) {
            Judgement::Torn(why) => Ok(Err(why)),
            Judgement::Last => {
                self.end = true;
                Ok(Ok(Records { records: page.records, end: true }))
            }
            Judgement::Open => {
                let last = page.records.last().map_or(self.last, |record| record.id);
                let next = self.read(context, last).await?;
                let accounted_for = next.total + page.records.len() as u64;
                if accounted_for < page.total {
                    return Ok(Err("the search's count falls by more than the rows it sent"));
                }
                self.last = last;
                self.ahead = Some(next);
                Ok(Ok(Records { records: page.records, end: false }))
            }
        }
    }

    async fn read(&self, context: &Context<'_>, last: u64) -> Result<SearchPage, ExecuteError> {
        let request = SearchRequest {
            groups: after(&self.groups, last),
            sort: Some(Sort { property: OBJECT_ID.to_owned(), descending: false }),
            query: self.words.clone(),
            properties: self.properties.clone(),
            limit: SEARCH_PAGE,
            after: None,
        };
        Ok(context.client.search(context.call, &self.object, &request).await?)
    }
}

fn judge(page: &SearchPage, last: u64) -> Judgement {
    let rows = page.records.len() as u64;
    if !ascend(&page.records, last) {
        Judgement::Torn("the search's ids do not ascend")
    } else if rows == page.total && page.after.is_none() {
        Judgement::Last
    } else if rows == 0 || rows > page.total {
        Judgement::Torn("the search sent other rows than it counts")
    } else {
        Judgement::Open
    }
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
    let groups = question.map(|question| after(&filters(question.formula), 0)).unwrap_or_default();
    let query = question.and_then(|question| question.words).map(str::to_owned);
    let properties = vec![OBJECT_ID.to_owned()];
    let request = SearchRequest { groups, query, properties, limit: 1, ..SearchRequest::default() };
    Ok(context.client.search(context.call, object, &request).await?.total)
}

/// The groups, each with the id after which a page begins.
fn after(groups: &[Vec<Filter>], last: u64) -> Vec<Vec<Filter>> {
    let mut groups = groups.to_vec();
    if last > 0 {
        for group in &mut groups {
            let condition = Condition::Gt(last.to_string());
            group.push(Filter { property: OBJECT_ID.to_owned(), condition });
        }
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
