//! The wire: accepts connections, turns HTTP into calls and answers back, and does what only a wire can: wait and break.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::Sleep;

use crate::api::{self, Answer, CONTROL_PREFIX, Request};
use crate::churn;
use crate::dice::Dice;
use crate::faults::Blow;
use crate::instant::iso;
use crate::journal::JournalEntry;
use crate::portal::Portal;
use crate::world::World;

/// Accepts until it is dropped; every connection ends with it.
pub(crate) async fn run(listener: TcpListener, world: Arc<World>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that fails while it is accepted is its client's trouble.
                let Ok((stream, _)) = accepted else { continue };
                let _ = stream.set_nodelay(true);
                connections.spawn(serve(stream, Arc::clone(&world)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn serve(stream: tokio::net::TcpStream, world: Arc<World>) {
    let service = service_fn(move |request| respond(Arc::clone(&world), request));
    // An error here is a client that went away, or a connection that was cut on purpose.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(world: Arc<World>, request: hyper::Request<Incoming>) -> Result<Response<Sent>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let call = Request {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: parts.headers.get(AUTHORIZATION).and_then(|v| v.to_str().ok()).map(str::to_owned),
        body,
    };
    if call.path.starts_with(CONTROL_PREFIX) {
        return Ok(response(api::control(&Portal { world }, &call), None, Duration::ZERO));
    }
    Ok(api_call(&world, call).await)
}

/// Writes a call into the journal when its answer is ready, or when its client no longer waits for one.
struct Noted<'a> {
    world: &'a World,
    entry: Option<JournalEntry>,
}

impl Drop for Noted<'_> {
    fn drop(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.world.journal().add(entry);
        }
    }
}

/// A call of the API: faults first, then what people do meanwhile, then the answer; in any case an entry of the journal.
async fn api_call(world: &Arc<World>, call: Request) -> Response<Sent> {
    let arrived = iso(world.clock.now_ms());
    let body = String::from_utf8_lossy(&call.body).into_owned();
    let target = format!("{}?{}", call.path, call.query);
    let blow = world.faults().strike(&call.method, target.trim_end_matches('?'), &body);
    let (method, path, query) = (call.method.clone(), call.path.clone(), call.query.clone());
    let entry = JournalEntry { seq: 0, at: arrived, method, path, query, body, status: 0, bytes: 0 };
    let mut noted = Noted { world, entry: Some(entry) };
    let wait = latency(world) + Duration::from_millis(blow.delay_ms);
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    churn::stir(world);
    let trickle = Duration::from_millis(blow.trickle_ms);
    let (answer, cut) = struck(world, &call, blow);
    if let Some(entry) = &mut noted.entry {
        entry.status = answer.status;
        entry.bytes = cut.map_or(answer.body.len(), |cut| cut.min(answer.body.len())) as u64;
    }
    drop(noted);
    response(answer, cut, trickle)
}

/// How long this answer takes, before any fault.
fn latency(world: &World) -> Duration {
    let behaviour = world.behaviour();
    let most = usize::try_from(behaviour.latency_jitter.as_millis()).unwrap_or(usize::MAX);
    let mut dice = Dice::new(world.settings.seed, 75, world.next_delay());
    behaviour.latency + Duration::from_millis(dice.below(most) as u64)
}

/// The answer of the API, or of the fault that hits the call.
fn struck(world: &World, call: &Request, blow: Blow) -> (Answer, Option<usize>) {
    let Some(fault) = blow.answer else { return (api::answer(world, call), blow.cut_after_bytes) };
    let json = fault.body.trim_start().starts_with(['{', '[']);
    let mut content_type = if json { "application/json;charset=utf-8" } else { "text/plain" };
    if fault.body.trim_start().starts_with('<') {
        content_type = "text/html";
    }
    let headers = fault.headers.into_iter().collect();
    (
        Answer { status: fault.status, content_type, headers, body: fault.body.into_bytes() },
        blow.cut_after_bytes,
    )
}

