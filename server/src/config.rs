//! The configuration: a TOML file and the environment, which wins. All faults are reported at once.
//!
//! Promise: a [`Config`] is complete and consistent; whoever holds one needs no further check. The environment is
//! read here and nowhere else.

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use ipnet::IpNet;
use schema::Keys;

mod settings;

use crate::notices::MailSettings;
use crate::powerbi::{self, Endpoints};
use settings::Values;
pub use settings::{SETTINGS, Setting};

/// What `serve` runs with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the feeds are served.
    pub listen: SocketAddr,
    /// The URL clients use, without a trailing slash; all links are built from it.
    pub public_url: String,
    /// `sqlite:PATH` or `postgres://…`. May hold a password: shown only through [`schema::Store::shown`].
    pub store: String,
    /// Keys for sealing HubSpot credentials, tagging tokens and sealing page links.
    pub keys: Arc<Keys>,
    /// HubSpot's API root, without a trailing slash.
    pub hubspot_base_url: String,
    /// Per cent of an account's daily calls up to which feeds are read, 1 to 100.
    pub hubspot_daily_share: u32,
    /// Where metrics and health are served, if apart.
    pub metrics_listen: Option<SocketAddr>,
    /// Peers whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Connections of one address on which nobody has proven a credential; the oldest is closed for one more.
    pub connections_per_address: usize,
    /// Certificate chain and key in PEM, if the service terminates TLS itself.
    pub tls: Option<Tls>,
    /// How long one request may take.
    pub request_deadline: Duration,
    /// After which time the properties of a data source are looked at again; none: never.
    pub model_check: Option<Duration>,
    /// Filter of the log, in tracing's syntax.
    pub log: String,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How notices are mailed, if they are.
    pub mail: Option<MailSettings>,
}

/// PEM files of the listener.
#[derive(Debug, Clone)]
pub struct Tls {
    /// Certificate chain.
    pub cert: PathBuf,
    /// Private key.
    pub key: PathBuf,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// Everything that is wrong with a configuration, one sentence each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(pub Vec<String>);

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Faults {}

/// The settings that `feedgate-admin` shares with the server.
#[derive(Debug, Clone)]
pub struct Shared {
    /// The store, if configured.
    pub store: Option<String>,
    /// The keys, if configured.
    pub keys: Option<Arc<Keys>>,
    /// HubSpot's API root.
    pub hubspot_base_url: String,
    /// Where Power BI is.
    pub powerbi: Endpoints,
}

impl Config {
    /// Reads `file` (if given) and the process's environment.
    ///
    /// # Errors
    /// Every fault found, together.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        Self::from(file, &environment)
    }

    /// [`Self::load`] with the environment given, for tests.
    ///
    /// # Errors
    /// Every fault found, together.
    pub fn from(file: Option<&Path>, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        let mut values = Values::read(file, environment);
        let config = Self::take(&mut values);
        let faults = values.into_faults();
        match config {
            Some(config) if faults.is_empty() => Ok(config),
            _ => Err(Faults(faults)),
        }
    }

