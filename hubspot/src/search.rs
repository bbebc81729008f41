//! Rows that match a filter, by HubSpot's index. The index lags behind and compares in its own ways: what it returns
//! are candidates.

use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};

use crate::budget::Kind;
use crate::exchange::{Question, segment};
use crate::wire::Paging;
use crate::{API_VERSION, Call, Client, Error, Record, SEARCH_PAGE};

/// What to look for. HubSpot takes 5 groups, 6 filters in each and 18 in all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchRequest {
    /// Any group must match; in a group, every filter. Without groups every row matches.
    pub groups: Vec<Vec<Filter>>,
    /// Without one HubSpot's order is not to be relied on.
    pub sort: Option<Sort>,
    /// Full text over the searchable properties, at most 3,000 characters.
    pub query: Option<String>,
    /// Internal names; as many as there are.
    pub properties: Vec<String>,
    /// Rows, 1 to [`SEARCH_PAGE`].
    pub limit: u16,
    /// The cursor of the page before: an offset. All pages together reach [`SEARCH_REACH`](crate::SEARCH_REACH) rows.
    pub after: Option<String>,
}

/// A condition on one property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// Internal name.
    pub property: String,
    /// What its value must be.
    pub condition: Condition,
}

/// HubSpot's comparison operators with their operands, as text: numbers in decimal, times in milliseconds of the epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// Equal; text regardless of case.
    Eq(String),
    /// Not equal. Whether rows without a value match is not documented.
    Neq(String),
    /// Less.
    Lt(String),
    /// Less or equal.
    Lte(String),
    /// Greater.
    Gt(String),
    /// Greater or equal.
    Gte(String),
    /// Within, both ends included.
    Between {
        /// Lower end.
        low: String,
        /// Upper end.
        high: String,
    },
    /// One of these; for text they must be in lower case.
    In(Vec<String>),
    /// None of these.
    NotIn(Vec<String>),
    /// Has a value.
    HasProperty,
    /// Has none.
    NotHasProperty,
    /// Holds the whole word; `*` is a wildcard.
    ContainsToken(String),
    /// Does not hold the whole word.
    NotContainsToken(String),
}

/// The one order HubSpot takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sort {
    /// Internal name.
    pub property: String,
    /// Largest first.
    pub descending: bool,
}

/// A page of candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchPage {
    /// How many rows match by HubSpot's count.
    pub total: u64,
    /// In HubSpot's order.
    pub records: Vec<Record>,
    /// The cursor of the next page; `None` on the last. A page may be short, even empty, without being the last.
    pub after: Option<String>,
}

impl Client {
    /// One page of a search. A page too large to be held is asked for again with half as many rows, until it fits.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn search(
        &self,
        call: &Call,
        object: &str,
        request: &SearchRequest,
    ) -> Result<SearchPage, Error> {
        let path = format!("/crm/objects/{API_VERSION}/{}/search", segment(object)?);
        let mut limit = request.limit.clamp(1, SEARCH_PAGE);
        loop {
            let body = Body { limit, ..body(request) };
            let question = Question::post(Kind::Search, path.clone(), &body)?;
            let answer: Answer = match self.ask(call, &question).await {
                Err(Error::TooLarge) if limit > 1 => {
                    limit = limit.div_ceil(2);
                    continue;
                }
                outcome => outcome?,
            };
            let after = answer.paging.and_then(Paging::into_after);
            return Ok(SearchPage { total: answer.total, records: answer.results, after });
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    total: u64,
    results: Vec<Record>,
    #[serde(default)]
    paging: Option<Paging>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    filter_groups: Vec<Group<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sorts: Vec<SortBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<&'a str>,
    properties: &'a [String],
    limit: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<&'a str>,
}

#[derive(Serialize)]
struct Group<'a> {
    filters: &'a [Filter],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SortBody<'a> {
    property_name: &'a str,
    direction: &'static str,
}

fn body(request: &SearchRequest) -> Body<'_> {
    let sort = |sort: &'_ Sort| if sort.descending { "DESCENDING" } else { "ASCENDING" };
    Body {
        filter_groups: request.groups.iter().map(|filters| Group { filters }).collect(),
        sorts: request
            .sort
            .iter()
            .map(|s| SortBody { property_name: &s.property, direction: sort(s) })
            .collect(),
        query: request.query.as_deref(),
        properties: &request.properties,
        limit: request.limit.clamp(1, SEARCH_PAGE),
        after: request.after.as_deref(),
    }
}

impl Serialize for Filter {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("propertyName", &self.property)?;
        map.serialize_entry("operator", self.condition.operator())?;
        match &self.condition {
            Condition::Between { low, high } => {
                map.serialize_entry("value", low)?;
                map.serialize_entry("highValue", high)?;
            }
            Condition::In(values) | Condition::NotIn(values) => map.serialize_entry("values", values)?,
            Condition::HasProperty | Condition::NotHasProperty => {}
            Condition::Eq(value)
            | Condition::Neq(value)
            | Condition::Lt(value)
            | Condition::Lte(value)
            | Condition::Gt(value)
            | Condition::Gte(value)
            | Condition::ContainsToken(value)
            | Condition::NotContainsToken(value) => map.serialize_entry("value", value)?,
        }
        map.end()
    }
}

