//! HubSpot's budgets are used and never exceeded, as the simulator's own journal shows.

use std::time::Duration;

use hubspot::budget::Kind;
use hubspot::{Call, Client, Error, ListRequest, SearchRequest, Settings};
use hubspot_sim::{JournalEntry, Simulator};
use tokio::task::JoinSet;

use crate::world::{World, soon, world};

async fn search(client: &Client, call: &Call) -> Result<u64, Error> {
    let request = SearchRequest { limit: 1, ..SearchRequest::default() };
    client.search(call, "contacts", &request).await.map(|page| page.total)
}

async fn list(client: &Client, call: &Call) -> Result<usize, Error> {
    let request = ListRequest { limit: 1, ..ListRequest::default() };
    client.list(call, "contacts", &request).await.map(|page| page.records.len())
}

/// A portal of ten contacts with these budgets.
async fn limited(general: u32, search: u32, client: Settings) -> World {
    let settings = hubspot_sim::Settings {
        budget: Some(general),
        search_budget: Some(search),
        ..hubspot_sim::Settings::small(10)
    };
    world(settings, client).await
}

fn refused(journal: &[JournalEntry]) -> usize {
    journal.iter().filter(|entry| entry.status == 429).count()
}

/// The most calls that any second of the journal holds.
fn fullest_second(journal: &[JournalEntry]) -> usize {
    let mut at: Vec<i64> =
        journal.iter().map(|entry| entry.at.parse::<jiff::Timestamp>().unwrap().as_millisecond()).collect();
    at.sort_unstable();
    (0..at.len()).map(|i| at[i..].iter().take_while(|ms| **ms < at[i] + 1_000).count()).max().unwrap_or(0)
}

/// `count` searches at once.
async fn searches(client: &Client, count: usize) -> Vec<Result<u64, Error>> {
    let mut tasks = JoinSet::new();
    for _ in 0..count {
        let client = client.clone();
        tasks.spawn(async move { search(&client, &soon()).await });
    }
    tasks.join_all().await
}

#[tokio::test]
async fn searches_come_as_fast_as_allowed_and_no_faster() {
    let world = limited(190, 5, Settings::default()).await;
    let answers = searches(&world.client, 16).await;
    assert!(answers.iter().all(|answer| *answer == Ok(10)), "{answers:?}");
    let journal = world.portal.journal(0);
    assert_eq!((journal.len(), refused(&journal)), (16, 0));
    let fullest = fullest_second(&journal);
    assert!((1..=5).contains(&fullest), "{fullest} in one second");
}

#[tokio::test]
async fn a_budget_that_is_smaller_than_thought_is_found_out() {
    // As when another program searches in the same account.
    let world = limited(190, 5, Settings { search_budget: 50, ..Settings::default() }).await;
    let answers = searches(&world.client, 12).await;
    assert!(answers.iter().all(|answer| *answer == Ok(10)), "{answers:?}");
    assert!(refused(&world.portal.journal(0)) > 0, "the test is not about refusals");
}

#[tokio::test]
async fn a_list_budget_is_learned_and_who_must_wait_too_long_is_told_at_once() {
    let world = limited(15, 5, Settings::default()).await;
    assert_eq!(list(&world.client, &soon()).await, Ok(1));
    assert_eq!(world.client.budgets().lane(Kind::List).terms().limit, 15);
    let mut tasks = JoinSet::new();
    for _ in 0..40 {
        let client = world.client.clone();
        tasks.spawn(async move { list(&client, &Call::within(Duration::from_secs(3))).await });
    }
    let answers = tasks.join_all().await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 14);
    for answer in answers.iter().filter(|answer| answer.is_err()) {
        let Err(Error::Throttled { retry_after }) = answer else { panic!("{answer:?}") };
        assert!(*retry_after > Duration::from_secs(3), "{retry_after:?}");
    }
    let journal = world.portal.journal(0);
    assert_eq!((journal.len(), refused(&journal)), (15, 0));
}

#[tokio::test]
async fn searches_do_not_wait_for_lists() {
    let world = limited(1, 5, Settings { list_budget: 1, ..Settings::default() }).await;
    assert_eq!(list(&world.client, &soon()).await, Ok(1));
    let brief = Call::within(Duration::from_secs(3));
    assert!(matches!(list(&world.client, &brief).await, Err(Error::Throttled { .. })));
    assert_eq!(search(&world.client, &brief).await, Ok(10));
    assert!(world.client.associations(&brief, "contacts", "companies", &[1]).await.is_ok());
}

#[tokio::test]
async fn a_spent_day_is_told_as_such() {
    let settings = hubspot_sim::Settings { daily_budget: Some(2), ..hubspot_sim::Settings::small(10) };
    let portal = Simulator::start(settings, "127.0.0.1:0").await.unwrap();
    let settings = Settings { base_url: portal.base_url(), ..Settings::default() };
    let client = Client::new(&settings, hubspot::AccessToken::new(portal.access_token())).unwrap();
    client.account(&soon()).await.unwrap();
    assert_eq!(list(&client, &soon()).await, Ok(1));
    for _ in 0..3 {
        let outcome = list(&client, &soon()).await;
        assert!(matches!(outcome, Err(Error::DailyLimit { resets_at: Some(_) })), "{outcome:?}");
    }
    assert_eq!(refused(&portal.journal(0)), 1);
}

#[tokio::test]
async fn a_share_of_the_day_is_left_to_others() {
    let portal = hubspot_sim::Settings { daily_budget: Some(20), ..hubspot_sim::Settings::small(10) };
    let world = world(portal, Settings { daily_share: 75, ..Settings::default() }).await;
    world.client.account(&soon()).await.unwrap();
    let mut answered = 1;
    let outcome = loop {
        match list(&world.client, &soon()).await {
            Ok(_) => answered += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(outcome, Error::DailyLimit { resets_at: Some(_) }), "{outcome:?}");
    assert_eq!((answered, world.client.budgets().today()), (15, Some((20, 5))));
    let searched = search(&world.client, &soon()).await;
    assert!(matches!(searched, Err(Error::DailyLimit { .. })), "one day for all kinds: {searched:?}");
    assert_eq!(refused(&world.portal.journal(0)), 0);
}

#[tokio::test]
async fn several_data_sources_at_once_stay_within_every_window_and_none_waits_for_all_of_another() {
    let world = limited(190, 5, Settings::default()).await;
    let mut tasks = JoinSet::new();
    for (name, count) in [("greedy", 18), ("modest", 2), ("other", 4)] {
        for _ in 0..count {
            let client = world.client.clone();
            tasks.spawn(async move {
                let call = soon().named(name);
                let (searched, linked, listed) = tokio::join!(
                    search(&client, &call),
                    client.associations(&call, "contacts", "companies", &[1]),
                    list(&client, &call)
                );
                (name, searched.is_ok() && linked.is_ok() && listed.is_ok())
            });
        }
        // The greedy one is there first.
        tokio::task::yield_now().await;
    }
    let mut finished = Vec::new();
    while let Some(outcome) = tasks.join_next().await {
        let (name, good) = outcome.unwrap();
        assert!(good, "{name}");
        finished.push(name);
    }
    let last_modest = finished.iter().rposition(|name| *name == "modest").unwrap();
    assert!(last_modest < 14, "{finished:?}");
    let journal = world.portal.journal(0);
    assert_eq!(refused(&journal), 0);
    let searches: Vec<JournalEntry> =
        journal.into_iter().filter(|entry| entry.path.ends_with("/search")).collect();
    assert_eq!(searches.len(), 24);
    assert!(fullest_second(&searches) <= 5);
}
