//! The connection to HubSpot: one host, no redirects, no proxy that was not asked for, TLS by rustls with ring.

use std::sync::Arc;

use reqwest::{Proxy, Url, redirect};
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};

use crate::{Error, Settings};

/// Checks the base URL and takes the slash off its end.
pub(crate) fn base_url(text: &str) -> Result<Url, Error> {
    let wrong = |why: &str| Error::configuration(format!("the base URL {why}"));
    let url = Url::parse(text).map_err(|why| wrong(&format!("is no URL ({why})")))?;
    if !matches!(url.scheme(), "https" | "http") {
        return Err(wrong("must start with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not hold a user name or password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must end with its host or path"));
    }
    Ok(url)
}

/// A connection pool for the base URL.
pub(crate) fn connect(settings: &Settings, base: &Url) -> Result<reqwest::Client, Error> {
    let secure = base.scheme() == "https";
    let proxy_is_secure = settings.proxy.as_ref().is_some_and(|proxy| proxy.starts_with("https:"));
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(secure || proxy_is_secure)?)
        .https_only(secure)
        .redirect(redirect::Policy::none())
        .connect_timeout(settings.connect_timeout)
        .read_timeout(settings.read_timeout)
        .user_agent(concat!("feedgate/", env!("CARGO_PKG_VERSION")))
        .no_proxy();
    if let Some(proxy) = &settings.proxy {
        let proxy = Proxy::all(proxy).map_err(|_| Error::configuration("the proxy is no URL"))?;
        builder = builder.proxy(proxy);
    }
    builder.build().map_err(|why| Error::configuration(why.without_url().to_string()))
}

/// TLS with the certificate authorities of the system. They are read only if a TLS connection can happen: without any
/// (a bare container), that is an error here rather than at each call, but a plain base URL works.
fn tls(needed: bool) -> Result<ClientConfig, Error> {
    let provider = Arc::new(ring::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::configuration(format!("TLS: {why}")))?;
    let mut config = if needed {
        builder.dangerous().with_custom_certificate_verifier(authorities(provider)?).with_no_client_auth()
    } else {
        builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth()
    };
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// "Dangerous" is rustls's word for any verifier but its own; this one is the system's.
fn authorities(provider: Arc<CryptoProvider>) -> Result<Arc<rustls_platform_verifier::Verifier>, Error> {
    rustls_platform_verifier::Verifier::new(provider).map(Arc::new).map_err(|why| {
        Error::configuration(format!(
            "the system's certificate authorities cannot be read ({why}); install the package ca-certificates"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_url_is_a_scheme_and_a_host() {
        for good in ["https://api.hubapi.com", "http://127.0.0.1:4010/", "https://gate.example/hubspot"] {
            assert!(base_url(good).is_ok(), "{good}");
        }
        for bad in
            ["", "api.hubapi.com", "ftp://a", "https://u:p@a", "https://u@a", "https://a?x=1", "https://a#x"]
        {
            assert!(matches!(base_url(bad), Err(Error::Configuration { .. })), "{bad}");
        }
    }

    #[test]
    fn a_plain_base_url_needs_no_certificate_authorities() {
        assert!(tls(false).is_ok());
        let settings = Settings { base_url: "http://127.0.0.1:1".to_owned(), ..Settings::default() };
        assert!(connect(&settings, &base_url(&settings.base_url).unwrap()).is_ok());
    }

    #[test]
    fn a_secure_base_url_needs_them_and_says_what_to_install() {
        let settings = Settings::default();
        match connect(&settings, &base_url(&settings.base_url).unwrap()) {
            Ok(_) => {}
            Err(Error::Configuration { message }) => {
                assert!(message.contains("ca-certificates"), "{message}");
            }
            Err(other) => panic!("{other}"),
        }
    }

    #[test]
    fn a_proxy_is_taken_from_the_settings_and_its_password_is_not_shown() {
        let of = |proxy: &str| Settings {
            proxy: Some(proxy.to_owned()),
            base_url: "http://a".to_owned(),
            ..Settings::default()
        };
        let connect = |settings: &Settings| connect(settings, &base_url(&settings.base_url).unwrap());
        assert!(connect(&of("http://user:geheim@127.0.0.1:3128")).is_ok());
        let error = connect(&of("http://user:geheim@[")).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("geheim"), "{error}");
    }
}
