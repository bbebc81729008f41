use super::*;
use crate::testing::{World, on_postgres};

const MINUTE: Duration = Duration::from_secs(60);

/// Ten at once, then one a second.
fn rate(name: &str) -> Option<Rate> {
    Some(Rate { name: name.to_owned(), spacing: Duration::from_secs(1), burst: 10 })
}

fn wanted(rates: [Option<Rate>; RATES], patience: u64) -> Wanted {
    Wanted { rates, patience: Duration::from_secs(patience), places: None }
}

/// Two processes on one store; none on a store that is not shared.
async fn two() -> Option<(World, [Store; 2])> {
    let world = World::new().await;
    if !on_postgres() {
        let refused = take(&world.ctx.store, &wanted([rate("a"), None, None], 0)).await;
        assert!(matches!(refused, Err(StoreError::Misconfigured { .. })), "{refused:?}");
        return None;
    }
    let stores = [world.ctx.store.clone(), Store::open(&world.address()).await.unwrap()];
    Some((world, stores))
}

#[tokio::test]
async fn two_processes_share_a_bucket_and_those_behind_it_wait_in_line() {
    let Some((_world, stores)) = two().await else { return };
    let wanted = wanted([None, rate("user 7"), None], 5);
    let mut turns = Vec::new();
    for index in 0..20 {
        let outcome = take(&stores[index % 2], &wanted).await.unwrap();
        assert_eq!((outcome.rates.len(), outcome.place), (1, None));
        turns.push(outcome.rates[0]);
    }
    assert_eq!(turns[0], Turn { wait: Duration::ZERO, left: 9 });
    assert!(turns[..10].iter().all(|turn| turn.wait.is_zero()), "{turns:?}");
    // Each second behind the one before; the database took some milliseconds for all of them.
    for (behind, turn) in (1..=5).zip(&turns[10..15]) {
        let wait = turn.wait.as_secs_f64();
        assert!(wait <= f64::from(behind) && wait > f64::from(behind) - 1.0, "{turns:?}");
    }
    // The others would wait for longer than their patience: they took nothing, and nobody waits for them.
    for turn in &turns[15..] {
        assert!(turn.wait > Duration::from_secs(5) && turn.wait <= Duration::from_secs(6), "{turns:?}");
    }
}

#[tokio::test]
async fn who_waits_for_one_rate_has_not_taken_from_those_behind_it() {
    let Some((_world, stores)) = two().await else { return };
    let all = wanted([rate("token a"), rate("user 1"), rate("tenant 1")], 30);
    for _ in 0..12 {
        take(&stores[0], &all).await.unwrap();
    }
    let outcome = take(&stores[0], &all).await.unwrap();
    assert_eq!(outcome.rates.len(), 1, "only its own rate was asked");
    let behind = wanted([None, rate("user 1"), rate("tenant 1")], 30);
    let rest = take(&stores[1], &behind).await.unwrap().rates;
    assert!(rest.iter().all(|turn| turn.wait > Duration::ZERO || turn.left == 0), "ten were taken: {rest:?}");
    let other = wanted([rate("token b"), rate("user 2"), None], 30);
    let other = take(&stores[0], &other).await.unwrap().rates;
    assert!(other.len() == 2 && other.iter().all(|turn| turn.left == 9), "{other:?}");
}

#[tokio::test]
async fn many_who_come_together_get_no_more_than_there_is_and_nobody_is_in_the_others_way() {
    let Some((_world, stores)) = two().await else { return };
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..60 {
        let store = stores[index % 2].clone();
        let wanted =
            wanted([rate(&format!("token {index}")), rate(&format!("user {}", index % 3)), rate("all")], 0);
        tasks.spawn(async move { take(&store, &wanted).await.unwrap() });
    }
    let outcomes = tasks.join_all().await;
    let through = outcomes.iter().filter(|outcome| outcome.rates.iter().all(|turn| turn.wait.is_zero()));
    assert_eq!(through.filter(|outcome| outcome.rates.len() == 3).count(), 10);
}

