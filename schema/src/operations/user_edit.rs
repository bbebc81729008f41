//! Changes a user: where notices go, and who answers for a service user.

use serde_json::{Map, Value, json};

use super::user_add::{check_email, owner_without_service};
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::records::{Role, UserRecord};
use crate::rights;
use crate::store::{Read, params};

/// Whom, and what to change; what is `None` stays.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The user's name.
    pub name: String,
    /// Where notices go.
    pub email: Option<String>,
    /// Who answers for a service user.
    pub owner: Option<String>,
}

/// The user afterwards.
pub type Outcome = UserRecord;

/// Changes the user, with the values before and afterwards in the history. For admins.
///
/// # Errors
/// When there is no such user or owner, or the user is no service user and has no owner.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    request.email.as_deref().map(check_email).transpose()?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let before = lookup::user_named(&mut tx, ctx.tenant_id()?, &request.name).await?;
    if request.owner.is_some() && before.role != Role::Service {
        return Err(owner_without_service());
    }
    let owner = match &request.owner {
        Some(name) => Some(lookup::user_named(&mut tx, before.tenant, name).await?.id),
        None => before.owner,
    };
    let email = request.email.or_else(|| before.email.clone());
    if (owner, &email) == (before.owner, &before.email) {
        return Ok(before);
    }
    tx.execute_one(
        "UPDATE users SET email = ?2, owner_id = ?3 WHERE id = ?1",
        params![before.id, email, owner],
    )
    .await?;
    let after = lookup::user_by_id(&mut tx, before.id).await?;
    let details = json!({
        "before": shown(&mut tx, &before).await?,
        "after": shown(&mut tx, &after).await?,
    });
    Change::new(HistoryKind::User, "edit").user(&after.name).details(details).record(&mut tx, ctx).await?;
    tx.commit().await?;
    Ok(after)
}

/// What can be changed, as the history shows it.
async fn shown(tx: &mut Read, user: &UserRecord) -> Result<Value, OperationError> {
    let mut shown = Map::from_iter([("email".to_owned(), json!(user.email))]);
    if let Some(owner) = user.owner {
        shown.insert("owner".to_owned(), json!(lookup::user_by_id(tx, owner).await?.name));
    }
    Ok(Value::Object(shown))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::user_remove;
    use crate::testing::World;

    #[tokio::test]
    async fn a_service_user_outlives_the_one_who_answered_for_it() {
        let world = World::new().await;
        world.service("nightly", "bob").await;
        let owner = Some("ann".to_owned());
        let request = Request { name: "nightly".into(), owner, ..Request::default() };
        assert_eq!(run(&world.acting("bob").await, request.clone()).await.unwrap_err().code, "NotAllowed");
        run(&world.ctx, request.clone()).await.unwrap();
        let count = world.actions().await.len();
        run(&world.ctx, request).await.unwrap();
        let entries = world.history().await;
        assert_eq!(entries.len(), count, "nothing changed, nothing to tell");
        let details = &entries[count - 1].details;
        assert_eq!((&details["before"]["owner"], &details["after"]["owner"]), (&"bob".into(), &"ann".into()));
        user_remove::run(&world.ctx, user_remove::Request { name: "bob".into() }).await.unwrap();
    }

    #[tokio::test]
    async fn an_address_can_be_changed_and_a_person_has_no_owner() {
        let world = World::new().await;
        let request = Request { name: "ann".into(), email: Some("ann@example.org".into()), owner: None };
        assert_eq!(run(&world.ctx, request).await.unwrap().email.as_deref(), Some("ann@example.org"));
        let email = Request { name: "ann".into(), email: Some("nonsense".into()), owner: None };
        assert_eq!(run(&world.ctx, email).await.unwrap_err().code, "EmailInvalid");
        let owner = Request { name: "ann".into(), email: None, owner: Some("bob".into()) };
        assert_eq!(run(&world.ctx, owner).await.unwrap_err().code, "OwnerNotAllowed");
    }
}
