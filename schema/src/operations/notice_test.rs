//! Sends a notice to every place of the tenant, so that somebody sees whether they arrive.

use serde_json::json;

use crate::context::Context;
use crate::error::OperationError;
use crate::notice::{NoticeKind, Severity, id_of};
use crate::operations::notice_raise::{self, Occasion};
use crate::operations::notice_target_list;
use crate::random;
use crate::rights;

/// Nothing to choose.
#[derive(Debug, Clone, Default)]
pub struct Request {}

/// The notice's id: see `notice_list` for how its delivery fares.
pub type Outcome = String;

/// Writes it down; a running server delivers it. For admins.
///
/// # Errors
/// When there is no place it could go to.
pub async fn run(ctx: &Context, _request: Request) -> Result<Outcome, OperationError> {
    let tenant = ctx.tenant_id()?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    if notice_target_list::targets(&mut tx, tenant).await?.is_empty() {
        let message = "notices go nowhere yet: add a place with `feedgate-admin notice add webhook URL` \
                       or `feedgate-admin notice add email ADDRESS`";
        return Err(OperationError::refused("NoNoticeTarget", message));
    }
    let nonce: String = random::bytes::<8>(&*ctx.random).iter().map(|byte| format!("{byte:02x}")).collect();
    let occasion = Occasion {
        id: id_of(tenant, NoticeKind::Test, &[&nonce]),
        tenant,
        kind: NoticeKind::Test,
        severity: Severity::Info,
        token: None,
        user: None,
        data_source: None,
        details: json!({ "actor": ctx.actor.to_string() }),
    };
    notice_raise::raise(&mut tx, &occasion, ctx.now()).await?;
    tx.commit().await?;
    Ok(occasion.id)
}
