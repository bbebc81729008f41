//! `backup`.

use schema::operations::backup;
use serde_json::json;

use crate::args::BackupArgs;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;

pub(super) async fn run(session: &Session, request: BackupArgs) -> Result<Answer, Failure> {
    let ctx = session.whole(session.store().await?).await?;
    let file = request.file;
    backup::run(&ctx, backup::Request { file: file.clone() }).await?;
    let text = format!(
        "The store was copied to {}. The secret keys are not in it: keep them apart, without them no credential opens.",
        file.display()
    );
    Answer::new(&json!({"file": file}), text)
}