    fn take(values: &mut Values) -> Option<Self> {
        let listen = values.parsed("listen", "an address such as 127.0.0.1:8080", |text| text.parse().ok());
        let tls = take_tls(values);
        let public_url = take_public_url(values, listen, tls.is_some());
        let keys = take_keys(values);
        if keys.is_none() && !values.is_faulty("secret_keys") {
            values.fault(
                "no secret key is configured: run `feedgate-admin keys generate` and give its line as \
                 FEEDGATE_SECRET_KEYS or in a file named by FEEDGATE_SECRET_KEYS_FILE"
                    .to_owned(),
            );
        }
        let plain_allowed = values.parsed("allow_plain_http", "true or false", |text| text.parse().ok());
        if let (Some(listen), None, Some(false)) = (listen, &tls, plain_allowed) {
            check_plain_http(values, listen);
        }
        let mail = take_mail(values, public_url.as_deref());
        // The server does not call Power BI; the file is one for both, and its faults are told here.
        take_powerbi(values);
        // Each is read before the first that is missing ends it, so that no fault hides another.
        let store = take_store(values);
        let hubspot_base_url = take_hubspot(values);
        let hubspot_daily_share = values.parsed("hubspot_daily_share", "a number from 1 to 100", percent);
        let metrics_listen =
            values.parsed("metrics_listen", "an address such as 127.0.0.1:9090", |text| text.parse().ok());
        let proxies = "networks such as 10.0.0.0/8, separated by commas";
        let trusted_proxies = values.parsed("trusted_proxies", proxies, networks);
        let connections_per_address = take_connections(values);
        let request_deadline = take_deadline(values);
        let model_check = take_model_check(values);
        let log = values.parsed("log", "a filter such as info,feedgate=debug", log_filter);
        let log_format = values.parsed("log_format", "text or json", log_format);
        Some(Self {
            store: store?,
            hubspot_base_url: hubspot_base_url?,
            hubspot_daily_share: hubspot_daily_share?,
            metrics_listen,
            trusted_proxies: trusted_proxies.unwrap_or_default(),
            connections_per_address: connections_per_address?,
            request_deadline: request_deadline?,
            model_check: model_check?,
            log: log?,
            log_format: log_format?,
            listen: listen?,
            public_url: public_url?,
            keys: keys?,
            tls,
            mail,
        })
    }
}

impl Shared {
    /// What the command line needs of the server's configuration; nothing in it is required.
    ///
    /// # Errors
    /// Every fault found, together.
    pub fn load(file: Option<&Path>) -> Result<Self, Faults> {
        let mut values = Values::read(file, &environment);
        let keys = take_keys(&mut values);
        let store = values.given("store");
        let (hubspot, powerbi) = (take_hubspot(&mut values), take_powerbi(&mut values));
        match (hubspot, powerbi, values.into_faults()) {
            (Some(hubspot_base_url), Some(powerbi), faults) if faults.is_empty() => {
                Ok(Self { store, keys, hubspot_base_url, powerbi })
            }
            (_, _, faults) => Err(Faults(faults)),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn take_tls(values: &mut Values) -> Option<Tls> {
    match (values.text("tls_cert"), values.text("tls_key")) {
        (Some(cert), Some(key)) => {
            let tls = Tls { cert: cert.into(), key: key.into() };
            if let Err(error) = crate::serve::tls::acceptor(&tls) {
                values.fault(error.to_string());
            }
            Some(tls)
        }
        (None, None) => None,
        _ => {
            values.fault("tls_cert and tls_key belong together: give both or neither".to_owned());
            None
        }
    }
}

fn take_public_url(values: &mut Values, listen: Option<SocketAddr>, tls: bool) -> Option<String> {
    let Some(url) = values.text("public_url") else {
        let listen = listen?;
        if values.text("trusted_proxies").is_some() {
            values.fault(
                "public_url is needed behind a proxy (trusted_proxies is set): the links in the feeds are built from it"
                    .to_owned(),
            );
        }
        if listen.ip().is_unspecified() {
            values.fault(format!(
                "public_url is needed when listening on {}: the links in the feeds are built from it",
                listen.ip()
            ));
        }
        return Some(format!("{}://{listen}", if tls { "https" } else { "http" }));
    };
    let url = url.trim_end_matches('/').to_owned();
    match url.parse::<http::Uri>() {
        Ok(uri)
            if matches!(uri.scheme_str(), Some("http" | "https"))
                && uri.authority().is_some_and(|a| !a.as_str().contains('@'))
                && uri.query().is_none() =>
        {
            Some(url)
        }
        _ => {
            values.fault(format!("public_url is not a URL such as https://feeds.example.com: {url}"));
            None
        }
    }
}

fn take_keys(values: &mut Values) -> Option<Arc<Keys>> {
    let text = match (values.text("secret_keys"), values.text("secret_keys_file")) {
        (Some(text), _) => text,
        (None, Some(path)) => match std::fs::read_to_string(&path) {
            Ok(text) => text.trim().to_owned(),
            Err(error) => {
                values.fault_of("secret_keys", format!("secret_keys_file {path} cannot be read: {error}"));
                return None;
            }
        },
        (None, None) => return None,
    };
    match Keys::parse(&text) {
        Ok(keys) => Some(Arc::new(keys)),
        Err(error) => {
            values.fault_of("secret_keys", format!("secret_keys: {error}"));
            None
        }
    }
}

fn take_store(values: &mut Values) -> Option<String> {
    let store = values.text("store")?;
    if let Some(path) = store.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
        let folder = Path::new(path).parent().filter(|folder| !folder.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            values.fault(format!("the folder {} of the store does not exist: create it", folder.display()));
        }
        return Some(store);
    }
    match schema::Store::check_address(&store) {
        Ok(()) => Some(store),
        Err(fault) => {
            values.fault(format!("store: {fault}"));
            None
        }
    }
}

fn take_hubspot(values: &mut Values) -> Option<String> {
    let url = values.text("hubspot_base_url")?;
    let url = url.trim_end_matches('/').to_owned();
    if url.parse::<http::Uri>().is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https"))) {
        return Some(url);
    }
    values.fault(format!("hubspot_base_url is not a URL such as https://api.hubapi.com: {url}"));
    None
}

fn take_powerbi(values: &mut Values) -> Option<Endpoints> {
    let mut root = |key: &'static str| {
        let url = values.text(key)?;
        let root = powerbi::root(&url);
        if root.is_none() {
            // A secret goes there.
            values.fault(format!("{key} must start with https:// and end with its host or path: {url}"));
        }
        root
    };
    let (login_url, api_url) = (root("powerbi_login_url"), root("powerbi_api_url"));
    Some(Endpoints { login_url: login_url?, api_url: api_url?, scope: values.text("powerbi_scope")? })
}

