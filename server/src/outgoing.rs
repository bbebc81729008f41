//! HTTP to others than HubSpot: receivers of notices, Power BI. No redirects, no proxy, TLS by rustls with the system's
//! certificate authorities.

use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};

/// A connection pool. Where it needs no TLS, a machine without certificate authorities will do.
pub(crate) fn client(timeout: Duration, secure: bool) -> Result<reqwest::Client, String> {
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls(secure)?)
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .user_agent(concat!("feedgate/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .build()
        .map_err(|why| why.to_string())
}

fn tls(secure: bool) -> Result<ClientConfig, String> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| format!("TLS: {why}"))?;
    if !secure {
        return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
    }
    let verifier = rustls_platform_verifier::Verifier::new(provider).map_err(|why| {
        format!(
            "the system's certificate authorities cannot be read ({why}); install the package ca-certificates"
        )
    })?;
    // "Dangerous" is rustls's word for any verifier but its own; this one is the system's.
    Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth())
}

/// Why `who` gave no answer. The address may hold a secret of its own: it is not repeated.
pub(crate) fn reason(who: &str, error: &reqwest::Error) -> String {
    let what = if error.is_timeout() {
        format!("{who} did not answer in time")
    } else if error.is_connect() {
        format!("{who} cannot be reached")
    } else {
        "the request failed".to_owned()
    };
    let mut source: Option<&dyn std::error::Error> = std::error::Error::source(error);
    let mut root = None;
    while let Some(error) = source {
        root = Some(error.to_string());
        source = error.source();
    }
    root.map_or_else(|| what.clone(), |root| format!("{what}: {root}"))
}
