//! `connection`.

mod consent;

use feedgate::oauth::Grant;
use hubspot::{AccessToken, Account, Error};
use schema::operations::{
    connection_add, connection_edit, connection_list, connection_remove, connection_replace_credential,
    connection_status,
};
use schema::{Actor, ConnectionKind, ConnectionRecord, ConnectionStatus, Context, Secret, lookup, name};
use serde_json::json;

use crate::args::{AddConnection, ConnectionCommand};
use crate::failure::Failure;
use crate::output::{Answer, Card, Table, instant};
use crate::portal::{self, Limits, Reading};
use crate::session::Session;
use crate::{ask, print};
use consent::Consent;

pub(super) async fn run(session: &Session, command: ConnectionCommand) -> Result<Answer, Failure> {
    match command {
        ConnectionCommand::Add { connection, daily_share } => add(session, connection, daily_share.0).await,
        ConnectionCommand::Edit { name, daily_share } => edit(session, name, daily_share.0).await,
        ConnectionCommand::List => list(session).await,
        ConnectionCommand::Test { name } => test(session, &name).await,
        ConnectionCommand::ReplaceCredential(request) => replace(session, request).await,
        ConnectionCommand::Remove { name } => remove(session, name).await,
    }
}

async fn add(session: &Session, request: AddConnection, daily_share: Option<u32>) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    ctx.keys()?;
    let proof = Proof::ask(session, &request).await?;
    let portal_id = proof.portal_id();
    let added = connection_add::Request {
        name: request.name,
        kind: proof.kind,
        credential: proof.credential,
        portal_id,
        daily_share,
    };
    let connection = connection_add::run(&ctx, added).await?;
    if !request.no_test {
        note(&ctx, &connection, &Ok(proof.account)).await?;
    }
    described(&ctx, &connection.name, "was added").await
}

async fn edit(session: &Session, name: String, daily_share: Option<u32>) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let connection = connection_edit::run(&ctx, connection_edit::Request { name, daily_share }).await?;
    let text = format!(
        "Feeds of the connection {} are read up to {} of the portal's daily calls.",
        connection.name,
        share(&connection)
    );
    Answer::new(&connection, text)
}

/// The share of the day as people read it. The setting itself is the server's to know.
fn share(connection: &ConnectionRecord) -> String {
    connection.daily_share.map_or_else(|| "the service's share".to_owned(), |share| format!("{share} %"))
}

async fn replace(session: &Session, request: AddConnection) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    ctx.keys()?;
    // A slip of the name is told before the credential is asked for.
    named(&ctx, &request.name).await?;
    let proof = Proof::ask(session, &request).await?;
    let portal_id = proof.portal_id();
    let replaced = connection_replace_credential::Request {
        name: request.name,
        kind: proof.kind,
        credential: proof.credential,
        portal_id,
    };
    let connection = connection_replace_credential::run(&ctx, replaced).await?;
    if !request.no_test {
        note(&ctx, &connection, &Ok(proof.account)).await?;
    }
    described(&ctx, &connection.name, "has its new credential").await
}

/// A credential that HubSpot takes.
struct Proof {
    kind: ConnectionKind,
    credential: Secret,
    /// None when it was not asked, or may not be known.
    account: Option<Account>,
    /// As the consent told.
    consented: Option<i64>,
}

impl Proof {
    /// Asks for a token, or for consent, and tries it before anything is stored.
    async fn ask(session: &Session, request: &AddConnection) -> Result<Self, Failure> {
        if request.oauth.oauth {
            let Consent { credential, access, portal_id } = consent::ask(session, &request.oauth).await?;
            let account = tried(session, request, access).await?;
            return Ok(Self { kind: ConnectionKind::OAuth, credential, account, consented: portal_id });
        }
        let credential = ask::secret("HubSpot's access token")?;
        let account = tried(session, request, AccessToken::new(credential.expose())).await?;
        Ok(Self { kind: ConnectionKind::Token, credential, account, consented: None })
    }

    fn portal_id(&self) -> Option<i64> {
        self.account.as_ref().and_then(portal_id).or(self.consented)
    }
}

/// Asks HubSpot whether the token is good, before anything is stored.
async fn tried(
    session: &Session,
    request: &AddConnection,
    token: AccessToken,
) -> Result<Option<Account>, Failure> {
    if request.no_test {
        return Ok(None);
    }
    print::progress("Asking HubSpot who the portal is …");
    portal::account(&session.hubspot(token)?).await.map_err(|error| {
        let failure = Failure::from(error);
        failure.and("nothing was stored")
    })
}

async fn list(session: &Session) -> Result<Answer, Failure> {
    let connections =
        connection_list::run(&session.context().await?, connection_list::Request::default()).await?;
    let mut table = Table::new(
        &["NAME", "KIND", "PORTAL", "SHARE", "STATUS", "UPDATED"],
        "The tenant has no connection yet.",
    );
    for connection in &connections {
        table.row([
            connection.name.clone(),
            connection.kind.as_str().to_owned(),
            connection.portal_id.map(|id| id.to_string()).unwrap_or_default(),
            connection.daily_share.map_or_else(|| "default".to_owned(), |share| format!("{share} %")),
            status(connection),
            instant(connection.updated_at),
        ]);
    }
    Answer::new(&connections, table.render())
}

