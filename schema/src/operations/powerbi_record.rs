//! Records that a token was put into a data source of Power BI, or that Power BI did not take it. What was put where is
//! remembered: Power BI never tells what it holds, and the next rotation has to know.

use serde_json::json;

use super::token_show;
use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::DataSourceId;
use crate::rights;
use crate::store::params;
use crate::token::TokenId;

/// Which token, where, and how it went.
#[derive(Debug, Clone)]
pub struct Request {
    /// The token.
    pub token: TokenId,
    /// Where it was put.
    pub place: Place,
    /// The data source of Feedgate that is read there; none: the whole service.
    pub data_source: Option<DataSourceId>,
    /// Why Power BI did not take it; none: it did.
    pub problem: Option<String>,
}

/// A data source of a data set in Power BI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the workspace.
    pub workspace: String,
    /// Name of the data set.
    pub dataset: String,
    /// Id of the data set.
    pub dataset_id: String,
    /// Id of the gateway; a cloud data source has one too.
    pub gateway_id: String,
    /// Id of the data source at the gateway.
    pub datasource_id: String,
}

/// Nothing to tell.
pub type Outcome = ();

/// Records it. For admins.
///
/// # Errors
/// When there is no such token.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "INSERT INTO powerbi_holders (tenant_id, gateway_id, datasource_id, token_id, put_at) \
         VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (tenant_id, gateway_id, datasource_id) \
         DO UPDATE SET token_id = excluded.token_id, put_at = excluded.put_at";
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    let (token, user) = token_show::find(&mut tx, ctx, &request.token).await?;
    let place = &request.place;
    let action = if request.problem.is_none() { "powerbi_push" } else { "powerbi_push_failed" };
    if request.problem.is_none() {
        let row = params![ctx.tenant_id()?, &place.gateway_id, &place.datasource_id, &token.id, ctx.now()];
        tx.execute_one(SQL, row).await?;
    }
    let details = json!({
        "label": token.label,
        "workspace": place.workspace,
        "dataset": place.dataset,
        "dataset_id": place.dataset_id,
        "gateway_id": place.gateway_id,
        "datasource_id": place.datasource_id,
    });
    let change = Change::new(HistoryKind::Token, action).token(&token.id).user(&user.name).details(details);
    let change = change.reason(request.problem.as_deref());
    match &request.data_source {
        Some(source) => change.data_source(source).record(&mut tx, ctx).await?,
        None => change.record(&mut tx, ctx).await?,
    }
    Ok(tx.commit().await?)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::operations::powerbi_holders;
    use crate::testing::World;

    pub(in crate::operations) fn put(token: &TokenId, datasource: &str, problem: Option<&str>) -> Request {
        let place = Place {
            workspace: "Sales".into(),
            dataset: "Pipeline".into(),
            dataset_id: "set".into(),
            gateway_id: "gate".into(),
            datasource_id: datasource.into(),
        };
        let problem = problem.map(str::to_owned);
        Request { token: token.clone(), place, data_source: None, problem }
    }

    #[tokio::test]
    async fn the_last_token_that_was_taken_is_the_one_a_place_holds() {
        let world = World::new().await;
        let one = world.mint("ann").await.unwrap().view.id;
        let two = world.mint("bob").await.unwrap().view.id;
        for request in [put(&one, "d1", None), put(&one, "d2", None), put(&two, "d1", None)] {
            run(&world.ctx, request).await.unwrap();
        }
        run(&world.ctx, put(&two, "d2", Some("not allowed"))).await.unwrap();
        let held = powerbi_holders::run(&world.ctx, powerbi_holders::Request {}).await.unwrap();
        let held: Vec<_> = held.iter().map(|held| (held.datasource_id.as_str(), &held.token_id)).collect();
        assert_eq!(held, [("d1", &two), ("d2", &one)]);
        let entry = world.history().await.pop().unwrap();
        assert_eq!(
            (entry.action.as_str(), entry.reason.as_deref()),
            ("powerbi_push_failed", Some("not allowed"))
        );
        assert_eq!((entry.token_id, entry.user.as_deref()), (Some(two), Some("bob")));
        assert_eq!(entry.details["dataset"], "Pipeline");
    }

    #[tokio::test]
    async fn an_analyst_records_nothing() {
        let world = World::new().await;
        let token = world.mint("ann").await.unwrap().view.id;
        let error = run(&world.acting("ann").await, put(&token, "d1", None)).await.unwrap_err();
        assert_eq!(error.code, "NotAllowed");
    }
}
