//! Admission and the rate limit, over real sockets.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::*;
use crate::scripted::{Answer, Script, TOKEN, soon};
use crate::{AccessToken, Call, Client, Settings};

/// A door that opens when it is told to.
struct Door {
    open: Semaphore,
    knocks: AtomicU32,
}

impl Door {
    fn closed() -> Arc<Self> {
        Arc::new(Self { open: Semaphore::new(0), knocks: AtomicU32::new(0) })
    }

    fn knocks(&self) -> u32 {
        self.knocks.load(Ordering::SeqCst)
    }
}

impl Admission for Door {
    fn enter(&self) -> Entering<'_> {
        self.knocks.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { self.open.acquire().await.map(tokio::sync::SemaphorePermit::forget).is_ok() })
    }
}

/// A portal that allows so many calls in ten seconds.
async fn portal(calls: u32) -> (Script, Client) {
    let script = Script::of((0..9).map(|_| Answer::json(200, r#"{"results":[]}"#))).await;
    let settings = Settings { list_budget: calls, ..script.settings() };
    let client = Client::new(&settings, AccessToken::new(TOKEN)).unwrap();
    (script, client)
}

async fn ask(client: &Client, call: &Call) -> Result<(), Error> {
    client.pipelines(call, "deals").await.map(drop)
}

#[tokio::test]
async fn who_waits_for_the_rate_limit_has_not_been_admitted() {
    let (_script, client) = portal(1).await;
    ask(&client, &soon()).await.unwrap();
    let door = Door::closed();
    let call = Call::within(Duration::from_millis(200)).admitted_by(Arc::clone(&door) as _);
    assert!(matches!(ask(&client, &call).await, Err(Error::Throttled { .. })));
    assert_eq!(door.knocks(), 0);
}

#[tokio::test]
async fn who_waits_for_admission_leaves_the_rate_limit_to_others() {
    let (script, client) = portal(1).await;
    let door = Door::closed();
    let call = Call::within(Duration::from_millis(200)).admitted_by(Arc::clone(&door) as _);
    let (outside, inside) = tokio::join!(ask(&client, &call), async {
        while door.knocks() < 2 {
            tokio::task::yield_now().await;
        }
        ask(&client, &soon()).await
    });
    assert_eq!((outside, inside), (Err(Error::NoRoom), Ok(())));
    assert_eq!(script.asked().len(), 1);
}

#[tokio::test]
async fn all_calls_of_a_piece_of_work_are_admitted_once() {
    let (script, client) = portal(100).await;
    let door = Door::closed();
    door.open.add_permits(1);
    let call = soon().admitted_by(Arc::clone(&door) as _);
    let (first, second) = tokio::join!(ask(&client, &call), ask(&client, &call));
    assert_eq!((first, second, ask(&client, &call).await), (Ok(()), Ok(()), Ok(())));
    assert_eq!((door.knocks(), script.asked().len()), (1, 3));
}
