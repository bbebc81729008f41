//! `doctor`: why refreshes fail, in sentences.

use std::path::PathBuf;
use std::sync::Arc;

use feedgate::powerbi::Client;
use schema::{Context, lookup};

use super::ids;
use crate::args::DoctorArgs;
use crate::doctor::{Focus, Reach, collect, examine, report};
use crate::failure::{Exit, Failure};
use crate::output::Answer;
use crate::print;
use crate::session::Session;

pub(super) async fn run(session: &Session, request: DoctorArgs) -> Result<Answer, Failure> {
    let focus = Focus {
        data_source: request.data_source.as_deref().map(ids::data_source).transpose()?,
        user: request.user,
        token: request.token.as_deref().map(ids::token).transpose()?,
    };
    let ctx = session.context().await?;
    let tenant = lookup::tenant(&ctx.store, session.global.tenant.as_deref()).await?;
    let power_bi = if request.offline { None } else { connected(session, &ctx).await? };
    let reach = Reach {
        power_bi,
        hubspot: (!request.offline).then(|| session.hubspot_base_url().to_owned()),
        random: Arc::clone(&ctx.random),
        public_url: !request.offline,
        store_file: session.address().strip_prefix("sqlite:").map(PathBuf::from),
    };
    print::progress("Looking into the store, asking HubSpot and the public URL …");
    let facts = collect(&ctx, tenant, focus, &reach).await?;
    report(&facts, &examine(&facts))
}

/// Power BI, for whom it is connected and who may ask. That its secret does not open is found by the keys themselves.
async fn connected(session: &Session, ctx: &Context) -> Result<Option<Client>, Failure> {
    match session.power_bi(ctx).await {
        Ok(client) => Ok(Some(client)),
        Err(failure) if failure.exit == Exit::Store => Err(failure),
        Err(_) => Ok(None),
    }
}
