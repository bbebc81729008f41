//! A store in a temporary folder, and the binary run on it with nothing else in its environment.

use std::io::Write;
use std::process::{Child, Command, Stdio};

use std::sync::Arc;

use hubspot_sim::{Running, Settings, Simulator};
use schema::operations::{meta_get, meta_set};
use schema::{Actor, Context, HashSettings, Hasher, Keys, SeededRandom, Store, SystemClock};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// A simulated HubSpot portal, with the threads that serve it.
pub(crate) struct Portal {
    running: Running,
    _threads: Runtime,
}

impl Portal {
    pub(crate) fn start(settings: Settings) -> Portal {
        let threads = Runtime::new().unwrap();
        let running = threads.block_on(Simulator::start(settings, "127.0.0.1:0")).unwrap();
        Portal { running, _threads: threads }
    }

    pub(crate) fn url(&self) -> String {
        self.running.base_url()
    }

    /// Takes a property away.
    pub(crate) fn archive_property(&self, object: &str, name: &str) {
        self.running.portal().archive_property(object, name, true).unwrap();
    }

    /// Brings it back.
    pub(crate) fn restore_property(&self, object: &str, name: &str) {
        self.running.portal().archive_property(object, name, false).unwrap();
    }

    /// Live rows of an object.
    pub(crate) fn count(&self, object: &str) -> usize {
        self.running.portal().count(object).unwrap()
    }
}

/// How a run ended.
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The command line on a store of its own.
pub(crate) struct Admin {
    dir: TempDir,
    key: String,
    hubspot: String,
}

impl Admin {
    /// No store yet. HubSpot's address leads nowhere.
    pub(crate) fn bare() -> Admin {
        Admin::at("http://127.0.0.1:1")
    }

    /// No store yet, and a HubSpot.
    pub(crate) fn at(hubspot: &str) -> Admin {
        let key = Keys::generate("test", &SeededRandom::new(1)).expose().to_owned();
        Admin { dir: tempfile::tempdir().unwrap(), key, hubspot: hubspot.to_owned() }
    }

    /// A tenant `acme` with the users `anna` and `ben`.
    pub(crate) fn acme() -> Admin {
        Admin::bare().with_acme()
    }

    pub(crate) fn with_acme(self) -> Admin {
        self.json("tenant create acme");
        self.json("user add anna");
        self.json("user add ben");
        self
    }

    /// A path in the temporary folder.
    pub(crate) fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_feedgate-admin"));
        command.args(words).env_clear().current_dir(self.dir.path());
        command.env("FEEDGATE_STORE", format!("sqlite:{}", self.path("feedgate.db")));
        command.env("FEEDGATE_SECRET_KEYS", &self.key).env("FEEDGATE_HUBSPOT_BASE_URL", &self.hubspot);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Starts it and does not wait.
    pub(crate) fn start(&self, line: &str) -> Child {
        self.command(&words(line)).spawn().unwrap()
    }

    /// Runs a line that has no spaces inside its words.
    pub(crate) fn run(&self, line: &str) -> Ran {
        self.run_with(&words(line), "")
    }

    /// Runs it with something on its standard input.
    pub(crate) fn run_with(&self, words: &[&str], input: &str) -> Ran {
        fed(&mut self.command(words), input)
    }

    /// Runs it with `--output json`; it must succeed and print one value.
    pub(crate) fn json(&self, line: &str) -> Value {
        self.json_with(&words(line), "")
    }

    pub(crate) fn json_with(&self, words: &[&str], input: &str) -> Value {
        let ran = self.run_with(&[words, &["--output", "json"]].concat(), input);
        assert_eq!(ran.code, 0, "{words:?}: {}", ran.err);
        ran.value()
    }

    /// Notes the public URL, as a running server does.
    pub(crate) fn record_public_url(&self, url: &str) {
        let address = format!("sqlite:{}", self.path("feedgate.db"));
        let request = meta_set::Request { name: meta_get::PUBLIC_URL, value: url.to_owned() };
        Runtime::new().unwrap().block_on(async {
            let random = Arc::new(SeededRandom::new(1));
            let ctx = Context {
                store: Store::open(&address).await.unwrap(),
                clock: Arc::new(SystemClock),
                random: random.clone(),
                keys: None,
                hasher: Arc::new(Hasher::new(HashSettings::default(), random.as_ref())),
                actor: Actor::System { reason: "a test" },
                tenant: None,
                request_id: None,
            };
            meta_set::run(&ctx, request).await.unwrap();
        });
    }

    /// Runs it; it must end with `code`. Gives the sentence.
    pub(crate) fn refusal(&self, line: &str, code: i32) -> String {
        let ran = self.run(line);
        assert_eq!(ran.code, code, "{line}: {}{}", ran.out, ran.err);
        assert_eq!(ran.out, "", "{line}");
        ran.err
    }
}

impl Ran {
    /// The one JSON value on standard output.
    pub(crate) fn value(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {:?}", self.out))
    }
}

/// Runs a command with something on its standard input.
pub(crate) fn fed(command: &mut Command, input: &str) -> Ran {
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may be gone already.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    ended(child)
}

/// Waits for the end of a run.
pub(crate) fn ended(child: Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().collect()
}
