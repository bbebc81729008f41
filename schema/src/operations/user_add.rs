//! Adds a user to the tenant.

use serde_json::json;

use crate::context::{Actor, Context};
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::UserId;
use crate::lookup;
use crate::name;
use crate::records::{Role, UserRecord};
use crate::rights;
use crate::store::params;

/// Whom to add.
#[derive(Debug, Clone)]
pub struct Request {
    /// The name in credentials: without a colon, unique without regard to ASCII case.
    pub name: String,
    /// Where notices go.
    pub email: Option<String>,
    /// What the user may do.
    pub role: Role,
    /// Who answers for a service user; none: the user who adds it. An operator, who is no user, names one.
    pub owner: Option<String>,
}

/// The new user.
pub type Outcome = UserRecord;

fn exists(name: &str) -> OperationError {
    OperationError::refused("UserExists", format!("there is a user \"{name}\" already: choose another name"))
}

pub(super) fn owner_without_service() -> OperationError {
    OperationError::invalid("OwnerNotAllowed", "only a service user has an owner: add --role service")
}

fn owner_missing() -> OperationError {
    OperationError::invalid(
        "OwnerMissing",
        "a service user needs somebody who answers for it: name a user with --owner USER",
    )
}

/// Adds the user. For admins.
///
/// # Errors
/// When the name is taken or cannot be used, or the owner is unknown or missing.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "INSERT INTO users (tenant_id, name, name_key, email, role, owner_id, created_at) \
                       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) RETURNING id";
    name::check("user's name", &request.name)?;
    request.email.as_deref().map(check_email).transpose()?;
    let (tenant, key) = (ctx.tenant_id()?, name::key(&request.name));
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    lookup::tenant_by_id(&mut tx, tenant).await?;
    let taken = "SELECT 1 FROM users WHERE tenant_id = ?1 AND name_key = ?2 AND removed_at IS NULL";
    if tx.query_optional(taken, params![tenant, &key]).await?.is_some() {
        return Err(exists(&request.name));
    }
    let owner = owner(&mut tx, ctx, &request).await?;
    let role = request.role.as_str();
    let row = params![tenant, &request.name, key, request.email, role, owner, ctx.now()];
    let id = UserId(tx.query_one(SQL, row).await?.take()?);
    let details = json!({ "role": role });
    Change::new(HistoryKind::User, "create")
        .user(&request.name)
        .details(details)
        .record(&mut tx, ctx)
        .await?;
    let user = lookup::user_by_id(&mut tx, id).await?;
    tx.commit().await?;
    Ok(user)
}

async fn owner(
    tx: &mut crate::store::Read,
    ctx: &Context,
    request: &Request,
) -> Result<Option<UserId>, OperationError> {
    match (request.role, &request.owner, &ctx.actor) {
        (Role::Service, Some(name), _) => Ok(Some(lookup::user_named(tx, ctx.tenant_id()?, name).await?.id)),
        (Role::Service, None, Actor::User { id, .. }) => Ok(Some(*id)),
        (Role::Service, None, _) => Err(owner_missing()),
        (Role::Analyst | Role::Admin, Some(_), _) => Err(owner_without_service()),
        (Role::Analyst | Role::Admin, None, _) => Ok(None),
    }
}

/// Only what certainly is no address: whether mail arrives is seen by sending some.
pub(super) fn check_email(email: &str) -> Result<(), OperationError> {
    let (name, host) = email.rsplit_once('@').unwrap_or_default();
    let plain = email.len() <= 254 && !email.chars().any(|c| c.is_control() || c.is_whitespace());
    if name.is_empty() || host.is_empty() || !plain {
        return Err(OperationError::invalid("EmailInvalid", format!("\"{email}\" is not an e-mail address")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::OperationErrorKind;
    use crate::testing::World;

    #[tokio::test]
    async fn a_name_is_taken_once_whatever_its_case_or_composition() {
        let world = World::new().await;
        world.add_user("Jos\u{e9}", Role::Analyst).await.unwrap();
        for name in ["ANN", "jose\u{301}"] {
            assert_eq!(world.add_user(name, Role::Analyst).await.unwrap_err().code, "UserExists", "{name}");
        }
    }

    #[tokio::test]
    async fn a_name_that_breaks_basic_authentication_is_refused() {
        let world = World::new().await;
        assert_eq!(world.add_user("a:b", Role::Analyst).await.unwrap_err().code, "NameInvalid");
    }

    #[tokio::test]
    async fn an_analyst_adds_nobody() {
        let world = World::new().await;
        let request = Request { name: "eve".into(), email: None, role: Role::Admin, owner: None };
        assert_eq!(run(&world.acting("ann").await, request).await.unwrap_err().code, "NotAllowed");
    }

    #[tokio::test]
    async fn a_service_user_belongs_to_whom_is_named_or_who_adds_it() {
        let world = World::new().await;
        let ada = world.acting("ada").await;
        let request = |name: &str, role, owner: Option<&str>| Request {
            name: name.into(),
            email: Some("bi@example.org".into()),
            role,
            owner: owner.map(Into::into),
        };
        let own = run(&ada, request("nightly", Role::Service, None)).await.unwrap();
        let Actor::User { id, .. } = ada.actor else { panic!("ada is a user") };
        assert_eq!(own.owner, Some(id));
        let named = run(&world.ctx, request("weekly", Role::Service, Some("ANN"))).await.unwrap();
        assert!(named.owner.is_some() && named.owner != own.owner);
        let error = run(&world.ctx, request("x", Role::Analyst, Some("ann"))).await.unwrap_err();
        assert_eq!(error.code, "OwnerNotAllowed");
        let error = run(&world.ctx, request("orphan", Role::Service, None)).await.unwrap_err();
        assert_eq!((error.kind, error.code), (OperationErrorKind::Invalid, "OwnerMissing"));
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for email in ["", "a", "@b", "a@", "a b@c", "a@b\n"] {
            assert!(check_email(email).is_err(), "{email:?}");
        }
        assert!(check_email("ann@example.org").is_ok());
    }
}
