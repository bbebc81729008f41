//! Counts refused credentials by token, reason, address, data source and minute, so that a flood cannot fill the disk.

use jiff::Timestamp;

use crate::context::Context;
use crate::error::OperationError;
use crate::id::{DataSourceId, TenantId};
use crate::rights;
use crate::store::{Write, params};
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
    /// What was asked for, as it was written: a name somebody made up is not kept.
    pub data_source: Option<DataSourceId>,
    /// When the last of them came; all of them came in one minute.
    pub at: Timestamp,
    /// How many.
    pub count: u32,
    /// One of the requests.
    pub request_id: Option<String>,
    /// Its `User-Agent`.
    pub client: Option<String>,
}

/// Nothing to tell.
pub type Outcome = ();

/// Adds them to what was counted. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    if request.refusals.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    for refusal in &request.refusals {
        add(&mut tx, refusal).await?;
    }
    Ok(tx.commit().await?)
}

async fn add(tx: &mut Write, refusal: &Refusal) -> Result<(), OperationError> {
    const SQL: &str = "INSERT INTO refusals (token_id, reason, address, data_source_id, minute, tenant_id, refused, \
         first_at, last_at, last_request_id, client) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8, ?9, ?10) \
         ON CONFLICT (token_id, reason, address, data_source_id, minute) \
         DO UPDATE SET refused = refusals.refused + excluded.refused, last_at = excluded.last_at, \
         last_request_id = excluded.last_request_id, client = excluded.client";
    let Refusal { reason, address, at, count, request_id, client, .. } = refusal;
    let token = refusal.token.as_ref().map_or("", TokenId::as_str);
    let minute = at.as_second().div_euclid(60) * 60_000;
    let (source, its_tenant) = known(tx, refusal.data_source.as_ref()).await?;
    let tenant = refusal.tenant.or(its_tenant);
    let row = params![
        token,
        *reason,
        address,
        source,
        minute,
        tenant,
        *count,
        *at,
        request_id.as_ref(),
        client.as_ref()
    ];
    Ok(tx.execute_one(SQL, row).await?)
}

/// The data source when it exists, and whose it is.
async fn known(
    tx: &mut Write,
    id: Option<&DataSourceId>,
) -> Result<(String, Option<TenantId>), OperationError> {
    let Some(id) = id else { return Ok((String::new(), None)) };
    let sql = "SELECT tenant_id FROM data_sources WHERE id = ?1";
    let Some(mut row) = tx.query_optional(sql, params![id]).await? else { return Ok((String::new(), None)) };
    Ok((id.as_str().to_owned(), Some(TenantId(row.take()?))))
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
            data_source: None,
            client: None,
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
