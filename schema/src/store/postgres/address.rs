//! `postgres://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`: what is understood, and how the way there is protected.
//!
//! libpq's `prefer`, `allow` and `verify-ca` are refused: they promise less than they seem to. A certificate is always
//! verified, against the system's authorities or those in `sslrootcert`. Without a word the way is encrypted, unless the
//! server is on this machine.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::StoreError;

/// A server that is silent for so long while it owes an answer to TCP is gone.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);
/// An idle connection is tried so often, so that a firewall does not forget it and a dead one is noticed.
const KEEPALIVE: Duration = Duration::from_secs(30);

const FORM: &str = "the address of the store is not understood: write postgres://USER:PASSWORD@HOST:5432/DATABASE?sslmode=verify-full";

/// A PostgreSQL database and the way to it.
pub(in crate::store) struct Address {
    config: Config,
    security: Security,
    shown: String,
}

/// How the way is protected.
pub(super) enum Security {
    /// Not at all: the server is on this machine, or the operator wants it so.
    Plain,
    /// By TLS, with the server's certificate and name verified.
    Tls(Box<MakeRustlsConnect>),
}

impl Address {
    /// Reads an address.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`] with a sentence that repeats nothing secret.
    pub(in crate::store) fn parse(address: &str) -> Result<Address, StoreError> {
        let (kept, options) = take_tls_options(address)?;
        // The parser's own words may repeat a part of the address.
        let mut config: Config = kept.parse().map_err(|_| StoreError::misconfigured(FORM))?;
        if config.get_dbname().is_none() || config.get_hosts().is_empty() || config.get_user().is_none() {
            return Err(StoreError::misconfigured(FORM));
        }
        let security = options.security(config.get_hosts())?;
        config
            .ssl_mode(if matches!(security, Security::Plain) { SslMode::Disable } else { SslMode::Require })
            // What a standby shows may be old: a revocation must hold at once.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .tcp_user_timeout(UNACKNOWLEDGED)
            .keepalives_idle(KEEPALIVE);
        if config.get_application_name().is_none() {
            config.application_name("feedgate");
        }
        let shown = shown(address);
        Ok(Address { config, security, shown })
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    pub(super) fn security(&self) -> &Security {
        &self.security
    }

    /// For people: without user and password.
    pub(in crate::store) fn shown(&self) -> &str {
        &self.shown
    }
}

/// An address without what is secret in it: its hosts and its database.
pub(in crate::store) fn shown(address: &str) -> String {
    let Ok(config) = take_tls_options(address)
        .map(|(kept, _)| kept)
        .and_then(|kept| kept.parse::<Config>().map_err(|_| StoreError::misconfigured(FORM)))
    else {
        return "postgres://(not understood)".to_owned();
    };
    let ports = config.get_ports();
    let port = |index: usize| ports.get(index).or(ports.first()).copied().unwrap_or(5432);
    let hosts: Vec<String> = config
        .get_hosts()
        .iter()
        .enumerate()
        .map(|(index, host)| match host {
            Host::Tcp(host) => format!("{host}:{}", port(index)),
            #[cfg(unix)]
            Host::Unix(path) => path.display().to_string(),
        })
        .collect();
    format!("postgres://{}/{}", hosts.join(","), config.get_dbname().unwrap_or_default())
}

/// What an address says about TLS.
#[derive(Default)]
struct TlsOptions {
    mode: Option<String>,
    authorities: Option<String>,
}

/// Takes the options that are ours to understand out of the address.
fn take_tls_options(address: &str) -> Result<(String, TlsOptions), StoreError> {
    let mut options = TlsOptions::default();
    let Some((base, query)) = address.split_once('?') else { return Ok((address.to_owned(), options)) };
    let mut kept = Vec::new();
    for option in query.split('&').filter(|option| !option.is_empty()) {
        match option.split_once('=') {
            Some(("sslmode", mode)) => options.mode = Some(mode.to_owned()),
            Some(("sslrootcert", path)) => options.authorities = Some(path.replace("%2F", "/")),
            Some(("sslcert" | "sslkey" | "sslpassword" | "sslcrl", _)) => {
                return Err(StoreError::misconfigured(
                    "Feedgate shows PostgreSQL no certificate of its own (sslcert, sslkey): use a password",
                ));
            }
            Some(("target_session_attrs", "read-write")) => {}
            Some(("target_session_attrs", _)) => {
                return Err(StoreError::misconfigured(
                    "Feedgate needs the PostgreSQL server that takes writes: leave target_session_attrs out",
                ));
            }
            _ => kept.push(option),
        }
    }
    let kept = if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) };
    Ok((kept, options))
}

