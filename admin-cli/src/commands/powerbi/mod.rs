//! `powerbi`: what people see of Power BI's own API, and what they have done there.

mod connect;
mod datasets;
mod push;
mod report;
mod rotate;
mod runs;

use std::time::Duration;

use feedgate::powerbi::delivery::Orders;
use feedgate::powerbi::sets::DataSet;
use feedgate::powerbi::{Client, Feeds, Reads};
use schema::operations::source_show;
use schema::{Context, DataSourceId};

use super::ids;
use super::source::PublicUrl;
use crate::args::{OrderArgs, PowerBiCommand};
use crate::failure::Failure;
use crate::output::Answer;
use crate::print;
use crate::session::Session;

pub(super) use rotate::rotate_one;

/// Most refreshes of imported data end within it.
const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// What is told while Power BI is searched, which takes a call for each data set.
const LOOKING: &str = "Asking Power BI which data sets read a feed …";

pub(super) async fn run(session: &Session, command: PowerBiCommand) -> Result<Answer, Failure> {
    match command {
        PowerBiCommand::Connect(request) => connect::connect(session, request).await,
        PowerBiCommand::Show => connect::show(session).await,
        PowerBiCommand::Disconnect => connect::disconnect(session).await,
        PowerBiCommand::Datasets { data_source } => datasets::list(session, data_source.as_deref()).await,
        PowerBiCommand::Push { id, orders } => push::push(session, &id, &orders).await,
        PowerBiCommand::Rotate(request) => rotate::rotate_held(session, &request).await,
        PowerBiCommand::History { data_source, limit } => {
            runs::history(session, data_source.as_deref(), limit.into()).await
        }
    }
}

/// What every command here works with.
struct Desk {
    ctx: Context,
    client: Client,
    feeds: Feeds,
}

impl Desk {
    async fn open(session: &Session) -> Result<Desk, Failure> {
        let ctx = session.context().await?;
        let client = session.power_bi(&ctx).await?;
        let url = PublicUrl::of(&ctx).await?;
        let feeds = Feeds::of(url.root()?).ok_or_else(|| {
            Failure::usage(
                "Configuration",
                "the server's public URL is none: set public_url and start it again",
            )
        })?;
        print::progress(LOOKING);
        Ok(Desk { ctx, client, feeds })
    }

    /// The data source that somebody named, which must exist.
    async fn named(&self, id: Option<&str>) -> Result<Option<DataSourceId>, Failure> {
        let Some(id) = id else { return Ok(None) };
        let id = ids::data_source(id)?;
        source_show::run(&self.ctx, source_show::Request { id: id.clone() }).await?;
        Ok(Some(id))
    }
}

/// Whether a data set reads the data source; one whose credential is for the whole service may.
fn reads(set: &DataSet, wanted: Option<&DataSourceId>) -> bool {
    let fits = |reads: &Reads| match (reads, wanted) {
        (Reads::Feed(id), Some(wanted)) => id == wanted,
        _ => true,
    };
    set.places.iter().any(|place| fits(&place.reads))
}

fn orders(args: &OrderArgs) -> Orders {
    Orders {
        take_over: args.take_over,
        keep_schedule: args.keep_schedule,
        refresh: (!args.no_refresh).then(|| args.wait.unwrap_or(PATIENCE)),
    }
}
