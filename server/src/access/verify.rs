//! From a presented credential to a proven one, in the order of DESIGN's table.
//!
//! Promise: the outcome depends on the request, the row in the store and the instant, and on nothing else. The row is
//! read at each request, so that a revocation is seen by the very next one. A store or a queue that fails is never an
//! answer about the credential.

use jiff::Timestamp;
use schema::{Credential, HashError, Hasher, Keys, PlainToken, Store, TokenStatus, Verdict};

use super::basic::Presented;
use crate::error::{Failure, Unproven};

/// A proven credential, and the tag its row should get, if any.
#[derive(Debug)]
pub struct Proven {
    /// The token with its user, tenant and policy, as read for this request.
    pub credential: Credential,
    /// The row has no tag under the active key.
    pub retag: Option<schema::keys::Tag>,
}

/// What is known when a credential is refused, for the history.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub failure: Failure,
    /// The id the token names, whether or not it exists.
    pub token_id: Option<String>,
    /// The row, once the secret was proven.
    pub proven: Option<Box<Proven>>,
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self { failure, token_id: None, proven: None }
    }
}

/// Proves `authorization` against the store at `now`.
///
/// # Errors
/// [`Refused`] with one of the failures of the decision table.
pub async fn verify(
    store: &Store,
    hasher: &Hasher,
    keys: &Keys,
    authorization: Option<&[u8]>,
    now: Timestamp,
) -> Result<Proven, Refused> {
    let (user, password) = match super::basic::read(authorization) {
        Presented::Missing => return Err(Failure::CredentialsMissing.into()),
        Presented::Undecodable => return Err(unproven(Unproven::Undecodable, None)),
        Presented::Basic { user, password } => (user, password),
    };
    let Ok(token) = PlainToken::parse(&password) else { return Err(unproven(Unproven::Malformed, None)) };
    let id = token.id();
    let found = schema::credential(store, &id).await.map_err(Failure::from)?;
    let verdict = hasher
        .verify(&token, found.as_ref().map(|credential| &credential.token), keys)
        .await
        .map_err(|error| Refused::from(unavailable(error)))?;
    let (credential, retag) = match (found, verdict) {
        (Some(credential), Verdict::Match { retag }) => (credential, retag),
        (Some(_), Verdict::Mismatch) => return Err(unproven(Unproven::WrongSecret, Some(id.as_str()))),
        (None, _) => return Err(unproven(Unproven::UnknownToken, Some(id.as_str()))),
    };
    if schema::name::key(&user) != schema::name::key(&credential.user.name) {
        return Err(unproven(Unproven::WrongUser, Some(id.as_str())));
    }
    let proven = Proven { credential, retag };
    match judge(&proven.credential, now) {
        Ok(()) => Ok(proven),
        Err(failure) => {
            Err(Refused { failure, token_id: Some(id.as_str().to_owned()), proven: Some(Box::new(proven)) })
        }
    }
}

/// What the state of a proven credential says: pure, the heart of the decision table.
///
/// # Errors
/// The first row of the table that applies.
pub fn judge(credential: &Credential, now: Timestamp) -> Result<(), Failure> {
    let token = &credential.token;
    let label = || token.label.clone();
    match token.status(now) {
        TokenStatus::Revoked => {
            return Err(Failure::TokenRevoked { label: label(), since: token.revoked_at.unwrap_or(now) });
        }
        TokenStatus::Expired => {
            // The earliest of what is known: the rule, or the first sight under a clock that has since stepped back.
            let since = token.ends_at().into_iter().chain(token.expired_at).min().unwrap_or(now);
            return Err(Failure::TokenExpired { label: label(), since });
        }
        TokenStatus::Active | TokenStatus::Retiring => {}
    }
    if credential.user.disabled_at.is_some() || credential.user.removed_at.is_some() {
        return Err(Failure::UserDisabled);
    }
    if credential.tenant.suspended_at.is_some() {
        return Err(Failure::TenantSuspended);
    }
    Ok(())
}

fn unproven(reason: Unproven, token_id: Option<&str>) -> Refused {
    Refused {
        failure: Failure::CredentialsInvalid(reason),
        token_id: token_id.map(str::to_owned),
        proven: None,
    }
}

fn unavailable(error: HashError) -> Failure {
    match error {
        HashError::Busy => Failure::Overloaded { what: "argon2 queue", own_fault: false },
        HashError::Failed(reason) => Failure::StoreUnavailable(reason),
    }
}
