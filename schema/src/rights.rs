//! Who may do what. The operator may everything, an admin may manage the tenant, everybody else has their own tokens
//! and data sources. Read in the transaction that acts: a user disabled a moment ago can do nothing.

use crate::context::{Actor, Context};
use crate::error::OperationError;
use crate::id::UserId;
use crate::lookup;
use crate::records::{Role, UserRecord};
use crate::store::Read;

/// What the actor may do in the context's tenant.
#[derive(Debug)]
pub(crate) enum Standing {
    /// Everything.
    Operator,
    /// Everything of the tenant.
    Admin,
    /// Only what is their own.
    Own(Box<UserRecord>),
}

/// The standing of the context's actor.
///
/// # Errors
/// Refused for a user who is disabled, gone or of another tenant.
pub(crate) async fn standing(tx: &mut Read, ctx: &Context) -> Result<Standing, OperationError> {
    let Actor::User { id, .. } = &ctx.actor else { return Ok(Standing::Operator) };
    let user = lookup::user_by_id(tx, *id).await?;
    if user.tenant != ctx.tenant_id()? || user.removed_at.is_some() {
        return Err(OperationError::refused(
            "NotAllowed",
            format!("{} is no user of this tenant", user.name),
        ));
    }
    if user.disabled_at.is_some() {
        return Err(OperationError::refused("UserDisabled", format!("the user {} is disabled", user.name)));
    }
    Ok(match user.role {
        Role::Admin => Standing::Admin,
        Role::Analyst | Role::Service => Standing::Own(Box::new(user)),
    })
}

/// Admits only the operator: for tenants and the whole store.
pub(crate) fn operator(ctx: &Context) -> Result<(), OperationError> {
    match ctx.actor {
        Actor::Operator { .. } | Actor::System { .. } => Ok(()),
        Actor::User { .. } => {
            Err(OperationError::refused("NotAllowed", "only the operator may do this: leave out --as"))
        }
    }
}

/// Admits the operator and the tenant's admins.
pub(crate) async fn manage(tx: &mut Read, ctx: &Context) -> Result<(), OperationError> {
    match standing(tx, ctx).await? {
        Standing::Operator | Standing::Admin => Ok(()),
        Standing::Own(_) => {
            Err(OperationError::refused("NotAllowed", "only an admin of the tenant may do this"))
        }
    }
}

impl Standing {
    /// Whether what belongs to `user` is the actor's to see and change.
    pub(crate) fn owns(&self, user: UserId) -> bool {
        match self {
            Standing::Operator | Standing::Admin => true,
            Standing::Own(own) => own.id == user,
        }
    }

    /// Admits acting for `user`.
    pub(crate) fn act_for(&self, user: &UserRecord) -> Result<(), OperationError> {
        if self.owns(user.id) {
            return Ok(());
        }
        let message = format!("only {} or an admin of the tenant may do this", user.name);
        Err(OperationError::refused("NotAllowed", message))
    }

    /// Whether it is whoever holds the store.
    pub(crate) fn is_operator(&self) -> bool {
        matches!(self, Standing::Operator)
    }

    /// The user whose things alone are shown; none: everybody's.
    pub(crate) fn only(&self) -> Option<&UserRecord> {
        match self {
            Standing::Operator | Standing::Admin => None,
            Standing::Own(own) => Some(own),
        }
    }
}
