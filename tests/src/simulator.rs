//! The simulated portal behind the service: its truth, its journal, its faults.

use std::process::Command;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::binaries;
use crate::process::Process;
use crate::truth::Truth;
use crate::wait;
use crate::wire::{Answer, Request, Url};

/// A running simulator, a process of its own or part of a demo.
pub struct Simulator {
    /// `http://127.0.0.1:40123`.
    pub base_url: String,
    /// The token it accepts.
    pub access_token: String,
    process: Option<Process>,
}

/// A call that HubSpot's API received.
#[derive(Debug, Clone, Deserialize)]
pub struct Call {
    /// 1, 2, 3, …
    pub seq: u64,
    /// When it arrived.
    pub at: jiff::Timestamp,
    /// `GET` or `POST`.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// Without the question mark.
    pub query: String,
    /// Of the request.
    pub body: String,
    /// Of the answer.
    pub status: u16,
}

impl Call {
    /// Whether it searched this object.
    #[must_use]
    pub fn searches(&self, object: &str) -> bool {
        self.method == "POST" && self.path.ends_with(&format!("/{object}/search"))
    }
}

impl Simulator {
    /// Starts `hubspot-sim` with these arguments on a free port.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn start(arguments: &[&str]) -> Simulator {
        let mut command = Command::new(binaries::path("hubspot-sim"));
        command.args(["--listen", "127.0.0.1:0", "--output", "json"]).args(arguments);
        let mut process = Process::start(&mut command);
        let line = process.first_line();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let text = |name: &str| ready[name].as_str().expect("the ready line names it").to_owned();
        Simulator { base_url: text("base_url"), access_token: text("access_token"), process: Some(process) }
    }

    /// The simulator inside a demo.
    #[must_use]
    pub fn at(base_url: &str) -> Simulator {
        let access_token = "pat-na1-demo".to_owned();
        Simulator { base_url: base_url.to_owned(), access_token, process: None }
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.as_ref().map(Process::log).unwrap_or_default()
    }

    /// Every live row of an object, as stored.
    #[must_use]
    pub fn rows(&self, object: &str) -> Vec<Truth> {
        let rows: Vec<Truth> = self.read(&format!("/__sim/objects/{object}"));
        rows.into_iter().filter(|row| !row.archived).collect()
    }

    /// Every property definition of an object, as HubSpot describes it.
    #[must_use]
    pub fn properties(&self, object: &str) -> Vec<Value> {
        self.read(&format!("/__sim/properties/{object}"))
    }

    /// Every link between two objects.
    #[must_use]
    pub fn links(&self, from: &str, to: &str) -> Vec<Value> {
        self.read(&format!("/__sim/associations/{from}/{to}"))
    }

    /// What HubSpot's API itself answers, for what has no page of its own among the controls.
    #[must_use]
    pub fn api(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.base_url);
        let request = Request::get(&url).field("Authorization", &format!("Bearer {}", self.access_token));
        // The service under test uses up the same budget.
        let answer = wait::until("a call to be admitted", wait::PATIENCE, || {
            Some(self.send(&request)).filter(|answer| answer.status != 429)
        });
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json()
    }

    /// Changes rows: an id with values, or new rows without one.
    pub fn change(&self, object: &str, change: &Value) {
        self.control("POST", &format!("/__sim/objects/{object}"), Some(change));
    }

    /// Adds a property, or archives one, in the form of the contract.
    pub fn property(&self, object: &str, definition: &Value) {
        self.control("POST", &format!("/__sim/properties/{object}"), Some(definition));
    }

    /// Every call the API received behind number `since`.
    #[must_use]
    pub fn journal(&self, since: u64) -> Vec<Call> {
        self.read(&format!("/__sim/journal?since={since}"))
    }

    /// The number of the last call.
    #[must_use]
    pub fn last_call(&self) -> u64 {
        self.journal(0).last().map_or(0, |call| call.seq)
    }

    /// Lets calls fail from now on, in the form of the contract.
    pub fn fault(&self, fault: &Value) {
        self.control("POST", "/__sim/faults", Some(fault));
    }

    /// Answers every API call with this status and body.
    pub fn answer_everything(&self, status: u16, body: &Value) {
        self.fault(&json!({"match": {}, "answer": {"status": status, "body": body.to_string()}}));
    }

    /// Takes all faults away.
    pub fn mend(&self) {
        self.control("DELETE", "/__sim/faults", None);
    }

    /// Changes budgets, quirks, latency or scopes.
    pub fn settings(&self, settings: &Value) {
        self.control("POST", "/__sim/settings", Some(settings));
    }

    /// Puts the portal's clock forward: access tokens expire.
    pub fn pass(&self, milliseconds: u64) {
        self.control("POST", "/__sim/clock", Some(&json!({"advance_ms": milliseconds})));
    }

    fn read<T: serde::de::DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.control("GET", path, None);
        serde_json::from_slice(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}: {answer:?}"))
    }

    /// Any control call of the simulator.
    ///
    /// # Panics
    /// When it is refused.
    pub fn control(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        let mut request = Request::of(method, &format!("{}{path}", self.base_url));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = self.send(&request);
        assert!((200..300).contains(&answer.status), "{method} {path}: {answer:?}");
        answer
    }

    fn send(&self, request: &Request) -> Answer {
        request.send(&Url::parse(&self.base_url).authority)
    }
}
