//! A simulated portal with a data source over it, read through the planner page by page.

use std::time::Duration;

use feedgate::execute::{Context, Entity, ExecuteError, Page, Position, count, page, reach, skiptoken};
use feedgate::model::{Definition, StoredModel, StoredSet, discover, edm, record_row};
use feedgate::plan::{Abilities, OwnFilters, Plan, plan_with};
use hubspot::{AccessToken, Call, Client, Record};
use hubspot_sim::{Change, Running, Settings, Simulator};
use jiff::Timestamp;
use odata::edm::Model;
use odata::url::{Request, parse};
use odata::{Row, Value};
use tokio::time::Instant;

/// The instant of every request: `now()` in filters.
pub(crate) const NOW: Timestamp = Timestamp::constant(1_793_498_400, 0);

const KEY: skiptoken::Key<'static> = skiptoken::Key { id: "test", secret: &[7; 32] };

pub(crate) struct Feed {
    pub(crate) portal: Running,
    pub(crate) client: Client,
    pub(crate) stored: StoredModel,
    pub(crate) model: Model,
    /// The filters of the definition.
    pub(crate) own: OwnFilters,
    /// Whether requests come at the time of the portal's clock, and not all of them at one instant.
    pub(crate) moves: bool,
}

/// What came of a chain of pages.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    pub(crate) entities: Vec<Entity>,
    pub(crate) rows: Vec<Row>,
    pub(crate) pages: Vec<u64>,
    pub(crate) counts: Vec<Option<u64>>,
    pub(crate) nulled: u64,
    /// What `now()` was in it.
    pub(crate) now: Option<Timestamp>,
}

impl Feed {
    pub(crate) async fn over(settings: Settings, definition: &str) -> Feed {
        let portal = Simulator::start(settings, "127.0.0.1:0").await.unwrap();
        Feed::of(portal, definition).await
    }

    pub(crate) async fn of(portal: Running, definition: &str) -> Feed {
        let client = client(&portal);
        Feed::through(client, portal, definition).await
    }

    pub(crate) async fn through(client: Client, portal: Running, definition: &str) -> Feed {
        let definition = Definition::from_json(definition).unwrap();
        let stored = discover(&client, &call(), &definition).await.unwrap();
        let model = edm(&stored).unwrap();
        let own = OwnFilters::read(&stored, &model, &definition).unwrap();
        Feed { portal, client, stored, model, own, moves: false }
    }

    pub(crate) fn request(&self, path: &str, query: &str) -> Request {
        parse(&self.model, path, Some(query)).unwrap_or_else(|error| panic!("{path}?{query}: {error}"))
    }

    pub(crate) fn plan(&self, path: &str, query: &str) -> Plan {
        let request = self.request(path, query);
        self.try_plan(&request).unwrap()
    }

    pub(crate) fn try_plan(&self, request: &Request) -> Result<Plan, odata::Error> {
        plan_with(&self.stored, &self.model, request, &self.own, Abilities::default())
    }

    pub(crate) fn context<'a>(&'a self, call: &'a Call) -> Context<'a> {
        Context {
            client: &self.client,
            call,
            page_until: Instant::now() + Duration::from_secs(20),
            now: self.now(),
            model: &self.stored,
            model_version: 1,
            max_page_size: None,
        }
    }

    /// The time of a request.
    pub(crate) fn now(&self) -> Timestamp {
        if self.moves { self.portal.now() } else { NOW }
    }

    /// All rows of a query, every page by its link.
    pub(crate) async fn read(&self, path: &str, query: &str) -> Result<Chain, ExecuteError> {
        self.read_pages(path, query, None, |_| {}).await
    }

    pub(crate) async fn read_pages(
        &self,
        path: &str,
        query: &str,
        max_page_size: Option<u64>,
        mut between: impl FnMut(&Page),
    ) -> Result<Chain, ExecuteError> {
        let plan = reach(&self.context(&call()), self.plan(path, query)).await?;
        let Some(plan) = plan else { return Ok(Chain::default()) };
        let mut chain = Chain::default();
        let call = call();
        let mut position = Position::start(&self.context(&call), &plan);
        chain.now = Some(position.now);
        loop {
            let call = Call::within(Duration::from_secs(45));
            let context = Context { max_page_size, ..self.context(&call) };
            let page = page(&context, &plan, position, &mut chain.entities).await?;
            chain.pages.push(page.rows);
            chain.counts.push(page.count);
            chain.nulled += page.nulled.total();
            between(&page);
            let Some(next) = page.next else {
                chain.rows = chain.entities.iter().map(|entity| entity.row.clone()).collect();
                return Ok(chain);
            };
            position = through_a_link(&next);
        }
    }

    pub(crate) async fn count(&self, path: &str, query: &str) -> Result<u64, ExecuteError> {
        let call = call();
        let context = self.context(&call);
        match reach(&context, self.plan(path, query)).await? {
            Some(plan) => count(&context, &plan).await,
            None => Ok(0),
        }
    }

    /// Every live row as the portal holds it, converted without a plan.
    pub(crate) fn truth(&self, set: &str) -> Vec<Row> {
        let set = self.set(set);
        let rows = self.portal.portal().rows(&set.name).unwrap();
        rows.into_iter().filter(|row| !row.archived).map(|row| whole(set, row)).collect()
    }

    pub(crate) fn set(&self, name: &str) -> &StoredSet {
        self.stored.set(name).unwrap().1
    }

    pub(crate) fn change(&self, object: &str, change: &str) -> u64 {
        let change: Change = serde_json::from_str(change).unwrap();
        self.portal.portal().change(object, &change).unwrap()
    }
}

pub(crate) fn call() -> Call {
    Call::within(Duration::from_secs(60))
}

/// A client that knows nothing of the portal yet.
pub(crate) fn client(portal: &Running) -> Client {
    let settings = hubspot::Settings {
        base_url: portal.base_url(),
        // The portal of a test sets its own limits.
        list_budget: 100_000,
        search_budget: 100_000,
        association_budget: 100_000,
        retry_pause: Duration::from_millis(1),
        ..hubspot::Settings::default()
    };
    Client::new(&settings, AccessToken::new(portal.access_token())).unwrap()
}

/// A position as it comes back from a client.
pub(crate) fn through_a_link(position: &Position) -> Position {
    let token = skiptoken::seal(KEY, "source", position, [9; skiptoken::NONCE]).unwrap();
    skiptoken::open(&[KEY], "source", &token).unwrap()
}

pub(crate) fn ids(rows: &[Row]) -> Vec<i64> {
    let id = |row: &Row| match row[0] {
        Value::Int64(id) => id,
        _ => panic!("no id in {row:?}"),
    };
    rows.iter().map(id).collect()
}

/// A row as the portal holds it, converted without a plan.
pub(crate) fn whole(set: &StoredSet, row: hubspot_sim::Row) -> Row {
    let columns: Vec<usize> = (0..set.properties.len()).collect();
    record_row(set, &columns, &record(row)).row
}

fn record(row: hubspot_sim::Row) -> Record {
    let property = |(name, value): (String, String)| (name.into_boxed_str(), Some(value.into_boxed_str()));
    Record {
        id: row.id,
        properties: row.properties.into_iter().map(property).collect(),
        created_at: Some(row.created_at),
        updated_at: Some(row.updated_at),
        archived: row.archived,
    }
}
