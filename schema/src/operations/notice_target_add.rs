//! Adds a place where a tenant's notices go.

use serde_json::json;

use crate::context::Context;
use crate::error::OperationError;
use crate::history::{Change, HistoryKind};
use crate::id::TenantId;
use crate::keys::KeysError;
use crate::lookup;
use crate::notice::Channel;
use crate::operations::notice_target_list::{self, Target};
use crate::rights;
use crate::secret::Secret;
use crate::store::params;

/// What a webhook's secret is sealed for; the row is its address.
pub(crate) const PURPOSE: &str = "webhook";

/// Whoever can guess the secret can forge a notice: as many characters as 96 bits have in base 64.
const SHORTEST_SECRET: usize = 16;

/// Where.
#[derive(Debug, Clone)]
pub enum Request {
    /// A signed HTTP request.
    Webhook {
        /// Where to: `https://…`, or `http://` to this machine.
        url: String,
        /// What it is signed with.
        secret: Secret,
    },
    /// A mail.
    Email {
        /// Where to.
        address: String,
    },
}

/// What was added.
pub type Outcome = Target;

fn invalid(message: impl Into<String>) -> OperationError {
    OperationError::invalid("NoticeTargetInvalid", message)
}

/// Adds it. For admins.
///
/// # Errors
/// When the address is none, is there already, or the secret is too short.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    const SQL: &str = "INSERT INTO notice_targets (tenant_id, channel, address, secret, created_at) \
                       VALUES (?1, ?2, ?3, ?4, ?5)";
    let tenant = ctx.tenant_id()?;
    let (channel, address, secret) = match &request {
        Request::Webhook { url, secret } => {
            (Channel::Webhook, url.trim(), Some(seal(ctx, tenant, url, secret)?))
        }
        Request::Email { address } => (Channel::Email, address.trim(), None),
    };
    check(channel, address)?;
    let mut tx = ctx.store.write().await?;
    rights::manage(&mut tx, ctx).await?;
    lookup::tenant_by_id(&mut tx, tenant).await?;
    let targets = notice_target_list::targets(&mut tx, tenant).await?;
    if targets.iter().any(|target| target.channel == channel && target.address == address) {
        return Err(OperationError::refused(
            "NoticeTargetExists",
            format!("notices go to {address} already"),
        ));
    }
    tx.execute_one(SQL, params![tenant, channel.as_str(), address, secret, ctx.now()]).await?;
    let details = json!({ "channel": channel, "address": address });
    Change::new(HistoryKind::Tenant, "notice_target_add").details(details).record(&mut tx, ctx).await?;
    let targets = notice_target_list::targets(&mut tx, tenant).await?;
    let added = targets.into_iter().find(|target| target.channel == channel && target.address == address);
    tx.commit().await?;
    added.ok_or_else(|| crate::error::StoreError::corrupt("what was added is not there").into())
}

fn seal(ctx: &Context, tenant: TenantId, url: &str, secret: &Secret) -> Result<String, OperationError> {
    let text = secret.expose().trim();
    if text.len() < SHORTEST_SECRET {
        return Err(invalid(format!(
            "the signing secret must have at least {SHORTEST_SECRET} characters: give the one that the receiver checks with"
        )));
    }
    let failed = |error: KeysError| OperationError::invalid("KeysUnusable", error.to_string());
    ctx.keys()?.seal(PURPOSE, tenant, url.trim(), &Secret::new(text.to_owned()), &*ctx.random).map_err(failed)
}

fn check(channel: Channel, address: &str) -> Result<(), OperationError> {
    let clean = !address.is_empty() && !address.contains(|c: char| c.is_whitespace() || c.is_control());
    let local = ["http://127.0.0.1", "http://localhost", "http://[::1]"];
    match channel {
        Channel::Webhook if clean && address.starts_with("https://") => Ok(()),
        Channel::Webhook if clean && local.iter().any(|start| is_on(address, start)) => Ok(()),
        Channel::Webhook => Err(invalid(format!(
            "\"{address}\" is no address for a webhook: write https://…, or http:// to this machine"
        ))),
        Channel::Email if clean && is_mailbox(address) => Ok(()),
        Channel::Email => {
            Err(invalid(format!("\"{address}\" is no mail address: write it as name@example.org")))
        }
    }
}

/// Whether `address` is on the host that `start` names, and not on one whose name only begins so.
fn is_on(address: &str, start: &str) -> bool {
    address.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([':', '/', '?']))
}

fn is_mailbox(address: &str) -> bool {
    address
        .split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::World;

    fn webhook(url: &str, secret: &str) -> Request {
        Request::Webhook { url: url.into(), secret: Secret::new(secret.into()) }
    }

    #[tokio::test]
    async fn a_webhook_keeps_its_secret_sealed() {
        let world = World::new().await;
        let target =
            run(&world.ctx, webhook("https://hooks.example/x", "whsec_MfKQ9r8GKYqrTwjU")).await.unwrap();
        let shown = format!("{target:?} {}", serde_json::to_string(&target).unwrap());
        assert!(!shown.contains("MfKQ9r8G"), "{shown}");
        for file in std::fs::read_dir(world.directory.path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(8).any(|window| window == b"MfKQ9r8G"));
        }
    }

    #[tokio::test]
    async fn addresses_that_cannot_work_are_refused() {
        let world = World::new().await;
        let secret = "0123456789abcdef";
        for url in ["", "http://hooks.example/", "ftp://x", "https://a b", "http://localhost.evil.example/"] {
            let error = run(&world.ctx, webhook(url, secret)).await.unwrap_err();
            assert_eq!(error.code, "NoticeTargetInvalid", "{url}");
        }
        for address in ["", "ann", "@example.org", "a@b@c", "a b@c"] {
            let request = Request::Email { address: address.into() };
            assert_eq!(run(&world.ctx, request).await.unwrap_err().code, "NoticeTargetInvalid", "{address}");
        }
        assert!(run(&world.ctx, webhook("http://127.0.0.1:9/x", secret)).await.is_ok());
        assert_eq!(
            run(&world.ctx, webhook("https://x", "short")).await.unwrap_err().code,
            "NoticeTargetInvalid"
        );
    }

    #[tokio::test]
    async fn an_address_is_there_once_and_an_analyst_adds_none() {
        let world = World::new().await;
        let request = || Request::Email { address: "ops@example.org".into() };
        run(&world.ctx, request()).await.unwrap();
        assert_eq!(run(&world.ctx, request()).await.unwrap_err().code, "NoticeTargetExists");
        assert_eq!(run(&world.acting("ann").await, request()).await.unwrap_err().code, "NotAllowed");
    }
}
