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