fn response(answer: Answer, cut: Option<usize>, trickle: Duration) -> Response<Sent> {
    let length = answer.body.len();
    let mut response = Response::new(Sent::new(answer.body, cut, trickle));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if answer.status != 204 {
        headers.insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(answer.content_type));
        headers.insert(CONTENT_LENGTH, length.into());
    }
    for (name, value) in answer.headers {
        // Only a fault can carry a header that is none; the others are made here.
        if let (Ok(name), Ok(value)) = (hyper::header::HeaderName::try_from(name), value.try_into()) {
            headers.insert(name, value);
        }
    }
    response
}

/// Bytes of a slow body that come at once.
const DROP: usize = 1_024;

/// A body that is sent whole, drop by drop, or breaks off and takes the connection with it.
struct Sent {
    bytes: Bytes,
    whole: usize,
    cut: bool,
    flushed: bool,
    /// Between two drops; zero: all at once.
    trickle: Duration,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Sent {
    fn new(mut bytes: Vec<u8>, cut: Option<usize>, trickle: Duration) -> Sent {
        let whole = bytes.len();
        let cut = cut.filter(|cut| *cut < whole);
        if let Some(cut) = cut {
            bytes.truncate(cut);
        }
        Sent { bytes: bytes.into(), whole, cut: cut.is_some(), flushed: false, trickle, pause: None }
    }

    /// What is sent next, when the time for it has come.
    fn portion(&mut self, context: &mut Context<'_>) -> Poll<Bytes> {
        if self.trickle.is_zero() {
            return Poll::Ready(std::mem::take(&mut self.bytes));
        }
        let trickle = self.trickle;
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(trickle)));
        if pause.as_mut().poll(context).is_pending() {
            return Poll::Pending;
        }
        self.pause = None;
        Poll::Ready(self.bytes.split_to(DROP.min(self.bytes.len())))
    }
}

/// What ends a connection that is cut.
#[derive(Debug, thiserror::Error)]
#[error("the connection is cut on purpose")]
struct Cut;

