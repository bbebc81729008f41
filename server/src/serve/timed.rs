//! A stream on which a peer cannot sit: its first byte comes soon, and its answers are taken at a minimum rate.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::layers::{InFlight, Running};

/// A client that has connected sends its request, or its TLS greeting, at once.
const FIRST_BYTE: Duration = Duration::from_secs(10);

/// While writes have to wait, the peer must take [`LEAST`] bytes in this time, or it is gone: 2 KiB/s, a modem's rate.
const WINDOW: Duration = Duration::from_secs(30);
/// See [`WINDOW`].
const LEAST: usize = 64 * 1024;

/// Fails reads and writes of a peer that is too slow, and counts as running while an answer waits to be taken, so that
/// a stop does not cut it.
pub(super) struct Timed<S> {
    stream: S,
    in_flight: InFlight,
    /// Until the first byte has come.
    greeting: Option<Pin<Box<Sleep>>>,
    /// Since a write had to wait.
    stalled: Option<Stall>,
}

struct Stall {
    until: Pin<Box<Sleep>>,
    taken: usize,
    _running: Running,
}

impl<S> Timed<S> {
    pub(super) fn new(stream: S, in_flight: InFlight) -> Self {
        Self { stream, in_flight, greeting: Some(Box::pin(tokio::time::sleep(FIRST_BYTE))), stalled: None }
    }

    /// Passes the outcome of writing `offered` bytes on; while writes have to wait the clock runs.
    fn watch(
        &mut self,
        cx: &mut Context<'_>,
        offered: usize,
        outcome: Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        match (&outcome, &mut self.stalled) {
            (Poll::Ready(Ok(taken)), _) if *taken == offered => self.stalled = None,
            (Poll::Ready(Ok(taken)), Some(stall)) => {
                stall.taken += taken;
                if stall.taken >= LEAST {
                    self.stalled = None;
                }
            }
            (Poll::Ready(_), _) => {}
            (Poll::Pending, _) => {
                ready!(self.stall().until.as_mut().poll(cx));
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
        }
        outcome
    }

    fn stall(&mut self) -> &mut Stall {
        self.stalled.get_or_insert_with(|| Stall {
            until: Box::pin(tokio::time::sleep(WINDOW)),
            taken: 0,
            _running: self.in_flight.enter(),
        })
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_read(cx, buf);
        if outcome.is_ready() {
            self.greeting = None;
        } else if let Some(greeting) = &mut self.greeting {
            ready!(greeting.as_mut().poll(cx));
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.watch(cx, buf.len(), outcome)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let offered = bufs.iter().map(|buf| buf.len()).sum();
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.watch(cx, offered, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_reads_nothing_fails_the_write_and_counts_as_running_until_then() {
        let (near, _far) = tokio::io::duplex(8);
        let (started, in_flight) = (Instant::now(), InFlight::default());
        let mut timed = Timed::new(near, in_flight.clone());
        let write = async { timed.write_all(&[0; 64]).await.unwrap_err().kind() };
        let watch = async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            assert_eq!(in_flight.count(), 1);
        };
        let (kind, ()) = tokio::join!(write, watch);
        assert_eq!((kind, started.elapsed()), (io::ErrorKind::TimedOut, WINDOW));
        drop(timed);
        assert!(in_flight.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_takes_a_byte_now_and_then_is_cut_as_well() {
        let (near, mut far) = tokio::io::duplex(8);
        let mut timed = Timed::new(near, InFlight::default());
        let dribble = async {
            loop {
                tokio::time::sleep(Duration::from_secs(5)).await;
                if far.read_u8().await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            written = timed.write_all(&[0; 4096]) => assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut),
            () = dribble => panic!("the write ended otherwise"),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_reader_that_keeps_the_rate_is_served() {
        let (near, mut far) = tokio::io::duplex(LEAST);
        let mut timed = Timed::new(near, InFlight::default());
        let reader = async {
            let mut bytes = vec![0; LEAST];
            for _ in 0..8 {
                tokio::time::sleep(Duration::from_secs(20)).await;
                far.read_exact(&mut bytes).await.unwrap();
            }
        };
        let answer = vec![0; 8 * LEAST];
        let (written, ()) = tokio::join!(timed.write_all(&answer), reader);
        written.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_sends_nothing_is_cut_and_one_that_has_spoken_may_be_quiet() {
        let (near, mut far) = tokio::io::duplex(8);
        let mut timed = Timed::new(near, InFlight::default());
        assert_eq!(timed.read_u8().await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        let (near, _) = tokio::io::duplex(8);
        drop(std::mem::replace(&mut timed, Timed::new(near, InFlight::default())));
        assert!(far.read_u8().await.is_err());

        let (near, mut far) = tokio::io::duplex(8);
        let mut timed = Timed::new(near, InFlight::default());
        far.write_all(b"G").await.unwrap();
        assert_eq!(timed.read_u8().await.unwrap(), b'G');
        let quiet = tokio::time::timeout(6 * FIRST_BYTE, timed.read_u8()).await;
        assert!(quiet.is_err());
    }
}
