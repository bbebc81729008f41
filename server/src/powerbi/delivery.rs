//! Puts a token into data sets: ownership if asked for, credentials, the schedule on again, a refresh, and how it ended.
//!
//! Each step is told. A place that Power BI does not take the token at keeps what it has; the other data sets go on. What
//! was put where is written down at once, so that a process that dies in between forgets nothing.

use std::time::Duration;

use futures_util::future::join_all;
use schema::operations::powerbi_record;
use schema::{Context, OperationError, PlainToken};
use serde::Serialize;

use super::api::Client;
use super::error::Error;
use super::reads::{Feeds, Reads};
use super::refresh::{self, Started};
use super::sets::{self, DataSet, Place};
use super::wire::Run;

/// What is to be done beside the credentials.
#[derive(Debug, Clone, Copy)]
pub struct Orders {
    /// Make the service principal the owner first.
    pub take_over: bool,
    /// Leave a schedule off that is off.
    pub keep_schedule: bool,
    /// Start a refresh, and wait so long for its end.
    pub refresh: Option<Duration>,
}

/// What is put, and who says so.
pub struct Parcel<'a> {
    /// Who acts.
    pub ctx: &'a Context,
    /// The user name.
    pub user: &'a str,
    /// The token.
    pub token: &'a PlainToken,
    /// The feeds of this server.
    pub feeds: &'a Feeds,
}

/// What became of one data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Delivery {
    /// Name of the workspace.
    pub workspace: String,
    /// Id of the workspace.
    pub workspace_id: String,
    /// Name of the data set.
    pub dataset: String,
    /// Id of the data set.
    pub dataset_id: String,
    /// What was done, in its order.
    pub steps: Vec<Step>,
    /// The refresh that was started.
    pub refresh: Option<Run>,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// `take_over`, `credentials`, `schedule`, `refresh`.
    pub step: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// A sentence about it.
    pub message: String,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// As wanted.
    Done,
    /// There was nothing to do.
    Skipped,
    /// It goes on, and nobody waited for its end.
    Pending,
    /// Not done.
    Failed,
}

impl Delivery {
    fn of(set: &DataSet) -> Delivery {
        Delivery {
            workspace: set.workspace.clone(),
            workspace_id: set.workspace_id.clone(),
            dataset: set.name.clone(),
            dataset_id: set.id.clone(),
            steps: Vec::new(),
            refresh: None,
        }
    }

    /// Of a data set that nobody came to.
    pub(super) fn lost(set: &DataSet, why: &str) -> Delivery {
        let mut delivery = Delivery::of(set);
        delivery.told("credentials", Outcome::Failed, why);
        delivery
    }

    /// Whether a step failed.
    #[must_use]
    pub fn failed(&self) -> bool {
        self.steps.iter().any(|step| step.outcome == Outcome::Failed)
    }

    /// Whether every place of it has the token, and there is one.
    #[must_use]
    pub fn holds(&self) -> bool {
        let lacks =
            |step: &Step| matches!(step.step, "take_over" | "credentials") && step.outcome == Outcome::Failed;
        let has = |step: &Step| step.step == "credentials" && step.outcome == Outcome::Done;
        self.steps.iter().any(has) && !self.steps.iter().any(lacks)
    }

    pub(super) fn told(&mut self, step: &'static str, outcome: Outcome, message: impl Into<String>) {
        self.steps.push(Step { step, outcome, message: message.into() });
    }
}

/// Puts the token into the places of these data sets. Refreshes of several are waited for together.
///
/// # Errors
/// When the store cannot be written. What Power BI does not do is told in the deliveries.
pub async fn deliver(
    client: &Client,
    parcel: &Parcel<'_>,
    sets: &[DataSet],
    orders: Orders,
    progress: &dyn Fn(&str),
) -> Result<Vec<Delivery>, OperationError> {
    let mut begun = Vec::new();
    for set in sets {
        progress(&format!("{}: changing the credentials …", set.name));
        begun.push(begin(client, parcel, set, orders).await?);
    }
    let waited = begun.into_iter().zip(sets).map(|((mut delivery, started), set)| async move {
        if let (Some(started), Some(patience)) = (started, orders.refresh) {
            progress(&format!("{}: waiting for the refresh …", set.name));
            refresh::finish(client, set, &started, patience, &mut delivery).await;
            progress(&format!("{}: {}", set.name, delivery.steps.last().map_or("", |step| &step.message)));
        }
        delivery
    });
    Ok(join_all(waited).await)
}

