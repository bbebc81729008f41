//! A received call, taken apart: decoded path segments and query, the body as bytes.

use bytes::Bytes;

/// A call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// As sent, without the query.
    pub(crate) path: String,
    /// As sent, without the question mark.
    pub(crate) query: String,
    pub(crate) authorization: Option<String>,
    pub(crate) body: Bytes,
}

impl Request {
    /// The decoded segments of the path.
    pub(crate) fn segments(&self) -> Vec<String> {
        self.path
            .split('/')
            .filter(|segment| !segment.is_empty())
            .map(|segment| decode(segment, false))
            .collect()
    }

    /// The first value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<String> {
        self.parameters().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// All values of a list parameter, repeated or separated by commas.
    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let values = self.parameters().filter(|(key, _)| key == name).map(|(_, value)| value);
        values
            .flat_map(|v| v.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>())
            .filter(|v| !v.is_empty())
            .collect()
    }

    /// Whether a flag is `true`.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.parameter(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// Characters of path and query, which is what the edge limits.
    pub(crate) fn uri_length(&self) -> usize {
        self.path.len() + self.query.len() + 1
    }

    fn parameters(&self) -> impl Iterator<Item = (String, String)> {
        self.query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(key, true), decode(value, true))
        })
    }
}

/// Percent-decoding; `+` is a blank in queries only. What is not valid stays as it is.
pub(crate) fn decode(text: &str, plus_is_blank: bool) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = text.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[at], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) if plus_is_blank => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_may_be_repeated_or_separated_by_commas() {
        let query = "properties=a,b&properties=c%2Cd&limit=5&x=%zz&y=1+2".to_owned();
        let request = Request { path: "/crm/v3/objects/0%2D1/".to_owned(), query, ..Request::default() };
        assert_eq!(request.list("properties"), ["a", "b", "c", "d"]);
        assert_eq!(request.segments(), ["crm", "v3", "objects", "0-1"]);
        assert_eq!(request.parameter("x").as_deref(), Some("%zz"));
        assert_eq!(request.parameter("y").as_deref(), Some("1 2"));
        assert!(!request.flag("archived"));
    }
}
