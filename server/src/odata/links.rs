//! URLs: what a request's path names, and the absolute links of an answer.

use http::Uri;
use odata::url::Options;

use super::shape;
use crate::error::Failure;

/// The path of a feed, still percent-encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FeedPath<'a> {
    /// The data source's id.
    pub(super) data_source: &'a str,
    /// What follows the service root.
    pub(super) resource: &'a str,
    /// The query string.
    pub(super) query: Option<&'a str>,
}

impl<'a> FeedPath<'a> {
    pub(super) fn read(uri: &'a Uri) -> Result<Self, Failure> {
        let rest = uri.path().strip_prefix("/odata/").ok_or(Failure::PathNotFound)?;
        let (data_source, resource) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self { data_source, resource, query: uri.query() })
    }

    /// Whether it is `…/$query`, which takes its options as a body.
    pub(super) fn is_query(&self) -> bool {
        self.before_query().is_some()
    }

    /// Whether it is the service's `$batch`.
    pub(super) fn is_batch(&self) -> bool {
        is_segment(self.resource, "batch")
    }

    fn before_query(&self) -> Option<&'a str> {
        let (before, last) = self.resource.rsplit_once('/')?;
        is_segment(last, "query").then_some(before).filter(|before| !before.is_empty())
    }

    /// Its options and those of a body, as one query string.
    pub(super) fn joined(&self, options: &str) -> String {
        let both = [self.query.unwrap_or_default(), options];
        both.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("&")
    }

    /// The path that `…/$query` stands for, with all options.
    pub(super) fn of_query<'b>(&self, query: &'b str) -> FeedPath<'b>
    where
        'a: 'b,
    {
        FeedPath { resource: self.before_query().unwrap_or(self.resource), query: Some(query), ..*self }
    }

    /// What all pages of one chain have in common: path and options, decoded, without the page link.
    pub(super) fn chain(&self) -> String {
        let mut text = shape::decoded(self.resource);
        for pair in self.query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = shape::decoded(name).to_ascii_lowercase();
            let name = name.strip_prefix('$').unwrap_or(&name);
            if name != "skiptoken" {
                text.push_str(&format!("&{name}={}", shape::decoded(value)));
            }
        }
        text
    }

    /// The value of `$skiptoken`, read before the query is parsed: it names the model to parse it with.
    pub(super) fn skiptoken(&self) -> Option<&'a str> {
        self.query?.split('&').find_map(|pair| {
            let (name, value) = pair.split_once('=')?;
            let name = shape::decoded(name);
            let name = name.strip_prefix('$').unwrap_or(&name);
            name.eq_ignore_ascii_case("skiptoken").then_some(value)
        })
    }
}

/// `$name`; the dollar may be encoded.
fn is_segment(segment: &str, name: &str) -> bool {
    segment.strip_prefix('$').or_else(|| segment.strip_prefix("%24")) == Some(name)
}

/// Writes absolute links on the public URL.
#[derive(Debug, Clone)]
pub(super) struct Links {
    /// The service root of the data source, with a slash at its end.
    pub(super) root: String,
}

impl Links {
    pub(super) fn new(public_url: &str, data_source: &str) -> Self {
        Self { root: format!("{public_url}/odata/{data_source}/") }
    }

    /// The next page: the client's own options are repeated, because clients drop theirs when they follow a link.
    pub(super) fn next(&self, resource: &str, options: &Options, skiptoken: &str) -> String {
        let mut link = format!("{}{resource}?", self.root);
        for (name, value) in &options.raw {
            if name != "$skiptoken" {
                link.push_str(name);
                link.push('=');
                link.push_str(value);
                link.push('&');
            }
        }
        link.push_str("$skiptoken=");
        link.push_str(skiptoken);
        link
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feeds_path_is_taken_apart_without_decoding() {
        let uri: Uri = "/odata/k7m2q9x4tb/contacts(1)/email?$select=a%20b".parse().unwrap();
        let path = FeedPath::read(&uri).unwrap();
        assert_eq!(path.data_source, "k7m2q9x4tb");
        assert_eq!(path.resource, "contacts(1)/email");
        assert_eq!(path.query, Some("$select=a%20b"));
        let root: Uri = "/odata/k7m2q9x4tb".parse().unwrap();
        assert_eq!(FeedPath::read(&root).unwrap().resource, "");
    }

    #[test]
    fn a_query_stands_for_the_path_before_it_with_the_options_of_both() {
        let uri: Uri = "/odata/k7m2q9x4tb/contacts/$query?$top=1".parse().unwrap();
        let path = FeedPath::read(&uri).unwrap();
        assert!(path.is_query());
        let query = path.joined("$select=email");
        let plain = path.of_query(&query);
        assert_eq!((plain.resource, plain.query), ("contacts", Some("$top=1&$select=email")));
        for (resource, is_query) in [("contacts/%24query", true), ("$query", false), ("contacts", false)] {
            assert_eq!(FeedPath { resource, ..path }.is_query(), is_query, "{resource}");
        }
    }

    #[test]
    fn pages_of_one_chain_have_a_text_in_common_and_other_queries_have_another() {
        let chain = |resource, query| FeedPath { data_source: "a", resource, query }.chain();
        let first = chain("contacts", Some("%24filter=a%20eq%201&$top=5"));
        assert_eq!(chain("contacts", Some("$filter=a+eq+1&$top=5&$skiptoken=xyz")), first);
        assert_ne!(chain("contacts", Some("$filter=a eq 2&$top=5")), first);
        assert_ne!(chain("deals", Some("$filter=a eq 1&$top=5")), first);
    }

    #[test]
    fn the_skiptoken_is_found_however_it_is_written() {
        for query in ["$skiptoken=abc", "$top=1&%24skiptoken=abc&x=1", "SkipToken=abc", "$skip%74oken=abc"] {
            let path = FeedPath { data_source: "a", resource: "", query: Some(query) };
            assert_eq!(path.skiptoken(), Some("abc"), "{query}");
        }
    }
}
