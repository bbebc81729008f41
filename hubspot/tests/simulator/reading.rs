//! What the client reads is what the portal stores.

use std::collections::BTreeMap;

use hubspot::{Client, Condition, Filter, ListRequest, Record, SearchRequest, Sort};
use hubspot_sim::{Quirks, Row};

use crate::world::{World, small, soon, world};

/// Every page of a list.
async fn scan(client: &Client, object: &str, properties: &[String], archived: bool) -> Vec<Record> {
    let (mut records, mut after) = (Vec::new(), None);
    loop {
        let request = ListRequest { after, limit: 100, properties: properties.to_vec(), archived };
        let page = client.list(&soon(), object, &request).await.unwrap();
        records.extend(page.records);
        after = page.after;
        if after.is_none() {
            return records;
        }
    }
}

fn stored(world: &World, object: &str, archived: bool) -> Vec<Row> {
    let rows = world.portal.portal().rows(object).unwrap();
    rows.into_iter().filter(|row| row.archived == archived).collect()
}

/// The same records in the same order, with the same values.
fn assert_same(read: &[Record], stored: &[Row], properties: &[String]) {
    assert!(!stored.is_empty());
    let ids: Vec<u64> = read.iter().map(|record| record.id).collect();
    assert_eq!(ids, stored.iter().map(|row| row.id).collect::<Vec<_>>());
    for (record, row) in read.iter().zip(stored) {
        let of_row = |name: &String| row.properties.get(name).map(String::as_str);
        for name in properties {
            assert_eq!(record.value(name), of_row(name), "{name} of {}", row.id);
        }
        assert_eq!(
            (record.archived, record.updated_at.as_deref()),
            (row.archived, Some(row.updated_at.as_str()))
        );
    }
}

fn some_properties() -> Vec<String> {
    ["email", "firstname", "hubspot_owner_id", "lastmodifieddate"].map(str::to_owned).to_vec()
}

#[tokio::test]
async fn a_full_scan_returns_every_record_once() {
    let world = small(1_234).await;
    for archived in [false, true] {
        let read = scan(&world.client, "contacts", &some_properties(), archived).await;
        assert_same(&read, &stored(&world, "contacts", archived), &some_properties());
    }
}

#[tokio::test]
async fn short_pages_numeric_cursors_and_absent_values_change_nothing() {
    let world = small(1_234).await;
    let quirks = Quirks { short_pages: true, numeric_after: true, absent_nulls: true, ..Quirks::default() };
    world.portal.set_quirks(quirks);
    let read = scan(&world.client, "contacts", &some_properties(), false).await;
    assert_same(&read, &stored(&world, "contacts", false), &some_properties());
}

#[tokio::test]
async fn every_property_of_a_wide_object_can_be_read_at_once() {
    let world = small(250).await;
    let definitions = world.client.properties(&soon(), "contacts").await.unwrap();
    let known = definitions.into_iter().map(|definition| definition.name);
    // HubSpot ignores names it does not know; they make the list as long as a wide portal's.
    let unknown = (0..300).map(|n| format!("not_a_property_of_this_portal_{n}"));
    let properties: Vec<String> = known.chain(unknown).collect();
    assert!(properties.join(",").len() > 8_000);
    let read = scan(&world.client, "contacts", &properties, false).await;
    assert_same(&read, &stored(&world, "contacts", false), &properties);
    let longest = world.portal.journal(0).iter().map(|entry| entry.query.len()).max();
    assert!(longest < Some(200), "{longest:?}");
}

#[tokio::test]
async fn a_search_walked_by_id_returns_every_record_once() {
    let world = small(1_234).await;
    let mut read: Vec<Record> = Vec::new();
    loop {
        let last = read.last().map_or(0, |record| record.id);
        let beyond =
            Filter { property: "hs_object_id".to_owned(), condition: Condition::Gt(last.to_string()) };
        let request = SearchRequest {
            groups: vec![vec![beyond]],
            sort: Some(Sort { property: "hs_object_id".to_owned(), descending: false }),
            properties: some_properties(),
            limit: 200,
            ..SearchRequest::default()
        };
        let page = world.client.search(&soon(), "contacts", &request).await.unwrap();
        assert_eq!(page.total, u64::try_from(1_234 - read.len()).unwrap());
        if page.records.is_empty() {
            break;
        }
        read.extend(page.records);
    }
    assert_same(&read, &stored(&world, "contacts", false), &some_properties());
}

#[tokio::test]
async fn a_batch_returns_those_that_exist() {
    let world = small(300).await;
    let rows = stored(&world, "contacts", false);
    let mut ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    ids.extend([1, 2, 3]);
    let mut read = world.client.batch_read(&soon(), "contacts", &ids, &some_properties()).await.unwrap();
    read.sort_unstable_by_key(|record| record.id);
    assert_same(&read, &rows, &some_properties());
}

#[tokio::test]
async fn every_association_is_read_over_all_pages() {
    let settings = hubspot_sim::Settings { association_page: 1, ..hubspot_sim::Settings::small(600) };
    let world = world(settings, hubspot::Settings::default()).await;
    let deals = stored(&world, "deals", false);
    let ids: Vec<u64> = deals.iter().map(|row| row.id).collect();
    let alive = stored(&world, "contacts", false);
    let is_alive = |id: u64, rows: &[Row]| rows.binary_search_by_key(&id, |row| row.id).is_ok();

    let mut expected: BTreeMap<(u64, u64), Vec<u32>> = BTreeMap::new();
    for (from, to, mut types) in world.portal.portal().links("deals", "contacts").unwrap() {
        if is_alive(from, &deals) && is_alive(to, &alive) {
            types.sort_unstable();
            expected.insert((from, to), types);
        }
    }
    let mut read: BTreeMap<(u64, u64), Vec<u32>> = BTreeMap::new();
    for found in world.client.associations(&soon(), "deals", "contacts", &ids).await.unwrap() {
        read.entry((found.from, found.to)).or_default().push(found.type_id);
    }
    read.values_mut().for_each(|types| types.sort_unstable());
    assert!(expected.len() > ids.len() / 2, "the portal has too few links for this test");
    assert_eq!(read, expected);
}

#[tokio::test]
async fn what_describes_a_portal_can_be_read() {
    let world = small(50).await;
    let (client, call) = (&world.client, soon());
    world.portal.portal().add_object(3_604_285, "car", "cars", "vin");
    assert!(
        client
            .properties(&call, "deals")
            .await
            .unwrap()
            .iter()
            .any(|p| p.name == "amount" && p.value_type == "number")
    );
    assert!(client.schemas(&call).await.unwrap().iter().any(|schema| schema.object_type_id == "2-3604285"));
    assert!(
        client.pipelines(&call, "deals").await.unwrap().iter().all(|pipeline| !pipeline.stages.is_empty())
    );
    let active = client.owners(&call, false).await.unwrap();
    let archived = client.owners(&call, true).await.unwrap();
    assert!(!active.is_empty() && active.iter().all(|owner| !owner.archived && owner.user_id.is_some()));
    assert!(archived.iter().all(|owner| owner.archived && owner.user_id.is_none()));
    let account = client.account(&call).await.unwrap();
    assert_eq!(account.portal_id, u64::from(world.portal.settings().portal_id));
    assert!(account.time_zone.is_some());
    assert!(client.daily_usage(&call).await.unwrap()[0].limit.is_some());
    let labels = client.association_labels(&call, "contacts", "companies").await.unwrap();
    assert!(labels.iter().any(|label| label.label.as_deref() == Some("Primary")), "{labels:?}");
    assert_eq!(call.calls(), 8);
}
