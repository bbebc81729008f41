//! Writes what requests leave behind, in batches and in a task of its own.
//!
//! Promise: an entry is in the store within a second; a store that is away costs entries (counted in a metric), never
//! a request. A crash may lose the last half second. Refusals of credentials are counted, not listed, so that a flood
//! cannot fill the disk.

use std::sync::Arc;
use std::time::Duration;

use schema::operations::record_refusals::Refusal;
use schema::operations::record_requests::RequestEntry;
use schema::operations::{mark_used, record_refusals, record_requests, token_retag};
use schema::{Context, DataSourceId, OperationError, TokenId};
use tokio::sync::{Notify, mpsc};

use crate::error::{Code, Unproven};
use crate::event::Event;
use crate::metrics::Metrics;
use crate::tasks::Tasks;

/// A batch is written after this time, half of the second within which entries are promised.
const EVERY: Duration = Duration::from_millis(500);

/// Entries waiting: some seconds of the highest rate one process serves, about 10 MiB.
const WAITING: usize = 10_000;

/// What is written.
pub(crate) enum Item {
    /// A finished request.
    Request(Box<Event>),
    /// A tag that a token's row lacks.
    Retag(token_retag::Request),
    /// Nothing follows: write and end.
    End,
}

/// The sending end of the task.
pub(crate) struct Recorder {
    items: mpsc::Sender<Item>,
    metrics: Arc<Metrics>,
}

impl Recorder {
    /// Starts the task, which notifies `failed` after it wrote down an answer that ends a refresh.
    pub(crate) fn start(context: Context, metrics: Arc<Metrics>, tasks: &Tasks, failed: Arc<Notify>) -> Self {
        let (items, received) = mpsc::channel(WAITING);
        tasks.spawn(write(context, received, metrics.clone(), failed));
        Self { items, metrics }
    }

    /// Hands an item to the task, without waiting.
    pub(crate) fn put(&self, item: Item) {
        if self.items.try_send(item).is_err() {
            self.metrics.unrecorded.inc();
        }
    }

    /// Has everything written and the task end.
    pub(crate) async fn finish(&self) {
        // A task that is gone has nothing left to write.
        let _ = self.items.send(Item::End).await;
    }
}

async fn write(
    context: Context,
    mut received: mpsc::Receiver<Item>,
    metrics: Arc<Metrics>,
    failed: Arc<Notify>,
) {
    let mut items = Vec::new();
    loop {
        if received.recv_many(&mut items, WAITING).await == 0 {
            return;
        }
        let ends = |items: &[Item]| items.iter().any(|item| matches!(item, Item::End));
        if !ends(&items) {
            tokio::time::sleep(EVERY).await;
            while let Ok(item) = received.try_recv() {
                items.push(item);
            }
        }
        let last = ends(&items);
        let count = items.len() as u64;
        let fails = items.iter().any(ends_a_refresh);
        if let Err(error) = flush(&context, std::mem::take(&mut items)).await {
            tracing::error!(%error, entries = count, "request entries could not be written");
            metrics.unrecorded.inc_by(count);
        } else if fails {
            failed.notify_one();
        }
        if last {
            return;
        }
    }
}

/// Whether somebody should be told at once; what is repeated is looked at when it was not mended in time.
fn ends_a_refresh(item: &Item) -> bool {
    let Item::Request(event) = item else { return false };
    let fatal = matches!(event.status, Some(401 | 403 | 404 | 410 | 500 | 502));
    fatal && (event.notes.proven || event.notes.unproven == Some(Unproven::WrongUser))
}

async fn flush(context: &Context, items: Vec<Item>) -> Result<(), OperationError> {
    let mut requests = record_requests::Request::default();
    let mut refusals = record_refusals::Request::default();
    let mut uses = mark_used::Request::default();
    for item in items {
        match item {
            Item::Request(event) => {
                if let Some(token) = used(&event) {
                    let address = Some(event.address.to_string());
                    uses.uses.push(mark_used::Use { token, at: event.at, address });
                }
                if !event.notes.proven || matches!(event.status, Some(401 | 403)) {
                    count(&mut refusals.refusals, refusal(&event));
                } else {
                    requests.entries.push(entry(*event));
                }
            }
            // A tag that is lost is written at the next use.
            Item::Retag(request) => drop(token_retag::run(context, request).await),
            Item::End => {}
        }
    }
    // Each on its own: what one of them cannot write must not take the others with it.
    let used = mark_used::run(context, uses).await;
    let refused = record_refusals::run(context, refusals).await;
    let requested = record_requests::run(context, requests).await;
    used.and(refused).and(requested)
}

/// The token that was used: proven, and refused neither for its own state nor for where it came from.
fn used(event: &Event) -> Option<TokenId> {
    let notes = &event.notes;
    let elsewhere = notes.code == Some(Code::AddressNotAllowed);
    let accepted = notes.proven && event.status != Some(401) && !elsewhere;
    accepted.then(|| TokenId::parse(notes.token_id.as_deref()?)).flatten()
}

fn refusal(event: &Event) -> Refusal {
    let notes = &event.notes;
    let exists = notes.proven || matches!(notes.unproven, Some(Unproven::WrongSecret | Unproven::WrongUser));
    Refusal {
        token: exists.then(|| TokenId::parse(notes.token_id.as_deref()?)).flatten(),
        tenant: notes.tenant,
        reason: notes.unproven.map_or_else(|| event.outcome(), Unproven::word),
        address: event.address.to_string(),
        data_source: notes.data_source.as_deref().and_then(DataSourceId::parse),
        at: event.at,
        count: 1,
        request_id: Some(event.request_id.clone()),
        client: event.agent.clone(),
    }
}

/// Adds a refusal to an equal one of the same batch.
fn count(refusals: &mut Vec<Refusal>, new: Refusal) {
    let same = |old: &&mut Refusal| {
        (&old.token, old.reason, &old.address, &old.data_source)
            == (&new.token, new.reason, &new.address, &new.data_source)
            && old.at.as_second() / 60 == new.at.as_second() / 60
    };
    match refusals.iter_mut().find(same) {
        Some(old) => {
            old.count += 1;
            old.at = new.at;
            old.request_id = new.request_id;
            old.client = new.client;
        }
        None => refusals.push(new),
    }
}

fn entry(event: Event) -> RequestEntry {
    let error_code = event.notes.code.map(|code| code.name().to_owned());
    let notes = event.notes;
    RequestEntry {
        at: event.at,
        request_id: event.request_id,
        tenant: notes.tenant,
        token: notes.token_id.as_deref().and_then(TokenId::parse),
        user: notes.user,
        data_source: notes.data_source.as_deref().and_then(DataSourceId::parse),
        entity_set: notes.resource,
        query: notes.query,
        address: Some(event.address.to_string()),
        client: event.agent,
        // 499, as proxies write it: the client hung up before there was an answer.
        status: event.status.unwrap_or(499),
        error_code,
        rows: notes.rows,
        bytes: notes.bytes,
        duration: event.elapsed,
        upstream_calls: notes.calls,
        nulled_values: notes.nulled,
        more: notes.more,
        chain: notes.chain,
    }
}
