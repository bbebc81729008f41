//! Windows in which several processes count together: at any instant at most so many places count. Kept beside the
//! stored state, in tables that a crash of the database empties, for stores that several machines share.
//!
//! A claim takes the row of its window first, so that of two processes one looks after the other has written; no other write
//! waits for it. Time is the database's.

use std::time::Duration;

use crate::error::StoreError;
use crate::store::{Row, Store, params};

/// A place wanted.
#[derive(Debug, Clone)]
pub struct Claim {
    /// The name of the window.
    pub window: String,
    /// The most places that count at any instant.
    pub limit: u32,
    /// For how long the place counts if nothing more is heard of it.
    pub counts_for: Duration,
    /// Places of this window taken before, each with the time until which it counts now, in milliseconds since 1970. Later
    /// than it would have counted anyway changes nothing.
    pub settled: Vec<(i64, i64)>,
}

/// The outcome of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Claimed {
    /// Taken.
    Place {
        /// Names it.
        place: i64,
        /// When it was counted, in milliseconds since 1970.
        at: i64,
    },
    /// All are taken: worth asking again in so long.
    Wait(Duration),
}

/// Settles places and takes one if one is free.
///
/// # Errors
/// When the store is away, or is no shared one.
pub async fn claim(store: &Store, claim: Claim) -> Result<Claimed, StoreError> {
    const LOCK: &str =
        "INSERT INTO shared_windows (name) VALUES (?1) ON CONFLICT (name) DO UPDATE SET name = excluded.name";
    const SETTLE: &str = "UPDATE shared_places SET until = ?2 WHERE id = ?1 AND until > ?2";
    const FORGET: &str = "DELETE FROM shared_places WHERE name = ?1 AND until <= ?2";
    const LATEST: &str = "SELECT until FROM shared_places WHERE name = ?1 ORDER BY until DESC LIMIT ?2";
    const TAKE: &str = "INSERT INTO shared_places (name, until) VALUES (?1, ?2) RETURNING id";
    let mut tx = store.count().await?;
    tx.execute_one(LOCK, params![&claim.window]).await?;
    for (place, until) in claim.settled {
        tx.execute(SETTLE, params![place, until]).await?;
    }
    // Behind the lock: the time at which the place is taken.
    let at: i64 = tx.query_one("SELECT store_now()", params![]).await?.take()?;
    tx.execute(FORGET, params![&claim.window, at]).await?;
    let counting: Vec<i64> = tx.list(LATEST, params![&claim.window, claim.limit], Row::take).await?;
    let full = u64::try_from(counting.len()).is_ok_and(|count| count >= u64::from(claim.limit));
    let outcome = match counting.last() {
        // When the earliest of the last `limit` places leaves, there is room for one more.
        Some(leaves) if full => Claimed::Wait(Duration::from_millis(leaves.abs_diff(at))),
        _ => {
            let counts_for = i64::try_from(claim.counts_for.as_millis()).unwrap_or(i64::MAX);
            let until = at.saturating_add(counts_for);
            let place = tx.query_one(TAKE, params![&claim.window, until]).await?.take()?;
            Claimed::Place { place, at }
        }
    };
    tx.commit().await?;
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{World, on_postgres};

    fn wish(limit: u32, settled: Vec<(i64, i64)>) -> Claim {
        Claim { window: "portal list".into(), limit, counts_for: Duration::from_secs(60), settled }
    }

    #[tokio::test]
    async fn a_file_has_no_shared_windows() {
        let world = World::new().await;
        let outcome = claim(&world.ctx.store, wish(1, Vec::new())).await;
        assert_eq!(outcome.is_ok(), on_postgres());
    }

    #[tokio::test]
    async fn so_many_places_are_taken_and_a_settled_one_is_free_earlier() {
        let world = World::new().await;
        if !on_postgres() {
            return;
        }
        let other = Store::open(&world.address()).await.unwrap();
        let mut taken = Vec::new();
        for store in [&world.ctx.store, &other, &world.ctx.store] {
            let Claimed::Place { place, at } = claim(store, wish(3, Vec::new())).await.unwrap() else {
                panic!("three are free")
            };
            taken.push((place, at));
        }
        let Claimed::Wait(wait) = claim(&other, wish(3, Vec::new())).await.unwrap() else {
            panic!("three are taken")
        };
        assert!(wait > Duration::from_secs(50) && wait <= Duration::from_secs(60), "{wait:?}");
        let (place, at) = taken[2];
        let again = claim(&other, wish(3, vec![(place, at)])).await.unwrap();
        assert!(matches!(again, Claimed::Place { .. }), "{again:?}");
        let elsewhere = Claim { window: "another list".into(), ..wish(1, Vec::new()) };
        assert!(matches!(claim(&other, elsewhere).await.unwrap(), Claimed::Place { .. }));
    }

    #[tokio::test]
    async fn many_who_claim_together_get_no_more_than_there_are() {
        let world = World::new().await;
        if !on_postgres() {
            return;
        }
        let stores = [&world.ctx.store, &Store::open(&world.address()).await.unwrap()].map(Clone::clone);
        let mut tasks = tokio::task::JoinSet::new();
        for index in 0..40 {
            let store = stores[index % 2].clone();
            tasks.spawn(async move { claim(&store, wish(10, Vec::new())).await.unwrap() });
        }
        let outcomes = tasks.join_all().await;
        let taken = outcomes.iter().filter(|outcome| matches!(outcome, Claimed::Place { .. })).count();
        assert_eq!(taken, 10, "{outcomes:?}");
    }
}
