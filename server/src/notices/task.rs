//! The background work: look, claim, deliver, settle.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::future;
use schema::notice::Channel;
use schema::operations::notice_claim::{self, Claimed};
use schema::operations::{mark_expired, notice_settle, notice_watch};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::webhook::Webhooks;
use super::{Sender, Undelivered};
use crate::app::App;

/// Deliveries that are due are looked for so often: one indexed read of the store.
const DELIVER_EVERY: Duration = Duration::from_secs(5);
/// Everything is looked at so often; a refresh that fails is looked at when it does.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// After one look at failing refreshes the next waits a little: a failing refresh sends many requests.
const BETWEEN_LOOKS: Duration = Duration::from_secs(2);
/// Deliveries under way at the same time.
const AT_ONCE: u32 = 20;
/// Longer than a webhook and a mail may take together.
const LEASE: Duration = Duration::from_secs(60);

/// Starts it; ends when the service stops.
pub(crate) fn start(app: &Arc<App>, failed: Arc<Notify>) {
    let tasks = app.tasks.clone();
    let app = Arc::downgrade(app);
    let stopping = tasks.clone();
    tasks.spawn(async move {
        tokio::select! {
            () = stopping.stopping() => {}
            () = work(&app, &failed) => {}
        }
    });
}

async fn work(app: &Weak<App>, failed: &Notify) {
    let Some(sender) = app.upgrade().map(|app| mail(&app)) else { return };
    let webhooks = Webhooks::new();
    let mut look_at = Instant::now();
    loop {
        let poked = tokio::time::timeout(DELIVER_EVERY, failed.notified()).await.is_ok();
        let Some(app) = app.upgrade() else { return };
        if Instant::now() >= look_at {
            look(&app, notice_watch::Request::All).await;
            look_at = Instant::now() + LOOK_EVERY;
        } else if poked {
            look(&app, notice_watch::Request::Refreshes).await;
        }
        deliver(&app, &webhooks, sender.as_ref()).await;
        drop(app);
        if poked {
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }
}

fn mail(app: &App) -> Option<Sender> {
    let settings = app.config.mail.as_ref()?;
    Sender::new(settings).inspect_err(|error| tracing::error!("{error}")).ok()
}

async fn look(app: &App, what: notice_watch::Request) {
    if what == notice_watch::Request::All
        && let Err(error) = mark_expired::run(&app.context, mark_expired::Request::default()).await
    {
        tracing::error!(%error, "expiries could not be written down");
    }
    match notice_watch::run(&app.context, what).await {
        Ok(0) => {}
        Ok(raised) => tracing::info!(raised, "notices were raised"),
        Err(error) => tracing::error!(%error, "what people must be told could not be looked for"),
    }
}

async fn deliver(app: &App, webhooks: &Webhooks, sender: Option<&Sender>) {
    let mut channels = vec![Channel::Webhook];
    channels.extend(sender.map(|_| Channel::Email));
    let request = notice_claim::Request { channels, limit: AT_ONCE, lease: LEASE };
    let claimed = match notice_claim::run(&app.context, request).await {
        Ok(claimed) => claimed,
        Err(error) => return tracing::error!(%error, "deliveries of notices could not be claimed"),
    };
    future::join_all(claimed.into_iter().map(|claimed| deliver_one(app, webhooks, sender, claimed))).await;
}

async fn deliver_one(app: &App, webhooks: &Webhooks, sender: Option<&Sender>, claimed: Claimed) {
    let url = &app.config.public_url;
    let sent = match (claimed.channel, sender) {
        (Channel::Webhook, _) => webhooks.send(&claimed, url, app.context.now()).await,
        (Channel::Email, Some(sender)) => sender.send(&claimed, url).await,
        (Channel::Email, None) => {
            Err(Undelivered::passing("no mail server is configured (FEEDGATE_SMTP_URL)"))
        }
    };
    let (id, channel) = (claimed.notice.id.clone(), claimed.channel.as_str());
    let (error, retry) = match sent {
        Ok(()) => (None, false),
        Err(Undelivered { reason, retry }) => (Some(reason), retry),
    };
    let failed = error.clone();
    match notice_settle::run(&app.context, notice_settle::Request { claimed, error, retry }).await {
        Ok(notice_settle::Outcome::Delivered) => {
            tracing::info!(notice = %id, channel, "a notice was delivered");
        }
        Ok(outcome) => {
            tracing::warn!(notice = %id, channel, reason = failed, ?outcome, "a notice did not arrive");
        }
        Err(error) => {
            tracing::error!(%error, notice = %id, channel, "the outcome of a delivery could not be written");
        }
    }
}
