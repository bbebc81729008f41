//! `feedgate demo` as a process.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use crate::admin::Admin;
use crate::binaries;
use crate::process::Process;
use crate::replay::PowerQuery;
use crate::simulator::Simulator;
use crate::wire::{Answer, Request, Url};

/// How the demo is started.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Rows of the portal.
    pub contacts: u32,
    /// The address; port 0 takes a free one.
    pub listen: String,
    /// Where the store is kept; without it, in a folder that the demo removes.
    pub data_dir: Option<PathBuf>,
    /// Variables of the environment.
    pub environment: Vec<(String, String)>,
}

impl Demo {
    /// A demo with so many contacts.
    #[must_use]
    pub fn of(contacts: u32) -> Demo {
        Demo { contacts, listen: "127.0.0.1:0".to_owned(), data_dir: None, environment: Vec::new() }
    }
}

/// A running demo.
pub struct Feedgate {
    /// The URL of its data source, with a slash at the end.
    pub url: String,
    /// The user's name.
    pub user: String,
    /// The user's token.
    pub token: String,
    /// The data source.
    pub data_source: String,
    /// `sqlite:PATH`.
    pub store: String,
    /// Its commands.
    pub admin: Admin,
    /// Its portal.
    pub simulator: Simulator,
    /// The line it printed.
    pub line: String,
    /// From start to that line.
    pub ready_after: std::time::Duration,
    /// The process.
    pub process: Process,
}

impl Feedgate {
    /// Starts a demo and waits for its line.
    ///
    /// # Panics
    /// When it does not come.
    #[must_use]
    pub fn demo(demo: &Demo) -> Feedgate {
        let mut command = Command::new(binaries::path("feedgate"));
        command.args(["demo", "--listen", &demo.listen, "--output", "json"]);
        command.args(["--contacts", &demo.contacts.to_string()]);
        if let Some(folder) = &demo.data_dir {
            command.arg("--data-dir").arg(folder);
        }
        command.envs(demo.environment.iter().cloned());
        let started = Instant::now();
        let mut process = Process::start(&mut command);
        let line = process.first_line();
        let ready_after = started.elapsed();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("no JSON: {line}"));
        let text =
            |name: &str| ready[name].as_str().unwrap_or_else(|| panic!("no {name} in {line}")).to_owned();
        Feedgate {
            url: text("url"),
            user: text("user"),
            token: text("token"),
            data_source: text("data_source"),
            store: text("store"),
            admin: Admin::new(text("config").into()),
            simulator: Simulator::at(&text("simulator")),
            line,
            ready_after,
            process,
        }
    }

    /// A client as Power BI would be after pasting the three texts.
    #[must_use]
    pub fn client(&self) -> PowerQuery {
        PowerQuery::new(&self.url, &self.user, &self.token)
    }

    /// A plain GET with the demo's credentials.
    #[must_use]
    pub fn get(&self, behind: &str) -> Answer {
        let url = format!("{}{behind}", self.url);
        Request::get(&url).basic(&self.user, &self.token).send(&self.authority())
    }

    /// `127.0.0.1:8080`.
    #[must_use]
    pub fn authority(&self) -> String {
        Url::parse(&self.url).authority
    }
}
