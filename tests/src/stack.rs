//! A simulator, a store and `feedgate serve`, each a process of its own: what an operator runs.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::admin::Admin;
use crate::postgres::Server;
use crate::process::Process;
use crate::replay::PowerQuery;
use crate::simulator::Simulator;
use crate::wire::{Answer, Connection, Request};
use crate::{binaries, wait};

/// The user every stack has.
pub const USER: &str = "anna@acme.example";

/// How a stack is started.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Arguments of `hubspot-sim`.
    pub simulator: Vec<String>,
    /// Lines of the configuration file: key and value.
    pub settings: Vec<(String, String)>,
    /// What the data source shows: `contacts`, `contacts:email,firstname`.
    pub objects: Vec<String>,
    /// The store; without one a file.
    pub store: Option<String>,
}

impl Options {
    /// A small portal without budgets, and a data source over its contacts and companies.
    #[must_use]
    pub fn small() -> Options {
        Options::with(250, &["contacts", "companies"])
    }

    /// A portal of so many contacts without budgets, and a data source over these objects.
    #[must_use]
    pub fn with(contacts: u32, objects: &[&str]) -> Options {
        let simulator = ["--no-budget", "--contacts", &contacts.to_string()].map(str::to_owned).to_vec();
        let objects = objects.iter().map(|object| (*object).to_owned()).collect();
        Options { simulator, settings: Vec::new(), objects, store: None }
    }

    /// The same on this store.
    #[must_use]
    pub fn on(self, store: String) -> Options {
        Options { store: Some(store), ..self }
    }

    /// The same on a file, and on PostgreSQL where that is installed.
    #[must_use]
    pub fn on_both_stores(self) -> Vec<Options> {
        let database = Server::shared().map(|postgres| self.clone().on(postgres.database()));
        std::iter::once(self).chain(database).collect()
    }

    /// The same with one more setting.
    #[must_use]
    pub fn set(mut self, key: &str, value: &str) -> Options {
        self.settings.push((key.to_owned(), value.to_owned()));
        self
    }
}

/// The running whole.
pub struct Stack {
    /// HubSpot.
    pub simulator: Simulator,
    /// The operator's commands.
    pub admin: Admin,
    /// The service.
    pub server: Process,
    /// The data source of [`USER`].
    pub data_source: String,
    /// A token of [`USER`].
    pub token: String,
    /// Its id.
    pub token_id: String,
    authority: String,
    folder: TempDir,
}

impl Stack {
    /// Starts everything and waits until the service is ready.
    ///
    /// # Panics
    /// When a part does not start.
    #[must_use]
    pub fn start(options: &Options) -> Stack {
        let arguments: Vec<&str> = options.simulator.iter().map(String::as_str).collect();
        let simulator = Simulator::start(&arguments);
        let folder = tempfile::tempdir().expect("a temporary folder");
        let authority = free_address();
        let config = configure(&folder, &authority, &simulator.base_url, options);
        let admin = Admin::new(config);
        admin.ok(&["tenant", "create", "acme"]);
        let server = serve(&admin, &authority);
        admin.ok(&["user", "add", USER, "--email", USER]);
        admin.ok_with(&["connection", "add", "crm"], &simulator.access_token);
        let objects: Vec<&str> = options.objects.iter().map(String::as_str).collect();
        let data_source = create_source(&admin, USER, &objects);
        let (token_id, token) = admin.mint(USER, &[]);
        Stack { simulator, admin, server, data_source, token, token_id, authority, folder }
    }

    /// Starts the service again on the same folder and address, after it ended or was killed.
    pub fn start_again(&mut self) {
        self.server = serve(&self.admin, &self.authority);
    }

    /// A further server of the same configuration, which writes the same links: the process and its address.
    ///
    /// # Panics
    /// When it does not start.
    #[must_use]
    pub fn replica(&self) -> (Process, String) {
        let authority = free_address();
        (serve(&self.admin, &authority), authority)
    }

