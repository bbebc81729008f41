//! The people and queues that records are assigned to.

use serde::Deserialize;

use crate::budget::Kind;
use crate::exchange::{Question, encoded};
use crate::wire::{self, Results};
use crate::{API_VERSION, Call, Client, Error};

/// Rows asked for in a page: HubSpot's default. More is not documented.
const PAGE: u16 = 100;

/// An owner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Owner {
    /// What `hubspot_owner_id` holds.
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// Address; queues have none.
    pub email: Option<String>,
    /// `PERSON` or `QUEUE`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// First name.
    pub first_name: Option<String>,
    /// Last name.
    pub last_name: Option<String>,
    /// The person's user; archived owners have none.
    #[serde(deserialize_with = "wire::optional_id")]
    pub user_id: Option<u64>,
    /// The person's user, also of archived owners.
    #[serde(deserialize_with = "wire::optional_id")]
    pub user_id_including_inactive: Option<u64>,
    /// RFC 3339, as sent.
    pub created_at: Option<String>,
    /// RFC 3339, as sent.
    pub updated_at: Option<String>,
    /// No longer active.
    #[serde(deserialize_with = "wire::or_default")]
    pub archived: bool,
    /// Teams of the person.
    #[serde(deserialize_with = "wire::or_default")]
    pub teams: Vec<Team>,
}

/// A team of owners.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Team {
    /// Number of the team.
    #[serde(deserialize_with = "wire::text")]
    pub id: String,
    /// Name of the team.
    pub name: Option<String>,
    /// The person's main team.
    #[serde(deserialize_with = "wire::or_default")]
    pub primary: bool,
}

impl Client {
    /// All owners: the active ones, or the archived ones. Both together take two calls.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::Malformed`] when HubSpot sends a cursor twice, which would never end.
    pub async fn owners(&self, call: &Call, archived: bool) -> Result<Vec<Owner>, Error> {
        let (mut owners, mut seen) = (Vec::new(), std::collections::HashSet::new());
        let mut after = String::new();
        loop {
            let path = format!("/crm/owners/{API_VERSION}?limit={PAGE}&archived={archived}{after}");
            let mut page: Results<Owner> = self.ask(call, &Question::get(Kind::List, path)).await?;
            let next = page.next();
            owners.extend(page.results);
            let Some(next) = next else { break };
            after = format!("&after={}", encoded(&next));
            if !seen.insert(next) {
                return Err(Error::malformed("the owners come with the same cursor twice"));
            }
        }
        match owners.iter().find(|owner| owner.id.is_empty()) {
            Some(_) => Err(Error::malformed("an owner without id")),
            None => Ok(owners),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Answer, Script, soon};

    #[tokio::test]
    async fn all_pages_are_read_and_archived_owners_lack_a_user() {
        let first = r#"{"results":[{"id":"41629779","email":"a@b.example","type":"PERSON","firstName":"A","lastName":"B",
            "userId":null,"userIdIncludingInactive":9586504,"archived":true,"teams":[{"id":"5","name":"T","primary":true}]}],
            "paging":{"next":{"after":"NDE=","link":"x"}}}"#;
        let script =
            Script::of([Answer::json(200, first), Answer::json(200, r#"{"results":[{"id":42}]}"#)]).await;
        let owners = script.client().owners(&soon(), true).await.unwrap();
        assert_eq!(owners[0].user_id, None);
        assert_eq!(owners[0].user_id_including_inactive, Some(9_586_504));
        assert_eq!(owners[0].teams[0].name.as_deref(), Some("T"));
        assert_eq!(owners[1], Owner { id: "42".to_owned(), ..Owner::default() });
        let path = "/crm/owners/2026-09?limit=100&archived=true";
        assert_eq!(script.targets(), [path.to_owned(), format!("{path}&after=NDE%3D")]);
    }

    #[tokio::test]
    async fn pages_that_go_round_in_circles_are_an_error() {
        let page = r#"{"results":[{"id":"1"}],"paging":{"next":{"after":"A"}}}"#;
        let script = Script::of([Answer::json(200, page), Answer::json(200, page)]).await;
        assert!(matches!(script.client().owners(&soon(), false).await, Err(Error::Malformed { .. })));
    }
}
