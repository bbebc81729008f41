//! Where Power BI is: its API, and where a service principal signs in. Both come from the configuration alone, so that no
//! answer can send a secret elsewhere.

use std::net::IpAddr;

use reqwest::Url;

/// The addresses of one cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoints {
    /// Root of Microsoft Entra's sign-in, without a trailing slash.
    pub login_url: String,
    /// Root of Power BI's API, without a trailing slash.
    pub api_url: String,
    /// What is asked for at the sign-in.
    pub scope: String,
}

/// The root without its trailing slash; none when a secret should not be sent there: it is no URL, not https and not this
/// machine, or holds more than scheme, host and path.
pub(crate) fn root(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let safe = url.scheme() == "https" || (url.scheme() == "http" && is_this_machine(url.host_str()?));
    (bare && safe).then(|| text.trim_end_matches('/').to_owned())
}

fn is_this_machine(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_goes_to_https_or_this_machine_only() {
        for good in
            ["https://api.powerbi.com", "https://api.powerbi.com/", "http://127.0.0.1:4010", "http://[::1]:1"]
        {
            assert_eq!(root(good).as_deref(), Some(good.trim_end_matches('/')), "{good}");
        }
        for bad in
            ["", "api.powerbi.com", "http://api.powerbi.com", "https://u:p@a", "https://a?x=1", "ftp://a"]
        {
            assert_eq!(root(bad), None, "{bad}");
        }
    }
}
