//! `source transfer`.

use schema::operations::source_transfer::{self, Transferred, What};

use super::described;
use crate::args::Transfer;
use crate::commands::ids;
use crate::failure::Failure;
use crate::output::{Answer, Table, count};
use crate::session::Session;

pub(super) async fn run(session: &Session, request: Transfer) -> Result<Answer, Failure> {
    let ctx = session.context().await?;
    let what = match (&request.id, request.all_of) {
        (Some(id), _) => What::One(ids::data_source(id)?),
        (None, Some(user)) => What::AllOf(user),
        (None, None) => return Err(Failure::usage("Usage", "name a data source, or a user with --all-of")),
    };
    let moved = source_transfer::run(&ctx, source_transfer::Request { what, to: request.to }).await?;
    match &request.id {
        Some(id) => described(&ctx, id).await,
        None => Answer::new(&moved, told(&moved)),
    }
}

fn told(moved: &[Transferred]) -> String {
    let mut table = Table::new(&["ID", "NAME", "FROM", "TO"], "There was nothing to give away.");
    for source in moved {
        let (name, from, to) = (source.name.clone(), source.from.clone(), source.to.clone());
        table.row([source.id.to_string(), name, from, to]);
    }
    let Some(first) = moved.first() else { return table.render() };
    let sources = count(moved.len(), "data source");
    let (from, to) = (&first.from, &first.to);
    format!("{}\n\n{sources} given to {to}; the URLs stay, and {from} still reads them.", table.render())
}
