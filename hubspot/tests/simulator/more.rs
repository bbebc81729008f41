//! What is beside the rows: histories, deleted rows, merged ids, lists, users, custom objects, and association traps.

use std::collections::BTreeSet;

use hubspot::{Error, HISTORY_PAGE, HistoryRequest, ListRequest, RecordHistory, Sensitivity};
use hubspot_sim::{Change, NewLink, Quirks, Row};

use crate::world::{World, small, soon};

fn rows(world: &World, object: &str, archived: bool) -> Vec<Row> {
    let rows = world.portal.portal().rows(object).unwrap();
    rows.into_iter().filter(|row| row.archived == archived).collect()
}

fn ids(rows: &[Row]) -> Vec<u64> {
    rows.iter().map(|row| row.id).collect()
}

/// The values of a property in time, as they are checked against the present one.
fn latest<'a>(record: &'a RecordHistory, property: &str) -> Option<&'a str> {
    record.properties[property].first()?.value.as_deref()
}

#[tokio::test]
async fn every_history_is_read_fifty_records_at_a_time() {
    let world = small(600).await;
    let names = vec!["dealstage".to_owned(), "amount".to_owned()];
    let (mut read, mut after) = (Vec::new(), None);
    loop {
        let request =
            HistoryRequest { after, limit: HISTORY_PAGE, properties: names.clone(), archived: false };
        let page = world.client.list_history(&soon(), "deals", &request).await.unwrap();
        assert!(page.records.len() <= 50);
        read.extend(page.records);
        after = page.after;
        if after.is_none() {
            break;
        }
    }
    let stored = rows(&world, "deals", false);
    assert_eq!(read.iter().map(|record| record.id).collect::<Vec<_>>(), ids(&stored));
    for (record, row) in read.iter().zip(&stored) {
        assert_eq!(latest(record, "dealstage"), row.properties.get("dealstage").map(String::as_str));
        let times: Vec<&str> = record.properties["dealstage"].iter().map(|v| v.timestamp.as_str()).collect();
        assert!(times.windows(2).all(|pair| pair[0] >= pair[1]), "{times:?}");
    }
    assert!(read.iter().any(|record| record.properties["dealstage"].len() > 3));
    let mut batch = world.client.batch_history(&soon(), "deals", &ids(&stored), &names, false).await.unwrap();
    batch.sort_unstable_by_key(|record| record.id);
    assert_eq!(batch, read);
}

#[tokio::test]
async fn deleted_rows_come_with_the_time_of_their_deletion() {
    let world = small(400).await;
    let gone = rows(&world, "contacts", true);
    let request = ListRequest { limit: 100, properties: vec!["email".to_owned()], ..ListRequest::default() };
    let page = world.client.list_archived(&soon(), "contacts", &request).await.unwrap();
    assert!(!gone.is_empty() && page.after.is_none());
    for (read, row) in page.records.iter().zip(&gone) {
        assert_eq!((read.record.id, &read.archived_at), (row.id, &row.archived_at));
        assert_eq!(read.record.value("email"), row.properties.get("email").map(String::as_str));
    }
    let all: Vec<u64> = ids(&rows(&world, "contacts", false)).into_iter().chain(ids(&gone)).collect();
    let mut read = world.client.batch_read_archived(&soon(), "contacts", &all, &[]).await.unwrap();
    read.sort_unstable_by_key(|record| record.id);
    assert_eq!(read.iter().map(|record| record.id).collect::<Vec<_>>(), ids(&gone));
}

#[tokio::test]
async fn a_merged_id_finds_its_record_by_itself_but_not_in_a_batch() {
    let world = small(50).await;
    let all = ids(&rows(&world, "contacts", false));
    world.portal.portal().merge("contacts", all[3], all[7]).unwrap();
    let names = ["hs_merged_object_ids".to_owned()];
    let found = world.client.record(&soon(), "contacts", all[3], &names).await.unwrap().unwrap();
    assert_eq!((found.id, found.value("hs_merged_object_ids")), (all[7], Some(all[3].to_string().as_str())));
    let batch = world.client.batch_read(&soon(), "contacts", &all, &[]).await.unwrap();
    assert_eq!(batch.len(), 49);
    assert_eq!(world.client.record(&soon(), "contacts", 1, &names).await, Ok(None));
}

