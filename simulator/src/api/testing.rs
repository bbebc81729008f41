//! A portal without a wire, for the tests of the API.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde_json::Value;

use super::{Answer, Request, answer, control};
use crate::clock::Clock;
use crate::portal::{Change, Portal};
use crate::quirks::Quirks;
use crate::settings::Settings;
use crate::world::World;

/// A portal, its clock, and the calls a client would make.
pub(crate) struct Bench {
    pub(crate) portal: Portal,
    clock: Arc<AtomicI64>,
}

impl Bench {
    /// No rows but the twelve products.
    pub(crate) fn empty() -> Bench {
        Bench::with(Settings::small(0))
    }

    pub(crate) fn with(settings: Settings) -> Bench {
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let world = Arc::new(World::new(settings, Clock::manual(Arc::clone(&clock))));
        Bench { portal: Portal { world }, clock }
    }

    pub(crate) fn quirks(self, quirks: Quirks) -> Bench {
        self.portal.world.change_behaviour(|behaviour| behaviour.quirks = quirks);
        self
    }

    pub(crate) fn wait_ms(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    /// A row with these values.
    pub(crate) fn add(&self, object: &str, properties: &[(&str, &str)]) -> u64 {
        let properties = properties.iter().map(|(n, v)| ((*n).to_owned(), Some((*v).to_owned()))).collect();
        self.portal.change(object, &Change { properties, ..Change::default() }).unwrap()
    }

    pub(crate) fn get(&self, target: &str) -> (u16, Value) {
        parsed(&self.call("GET", target, ""))
    }

    pub(crate) fn post(&self, target: &str, body: &Value) -> (u16, Value) {
        parsed(&self.call("POST", target, &body.to_string()))
    }

    pub(crate) fn control(&self, method: &str, target: &str, body: &str) -> (u16, Value) {
        parsed(&control(&self.portal, &request(method, target, body)))
    }

    /// The whole answer.
    pub(crate) fn call(&self, method: &str, target: &str, body: &str) -> Answer {
        answer(&self.portal.world, &request(method, target, body))
    }

    /// The ids of a search for contacts, and the total.
    pub(crate) fn search(&self, body: &Value) -> Result<(Vec<u64>, u64), u16> {
        let (status, answer) = self.post("/crm/objects/2026-09/contacts/search", body);
        if status != 200 {
            return Err(status);
        }
        Ok((ids(&answer), answer["total"].as_u64().unwrap()))
    }
}

/// The ids of the results of an answer.
pub(crate) fn ids(answer: &Value) -> Vec<u64> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["id"].as_str().unwrap().parse().unwrap())
        .collect()
}

pub(crate) fn request(method: &str, target: &str, body: &str) -> Request {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Request {
        method: method.to_owned(),
        path: path.to_owned(),
        query: query.to_owned(),
        authorization: Some("Bearer pat-na1-demo".to_owned()),
        body: body.to_owned().into(),
    }
}

fn parsed(answer: &Answer) -> (u16, Value) {
    (answer.status, serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
}
