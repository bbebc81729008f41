//! Writes down how a delivery ended.

use std::time::Duration;

use crate::clock::later;
use crate::context::Context;
use crate::error::OperationError;
use crate::operations::notice_claim::Claimed;
use crate::rights;
use crate::store::params;

/// After so many attempts a delivery is given up: with doubled waits from half a minute to six hours, two days.
const ATTEMPTS: u32 = 16;
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(6 * 3_600);

/// How it ended.
#[derive(Debug, Clone)]
pub struct Request {
    /// The delivery, as it was claimed.
    pub claimed: Claimed,
    /// The error, when it did not arrive.
    pub error: Option<String>,
    /// Whether another attempt can help.
    pub retry: bool,
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Delivered,
    /// It is tried again.
    Waiting,
    /// It was given up.
    Dead,
    /// The lease had ended: somebody else delivers it.
    Lost,
}

/// Writes it down. For the service itself.
///
/// # Errors
/// When the store cannot be written.
pub async fn run(ctx: &Context, request: Request) -> Result<Outcome, OperationError> {
    rights::operator(ctx)?;
    let Request { claimed, error, retry } = request;
    let attempts = claimed.attempts + 1;
    let outcome = match error {
        None => Outcome::Delivered,
        Some(_) if retry && attempts < ATTEMPTS => Outcome::Waiting,
        Some(_) => Outcome::Dead,
    };
    let now = ctx.now();
    let sql = match outcome {
        Outcome::Delivered => {
            "UPDATE deliveries SET delivered_at = ?5, error = ?6, lease = NULL, leased_until = NULL \
             WHERE notice_id = ?1 AND channel = ?2 AND address = ?3 AND lease = ?4"
        }
        Outcome::Dead => {
            "UPDATE deliveries SET dead_at = ?5, error = ?6, lease = NULL, leased_until = NULL \
             WHERE notice_id = ?1 AND channel = ?2 AND address = ?3 AND lease = ?4"
        }
        _ => {
            "UPDATE deliveries SET due_at = ?5, error = ?6, lease = NULL, leased_until = NULL \
             WHERE notice_id = ?1 AND channel = ?2 AND address = ?3 AND lease = ?4"
        }
    };
    let at = if outcome == Outcome::Waiting { later(now, wait(attempts)) } else { now };
    let Claimed { notice, channel, address, lease, .. } = &claimed;
    let mut tx = ctx.store.write().await?;
    let count = tx.execute(sql, params![&notice.id, channel.as_str(), address, lease, at, error]).await?;
    tx.commit().await?;
    Ok(if count == 0 { Outcome::Lost } else { outcome })
}

/// How long to wait after the attempt number `attempts`, counted from 1.
fn wait(attempts: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << attempts.saturating_sub(1).min(20)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notice::Channel;
    use crate::operations::{notice_claim, notice_list, notice_target_add, notice_test};
    use crate::testing::World;

    async fn claim(world: &World) -> Vec<Claimed> {
        let request = notice_claim::Request {
            channels: vec![Channel::Email],
            limit: 10,
            lease: Duration::from_secs(60),
        };
        notice_claim::run(&world.ctx, request).await.unwrap()
    }

    async fn world() -> World {
        let world = World::new().await;
        let request = notice_target_add::Request::Email { address: "ops@example.org".into() };
        notice_target_add::run(&world.ctx, request).await.unwrap();
        notice_test::run(&world.ctx, notice_test::Request {}).await.unwrap();
        world
    }

    #[tokio::test]
    async fn a_delivery_belongs_to_who_claimed_it_until_the_lease_ends() {
        let world = world().await;
        let first = claim(&world).await.remove(0);
        assert!(claim(&world).await.is_empty(), "claimed");
        world.pass(60);
        let second = claim(&world).await.remove(0);
        let settle =
            async |claimed| run(&world.ctx, Request { claimed, error: None, retry: true }).await.unwrap();
        assert_eq!(settle(first).await, Outcome::Lost);
        assert_eq!(settle(second).await, Outcome::Delivered);
        world.pass(3_600);
        assert!(claim(&world).await.is_empty(), "delivered");
    }

    #[tokio::test]
    async fn a_failed_delivery_is_tried_again_later_and_later_and_then_given_up() {
        let world = world().await;
        let mut waits = Vec::new();
        let mut outcome = Outcome::Waiting;
        while outcome == Outcome::Waiting {
            let claimed = claim(&world).await.remove(0);
            let request = Request { claimed, error: Some("connection refused".into()), retry: true };
            outcome = run(&world.ctx, request).await.unwrap();
            let list = notice_list::run(&world.ctx, notice_list::Request::default()).await.unwrap();
            let delivery = &list[0].deliveries[0];
            assert_eq!(delivery.error.as_deref(), Some("connection refused"));
            let wait = delivery.due_at.duration_since(world.ctx.now()).as_secs();
            if outcome == Outcome::Waiting {
                waits.push(wait);
                world.pass(wait - 1);
                assert!(claim(&world).await.is_empty());
                world.pass(1);
            }
        }
        assert_eq!(&waits[..4], [30, 60, 120, 240]);
        assert_eq!((waits.len(), waits.last()), (15, Some(&21_600)));
        assert_eq!(outcome, Outcome::Dead);
    }

    #[tokio::test]
    async fn what_another_attempt_cannot_mend_is_given_up_at_once() {
        let world = world().await;
        let claimed = claim(&world).await.remove(0);
        let request = Request { claimed, error: Some("410 Gone".into()), retry: false };
        assert_eq!(run(&world.ctx, request).await.unwrap(), Outcome::Dead);
    }
}
