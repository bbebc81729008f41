//! Who asks, what they may read, and how much of it at once.

mod basic;
mod flood;
mod limit;
mod shared;
mod verify;

use std::num::NonZeroU32;
use std::sync::Arc;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use schema::{Credential, DataSourceAccess, DataSourceId, Policy};
use tokio::time::Instant;

pub use basic::{Presented, read as read_authorization};
pub use flood::Floods;
pub(crate) use flood::network;
pub use limit::{Limits, MAX_WAIT, Remaining};
pub use shared::SharedLimits;
pub use verify::{Proven, Refused, admit_address, judge, verify};

use crate::app::App;
use crate::error::Failure;
use crate::layers::{Exchange, Guard};
use limit::Rate;
use shared::{Asking, Running};

/// Proves the request's credential.
///
/// # Errors
/// The refusals of the decision table, down to the tenant's own decisions.
pub(crate) async fn authenticate(
    app: &Arc<App>,
    exchange: &Exchange,
    headers: &HeaderMap,
    deadline: Instant,
) -> Result<Credential, Failure> {
    let authorization = headers.get(AUTHORIZATION).map(http::HeaderValue::as_bytes);
    let context = &app.context;
    let proof = verify(&context.store, &context.hasher, &app.config.keys, authorization, &*context.clock);
    let Ok(outcome) = tokio::time::timeout_at(deadline, proof).await else {
        return Err(Failure::StoreUnavailable("the credential could not be verified in time".to_owned()));
    };
    match outcome.and_then(|proven| admit_address(proven, exchange.address)) {
        Ok(proven) => {
            note(exchange, &proven.credential);
            app.retag(&proven);
            Ok(proven.credential)
        }
        Err(refused) => Err(refuse(app, exchange, refused).await),
    }
}

async fn refuse(app: &Arc<App>, exchange: &Exchange, refused: Refused) -> Failure {
    exchange.note(|notes| notes.token_id = refused.token_id);
    if let Some(proven) = &refused.proven {
        note(exchange, &proven.credential);
        app.note_expiry(&proven.credential).await;
        return refused.failure;
    }
    let Failure::CredentialsInvalid(reason) = refused.failure else { return refused.failure };
    exchange.note(|notes| notes.unproven = Some(reason));
    if !app.floods.admits(exchange.address) {
        return Failure::Overloaded { what: "unproven attempts of this address", own_fault: true };
    }
    refused.failure
}

fn note(exchange: &Exchange, credential: &Credential) {
    exchange.prove();
    exchange.note(|notes| {
        notes.proven = true;
        notes.tenant = Some(credential.tenant.id);
        notes.token_id = Some(credential.token.id.as_str().to_owned());
        notes.label = Some(credential.token.label.clone());
        notes.user = Some(credential.user.name.clone());
        notes.user_id = Some(credential.user.id);
        if let Some(ends) = credential.token.ends_at() {
            notes.expires = Some(ends);
        }
    });
}

/// Finds the data source for a proven credential: as owner, by share, as admin; within the token's scope.
///
/// # Errors
/// [`Failure::DataSourceNotFound`] for everything that is not theirs, whatever the reason.
pub(crate) async fn authorise(
    app: &App,
    credential: &Credential,
    name: &str,
) -> Result<DataSourceAccess, Failure> {
    let id = DataSourceId::parse(name).ok_or(Failure::DataSourceNotFound)?;
    schema::data_source_for_token(&app.context.store, credential, &id)
        .await?
        .ok_or(Failure::DataSourceNotFound)
}

/// Admits the request under the rates of its token, user and tenant, and among the tenant's running requests: what is
/// given holds its place.
///
/// # Errors
/// [`Failure::TooManyRequests`] when the wait would be too long.
pub(crate) async fn limit(
    app: &App,
    exchange: &Exchange,
    credential: &Credential,
    until: Instant,
) -> Result<Guard, Failure> {
    let tenant = credential.tenant.id.to_string();
    let limit = credential.policy.concurrent.max(1);
    if let Some(shared) = &app.shared_limits {
        let (rates, left) = (rates(credential), note_left(exchange));
        let running = Running { tenant: &tenant, limit, here: &app.limits };
        return Ok(Box::new(shared.admit(Asking::new(&left, &rates, until), running).await?));
    }
    let until = until.min(Instant::now() + MAX_WAIT);
    rate(app, exchange, credential, until).await?;
    Ok(Box::new(app.limits.run(&tenant, limit, until).await?))
}

/// Admits one request, or one of a batch, under the rates of its token, user and tenant.
///
/// # Errors
/// [`Failure::TooManyRequests`] when the wait would be too long.
pub(crate) async fn rate(
    app: &App,
    exchange: &Exchange,
    credential: &Credential,
    until: Instant,
) -> Result<(), Failure> {
    let left = note_left(exchange);
    if let Some(shared) = &app.shared_limits {
        return shared.take(Asking::new(&left, &rates(credential), until)).await;
    }
    for rate in rates(credential) {
        let taken = app.limits.take(&rate, until).await;
        let remaining = taken.inspect_err(|_| left(rate.whose, Remaining::none(rate.per_minute)))?;
        left(rate.whose, remaining);
    }
    Ok(())
}

/// Writes down what is left of a rate.
fn note_left(exchange: &Exchange) -> impl Fn(&'static str, Remaining) + Sync {
    |whose, remaining| exchange.note(|notes| notes.limits.push((whose, remaining)))
}

fn rates(credential: &Credential) -> [Rate; 3] {
    let Policy { rate_token, rate_user, rate_tenant, .. } = &credential.policy;
    let rate = |whose, key: String, per_minute| Rate {
        whose,
        key,
        per_minute: NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN),
    };
    [
        rate("token", credential.token.id.as_str().to_owned(), rate_token.per_minute),
        rate("user", credential.user.id.to_string(), rate_user.per_minute),
        rate("tenant", credential.tenant.id.to_string(), rate_tenant.per_minute),
    ]
}
