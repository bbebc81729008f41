//! What the commands do, one file for each noun: they turn arguments into requests of `schema::operations`, and
//! outcomes into answers.

mod backup;
mod connection;
mod doctor;
mod history;
mod ids;
pub(crate) mod keys;
mod notice;
mod policy;
mod powerbi;
mod source;
mod store;
mod tenant;
mod token;
mod user;

use crate::args::{Command, KeysCommand};
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;

/// Does what was typed.
pub(crate) async fn run(session: &Session, command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Keys(KeysCommand::Generate(request)) => {
            keys::generate(&request, session.now(), session.random())
        }
        Command::Keys(KeysCommand::Rekey) | Command::Rekey => keys::rekey(session).await,
        Command::Tenant(command) => tenant::run(session, command).await,
        Command::Policy(command) => policy::run(session, command).await,
        Command::Connection(command) => connection::run(session, command).await,
        Command::User(command) => user::run(session, command).await,
        Command::Token(command) => token::run(session, command).await,
        Command::Source(command) => source::run(session, command).await,
        Command::PowerBi(command) => powerbi::run(session, command).await,
        Command::Notice(command) => notice::run(session, command).await,
        Command::History(request) => history::run(session, request).await,
        Command::Doctor(request) => doctor::run(session, request).await,
        Command::Backup(request) => backup::run(session, request).await,
        Command::Store(command) => store::run(session, command).await,
    }
}
