//! `powerbi push`.

use feedgate::powerbi::rotation::{self, Overview, Plan};
use schema::PlainToken;
use schema::operations::token_proof;
use serde_json::json;

use super::report::{self, Report};
use super::{Desk, orders};
use crate::args::OrderArgs;
use crate::commands::ids;
use crate::failure::{Exit, Failure};
use crate::output::{Answer, count};
use crate::session::Session;
use crate::{ask, print};

pub(super) async fn push(session: &Session, id: &str, args: &OrderArgs) -> Result<Answer, Failure> {
    let id = ids::token(id)?;
    let secret = ask::secret("the whole token")?;
    let token = PlainToken::parse(secret.expose())
        .map_err(|error| Failure::usage("TokenMalformed", error.to_string()))?;
    if token.id() != id {
        let message = format!("the token on standard input is another one than {id}");
        return Err(Failure::usage("TokenDiffers", message));
    }
    let desk = Desk::open(session).await?;
    let proven = token_proof::run(&desk.ctx, token_proof::Request { token: token.clone() }).await?;
    let overview = Overview::look(&desk.ctx, &desk.client, &desk.feeds).await?;
    let plan = overview.plan(&desk.ctx, &id, &args.datasets).await?;
    possible(&overview, &plan, "nothing was changed")?;
    let (orders, to) = (orders(args), (proven.user.as_str(), &token));
    let deliveries =
        rotation::put(&desk.ctx, &desk.client, &desk.feeds, to, &plan.sets, orders, &print::progress).await?;
    let failed = deliveries.iter().any(feedgate::powerbi::delivery::Delivery::failed);
    let report = Report::of(&deliveries, &plan.left, &overview.hidden);
    let text = report.text();
    let value = json!({ "token_id": id, "powerbi": report });
    Ok(Answer::new(&value, text)?.alarming(failed))
}

/// Nothing is begun that leads nowhere.
pub(super) fn possible(overview: &Overview, plan: &Plan, unchanged: &str) -> Result<(), Failure> {
    if plan.sets.is_empty() {
        let left: String = plan
            .left
            .iter()
            .map(report::alone)
            .map(|left| format!("; {} is left alone: {}", left.dataset, left.reason))
            .collect();
        let hidden = match overview.hidden.len() {
            0 => String::new(),
            number => format!("; {} could not be looked at", count(number, "place")),
        };
        let message = format!(
            "no data set that the service principal sees is to get the token {}{left}{hidden}; {unchanged}",
            plan.token.id
        );
        return Err(Failure::not_found("PowerBiNoDataSet", message));
    }
    if !plan.is_possible() {
        let message = format!(
            "all data sets that read what the token {} reads do so through an on-premises gateway, whose credentials \
             Feedgate cannot encrypt: enter the token by hand at the gateway's data sources (Manage connections and \
             gateways in Power BI); {unchanged}",
            plan.token.id
        );
        return Err(Failure::new(Exit::Refused, "PowerBiOnPremises", message));
    }
    Ok(())
}