async fn begin(
    client: &Client,
    parcel: &Parcel<'_>,
    set: &DataSet,
    orders: Orders,
) -> Result<(Delivery, Option<Started>), OperationError> {
    let mut delivery = Delivery::of(set);
    let places = match own(client, parcel, set, orders, &mut delivery).await {
        Ok(places) => places,
        Err(error) => {
            delivery.told("take_over", Outcome::Failed, error.to_string());
            return Ok((delivery, None));
        }
    };
    for place in &places {
        put(client, parcel, set, place, &mut delivery).await?;
    }
    let found = |place: &Place| places.iter().any(|now| now.url == place.url);
    for place in set.places.iter().filter(|place| !found(place)) {
        tell(parcel, set, place, Some(unbound(place)), &mut delivery).await?;
    }
    if delivery.failed() {
        return Ok((delivery, None));
    }
    if set.refreshable {
        schedule(client, set, orders, &mut delivery).await;
    }
    let started = match orders.refresh {
        Some(_) if set.refreshable => refresh::start(client, set, &mut delivery).await,
        _ => None,
    };
    Ok((delivery, started))
}

/// The places that get the token. A new owner has others than the owner before.
async fn own(
    client: &Client,
    parcel: &Parcel<'_>,
    set: &DataSet,
    orders: Orders,
    delivery: &mut Delivery,
) -> Result<Vec<Place>, Error> {
    if !orders.take_over || set.places.iter().any(|place| place.on_premises) {
        return Ok(set.places.clone());
    }
    client.take_over(&set.workspace_id, &set.id).await?;
    delivery.told("take_over", Outcome::Done, "the service principal owns the data set");
    let (now, _) = sets::places(client, parcel.feeds, &set.workspace_id, &set.id).await?;
    let wanted = |place: &Place| set.places.iter().any(|chosen| chosen.url == place.url);
    Ok(now.into_iter().filter(wanted).collect())
}

async fn put(
    client: &Client,
    parcel: &Parcel<'_>,
    set: &DataSet,
    place: &Place,
    delivery: &mut Delivery,
) -> Result<(), OperationError> {
    let problem = if place.on_premises {
        Some(by_hand(place))
    } else {
        let ids = (place.gateway_id.as_str(), place.datasource_id.as_str());
        let done = client.put_credentials(ids, &place.url, parcel.user, parcel.token).await;
        done.err().map(|error| error.to_string())
    };
    tell(parcel, set, place, problem, delivery).await
}

/// Writes down what became of a place, and tells it.
async fn tell(
    parcel: &Parcel<'_>,
    set: &DataSet,
    place: &Place,
    problem: Option<String>,
    delivery: &mut Delivery,
) -> Result<(), OperationError> {
    let request = powerbi_record::Request {
        token: parcel.token.id(),
        place: powerbi_record::Place {
            workspace: set.workspace.clone(),
            dataset: set.name.clone(),
            dataset_id: set.id.clone(),
            gateway_id: place.gateway_id.clone(),
            datasource_id: place.datasource_id.clone(),
        },
        data_source: match &place.reads {
            Reads::Feed(id) => Some(id.clone()),
            Reads::Whole => None,
        },
        problem: problem.clone(),
    };
    powerbi_record::run(parcel.ctx, request).await?;
    match problem {
        Some(problem) => delivery.told("credentials", Outcome::Failed, problem),
        None => delivery.told("credentials", Outcome::Done, format!("{} has the token", place.url)),
    }
    Ok(())
}

/// The new owner has no connection for it, or Power BI writes its URL in another way now.
fn unbound(place: &Place) -> String {
    format!(
        "{} is bound to no connection after the takeover: enter user name and token by hand in the settings of the data set",
        place.url
    )
}

/// Credentials for a gateway in somebody's own network are encrypted with its key, which Feedgate does not do.
fn by_hand(place: &Place) -> String {
    format!(
        "{} is read through an on-premises gateway, whose credentials Feedgate cannot encrypt: in Power BI open Manage \
         connections and gateways, choose the gateway's data source {}, and enter user name and token under Basic",
        place.url, place.datasource_id
    )
}

async fn schedule(client: &Client, set: &DataSet, orders: Orders, delivery: &mut Delivery) {
    let (outcome, message) = match client.schedule(&set.workspace_id, &set.id).await {
        Ok(Some(schedule)) if schedule.enabled => (Outcome::Skipped, "the schedule is on".to_owned()),
        Ok(Some(schedule)) if !schedule.is_set_up() => (Outcome::Skipped, "no schedule is set up".to_owned()),
        Ok(Some(_)) if orders.keep_schedule => (Outcome::Skipped, "the schedule stays off".to_owned()),
        Ok(Some(_)) => match client.enable_schedule(&set.workspace_id, &set.id).await {
            Ok(()) => (Outcome::Done, "the schedule was off and is on again".to_owned()),
            Err(error) => (Outcome::Failed, format!("the schedule stays off: {error}")),
        },
        Ok(None) => (Outcome::Skipped, "Power BI tells of no schedule".to_owned()),
        Err(error) => (Outcome::Failed, error.to_string()),
    };
    delivery.told("schedule", outcome, message);
}
