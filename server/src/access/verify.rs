//! From a presented credential to a proven one, in the order of DESIGN's table.
//!
//! Promise: the outcome depends on the request, the row in the store and the instant, and on nothing else. The row is
//! read at each request, so that a revocation is seen by the very next one. A store or a queue that fails is never an
//! answer about the credential.

use std::net::IpAddr;

use jiff::Timestamp;
use schema::{Clock, Credential, HashError, Hasher, Keys, PlainToken, Store, TokenStatus, Verdict};

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

/// Proves `authorization` against the store, at the instant of the read: by the store's own clock where it has one that
/// replicas share, else by `clock`.
///
/// # Errors
/// [`Refused`] with one of the failures of the decision table.
pub async fn verify(
    store: &Store,
    hasher: &Hasher,
    keys: &Keys,
    authorization: Option<&[u8]>,
    clock: &dyn Clock,
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
    let now = clock.at(credential.read_at);
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

/// Admits a proven credential only from where its tenant wants it used: the last row of the table about credentials.
///
/// # Errors
/// [`Failure::AddressNotAllowed`].
pub fn admit_address(proven: Proven, address: IpAddr) -> Result<Proven, Refused> {
    if proven.credential.policy.admits(address) {
        return Ok(proven);
    }
    let token_id = Some(proven.credential.token.id.as_str().to_owned());
    Err(Refused { failure: Failure::AddressNotAllowed, token_id, proven: Some(Box::new(proven)) })
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use schema::operations::{
        policy_set, tenant_create, tenant_suspend, token_create, token_revoke, user_add,
    };
    use schema::{Actor, Context, HashSettings, Role, SeededRandom, SystemClock};

    use super::*;

    /// A token, in a tenant that admits one network.
    struct Desk {
        ctx: Context,
        token: PlainToken,
        _folder: tempfile::TempDir,
    }

    async fn desk() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let random = Arc::new(SeededRandom::new(1));
        let ctx = Context {
            store: Store::open(&format!("sqlite:{}", folder.path().join("s.db").display())).await.unwrap(),
            clock: Arc::new(SystemClock),
            keys: Some(Arc::new(Keys::parse(Keys::generate("k", random.as_ref()).expose()).unwrap())),
            hasher: Arc::new(Hasher::new(HashSettings::default(), random.as_ref())),
            random,
            actor: Actor::System { reason: "a test" },
            tenant: None,
            request_id: None,
        };
        let tenant = tenant_create::run(&ctx, tenant_create::Request { name: "acme".into() }).await.unwrap();
        let ctx = Context { tenant: Some(tenant.id), ..ctx };
        let anna = user_add::Request { name: "anna".into(), email: None, role: Role::Analyst, owner: None };
        user_add::run(&ctx, anna).await.unwrap();
        let request = token_create::Request {
            user: "anna".into(),
            label: "x".into(),
            expires_in: None,
            data_sources: Vec::new(),
        };
        let token = token_create::run(&ctx, request).await.unwrap().token;
        let allow_addresses = Some(vec!["192.0.2.0/24".to_owned()]);
        policy_set::run(&ctx, policy_set::Request { allow_addresses, ..Default::default() }).await.unwrap();
        Desk { ctx, token, _folder: folder }
    }

    impl Desk {
        async fn ask(&self, address: &str) -> Result<Proven, Failure> {
            let text = STANDARD.encode(format!("anna:{}", self.token.expose()));
            let (store, keys) = (&self.ctx.store, self.ctx.keys().unwrap());
            let field = format!("Basic {text}");
            let proven =
                verify(store, &self.ctx.hasher, keys, Some(field.as_bytes()), &*self.ctx.clock).await;
            let admitted = proven.and_then(|proven| admit_address(proven, address.parse().unwrap()));
            admitted.map_err(|refused| refused.failure)
        }
    }

    #[tokio::test]
    async fn a_right_token_is_refused_from_where_the_tenant_does_not_admit_it() {
        let desk = desk().await;
        assert!(desk.ask("192.0.2.7").await.is_ok());
        assert!(desk.ask("::ffff:192.0.2.7").await.is_ok());
        assert!(matches!(desk.ask("198.51.100.7").await, Err(Failure::AddressNotAllowed)));
    }

    #[tokio::test]
    async fn the_address_is_looked_at_last() {
        let desk = desk().await;
        let tenant = tenant_suspend::Request { tenant: desk.ctx.tenant.unwrap() };
        tenant_suspend::run(&desk.ctx, tenant).await.unwrap();
        assert!(matches!(desk.ask("198.51.100.7").await, Err(Failure::TenantSuspended)));
        let id = desk.token.id();
        token_revoke::run(&desk.ctx, token_revoke::Request { id, reason: None }).await.unwrap();
        assert!(matches!(desk.ask("198.51.100.7").await, Err(Failure::TokenRevoked { .. })));
    }
}
