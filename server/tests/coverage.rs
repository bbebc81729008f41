//! Custom objects, histories, deleted rows, lists and missing scopes, over a simulated portal and compared with it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod feed;

use std::collections::{BTreeMap, BTreeSet};

use feed::{Feed, call, ids};
use feedgate::model::{
    Definition, NewTypes, StoredModel, discover, drifted, edm, rediscover, refreshed, settle,
};
use hubspot_sim::{Quirks, Settings};
use odata::{Row, Value};

const VEHICLES: &str = r#"{"objects":[{"object":"vehicle"},{"object":"contacts","properties":["email"]},{"object":"companies","properties":["name"]}]}"#;

fn cell<'a>(feed: &Feed, set: &str, row: &'a Row, column: &str) -> &'a Value {
    let index = feed.set(set).properties.iter().position(|property| property.name == column);
    &row[index.unwrap_or_else(|| panic!("{set} has no column {column}"))]
}

fn number(value: &Value) -> u64 {
    match value {
        Value::Int64(id) => id.cast_unsigned(),
        other => panic!("{other:?} is no id"),
    }
}

fn words(value: &Value) -> &str {
    match value {
        Value::String(text) => text,
        other => panic!("{other:?} is no text"),
    }
}

#[tokio::test]
async fn a_custom_object_is_a_table_like_any_other() {
    let feed = Feed::over(Settings::small(4_000), VEHICLES).await;
    let read = feed.read_pages("vehicle", "", Some(37), |_| {}).await.unwrap().rows;
    let truth = feed.portal.portal().rows("vehicles").unwrap();
    let living: Vec<_> = truth.iter().filter(|row| !row.archived).collect();
    assert!(living.len() > 20, "{} vehicles", living.len());
    assert_eq!(read.len(), living.len());
    for (row, record) in read.iter().zip(&living) {
        assert_eq!(number(&row[0]), record.id);
        let vin = record.properties.get("VIN").unwrap();
        assert_eq!(words(cell(&feed, "vehicle", row, "VIN")), vin);
    }
    let set = feed.model.entity_set("vehicle").unwrap();
    assert_eq!(feed.model.entity_type(set.entity_type).name, "Vehicle");
    let some = number(&read[3][0]);
    assert_eq!(
        ids(&feed.read("vehicle", &format!("$filter=id eq {some}")).await.unwrap().rows),
        [some.cast_signed()]
    );
}

#[tokio::test]
async fn a_custom_object_is_linked_with_labels_and_followed_from_both_sides() {
    let feed = Feed::over(Settings::small(4_000), VEHICLES).await;
    let read = feed.read("vehicle_contacts", "").await.unwrap().rows;
    let mut expected = BTreeSet::new();
    for (from, to, types) in feed.portal.portal().links("vehicles", "contacts").unwrap() {
        expected.extend(types.into_iter().map(|kind| (from, to, kind)));
    }
    let columns = ["vehicle_id", "contact_id", "type_id"];
    let actual: BTreeSet<(u64, u64, u32)> = read
        .iter()
        .map(|row| columns.map(|column| number(cell(&feed, "vehicle_contacts", row, column))))
        .map(|[from, to, kind]| (from, to, u32::try_from(kind).unwrap()))
        .collect();
    assert_eq!(actual, expected);
    let labels: BTreeSet<String> =
        read.iter().map(|row| cell(&feed, "vehicle_contacts", row, "label").to_string()).collect();
    assert_eq!(labels, BTreeSet::from(["'Driver'".to_owned(), "null".to_owned()]));
    let (vehicle, contact, _) = expected.first().copied().unwrap();
    let forth = feed.read(&format!("vehicle({vehicle})/contacts"), "").await.unwrap().rows;
    assert_eq!(ids(&forth), [contact.cast_signed()]);
    let back = feed.read(&format!("contacts({contact})/vehicle"), "").await.unwrap().rows;
    assert!(ids(&back).contains(&vehicle.cast_signed()));
}

