//! Who is next: callers of one name in the order they came, the names in turn.
//!
//! A portal is shared by several data sources, and one of them may read by twenty-four cursors at once: in a single queue
//! a small request of another would wait behind all of them. So each name has a queue of its own, and the names take turns.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The queues before one window.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<Queues>);

#[derive(Debug, Default)]
struct Queues {
    /// Somebody has the turn.
    taken: bool,
    /// Those who wait, the name whose turn is next in front. No queue is empty.
    waiting: VecDeque<(Arc<str>, VecDeque<oneshot::Sender<()>>)>,
}

/// The turn: dropped, it goes to the next.
#[derive(Debug)]
pub(super) struct Turn<'a>(&'a Turns);

/// A place in a queue. Dropped before its turn comes, it holds nobody up.
#[derive(Debug)]
pub(super) struct Waiting<'a> {
    turns: &'a Turns,
    /// None: the turn is there already.
    called: Option<oneshot::Receiver<()>>,
    has_turn: bool,
    /// Those whose turn comes before this one's, if nobody gives up.
    pub(super) ahead: usize,
}

impl Turns {
    /// Joins the queue of a name.
    pub(super) fn join(&self, name: &Arc<str>) -> Waiting<'_> {
        let mut queues = self.lock();
        if !queues.taken {
            queues.taken = true;
            return Waiting { turns: self, called: None, has_turn: true, ahead: 0 };
        }
        let own = queues.waiting.iter().find(|(whose, _)| whose == name).map_or(0, |(_, queue)| queue.len());
        // By the time it is this caller's turn, each name has had one more than the callers before it here.
        let ahead = 1 + queues.waiting.iter().map(|(_, queue)| queue.len().min(own + 1)).sum::<usize>();
        let (call, called) = oneshot::channel();
        match queues.waiting.iter_mut().find(|(whose, _)| whose == name) {
            Some((_, queue)) => queue.push_back(call),
            None => queues.waiting.push_back((Arc::clone(name), VecDeque::from([call]))),
        }
        Waiting { turns: self, called: Some(called), has_turn: false, ahead }
    }

    /// Gives the turn to the next who still waits.
    fn pass_on(&self) {
        let mut queues = self.lock();
        while let Some((name, mut queue)) = queues.waiting.pop_front() {
            let next = queue.pop_front();
            if !queue.is_empty() {
                queues.waiting.push_back((name, queue));
            }
            if next.is_some_and(|call| call.send(()).is_ok()) {
                return;
            }
        }
        queues.taken = false;
    }

    /// The data is whole after every statement, so a panic elsewhere does not spoil it.
    fn lock(&self) -> MutexGuard<'_, Queues> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a> Waiting<'a> {
    /// Waits until it is one's turn.
    pub(super) async fn turn(mut self) -> Turn<'a> {
        if let Some(called) = &mut self.called {
            // The sender is only dropped with the queues themselves.
            let _ = called.await;
        }
        (self.called, self.has_turn) = (None, false);
        Turn(self.turns)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        // Called at this very moment: the turn goes on to the next.
        let called = self.called.as_mut().is_some_and(|called| {
            called.close();
            called.try_recv().is_ok()
        });
        if called || self.has_turn {
            self.turns.pass_on();
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.pass_on();
    }
}
