//! What was in the portal when: every row and link with its versions, from one look at everything and the log since.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use feedgate_tests::judge::Lives;
use feedgate_tests::simulator::Simulator;
use feedgate_tests::truth::Truth;
use feedgate_tests::wait;
use jiff::Timestamp;
use serde::Deserialize;

/// An object of the data source and the columns that are read of it.
pub(crate) struct Object {
    pub(crate) name: &'static str,
    pub(crate) columns: &'static [&'static str],
}

pub(crate) const OBJECTS: [&Object; 3] = [
    &Object {
        name: "contacts",
        columns: &[
            "email",
            "firstname",
            "lastname",
            "city",
            "lifecyclestage",
            "hubspot_owner_id",
            "credit_limit",
            "loyalty_points",
            "vip",
            "contract_signed_on",
            "createdate",
            "lastmodifieddate",
        ],
    },
    &Object {
        name: "companies",
        columns: &[
            "name",
            "city",
            "country",
            "numberofemployees",
            "hubspot_owner_id",
            "createdate",
            "hs_lastmodifieddate",
        ],
    },
    &Object {
        name: "deals",
        columns: &[
            "dealname",
            "amount",
            "dealstage",
            "hubspot_owner_id",
            "createdate",
            "hs_lastmodifieddate",
        ],
    },
];

impl Object {
    /// As the command line takes it.
    pub(crate) fn definition(&self) -> String {
        format!("{}:{}", self.name, self.columns.join(","))
    }
}

/// A row from one change to the next; nothing while it is deleted or not there yet.
struct Version {
    since: u64,
    row: Option<Arc<Truth>>,
}

/// Numbers of changes between which a read lies; the first as far back as the index may lag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    from: u64,
    to: u64,
}

/// A contact and a company.
pub(crate) type Pair = (u64, u64);

pub(crate) struct History {
    tables: HashMap<&'static str, BTreeMap<u64, Vec<Version>>>,
    links: BTreeMap<Pair, Vec<(u64, bool)>>,
    /// The types of links that nobody has changed yet.
    types: HashMap<Pair, Vec<u64>>,
    /// When each change was made.
    times: Vec<(u64, Timestamp)>,
    lag: Duration,
}

#[derive(Deserialize)]
struct Change {
    seq: u64,
    at: Timestamp,
    kind: String,
    object: String,
    id: String,
    to: Option<(String, String)>,
    after: Option<Truth>,
}

impl History {
    /// Everything as it is now, which nobody may change meanwhile.
    pub(crate) fn of(simulator: &Simulator, lag: Duration) -> History {
        let mut tables = HashMap::new();
        for object in OBJECTS {
            let rows = simulator.rows(object.name).into_iter();
            let first = |row: Truth| (row.id(), vec![Version { since: 0, row: lean(object, row) }]);
            tables.insert(object.name, rows.map(first).collect());
        }
        let id = |link: &serde_json::Value, end: &str| link[end].as_str().unwrap().parse::<u64>().unwrap();
        let mut links = BTreeMap::new();
        let mut types = HashMap::new();
        for link in simulator.links("contacts", "companies") {
            let pair = (id(&link, "from"), id(&link, "to"));
            links.insert(pair, vec![(0, true)]);
            let ids = link["typeIds"].as_array().unwrap();
            types.insert(pair, ids.iter().map(|id| id.as_u64().unwrap()).collect());
        }
        History { tables, links, types, times: Vec::new(), lag }
    }

    /// Before a read: takes up what has changed, and says from where on changes matter to it.
    pub(crate) fn open(&mut self, simulator: &Simulator) -> u64 {
        let began = wait::now();
        self.take_up(simulator);
        // The clocks are the same; a little more, because times are written in milliseconds.
        let reach = self.lag + Duration::from_millis(20);
        let seen = |(_, at): &(u64, Timestamp)| began.duration_since(*at).unsigned_abs() > reach;
        let known = self.times.partition_point(seen);
        known.checked_sub(1).map_or(0, |last| self.times[last].0)
    }

    /// Behind a read: takes up what has changed since.
    pub(crate) fn close(&mut self, simulator: &Simulator, from: u64) -> Window {
        self.take_up(simulator);
        Window { from, to: self.last() }
    }

    fn last(&self) -> u64 {
        self.times.last().map_or(0, |(seq, _)| *seq)
    }

    /// How many changes there were.
    pub(crate) fn changes(&self) -> u64 {
        self.last()
    }

