//! `store`.

use serde_json::json;

use crate::args::StoreCommand;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;

pub(super) async fn run(session: &Session, command: StoreCommand) -> Result<Answer, Failure> {
    let StoreCommand::Migrate = command;
    // Opening brings the tables to this program's version, under a lock that other processes wait for.
    let version = session.store_or_new().await?.version().await?;
    Answer::new(&json!({"version": version}), format!("The store has version {version}."))
}
