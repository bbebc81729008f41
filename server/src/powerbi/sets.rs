//! Finds the data sets that read a feed of this Feedgate, in all workspaces that the service principal is a member of.
//!
//! A data set or a workspace that does not show itself does not end the search: it is told beside what was found, because
//! it may read a feed as well.

use std::collections::HashMap;

use futures_util::stream::{self, StreamExt as _};
use serde::Serialize;

use super::api::Client;
use super::error::Error;
use super::reads::{Feeds, Reads};
use super::wire::{Dataset, Group, Run, Schedule};

/// Data sets that are asked at once.
const TOGETHER: usize = 4;

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The data sets that read a feed.
    pub sets: Vec<DataSet>,
    /// What could not be looked at.
    pub hidden: Vec<Hidden>,
}

/// A data set that reads a feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataSet {
    /// Name of its workspace.
    pub workspace: String,
    /// Id of its workspace.
    pub workspace_id: String,
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// Who owns it, in Power BI's words.
    pub owner: Option<String>,
    /// Whether it stores data, which a refresh renews.
    pub refreshable: bool,
    /// Its data sources that read a feed.
    pub places: Vec<Place>,
}

/// A data source of a data set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it reads of Feedgate.
    pub reads: Reads,
    /// By this URL.
    pub url: String,
    /// Its gateway; one in the cloud has one too.
    pub gateway_id: String,
    /// Its id at the gateway.
    pub datasource_id: String,
    /// Whether the gateway stands in somebody's own network, and credentials for it must be encrypted for it.
    pub on_premises: bool,
}

/// Something that does not show itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hidden {
    /// Name of the workspace.
    pub workspace: String,
    /// Name of the data set; none: the whole workspace.
    pub dataset: Option<String>,
    /// Why.
    pub reason: String,
}

/// The schedule of a data set and its last refresh, as far as Power BI tells.
#[derive(Debug, Clone, Default)]
pub struct State {
    /// Its schedule.
    pub schedule: Option<Schedule>,
    /// Its last refreshes, the newest first.
    pub runs: Vec<Run>,
}

/// Finds them.
///
/// # Errors
/// When Power BI does not let the service principal in or has no answer.
pub async fn find(client: &Client, feeds: &Feeds) -> Result<Found, Error> {
    let mut found = Found::default();
    let mut listed = Vec::new();
    for group in client.groups().await? {
        match client.datasets(&group.id).await {
            Ok(sets) => listed.extend(sets.into_iter().map(|set| (group.clone(), set))),
            Err(error) if error.is_local() => found.hidden.push(hidden(&group, None, &error)),
            Err(error) => return Err(error),
        }
    }
    let mut gateways = HashMap::new();
    let mut looked = stream::iter(listed.into_iter().map(|(group, set)| look(client, feeds, group, set)))
        .buffered(TOGETHER);
    while let Some(seen) = looked.next().await {
        match seen? {
            Seen::Hidden(hidden) => found.hidden.push(hidden),
            Seen::Set(mut set, needs_gateway) => {
                for place in &mut set.places {
                    place.on_premises =
                        on_premises(client, &mut gateways, place).await?.unwrap_or(needs_gateway);
                }
                found.sets.push(set);
            }
            Seen::Nothing => {}
        }
    }
    Ok(found)
}

/// Schedule and last refreshes of a data set. What is not told is not known, which is no failure.
///
/// # Errors
/// When Power BI has no answer.
pub async fn state(client: &Client, set: &DataSet, runs: usize) -> Result<State, Error> {
    if !set.refreshable {
        return Ok(State::default());
    }
    let schedule = client.schedule(&set.workspace_id, &set.id).await?;
    let runs = match client.runs(&set.workspace_id, &set.id, runs).await {
        Ok(runs) => runs,
        Err(error) if error.is_local() => Vec::new(),
        Err(error) => return Err(error),
    };
    Ok(State { schedule, runs })
}

/// The places of a data set as they are now: a new owner has others. One that never had credentials is bound to nothing
/// and is left out; whether there is such a one is told beside them.
pub(super) async fn places(
    client: &Client,
    feeds: &Feeds,
    group: &str,
    id: &str,
) -> Result<(Vec<Place>, bool), Error> {
    let (mut places, mut unbound) = (Vec::new(), false);
    for source in client.datasources(group, id).await? {
        let Some((url, reads)) =
            source.odata_url().and_then(|url| feeds.read_by(&url).map(|reads| (url, reads)))
        else {
            continue;
        };
        match (source.gateway_id, source.datasource_id) {
            (Some(gateway_id), Some(datasource_id)) => {
                places.push(Place { reads, url, gateway_id, datasource_id, on_premises: false });
            }
            _ => unbound = true,
        }
    }
    Ok((places, unbound))
}

enum Seen {
    /// The data set, and whether Power BI says that it needs a gateway.
    Set(DataSet, bool),
    Hidden(Hidden),
    Nothing,
}

async fn look(client: &Client, feeds: &Feeds, group: Group, set: Dataset) -> Result<Seen, Error> {
    let places = match places(client, feeds, &group.id, &set.id).await {
        Ok((places, false)) if places.is_empty() => return Ok(Seen::Nothing),
        Ok((places, true)) if places.is_empty() => {
            return Ok(Seen::Hidden(hidden(&group, Some(&set), &UNBOUND)));
        }
        Ok((places, _)) => places,
        Err(error) if error.is_local() => return Ok(Seen::Hidden(hidden(&group, Some(&set), &error))),
        Err(error) => return Err(error),
    };
    let needs_gateway = set.is_on_prem_gateway_required.unwrap_or(false);
    let set = DataSet {
        workspace: group.name,
        workspace_id: group.id,
        name: set.name,
        id: set.id,
        owner: set.configured_by,
        refreshable: set.is_refreshable.unwrap_or(true),
        places,
    };
    Ok(Seen::Set(set, needs_gateway))
}

async fn on_premises(
    client: &Client,
    known: &mut HashMap<String, Option<bool>>,
    place: &Place,
) -> Result<Option<bool>, Error> {
    if let Some(known) = known.get(&place.gateway_id) {
        return Ok(*known);
    }
    let told = client.is_on_premises(&place.gateway_id).await?;
    known.insert(place.gateway_id.clone(), told);
    Ok(told)
}

/// Why nothing can be put into a data set that nobody gave credentials yet.
const UNBOUND: &str =
    "it reads a feed and is bound to no gateway or connection yet: give it credentials once by hand";

fn hidden(group: &Group, set: Option<&Dataset>, reason: &dyn std::fmt::Display) -> Hidden {
    Hidden {
        workspace: group.name.clone(),
        dataset: set.map(|set| set.name.clone()),
        reason: reason.to_string(),
    }
}