async fn test(session: &Session, name: &str) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let connection = named(&ctx, name).await?;
    let client = session.portal(&ctx, &connection)?;
    print::progress("Asking HubSpot who the portal is and what may be read …");
    let account = portal::account(&client).await;
    note(&ctx, &connection, &account).await?;
    let account = account?;
    let scopes = scopes(session, &ctx, name).await?;
    let (readings, limits) = (portal::readings(&client).await?, portal::limits(&client).await);
    let value = json!({
        "name": connection.name, "status": "working",
        "portal_id": account.as_ref().map(|account| account.portal_id),
        "account_type": account.as_ref().and_then(|account| account.account_type.as_deref()),
        "time_zone": account.as_ref().and_then(|account| account.time_zone.as_deref()),
        "hosting_location": account.as_ref().and_then(|account| account.hosting_location.as_deref()),
        "kind": connection.kind, "scopes": scopes, "objects": readings, "limits": limits,
        "daily_share": connection.daily_share,
    });
    let scopes = scopes.map(|scopes| scopes.join(", "));
    Answer::new(&value, report(&connection, (account.as_ref(), scopes), &readings, &limits))
}

/// What an OAuth connection was granted. Of other tokens HubSpot does not tell: there, what can be read shows it.
async fn scopes(session: &Session, ctx: &Context, name: &str) -> Result<Option<Vec<String>>, Failure> {
    // As it is now: the first call may have renewed it.
    let connection = named(ctx, name).await?;
    if connection.kind != ConnectionKind::OAuth {
        return Ok(None);
    }
    let credential = lookup::open_credential(ctx.keys()?, &connection)?;
    let grant = Grant::read(&credential).map_err(|why| Failure::failed("Credential", why))?;
    let settings = session.hubspot_settings();
    let known = grant.app().introspect(&settings, &grant.tokens().refresh).await.map_err(consent::failed)?;
    Ok(Some(known.scopes))
}

async fn remove(session: &Session, name: String) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    ask::confirm(session.global.yes, &format!("The credential of the connection {name} will be wiped."))?;
    connection_remove::run(&ctx, connection_remove::Request { name: name.clone() }).await?;
    Answer::new(&json!({"name": name, "removed": true}), format!("The connection {name} was removed."))
}

/// The connection called `name`.
pub(super) async fn named(ctx: &Context, wanted: &str) -> Result<ConnectionRecord, Failure> {
    let connections = connection_list::run(ctx, connection_list::Request::default()).await?;
    let key = name::key(wanted);
    connections.into_iter().find(|connection| name::key(&connection.name) == key).ok_or_else(|| {
        let message =
            format!("there is no connection \"{wanted}\": `feedgate-admin connection list` shows them");
        Failure::not_found("ConnectionNotFound", message)
    })
}

/// Notes in the store what HubSpot said. This is an observation, not an act of the user, and needs no right.
async fn note(
    ctx: &Context,
    connection: &ConnectionRecord,
    account: &Result<Option<Account>, Error>,
) -> Result<(), Failure> {
    let (status, message) = match account {
        Ok(_) => (ConnectionStatus::Working, None),
        // What becomes of its tokens is noted where they are renewed.
        Err(_) if connection.kind == ConnectionKind::OAuth => return Ok(()),
        Err(error @ Error::CredentialsRejected { .. }) => {
            (ConnectionStatus::Rejected, Some(error.to_string()))
        }
        Err(_) => return Ok(()),
    };
    let portal_id = account.as_ref().ok().and_then(|account| account.as_ref().and_then(portal_id));
    let ctx = Context { actor: Actor::System { reason: "connection test" }, ..ctx.clone() };
    let (connection, version) = (connection.id.clone(), connection.version);
    let learned = connection_status::Request { connection, version, status, message, portal_id };
    connection_status::run(&ctx, learned).await?;
    Ok(())
}

fn portal_id(account: &Account) -> Option<i64> {
    i64::try_from(account.portal_id).ok()
}

async fn described(ctx: &Context, name: &str, what: &str) -> Result<Answer, Failure> {
    let connection = named(ctx, name).await?;
    let portal = connection.portal_id.map(|id| format!(" It reads portal {id}.")).unwrap_or_default();
    let text = format!("The connection {name} {what}.{portal}");
    Answer::new(&connection, text)
}

fn status(connection: &ConnectionRecord) -> String {
    match &connection.status_message {
        Some(message) => format!("{}: {message}", connection.status.as_str()),
        None => connection.status.as_str().to_owned(),
    }
}

fn report(
    connection: &ConnectionRecord,
    (account, scopes): (Option<&Account>, Option<String>),
    readings: &[Reading],
    limits: &Limits,
) -> String {
    let head = Card::new()
        .line("Connection", &connection.name)
        .line(
            "Portal",
            account.map_or_else(|| "not told".to_owned(), |account| account.portal_id.to_string()),
        )
        .line_if("Account", account.and_then(|account| account.account_type.as_deref()))
        .line_if("Time zone", account.and_then(|account| account.time_zone.as_deref()))
        .line_if("Hosted in", account.and_then(|account| account.hosting_location.as_deref()))
        .line_if("Scopes", scopes)
        .line("Calls in 10 s", limits.calls_per_10_seconds.to_string())
        .line_if("Calls today", used(limits))
        .line("Read up to", share(connection));
    let mut table = Table::new(&["OBJECT", "READABLE", "MISSING SCOPE (ANY OF)"], "");
    for reading in readings {
        let readable = if reading.readable { "yes" } else { "no" };
        table.row([reading.object.to_owned(), readable.to_owned(), reading.missing_scopes.join(", ")]);
    }
    format!("{}\n\n{}", head.render(), table.render())
}

fn used(limits: &Limits) -> Option<String> {
    Some(format!("{} of {}", limits.used_today?, limits.daily?))
}