#[tokio::test]
async fn whatever_a_custom_object_is_called_by_it_gets_one_name() {
    let feed = Feed::over(Settings::small(10), VEHICLES).await;
    feed.portal.portal().add_object(7, "contacts", "old_contacts", "name");
    for (written, settled) in [
        ("2-20710421", "vehicle"),
        ("p48213377_vehicle", "vehicle"),
        ("Vehicles", "vehicle"),
        ("2-7", "p48213377_contacts"),
        ("p48213377_contacts", "p48213377_contacts"),
        ("contacts", "contacts"),
    ] {
        let definition = format!(r#"{{"objects":[{{"object":"{written}"}}]}}"#);
        let definition = Definition::from_json(&definition).unwrap();
        let definition = settle(&feed.client, &call(), &definition, None).await.unwrap();
        assert_eq!(definition.objects[0].object, settled, "{written}");
        let model = discover(&feed.client, &call(), &definition).await.unwrap();
        assert_eq!(model.sets[0].name, settled, "{written}");
    }
    let refusal = async |name: &str| {
        let definition = Definition::from_json(&format!(r#"{{"objects":[{{"object":"{name}"}}]}}"#)).unwrap();
        discover(&feed.client, &call(), &definition).await.unwrap_err().to_string()
    };
    assert_eq!(refusal("vehcle").await, "there is no object `vehcle`; did you mean `vehicle`?");
    assert_eq!(refusal("contcts").await, "there is no object `contcts`; did you mean `contacts`?");
}

const DELETED: &str =
    r#"{"objects":[{"object":"contacts","properties":["email","lifecyclestage"],"archived":true}]}"#;

#[tokio::test]
async fn deleted_rows_stand_among_the_living_ones_each_once() {
    let quirks = Quirks { short_pages: true, empty_pages: true, absent_nulls: true, ..Quirks::default() };
    for quirks in [Quirks::default(), quirks] {
        let feed = Feed::over(Settings { quirks, ..Settings::small(900) }, DELETED).await;
        let gone: Vec<u64> = feed.truth("contacts").iter().step_by(7).map(|row| number(&row[0])).collect();
        for id in &gone {
            feed.portal.portal().archive("contacts", *id).unwrap();
        }
        let truth: BTreeMap<u64, bool> =
            feed.portal.portal().rows("contacts").unwrap().iter().map(|row| (row.id, row.archived)).collect();
        let read = feed.read_pages("contacts", "", Some(64), |_| {}).await.unwrap().rows;
        assert!(ids(&read).is_sorted(), "in the order of their ids");
        assert_eq!(read.len(), truth.len());
        for row in &read {
            let archived = cell(&feed, "contacts", row, "archived");
            assert_eq!(*archived, Value::Boolean(truth[&number(&row[0])]), "{row:?}");
        }
        let deleted = truth.values().filter(|archived| **archived).count();
        let found = feed.read("contacts", "$filter=archived").await.unwrap().rows;
        assert_eq!(found.len(), deleted);
        assert!(found.iter().any(|row| *cell(&feed, "contacts", row, "email") != Value::Null));
        assert_eq!(feed.count("contacts", "").await.unwrap(), truth.len() as u64);
        let both = format!("$filter=id in ({},{})", gone[0], number(&read[1][0]));
        assert_eq!(feed.read("contacts", &both).await.unwrap().rows.len(), 2);
    }
}

#[tokio::test]
async fn a_row_that_is_deleted_between_two_pages_comes_once() {
    let feed = Feed::over(Settings::small(600), DELETED).await;
    let all: Vec<u64> = feed.truth("contacts").iter().map(|row| number(&row[0])).collect();
    let mut left = all.iter().rev().copied().collect::<Vec<_>>();
    let portal = feed.portal.portal();
    let between = |_: &feedgate::execute::Page| {
        // The next one, and one that was read long ago.
        for id in [left.pop(), left.pop()].into_iter().flatten() {
            portal.archive("contacts", id).unwrap();
        }
        left.truncate(left.len().saturating_sub(90));
    };
    let read = ids(&feed.read_pages("contacts", "", Some(50), between).await.unwrap().rows);
    assert!(read.windows(2).all(|pair| pair[0] < pair[1]), "no row twice");
    assert!(all.iter().all(|id| read.contains(&id.cast_signed())), "none is lost");
}

#[tokio::test]
async fn a_history_tells_what_a_property_was_and_is() {
    let definition = r#"{"objects":[{"object":"deals","properties":["dealname","dealstage"],
        "history":["dealstage","amount"]}]}"#;
    let feed = Feed::over(Settings::small(400), definition).await;
    let deal = number(&feed.truth("deals")[5][0]);
    for stage in ["qualifiedtobuy", "", "closedwon"] {
        feed.change("deals", &format!(r#"{{"id":"{deal}","properties":{{"dealstage":"{stage}"}}}}"#));
    }
    let read = feed.read_pages("deals_history", "", Some(45), |_| {}).await.unwrap().rows;
    let keys: BTreeSet<String> = read.iter().map(|row| row[0].to_string()).collect();
    assert_eq!(keys.len(), read.len(), "every row has a key of its own");
    let mut present: BTreeMap<(u64, String), (Value, Value)> = BTreeMap::new();
    for row in &read {
        let of = |column| cell(&feed, "deals_history", row, column);
        let place = (number(of("record_id")), words(of("property")).to_owned());
        let (at, value) = (of("at").clone(), of("value").clone());
        if let Some((before, _)) = present.insert(place, (at.clone(), value)) {
            assert!(before.to_string() <= at.to_string(), "in the order of time: {row:?}");
        }
    }
    for record in feed.portal.portal().rows("deals").unwrap().iter().filter(|row| !row.archived) {
        for property in ["dealstage", "amount"] {
            let now = record.properties.get(property).filter(|text| !text.is_empty());
            let last = present.get(&(record.id, property.to_owned())).map(|(_, value)| value.clone());
            let expected = now.map_or(Value::Null, |text| Value::string(text.as_str()));
            assert_eq!(last.unwrap_or(Value::Null), expected, "{property} of {}", record.id);
        }
    }
    let one =
        feed.read("deals_history", &format!("$filter=record_id eq {deal} and property eq 'dealstage'")).await;
    let values: Vec<String> =
        one.unwrap().rows.iter().map(|row| cell(&feed, "deals_history", row, "value").to_string()).collect();
    assert!(
        values.ends_with(&["'qualifiedtobuy'".into(), "null".into(), "'closedwon'".into()]),
        "{values:?}"
    );
    let key = words(&read[read.len() / 2][0]).to_owned();
    let by_key = feed.read("deals_history", &format!("$filter=id eq '{key}'")).await.unwrap().rows;
    assert_eq!(by_key, [read[read.len() / 2].clone()]);
}

#[tokio::test]
async fn a_history_is_of_rows_that_the_data_source_shows() {
    let definition = r#"{"objects":[{"object":"deals","properties":["dealname","dealstage"],
        "history":["dealstage"],"filter":"dealstage eq 'closedwon'"}]}"#;
    let feed = Feed::over(Settings::small(400), definition).await;
    let shown: BTreeSet<i64> = ids(&feed.read("deals", "").await.unwrap().rows).into_iter().collect();
    let read = feed.read("deals_history", "").await.unwrap().rows;
    let told: BTreeSet<i64> =
        read.iter().map(|row| number(cell(&feed, "deals_history", row, "record_id")).cast_signed()).collect();
    assert!(!shown.is_empty() && shown.len() < feed.truth("deals").len());
    assert_eq!(told, shown);
}

