//! Counts refused credentials by token, reason, address and minute, so that a flood cannot fill the disk.

use jiff::Timestamp;

use crate::context::Context;
use crate::error::OperationError;
use crate::id::TenantId;
use crate::rights;
use crate::store::params;
use crate::token::TokenId;

/// What was refused.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// The refusals.
    pub refusals: Vec<Refusal>,
}

/// Refusals of one sort in one minute.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The token, when it exists: a name somebody made up must not make a row.
    pub token: Option<TokenId>,
    /// Its tenant.
    pub tenant: Option<TenantId>,
    /// The exact reason, which the caller is not told.
    pub reason: &'static str,
    /// Where they came from: an address, or the network of one.
    pub address: String,
    /// When, at least one of them.
    pub at: Timestamp,
    /// How many.
    pub count: u32,
    /// One of the requests.
    pub request_id: Option<String>,
}

/// Nothing to tell.
pub type Outcome = ();

/// Adds them to what was counted. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "INSERT INTO refusals (token_id, reason, address, minute, tenant_id, refused, last_request_id) \
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (token_id, reason, address, minute) \
         DO UPDATE SET refused = refusals.refused + excluded.refused, last_request_id = excluded.last_request_id";
    rights::operator(ctx)?;
    if request.refusals.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    for refusal in request.refusals {
        let minute = refusal.at.as_second().div_euclid(60) * 60_000;
        let token = refusal.token.as_ref().map_or("", TokenId::as_str);
        let Refusal { reason, address, tenant, count, request_id, .. } = &refusal;
        tx.execute_one(SQL, params![token, *reason, address, minute, *tenant, *count, request_id.as_ref()])
            .await?;
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::history_list;
    use crate::testing::{World, start};

    #[tokio::test]
    async fn a_flood_grows_a_number() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().view.id;
        let refusal = |seconds: i64| Refusal {
            token: Some(token.clone()),
            tenant: world.ctx.tenant,
            reason: "WrongSecret",
            address: "203.0.113.7".into(),
            at: start().checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap(),
            count: 10,
            request_id: Some(format!("r{seconds}")),
        };
        for seconds in [0, 59, 60] {
            run(&world.ctx, Request { refusals: vec![refusal(seconds)] }).await.unwrap();
        }
        let request = history_list::Request { token: Some(token), ..history_list::Request::default() };
        let entries = history_list::run(&world.ctx, request).await.unwrap();
        let refused: Vec<_> = entries.iter().filter(|entry| entry.action == "refuse").collect();
        assert_eq!(refused.len(), 2);
        assert_eq!(
            (&refused[1].details["count"], refused[1].request_id.as_deref()),
            (&20.into(), Some("r59"))
        );
        assert_eq!(
            (refused[0].reason.as_deref(), refused[0].user.as_deref()),
            (Some("WrongSecret"), Some("ann"))
        );
    }
}
