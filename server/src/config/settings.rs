//! The table of settings, and reading their raw values: environment over file over default.

use std::collections::BTreeMap;
use std::path::Path;

/// One setting: its key in the file, its default, what it means. `docs/configuration.md` is generated from it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The key in the file; the environment variable is `FEEDGATE_` + this in capitals.
    pub key: &'static str,
    /// Value when nothing is given.
    pub default: Option<&'static str>,
    /// What it means.
    pub meaning: &'static str,
}

impl Setting {
    /// Name of the environment variable.
    #[must_use]
    pub fn variable(&self) -> String {
        format!("FEEDGATE_{}", self.key.to_ascii_uppercase())
    }
}

macro_rules! settings {
    ($($key:literal $default:expr, $meaning:literal;)*) => {
        /// Every setting of `serve`.
        pub const SETTINGS: &[Setting] = &[$(Setting { key: $key, default: $default, meaning: $meaning }),*];
    };
}

settings! {
    "listen" Some("127.0.0.1:8080"), "Address of the feeds.";
    "public_url" None, "The URL clients use; every link in a feed starts with it. Default: the listening address.";
    "store" Some("sqlite:feedgate.db"), "Where tokens, data sources and history are kept: `sqlite:PATH`, or `postgres://USER:PASSWORD@HOST/DATABASE` for several replicas.";
    "secret_keys" None, "Keys as `id:base64-of-32-bytes`, separated by commas; the first is active. Make one with `feedgate-admin keys generate`.";
    "secret_keys_file" None, "A file with the same text, instead of `secret_keys`.";
    "hubspot_base_url" Some("https://api.hubapi.com"), "Root of HubSpot's API.";
    "hubspot_daily_share" Some("90"), "Per cent of a HubSpot account's daily calls, by whichever app, up to which feeds are read. The rest is left to other integrations and to `feedgate-admin`. A connection can have a share of its own: `connection edit NAME --daily-share`.";
    "powerbi_login_url" Some("https://login.microsoftonline.com"), "Where a service principal signs in for Power BI. Other clouds have others, such as `https://login.microsoftonline.us`. Used by `feedgate-admin powerbi` only.";
    "powerbi_api_url" Some("https://api.powerbi.com"), "Root of Power BI's API; `https://api.powerbigov.us` and the like in other clouds.";
    "powerbi_scope" Some("https://analysis.windows.net/powerbi/api/.default"), "What is asked for at the sign-in; `https://analysis.usgovcloudapi.net/powerbi/api/.default` and the like in other clouds.";
    "metrics_listen" None, "A second address for `/metrics`, `/healthz` and `/readyz`. Without it there is no `/metrics`.";
    "trusted_proxies" None, "Networks whose `X-Forwarded-For` is believed, separated by commas.";
    "connections_per_address" Some("256"), "Connections of one address (an IPv6 /64; not a trusted proxy) on which no credential was proven yet. For one more the oldest of them is closed; a connection with a proven request does not count. 256 are more than any client opens before its first answer, and an eighth of all the service takes.";
    "tls_cert" None, "Certificate chain (PEM), when the service terminates TLS itself.";
    "tls_key" None, "Private key (PEM) of the certificate.";
    "allow_plain_http" Some("false"), "Allow HTTP without TLS beyond loopback.";
    "request_deadline" Some("45s"), "How long one request may take; keep it below the timeout of a proxy in front.";
    "model_check" Some("6h"), "How long after the last look HubSpot is asked again, beside a request, whether properties that a data source shows were deleted or got another type; `none`: never.";
    "smtp_url" None, "Mail server for notices: `smtps://USER:PASSWORD@HOST`, or `smtp://HOST?tls=required` for STARTTLS. Without it no mail is sent.";
    "smtp_from" None, "Sender of notices. Default: `feedgate@` and the host of the public URL.";
    "log" Some("info"), "Filter of the log, in the syntax of tracing's EnvFilter.";
    "log_format" Some("text"), "`text` for people, `json` for machines.";
}

/// Raw values with where they came from, and the faults found so far.
pub(super) struct Values {
    raw: BTreeMap<&'static str, (String, Source)>,
    faults: Vec<(Option<&'static str>, String)>,
}

/// Where a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Environment,
    File,
    Default,
}

impl Values {
    pub(super) fn read(file: Option<&Path>, environment: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut values = Self { raw: BTreeMap::new(), faults: Vec::new() };
        let mut table = file.map_or_else(toml::Table::new, |path| values.read_file(path));
        for setting in SETTINGS {
            let from_file = table.remove(setting.key).and_then(|value| values.file_text(setting.key, value));
            let given = environment(&setting.variable())
                .filter(|text| !text.is_empty())
                .map(|text| (text, Source::Environment))
                .or_else(|| from_file.map(|text| (text, Source::File)))
                .or_else(|| setting.default.map(|text| (text.to_owned(), Source::Default)));
            if let Some(given) = given {
                values.raw.insert(setting.key, given);
            }
        }
        for key in table.keys() {
            values.fault(format!(
                "the file has an unknown setting {key}; see docs/configuration.md for all of them"
            ));
        }
        values
    }

    fn read_file(&mut self, path: &Path) -> toml::Table {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                self.fault(format!("the configuration file {} cannot be read: {error}", path.display()));
                return toml::Table::new();
            }
        };
        text.parse().unwrap_or_else(|error: toml::de::Error| {
            self.fault(format!("the configuration file {} is not TOML: {}", path.display(), error.message()));
            toml::Table::new()
        })
    }

    fn file_text(&mut self, key: &'static str, value: toml::Value) -> Option<String> {
        match value {
            toml::Value::String(text) => Some(text),
            toml::Value::Boolean(value) => Some(value.to_string()),
            toml::Value::Integer(value) => Some(value.to_string()),
            toml::Value::Array(items) if items.iter().all(toml::Value::is_str) => {
                Some(items.iter().filter_map(toml::Value::as_str).collect::<Vec<_>>().join(","))
            }
            _ => {
                self.fault_of(
                    key,
                    format!("{key} in the file must be a text, a whole number, or true or false"),
                );
                None
            }
        }
    }

    /// The value as given, whatever its source.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.raw.get(key).map(|(text, _)| text.clone())
    }

    /// The value unless it is the default.
    pub(super) fn given(&self, key: &str) -> Option<String> {
        self.raw.get(key).filter(|(_, source)| *source != Source::Default).map(|(text, _)| text.clone())
    }

    /// The value if there is one; one that does not parse is recorded as a fault.
    pub(super) fn parsed<T>(
        &mut self,
        key: &'static str,
        shape: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let (text, source) = self.raw.get(key).cloned()?;
        let parsed = parse(text.trim());
        if parsed.is_none() {
            let place = if source == Source::Environment { "the environment" } else { "the file" };
            self.fault_of(key, format!("{key} from {place} must be {shape}, not {text}"));
        }
        parsed
    }

    pub(super) fn fault(&mut self, sentence: String) {
        self.faults.push((None, sentence));
    }

    pub(super) fn fault_of(&mut self, key: &'static str, sentence: String) {
        self.faults.push((Some(key), sentence));
    }

    pub(super) fn is_faulty(&self, key: &str) -> bool {
        self.faults.iter().any(|(of, _)| *of == Some(key))
    }

    pub(super) fn into_faults(self) -> Vec<String> {
        self.faults.into_iter().map(|(_, sentence)| sentence).collect()
    }
}
