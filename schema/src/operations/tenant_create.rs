//! Creates a tenant with the default policy.

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::TenantId;
use crate::lookup;
use crate::name;
use crate::policy::Policy;
use crate::records::TenantRecord;
use crate::rights;
use crate::store::params;

/// What to create.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its name, unique in the store.
    pub name: String,
}

/// The new tenant.
pub type Outcome = TenantRecord;

fn exists(name: &str) -> OperationError {
    OperationError::refused(
        "TenantExists",
        format!("there is a tenant \"{name}\" already: choose another name"),
    )
}

/// Creates it. For the operator only.
///
/// # Errors
/// When the name is taken or cannot be used.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    name::check("tenant's name", &request.name)?;
    let key = name::key(&request.name);
    let mut tx = ctx.store.write().await?;
    if tx.query_optional("SELECT 1 FROM tenants WHERE name_key = ?1", params![&key]).await?.is_some() {
        return Err(exists(&request.name));
    }
    let sql = "INSERT INTO tenants (name, name_key, created_at) VALUES (?1, ?2, ?3) RETURNING id";
    let id = TenantId(tx.query_one(sql, params![&request.name, key, ctx.now()]).await?.take()?);
    super::policy_set::insert(&mut tx, id, &Policy::default()).await?;
    Change::new(HistoryKind::Tenant, "create").tenant(id).record(&mut tx, ctx).await?;
    let tenant = lookup::tenant_by_id(&mut tx, id).await?;
    tx.commit().await?;
    Ok(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    #[tokio::test]
    async fn a_name_is_taken_once_whatever_its_case() {
        let world = World::new().await;
        let error = run(&world.ctx, Request { name: "ACME".into() }).await.unwrap_err();
        assert_eq!(error.code, "TenantExists");
    }

    #[tokio::test]
    async fn only_the_operator_creates_tenants() {
        let world = World::new().await;
        let error = run(&world.acting("ada").await, Request { name: "mine".into() }).await.unwrap_err();
        assert_eq!(error.code, "NotAllowed");
    }
}
