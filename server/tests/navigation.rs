//! Paths, expansions and searches over a simulated portal: how many calls they take, and what they leave out.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod feed;

use feed::{Feed, call, ids};
use feedgate::execute::{ExecuteError, entity, reach};
use hubspot_sim::Settings;
use odata::{ErrorKind, Row, Value};

const DEFINITION: &str = r#"{"objects":[{"object":"contacts","properties":["email","firstname","hubspot_owner_id"],"filter":"email ne null"},
    {"object":"companies","properties":["name"],"filter":"name ne null"},{"object":"deals","properties":["amount"]},
    {"object":"tickets","properties":["subject"]},{"object":"owners"}]}"#;

async fn feed(contacts: u32) -> Feed {
    Feed::over(Settings::small(contacts), DEFINITION).await
}

/// Calls to each of HubSpot's endpoints since an entry of the journal: associations, reads by id, lists and searches.
fn calls(feed: &Feed, since: usize) -> (usize, usize, usize) {
    let journal = feed.portal.journal(0);
    let of = |part: &str| journal[since..].iter().filter(|entry| entry.path.contains(part)).count();
    let (associations, reads) = (of("/associations/"), of("/objects/") - of("/search"));
    let lists = journal[since..].iter().filter(|entry| entry.method == "GET").count();
    (associations, reads - lists, lists)
}

#[tokio::test]
async fn a_page_with_expansions_takes_one_set_of_calls_for_each() {
    let feed = feed(500).await;
    let since = feed.portal.journal(0).len();
    let read = feed.read("contacts", "$expand=companies($select=name)&$top=400").await.unwrap();
    assert_eq!((read.pages.len(), read.rows.len()), (1, 400));
    let companies: std::collections::BTreeSet<String> = read
        .entities
        .iter()
        .flat_map(|entity| &entity.expanded[0].entities)
        .map(|company| company.row[0].to_string())
        .collect();
    let (associations, reads, _) = calls(&feed, since);
    assert_eq!((associations, reads), (1, companies.len().div_ceil(100)));
    let since = feed.portal.journal(0).len();
    let filter =
        "$filter=companies/any(c:contains(c/name,'a'))&$expand=owner,deals($expand=companies)&$top=300";
    let read = feed.read("contacts", filter).await.unwrap();
    let (associations, ..) = calls(&feed, since);
    // For the filter, for the deals, and for their companies; another portion when the first has too few rows.
    assert!((3..=3 * read.pages.len() + 3).contains(&associations), "{associations} calls");
}

#[tokio::test]
async fn a_row_whose_related_rows_fill_the_page_ends_it() {
    struct Narrow(Vec<usize>);
    impl feedgate::execute::Sink for Narrow {
        fn push(
            &mut self,
            entity: feedgate::execute::Entity,
        ) -> Result<feedgate::execute::Flow, odata::Error> {
            self.0.push(entity.expanded[0].entities.len());
            let full = self.0.iter().sum::<usize>() >= 20;
            Ok(if full { feedgate::execute::Flow::Full } else { feedgate::execute::Flow::More })
        }
    }
    let feed = feed(300).await;
    let plan = feed.plan("companies", "$expand=contacts($select=id)");
    let whole = feed.read("companies", "$expand=contacts($select=id)").await.unwrap();
    let expected: Vec<usize> =
        whole.entities.iter().map(|entity| entity.expanded[0].entities.len()).collect();
    let (call, mut sent) = (call(), Vec::new());
    let mut position = Some(feedgate::execute::Position::start(&feed.context(&call), &plan));
    while let Some(from) = position {
        let mut sink = Narrow(Vec::new());
        position = feedgate::execute::page(&feed.context(&call), &plan, from, &mut sink).await.unwrap().next;
        let before_last = sink.0.len().saturating_sub(1);
        assert!(sink.0[..before_last].iter().sum::<usize>() < 20, "the page went on: {:?}", sink.0);
        sent.extend(sink.0);
    }
    assert_eq!(sent, expected);
}

async fn at(feed: &Feed, path: &str) -> Result<Option<Row>, ErrorKind> {
    let (call, plan) = (call(), feed.plan(path, ""));
    let outcome = async {
        match reach(&feed.context(&call), plan).await? {
            Some(plan) => entity(&feed.context(&call), &plan).await.map(|found| Some(found.row)),
            None => Ok(None),
        }
    };
    outcome.await.map_err(|error| match error {
        ExecuteError::Odata(error) => error.kind,
        other => panic!("{path}: {other}"),
    })
}

