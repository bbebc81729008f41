//! What the demo has in its store: a tenant, a user, a connection, a data source and a token.

use std::fs;
use std::path::Path;
use std::time::Duration;

use hubspot::Call;
use schema::operations::{connection_add, source_create, tenant_create, token_create, user_add};
use schema::{ConnectionKind, Context, OperationError, PlainToken, Role, Secret};
use serde::{Deserialize, Serialize};

use super::{TENANT, USER, failed, write_private};
use crate::access;
use crate::app::App;
use crate::error::Failure;
use crate::model::{self, Definition};
use crate::service::StartError;

/// What the demo's data source shows.
const OBJECTS: [&str; 8] =
    ["contacts", "companies", "deals", "tickets", "products", "line_items", "owners", "pipelines"];

/// The file beside the store that keeps what a second start needs.
const KEPT: &str = "demo.json";

/// Reading the property definitions of six objects takes six calls.
const DISCOVERY: Duration = Duration::from_secs(30);

/// What was given out.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Furnished {
    /// The data source's id.
    pub(super) data_source: String,
    /// A token of the demo's user.
    pub(super) token: String,
}

/// Furnishes an empty store; in one that was furnished before, keeps everything and renews only a dead token.
pub(super) async fn furnish(app: &App, folder: &Path, access_token: &str) -> Result<Furnished, StartError> {
    let file = folder.join(KEPT);
    let kept = fs::read_to_string(&file).ok().and_then(|text| serde_json::from_str::<Furnished>(&text).ok());
    let furnished = match kept {
        Some(kept) => renewed(app, kept).await?,
        None => {
            let context = tenant(&app.context).await.map_err(failed)?;
            let data_source = contents(app, &context, access_token).await?;
            Furnished { data_source, token: mint(&context).await.map_err(failed)? }
        }
    };
    write_private(&file, &serde_json::to_string(&furnished).unwrap_or_default())?;
    Ok(furnished)
}

async fn tenant(context: &Context) -> Result<Context, OperationError> {
    let tenant = tenant_create::run(context, tenant_create::Request { name: TENANT.to_owned() }).await?;
    let context = Context { tenant: Some(tenant.id), ..context.clone() };
    let user = user_add::Request {
        name: USER.to_owned(),
        email: Some(USER.to_owned()),
        role: Role::Analyst,
        owner: None,
    };
    user_add::run(&context, user).await?;
    Ok(context)
}

/// The connection to the simulator and the data source over it.
async fn contents(app: &App, context: &Context, access_token: &str) -> Result<String, StartError> {
    let connection = connection_add::Request {
        name: "simulated portal".to_owned(),
        kind: ConnectionKind::Token,
        credential: Secret::new(access_token.to_owned()),
        portal_id: None,
        daily_share: None,
    };
    let connection = connection_add::run(context, connection).await.map_err(failed)?;
    let client = app
        .portals
        .client(&app.config.keys, &connection, &app.tasks)
        .map_err(|failure: Failure| failed(failure.answer().internal.unwrap_or_default()))?;
    let objects: Vec<serde_json::Value> =
        OBJECTS.iter().map(|object| serde_json::json!({ "object": object })).collect();
    let definition = serde_json::json!({ "objects": objects, "labels": "values" }).to_string();
    let definition = Definition::from_json(&definition).map_err(failed)?;
    let model = model::discover(&client, &Call::within(DISCOVERY), &definition).await.map_err(failed)?;
    let source = source_create::Request {
        name: "Demo".to_owned(),
        owner: USER.to_owned(),
        connection: connection.name,
        definition: definition.to_json(),
        model: Some(model.to_json()),
    };
    let source = source_create::run(context, source).await.map_err(failed)?;
    Ok(source.id.as_str().to_owned())
}

/// The kept token while it works, else a new one.
async fn renewed(app: &App, kept: Furnished) -> Result<Furnished, StartError> {
    let plain = PlainToken::parse(&kept.token).map_err(failed)?;
    let credential = schema::credential(&app.context.store, &plain.id()).await.map_err(failed)?;
    if let Some(credential) = &credential
        && access::judge(credential, app.context.clock.at(credential.read_at)).is_ok()
    {
        return Ok(kept);
    }
    let tenant = schema::lookup::tenant(&app.context.store, Some(TENANT)).await.map_err(failed)?;
    let context = Context { tenant: Some(tenant.id), ..app.context.clone() };
    let token = mint(&context).await.map_err(failed)?;
    Ok(Furnished { token, ..kept })
}

async fn mint(context: &Context) -> Result<String, OperationError> {
    let request = token_create::Request {
        user: USER.to_owned(),
        label: "Demo".to_owned(),
        expires_in: None,
        data_sources: Vec::new(),
    };
    Ok(token_create::run(context, request).await?.token.expose().to_owned())
}