    fn take_up(&mut self, simulator: &Simulator) {
        let path = format!("/__sim/changes?since={}", self.last());
        let answer = simulator.control("GET", &path, None);
        let changes: Vec<Change> = serde_json::from_slice(&answer.body).unwrap();
        for change in changes {
            assert_eq!(change.seq, self.last() + 1, "the portal has forgotten changes");
            self.times.push((change.seq, change.at));
            self.apply(change);
        }
    }

    fn apply(&mut self, change: Change) {
        let id: u64 = change.id.parse().unwrap();
        if let Some((to, other)) = change.to {
            let other: u64 = other.parse().unwrap();
            let pair = match (change.object.as_str(), to.as_str()) {
                ("contacts", "companies") => (id, other),
                ("companies", "contacts") => (other, id),
                _ => return,
            };
            self.types.remove(&pair);
            self.links.entry(pair).or_default().push((change.seq, change.kind == "link"));
            return;
        }
        let Some(object) = OBJECTS.iter().find(|object| object.name == change.object) else { return };
        let row = change.after.filter(|row| !row.archived).and_then(|row| lean(object, row));
        let versions = self.tables.get_mut(object.name).unwrap().entry(id).or_default();
        versions.push(Version { since: change.seq, row });
    }

    /// The rows of an object with all that they were within a window.
    pub(crate) fn rows(
        &self,
        object: &str,
        window: Window,
    ) -> impl Iterator<Item = (u64, Lives<&Arc<Truth>>)> {
        self.tables[object].iter().map(move |(id, versions)| (*id, lives(versions, window)))
    }

    /// One row.
    pub(crate) fn row(&self, object: &str, id: u64, window: Window) -> Lives<&Arc<Truth>> {
        self.tables[object].get(&id).map_or(Lives { always: false, rows: Vec::new() }, |v| lives(v, window))
    }

    /// How many rows of an object match now.
    pub(crate) fn count(&self, object: &str, matches: impl Fn(&Truth) -> bool) -> usize {
        let last = self.tables[object].values().filter_map(|versions| versions.last()?.row.as_ref());
        last.filter(|row| matches(row)).count()
    }

    /// A row that lives now.
    pub(crate) fn some(&self, object: &str, place: f64) -> Option<Arc<Truth>> {
        let table = &self.tables[object];
        let (first, last) = (*table.first_key_value()?.0, *table.last_key_value()?.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a place between the two"
        )]
        let from = first + ((last - first) as f64 * place) as u64;
        table.range(from..).find_map(|(_, versions)| versions.last()?.row.clone())
    }

    /// The links of a contact, or all: whether they stood throughout the window, if they stood at all. What is linked to a
    /// deleted record is not shown.
    pub(crate) fn links(&self, contact: Option<u64>, window: Window) -> impl Iterator<Item = (Pair, bool)> {
        let range = contact.map_or((0, 0)..=(u64::MAX, u64::MAX), |id| (id, 0)..=(id, u64::MAX));
        self.links.range(range).filter_map(move |(pair, versions)| {
            let (mut ever, mut always) = (false, true);
            let in_force = versions.partition_point(|(since, _)| *since <= window.from);
            always &= in_force > 0;
            for (since, stands) in &versions[in_force.saturating_sub(1)..] {
                if *since <= window.to {
                    ever |= stands;
                    always &= stands;
                }
            }
            let ends = [("contacts", pair.0), ("companies", pair.1)]
                .map(|(object, id)| self.row(object, id, window));
            let shown = ever && ends.iter().all(|end| !end.rows.is_empty());
            shown.then(|| (*pair, always && ends.iter().all(|end| end.always)))
        })
    }

    /// The types of a link that was never changed.
    pub(crate) fn types(&self, pair: Pair) -> Option<&[u64]> {
        self.types.get(&pair).map(Vec::as_slice)
    }
}

fn lives(versions: &[Version], window: Window) -> Lives<&Arc<Truth>> {
    let in_force = versions.partition_point(|version| version.since <= window.from);
    let within =
        versions[in_force.saturating_sub(1)..].iter().take_while(|version| version.since <= window.to);
    let mut lives = Lives { always: in_force > 0, rows: Vec::new() };
    for version in within {
        lives.always &= version.row.is_some();
        lives.rows.extend(&version.row);
    }
    lives
}

/// A row with nothing but the columns that are read.
fn lean(object: &Object, mut row: Truth) -> Option<Arc<Truth>> {
    row.properties.retain(|name, _| name == "hs_object_id" || object.columns.contains(&name.as_str()));
    Some(Arc::new(row))
}
