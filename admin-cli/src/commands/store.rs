//! `store`.

use schema::Store;
use schema::operations::store_copy;
use serde_json::json;

use crate::args::StoreCommand;
use crate::failure::Failure;
use crate::output::{Answer, Table};
use crate::session::Session;

pub(super) async fn run(session: &Session, command: StoreCommand) -> Result<Answer, Failure> {
    match command {
        StoreCommand::Migrate => migrate(session).await,
        StoreCommand::Copy { from, to } => copy(session, &from, &to).await,
    }
}

async fn migrate(session: &Session) -> Result<Answer, Failure> {
    // Opening brings the tables to this program's version, under a lock that other processes wait for.
    let version = session.store_or_new().await?.version().await?;
    Answer::new(&json!({"version": version}), format!("The store has version {version}."))
}

async fn copy(session: &Session, from: &str, to: &str) -> Result<Answer, Failure> {
    let ctx = session.whole(session.existing(from).await?).await?;
    let copied = store_copy::run(&ctx, store_copy::Request { to: session.open(to).await? }).await?;
    let mut table = Table::new(&["TABLE", "ROWS"], "");
    for copied in &copied {
        table.row([copied.table.to_owned(), copied.rows.to_string()]);
    }
    let (from, to) = (Store::shown(from), Store::shown(to));
    let text = format!("{}\n{from} was copied to {to}. The same secret keys open both.", table.render());
    Answer::new(&copied, text)
}
