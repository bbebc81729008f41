//! Connections on which nobody has proven a credential, bounded by address.
//!
//! Promise: one address cannot take all places, and only unproven work is lost by it. A connection stops counting with
//! its first proven request, however many others share its address (all customers of Power BI do); when an address has
//! too many that have proven nothing, the oldest of them is closed, so that a new one always has the time to prove
//! itself. Trusted proxies speak for many and are not counted.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ipnet::IpNet;
use tokio::sync::Notify;

use crate::access::network;

/// The connections of all addresses that have proven nothing yet.
#[derive(Debug)]
pub struct Strangers {
    most: usize,
    trusted: Vec<IpNet>,
    /// In the order of their arrival.
    open: Mutex<HashMap<IpAddr, VecDeque<Weak<Seat>>>>,
}

/// One connection.
#[derive(Debug)]
pub struct Seat {
    address: IpAddr,
    of: Arc<Strangers>,
    proven: AtomicBool,
    leave: Notify,
}

impl Strangers {
    /// At most so many of one address, unless it is trusted.
    #[must_use]
    pub fn new(most: usize, trusted: Vec<IpNet>) -> Arc<Self> {
        Arc::new(Self { most, trusted, open: Mutex::default() })
    }

    /// Any number: for a listener that only the operator reaches.
    #[must_use]
    pub fn unbounded() -> Arc<Self> {
        Self::new(usize::MAX, Vec::new())
    }

    /// Counts a new connection; the oldest of its address has to leave when there are too many.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Arc<Seat> {
        let address = peer.to_canonical();
        let seat = Arc::new(Seat {
            address: network(address),
            of: self.clone(),
            proven: AtomicBool::new(false),
            leave: Notify::new(),
        });
        if self.trusted.iter().any(|net| net.contains(&address)) {
            return seat;
        }
        let oldest = {
            let mut open = self.open();
            let seats = open.entry(seat.address).or_default();
            seats.push_back(Arc::downgrade(&seat));
            if seats.len() > self.most { seats.pop_front() } else { None }
        };
        // Not under the lock: when its connection ends meanwhile this is the last hand on it, and giving it up takes the lock.
        if let Some(oldest) = oldest.and_then(|oldest| oldest.upgrade()) {
            oldest.leave.notify_one();
        }
        seat
    }

    fn open(&self) -> MutexGuard<'_, HashMap<IpAddr, VecDeque<Weak<Seat>>>> {
        // The map stays consistent at every instruction, so a panic elsewhere does not spoil it.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// A credential was proven on it: it is no stranger's any more.
    pub fn prove(&self) {
        self.proven.store(true, Ordering::Release);
        let mut open = self.of.open();
        let Some(seats) = open.get_mut(&self.address) else { return };
        seats.retain(|seat| !std::ptr::eq(seat.as_ptr(), self));
        if seats.is_empty() {
            open.remove(&self.address);
        }
    }

    /// Returns when the connection has to be closed; not when it was proven before it had heard of that.
    pub(super) async fn evicted(&self) {
        loop {
            self.leave.notified().await;
            if !self.proven.load(Ordering::Acquire) {
                return;
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.prove();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    async fn is_evicted(seat: &Seat) -> bool {
        tokio::time::timeout(Duration::from_millis(1), seat.evicted()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_stranger_leaves_and_who_has_proven_themselves_stays() {
        let strangers = Strangers::new(2, Vec::new());
        let proven = strangers.enter(PEER);
        proven.prove();
        let seats: Vec<Arc<Seat>> = (0..3).map(|_| strangers.enter(PEER)).collect();
        assert!(is_evicted(&seats[0]).await);
        for seat in [&seats[1], &seats[2], &proven] {
            assert!(!is_evicted(seat).await);
        }
        drop(seats);
        drop(proven);
        assert!(strangers.open().is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn who_proves_themselves_before_they_have_heard_that_they_must_leave_stays() {
        let strangers = Strangers::new(1, Vec::new());
        let oldest = strangers.enter(PEER);
        let _newest = strangers.enter(PEER);
        oldest.prove();
        assert!(!is_evicted(&oldest).await);
    }

    /// A connection that ends in the very moment in which it is told to leave.
    #[derive(Default)]
    struct Ending(Mutex<Option<std::pin::Pin<Box<dyn Future<Output = ()> + Send>>>>);

    impl std::task::Wake for Ending {
        fn wake(self: Arc<Self>) {
            drop(self.0.lock().unwrap().take());
        }
    }

    #[test]
    fn a_connection_that_ends_while_it_is_told_to_leave_holds_nobody_up() {
        let (done, entered) = std::sync::mpsc::channel();
        // On a thread of its own: where it is held up it stays so.
        std::thread::spawn(move || {
            let strangers = Strangers::new(1, Vec::new());
            let oldest = strangers.enter(PEER);
            let mut connection: std::pin::Pin<Box<dyn Future<Output = ()> + Send>> =
                Box::pin(async move { oldest.evicted().await });
            let ending = Arc::new(Ending::default());
            let waker = std::task::Waker::from(Arc::clone(&ending));
            assert!(connection.as_mut().poll(&mut std::task::Context::from_waker(&waker)).is_pending());
            *ending.0.lock().unwrap() = Some(connection);
            let newest = strangers.enter(PEER);
            assert!(ending.0.lock().unwrap().is_none(), "the oldest one has left");
            drop(newest);
            done.send(strangers.open().is_empty()).unwrap();
        });
        assert_eq!(entered.recv_timeout(Duration::from_secs(20)), Ok(true));
    }

    #[tokio::test(start_paused = true)]
    async fn other_addresses_and_trusted_proxies_are_not_counted_together() {
        let strangers = Strangers::new(1, vec!["10.0.0.0/8".parse().unwrap()]);
        let other = strangers.enter("192.0.2.2".parse().unwrap());
        let one = strangers.enter(PEER);
        let proxied: Vec<Arc<Seat>> = (0..9).map(|_| strangers.enter("10.1.2.3".parse().unwrap())).collect();
        for seat in proxied.iter().chain([&one, &other]) {
            assert!(!is_evicted(seat).await);
        }
        // A connection that has ended makes room.
        drop(one);
        let next = strangers.enter(PEER);
        assert!(!is_evicted(&next).await);
    }
}
