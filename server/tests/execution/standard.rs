//! Every standard object, by the name a data source has for it and the path that HubSpot has.

use hubspot_sim::Settings;

use super::feed::{Feed, ids};

const OBJECTS: [(&str, &str); 32] = [
    ("contacts", "0-1"),
    ("companies", "0-2"),
    ("deals", "0-3"),
    ("tickets", "0-5"),
    ("products", "0-7"),
    ("line_items", "0-8"),
    ("quotes", "0-14"),
    ("communications", "0-18"),
    ("feedback_submissions", "0-19"),
    ("tasks", "0-27"),
    ("notes", "0-46"),
    ("meetings", "0-47"),
    ("calls", "0-48"),
    ("emails", "0-49"),
    ("invoices", "0-53"),
    ("marketing_events", "0-54"),
    ("subscriptions", "0-69"),
    ("goals", "0-74"),
    ("discounts", "0-84"),
    ("fees", "0-85"),
    ("taxes", "0-86"),
    ("payments", "0-101"),
    ("users", "0-115"),
    ("postal_mail", "0-116"),
    ("orders", "0-123"),
    ("leads", "0-136"),
    ("carts", "0-142"),
    ("services", "0-162"),
    ("courses", "0-410"),
    ("listings", "0-420"),
    ("appointments", "0-421"),
    ("projects", "0-970"),
];

#[tokio::test]
async fn every_standard_object_is_listed_searched_and_read_by_its_links() {
    let chosen: Vec<String> = OBJECTS
        .iter()
        .map(|(name, _)| format!(r#"{{"object":"{name}","properties":["hubspot_owner_id"]}}"#))
        .collect();
    let feed = Feed::over(Settings::small(120), &format!(r#"{{"objects":[{}]}}"#, chosen.join(","))).await;
    for (name, path) in OBJECTS {
        let rows = feed.portal.portal().rows(path).unwrap();
        let living: Vec<_> =
            rows.iter().filter(|row| !row.archived).map(|row| i64::try_from(row.id).unwrap()).collect();
        assert!(!living.is_empty(), "{name}");
        let read = |query: &'static str| async {
            ids(&feed.read(name, query).await.unwrap_or_else(|error| panic!("{name}: {error}")).rows)
        };
        assert_eq!(read("").await, living, "{name}");
        let (from, to) = (living[living.len() / 3], living[living.len() / 2]);
        let between = feed.read(name, &format!("$filter=id ge {from} and id le {to}")).await.unwrap();
        let expected: Vec<i64> = living.iter().copied().filter(|id| (from..=to).contains(id)).collect();
        assert_eq!(ids(&between.rows), expected, "{name}");
    }
    for linked in ["invoices", "orders", "communications", "appointments"] {
        let query = format!("$expand={linked}");
        let read = feed.read("contacts", &query).await.unwrap_or_else(|error| panic!("{linked}: {error}"));
        assert!(read.entities.iter().any(|entity| !entity.expanded[0].entities.is_empty()), "{linked}");
    }
}
