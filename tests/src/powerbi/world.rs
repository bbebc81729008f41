//! What there is in the look-alike.

use serde_json::{Value, json};

use super::http::{Asked, Reply};

/// Everything.
#[derive(Debug)]
pub struct World {
    /// The directory that the application belongs to.
    pub directory: String,
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub secret: String,
    /// Whether an administrator allowed service principals.
    pub admitted: bool,
    /// All workspaces.
    pub workspaces: Vec<Workspace>,
    /// Gateways in somebody's own network, which show themselves.
    pub gateways: Vec<String>,
    /// Answers that come instead.
    pub faults: Vec<Fault>,
    /// Every call received.
    pub calls: Vec<Asked>,
    pub(super) access: Vec<String>,
    pub(super) numbers: u32,
}

/// A workspace.
#[derive(Debug)]
pub struct Workspace {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether the service principal may only look at reports.
    pub viewer: bool,
    /// Its data sets.
    pub sets: Vec<Set>,
}

/// A data set.
#[derive(Debug)]
pub struct Set {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether the service principal owns it.
    pub owned: bool,
    /// What it reads.
    pub sources: Vec<Source>,
    /// As the API shows it.
    pub schedule: Value,
    /// Its refreshes, the newest first.
    pub runs: Vec<Value>,
    /// How the next refresh ends.
    pub next: Outcome,
    /// Whether a takeover leaves its data sources bound to nothing.
    pub unbinds: bool,
}

/// How a refresh ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It succeeds when it is looked at for the second time.
    Completes,
    /// It fails when it is looked at for the second time.
    Fails,
    /// It goes on.
    Lasts,
}

/// A data source of a data set.
#[derive(Debug)]
pub struct Source {
    /// Its type, such as `OData` or `Web`.
    pub kind: String,
    /// What it reads.
    pub url: String,
    /// Whether it shows its gateway.
    pub bound: bool,
    /// Its gateway.
    pub gateway_id: String,
    /// Its id at the gateway.
    pub datasource_id: String,
    /// User name and password.
    pub credentials: Option<(String, String)>,
}

/// An answer that comes instead of the right one.
#[derive(Debug)]
pub struct Fault {
    /// Of calls with this method.
    pub method: &'static str,
    /// And this in their path.
    pub path: &'static str,
    /// So often.
    pub times: u32,
    /// What comes.
    pub reply: Reply,
}

impl Default for World {
    fn default() -> World {
        World {
            directory: "acme.onmicrosoft.example".to_owned(),
            client_id: "c11e0000-0000-4000-8000-000000000001".to_owned(),
            secret: "entra~secret+with/signs=".to_owned(),
            admitted: true,
            workspaces: Vec::new(),
            gateways: Vec::new(),
            faults: Vec::new(),
            calls: Vec::new(),
            access: Vec::new(),
            numbers: 0,
        }
    }
}

impl World {
    /// A number that was not there before, as an id.
    pub fn fresh_id(&mut self) -> String {
        self.numbers += 1;
        format!("00000000-0000-4000-8000-{:012}", self.numbers)
    }

    /// Adds a workspace with one data set that reads `url` through the cloud and whose schedule is off. Its place: the numbers of
    /// both.
    pub fn add(&mut self, workspace: &str, set: &str, url: &str) -> (usize, usize) {
        let source = Source {
            kind: "OData".to_owned(),
            url: url.to_owned(),
            bound: true,
            gateway_id: self.fresh_id(),
            datasource_id: self.fresh_id(),
            credentials: None,
        };
        let schedule = json!({"days": ["Monday", "Friday"], "times": ["07:00"], "enabled": false,
            "localTimeZoneId": "UTC", "notifyOption": "NoNotification"});
        let set = Set {
            id: self.fresh_id(),
            name: set.to_owned(),
            owned: true,
            sources: vec![source],
            schedule,
            runs: Vec::new(),
            next: Outcome::Completes,
            unbinds: false,
        };
        if let Some(at) = self.workspaces.iter().position(|known| known.name == workspace) {
            self.workspaces[at].sets.push(set);
            return (at, self.workspaces[at].sets.len() - 1);
        }
        let id = self.fresh_id();
        self.workspaces.push(Workspace { id, name: workspace.to_owned(), viewer: false, sets: vec![set] });
        (self.workspaces.len() - 1, 0)
    }

    /// The first data set with this name.
    ///
    /// # Panics
    /// When there is none.
    pub fn set(&mut self, name: &str) -> &mut Set {
        let all = self.workspaces.iter_mut().flat_map(|workspace| &mut workspace.sets);
        all.into_iter().find(|set| set.name == name).expect("a data set of this name")
    }

    /// Calls with this method and this in their path.
    #[must_use]
    pub fn count(&self, method: &str, path: &str) -> usize {
        self.calls.iter().filter(|call| call.method == method && call.path.contains(path)).count()
    }

    pub(super) fn fault(&mut self, asked: &Asked) -> Option<Reply> {
        let due = |fault: &&mut Fault| {
            fault.times > 0 && fault.method == asked.method && asked.path.contains(fault.path)
        };
        let fault = self.faults.iter_mut().find(due)?;
        fault.times -= 1;
        Some(fault.reply.clone())
    }
}