    /// `127.0.0.1:8080`.
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Where store, keys and configuration are.
    #[must_use]
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// The URL of a data source, with its slash.
    #[must_use]
    pub fn url(&self, data_source: &str) -> String {
        format!("http://{}/odata/{data_source}/", self.authority)
    }

    /// The URL of what stands behind the root of the stack's own data source.
    #[must_use]
    pub fn at(&self, behind: &str) -> String {
        self.url(&self.data_source) + behind
    }

    /// A client with the stack's own user, token and data source.
    #[must_use]
    pub fn client(&self) -> PowerQuery {
        PowerQuery::new(&self.at(""), USER, &self.token)
    }

    /// A plain GET with these credentials.
    #[must_use]
    pub fn get_as(&self, user: &str, token: &str, behind: &str) -> Answer {
        Request::get(&self.at(behind)).basic(user, token).send(&self.authority)
    }

    /// A plain GET with the stack's own credentials.
    #[must_use]
    pub fn get(&self, behind: &str) -> Answer {
        self.get_as(USER, &self.token, behind)
    }

    /// Sends any request.
    #[must_use]
    pub fn send(&self, request: &Request) -> Answer {
        request.send(&self.authority)
    }

    /// A data source of this user over these objects.
    #[must_use]
    pub fn source(&self, owner: &str, objects: &[&str]) -> String {
        create_source(&self.admin, owner, objects)
    }

    /// A connection of its own.
    ///
    /// # Panics
    /// When the service does not listen.
    #[must_use]
    pub fn connection(&self) -> Connection {
        Connection::open(&self.authority).expect("the service listens")
    }
}

fn create_source(admin: &Admin, owner: &str, objects: &[&str]) -> String {
    let mut arguments = vec!["source", "create", "Sales", "--owner", owner, "--connection", "crm"];
    for object in objects {
        arguments.extend(["--object", object]);
    }
    let source: Value = admin.ok(&arguments);
    source["id"].as_str().unwrap_or_else(|| panic!("no id in {source}")).to_owned()
}

fn configure(folder: &TempDir, authority: &str, hubspot: &str, options: &Options) -> PathBuf {
    let generated = Command::new(binaries::path("feedgate-admin")).args(["keys", "generate"]).output();
    let key = String::from_utf8(generated.expect("feedgate-admin starts").stdout).expect("a line of text");
    let file = || format!("sqlite:{}", folder.path().join("feedgate.db").display());
    let store = options.store.clone().unwrap_or_else(file);
    let mut lines = vec![
        ("listen".to_owned(), authority.to_owned()),
        ("public_url".to_owned(), format!("http://{authority}")),
        ("store".to_owned(), store),
        ("secret_keys".to_owned(), key.trim().to_owned()),
        ("hubspot_base_url".to_owned(), hubspot.to_owned()),
    ];
    lines.extend(options.settings.iter().cloned());
    let text: String = lines.iter().map(|(key, value)| format!("{key} = {value:?}\n")).collect();
    let path = folder.path().join("feedgate.toml");
    std::fs::write(&path, text).expect("the folder can be written");
    path
}

fn serve(admin: &Admin, authority: &str) -> Process {
    let mut command = Command::new(binaries::path("feedgate"));
    command.arg("serve").arg("--config").arg(admin.config()).env("FEEDGATE_LISTEN", authority);
    let mut process = Process::start(&mut command);
    process.log_everything();
    wait::until("the service to be ready", wait::PATIENCE, || {
        assert!(process.is_running(), "feedgate serve ended: {}", process.log());
        let request = Request::get(&format!("http://{authority}/readyz"));
        let answer = Connection::open(authority).and_then(|mut connection| connection.exchange(&request));
        answer.is_ok_and(|answer| answer.status == 200).then_some(())
    });
    process
}

/// A port that nobody listens on. `feedgate serve` prints no address, so it cannot choose one by itself.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address").to_string()
}
