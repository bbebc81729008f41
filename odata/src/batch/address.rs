//! What the URL of a request in a batch means: clients write it whole, from the host's root, or from the service's.

use crate::error::{Error, ErrorKind};

/// A URL below the root of the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The path behind the root, still encoded; as [`url::parse`](crate::url::parse) takes it.
    pub path: String,
    /// What follows the `?`, with blanks encoded.
    pub query: Option<String>,
}

/// Finds where a URL leads. `root` is the absolute URL of the service.
///
/// A leading slash begins at the host (`/odata/contacts`) or, as SAP's client has it, at the service (`/contacts`).
/// Of an absolute URL host and path must be the service's; the scheme may differ, which a proxy can change.
///
/// # Errors
/// `EntitySetNotFound`: a URL of another service. `NotSupported`: a reference to the answer of another request (`$1`, `$id`).
///
/// ```
/// use odata::batch::address;
///
/// let root = "https://host/odata/";
/// for url in ["contacts?$top=1", "/contacts?$top=1", "/odata/contacts?$top=1", "http://host/odata/contacts?$top=1"] {
///     let address = address(url, root)?;
///     assert_eq!((address.path.as_str(), address.query.as_deref()), ("contacts", Some("$top=1")));
/// }
/// assert!(address("https://other/odata/contacts", root).is_err());
/// # Ok::<(), odata::Error>(())
/// ```
pub fn address(url: &str, root: &str) -> Result<Address, Error> {
    let url = url.split('#').next().unwrap_or_default();
    let (host, base) = without_scheme(root).unwrap_or(("", root));
    let base = base.trim_end_matches('/');
    let own = match without_scheme(url) {
        Some((other, path)) if other.eq_ignore_ascii_case(host) => below(path, base),
        Some(_) => None,
        None if url.starts_with('/') => below(url, base).or_else(|| url.strip_prefix('/')),
        None => Some(url.strip_prefix("./").unwrap_or(url)),
    };
    let own = own.ok_or_else(|| {
        Error::new(ErrorKind::EntitySetNotFound, format!("`{url:.200}` is no URL of this service."))
    })?;
    if is_reference(own) {
        return Err(Error::not_supported("Referring to the answer of another request is"));
    }
    let (path, query) = own.split_once('?').map_or((own, None), |(path, query)| (path, Some(query)));
    let encoded = |text: &str| text.trim().replace(' ', "%20");
    Ok(Address { path: encoded(path), query: query.map(encoded) })
}

/// Whether a path begins with the name of another request rather than with a resource.
fn is_reference(path: &str) -> bool {
    const RESOURCES: [&str; 5] = ["metadata", "batch", "entity", "all", "crossjoin"];
    let name = path.strip_prefix('$').map(|rest| rest.split(['/', '?', '(']).next().unwrap_or_default());
    name.is_some_and(|name| !RESOURCES.contains(&name))
}

/// The host of an absolute URL, and the path.
fn without_scheme(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    if !scheme.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    Some(rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len())))
}

/// What of a path is below another one.
fn below<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(base)?;
    match rest.chars().next() {
        None | Some('?') => Some(rest),
        Some('/') => Some(&rest[1..]),
        Some(_) => None,
    }
}
