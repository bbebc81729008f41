//! `feedgate demo`: the service with an embedded store and a simulated HubSpot portal, ready to be pasted.
//!
//! Everything of it is in one folder, also the key and the token, so that a second start on the same folder finds what
//! the first one gave out. Nothing in it is worth protecting: the customers are invented.

use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hubspot_sim::{Settings, Simulator};
use schema::{Keys, Random, SystemRandom};
use serde::Serialize;

use crate::config::Config;
use crate::logging;
use crate::service::{self, Service, StartError};

mod furnish;

/// The demo's tenant.
const TENANT: &str = "demo";
/// The demo's user.
const USER: &str = "analyst@demo.example";

/// What the demo is started with.
#[derive(Debug, Clone)]
pub struct Demo {
    /// Address of the feeds.
    pub listen: SocketAddr,
    /// Contacts in the simulated portal.
    pub contacts: u32,
    /// Time HubSpot's answers take.
    pub latency: Duration,
    /// Where everything is kept; a temporary folder if absent.
    pub data_dir: Option<PathBuf>,
    /// Print one JSON line instead of sentences.
    pub json: bool,
}

/// What is printed when ready.
#[derive(Debug, Serialize)]
struct Ready {
    url: String,
    user: &'static str,
    token: String,
    tenant: &'static str,
    data_source: String,
    store: String,
    simulator: String,
    config: String,
    pid: u32,
}

/// Runs the demo until a signal.
///
/// # Errors
/// What keeps it from starting.
pub async fn run(demo: Demo) -> Result<(), StartError> {
    let folder = Folder::open(demo.data_dir.as_deref())?;
    let listener = service::bind(demo.listen).await?;
    let address = listener.local_addr().map_err(failed)?;
    let settings = Settings { contacts: demo.contacts, latency: demo.latency, ..Settings::default() };
    let access_token = settings.access_token.clone();
    let simulator = Simulator::start(settings, "127.0.0.1:0").await.map_err(failed)?;
    let config = folder.write_config(address, &simulator.base_url())?;
    // Only warnings: the block that is printed is what the reader looks for.
    logging::start(&config.log, config.log_format);
    let service = Service::open(config.clone()).await?;
    let furnished = furnish::furnish(&service.app, &folder.path, &access_token).await?;
    let ready = Ready {
        url: format!("{}/odata/{}/", config.public_url, furnished.data_source),
        user: USER,
        token: furnished.token,
        tenant: TENANT,
        data_source: furnished.data_source,
        store: config.store.clone(),
        simulator: simulator.base_url(),
        config: folder.config().display().to_string(),
        pid: std::process::id(),
    };
    announce(&ready, demo.json, demo.contacts);
    service.serve(listener).await?;
    simulator.stop().await;
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> StartError {
    StartError::Demo(error.to_string())
}

/// The demo's folder; a temporary one is removed with it.
struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    fn open(given: Option<&Path>) -> Result<Self, StartError> {
        let in_folder = |path: &Path, error: std::io::Error| failed(format!("{}: {error}", path.display()));
        match given {
            Some(path) => {
                fs::create_dir_all(path).map_err(|error| in_folder(path, error))?;
                let path = path.canonicalize().map_err(|error| in_folder(path, error))?;
                Ok(Self { path, _temporary: None })
            }
            None => {
                let temporary =
                    tempfile::Builder::new().prefix("feedgate-demo-").tempdir().map_err(failed)?;
                Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) })
            }
        }
    }

    fn config(&self) -> PathBuf {
        self.path.join("feedgate.toml")
    }

    /// Writes the configuration that `feedgate-admin --config` reads, with the key of an earlier start if there is one.
    fn write_config(&self, address: SocketAddr, hubspot: &str) -> Result<Config, StartError> {
        let key = self.key()?;
        let mut table = toml::Table::new();
        let mut set = |name: &str, value: &str| table.insert(name.to_owned(), value.into());
        set("listen", &address.to_string());
        set("store", &format!("sqlite:{}", self.path.join("feedgate.db").display()));
        set("secret_keys", &key);
        set("hubspot_base_url", hubspot);
        set("log", "warn");
        write_private(&self.config(), &table.to_string())?;
        Config::from(Some(&self.config()), &demo_environment).map_err(failed)
    }

    fn key(&self) -> Result<String, StartError> {
        let existing =
            fs::read_to_string(self.config()).ok().and_then(|text| text.parse::<toml::Table>().ok());
        if let Some(key) =
            existing.as_ref().and_then(|table| table.get("secret_keys")).and_then(toml::Value::as_str)
        {
            return Ok(key.to_owned());
        }
        let random: Arc<dyn Random> = Arc::new(SystemRandom);
        Ok(Keys::generate("demo", random.as_ref()).expose().to_owned())
    }
}

/// Of the environment only what says how the demo is reached and what it logs: everything else is its own.
fn demo_environment(name: &str) -> Option<String> {
    const TAKEN: [&str; 4] =
        ["FEEDGATE_PUBLIC_URL", "FEEDGATE_ALLOW_PLAIN_HTTP", "FEEDGATE_LOG", "FEEDGATE_LOG_FORMAT"];
    TAKEN.contains(&name).then(|| crate::config::environment(name)).flatten()
}

/// Writes a file that only its owner reads.
fn write_private(path: &Path, text: &str) -> Result<(), StartError> {
    let written = fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| failed(format!("{}: {error}", path.display())))
}

#[expect(clippy::print_stdout, reason = "the answer of the command")]
fn announce(ready: &Ready, json: bool, contacts: u32) {
    if json {
        println!("{}", serde_json::to_string(ready).unwrap_or_default());
        return;
    }
    let Ready { url, user, token, simulator, config, .. } = ready;
    println!(
        "Feedgate's demo is ready: a simulated HubSpot portal with {contacts} contacts.

  URL        {url}
  User name  {user}
  Password   {token}

In Power BI: Get data > OData feed > the URL > Basic > user name and password. From a shell:

  curl -u '{user}:{token}' '{url}'

Administer it:      cargo run --release -p feedgate-admin -- --config '{config}' token list
What HubSpot sees:  {simulator}/__sim/journal
Stop it:            Ctrl-C"
    );
}