#[tokio::test]
async fn paths_lead_only_to_what_is_shown_and_related() {
    let feed = feed(200).await;
    let contacts = feed.read("contacts", "$expand=companies,owner").await.unwrap().entities;
    let with_company = contacts.iter().find(|contact| !contact.expanded[0].entities.is_empty()).unwrap();
    let (contact, company) = (&with_company.row[0], &with_company.expanded[0].entities[0].row);
    let found = at(&feed, &format!("contacts({contact})/companies({})", company[0])).await;
    assert_eq!(found.unwrap().unwrap()[0], company[0]);
    let stranger = feed.read("companies", "").await.unwrap().rows;
    let own: Vec<i64> =
        ids(&with_company.expanded[0].entities.iter().map(|e| e.row.clone()).collect::<Vec<_>>());
    let stranger = ids(&stranger).into_iter().find(|id| !own.contains(id)).unwrap();
    for path in [
        format!("contacts({contact})/companies({stranger})"),
        "contacts(1)/companies(2)".to_owned(),
        "contacts(1)/owner".to_owned(),
        format!("contacts({contact})/companies({stranger})/deals(1)"),
    ] {
        assert_eq!(at(&feed, &path).await, Err(ErrorKind::EntityNotFound), "{path}");
    }
    let owned = contacts.iter().find(|contact| !contact.expanded[1].entities.is_empty()).unwrap();
    let owner = at(&feed, &format!("contacts({})/owner", owned.row[0])).await.unwrap().unwrap();
    assert_eq!(owner, owned.expanded[1].entities[0].row);
    let alone = contacts.iter().find(|contact| contact.expanded[1].entities.is_empty()).unwrap();
    assert!(!matches!(at(&feed, &format!("contacts({})/owner", alone.row[0])).await, Ok(Some(_))));
}

#[tokio::test]
async fn what_is_deleted_or_filtered_out_is_nobodys_related_row() {
    let feed = feed(200).await;
    let contacts = feed.read("contacts", "$expand=companies").await.unwrap().entities;
    let with_company = contacts.iter().find(|contact| !contact.expanded[0].entities.is_empty()).unwrap();
    let (contact, company) = (&with_company.row[0], &with_company.expanded[0].entities[0].row[0]);
    let companies = |path: String| {
        let feed = &feed;
        async move { ids(&feed.read(&path, "").await.unwrap().rows) }
    };
    let path = format!("contacts({contact})/companies");
    let before = companies(path.clone()).await;
    feed.change("companies", &format!(r#"{{"id":"{company}","properties":{{"name":""}}}}"#));
    let without: Vec<i64> = before.iter().copied().filter(|id| Value::Int64(*id) != *company).collect();
    assert_eq!(companies(path.clone()).await, without);
    feed.change("companies", &format!(r#"{{"id":"{company}","properties":{{"name":"Back"}}}}"#));
    assert_eq!(companies(path.clone()).await, before);
    feed.change("companies", &format!(r#"{{"id":"{company}","archived":true}}"#));
    assert_eq!(companies(path.clone()).await, without);
    feed.change("contacts", &format!(r#"{{"id":"{contact}","properties":{{"email":""}}}}"#));
    let gone = feed.read(&path, "").await.unwrap_err();
    assert!(gone.to_string().contains("No row has this key"), "{gone}");
}

#[tokio::test]
async fn a_search_finds_what_hubspots_full_text_finds_and_goes_with_a_filter() {
    let feed = feed(900).await;
    let truth = feed.truth("contacts");
    let column =
        feed.set("contacts").properties.iter().position(|column| column.name == "firstname").unwrap();
    let name = truth.iter().find_map(|row| match &row[column] {
        Value::String(name) if name.chars().all(char::is_alphabetic) => Some(name.to_string()),
        _ => None,
    });
    let name = name.unwrap();
    let found = feed.read_pages("contacts", &format!("$search={name}"), Some(7), |_| {}).await.unwrap();
    assert!(!found.rows.is_empty());
    let all = found.rows.len() as u64;
    let half = format!("$search={name}&$filter=id gt {}", found.rows[found.rows.len() / 2][0]);
    let rest = feed.read("contacts", &half).await.unwrap().rows;
    assert_eq!(rest, found.rows[found.rows.len() / 2 + 1..]);
    assert_eq!(feed.count("contacts", &format!("$search={name}")).await.unwrap(), all);
    let sorted = feed.read("contacts", &format!("$search={name}&$orderby=id desc")).await.unwrap().rows;
    assert!(sorted.iter().rev().eq(&found.rows));
    for (path, query) in [
        ("contacts", "$search=a OR b"),
        ("contacts", "$search=NOT a"),
        ("owners", "$search=a"),
        ("contacts(1)/companies", "$search=a"),
        ("contacts", "$expand=companies($search=a)"),
    ] {
        let refused = feed.try_plan(&feed.request(path, query)).unwrap_err();
        assert_eq!(refused.kind, ErrorKind::NotSupported, "{path}?{query}");
    }
}

#[tokio::test]
async fn trouble_while_related_rows_are_read_ends_a_page_that_has_rows_and_changes_nothing_else() {
    let feed = feed(300).await;
    let expected = feed.read("contacts", "$expand=companies").await.unwrap().entities;
    for after in 0..4 {
        feed.portal.clear_faults();
        let fault = format!(
            r#"{{"match":{{"path_contains":"compan"}},"after":{after},"times":1,"answer":{{"status":502}}}}"#
        );
        feed.portal.inject(serde_json::from_str(&fault).unwrap());
        let read = feed.read_pages("contacts", "$expand=companies", Some(60), |_| {}).await.unwrap();
        assert_eq!(read.entities, expected, "at call {after}");
    }
}
