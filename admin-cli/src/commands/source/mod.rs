//! `source`.

mod apply;
mod associations;
mod create;
mod edit;
mod explain;
mod files;
mod preview;
mod refresh;
mod save;
mod transfer;
mod view;

use schema::Context;
use schema::operations::source_list::Scope;
use schema::operations::source_show::SourceView;
use schema::operations::{
    source_clone, source_delete, source_list, source_share, source_show, source_unshare,
};
use serde_json::json;

use super::{connection, ids};
use crate::args::{ListSources, Share, SourceCommand};
use crate::ask;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;
pub(super) use view::PublicUrl;
use view::{card, shown, table};

pub(super) async fn run(session: &Session, command: SourceCommand) -> Result<Answer, Failure> {
    match command {
        SourceCommand::Create(request) => create::run(session, request).await,
        SourceCommand::List(request) => list(session, request).await,
        SourceCommand::Show { id } => show(session, &id).await,
        SourceCommand::Edit(request) => edit::run(session, request).await,
        SourceCommand::Apply { file, dry_run } => apply::run(session, &file, dry_run).await,
        SourceCommand::Clone { id, name } => copy(session, &id, name).await,
        SourceCommand::Transfer(request) => transfer::run(session, request).await,
        SourceCommand::Refresh { id, adopt_types } => refresh::run(session, &id, adopt_types).await,
        SourceCommand::Share(request) => share(session, request).await,
        SourceCommand::Unshare(request) => unshare(session, request).await,
        SourceCommand::Delete { id } => delete(session, &id).await,
        SourceCommand::Preview(request) => preview::run(session, request).await,
        SourceCommand::Explain { id, query } => explain::run(session, &id, &query).await,
        SourceCommand::Associations { id } => associations::run(session, &id).await,
        SourceCommand::Pbids { id } => files::pbids(session, &id).await,
        SourceCommand::Odc(request) => files::odc(session, &request).await,
        SourceCommand::M(request) => files::m(session, &request).await,
    }
}

async fn list(session: &Session, request: ListSources) -> Result<Answer, Failure> {
    // Whose they are is a global option, which may stand before the command, where the parser sees no connection.
    if (request.mine || request.shared) && session.global.acting_as.is_none() {
        let message = "whose data sources? name the user with --as";
        return Err(Failure::usage("Usage", message));
    }
    let scope = match request {
        ListSources { mine: true, .. } => Scope::Mine,
        ListSources { shared: true, .. } => Scope::Shared,
        ListSources { .. } => Scope::All,
    };
    let ctx = session.context().await?;
    let sources = source_list::run(&ctx, source_list::Request { search: request.search, scope }).await?;
    let url = PublicUrl::of(&ctx).await?;
    let values: Vec<_> = sources.iter().map(|source| shown(source, &url)).collect();
    Answer::new(&values, table(&values))
}

async fn show(session: &Session, id: &str) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = found(&ctx, id).await?;
    Ok(described(&ctx, id).await?.also(apply::file(&source)?))
}

/// The data source as it is stored.
async fn found(ctx: &Context, id: &str) -> Result<SourceView, Failure> {
    Ok(source_show::run(ctx, source_show::Request { id: ids::data_source(id)? }).await?)
}

/// The data source as it is now.
async fn described(ctx: &Context, id: &str) -> Result<Answer, Failure> {
    let source = found(ctx, id).await?;
    let value = shown(&source, &PublicUrl::of(ctx).await?);
    Answer::new(&value, card(&value))
}

async fn share(session: &Session, request: Share) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let wanted = source_share::Request { id: ids::data_source(&request.id)?, with: request.with };
    source_share::run(&ctx, wanted).await?;
    described(&ctx, &request.id).await
}

async fn unshare(session: &Session, request: Share) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let wanted = source_unshare::Request { id: ids::data_source(&request.id)?, with: request.with };
    source_unshare::run(&ctx, wanted).await?;
    described(&ctx, &request.id).await
}

async fn copy(session: &Session, id: &str, name: String) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let copy = source_clone::run(&ctx, source_clone::Request { id: ids::data_source(id)?, name }).await?;
    described(&ctx, copy.id.as_str()).await
}

async fn delete(session: &Session, id: &str) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let source = found(&ctx, id).await?;
    ask::confirm(session.global.yes, &format!("Refreshes of {} ({id}) will fail from now on.", source.name))?;
    source_delete::run(&ctx, source_delete::Request { id: source.id }).await?;
    Answer::new(
        &json!({"id": id, "deleted": true}),
        format!("The data source {} ({id}) was deleted.", source.name),
    )
}

/// A client for the portal behind the connection called `name`.
async fn client(session: &Session, ctx: &Context, name: &str) -> Result<hubspot::Client, Failure> {
    let connection = connection::named(ctx, name).await?;
    session.portal(ctx, &connection)
}
