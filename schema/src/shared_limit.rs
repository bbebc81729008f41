//! What the clients of several processes may do together: so many requests a minute, and so many at the same time. Kept
//! beside the stored state, in tables that a crash of the database empties, for stores that several machines share.
//!
//! An ordinary request costs one round trip, which takes from all its rates and a place among the running ones. Who has to
//! wait is told for how long, and has its turn reserved: nobody who comes later is before it. A place is leased: its
//! holder renews it, and that of a process which died is free a while later. Time is the database's.

use std::time::Duration;

use crate::error::StoreError;
use crate::store::{Row, SqlValue, Store, params};

/// Rates of one request.
pub const RATES: usize = 3;

/// Nobody waits longer for the turn of a rate.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A bucket that holds `burst` requests and gets one more every `spacing`.
#[derive(Debug, Clone)]
pub struct Rate {
    /// Names the bucket.
    pub name: String,
    /// A request is due so often.
    pub spacing: Duration,
    /// Requests at once.
    pub burst: u32,
}

/// Places of one name.
#[derive(Debug, Clone)]
pub struct Places {
    /// Their name.
    pub name: String,
    /// How many there are.
    pub limit: u32,
    /// For how long one counts that is not renewed.
    pub lease: Duration,
}

/// What a request needs.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its rates, asked in this order; `None` is not asked. The same kind always stands at the same place, so that two
    /// requests never wait for each other.
    pub rates: [Option<Rate>; RATES],
    /// How long it would wait for the turn of a rate, at most [`LONGEST_WAIT`].
    pub patience: Duration,
    /// The places of which it needs one at once.
    pub places: Option<Places>,
}

/// What became of it. Once a rate has to be waited for, or waited for too long, nothing behind it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// What was asked of the rates that were wanted, in their order.
    pub rates: Vec<Turn>,
    /// The place; none when all are taken, none was wanted, or a rate came before it.
    pub place: Option<i64>,
}

/// A turn of a rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn {
    /// When it comes. Longer than the patience: nothing was taken.
    pub wait: Duration,
    /// Requests that are left at this instant.
    pub left: u32,
}

/// Takes what is wanted.
///
/// # Errors
/// When the store is away, or is no shared one.
pub async fn take(store: &Store, wanted: &Wanted) -> Result<Outcome, StoreError> {
    const TAKE: &str = "WITH a AS MATERIALIZED (SELECT take_rate(?1, ?2, ?4, ?5) AS lack), \
         b AS MATERIALIZED (SELECT CASE WHEN a.lack > ?3 THEN NULL ELSE take_rate(?6, ?7, ?9, ?10) END AS lack, \
             COALESCE(a.lack > ?3, FALSE) AS late FROM a), \
         c AS MATERIALIZED (SELECT CASE WHEN b.late OR b.lack > ?8 THEN NULL ELSE take_rate(?11, ?12, ?14, ?15) END \
             AS lack, b.late OR COALESCE(b.lack > ?8, FALSE) AS late FROM b) \
         SELECT a.lack, b.lack, c.lack, \
             CASE WHEN c.late OR c.lack > ?13 THEN NULL ELSE take_place(?16, ?17, ?18) END FROM a, b, c";
    let patience = micros(wanted.patience.min(LONGEST_WAIT));
    let mut values = Vec::new();
    for rate in &wanted.rates {
        let spacing = rate.as_ref().map(|rate| micros(rate.spacing));
        let depth = rate.as_ref().map(Rate::depth);
        let most = depth.map(|depth| depth.saturating_add(patience));
        let worst = depth.map(|depth| depth.saturating_add(micros(LONGEST_WAIT)));
        values.extend(params![rate.as_ref().map(|rate| &rate.name), spacing, depth, most, worst]);
    }
    values.extend(place_values(wanted.places.as_ref()));
    let mut row = one(store.count_once(TAKE, values).await?)?;
    let mut rates = Vec::new();
    for rate in &wanted.rates {
        let lack: Option<i64> = row.take()?;
        rates.extend(rate.as_ref().zip(lack).map(|(rate, lack)| rate.turn(lack)));
    }
    Ok(Outcome { rates, place: row.take()? })
}

/// Takes a place, if one is free: its number.
///
/// # Errors
/// As [`take`].
pub async fn take_place(store: &Store, places: &Places) -> Result<Option<i64>, StoreError> {
    const TAKE: &str = "SELECT take_place(?1, ?2, ?3)";
    one(store.count_once(TAKE, place_values(Some(places)).to_vec()).await?)?.take()
}

/// Gives places back.
///
/// # Errors
/// As [`take`].
pub async fn give_back(store: &Store, places: &[i64]) -> Result<(), StoreError> {
    const GIVE_BACK: &str = "DELETE FROM shared_running WHERE id = ANY (string_to_array(?1, ',')::bigint[])";
    store.count_once(GIVE_BACK, params![list(places)]).await.map(drop)
}

/// Has places count for `lease` from now on; one that is given back stays so.
///
/// # Errors
/// As [`take`].
pub async fn renew(store: &Store, places: &[i64], lease: Duration) -> Result<(), StoreError> {
    const RENEW: &str = "UPDATE shared_running SET until = store_now() + ?2 \
         WHERE id = ANY (string_to_array(?1, ',')::bigint[])";
    store.count_once(RENEW, params![list(places), millis(lease)]).await.map(drop)
}

/// Drops buckets that are full and places that count no more. What somebody is about to use is left.
///
/// # Errors
/// As [`take`].
pub async fn forget_idle(store: &Store) -> Result<(), StoreError> {
    const RATES: &str = "DELETE FROM shared_rates WHERE name IN \
         (SELECT name FROM shared_rates WHERE filled < store_now() * 1000 FOR UPDATE SKIP LOCKED)";
    const PLACES: &str = "DELETE FROM shared_running WHERE id IN \
         (SELECT id FROM shared_running WHERE until <= store_now() FOR UPDATE SKIP LOCKED)";
    store.count_once(RATES, params![]).await?;
    store.count_once(PLACES, params![]).await.map(drop)
}

impl Rate {
    /// What may be lacking while nobody waits.
    fn depth(&self) -> i64 {
        micros(self.spacing).saturating_mul(self.burst.into())
    }

    fn turn(&self, lack: i64) -> Turn {
        let over = lack.saturating_sub(self.depth());
        let left = over.saturating_neg() / micros(self.spacing);
        Turn {
            wait: Duration::from_micros(u64::try_from(over).unwrap_or(0)),
            left: u32::try_from(left).unwrap_or(0),
        }
    }
}

fn place_values(places: Option<&Places>) -> [SqlValue; 3] {
    let (name, limit) = (places.map(|places| places.name.as_str()), places.map(|places| places.limit));
    [name.into(), limit.into(), places.map(|places| millis(places.lease)).into()]
}

fn one(rows: Vec<Row>) -> Result<Row, StoreError> {
    let none = || StoreError::Statement { message: "no row where one must be".to_owned() };
    rows.into_iter().next().ok_or_else(none)
}

fn list(places: &[i64]) -> String {
    places.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}

/// At least one: nothing is due more often than the clock ticks.
fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX).max(1)
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests;
