//! One request and its answer: an id, notes taken on the way, and the event they become.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::header::{CACHE_CONTROL, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::Timestamp;
use schema::{TenantId, UserId};
use tokio::time::Instant;

use super::held::{Guard, Held};
use crate::access::Remaining;
use crate::app::App;
use crate::error::{Answer, Code, Failure, Unproven};
use crate::event::Event;
use crate::serve::{Peer, Seat};

/// The id of a request in answers, log and history.
const REQUEST_ID: HeaderName = HeaderName::from_static("feedgate-request-id");

/// What is known of a request while it runs.
#[derive(Debug)]
pub struct Exchange {
    /// Identifies the request in the answer, the log and the history.
    pub id: String,
    /// When it arrived.
    pub started: Instant,
    /// Who asks: the peer, or what a trusted proxy says.
    pub address: IpAddr,
    notes: Mutex<Notes>,
    held: Mutex<Vec<Guard>>,
    seat: Option<Arc<Seat>>,
}

/// What the stages learn; everything here may be logged and stored.
#[derive(Debug, Clone, Default)]
pub struct Notes {
    /// Tenant, once the secret is proven.
    pub tenant: Option<TenantId>,
    /// User name, once the secret is proven.
    pub user: Option<String>,
    /// User, once the secret is proven.
    pub user_id: Option<UserId>,
    /// Token id, known or not.
    pub token_id: Option<String>,
    /// The token's label, once the secret is proven.
    pub label: Option<String>,
    /// Why the credential was not proven.
    pub unproven: Option<Unproven>,
    /// When the token ends, if it does.
    pub expires: Option<Timestamp>,
    /// What is left of the rates, in the order they were asked.
    pub limits: Vec<(&'static str, Remaining)>,
    /// Whether the secret was proven.
    pub proven: bool,
    /// The data source named in the path.
    pub data_source: Option<String>,
    /// The same for all pages of one chain and for a repetition of a request.
    pub chain: Option<i64>,
    /// The entity set, `$metadata` or the service document.
    pub resource: Option<String>,
    /// The query with its literals replaced.
    pub query: Option<String>,
    /// `error.code` of a failure.
    pub code: Option<Code>,
    /// The reason that only the inside may know.
    pub reason: Option<String>,
    /// Rows in the answer.
    pub rows: u64,
    /// Bytes of the answer's body.
    pub bytes: u64,
    /// Calls made to HubSpot.
    pub calls: u32,
    /// Values that did not parse and became null.
    pub nulled: u64,
    /// Whether the answer is a page with a link to the next.
    pub more: bool,
    /// Stage times, in the order of the pipeline.
    pub stages: Vec<(&'static str, Duration)>,
}

impl Exchange {
    /// Keeps `guard` until the answer has left.
    pub fn hold(&self, guard: impl std::any::Any + Send + Sync) {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(guard));
    }

    /// The secret was proven: the connection is no stranger's.
    pub(crate) fn prove(&self) {
        if let Some(seat) = &self.seat {
            seat.prove();
        }
    }

    fn take_held(&self) -> Vec<Guard> {
        std::mem::take(&mut self.held.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the notes.
    pub fn note(&self, change: impl FnOnce(&mut Notes)) {
        // Notes stay consistent at every instruction, so a panic elsewhere does not spoil them.
        change(&mut self.notes.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Reads from the notes.
    pub fn noted<T>(&self, read: impl FnOnce(&Notes) -> T) -> T {
        read(&self.notes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The answer to a failure, in OData's form, with its reason in the notes.
    #[must_use]
    pub fn refuse(&self, failure: &Failure) -> Response {
        write_failure(&self.answer(failure))
    }

    /// The answer to a failure, with its reason in the notes.
    pub(crate) fn answer(&self, failure: &Failure) -> Answer {
        let answer = failure.answer();
        self.note(|notes| {
            notes.code = Some(answer.code);
            notes.reason.clone_from(&answer.internal);
        });
        answer
    }

    /// One request of a batch: by the same caller, with an id and notes of its own.
    pub(crate) fn part(&self, number: usize) -> Arc<Self> {
        let notes = self.noted(Notes::of_caller);
        Arc::new(Self {
            id: format!("{}.{number}", self.id),
            started: Instant::now(),
            address: self.address,
            notes: Mutex::new(notes),
            held: Mutex::default(),
            seat: None,
        })
    }
}

impl Notes {
    /// What is known of who asks, and nothing of what is asked.
    fn of_caller(&self) -> Self {
        Self {
            tenant: self.tenant,
            user: self.user.clone(),
            user_id: self.user_id,
            token_id: self.token_id.clone(),
            label: self.label.clone(),
            expires: self.expires,
            proven: self.proven,
            data_source: self.data_source.clone(),
            ..Self::default()
        }
    }
}

fn write_failure(answer: &Answer) -> Response {
    let mut response = Response::new(Body::from(answer.body()));
    *response.status_mut() = answer.status;
    response.headers_mut().extend(answer.fields());
    response
}

/// Becomes the event when dropped, so that a request whose client hung up is recorded too.
pub(crate) struct Recorder {
    app: Arc<App>,
    exchange: Arc<Exchange>,
    method: String,
    agent: Option<String>,
    status: Option<StatusCode>,
}

impl Recorder {
    pub(crate) fn new(app: Arc<App>, exchange: Arc<Exchange>, method: &str, headers: &HeaderMap) -> Self {
        let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
        // No method there is has more letters.
        let method = method.chars().take(16).collect();
        Self {
            app,
            exchange,
            method,
            agent: agent.map(|text| text.chars().take(200).collect()),
            status: None,
        }
    }

    /// There is an answer.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let event = Event {
            at: self.app.context.clock.now(),
            request_id: self.exchange.id.clone(),
            address: self.exchange.address,
            method: std::mem::take(&mut self.method),
            agent: self.agent.take(),
            status: self.status.map(|status| status.as_u16()),
            elapsed: self.exchange.started.elapsed(),
            notes: self.exchange.noted(Notes::clone),
        };
        self.app.record(event);
    }
}

pub(super) async fn record(State(app): State<Arc<App>>, mut request: Request, next: Next) -> Response {
    let running = app.in_flight.enter();
    let exchange = Arc::new(Exchange {
        id: app.request_id(),
        started: Instant::now(),
        address: address(&app, &request),
        notes: Mutex::default(),
        held: Mutex::default(),
        seat: request.extensions().get::<Peer>().map(|peer| peer.seat.clone()),
    });
    exchange.hold(running);
    let mut recorder = Recorder::new(app, exchange.clone(), request.method().as_str(), request.headers());
    request.extensions_mut().insert(exchange.clone());
    let table = table(request.uri().path());
    let mut response = next.run(request).await;
    note_table(&exchange, table);
    recorder.answered(response.status());
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(&exchange.id) {
        headers.insert(REQUEST_ID, id);
    }
    write_limits(&exchange, headers);
    // Credentials travel in every request and values in most answers: nothing may keep either. Documents without
    // values say otherwise themselves.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    response.map(|body| Body::new(Held::new(body, exchange.take_held())))
}

/// The first segment behind a data source, as far as it can be a name: a key or a value may stand in a path, and a made-up
/// name may be of any length. Neither is kept.
fn table(path: &str) -> Option<String> {
    let behind = path.strip_prefix("/odata/")?.split_once('/')?.1;
    let name = behind.split(['/', '(']).next().filter(|name| (1..=64).contains(&name.len()))?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    name.strip_prefix('$').unwrap_or(name).bytes().all(plain).then(|| name.to_owned())
}

/// A refused request that was not understood far enough to say of itself what it asks for.
fn note_table(exchange: &Exchange, table: Option<String>) {
    exchange.note(|notes| {
        if notes.proven && notes.code.is_some() && notes.resource.is_none() {
            notes.resource = table;
        }
    });
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), once a rate was asked.
fn write_limits(exchange: &Exchange, headers: &mut http::HeaderMap) {
    let limits = exchange.noted(|notes| notes.limits.clone());
    if limits.is_empty() {
        return;
    }
    let refused = exchange.noted(|notes| notes.code == Some(Code::TooManyRequests));
    let wait = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let (policy, state) = rate_fields(&limits, wait.filter(|_| refused));
    for (name, text) in [("ratelimit-policy", policy), ("ratelimit", state)] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// The texts of both fields. The rate that refused is the last that was asked, and has room again after `wait`, which the
/// answer names in `Retry-After` too.
fn rate_fields(limits: &[(&'static str, Remaining)], wait: Option<u32>) -> (String, String) {
    let policy = limits.iter().map(|(whose, rate)| format!("\"{whose}\";q={};w=60", rate.quota));
    let state = limits.iter().enumerate().map(|(place, (whose, rate))| {
        let refused = place + 1 == limits.len() && rate.left == 0;
        let reset = wait.filter(|_| refused).unwrap_or(rate.full_in);
        format!("\"{whose}\";r={};t={reset}", rate.left)
    });
    (policy.collect::<Vec<_>>().join(", "), state.collect::<Vec<_>>().join(", "))
}

/// The right-most address of `X-Forwarded-For` that is no trusted proxy, if the peer is one; else the peer.
fn address(app: &App, request: &Request) -> IpAddr {
    let peer = request
        .extensions()
        .get::<Peer>()
        .map_or(IpAddr::from([127, 0, 0, 1]), |peer| peer.address.ip().to_canonical());
    let trusted = |address: &IpAddr| app.config.trusted_proxies.iter().any(|net| net.contains(address));
    if !trusted(&peer) {
        return peer;
    }
    let fields = request.headers().get_all("x-forwarded-for");
    let hops: Vec<&str> =
        fields.iter().filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).collect();
    for hop in hops.iter().rev() {
        match hop.trim().parse::<IpAddr>() {
            Ok(address) if trusted(&address.to_canonical()) => {}
            Ok(address) => return address.to_canonical(),
            Err(_) => return peer,
        }
    }
    peer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_that_refused_names_the_wait_of_retry_after() {
        let rate = |left, full_in| Remaining { quota: 60, left, full_in };
        let limits = [("token", rate(3, 7)), ("user", rate(0, 10))];
        assert_eq!(rate_fields(&limits, Some(36)).1, "\"token\";r=3;t=7, \"user\";r=0;t=36");
        assert_eq!(rate_fields(&limits, None).1, "\"token\";r=3;t=7, \"user\";r=0;t=10");
        assert_eq!(rate_fields(&limits[..1], Some(36)).1, "\"token\";r=3;t=7");
    }

    #[test]
    fn a_table_is_known_by_the_path_and_no_key_or_value_is() {
        assert_eq!(table("/odata/k7m2q9x4tb/contacts").as_deref(), Some("contacts"));
        assert_eq!(table("/odata/k7m2q9x4tb/contacts(5)/email").as_deref(), Some("contacts"));
        assert_eq!(table("/odata/k7m2q9x4tb/$metadata").as_deref(), Some("$metadata"));
        for path in
            ["/", "/odata/k7m2q9x4tb", "/odata/k7m2q9x4tb/", "/odata/x/ann@example.org", "/odata/x/a%20b"]
        {
            assert_eq!(table(path), None, "{path}");
        }
        assert_eq!(table(&format!("/odata/x/{}", "a".repeat(65))), None);
    }
}
