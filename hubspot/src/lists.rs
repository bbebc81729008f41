//! Lists (HubSpot also says segments), and which records are on them.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::budget::Kind;
use crate::exchange::{Question, encoded, segment};
use crate::wire::{self, Results};
use crate::{API_VERSION, Call, Client, Error, MEMBERSHIP_PAGE};

/// Lists asked for at once. More is not documented.
const LISTS_PAGE: u32 = 100;

/// The property of a list that says how many records it holds.
const SIZE: &str = "hs_list_size";

/// A list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct List {
    /// What memberships are asked for with.
    #[serde(deserialize_with = "wire::text")]
    pub list_id: String,
    /// Name for people.
    #[serde(deserialize_with = "wire::or_default")]
    pub name: String,
    /// Type id of the object whose records it holds.
    pub object_type_id: String,
    /// `MANUAL`, `DYNAMIC` or `SNAPSHOT`.
    pub processing_type: Option<String>,
    /// `COMPLETE`, or what HubSpot is doing with it.
    pub processing_status: Option<String>,
    /// RFC 3339, as sent.
    pub created_at: Option<String>,
    /// RFC 3339, as sent.
    pub updated_at: Option<String>,
    /// Further properties by name; `hs_list_size` among them.
    #[serde(deserialize_with = "wire::or_default")]
    pub additional_properties: HashMap<String, Option<String>>,
}

impl List {
    /// How many records HubSpot says it holds.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.additional_properties.get(SIZE)?.as_deref()?.parse().ok()
    }
}

/// A record on a list.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Membership {
    /// The record.
    #[serde(deserialize_with = "wire::id")]
    pub record_id: u64,
    /// Since when, RFC 3339 as sent.
    #[serde(default)]
    pub membership_timestamp: Option<String>,
}

/// A page of memberships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembershipPage {
    /// In the order HubSpot sent them.
    pub members: Vec<Membership>,
    /// The cursor of the next page; `None` on the last.
    pub after: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    offset: u64,
    count: u32,
    additional_properties: [&'static str; 1],
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    lists: Vec<List>,
    has_more: bool,
    #[serde(default)]
    offset: u64,
}

impl Client {
    /// All lists of the portal, in the order of their ids.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Malformed`] when HubSpot says that there are more and sends none.
    pub async fn lists(&self, call: &Call) -> Result<Vec<List>, Error> {
        let (mut lists, mut offset): (HashMap<String, List>, u64) = (HashMap::new(), 0);
        loop {
            let body = Search { offset, count: LISTS_PAGE, additional_properties: [SIZE] };
            let question = Question::post(Kind::List, format!("/crm/lists/{API_VERSION}/search"), &body)?;
            let found: Found = self.ask(call, &question).await?;
            if found.lists.iter().any(|list| list.list_id.is_empty()) {
                return Err(Error::malformed("a list without id"));
            }
            lists.extend(found.lists.into_iter().map(|list| (list.list_id.clone(), list)));
            if !found.has_more {
                break;
            }
            if found.offset <= offset {
                return Err(Error::malformed("the lists come with the same offset twice"));
            }
            offset = found.offset;
        }
        let mut lists: Vec<List> = lists.into_values().collect();
        lists.sort_by(|a, b| (a.list_id.len(), &a.list_id).cmp(&(b.list_id.len(), &b.list_id)));
        Ok(lists)
    }

    /// One page of the records on a list.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn membership_page(
        &self,
        call: &Call,
        list_id: &str,
        after: Option<&str>,
    ) -> Result<MembershipPage, Error> {
        let list = segment(list_id)?;
        let after = after.map(|after| format!("&after={}", encoded(after))).unwrap_or_default();
        let path = format!("/crm/lists/{API_VERSION}/{list}/memberships?limit={MEMBERSHIP_PAGE}{after}");
        let mut answer: Results<Membership> = self.ask(call, &Question::get(Kind::List, path)).await?;
        let after = answer.next();
        Ok(MembershipPage { members: answer.results, after })
    }

    /// All records on a list.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Malformed`] when HubSpot sends a cursor twice, which would never end.
    pub async fn memberships(&self, call: &Call, list_id: &str) -> Result<Vec<Membership>, Error> {
        let (mut members, mut seen) = (Vec::new(), std::collections::HashSet::new());
        let mut after: Option<String> = None;
        loop {
            let page = self.membership_page(call, list_id, after.as_deref()).await?;
            members.extend(page.members);
            let Some(next) = page.after else { return Ok(members) };
            if !seen.insert(next.clone()) {
                return Err(Error::malformed("the records of a list come with the same cursor twice"));
            }
            after = Some(next);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    #[tokio::test]
    async fn all_lists_come_in_the_order_of_their_ids() {
        let first = r#"{"lists":[{"listId":"10","name":"B","objectTypeId":"0-1","processingType":"DYNAMIC",
            "additionalProperties":{"hs_list_size":"12"}}],"hasMore":true,"offset":1,"total":2}"#;
        let second = r#"{"lists":[{"listId":9,"name":"A","objectTypeId":"0-2"}],"hasMore":false,"offset":2,"total":2}"#;
        let script = Script::of([Answer::json(200, first), Answer::json(200, second)]).await;
        let lists = script.client().lists(&soon()).await.unwrap();
        let ids: Vec<(&str, Option<u64>)> = lists.iter().map(|l| (l.list_id.as_str(), l.size())).collect();
        assert_eq!(ids, [("9", None), ("10", Some(12))]);
        assert_eq!(
            script.asked()[1].body,
            r#"{"offset":1,"count":100,"additionalProperties":["hs_list_size"]}"#
        );
    }

    #[tokio::test]
    async fn every_page_of_a_list_is_read() {
        let first = r#"{"results":[{"recordId":"1","membershipTimestamp":"2026-01-01T00:00:00Z"}],
            "paging":{"next":{"after":"MQ=="}}}"#;
        let script =
            Script::of([Answer::json(200, first), Answer::json(200, r#"{"results":[{"recordId":2}]}"#)])
                .await;
        let members = script.client().memberships(&soon(), "12").await.unwrap();
        assert_eq!(members.iter().map(|member| member.record_id).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(script.targets()[1], "/crm/lists/2026-09/12/memberships?limit=250&after=MQ%3D%3D");
    }

    #[tokio::test]
    async fn pages_that_go_round_in_circles_are_an_error() {
        let more = r#"{"lists":[],"hasMore":true,"offset":0}"#;
        let script = Script::of([Answer::json(200, more)]).await;
        assert!(matches!(script.client().lists(&soon()).await, Err(Error::Malformed { .. })));
        let page = r#"{"results":[],"paging":{"next":{"after":"A"}}}"#;
        let script = Script::of([Answer::json(200, page), Answer::json(200, page)]).await;
        assert!(matches!(script.client().memberships(&soon(), "1").await, Err(Error::Malformed { .. })));
    }
}