/// Runs a statement of the tests.
async fn change(world: &World, sql: &'static str) {
    let mut tx = world.ctx.store.write().await.unwrap();
    tx.execute(sql, params![]).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_clock_that_was_set_back_refuses_nobody() {
    let Some((world, stores)) = two().await else { return };
    let wanted = wanted([rate("token a"), None, None], 0);
    take(&stores[0], &wanted).await.unwrap();
    // As the row looks to a clock that stands an hour before the one by which it was written.
    change(&world, "UPDATE shared_rates SET filled = filled + 3600000000").await;
    let turns = [take(&stores[1], &wanted).await.unwrap(), take(&stores[0], &wanted).await.unwrap()];
    let left = turns.map(|outcome| (outcome.rates[0].wait, outcome.rates[0].left));
    assert_eq!(left, [(Duration::ZERO, 9), (Duration::ZERO, 8)]);
}

#[tokio::test]
async fn the_isolation_that_a_database_begins_with_does_not_matter() {
    let Some((world, _)) = two().await else { return };
    change(
        &world,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = serializable', \
         current_database()); END $$",
    )
    .await;
    let store = Store::open(&world.address()).await.unwrap();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..60 {
        let store = store.clone();
        let wanted = Wanted { places: Some(places(60, MINUTE)), ..wanted([None, None, rate("all")], 30) };
        tasks.spawn(async move { take(&store, &wanted).await.map(drop) });
    }
    assert_eq!(tasks.join_all().await.into_iter().filter_map(Result::err).next(), None);
}

fn places(limit: u32, lease: Duration) -> Places {
    Places { name: "tenant 1".into(), limit, lease }
}

#[tokio::test]
async fn places_are_shared_given_back_and_lapse_unless_renewed() {
    let Some((_world, [first, second])) = two().await else { return };
    let with_place = Wanted { places: Some(places(3, MINUTE)), ..wanted([None, None, rate("tenant 1")], 0) };
    let one = take(&first, &with_place).await.unwrap().place.unwrap();
    let two = take_place(&second, &places(3, MINUTE)).await.unwrap().unwrap();
    // Whoever holds this one died before it could renew it.
    take_place(&second, &places(3, Duration::ZERO)).await.unwrap().unwrap();
    let three = take_place(&first, &places(3, MINUTE)).await.unwrap().unwrap();
    assert_eq!(take_place(&second, &places(3, MINUTE)).await, Ok(None));
    assert_eq!(take(&first, &with_place).await.unwrap().place, None);
    let elsewhere = Places { name: "tenant 2".into(), ..places(1, MINUTE) };
    assert!(take_place(&first, &elsewhere).await.unwrap().is_some());
    give_back(&first, &[one, three]).await.unwrap();
    renew(&second, &[one, two], Duration::ZERO).await.unwrap();
    for _ in 0..3 {
        assert!(take_place(&first, &places(3, MINUTE)).await.unwrap().is_some());
    }
    assert_eq!(take_place(&first, &places(3, MINUTE)).await, Ok(None));
}

#[tokio::test]
async fn what_is_at_rest_is_forgotten() {
    let Some((world, stores)) = two().await else { return };
    let quick = Rate { name: "quick".into(), spacing: Duration::from_micros(1), burst: 10 };
    take(&stores[0], &wanted([Some(quick), None, rate("slow")], 0)).await.unwrap();
    take_place(&stores[0], &places(1, Duration::ZERO)).await.unwrap().unwrap();
    // Both are over by the next millisecond of the database.
    let names = "SELECT name FROM shared_rates UNION ALL SELECT name FROM shared_running";
    for _ in 0..1_000 {
        forget_idle(&stores[1]).await.unwrap();
        let mut tx = world.ctx.store.read().await.unwrap();
        let left = tx.list(names, params![], Row::take::<String>).await.unwrap();
        if left == ["slow"] {
            return;
        }
    }
    panic!("something stays");
}

#[tokio::test]
async fn many_who_want_a_place_together_get_no_more_than_there_are() {
    let Some((_world, stores)) = two().await else { return };
    let mut tasks = tokio::task::JoinSet::new();
    for index in 0..40 {
        let store = stores[index % 2].clone();
        tasks.spawn(async move { take_place(&store, &places(7, MINUTE)).await.unwrap() });
    }
    let taken = tasks.join_all().await.into_iter().flatten().count();
    assert_eq!(taken, 7);
}