fn take_deadline(values: &mut Values) -> Option<Duration> {
    let deadline = values.parsed("request_deadline", "a duration such as 45s", duration)?;
    // Below 5 s not even one retry of one HubSpot call fits; above 600 s Power Query itself gives up.
    if !(5..=600).contains(&deadline.as_secs()) {
        values.fault("request_deadline must lie between 5s and 600s".to_owned());
    }
    Some(deadline)
}

fn take_model_check(values: &mut Values) -> Option<Option<Duration>> {
    let read = |text: &str| if text == "none" { Some(None) } else { duration(text).map(Some) };
    values.parsed("model_check", "a duration such as 6h, or none", read)
}

fn take_mail(values: &mut Values, public_url: Option<&str>) -> Option<MailSettings> {
    let url = values.text("smtp_url")?;
    let host = || Some(public_url?.parse::<http::Uri>().ok()?.host()?.to_owned());
    let from = values.text("smtp_from").or_else(|| {
        // A mail address names a host, not an address of one.
        let host = host().filter(|host| host.parse::<std::net::IpAddr>().is_err() && !host.starts_with('['));
        Some(format!("feedgate@{}", host.unwrap_or_else(|| "localhost".to_owned())))
    })?;
    MailSettings::new(&url, &from).map_err(|fault| values.fault_of("smtp_url", fault)).ok()
}

fn take_connections(values: &mut Values) -> Option<usize> {
    let most = values.parsed("connections_per_address", "a number such as 256", |text| text.parse().ok())?;
    // With fewer a browser or a report that opens some at once would close its own.
    if most < 16 {
        values.fault("connections_per_address must be at least 16".to_owned());
    }
    Some(most)
}

fn check_plain_http(values: &mut Values, listen: SocketAddr) {
    if !listen.ip().is_loopback() {
        values.fault(format!(
            "listening on {listen} without TLS would send access tokens in the clear: give tls_cert and tls_key, \
             listen on loopback behind a proxy, or set allow_plain_http (FEEDGATE_ALLOW_PLAIN_HTTP=true)"
        ));
    }
}

fn duration(text: &str) -> Option<Duration> {
    schema::duration::parse(text).ok()
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    text.split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().or_else(|_| part.parse::<std::net::IpAddr>().map(IpNet::from)).ok())
        .collect()
}

fn percent(text: &str) -> Option<u32> {
    text.trim_end_matches('%').parse().ok().filter(|percent| (1..=100).contains(percent))
}

fn log_filter(text: &str) -> Option<String> {
    tracing_subscriber::EnvFilter::try_new(text).is_ok().then(|| text.to_owned())
}

fn log_format(text: &str) -> Option<LogFormat> {
    match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