#[tokio::test]
async fn lists_and_all_their_members_are_read() {
    let world = small(700).await;
    let everybody = ids(&rows(&world, "contacts", false));
    world.portal.portal().add_list("Everybody", "contacts", &everybody).unwrap();
    let lists = world.client.lists(&soon()).await.unwrap();
    assert!(lists.len() >= 5);
    for list in &lists {
        let members = world.client.memberships(&soon(), &list.list_id).await.unwrap();
        let stored = world.portal.portal().list_members(list.list_id.parse().unwrap()).unwrap();
        assert_eq!(
            members.iter().map(|member| member.record_id).collect::<Vec<_>>(),
            stored,
            "{}",
            list.name
        );
        assert_eq!(list.size(), u64::try_from(stored.len()).ok());
    }
    let unknown = world.client.memberships(&soon(), "4711").await;
    assert!(matches!(unknown, Err(Error::NotFound { .. })), "{unknown:?}");
}

#[tokio::test]
async fn users_and_activities_are_objects_like_the_others() {
    let world = small(300).await;
    for object in ["users", "calls", "meetings", "tasks", "notes", "emails", "quotes", "leads"] {
        let request = ListRequest { limit: 100, ..ListRequest::default() };
        let page = world.client.list(&soon(), object, &request).await.unwrap();
        let stored = ids(&rows(&world, object, false));
        let read: Vec<u64> = page.records.iter().map(|record| record.id).collect();
        assert_eq!(read, stored[..read.len()], "{object}");
        assert!(!world.client.properties(&soon(), object).await.unwrap().is_empty(), "{object}");
    }
}

#[tokio::test]
async fn a_custom_object_called_like_a_standard_one_is_another_object() {
    let world = small(30).await;
    world.portal.portal().add_object(77, "contact", "contacts", "VIN");
    let schemas = world.client.schemas(&soon()).await.unwrap();
    let clash = schemas.iter().find(|schema| schema.name == "contact").unwrap();
    assert_eq!(
        (clash.object_type_id.as_str(), clash.meta_type.as_deref()),
        ("2-77", Some("PORTAL_SPECIFIC"))
    );
    assert!(clash.properties.iter().any(|property| property.name == "VIN"));
    let request = ListRequest { limit: 100, ..ListRequest::default() };
    assert!(world.client.list(&soon(), &clash.object_type_id, &request).await.unwrap().records.is_empty());
    assert_eq!(world.client.list(&soon(), "contacts", &request).await.unwrap().records.len(), 30);
    let vehicle = schemas.iter().find(|schema| schema.name == "vehicle").unwrap();
    let ends: BTreeSet<&str> = vehicle.associations.iter().map(|a| a.to_object_type_id.as_str()).collect();
    assert!(ends.contains("0-1") && ends.contains("0-2"), "{ends:?}");
}

#[tokio::test]
async fn sensitive_properties_are_found_only_when_asked_for() {
    let world = small(5).await;
    let mut iban = hubspot_sim::PropertyDefinition::user_defined("iban", "string", "text", "our_fields");
    iban.data_sensitivity = "sensitive".to_owned();
    world.portal.portal().put_property("contacts", iban).unwrap();
    let has = |found: &[hubspot::PropertyDefinition]| found.iter().any(|property| property.name == "iban");
    assert!(!has(&world.client.properties(&soon(), "contacts").await.unwrap()));
    let ask = |sensitivity| {
        let client = world.client.clone();
        async move { client.properties_with(&soon(), "contacts", sensitivity, false).await.unwrap() }
    };
    assert!(has(&ask(Sensitivity::Sensitive).await));
    assert!(!has(&ask(Sensitivity::HighlySensitive).await));
}

/// The trap that most connectors fell into: the first page of a record's associations taken for all.
#[tokio::test]
async fn a_record_with_ten_thousand_associations_comes_back_whole() {
    let world = small(2).await;
    let (portal, contact) = (world.portal.portal(), ids(&rows(&world, "contacts", false))[0]);
    for _ in 0..10_000 {
        let link = NewLink {
            to: "contacts".to_owned(),
            id: contact.to_string(),
            type_ids: Vec::new(),
            removed: false,
        };
        portal.change("notes", &Change { associations: vec![link], ..Change::default() }).unwrap();
    }
    let read = world.client.associations(&soon(), "contacts", "notes", &[contact]).await.unwrap();
    let distinct: BTreeSet<u64> = read.iter().map(|association| association.to).collect();
    assert!(distinct.len() >= 10_000, "{}", distinct.len());
}

/// As version 3 does: following such pages would never end.
#[tokio::test]
async fn a_cursor_that_is_ignored_is_an_error_and_no_endless_loop() {
    let settings = hubspot_sim::Settings { association_page: 1, ..hubspot_sim::Settings::small(200) };
    let world = crate::world::world(settings, hubspot::Settings::default()).await;
    world.portal.set_quirks(Quirks { association_after_ignored: true, ..Quirks::default() });
    let companies = ids(&rows(&world, "companies", false));
    let outcome = world.client.associations(&soon(), "companies", "contacts", &companies).await;
    assert!(matches!(outcome, Err(Error::Malformed { .. })), "{outcome:?}");
}