#[tokio::test]
async fn lists_and_who_is_on_them_are_the_portals() {
    let feed =
        Feed::over(Settings::small(900), r#"{"objects":[{"object":"lists"},{"object":"contacts"}]}"#).await;
    let everybody: Vec<u64> = feed.truth("contacts").iter().map(|row| number(&row[0])).collect();
    feed.portal.portal().add_list("Everybody", "contacts", &everybody).unwrap();
    feed.portal.portal().add_list("Nobody", "vehicles", &[]).unwrap();
    let lists = feed.read("lists", "").await.unwrap().rows;
    let mut expected = BTreeSet::new();
    for row in &lists {
        let id: u64 = words(&row[0]).parse().unwrap();
        expected
            .extend(feed.portal.portal().list_members(id).unwrap().into_iter().map(|record| (id, record)));
    }
    let read = feed.read_pages("list_memberships", "", Some(170), |_| {}).await.unwrap().rows;
    let place = |row: &Row| {
        let list: u64 = words(cell(&feed, "list_memberships", row, "list_id")).parse().unwrap();
        (list, number(cell(&feed, "list_memberships", row, "record_id")))
    };
    assert_eq!(read.len(), expected.len(), "each once");
    assert_eq!(read.iter().map(place).collect::<BTreeSet<_>>(), expected);
    let of = |name: &str| lists.iter().find(|row| words(cell(&feed, "lists", row, "name")) == name).unwrap();
    let everybodys = of("Everybody");
    assert_eq!(*cell(&feed, "lists", everybodys, "object_type"), Value::string("contacts"));
    let id = words(&everybodys[0]);
    let one = feed.read("list_memberships", &format!("$filter=list_id eq '{id}'")).await.unwrap().rows;
    assert_eq!(one.len(), everybody.len());
}

#[tokio::test]
async fn what_the_credential_may_not_read_is_left_out_until_it_may() {
    let scopes = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
    let some = scopes(&["crm.objects.contacts.read", "crm.objects.companies.read"]);
    let definition = r#"{"objects":[{"object":"contacts","properties":["email"]},{"object":"deals","history":["dealstage"]},
        {"object":"companies","properties":["name"]}]}"#;
    let feed = Feed::over(Settings { granted_scopes: some.clone(), ..Settings::small(30) }, definition).await;
    let names = |model: &StoredModel| model.sets.iter().map(|set| set.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&feed.stored), ["contacts", "companies", "contacts_companies"]);
    assert_eq!(feed.stored.missing_scopes("deals"), Some(&["crm.objects.deals.read".to_owned()][..]));
    assert_eq!(feed.stored.missing_scopes("contacts"), None);
    let again = async |before: &StoredModel| {
        let definition = Definition::from_json(definition).unwrap();
        let found = rediscover(&feed.client, &call(), &definition, Some(before)).await.unwrap();
        refreshed(before.clone(), found, NewTypes::Keep)
    };
    feed.portal.set_granted_scopes(None);
    let (whole, changes) = again(&feed.stored).await;
    assert_eq!(changes.readable, ["deals"]);
    assert!(
        names(&whole).contains(&"deals_history".to_owned())
            && names(&whole).contains(&"contacts_deals".to_owned())
    );
    feed.portal.set_granted_scopes(some);
    let (without, changes) = again(&whole).await;
    assert_eq!(changes.left_out, ["deals (crm.objects.deals.read)"]);
    for hidden in ["deals", "deals_history", "contacts_deals"] {
        assert!(!names(&without).contains(&hidden.to_owned()), "{hidden}");
        assert!(without.missing_scopes(hidden).is_some(), "{hidden}");
    }
    assert!(edm(&without).unwrap().entity_set("deals").is_none());
    feed.portal.set_granted_scopes(None);
    let (back, _) = again(&without).await;
    assert_eq!(back.set("deals").unwrap().1.properties, whole.set("deals").unwrap().1.properties);
}

