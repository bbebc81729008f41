//! Removes a user: revokes all tokens, ends shares and memberships, and frees the name. The row stays for the history.

use serde_json::json;

use super::token_revoke;
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::lookup;
use crate::records::UserRecord;
use crate::rights;
use crate::store::{Read, Row, Write, params};

/// Whom.
#[derive(Debug, Clone)]
pub struct Request {
    /// The user's name.
    pub name: String,
}

/// What was ended with the user.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// How many tokens were revoked.
    pub revoked_tokens: usize,
}

fn owns_data_sources(user: &UserRecord, sources: &[String]) -> OperationError {
    let (name, sources) = (&user.name, sources.join(", "));
    let message = format!(
        "{name} still owns data sources ({sources}): give them to somebody else with \
         `feedgate-admin source transfer --all-of {name} --to USER`, or delete them, first"
    );
    OperationError::refused("UserOwnsDataSources", message)
}

fn answers_for_services(user: &UserRecord, services: &[String]) -> OperationError {
    let (name, services) = (&user.name, services.join(", "));
    let message = format!(
        "{name} answers for service users ({services}): name somebody else with \
         `feedgate-admin user edit SERVICE --owner USER`, or remove them, first"
    );
    OperationError::refused("UserOwnsServices", message)
}

/// Removes the user. For admins.
///
/// # Errors
/// When there is no such user, or the user still owns data sources or service users.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let user = lookup::user_named(&mut tx, ctx.tenant_id()?, &request.name).await?;
    check_owns_nothing(&mut tx, &user).await?;
    let revoked_tokens =
        token_revoke::revoke_all(&mut tx, ctx, &user, Some("the user was removed")).await?.len();
    leave_everything(&mut tx, &user).await?;
    tx.execute_one("UPDATE users SET removed_at = ?2 WHERE id = ?1", params![user.id, ctx.now()]).await?;
    let details = json!({ "revoked_tokens": revoked_tokens });
    Change::new(HistoryKind::User, "remove").user(&user.name).details(details).record(&mut tx, ctx).await?;
    tx.commit().await?;
    Ok(Outcome { revoked_tokens })
}

async fn check_owns_nothing(tx: &mut Read, user: &UserRecord) -> Result<(), OperationError> {
    let sql = "SELECT name || ' ' || id FROM data_sources WHERE owner_id = ?1 AND deleted_at IS NULL \
               ORDER BY name, id LIMIT 10";
    let sources: Vec<String> = tx.list(sql, params![user.id], Row::take).await?;
    if !sources.is_empty() {
        return Err(owns_data_sources(user, &sources));
    }
    let sql = "SELECT name FROM users WHERE owner_id = ?1 AND removed_at IS NULL ORDER BY name_key LIMIT 10";
    let services: Vec<String> = tx.list(sql, params![user.id], Row::take).await?;
    if services.is_empty() { Ok(()) } else { Err(answers_for_services(user, &services)) }
}

async fn leave_everything(tx: &mut Write, user: &UserRecord) -> Result<(), OperationError> {
    tx.execute("DELETE FROM user_shares WHERE user_id = ?1", params![user.id]).await?;
    tx.execute("DELETE FROM group_members WHERE user_id = ?1", params![user.id]).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Role;
    use crate::testing::World;
    use crate::token::TokenStatus;

    #[tokio::test]
    async fn a_removed_users_tokens_are_revoked_and_the_name_is_free() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().token;
        let outcome = run(&world.ctx, Request { name: "ann".into() }).await.unwrap();
        assert_eq!(outcome.revoked_tokens, 1);
        assert_eq!(world.status(&token.id()).await, TokenStatus::Revoked);
        world.add_user("ann", Role::Analyst).await.unwrap();
        assert_eq!(world.status(&token.id()).await, TokenStatus::Revoked, "a namesake inherits nothing");
    }

    #[tokio::test]
    async fn an_owner_cannot_be_removed() {
        let world = World::new().await;
        let source = world.source("ann", "sales").await;
        let error = run(&world.ctx, Request { name: "ann".into() }).await.unwrap_err();
        assert_eq!(error.code, "UserOwnsDataSources");
        assert!(error.message.contains(&format!("sales {source}")), "{error}");
        assert!(error.message.contains("feedgate-admin source transfer --all-of ann --to USER"), "{error}");
    }

    #[tokio::test]
    async fn who_answers_for_a_service_user_cannot_be_removed() {
        let world = World::new().await;
        world.service("nightly", "bob").await;
        let error = run(&world.ctx, Request { name: "bob".into() }).await.unwrap_err();
        assert_eq!(error.code, "UserOwnsServices");
        assert!(error.message.contains("nightly") && error.message.contains("user edit"), "{error}");
    }
}
