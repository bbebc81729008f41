//! The accept loop: HTTP/1.1 over hyper, with every timeout that `axum::serve` does not have.
//!
//! Promise: a connection that sends nothing, half a request head, or does not read its answer is closed in bounded
//! time, and a graceful stop ends by its deadline whatever clients do. HTTP/2 is left out on purpose (docs/adr/0004).

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::layers::InFlight;
use crate::tasks::Tasks;

mod strangers;
mod timed;
pub mod tls;

pub use strangers::{Seat, Strangers};

use timed::Timed;

/// Time for a request head; hyper uses the same knob for idle keep-alive connections, and proxies reuse theirs for
/// 60 s by default (nginx), so it must be longer than that.
const HEAD_TIMEOUT: Duration = Duration::from_secs(65);

/// A TLS handshake needs two round trips.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections at once; with the ~0.5 MiB that a connection may buffer this bounds memory before any request runs.
const MAX_CONNECTIONS: usize = 2_048;

/// hyper's own limits lie above ours (32 KiB of URL, 64 KiB and 100 fields), so that ours answer in OData's form.
const HYPER_MAX_HEADERS: usize = 400;
/// See [`HYPER_MAX_HEADERS`].
const HYPER_MAX_BUFFER: usize = 512 * 1024;

/// How long running requests may take to end after a stop: below the 30 s after which orchestrators kill.
pub const DRAIN: Duration = Duration::from_secs(25);

/// The peer of a connection, as an extension of its requests.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Where it is.
    pub address: SocketAddr,
    /// Its connection.
    pub seat: Arc<Seat>,
}

/// Serves `router` on `listener` until `tasks` is told to stop, then drains.
pub async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    router: Router,
    tasks: Tasks,
    in_flight: InFlight,
    strangers: Arc<Strangers>,
) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let (stream, peer, place) = tokio::select! {
            () = tasks.stopping() => break,
            accepted = accept(&listener, &places) => match accepted {
                Some(accepted) => accepted,
                None => continue,
            },
        };
        let stream = Timed::new(stream, in_flight.clone());
        let peer = Peer { address: peer, seat: strangers.enter(peer.ip()) };
        let connection = connection(stream, peer.clone(), tls.clone(), router.clone(), tasks.clone());
        connections.spawn(async move {
            tokio::select! {
                () = connection => {}
                () = peer.seat.evicted() => {
                    tracing::debug!(peer = %peer.address, "too many connections without a credential");
                }
            }
            drop(place);
        });
    }
    drop(listener);
    drain(connections, &tasks, &in_flight).await;
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, SocketAddr, tokio::sync::OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, peer)) => {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "no TCP_NODELAY");
            }
            Some((stream, peer, place))
        }
        Err(error) => {
            // Out of file descriptors, most likely: accepting again at once would spin.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

async fn connection(
    stream: Timed<TcpStream>,
    peer: Peer,
    tls: Option<TlsAcceptor>,
    router: Router,
    tasks: Tasks,
) {
    let address = peer.address;
    match tls {
        None => http(stream, peer, router, tasks).await,
        Some(tls) => match tokio::time::timeout(HANDSHAKE_TIMEOUT, tls.accept(stream)).await {
            Ok(Ok(stream)) => http(stream, peer, router, tasks).await,
            Ok(Err(error)) => tracing::debug!(peer = %address, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(peer = %address, "TLS handshake too slow"),
        },
    }
}

async fn http<S>(stream: S, peer: Peer, router: Router, tasks: Tasks)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
{
    let address = peer.address;
    let service = hyper::service::service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(peer.clone());
        let router = router.clone();
        async move {
            let response: Result<_, Infallible> = router.oneshot(request.map(axum::body::Body::new)).await;
            response
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_headers(HYPER_MAX_HEADERS)
        .max_buf_size(HYPER_MAX_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let outcome = tokio::select! {
        outcome = &mut connection => outcome,
        () = tasks.stopping() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(peer = %address, %error, "connection ended early");
    }
}

/// Waits for running requests; connections without one (idle, silent, half a head) do not keep the process.
async fn drain(mut connections: JoinSet<()>, tasks: &Tasks, in_flight: &InFlight) {
    /// Long enough for the answer of a request that has just ended to leave.
    const SETTLE: Duration = Duration::from_millis(500);
    let idle = async {
        loop {
            in_flight.none().await;
            tokio::time::sleep(SETTLE).await;
            if in_flight.is_none() {
                return;
            }
        }
    };
    let all = async { while connections.join_next().await.is_some() {} };
    tokio::select! {
        () = all => {}
        () = idle => {}
        () = tasks.hurried() => tracing::warn!("second signal: running requests are cut"),
        () = tokio::time::sleep(DRAIN) => tracing::warn!("requests still running after {DRAIN:?} are cut"),
    }
}
