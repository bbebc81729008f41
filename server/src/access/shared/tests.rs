//! On PostgreSQL, where it is installed: what nobody waits for is given back, and who has waited is not turned away.

use std::num::NonZeroU32;

use feedgate_tests::postgres::Server;
use feedgate_tests::wait;

use super::*;

/// A process on a database of its own.
struct Desk {
    server: &'static Server,
    database: String,
    limits: SharedLimits,
    here: Limits,
}

async fn desk() -> Option<Desk> {
    let server = Server::shared()?;
    let address = server.database();
    let store = Store::open(&address).await.unwrap();
    let limits = SharedLimits::start(&store, &Tasks::default());
    let database = address.rsplit('/').next().unwrap().to_owned();
    Some(Desk { server, database, limits, here: Limits::default() })
}

impl Desk {
    fn sql(&self, statement: &str) -> String {
        self.server.sql(&self.database, statement)
    }

    fn running(&self) -> Running<'_> {
        Running { tenant: "7", limit: 5, here: &self.here }
    }

    /// Uses the first of the rates up; by then the next turn has come.
    async fn use_up(&self, rates: &[Rate; RATES]) -> Instant {
        loop {
            let mut wanted = wanted(rates, 0, Duration::ZERO, None);
            wanted.rates[1..].fill(None);
            let outcome = shared_limit::take(&self.limits.store, &wanted).await.unwrap();
            if !outcome.rates[0].wait.is_zero() {
                return Instant::now() + outcome.rates[0].wait;
            }
        }
    }
}

/// A token with one request every half second, behind a burst of twenty, within a wide user and tenant.
fn rates() -> [Rate; RATES] {
    let rate = |whose, per_minute| Rate {
        whose,
        key: "1".to_owned(),
        per_minute: NonZeroU32::new(per_minute).unwrap(),
    };
    [rate("token", 120), rate("user", 6_000), rate("tenant", 6_000)]
}

/// A request that would wait until exactly then.
fn asking(rates: &[Rate; RATES], until: Instant) -> Asking<'_> {
    Asking { until, ..Asking::new(&|_, _| (), rates, until + MARGIN) }
}

#[tokio::test]
async fn who_has_waited_to_the_end_for_one_rate_is_asked_for_the_others_and_gets_a_place() {
    let Some(desk) = desk().await else { return };
    let rates = rates();
    let until = desk.use_up(&rates).await;
    let admitted = desk.limits.admit(asking(&rates, until), desk.running()).await;
    assert!(admitted.is_ok(), "{:?}", admitted.err());
}

#[tokio::test]
async fn who_has_waited_to_the_end_and_would_wait_again_is_refused_for_the_limit_behind() {
    let Some(desk) = desk().await else { return };
    let [token, mut user, tenant] = rates();
    user.per_minute = NonZeroU32::new(6).unwrap();
    let of_user = [user.clone(), token.clone(), tenant.clone()];
    let rates = [token, user, tenant];
    let until = desk.use_up(&rates).await;
    desk.use_up(&of_user).await;
    let refused = desk.limits.take(asking(&rates, until)).await.unwrap_err();
    assert!(matches!(refused, Failure::TooManyRequests { whose: "user", .. }), "{refused:?}");
}

#[tokio::test]
async fn a_place_that_was_taken_for_somebody_who_has_gone_is_given_back_at_once() {
    let Some(desk) = desk().await else { return };
    let (server, database) = (desk.server, desk.database.clone());
    let held = std::thread::spawn(move || {
        server.sql(&database, "SELECT pg_advisory_lock(1718773092, hashtext('7')), pg_sleep(1)")
    });
    let locks = |granted: &str| {
        let state = format!("granted = {granted} AND locktype = 'advisory' AND classid = 1718773092");
        let here = "database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        desk.sql(&format!("SELECT COUNT(*) FROM pg_locks WHERE {state} AND {here}"))
    };
    wait::until("the lock", wait::PATIENCE, || (locks("true") == "1").then_some(()));
    let (rates, until) = (rates(), Instant::now() + Duration::from_secs(20));
    let admission = desk.limits.admit(asking(&rates, until), desk.running());
    assert!(
        tokio::time::timeout(Duration::from_millis(200), admission).await.is_err(),
        "it waits for the lock"
    );
    assert_eq!(locks("false"), "1");
    held.join().unwrap();
    let [taken, left] =
        ["SELECT COUNT(*) FROM pg_sequences WHERE last_value = 1", "SELECT COUNT(*) FROM shared_running"];
    let taken = format!("{taken} AND sequencename = 'shared_running_id_seq'");
    // Well before the lease ends.
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(50)).await;
        if desk.sql(&taken) == "1" && desk.sql(left) == "0" {
            return;
        }
    }
    panic!("taken: {}, left: {}", desk.sql(&taken), desk.sql(left));
}
