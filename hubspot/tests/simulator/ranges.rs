//! Reading by several cursors returns what one cursor returns, whatever the portal's pages look like.

use hubspot::{Error, RangePage, RangeRequest};
use hubspot_sim::Quirks;

use crate::world::{World, small, soon};

/// All parts of so many rows.
async fn scan(world: &World, most: usize) -> Vec<RangePage> {
    let mut parts: Vec<RangePage> = Vec::new();
    loop {
        let last = parts.last();
        let request = RangeRequest {
            after: last.and_then(|part| part.after.clone()),
            density: last.and_then(|part| part.density),
            properties: vec!["email".to_owned()],
            most,
            ..RangeRequest::default()
        };
        parts.push(world.client.range(&soon(), "contacts", &request).await.unwrap());
        if parts[parts.len() - 1].after.is_none() {
            return parts;
        }
    }
}

fn ids(parts: &[RangePage]) -> Vec<u64> {
    parts.iter().flat_map(|part| part.records.iter().map(|record| record.id)).collect()
}

fn living(world: &World) -> Vec<u64> {
    let rows = world.portal.portal().rows("contacts").unwrap();
    rows.into_iter().filter(|row| !row.archived).map(|row| row.id).collect()
}

#[tokio::test]
async fn several_cursors_read_what_one_reads() {
    let world = small(6_000).await;
    let parts = scan(&world, 2_500).await;
    assert_eq!(ids(&parts), living(&world));
    assert!(parts[0].parallel && parts[0].density.is_some());
    assert_eq!(world.client.reads_in_parallel(), Some(true));
    assert!(parts.iter().flat_map(|part| &part.records).any(|record| record.value("email").is_some()));
}

#[tokio::test]
async fn short_and_empty_pages_change_nothing() {
    for quirks in [
        Quirks { short_pages: true, numeric_after: true, ..Quirks::default() },
        Quirks { empty_pages: true, absent_nulls: true, ..Quirks::default() },
    ] {
        let world = small(3_000).await;
        world.portal.set_quirks(quirks.clone());
        assert_eq!(ids(&scan(&world, 1_000).await), living(&world), "{quirks:?}");
    }
}

#[tokio::test]
async fn a_portal_that_takes_only_its_own_cursors_is_read_by_one() {
    let world = small(3_000).await;
    world.portal.set_quirks(Quirks { strict_cursor: true, ..Quirks::default() });
    for _ in 0..3 {
        let parts = scan(&world, 100_000).await;
        assert_eq!(ids(&parts), living(&world));
        assert!(!parts[0].parallel);
    }
    assert_eq!(world.client.reads_in_parallel(), Some(false));
}

#[tokio::test]
async fn a_refusal_before_the_first_row_is_the_answer() {
    let world = small(10).await;
    world.portal.set_granted_scopes(Some(Vec::new()));
    let request = RangeRequest { most: 1_000, ..RangeRequest::default() };
    let outcome = world.client.range(&soon(), "contacts", &request).await;
    assert!(matches!(outcome, Err(Error::ScopeMissing { .. })), "{outcome:?}");
}
