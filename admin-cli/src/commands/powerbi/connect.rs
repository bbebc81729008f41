//! `powerbi connect`, `powerbi show`, `powerbi disconnect`.

use schema::operations::powerbi_show::PowerBiView;
use schema::operations::{powerbi_connect, powerbi_disconnect, powerbi_principal, powerbi_show};
use serde_json::json;

use crate::args::ConnectPowerBi;
use crate::failure::Failure;
use crate::output::{Answer, Card, count, instant};
use crate::session::Session;
use crate::{ask, print};

pub(super) async fn connect(session: &Session, request: ConnectPowerBi) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    ctx.keys()?;
    let secret = ask::secret("the application's client secret")?;
    let ConnectPowerBi { directory, client_id, no_test } = request;
    let wanted = powerbi_connect::Request { directory, client_id, secret };
    powerbi_connect::check(&wanted)?;
    let workspaces = if no_test { None } else { Some(tried(session, &wanted).await?) };
    let connected = powerbi_connect::run(&ctx, wanted).await?;
    let found = match workspaces {
        None => "Nobody has tried it yet: feedgate-admin powerbi datasets".to_owned(),
        Some(0) => {
            "It is a member of no workspace yet: add it to those whose data sets read a feed.".to_owned()
        }
        Some(number) => format!("It is a member of {}.", count(number, "workspace")),
    };
    let text = format!("Power BI is connected as the application {}. {found}", connected.client_id);
    let value = json!({
        "directory": connected.directory, "client_id": connected.client_id,
        "connected_at": connected.connected_at, "workspaces": workspaces,
    });
    Answer::new(&value, text)
}

/// Signs in before anything is stored. How many workspaces there are.
async fn tried(session: &Session, wanted: &powerbi_connect::Request) -> Result<usize, Failure> {
    let powerbi_connect::Request { directory, client_id, secret } = wanted.clone();
    print::progress("Signing in …");
    let client = session.power_bi_as(powerbi_principal::Outcome { directory, client_id, secret })?;
    client.test().await.map_err(|error| {
        let failure = Failure::from(error);
        Failure { message: format!("{}; nothing was stored", failure.message), ..failure }
    })
}

pub(super) async fn show(session: &Session) -> Result<Answer, Failure> {
    let shown = powerbi_show::run(&session.context().await?, powerbi_show::Request {}).await?;
    Answer::new(&shown, card(&shown))
}

fn card(shown: &PowerBiView) -> String {
    Card::new()
        .line("Directory", &shown.directory)
        .line("Application", &shown.client_id)
        .line("Connected", instant(shown.connected_at))
        .render()
}

pub(super) async fn disconnect(session: &Session) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    powerbi_show::run(&ctx, powerbi_show::Request {}).await?;
    ask::confirm(session.global.yes, "The client secret for Power BI will be wiped.")?;
    let gone = powerbi_disconnect::run(&ctx, powerbi_disconnect::Request {}).await?;
    let text = "Power BI is disconnected. The data sets keep the tokens they hold.";
    Answer::new(&json!({"client_id": gone.client_id, "disconnected": true}), text)
}