#[tokio::test]
async fn a_deleted_or_retyped_property_is_told_once_and_breaks_nothing() {
    let definition = r#"{"objects":[{"object":"vehicle","properties":["VIN","mileage_km","List_Price"]}]}"#;
    let feed = Feed::over(Settings::small(3_000), definition).await;
    let portal = feed.portal.portal();
    let shown = |rows: &[Row], column: &str| {
        rows.iter().filter(|row| *cell(&feed, "vehicle", row, column) != Value::Null).count()
    };
    let before = feed.read("vehicle", "").await.unwrap();
    assert!(shown(&before.rows, "mileage_km") > 0);
    portal.archive_property("vehicles", "mileage_km", true).unwrap();
    let mut price =
        portal.properties("vehicles").unwrap().into_iter().find(|p| p.name == "List_Price").unwrap();
    price.r#type = "string".to_owned();
    portal.put_property("vehicles", price).unwrap();
    let id = number(&before.rows[0][0]);
    feed.change("vehicles", &format!(r#"{{"id":"{id}","properties":{{"List_Price":"on request"}}}}"#));

    let read = feed.read("vehicle", "$filter=mileage_km gt 5 or List_Price gt 5").await.unwrap();
    assert_eq!(shown(&read.rows, "mileage_km"), 0);
    assert!(shown(&read.rows, "List_Price") > 0, "the type stays");
    assert_eq!(feed.read("vehicle", "").await.unwrap().nulled, 1, "what does not fit is counted");

    let (marked, changes) = drifted(&feed.client, &call(), &feed.stored).await.unwrap();
    assert_eq!(
        (&changes.vanished[..], &changes.retyped[..]),
        (&["vehicle/mileage_km".into()][..], &["vehicle/List_Price".into()][..])
    );
    assert!(drifted(&feed.client, &call(), &marked).await.unwrap().1.is_empty(), "once");
    let definition = Definition::from_json(definition).unwrap();
    let found = rediscover(&feed.client, &call(), &definition, Some(&marked)).await.unwrap();
    let (kept, changes) = refreshed(marked.clone(), found.clone(), NewTypes::Keep);
    assert!(changes.is_empty(), "{changes:?}");
    assert_eq!(edm(&kept).unwrap(), feed.model);
    let (adopted, _) = refreshed(marked, found, NewTypes::Adopt);
    let kind =
        |model: &StoredModel| model.sets[0].properties.iter().find(|p| p.name == "List_Price").unwrap().kind;
    assert_eq!(kind(&adopted), feedgate::model::Kind::Text);
    portal.archive_property("vehicles", "mileage_km", false).unwrap();
    let (_, changes) = drifted(&feed.client, &call(), &kept).await.unwrap();
    assert_eq!(changes.returned, ["vehicle/mileage_km"]);
}
