//! What a HubSpot portal says about a credential: who it is, what may be read, what is left of its day.

use std::time::Duration;

use feedgate::model::standard_objects;
use futures_util::future::try_join_all;
use hubspot::budget::Kind;
use hubspot::{Account, Call, Client, DailyUsage, Error, ListRequest};
use serde::Serialize;

use crate::failure::Failure;

/// Long enough for every retry of a handful of calls, short enough for a person who waits.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// Whether something can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Reading {
    /// HubSpot's name.
    pub(crate) object: String,
    /// Whether the credential may read it.
    pub(crate) readable: bool,
    /// Any of these scopes would do; empty when it is readable or HubSpot did not name them.
    pub(crate) missing_scopes: Vec<String>,
}

/// What HubSpot grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Limits {
    /// Calls in ten seconds, as learned from HubSpot's answers.
    pub(crate) calls_per_10_seconds: u32,
    /// Calls made today by all apps.
    pub(crate) used_today: Option<u64>,
    /// Calls granted for a day.
    pub(crate) daily: Option<u64>,
}

/// Who the portal is. A credential that is good but may not read this is none the worse for it.
pub(crate) async fn account(client: &Client) -> Result<Option<Account>, Error> {
    match client.account(&Call::within(PATIENCE)).await {
        Ok(account) => Ok(Some(account)),
        Err(Error::ScopeMissing { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Objects that are tried at once.
const TOGETHER: usize = 8;

/// Tries to read one row of everything a data source can choose: all standard objects, the portal's own, owners,
/// pipelines and lists.
pub(crate) async fn readings(client: &Client) -> Result<Vec<Reading>, Failure> {
    Ok(readings_of(client).await?)
}

/// The same, with HubSpot's own error.
pub(crate) async fn readings_of(client: &Client) -> Result<Vec<Reading>, Error> {
    let call = &Call::within(PATIENCE);
    let schemas = client.schemas(call).await;
    let own: Vec<_> =
        schemas.iter().flatten().map(|own| (own.name.clone(), own.object_type_id.clone())).collect();
    let custom = reading("custom objects", schemas)?;
    let mut objects: Vec<(String, String)> =
        standard_objects().map(|(name, path)| (name.to_owned(), path.to_owned())).collect();
    objects.extend(own);
    let mut readings = Vec::new();
    for some in objects.chunks(TOGETHER) {
        let tries = some.iter().map(|(name, path)| try_object(client, call, name, path));
        readings.extend(try_join_all(tries).await?);
    }
    if !custom.readable {
        readings.push(custom);
    }
    readings.push(reading("owners", client.owners(call, false).await)?);
    readings.push(reading("pipelines", client.pipelines(call, "deals").await)?);
    readings.push(reading("lists", client.lists(call).await)?);
    Ok(readings)
}

async fn try_object(client: &Client, call: &Call, name: &str, path: &str) -> Result<Reading, Error> {
    let one = ListRequest { limit: 1, ..ListRequest::default() };
    reading(name, client.list(call, path, &one).await)
}

fn reading<T>(object: &str, answer: Result<T, Error>) -> Result<Reading, Error> {
    let not = |missing_scopes| Ok(Reading { object: object.to_owned(), readable: false, missing_scopes });
    match answer {
        Ok(_) => Ok(Reading { object: object.to_owned(), readable: true, missing_scopes: Vec::new() }),
        Err(Error::ScopeMissing { scopes, .. }) => not(scopes),
        // A portal without the subscription for an object has no such object.
        Err(Error::NotFound { .. } | Error::Rejected { status: 400, .. }) => not(Vec::new()),
        Err(error) => Err(error),
    }
}

/// What HubSpot grants, as far as it says so. The day's counter is an extra: without it the rest is still true.
pub(crate) async fn limits(client: &Client) -> Limits {
    let usage = client.daily_usage(&Call::within(PATIENCE)).await.unwrap_or_default();
    let first: Option<&DailyUsage> = usage.first();
    Limits {
        calls_per_10_seconds: client.budgets().lane(Kind::List).terms().limit,
        used_today: first.and_then(|day| day.used),
        daily: first.and_then(|day| day.limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_scope_is_a_finding_and_a_refused_credential_a_failure() {
        let scopes = vec!["crm.objects.deals.read".to_owned()];
        let missing = Error::ScopeMissing { scopes: scopes.clone(), message: String::new() };
        let found = reading::<()>("deals", Err(missing)).unwrap();
        assert_eq!((found.readable, found.missing_scopes), (false, scopes));
        assert!(reading::<()>("deals", Err(Error::CredentialsRejected { message: String::new() })).is_err());
    }
}