impl Body for Sent {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if !self.bytes.is_empty() {
            return self.portion(context).map(|bytes| Some(Ok(Frame::data(bytes))));
        }
        if !self.cut {
            return Poll::Ready(None);
        }
        if !self.flushed {
            // One more turn, in which what has been handed over reaches the wire before it breaks.
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(Cut)))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty() && !self.cut
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        // Of a body that is to be cut, the whole is promised.
        let exact = if self.cut { self.whole } else { self.bytes.len() };
        hyper::body::SizeHint::with_exact(exact as u64)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use crate::{Fault, Running, Settings, Simulator};

    async fn start() -> Running {
        Simulator::start(Settings::small(50), "127.0.0.1:0").await.unwrap()
    }

    /// Sends one request and reads until the connection ends.
    async fn send(running: &Running, method: &str, target: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(running.address()).await.unwrap();
        let request = format!(
            "{method} {target} HTTP/1.1\r\nHost: sim\r\nAuthorization: Bearer pat-na1-demo\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // A connection that is cut may end in a reset instead of an end of file.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    fn fault(json: &str) -> Fault {
        serde_json::from_str(json).unwrap()
    }

    #[tokio::test]
    async fn an_answer_reaches_the_wire_and_the_journal() {
        let running = start().await;
        let answer = send(&running, "GET", "/crm/objects/2026-09/contacts?limit=1", "").await;
        assert!(
            answer.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json;charset=utf-8\r\n"),
            "{answer}"
        );
        send(&running, "POST", "/crm/v3/objects/deals/search", r#"{"limit":1}"#).await;
        send(&running, "GET", "/__sim/journal", "").await;
        let journal = running.journal(0);
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(journal.len(), 2, "control calls are no entries");
        assert_eq!((journal[0].seq, journal[0].bytes), (1, body.len() as u64));
        assert_eq!(
            [&*journal[0].method, &*journal[0].path, &*journal[0].query],
            ["GET", "/crm/objects/2026-09/contacts", "limit=1"]
        );
        assert_eq!((&*journal[1].body, journal[1].status), (r#"{"limit":1}"#, 200));
        assert_eq!(running.journal(1).len(), 1);
    }

    #[tokio::test]
    async fn a_cut_answer_promises_more_than_it_sends() {
        let running = start().await;
        running.inject(fault(r#"{"match":{"path_contains":"/contacts"},"times":1,"cut_after_bytes":100}"#));
        let answer = send(&running, "GET", "/crm/v3/objects/contacts", "").await;
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let promised: usize =
            head.split("content-length: ").nth(1).unwrap().lines().next().unwrap().parse().unwrap();
        assert_eq!(body.len(), 100);
        assert!(promised > 1_000);
        assert_eq!(running.journal(0)[0].bytes, 100);
    }

    #[tokio::test]
    async fn an_injected_answer_replaces_the_real_one_with_its_headers() {
        let running = start().await;
        let json = r#"{"match":{"method":"GET"},"times":1,"answer":{"status":477,"headers":{"Retry-After":"86400"},"body":"error code: 1015"}}"#;
        send(&running, "POST", "/__sim/faults", json).await;
        let answer = send(&running, "GET", "/crm/v3/objects/contacts", "").await;
        assert!(answer.starts_with("HTTP/1.1 477"), "{answer}");
        assert!(answer.contains("retry-after: 86400\r\n") && answer.contains("content-type: text/plain\r\n"));
        assert!(answer.ends_with("\r\n\r\nerror code: 1015"));
        assert!(send(&running, "GET", "/crm/v3/objects/contacts", "").await.starts_with("HTTP/1.1 200"));
        assert!(send(&running, "DELETE", "/__sim/faults", "").await.starts_with("HTTP/1.1 204"));
    }

    #[tokio::test(start_paused = true)]
    async fn latency_and_delays_add_up() {
        let running = start().await;
        running.set_latency(std::time::Duration::from_secs(100));
        running.inject(fault(r#"{"delay_ms":50000}"#));
        let began = tokio::time::Instant::now();
        send(&running, "GET", "/crm/v3/objects/contacts", "").await;
        let seconds = began.elapsed().as_secs();
        assert!((150..160).contains(&seconds), "{seconds} s");
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_comes_whole_and_late() {
        let running = start().await;
        let whole = send(&running, "GET", "/crm/v3/properties/contacts", "").await;
        running.inject(fault(r#"{"trickle_ms":1000}"#));
        let began = tokio::time::Instant::now();
        let slow = send(&running, "GET", "/crm/v3/properties/contacts", "").await;
        let body = |answer: &str| answer.split_once("\r\n\r\n").unwrap().1.to_owned();
        assert_eq!(body(&slow), body(&whole));
        assert!(began.elapsed().as_secs() >= slow.len() as u64 / 1_024 - 1, "{:?}", began.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_whose_client_gave_up_is_in_the_journal() {
        let running = start().await;
        running.inject(fault(r#"{"preset":"hanging"}"#));
        let call = send(&running, "GET", "/crm/v3/objects/contacts", "");
        assert!(tokio::time::timeout(std::time::Duration::from_secs(30), call).await.is_err());
        for _ in 0..1_000 {
            if running.journal(0).len() == 1 {
                break;
            }
            tokio::task::yield_now().await;
        }
        assert_eq!(running.journal(0)[0].status, 0);
    }

    #[tokio::test]
    async fn stopping_cuts_open_connections() {
        let running = start().await;
        let mut stream = TcpStream::connect(running.address()).await.unwrap();
        stream.write_all(b"GET /crm/v3/objects/contacts HTTP/1.1\r\nHost: sim\r\n").await.unwrap();
        let address = running.address();
        running.stop().await;
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
        assert!(rest.is_empty());
        assert!(TcpStream::connect(address).await.is_err());
    }
}