impl TlsOptions {
    fn security(&self, hosts: &[Host]) -> Result<Security, StoreError> {
        match self.mode.as_deref() {
            Some("disable") => Ok(Security::Plain),
            None if hosts.iter().all(is_here) => Ok(Security::Plain),
            None | Some("require" | "verify-full") => {
                Ok(Security::Tls(Box::new(MakeRustlsConnect::new(self.client()?))))
            }
            Some(mode @ ("allow" | "prefer" | "verify-ca")) => Err(StoreError::misconfigured(format_args!(
                "sslmode={mode} protects less than it seems to: write sslmode=verify-full (or sslmode=disable within a \
                 network that you trust)"
            ))),
            Some(_) => Err(StoreError::misconfigured(
                "sslmode must be disable, require or verify-full; the last two mean the same to Feedgate",
            )),
        }
    }

    fn client(&self) -> Result<ClientConfig, StoreError> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
        let builder = builder.with_safe_default_protocol_versions().map_err(StoreError::misconfigured)?;
        if let Some(path) = &self.authorities {
            return Ok(builder.with_root_certificates(authorities(path)?).with_no_client_auth());
        }
        let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|why| {
            StoreError::misconfigured(format_args!(
                "the system's certificate authorities cannot be read ({why}): install the package ca-certificates, or \
                 name a file with sslrootcert=PATH"
            ))
        })?;
        // "Dangerous" is rustls's word for any verifier but its own; this one is the system's.
        Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
    }
}

fn authorities(path: &str) -> Result<RootCertStore, StoreError> {
    let problem =
        |why: String| StoreError::misconfigured(format_args!("the file {path} of sslrootcert {why}"));
    let certificates =
        CertificateDer::pem_file_iter(path).map_err(|why| problem(format!("cannot be read: {why}")))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|why| problem(format!("is no PEM file: {why}")))?;
        roots
            .add(certificate)
            .map_err(|why| problem(format!("holds a certificate that cannot be used: {why}")))?;
    }
    if roots.is_empty() { Err(problem("holds no certificate".to_owned())) } else { Ok(roots) }
}

/// Whether the way to this host does not leave the machine.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(address: &str) -> String {
        match Address::parse(address) {
            Ok(_) => format!("{address} was understood"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn the_way_is_encrypted_unless_it_stays_on_the_machine_or_somebody_wants_it_open() {
        for (address, plain) in [
            ("postgres://u:p@127.0.0.1/db", true),
            ("postgres://u:p@localhost:5433/db", true),
            ("postgresql://u:p@%2Frun%2Fpostgresql/db", true),
            ("postgres://u:p@db.example/db?sslmode=disable", true),
            ("postgres://u:p@db.example/db", false),
            ("postgres://u:p@127.0.0.1,db.example/db", false),
            ("postgres://u:p@localhost/db?sslmode=verify-full", false),
            ("postgres://u:p@db.example/db?sslmode=require&connect_timeout=3", false),
        ] {
            let parsed = Address::parse(address).unwrap();
            assert_eq!(matches!(parsed.security, Security::Plain), plain, "{address}");
        }
    }

    #[test]
    fn what_promises_less_than_it_seems_is_refused_with_a_sentence() {
        for (options, hint) in [
            ("sslmode=prefer", "sslmode=verify-full"),
            ("sslmode=verify-ca", "sslmode=verify-full"),
            ("sslmode=on", "must be disable"),
            ("sslcert=/tmp/me.pem", "use a password"),
            ("target_session_attrs=any", "takes writes"),
            ("sslrootcert=/does/not/exist.pem&sslmode=require", "cannot be read"),
            ("colour=blue", "is not understood"),
        ] {
            let message = refusal(&format!("postgres://u:secret@db.example/db?{options}"));
            assert!(message.contains(hint), "{options}: {message}");
            assert!(!message.contains("secret"), "{message}");
        }
        for address in ["postgres://u:secret@host", "postgres://host/db", "postgres://u:se%zzcret@h:x/db"] {
            let message = refusal(address);
            assert!(message.contains("is not understood") && !message.contains("cret@"), "{message}");
        }
    }

    #[test]
    fn what_people_see_has_neither_user_nor_password() {
        for (address, seen) in [
            (
                "postgres://ann:secret@a.example:5433,b.example/feeds?sslmode=require",
                "postgres://a.example:5433,b.example:5432/feeds",
            ),
            ("postgres://ann:secret@/feeds", "postgres:///feeds"),
            ("postgres://ann:secret@[::1]:nonsense", "postgres://(not understood)"),
            ("postgres://ann:x@a/feeds?password=secret", "postgres://a:5432/feeds"),
        ] {
            assert_eq!(shown(address), seen);
        }
    }
}