impl Condition {
    fn operator(&self) -> &'static str {
        match self {
            Self::Eq(_) => "EQ",
            Self::Neq(_) => "NEQ",
            Self::Lt(_) => "LT",
            Self::Lte(_) => "LTE",
            Self::Gt(_) => "GT",
            Self::Gte(_) => "GTE",
            Self::Between { .. } => "BETWEEN",
            Self::In(_) => "IN",
            Self::NotIn(_) => "NOT_IN",
            Self::HasProperty => "HAS_PROPERTY",
            Self::NotHasProperty => "NOT_HAS_PROPERTY",
            Self::ContainsToken(_) => "CONTAINS_TOKEN",
            Self::NotContainsToken(_) => "NOT_CONTAINS_TOKEN",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    fn filter(property: &str, condition: Condition) -> Filter {
        Filter { property: property.to_owned(), condition }
    }

    fn written(request: &SearchRequest) -> String {
        serde_json::to_string(&body(request)).unwrap()
    }

    #[test]
    fn a_request_is_written_as_hubspot_documents_it() {
        let text = |text: &str| text.to_owned();
        let request = SearchRequest {
            groups: vec![
                vec![
                    filter("hs_object_id", Condition::Gt(text("7"))),
                    filter("email", Condition::HasProperty),
                ],
                vec![filter("createdate", Condition::Between { low: text("1"), high: text("2") })],
                vec![filter("city", Condition::In(vec![text("bonn"), text("ulm")]))],
            ],
            sort: Some(Sort { property: text("hs_object_id"), descending: false }),
            query: Some(text("müller")),
            properties: vec![text("email")],
            limit: 500,
            after: Some(text("200")),
        };
        insta::assert_snapshot!(written(&request), @r##"{"filterGroups":[{"filters":[{"propertyName":"hs_object_id","operator":"GT","value":"7"},{"propertyName":"email","operator":"HAS_PROPERTY"}]},{"filters":[{"propertyName":"createdate","operator":"BETWEEN","value":"1","highValue":"2"}]},{"filters":[{"propertyName":"city","operator":"IN","values":["bonn","ulm"]}]}],"sorts":[{"propertyName":"hs_object_id","direction":"ASCENDING"}],"query":"müller","properties":["email"],"limit":200,"after":"200"}"##);
        insta::assert_snapshot!(written(&SearchRequest { limit: 10, ..SearchRequest::default() }), @r##"{"properties":[],"limit":10}"##);
    }

    #[test]
    fn every_operator_has_its_name_and_operands() {
        let v = || "v".to_owned();
        let all = [
            Condition::Eq(v()),
            Condition::Neq(v()),
            Condition::Lt(v()),
            Condition::Lte(v()),
            Condition::Gt(v()),
            Condition::Gte(v()),
            Condition::ContainsToken(v()),
            Condition::NotContainsToken(v()),
            Condition::NotIn(vec![v()]),
            Condition::NotHasProperty,
        ];
        let written: Vec<String> = all
            .into_iter()
            .map(|c| serde_json::to_string(&filter("p", c)).unwrap().replace(r#""propertyName":"p","#, ""))
            .collect();
        insta::assert_snapshot!(written.join("\n"), @r#"
        {"operator":"EQ","value":"v"}
        {"operator":"NEQ","value":"v"}
        {"operator":"LT","value":"v"}
        {"operator":"LTE","value":"v"}
        {"operator":"GT","value":"v"}
        {"operator":"GTE","value":"v"}
        {"operator":"CONTAINS_TOKEN","value":"v"}
        {"operator":"NOT_CONTAINS_TOKEN","value":"v"}
        {"operator":"NOT_IN","values":["v"]}
        {"operator":"NOT_HAS_PROPERTY"}
        "#);
    }

    #[tokio::test]
    async fn a_page_has_a_total_and_may_be_empty_without_being_the_last() {
        let answer = r#"{"total":38,"results":[],"paging":{"next":{"after":10,"link":"x"}}}"#;
        let script = Script::of([Answer::json(200, answer), Answer::json(200, r#"{"results":[]}"#)]).await;
        let request = SearchRequest { limit: 10, ..SearchRequest::default() };
        let page = script.client().search(&soon(), "contacts", &request).await.unwrap();
        assert_eq!(page, SearchPage { total: 38, records: Vec::new(), after: Some("10".to_owned()) });
        assert_eq!(script.targets(), ["/crm/objects/2026-09/contacts/search"]);
        let error = script.client().search(&soon(), "contacts", &request).await.unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "without a total nothing can be proven: {error:?}");
    }
}
