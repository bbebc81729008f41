//! Links to further pages.

use crate::url::Options;

/// The absolute URL of the next page. The client's own options are repeated, because clients drop theirs when they follow
/// a link. `path` is the client's, still percent-encoded; the token may be any text.
pub fn next_link(root: &str, path: &str, options: &Options, token: &str) -> String {
    let slash = if root.ends_with('/') { "" } else { "/" };
    let mut link = format!("{root}{slash}{path}?");
    for (name, value) in &options.raw {
        if name != "$skiptoken" {
            encode(&mut link, name);
            link.push('=');
            link.push_str(value);
            link.push('&');
        }
    }
    link.push_str("$skiptoken=");
    encode(&mut link, token);
    link
}

/// Everything but what may stand in a query as it is (RFC 3986 section 3.4) and means nothing there.
fn encode(link: &mut String, text: &str) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~$@".contains(&byte) {
            link.push(char::from(byte));
        } else {
            link.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_repeats_the_options_as_they_were_sent_and_replaces_the_token() {
        let raw = [("$filter", "a%20eq%20%27%26%27"), ("$skiptoken", "old"), ("@p", "1"), ("x&y", "")];
        let raw = raw.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let options = Options { raw, ..Options::default() };
        for root in ["https://host/o", "https://host/o/"] {
            assert_eq!(
                next_link(root, "contacts", &options, "a=b"),
                "https://host/o/contacts?$filter=a%20eq%20%27%26%27&@p=1&x%26y=&$skiptoken=a%3Db"
            );
        }
    }
}
