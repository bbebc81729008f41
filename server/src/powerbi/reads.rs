//! Whether a data source of Power BI reads a feed of this Feedgate: by host and path of its URL.

use reqwest::Url;
use schema::DataSourceId;
use serde::Serialize;

/// What a data source of Power BI reads here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reads {
    /// One data source.
    Feed(DataSourceId),
    /// The service as a whole: the credential is stored for the host, or it is the status feed. Only a token that is
    /// not limited to data sources serves it.
    Whole,
}

impl Serialize for Reads {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Reads::Feed(id) => to.serialize_some(id.as_str()),
            Reads::Whole => to.serialize_none(),
        }
    }
}

/// The feeds under a public URL.
#[derive(Debug, Clone)]
pub struct Feeds {
    root: Url,
}

impl Feeds {
    /// The feeds of the server with this public URL; none when it is no URL.
    #[must_use]
    pub fn of(public_url: &str) -> Option<Feeds> {
        Url::parse(public_url.trim_end_matches('/')).ok().map(|root| Feeds { root })
    }

    /// What `url` reads; none: nothing of ours.
    #[must_use]
    pub fn read_by(&self, url: &str) -> Option<Reads> {
        let url = Url::parse(url.trim()).ok()?;
        // Hosts are compared as the parser writes them: in small letters.
        let same = url.host_str() == self.root.host_str()
            && url.port_or_known_default() == self.root.port_or_known_default();
        if !same {
            return None;
        }
        let (own, theirs) = (parts(&self.root), parts(&url));
        if theirs.len() <= own.len() {
            return own.starts_with(&theirs).then_some(Reads::Whole);
        }
        match theirs.strip_prefix(&own[..])? {
            ["odata"] | ["odata", "status", ..] => Some(Reads::Whole),
            ["odata", id, ..] => DataSourceId::parse(id).map(Reads::Feed),
            _ => None,
        }
    }
}

fn parts(url: &Url) -> Vec<&str> {
    url.path().split('/').filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_is_known_by_host_and_path() {
        let feeds = Feeds::of("https://feeds.example.org/gate/").unwrap();
        let feed = Some(Reads::Feed(DataSourceId::parse("k7m2q9x4tb").unwrap()));
        for (url, reads) in [
            ("https://feeds.example.org/gate/odata/k7m2q9x4tb/", feed.clone()),
            ("https://FEEDS.example.org:443/gate/odata/k7m2q9x4tb/contacts?$top=1", feed),
            ("https://feeds.example.org", Some(Reads::Whole)),
            ("https://feeds.example.org/gate/odata/", Some(Reads::Whole)),
            ("https://feeds.example.org/gate/odata/status/Tokens", Some(Reads::Whole)),
            ("https://feeds.example.org/gate/odata/K7M2Q9X4TB/", None),
            ("https://feeds.example.org/other/", None),
            ("https://feeds.example.org:8443/gate/odata/k7m2q9x4tb/", None),
            ("https://feeds.example.org.evil.example/gate/odata/k7m2q9x4tb/", None),
            ("feeds.example.org", None),
        ] {
            assert_eq!(feeds.read_by(url), reads, "{url}");
        }
    }
}
